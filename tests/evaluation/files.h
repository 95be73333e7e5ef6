// A folder of evaluation input for one test.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "base/file_system.h"
#include "tests/base/temp_directory.h"

namespace grounds::test {

class Files {
 public:
  // Returns the path.
  std::string write(const std::string& name, std::string_view content) const {
    const std::string path = directory_ / name;
    const std::size_t slash = path.find_last_of('/');
    REQUIRE(system_.make_directories(path.substr(0, slash)).has_value());
    REQUIRE(system_.write_durably(path, content).has_value());
    return path;
  }
  const FileSystem& system() const { return system_; }
  const std::string& path() const { return directory_.path(); }

 private:
  FileSystem system_;
  TempDirectory directory_;
};

}  // namespace grounds::test
