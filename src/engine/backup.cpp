#include "engine/backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <vector>

#include "base/hash.h"
#include "base/log.h"
#include "engine/tar.h"
#include "index/generation/erase.h"
#include "index/generation/garbage.h"

namespace grounds {
namespace {

constexpr std::string_view kManifest = "manifest.json";
constexpr int kBackupFormat = 1;
constexpr std::size_t kBuffer = 1 << 20;
constexpr std::array kFolders = {"/segments", "/extracts", "/templates", ""};
constexpr std::uint64_t kManifestLimit = 256ull << 20;

// A folder that goes with all in it, unless it is kept.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  std::string path_;
};

Status set_permissions(const std::string& path, std::filesystem::perms permissions) {
  std::error_code error;
  std::filesystem::permissions(path, permissions, error);
  if (error) return fail(io_error("cannot make private", path, error.value()));
  return {};
}

Status make_private(const std::string& path) {
  return set_permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

// Gives a file its name, unless something has that name already (kUsage).
Status rename_to_new(const FileSystem& files, const std::string& from, const std::string& to) {
  const IoCall call{IoOperation::kRename, from, to, 0, {}, 0};
  int error = files.before(call).error;
  if (error == 0) {
    error = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
    // Not every file system knows the flag. A link is refused in the same way, and the old name goes with its folder.
    if (error == EINVAL || error == ENOSYS) error = ::link(from.c_str(), to.c_str()) == 0 ? 0 : errno;
    files.after(call, error);
  }
  if (error == EEXIST) return fail(ErrorCode::kUsage, to + " exists", "name a file that does not");
  if (error != 0) return fail(io_error("cannot rename to", to, error));
  return {};
}

// What is damaged is not backed up, lest a sound backup makes room for it.
tl::unexpected<Error> damaged_source(const std::string& what) {
  return fail(ErrorCode::kDamaged, what + "; no backup was written",
              "run: grounds doctor; keep earlier backups, and copy the folder before you mend it");
}

// One state of a database, copied whole, after SQLite's own check of it. VACUUM INTO only reads the source, so that nobody waits; the
// connection's own gate would take the lock that writers need.
Status copy_database(const FileSystem& files, const std::string& from, const std::string& to) {
  GROUNDS_ASSIGN_OR_RETURN(Database database, Database::open(files, from, DatabaseMode::kReadWrite));
  {
    GROUNDS_ASSIGN_OR_RETURN(Statement check, database.prepare("PRAGMA integrity_check(1)"));
    GROUNDS_ASSIGN_OR_RETURN(bool row, check.step());
    if (!row || check.text_view(0) != "ok") return damaged_source(from + ": " + (row ? check.text(0) : "cannot be checked"));
  }
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(database.handle(), "VACUUM INTO ?", -1, &statement, nullptr);
  if (code == SQLITE_OK) code = sqlite3_bind_text(statement, 1, to.c_str(), -1, SQLITE_TRANSIENT);
  if (code == SQLITE_OK) code = sqlite3_step(statement);
  const std::string message = code == SQLITE_DONE ? "" : sqlite3_errmsg(database.handle());
  sqlite3_finalize(statement);
  if (code != SQLITE_DONE)
    return fail((code & 0xFF) == SQLITE_CORRUPT ? ErrorCode::kDamaged : ErrorCode::kUnavailable,
                "cannot copy " + from + ": " + message, "see that there is room beside the backup; run: grounds doctor");
  return {};
}

class TarWriter {
 public:
  TarWriter(const FileSystem& files, File file) : files_(files), file_(std::move(file)) {}

  Status add_file(const std::string& path, const std::string& name) {
    GROUNDS_ASSIGN_OR_RETURN(File source, files_.open(path, OpenMode::kRead));
    GROUNDS_ASSIGN_OR_RETURN(std::uint64_t size, source.size());
    GROUNDS_RETURN_IF_ERROR(begin(name, size));
    std::vector<std::byte> buffer(kBuffer);
    Sha256 hash;
    for (std::uint64_t at = 0; at < size;) {
      std::span<std::byte> part(buffer.data(), std::min<std::uint64_t>(buffer.size(), size - at));
      GROUNDS_RETURN_IF_ERROR(source.read_exact(at, part));
      hash.update(part);
      GROUNDS_RETURN_IF_ERROR(write(part));
      at += part.size();
    }
    manifest_.push_back({{"name", name}, {"bytes", size}, {"sha256", to_hex(hash.finish())}});
    return pad(size);
  }

  // The manifest, the end of the archive, and the sync.
  Status finish(const std::string& workspace_id, UnixMillis now, std::uint64_t problems) {
    const std::string text = Json{{"format", kBackupFormat}, {"workspace_id", workspace_id},
                                  {"created", format_time(now)}, {"problems", problems}, {"files", manifest_}}.dump(1) + "\n";
    GROUNDS_RETURN_IF_ERROR(begin(std::string(kManifest), text.size()));
    GROUNDS_RETURN_IF_ERROR(write(std::as_bytes(std::span(text))));
    GROUNDS_RETURN_IF_ERROR(pad(text.size()));
    constexpr std::array<std::byte, 2 * kTarBlock> kEnd{};
    GROUNDS_RETURN_IF_ERROR(write(kEnd));
    GROUNDS_RETURN_IF_ERROR(file_.sync());
    return file_.close();
  }

  std::uint64_t files() const { return manifest_.size(); }
  std::uint64_t bytes() const { return at_; }

 private:
  Status begin(const std::string& name, std::uint64_t size) { return write(encode_tar_header({name, size})); }
  Status pad(std::uint64_t size) {
    constexpr std::array<std::byte, kTarBlock> kZeros{};
    return write(std::span(kZeros).first(tar_padding(size)));
  }
  Status write(std::span<const std::byte> bytes) {
    GROUNDS_RETURN_IF_ERROR(file_.write(at_, bytes));
    at_ += bytes.size();
    return {};
  }

  const FileSystem& files_;
  File file_;
  std::uint64_t at_ = 0;
  Json manifest_ = Json::array();
};

// Adds the files of `folder` that the rows of `sql` name, each verified before.
template <class Verify>
Status add_named_files(Database& catalog, const std::string& sql, const std::string& directory, const char* folder,
                       TarWriter& writer, Verify verify) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, catalog.prepare(sql));
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return {};
    const std::string name = std::string(folder) + "/" + statement.text(0);
    if (const Status sound = verify(directory + "/" + name); !sound) {
      const ErrorCode code = sound.error().code;
      if (code == ErrorCode::kDamaged || code == ErrorCode::kNotFound) return damaged_source(sound.error().message);
      return sound;
    }
    GROUNDS_RETURN_IF_ERROR(writer.add_file(directory + "/" + name, name));
  }
}

