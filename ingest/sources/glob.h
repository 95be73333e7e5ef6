// File name patterns, as in a shell and in .gitignore.
#pragma once

#include <string>
#include <string_view>

namespace grounds::sources {

// Whether `path` ("a/b/c.md", no leading slash) as a whole matches `pattern`. "?" is one character, "*" any
// number, neither a slash; "**" as a whole component is any number of components, at the end at least one;
// "[a-z]", "[!a]" are classes; "\" takes the next character as it is. A pattern that is malformed (an open
// class) matches itself only. Time is bounded by the product of the lengths.
bool glob_match(std::string_view pattern, std::string_view path);

// As glob_match, but a pattern without a slash matches the last component of the path: what a user means
// by --include '*.md'.
bool filter_match(std::string_view pattern, std::string_view path);

}  // namespace grounds::sources
