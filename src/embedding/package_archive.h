// Files out of a package (a zip archive).
#pragma once

#include <string>

#include "base/file_system.h"
#include "grounds/result.h"

namespace grounds {

// Writes one member of the archive to `target` (replacing it), durably. kDamaged if the archive cannot be
// read, lacks the member, or the member's SHA-256 is another; then there is no target.
Status extract_member(const FileSystem& files, const std::string& archive, const std::string& member,
                      const std::string& target, const std::string& sha256);

}  // namespace grounds
