// A workspace: one data directory with catalog.db, ledger.db, segments/, extracts/ and grounds.toml.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/sqlite.h"
#include "grounds/result.h"

namespace grounds {

inline constexpr int kWorkspaceFormat = 2;

// What the outside world is to a workspace. All must outlive it.
struct Environment {
  const FileSystem& file_system;
  const Clock& clock;
  RandomSource& random;
};

class Workspace;

// A catalog connection lent by the workspace to one thread, given back on destruction.
class CatalogConnection {
 public:
  CatalogConnection(CatalogConnection&& other) noexcept;
  CatalogConnection& operator=(CatalogConnection&&) = delete;
  ~CatalogConnection();
  Database& operator*() const { return *database_; }
  Database* operator->() const { return database_.get(); }

 private:
  friend class Workspace;
  CatalogConnection(Workspace& workspace, std::unique_ptr<Database> database);
  Workspace* workspace_;
  std::unique_ptr<Database> database_;
};

// Thread-safe.
class Workspace {
 public:
  // Creates what is missing; `*existed` says whether it was complete before. An interrupted init is
  // completed by the next one.
  static Result<std::shared_ptr<Workspace>> init(const Environment& environment, const std::string& directory,
                                                 bool* existed = nullptr);
  // Migrates one of an earlier format. kNotFound (hint: grounds init) without a workspace; kUsage for one
  // of a later format.
  static Result<std::shared_ptr<Workspace>> open(const Environment& environment, const std::string& directory);

  const std::string& directory() const { return directory_; }
  std::string catalog_path() const { return directory_ + "/catalog.db"; }
  std::string ledger_path() const { return directory_ + "/ledger.db"; }
  std::string segment_path(const std::string& file) const { return directory_ + "/segments/" + file; }
  std::string extract_path(const std::string& file) const { return directory_ + "/extracts/" + file; }
  std::string settings_path() const { return directory_ + "/grounds.toml"; }
  const std::string& id() const { return id_; }  // ULID

  const FileSystem& file_system() const { return environment_.file_system; }
  const Clock& clock() const { return environment_.clock; }
  RandomSource& random() const { return environment_.random; }
  std::string new_id() { return ids_.next(); }

  Result<CatalogConnection> catalog();

 private:
  friend class CatalogConnection;
  Workspace(const Environment& environment, std::string directory);
  Environment environment_;
  std::string directory_;
  std::string id_;
  UlidSource ids_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Database>> idle_;
};

}  // namespace grounds
