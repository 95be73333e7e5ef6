// Files written before the transaction that names them.
#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"

namespace grounds {

// Removes the files on destruction unless they are kept: they may have to go again. Declare it before the
// transaction, so that the rollback comes first.
class WrittenFiles {
 public:
  explicit WrittenFiles(const FileSystem& file_system) : file_system_(file_system) {}
  ~WrittenFiles() {
    for (const std::string& path : paths_) (void)file_system_.remove(path);
  }
  WrittenFiles(const WrittenFiles&) = delete;
  WrittenFiles& operator=(const WrittenFiles&) = delete;
  void add(std::string path) { paths_.push_back(std::move(path)); }
  void keep() { paths_.clear(); }

 private:
  const FileSystem& file_system_;
  std::vector<std::string> paths_;
};

}  // namespace grounds
