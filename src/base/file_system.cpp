#include "base/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/hash.h"
#include "base/system_call.h"

namespace grounds {
namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

FileStatus to_status(const struct stat& info) {
  FileStatus status;
  status.size = static_cast<std::uint64_t>(info.st_size);
  status.modified_ns =
      static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
  status.inode = info.st_ino;
  status.is_directory = S_ISDIR(info.st_mode);
  status.is_regular = S_ISREG(info.st_mode);
  status.is_symlink = S_ISLNK(info.st_mode);
  return status;
}

}  // namespace

FileSystem::FileSystem(std::shared_ptr<IoObserver> observer) : observer_(std::move(observer)) {}

IoDecision FileSystem::before(const IoCall& call) const {
  return observer_ ? observer_->before(call) : IoDecision{};
}

void FileSystem::after(const IoCall& call, int error) const {
  if (observer_) observer_->after(call, error);
}

Result<File> FileSystem::open(const std::string& path, OpenMode mode) const {
  // O_NONBLOCK: a named pipe without a writer must not hang the program. No effect on regular
  // files.
  int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  switch (mode) {
    case OpenMode::kRead:
      flags |= O_RDONLY;
      break;
    case OpenMode::kReadWrite:
      flags |= O_RDWR;
      break;
    case OpenMode::kCreate:
      flags |= O_RDWR | O_CREAT | O_EXCL;
      break;
    case OpenMode::kTruncate:
      flags |= O_RDWR | O_CREAT | O_TRUNC;
      break;
  }
  File file;
  file.observer_ = observer_;
  file.path_ = path;
  IoCall call{IoOperation::kOpen, path, {}, 0, {}, 0};
  call.mode = mode;
  const int error = observed(observer_.get(), call, [&](const IoDecision&) {
    int code = 0;
    file.descriptor_ = retry([&] { return ::open(path.c_str(), flags, 0666); }, code);
    return code;
  });
  if (error != 0) {
    const bool creates = mode == OpenMode::kCreate || mode == OpenMode::kTruncate;
    return fail(io_error(creates ? "cannot create" : "cannot open", path, error));
  }
  return file;
}

Result<MappedFile> FileSystem::map(const std::string& path) const {
  GROUNDS_ASSIGN_OR_RETURN(const File file, open(path, OpenMode::kRead));
  GROUNDS_ASSIGN_OR_RETURN(const std::uint64_t size, file.size());
  MappedFile mapped;
  if (size == 0) return mapped;  // mmap refuses empty mappings
  const IoCall call{IoOperation::kMap, path, {}, 0, {}, static_cast<std::size_t>(size)};
  const int error = observed(observer_.get(), call, [&](const IoDecision&) {
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.descriptor_, 0);
    if (address == MAP_FAILED) return errno;
    mapped.bytes_ = {static_cast<const std::byte*>(address), static_cast<std::size_t>(size)};
    return 0;
  });
  if (error != 0) return fail(io_error("cannot map", path, error));
  return mapped;
}

