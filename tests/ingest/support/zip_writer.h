// Writes ZIP archives for tests.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace grounds::testing {

struct ZipFile {
  std::string name, content;
  bool utf8 = true;       // the flag for names in UTF-8
  bool encrypted = false; // only the flag: the content is as it is
};

std::string write_zip(const std::vector<ZipFile>& files);

}  // namespace grounds::testing
