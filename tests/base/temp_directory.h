// A folder of its own for one test, gone at the end of it.
#pragma once

#include <string>
#include <string_view>

namespace grounds::test {

class TempDirectory {
 public:
  // kMemory: on a memory file system where there is one, for tests that make thousands of small
  // files; there is little room (64 MB in a container), and real syncs mean nothing.
  enum class Where { kDisk, kMemory };
  explicit TempDirectory(Where where = Where::kDisk);
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  const std::string& path() const { return path_; }  // absolute, no symbolic links in it
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

}  // namespace grounds::test
