// The seam to the operating system's files. All file I/O of the program, SQLite's included, passes
// through a FileSystem, so that a test can watch, fail, shorten or drop any single call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"

namespace grounds {

enum class OpenMode { kRead, kReadWrite, kCreate /* exclusive: fails if it exists */, kTruncate };

enum class IoOperation {
  kOpen,
  kRead,
  kWrite,
  kTruncate,
  kSync,
  kSyncDirectory,
  kRename,
  kRemove,
  kMakeDirectory,
  kList,
  kStatus,
  kMap,
  kLock,
};

// One call about to be made. Views are valid during the callback only.
struct IoCall {
  IoOperation operation;
  std::string_view path;
  std::string_view target;          // kRename only: the new name
  std::uint64_t offset = 0;         // kRead, kWrite; kTruncate: the new size
  std::span<const std::byte> data;  // kWrite only
  std::size_t size = 0;             // kRead, kWrite: bytes asked for
  OpenMode mode = OpenMode::kRead;  // kOpen only
};

// What an observer makes of a call.
struct IoDecision {
  int error = 0;                 // an errno value: fail with it
  std::size_t limit = SIZE_MAX;  // kWrite: write at most so many bytes, then fail with ENOSPC
  bool skip = false;             // pretend success and do nothing (a planted lost sync)
};

// Watches all calls of one FileSystem. Called from many threads at once: must be thread-safe.
class IoObserver {
 public:
  virtual ~IoObserver() = default;
  virtual IoDecision before(const IoCall& call) = 0;
  // After a call that was made (not one that before() failed or skipped); `error` is 0 or its errno
  // value. Of a write that failed, a part may have been made.
  virtual void after(const IoCall& call, int error) = 0;
};

struct FileStatus {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // nanoseconds since the epoch
  std::uint64_t inode = 0;
  bool is_directory = false;
  bool is_regular = false;
  bool is_symlink = false;  // only ever set by list() and status(..., false)
};

struct DirectoryEntry {
  std::string name;
  FileStatus status;  // of the entry itself: symbolic links are not followed
};

// An open file. Movable; may outlive its FileSystem. Reads may run in several threads at once,
// writes may not.
class File {
 public:
  File() = default;
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  // Reads exactly into.size() bytes at `offset`; fewer there is an error (kDamaged).
  Status read_exact(std::uint64_t offset, std::span<std::byte> into) const;
  // Reads up to into.size() bytes; 0 at the end of the file.
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> into) const;
  // Writes all of `data` at `offset`.
  Status write(std::uint64_t offset, std::span<const std::byte> data);
  Status truncate(std::uint64_t size);
  // Makes the content durable (fdatasync).
  Status sync();
  Result<std::uint64_t> size() const;
  const std::string& path() const { return path_; }
  Status close();  // also done by the destructor, which cannot report

 private:
  friend class FileSystem;
  std::shared_ptr<IoObserver> observer_;
  int descriptor_ = -1;
  std::string path_;
};

// A read-only mapping of a whole file. Movable; unmapped on destruction.
class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  friend class FileSystem;
  std::span<const std::byte> bytes_;
};

// An exclusive advisory lock on a file, held until destruction; freed by the kernel if the process
// dies.
class FileLock {
 public:
  FileLock() = default;
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  friend class FileSystem;
  int descriptor_ = -1;
};

// The files of this machine. Copies share the observer. Thread-safe. Errors name the path and what
// the system said.
class FileSystem {
 public:
  explicit FileSystem(std::shared_ptr<IoObserver> observer = nullptr);

  Result<File> open(const std::string& path, OpenMode mode) const;
  Result<MappedFile> map(const std::string& path) const;
  // Waits up to `timeout_ms` (-1: forever) for the lock; creates the file if need be.
  Result<FileLock> lock(const std::string& path, int timeout_ms = -1) const;
  Result<FileStatus> status(const std::string& path,
                            bool follow_symlinks = true) const;  // kNotFound
  bool exists(const std::string& path) const;
  Result<std::vector<DirectoryEntry>> list(const std::string& directory) const;  // sorted by name
  // Makes the folder and its parents as needed, and their names durable.
  Status make_directories(const std::string& path) const;
  Status rename(const std::string& from, const std::string& to) const;
  Status remove(const std::string& path) const;  // kNotFound if it is not there
  // Makes the names in a directory durable.
  Status sync_directory(const std::string& path) const;

  // Whole-file helpers on the above. `limit`: a larger file is kBadInput.
  Result<std::string> read(const std::string& path, std::uint64_t limit = UINT64_MAX) const;
  // Atomic and durable: temporary file ("PATH.tmp-" and 16 hexadecimal digits, in the same folder),
  // sync, rename, directory sync. On failure the old file stands, or, if all but the last sync
  // succeeded, the new one. A killed process may leave the temporary file behind.
  Status write_durably(const std::string& path, std::string_view content) const;

  // For code that makes the system call itself (the SQLite VFS): ask before, tell after.
  IoDecision before(const IoCall& call) const;
  void after(const IoCall& call, int error) const;

 private:
  std::shared_ptr<IoObserver> observer_;
};

// "what: path: reason", with the code that fits the errno value.
Error io_error(std::string_view what, std::string_view path, int error);

}  // namespace grounds
