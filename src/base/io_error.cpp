// What an errno value means to an administrator: the kind of failure and what to do about it.
#include <cerrno>
#include <system_error>

#include "base/file_system.h"

namespace grounds {
namespace {

struct Meaning {
  ErrorCode code;
  std::string_view hint;
};

Meaning meaning_of(int error) {
  switch (error) {
    case ENOENT:
      return {ErrorCode::kNotFound, "check the path"};
    case ENOTDIR:
      return {ErrorCode::kNotFound, "a folder is needed where there is a file"};
    case EACCES:
    case EPERM:
      return {ErrorCode::kRefused,
              "check the owner and the permissions of the file and its folders"};
    case EROFS:
      return {ErrorCode::kRefused, "the file system is mounted read-only"};
    case EEXIST:
    case ENOTEMPTY:
      return {ErrorCode::kRefused, "choose another name or move what is there away"};
    case EISDIR:
      return {ErrorCode::kBadInput, "this is a folder; a file is needed"};
    case ESPIPE:
      return {ErrorCode::kBadInput, "this is a pipe or a device; a regular file is needed"};
    case ENAMETOOLONG:
      return {ErrorCode::kBadInput, "the path is longer than the system allows"};
    case ELOOP:
      return {ErrorCode::kBadInput, "the symbolic links of this path form a loop"};
    case ENOSPC:
      return {ErrorCode::kUnavailable, "the disk is full: free some space and try again"};
    case EDQUOT:
      return {ErrorCode::kUnavailable, "the disk quota is used up: free some space and try again"};
    case EFBIG:
      return {ErrorCode::kUnavailable, "the file is larger than the system or its limits allow"};
    case EIO:
      return {ErrorCode::kUnavailable,
              "the disk reports an error: check it (dmesg) before going on"};
    case EMFILE:
    case ENFILE:
      return {ErrorCode::kUnavailable, "too many open files: raise the limit (ulimit -n)"};
    case ENOMEM:
      return {ErrorCode::kUnavailable, "out of memory"};
    case EAGAIN:
    case EBUSY:
    case ETIMEDOUT:
    case EDEADLK:
      return {ErrorCode::kUnavailable, "another process holds it; try again when that is done"};
    case ENOLCK:
      return {ErrorCode::kUnavailable, "this file system does not support locks; use a local disk"};
    case ETXTBSY:
    case EINTR:
    case ESTALE:
    case ENODEV:
    case ENXIO:
      return {ErrorCode::kUnavailable, "try again"};
    default:
      return {ErrorCode::kInternal, ""};
  }
}

}  // namespace

Error io_error(std::string_view what, std::string_view path, int error) {
  const Meaning meaning = meaning_of(error);
  Error result;
  result.code = meaning.code;
  result.message = std::string(what) + ": " + std::string(path) + ": " +
                   std::error_code(error, std::generic_category()).message();
  result.hint = meaning.hint;
  return result;
}

}  // namespace grounds
