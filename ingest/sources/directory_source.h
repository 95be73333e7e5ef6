// Documents in files and folders.
#pragma once

#include <string>
#include <vector>

#include "ingest/sources/source.h"

namespace grounds {

// The file of rules for what a folder holds that is no document; see sources/ignore_file.h.
inline constexpr std::string_view kIgnoreFileName = ".groundsignore";

struct DirectoryOptions {
  std::vector<std::string> include = {};  // patterns; if there are any, a file must match one
  std::vector<std::string> exclude = {};  // patterns; a file or folder that matches one is left out
  bool hidden = false;                    // also names that start with a dot
  bool follow_symlinks = false;           // also what symbolic links lead to; loops are cut
};

// The URI of a document is its path relative to the root that was given, with "/" between the parts:
// `ingest samples/` makes "handbook/leave.md" of samples/handbook/leave.md. A root that is itself a file has
// its name as URI. So the same folder gives the same URIs wherever it stands; two roots that give one URI
// twice are a failure of the second. Patterns are matched with that path (see filter_match in glob.h);
// a root that is a file is taken whatever the patterns and its name say.
//
// Access files (access_file.h) in the folders given and below give their documents' groups, and are no documents
// themselves; for a root that is a file, those beside it count. One that cannot be read or understood is a
// failure of what it speaks of: the document, or the folder with all in it.
//
// Failures are: a root that is not there, a folder or file that cannot be read, a name that is not UTF-8.
// What is neither file nor folder (pipes, devices) is passed over.
// `file_system` must outlive the source.
std::unique_ptr<Source> open_directories(const FileSystem& file_system, std::vector<std::string> roots,
                                         DirectoryOptions options = {});

}  // namespace grounds