// What is wrong with the ledger's records stays wrong: it is counted, and copied as it is.
Result<std::uint64_t> count_ledger_problems(Engine& engine) {
  GROUNDS_ASSIGN_OR_RETURN(const VerifyResult verified, engine.ledger().verify());
  if (verified.problems.empty()) return 0;
  const LedgerProblem& first = verified.problems.front();
  log_warning("backup: the ledger has " + std::to_string(verified.problem_count) + " problems, which are backed up as they are; the first: record " +
              std::to_string(first.record) + ": " + first.kind + ": " + first.detail);
  return static_cast<std::uint64_t>(verified.problem_count);
}

std::string parent_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

// What an archive may hold: nothing outside the workspace, nothing of another form.
bool is_workspace_file(std::string_view name) {
  for (const char* plain : {"catalog.db", "ledger.db", "backends.db", "ledger.key", "grounds.toml"})
    if (name == plain) return true;
  for (std::string_view folder : {"segments/", "extracts/", "templates/"}) {
    if (!name.starts_with(folder)) continue;
    std::string_view file = name.substr(folder.size());
    return !file.empty() && file.front() != '.' && std::ranges::all_of(file, [](unsigned char c) {
      return std::isalnum(c) || c == '.' || c == '-' || c == '_' || c == '@';
    });
  }
  return false;
}

