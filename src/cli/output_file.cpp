#include "cli/output_file.h"

namespace grounds::cli {

Status check_output(const Session& session, const std::string& path) {
  if (path.empty()) return {};
  std::size_t slash = path.find_last_of('/');
  std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const FileSystem& files = session.environment().file_system;
  auto status = files.status(folder);
  if (!status || !status->is_directory) return fail(ErrorCode::kUsage, "cannot write " + path + ": no folder " + folder);
  auto existing = files.status(path);
  if (existing && existing->is_directory) return fail(ErrorCode::kUsage, "cannot write " + path + ": it is a folder");
  return {};
}

}  // namespace grounds::cli
