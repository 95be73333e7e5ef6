// Files that say, beside the documents themselves, who may read them.
//
// `.grounds-access.toml` in a folder: all documents of the folder and of those below it, until one further down
// says otherwise. `report.pdf.access.toml`: the document report.pdf beside it. Both are TOML with one key:
//
//   groups = ["hr", "board"]      # none, []: nobody but administrators
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"

namespace grounds::sources {

inline constexpr std::string_view kFolderAccessName = ".grounds-access.toml";
inline constexpr std::string_view kDocumentAccessSuffix = ".access.toml";
inline constexpr std::uint64_t kMaxAccessFileBytes = 64u << 10;

// Whether a file of this name speaks of another one's readers, and so is no document.
bool is_access_file(std::string_view name);

// The groups that the text names. kBadInput: it is no such file; the message says what is wrong in which line.
// A document whose access file cannot be read must not be taken: it might be read by everybody.
Result<std::vector<std::string>> parse_access_file(std::string_view text);

}  // namespace grounds::sources