tl::unexpected<Error> bad_backup(const std::string& path, std::string_view what) {
  return fail(ErrorCode::kBadInput, path + ": " + std::string(what), "use another backup");
}

struct Unpacked {
  std::map<std::string, std::pair<std::uint64_t, std::string>> files;  // name -> bytes, sha256
  std::string manifest;
};

Status unpack_file(const FileSystem& files, const File& source, std::uint64_t from, const TarEntry& entry,
                   const std::string& to, Unpacked& unpacked) {
  GROUNDS_ASSIGN_OR_RETURN(File target, files.open(to, OpenMode::kCreate));
  if (entry.name == "ledger.key") GROUNDS_RETURN_IF_ERROR(make_private(to));
  std::vector<std::byte> buffer(kBuffer);
  Sha256 hash;
  for (std::uint64_t at = 0; at < entry.size;) {
    std::span<std::byte> part(buffer.data(), std::min<std::uint64_t>(buffer.size(), entry.size - at));
    GROUNDS_RETURN_IF_ERROR(source.read_exact(from + at, part));
    hash.update(part);
    GROUNDS_RETURN_IF_ERROR(target.write(at, part));
    at += part.size();
  }
  unpacked.files[entry.name] = {entry.size, to_hex(hash.finish())};
  GROUNDS_RETURN_IF_ERROR(target.sync());
  return target.close();
}

Result<Unpacked> unpack(const FileSystem& files, const std::string& path, const std::string& directory) {
  GROUNDS_ASSIGN_OR_RETURN(File source, files.open(path, OpenMode::kRead));
  GROUNDS_ASSIGN_OR_RETURN(std::uint64_t total, source.size());
  Unpacked unpacked;
  for (std::uint64_t at = 0;;) {
    if (total - at < kTarBlock) return bad_backup(path, "not a backup of grounds, or cut off");
    TarHeader header;
    GROUNDS_RETURN_IF_ERROR(source.read_exact(at, header));
    at += kTarBlock;
    if (is_tar_end(header)) return unpacked;
    auto entry = decode_tar_header(header);
    if (!entry) return bad_backup(path, entry.error().message);
    if (entry->size > total - at || tar_padding(entry->size) > total - at - entry->size)
      return bad_backup(path, "the backup is cut off within " + entry->name);
    if (entry->name == kManifest) {
      if (entry->size > kManifestLimit || !unpacked.manifest.empty()) return bad_backup(path, "a damaged manifest");
      unpacked.manifest.resize(entry->size);
      GROUNDS_RETURN_IF_ERROR(source.read_exact(at, std::as_writable_bytes(std::span(unpacked.manifest))));
    } else if (!is_workspace_file(entry->name) || unpacked.files.contains(entry->name)) {
      return bad_backup(path, "holds '" + entry->name + "', which is no part of a backup");
    } else {
      GROUNDS_RETURN_IF_ERROR(unpack_file(files, source, at, *entry, directory + "/" + entry->name, unpacked));
    }
    at += entry->size + tar_padding(entry->size);
  }
}

