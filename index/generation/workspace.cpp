#include "index/generation/workspace.h"

#include "index/generation/schema.h"

namespace grounds {

CatalogConnection::CatalogConnection(Workspace& workspace, std::unique_ptr<Database> database)
    : workspace_(&workspace), database_(std::move(database)) {}

CatalogConnection::CatalogConnection(CatalogConnection&& other) noexcept
    : workspace_(other.workspace_), database_(std::move(other.database_)) {}

CatalogConnection::~CatalogConnection() {
  if (!database_) return;
  std::lock_guard lock(workspace_->mutex_);
  workspace_->idle_.push_back(std::move(database_));
}

Workspace::Workspace(const Environment& environment, std::string directory)
    : environment_(environment), directory_(std::move(directory)), ids_(environment.clock, environment.random) {}

namespace {

// Empty if the catalog has no such value.
Result<std::string> read_meta(Database& database, std::string_view key) {
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, database.prepare("SELECT value FROM meta WHERE key = ?"));
  statement.bind(key);
  GROUNDS_ASSIGN_OR_RETURN(bool found, statement.step());
  return found ? statement.text(0) : std::string();
}

Status check_format(const std::string& directory, const std::string& format) {
  if (format == std::to_string(kWorkspaceFormat)) return {};
  if (!format.empty() && format.find_first_not_of("0123456789") == std::string::npos &&
      std::stoll(format.substr(0, 9)) > kWorkspaceFormat)
    return fail(ErrorCode::kUsage,
                directory + ": workspace format " + format + " is from a later version of grounds (this one knows " +
                    std::to_string(kWorkspaceFormat) + ")",
                "install the version of grounds that wrote it, or a later one");
  return fail(ErrorCode::kDamaged, directory + ": the catalog has no valid format version",
              "restore the workspace from a backup");
}

constexpr std::string_view kDefaultSettingsFile =
    "# Settings of this workspace; the manual is docs/operations.md. Unknown keys are errors.\n"
    "[server]\n"
    "listen = \"127.0.0.1:8080\"\n"
    "\n"
    "[answer]\n"
    "backend = \"extractive\"\n"
    "reuse = true\n";

}  // namespace

Result<std::shared_ptr<Workspace>> Workspace::init(const Environment& environment, const std::string& directory,
                                                   bool* existed) {
  const FileSystem& files = environment.file_system;
  if (auto status = files.status(directory); status && !status->is_directory)
    return fail(ErrorCode::kUsage, directory + " is a file", "name a folder for the workspace");
  if (files.exists(directory + "/catalog.db")) {
    // catalog.db may be there without its tables, if an init was interrupted.
    GROUNDS_ASSIGN_OR_RETURN(Database database,
                             Database::open(files, directory + "/catalog.db", DatabaseMode::kReadWrite));
    GROUNDS_ASSIGN_OR_RETURN(bool complete, has_schema(database));
    if (complete) {
      if (existed) *existed = true;
      return open(environment, directory);
    }
  } else if (auto entries = files.list(directory); entries && !entries->empty()) {
    for (const DirectoryEntry& entry : *entries)
      if (entry.name != "grounds.toml" && entry.name != "segments" && entry.name != "extracts" &&
          !entry.name.starts_with("catalog.db") && !entry.name.starts_with("ledger.db"))
        return fail(ErrorCode::kUsage, directory + " is not empty and not a workspace (it holds '" + entry.name + "')",
                    "name an empty or a new folder");
  }
  if (existed) *existed = false;
  GROUNDS_RETURN_IF_ERROR(files.make_directories(directory + "/segments"));
  GROUNDS_RETURN_IF_ERROR(files.make_directories(directory + "/extracts"));
  if (!files.exists(directory + "/grounds.toml"))
    GROUNDS_RETURN_IF_ERROR(files.write_durably(directory + "/grounds.toml", kDefaultSettingsFile));
  std::shared_ptr<Workspace> workspace(new Workspace(environment, directory));
  GROUNDS_ASSIGN_OR_RETURN(Database database, Database::open(files, workspace->catalog_path(), DatabaseMode::kCreate));
  GROUNDS_RETURN_IF_ERROR(create_schema(database, workspace->new_id(), environment.clock.now()));
  GROUNDS_RETURN_IF_ERROR(files.sync_directory(directory));
  return open(environment, directory);
}

Result<std::shared_ptr<Workspace>> Workspace::open(const Environment& environment, const std::string& directory) {
  const FileSystem& files = environment.file_system;
  if (!files.exists(directory + "/catalog.db"))
    return fail(ErrorCode::kNotFound, "no workspace at " + directory, "create one: grounds init -w " + directory);
  std::shared_ptr<Workspace> workspace(new Workspace(environment, directory));
  auto database = Database::open(files, workspace->catalog_path(), DatabaseMode::kReadWrite);
  if (!database) return fail(std::move(database).error());
  GROUNDS_ASSIGN_OR_RETURN(bool complete, has_schema(*database));
  if (!complete)
    return fail(ErrorCode::kNotFound, "the workspace at " + directory + " was not completed",
                "complete it: grounds init -w " + directory);
  GROUNDS_ASSIGN_OR_RETURN(std::string format, read_meta(*database, "format_version"));
  if (format == "1") {
    GROUNDS_RETURN_IF_ERROR(migrate_schema(*database));
    GROUNDS_ASSIGN_OR_RETURN(format, read_meta(*database, "format_version"));
  }
  GROUNDS_RETURN_IF_ERROR(check_format(directory, format));
  GROUNDS_ASSIGN_OR_RETURN(workspace->id_, read_meta(*database, "workspace_id"));
  workspace->idle_.push_back(std::make_unique<Database>(std::move(*database)));
  return workspace;
}

Result<CatalogConnection> Workspace::catalog() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto database = std::move(idle_.back());
      idle_.pop_back();
      return CatalogConnection(*this, std::move(database));
    }
  }
  GROUNDS_ASSIGN_OR_RETURN(Database database,
                           Database::open(file_system(), catalog_path(), DatabaseMode::kReadWrite));
  return CatalogConnection(*this, std::make_unique<Database>(std::move(database)));
}

}  // namespace grounds