Result<FileLock> FileSystem::lock(const std::string& path, int timeout_ms) const {
  FileLock lock;
  const IoCall call{IoOperation::kLock, path, {}, 0, {}, 0};
  const int error = observed(observer_.get(), call, [&](const IoDecision&) {
    int code = 0;
    lock.descriptor_ = retry(
        [&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666); }, code);
    if (code != 0) return code;
    // Locks of the open file description: they exclude other threads of this process as well, and
    // closing another descriptor of the same file does not drop them (classic POSIX locks do both).
    struct flock request {};
    request.l_type = F_WRLCK;
    request.l_whence = SEEK_SET;
    if (timeout_ms < 0) {
      retry([&] { return ::fcntl(lock.descriptor_, F_OFD_SETLKW, &request); }, code);
      return code;
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    for (;;) {
      retry([&] { return ::fcntl(lock.descriptor_, F_OFD_SETLK, &request); }, code);
      if (code != EAGAIN && code != EACCES) return code;
      if (std::chrono::steady_clock::now() >= deadline) return EAGAIN;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  if (error != 0) return fail(io_error("cannot lock", path, error));
  return lock;
}

Result<FileStatus> FileSystem::status(const std::string& path, bool follow_symlinks) const {
  struct stat info {};
  const IoCall call{IoOperation::kStatus, path, {}, 0, {}, 0};
  const int error = observed(observer_.get(), call, [&](const IoDecision&) {
    const int result = follow_symlinks ? ::stat(path.c_str(), &info) : ::lstat(path.c_str(), &info);
    return result == 0 ? 0 : errno;
  });
  if (error != 0) return fail(io_error("cannot examine", path, error));
  return to_status(info);
}

bool FileSystem::exists(const std::string& path) const {
  return status(path).has_value();
}

Result<std::vector<DirectoryEntry>> FileSystem::list(const std::string& directory) const {
  std::vector<DirectoryEntry> entries;
  const IoCall call{IoOperation::kList, directory, {}, 0, {}, 0};
  const int error = observed(observer_.get(), call, [&](const IoDecision&) {
    DIR* stream = ::opendir(directory.c_str());
    if (stream == nullptr) return errno;
    int code = 0;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(stream);
      if (entry == nullptr) {
        code = errno;
        break;
      }
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat info {};
      if (::fstatat(::dirfd(stream), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) continue;  // removed since it was listed
        code = errno;
        break;
      }
      entries.push_back({std::string(name), to_status(info)});
    }
    ::closedir(stream);
    return code;
  });
  if (error != 0) return fail(io_error("cannot list", directory, error));
  std::sort(entries.begin(), entries.end(),
            [](const DirectoryEntry& left, const DirectoryEntry& right) {
              return left.name < right.name;
            });
  return entries;
}

Status FileSystem::make_directories(const std::string& path) const {
  if (const auto there = status(path); there && there->is_directory) return {};
  const std::string parent = parent_of(path);
  if (parent != path && parent != "." && parent != "/")
    GROUNDS_RETURN_IF_ERROR(make_directories(parent));
  const IoCall call{IoOperation::kMakeDirectory, path, {}, 0, {}, 0};
  const int error = observed(observer_.get(), call, [&](const IoDecision&) {
    return ::mkdir(path.c_str(), 0777) == 0 ? 0 : errno;
  });
  if (error == EEXIST) {  // another process was faster, or it is a file
    const auto there = status(path);
    if (there && there->is_directory) return {};
    return fail(io_error("cannot make the folder", path, ENOTDIR));
  }
  if (error != 0) return fail(io_error("cannot make the folder", path, error));
  return sync_directory(parent);
}

Status FileSystem::rename(const std::string& from, const std::string& to) const {
  const IoCall call{IoOperation::kRename, from, to, 0, {}, 0};
  const int error = observed(observer_.get(), call, [&](const IoDecision&) {
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
  });
  if (error != 0) return fail(io_error("cannot rename to " + to, from, error));
  return {};
}

Status FileSystem::remove(const std::string& path) const {
  const IoCall call{IoOperation::kRemove, path, {}, 0, {}, 0};
  const int error = observed(observer_.get(), call, [&](const IoDecision&) {
    if (::unlink(path.c_str()) == 0) return 0;
    if (errno != EISDIR && errno != EPERM) return errno;
    return ::rmdir(path.c_str()) == 0 ? 0 : errno;
  });
  if (error != 0) return fail(io_error("cannot remove", path, error));
  return {};
}

Status FileSystem::sync_directory(const std::string& path) const {
  const IoCall call{IoOperation::kSyncDirectory, path, {}, 0, {}, 0};
  const int error = observed(observer_.get(), call, [&](const IoDecision&) {
    int code = 0;
    int descriptor =
        retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }, code);
    if (code != 0) return code;
    retry([&] { return ::fsync(descriptor); }, code);
    close_descriptor(descriptor);
    return code;
  });
  if (error != 0) return fail(io_error("cannot make durable", path, error));
  return {};
}

Result<std::string> FileSystem::read(const std::string& path, std::uint64_t limit) const {
  GROUNDS_ASSIGN_OR_RETURN(const File file, open(path, OpenMode::kRead));
  GROUNDS_ASSIGN_OR_RETURN(const std::uint64_t size, file.size());
  const auto too_large = [&] {
    return fail(ErrorCode::kBadInput,
                "the file is larger than " + std::to_string(limit) + " bytes: " + path);
  };
  if (size > limit) return too_large();
  // The size is a first guess only: the file may grow, and files of /proc say 0.
  std::string content(static_cast<std::size_t>(size), '\0');
  std::size_t done = 0;
  for (;;) {
    if (done == content.size()) content.resize(done + std::max<std::size_t>(done / 8, 4096));
    const std::span<char> rest = std::span(content).subspan(done);
    GROUNDS_ASSIGN_OR_RETURN(const std::size_t got,
                             file.read_some(done, std::as_writable_bytes(rest)));
    if (got == 0) break;
    done += got;
    if (done > limit) return too_large();
  }
  content.resize(done);
  return content;
}

Status FileSystem::write_durably(const std::string& path, std::string_view content) const {
  std::array<std::uint8_t, 8> random{};
  SystemRandom().fill(std::as_writable_bytes(std::span(random)));
  const std::string temporary = path + ".tmp-" + to_hex(random);
  const auto write_temporary = [&]() -> Status {
    GROUNDS_ASSIGN_OR_RETURN(File file, open(temporary, OpenMode::kCreate));
    GROUNDS_RETURN_IF_ERROR(file.write(0, std::as_bytes(std::span(content))));
    // Before the rename: else the name could reach the disk before the content.
    GROUNDS_RETURN_IF_ERROR(file.sync());
    GROUNDS_RETURN_IF_ERROR(file.close());
    return rename(temporary, path);
  };
  if (Status written = write_temporary(); !written) {
    // The failure of interest is the first one; the temporary file may not even exist.
    static_cast<void>(remove(temporary));
    return fail(std::move(written).error());
  }
  return sync_directory(parent_of(path));
}

}  // namespace grounds