// Every file that the manifest lists, with its size and hash, and no other.
Result<BackupReport> check_manifest(const std::string& path, const Unpacked& unpacked) {
  auto manifest = parse_json(unpacked.manifest);
  if (!manifest || !manifest->is_object()) return bad_backup(path, "has no manifest: the backup was not completed");
  BackupReport report;
  try {
    if (manifest->at("format") != kBackupFormat)
      return fail(ErrorCode::kUsage, path + ": was written by a later version of grounds", "restore it with that version");
    report.workspace_id = manifest->at("workspace_id").get<std::string>();
    report.problems = manifest->value("problems", std::uint64_t{0});
    for (const Json& each : manifest->at("files")) {
      const std::string name = each.at("name").get<std::string>();
      auto found = unpacked.files.find(name);
      if (found == unpacked.files.end()) return bad_backup(path, name + " is missing");
      if (each.at("bytes") != found->second.first || each.at("sha256") != found->second.second)
        return bad_backup(path, name + " is damaged");
      ++report.files;
      report.bytes += found->second.first;
    }
  } catch (const Json::exception& error) {
    return bad_backup(path, std::string("a damaged manifest: ") + error.what());
  }
  if (report.files != unpacked.files.size()) return bad_backup(path, "holds files that its manifest does not list");
  return report;
}

Result<DoctorReport> examine_restored(const Environment& environment, const std::string& path,
                                      const std::string& directory, const Engine::EnvironmentVariables& variables,
                                      std::uint64_t known_problems) {
  GROUNDS_ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine, Engine::open(environment, directory, variables));
  GROUNDS_ASSIGN_OR_RETURN(DoctorReport report, examine(*engine, false));
  const bool known = report.ledger_problems <= known_problems;  // the backup was made with them
  for (const DoctorFinding& finding : report.findings)
    if (finding.severity == "damage" && !(known && finding.subject.starts_with(DoctorReport::kLedgerRecord)))
      return fail(ErrorCode::kDamaged, path + ": the workspace in it is damaged: " + finding.subject + ": " + finding.detail,
                  "use another backup");
  return report;
}

}  // namespace

Result<BackupReport> back_up(Engine& engine, const std::string& path, const std::string& actor) {
  Workspace& workspace = engine.workspace();
  const FileSystem& files = workspace.file_system();
  if (files.exists(path)) return fail(ErrorCode::kUsage, path + " exists", "name a file that does not");
  GROUNDS_ASSIGN_OR_RETURN(const std::uint64_t problems, count_ledger_problems(engine));
  // Before it is made: an erasure must know of whatever may be lying about.
  GROUNDS_RETURN_IF_ERROR(record_backup(workspace, std::filesystem::absolute(path).lexically_normal().string(), actor));
  // A folder that only its owner may enter, before there is anything in it: nothing of the copies can be read by
  // others, whatever their own permissions.
  TemporaryFolder folder(path + ".backing-up-" + workspace.new_id());
  GROUNDS_RETURN_IF_ERROR(files.make_directories(folder.path()));
  GROUNDS_RETURN_IF_ERROR(set_permissions(folder.path(), std::filesystem::perms::owner_all));
  const std::string ledger = folder.path() + "/ledger.db", catalog = folder.path() + "/catalog.db";
  const std::string backends_copy = folder.path() + "/backends.db";
  const std::string unfinished = folder.path() + "/backup.tar";
  GROUNDS_ASSIGN_OR_RETURN(FileLock pause, pause_garbage_collection(workspace));
  GROUNDS_RETURN_IF_ERROR(copy_database(files, workspace.ledger_path(), ledger));
  GROUNDS_RETURN_IF_ERROR(copy_database(files, workspace.catalog_path(), catalog));
  GROUNDS_ASSIGN_OR_RETURN(File file, files.open(unfinished, OpenMode::kCreate));
  GROUNDS_RETURN_IF_ERROR(make_private(unfinished));
  TarWriter writer(files, std::move(file));
  GROUNDS_RETURN_IF_ERROR(writer.add_file(ledger, "ledger.db"));
  GROUNDS_RETURN_IF_ERROR(writer.add_file(catalog, "catalog.db"));
  if (const std::string backends = workspace.directory() + "/backends.db"; files.exists(backends)) {
    GROUNDS_RETURN_IF_ERROR(copy_database(files, backends, backends_copy));
    GROUNDS_RETURN_IF_ERROR(writer.add_file(backends_copy, "backends.db"));
  }
  for (const char* name : {"ledger.key", "grounds.toml"})
    if (const std::string each = workspace.directory() + "/" + name; files.exists(each))
      GROUNDS_RETURN_IF_ERROR(writer.add_file(each, name));
  if (const std::string templates = workspace.directory() + "/templates"; files.exists(templates)) {
    GROUNDS_ASSIGN_OR_RETURN(std::vector<DirectoryEntry> entries, files.list(templates));
    for (const DirectoryEntry& entry : entries)
      if (const std::string name = "templates/" + entry.name; entry.status.is_regular && is_workspace_file(name))
        GROUNDS_RETURN_IF_ERROR(writer.add_file(workspace.directory() + "/" + name, name));
  }
  {
    // The files are those of the copied catalog, which other processes may have left behind meanwhile.
    GROUNDS_ASSIGN_OR_RETURN(Database copy, Database::open(files, catalog, DatabaseMode::kReadWrite));
    GROUNDS_RETURN_IF_ERROR(add_named_files(
        copy, "SELECT file FROM segments ORDER BY id", workspace.directory(), "segments", writer,
        [&](const std::string& each) -> Status {
          GROUNDS_ASSIGN_OR_RETURN(const auto segment, Segment::open(files, each));
          return segment->verify();
        }));
    GROUNDS_RETURN_IF_ERROR(add_named_files(
        copy, "SELECT file FROM packs ORDER BY id", workspace.directory(), "extracts", writer,
        [&](const std::string& each) -> Status {
          GROUNDS_ASSIGN_OR_RETURN(const auto pack, ExtractPack::open(files, each));
          return pack->verify();
        }));
  }
  GROUNDS_RETURN_IF_ERROR(writer.finish(workspace.id(), workspace.clock().now(), problems));
  GROUNDS_RETURN_IF_ERROR(rename_to_new(files, unfinished, path));
  GROUNDS_RETURN_IF_ERROR(files.sync_directory(parent_of(path)));
  return BackupReport{workspace.id(), writer.files(), writer.bytes(), problems};
}

