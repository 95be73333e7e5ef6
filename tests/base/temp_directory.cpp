#include "tests/base/temp_directory.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace grounds::test {

TempDirectory::TempDirectory(Where where) {
  const bool memory = where == Where::kMemory && ::access("/dev/shm", W_OK | X_OK) == 0;
  const auto base =
      memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
  path_ = (std::filesystem::canonical(base) / "grounds-test-XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace grounds::test
