// Backups: one file with everything of a workspace, made while it is in use, and back again. The file is a
// tar archive (POSIX ustar): docs/formats/backup.md.
#pragma once

#include <cstdint>
#include <string>

#include "engine/doctor.h"
#include "engine/engine.h"
#include "grounds/result.h"

namespace grounds {

struct BackupReport {
  std::string workspace_id;
  std::uint64_t files = 0, bytes = 0;
  std::uint64_t problems = 0;       // of the ledger's records, as `verify` counts them: they are in the backup as they are
};

// Writes the backup to `path` durably, in a folder beside it first that only its owner can enter; the file is for its
// owner alone. Neither answers nor commits wait; the removal of files does. That it is made is noted in the catalog, for
// an erasure. Order: ledger, catalog, then the files that this catalog names, so that all which the copied ledger
// speaks of is in the copied catalog. All is verified before it is copied: kDamaged, and no backup, if something is
// amiss; but records of the ledger that do not match their hashes are backed up as they are and counted, since nothing
// mends them, and what came after them must not be lost as well. kUsage if `path` exists, also if it came to be meanwhile.
Result<BackupReport> back_up(Engine& engine, const std::string& path, const std::string& actor);

struct RestoreReport {
  BackupReport backup;
  DoctorReport doctor;
};

// Unpacks the backup beside `directory`, compares every file with its hash, has the result examined as `doctor`
// does (with no more problems in the ledger than the backup was made with), and only then gives it its name. kUsage if something is at `directory`; kBadInput for a file that is
// no backup or is damaged. On failure nothing remains.
Result<RestoreReport> restore(const Environment& environment, const std::string& path, const std::string& directory,
                              const Engine::EnvironmentVariables& variables);

}  // namespace grounds