Result<RestoreReport> restore(const Environment& environment, const std::string& path, const std::string& directory,
                              const Engine::EnvironmentVariables& variables) {
  const FileSystem& files = environment.file_system;
  GROUNDS_RETURN_IF_ERROR(files.status(path));
  const std::string target = std::filesystem::path(directory).lexically_normal().string();
  const std::string name = target.ends_with('/') ? target.substr(0, target.size() - 1) : target;
  if (files.exists(name))
    return fail(ErrorCode::kUsage, name + " exists", "restore to a folder that does not: -w DIR; nothing is overwritten");
  GROUNDS_RETURN_IF_ERROR(files.make_directories(parent_of(name)));
  UlidSource ids(environment.clock, environment.random);
  TemporaryFolder folder(name + ".restoring-" + ids.next());
  for (const char* each : kFolders) GROUNDS_RETURN_IF_ERROR(files.make_directories(folder.path() + each));
  GROUNDS_ASSIGN_OR_RETURN(Unpacked unpacked, unpack(files, path, folder.path()));
  RestoreReport report;
  GROUNDS_ASSIGN_OR_RETURN(report.backup, check_manifest(path, unpacked));
  for (const char* each : kFolders) GROUNDS_RETURN_IF_ERROR(files.sync_directory(folder.path() + each));
  GROUNDS_ASSIGN_OR_RETURN(report.doctor, examine_restored(environment, path, folder.path(), variables, report.backup.problems));
  GROUNDS_RETURN_IF_ERROR(files.rename(folder.path(), name));
  folder.keep();
  GROUNDS_RETURN_IF_ERROR(files.sync_directory(parent_of(name)));
  return report;
}

}  // namespace grounds
