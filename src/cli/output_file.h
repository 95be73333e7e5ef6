// Files that a command is told to write.
#pragma once

#include <string>

#include "cli/session.h"

namespace grounds::cli {

// Whether a file can be written there, found out before the work and not after it: kUsage for a folder that is not
// there or a path that is one. "" passes. For every option that names an output file.
Status check_output(const Session& session, const std::string& path);

}  // namespace grounds::cli
