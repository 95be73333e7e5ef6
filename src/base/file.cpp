// Open files, mappings and locks. How they come about is in file_system.cpp.
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/file_system.h"
#include "base/system_call.h"

namespace grounds {

File::File(File&& other) noexcept
    : observer_(std::move(other.observer_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    close_descriptor(descriptor_);
    observer_ = std::move(other.observer_);
    descriptor_ = std::exchange(other.descriptor_, -1);
    path_ = std::move(other.path_);
  }
  return *this;
}

File::~File() {
  close_descriptor(descriptor_);
}

Result<std::size_t> File::read_some(std::uint64_t offset, std::span<std::byte> into) const {
  IoCall call{IoOperation::kRead, path_, {}, offset, {}, into.size()};
  std::size_t got = 0;
  const int error = observed(observer_.get(), call, [&](const IoDecision&) {
    int code = 0;
    const ssize_t count = retry(
        [&] { return ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset)); },
        code);
    if (code == 0) got = static_cast<std::size_t>(count);
    return code;
  });
  if (error != 0) return fail(io_error("cannot read", path_, error));
  return got;
}

Status File::read_exact(std::uint64_t offset, std::span<std::byte> into) const {
  std::size_t done = 0;
  while (done < into.size()) {
    GROUNDS_ASSIGN_OR_RETURN(const std::size_t got, read_some(offset + done, into.subspan(done)));
    if (got == 0) {
      return fail(ErrorCode::kDamaged,
                  "the file ends too early: " + path_ + ": needed " + std::to_string(into.size()) +
                      " bytes at " + std::to_string(offset) + ", found " + std::to_string(done));
    }
    done += got;
  }
  return {};
}

Status File::write(std::uint64_t offset, std::span<const std::byte> data) {
  const IoCall call{IoOperation::kWrite, path_, {}, offset, data, data.size()};
  const int error = observed(observer_.get(), call, [&](const IoDecision& decision) {
    const std::size_t goal = std::min(data.size(), decision.limit);
    std::size_t done = 0;
    while (done < goal) {
      int code = 0;
      const ssize_t count = retry(
          [&] {
            return ::pwrite(descriptor_, data.data() + done, goal - done,
                            static_cast<off_t>(offset + done));
          },
          code);
      if (code != 0) return code;
      if (count == 0) return ENOSPC;
      done += static_cast<std::size_t>(count);
    }
    return goal < data.size() ? ENOSPC : 0;
  });
  if (error != 0) return fail(io_error("cannot write", path_, error));
  return {};
}

Status File::truncate(std::uint64_t size) {
  const IoCall call{IoOperation::kTruncate, path_, {}, size, {}, 0};
  const int error = observed(observer_.get(), call, [&](const IoDecision&) {
    int code = 0;
    retry([&] { return ::ftruncate(descriptor_, static_cast<off_t>(size)); }, code);
    return code;
  });
  if (error != 0) return fail(io_error("cannot change the size of", path_, error));
  return {};
}

Status File::sync() {
  const IoCall call{IoOperation::kSync, path_, {}, 0, {}, 0};
  const int error = observed(observer_.get(), call, [&](const IoDecision&) {
    int code = 0;
    retry([&] { return ::fdatasync(descriptor_); }, code);
    return code;
  });
  if (error != 0) return fail(io_error("cannot make durable", path_, error));
  return {};
}

Result<std::uint64_t> File::size() const {
  const IoCall call{IoOperation::kStatus, path_, {}, 0, {}, 0};
  struct stat info {};
  const int error = observed(observer_.get(), call, [&](const IoDecision&) {
    return ::fstat(descriptor_, &info) == 0 ? 0 : errno;
  });
  if (error != 0) return fail(io_error("cannot examine", path_, error));
  return static_cast<std::uint64_t>(info.st_size);
}

Status File::close() {
  if (descriptor_ < 0) return {};
  // Linux frees the descriptor even when close() fails, EINTR included: never a second time.
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) {
    return fail(io_error("cannot close", path_, errno));
  }
  return {};
}

// ---- MappedFile, FileLock

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  if (this != &other) {
    close_descriptor(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

FileLock::~FileLock() {
  close_descriptor(descriptor_);
}

}  // namespace grounds
