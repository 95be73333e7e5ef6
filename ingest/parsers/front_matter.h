// The block of metadata at the top of a Markdown file, between lines of "---" (YAML) or "+++" (TOML).
#pragma once

#include <string>
#include <string_view>

namespace grounds::parsing {

// What is used of it. Only plain one-line scalars are read; lists and nested values are passed over.
struct FrontMatter {
  std::string title;
  std::string date;       // RFC 3339 date
  std::size_t size = 0;   // bytes that it takes of the text, fences included; 0: there is none
};

FrontMatter read_front_matter(std::string_view text);

}  // namespace grounds::parsing
