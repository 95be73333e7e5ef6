// The texts beside the chain, checked in step with it.
#pragma once

#include <set>
#include <string>

#include "base/sqlite.h"
#include "ledger/entry_codec.h"
#include "ledger/verify.h"

namespace grounds {

class TextPass {
 public:
  static Result<TextPass> begin(Database& database, ProblemList& problems);
  // Of each entry in ascending order: its texts against its commitments, and, for an erased entry, that
  // what it names is gone.
  Status check(const EntryColumns& entry);
  // After the last entry: texts that belong to none.
  Status finish(std::int64_t last_record);

 private:
  TextPass(Database& database, ProblemList& problems) : database_(&database), problems_(&problems) {}
  Status advance();
  Status orphans_before(std::int64_t sequence);
  Status check_row(const EntryColumns& entry, std::string_view commitment);
  Result<bool> erasure_on_record(std::string_view answer_id, const std::string& name);
  Status check_erasure(const EntryColumns& entry);

  Database* database_;
  ProblemList* problems_;
  Statement rows_, erasures_, remains_;
  bool at_row_ = false;
  std::string erasures_of_;         // the answer that erased_names_ are of
  std::set<std::string> erased_names_;
};

}  // namespace grounds
