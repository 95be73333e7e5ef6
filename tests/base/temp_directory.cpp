#include "tests/base/temp_directory.h"

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>

namespace grounds::test {

TempDirectory::TempDirectory() {
  const auto base = std::filesystem::canonical(std::filesystem::temp_directory_path());
  path_ = (base / "grounds-test-XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace grounds::test
