#include "base/sqlite_vfs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <new>
#include <span>
#include <string_view>

namespace grounds {
namespace {

// What SQLite holds for an open file: this, then the system VFS's own object.
struct VfsFile {
  sqlite3_file base;
  SqliteVfs* vfs;
  const char* path;  // SQLite keeps it until xClose; "" for an unnamed temporary file
  bool is_wal;
  bool folder_unsynced;  // its name may not be durable yet
};

constexpr std::size_t kSystemFileOffset = (sizeof(VfsFile) + 15) / 16 * 16;

VfsFile* ours(sqlite3_file* file) {
  return reinterpret_cast<VfsFile*>(file);
}
sqlite3_file* system_file(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + kSystemFileOffset);
}

std::string folder_of(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

}  // namespace

// C functions called by SQLite: no exception may leave them.
struct SqliteVfs::Calls {
  static SqliteVfs& self(sqlite3_vfs* vfs) { return *static_cast<SqliteVfs*>(vfs->pAppData); }

  // Puts the call to the observer and makes it. `failure` is SQLite's code for an errno that the
  // observer set; `make` gives a result code of SQLite.
  template <class Make>
  static int observed(SqliteVfs& vfs, const IoCall& call, int failure, Make make) noexcept {
    try {
      const IoDecision decision = vfs.file_system_.before(call);
      if (decision.error != 0) {
        vfs.last_error_ = decision.error;
        return decision.error == ENOSPC && call.operation == IoOperation::kWrite ? SQLITE_FULL
                                                                                 : failure;
      }
      if (decision.skip) return SQLITE_OK;
      const int code = make(decision);
      int error = 0;
      if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) {
        error = code == SQLITE_FULL ? ENOSPC : vfs.system_->xGetLastError(vfs.system_, 0, nullptr);
        if (error == 0) error = EIO;
        vfs.last_error_ = error;
      }
      vfs.file_system_.after(call, error);
      return code;
    } catch (...) {
      return failure;
    }
  }

  static int sync_folder(SqliteVfs& vfs, std::string_view path) noexcept {
    try {
      const std::string folder = folder_of(path);
      const IoCall call{IoOperation::kSyncDirectory, folder, {}, 0, {}, 0, OpenMode::kRead};
      return observed(vfs, call, SQLITE_IOERR_DIR_FSYNC, [&](const IoDecision&) {
        const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (descriptor < 0) return SQLITE_IOERR_DIR_FSYNC;
        const int result = ::fsync(descriptor);
        const int error = errno;
        ::close(descriptor);
        errno = error;
        return result == 0 ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
      });
    } catch (...) {
      return SQLITE_IOERR_NOMEM;
    }
  }

  // ---- files

  static int close(sqlite3_file* file) {
    sqlite3_file* system = system_file(file);
    return system->pMethods ? system->pMethods->xClose(system) : SQLITE_OK;
  }

  static int read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
    VfsFile* self = ours(file);
    const IoCall call{IoOperation::kRead,
                      self->path,
                      {},
                      static_cast<std::uint64_t>(offset),
                      {},
                      static_cast<std::size_t>(size),
                      OpenMode::kRead};
    return observed(*self->vfs, call, SQLITE_IOERR_READ, [&](const IoDecision&) {
      sqlite3_file* system = system_file(file);
      return system->pMethods->xRead(system, into, size, offset);
    });
  }

  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    VfsFile* self = ours(file);
    const auto count = static_cast<std::size_t>(size);
    const IoCall call{IoOperation::kWrite,
                      self->path,
                      {},
                      static_cast<std::uint64_t>(offset),
                      {static_cast<const std::byte*>(data), count},
                      count,
                      OpenMode::kRead};
    if (self->is_wal)
      self->vfs->lowest_wal_write_ = std::min(self->vfs->lowest_wal_write_, call.offset);
    return observed(*self->vfs, call, SQLITE_IOERR_WRITE, [&](const IoDecision& decision) {
      sqlite3_file* system = system_file(file);
      const auto goal = static_cast<int>(std::min(count, decision.limit));
      const int code = goal > 0 ? system->pMethods->xWrite(system, data, goal, offset) : SQLITE_OK;
      return code == SQLITE_OK && goal < size ? SQLITE_FULL : code;
    });
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    VfsFile* self = ours(file);
    const IoCall call{
        IoOperation::kTruncate, self->path, {}, static_cast<std::uint64_t>(size), {}, 0,
        OpenMode::kRead};
    return observed(*self->vfs, call, SQLITE_IOERR_TRUNCATE, [&](const IoDecision&) {
      sqlite3_file* system = system_file(file);
      return system->pMethods->xTruncate(system, size);
    });
  }

  static int sync(sqlite3_file* file, int flags) {
    VfsFile* self = ours(file);
    const IoCall call{IoOperation::kSync, self->path, {}, 0, {}, 0, OpenMode::kRead};
    const int code = observed(*self->vfs, call, SQLITE_IOERR_FSYNC, [&](const IoDecision&) {
      sqlite3_file* system = system_file(file);
      return system->pMethods->xSync(system, flags);
    });
    if (code != SQLITE_OK || !self->folder_unsynced) return code;
    // A file is durable only with its name. The unix VFS syncs the folder too, for journals,
    // but ignores failures and is out of the observer's sight.
    const int folder_code = sync_folder(*self->vfs, self->path);
    if (folder_code == SQLITE_OK) self->folder_unsynced = false;
    return folder_code;
  }

  static int file_size(sqlite3_file* file, sqlite3_int64* size) {
    VfsFile* self = ours(file);
    const IoCall call{IoOperation::kStatus, self->path, {}, 0, {}, 0, OpenMode::kRead};
    return observed(*self->vfs, call, SQLITE_IOERR_FSTAT, [&](const IoDecision&) {
      sqlite3_file* system = system_file(file);
      return system->pMethods->xFileSize(system, size);
    });
  }

  static int lock(sqlite3_file* file, int level) {
    sqlite3_file* system = system_file(file);
    return system->pMethods->xLock(system, level);
  }
  static int unlock(sqlite3_file* file, int level) {
    sqlite3_file* system = system_file(file);
    return system->pMethods->xUnlock(system, level);
  }
  static int check_reserved_lock(sqlite3_file* file, int* result) {
    sqlite3_file* system = system_file(file);
    return system->pMethods->xCheckReservedLock(system, result);
  }
  static int file_control(sqlite3_file* file, int operation, void* argument) {
    sqlite3_file* system = system_file(file);
    return system->pMethods->xFileControl(system, operation, argument);
  }
  static int sector_size(sqlite3_file* file) {
    sqlite3_file* system = system_file(file);
    return system->pMethods->xSectorSize(system);
  }
  static int device_characteristics(sqlite3_file* file) {
    sqlite3_file* system = system_file(file);
    return system->pMethods->xDeviceCharacteristics(system);
  }

  // Shared memory is an index that SQLite rebuilds: nothing durable, so it stays with the system.
  static int shm_map(sqlite3_file* file, int region, int size, int extend,
                     void volatile** address) {
    sqlite3_file* system = system_file(file);
    return system->pMethods->xShmMap(system, region, size, extend, address);
  }
  static int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    sqlite3_file* system = system_file(file);
    return system->pMethods->xShmLock(system, offset, count, flags);
  }
  static void shm_barrier(sqlite3_file* file) {
    sqlite3_file* system = system_file(file);
    system->pMethods->xShmBarrier(system);
  }
  static int shm_unmap(sqlite3_file* file, int remove) {
    sqlite3_file* system = system_file(file);
    return system->pMethods->xShmUnmap(system, remove);
  }

  // Version 2: no xFetch, so that no read goes through memory maps, unseen.
  static constexpr sqlite3_io_methods kMethods = {
      2,
      close,
      read,
      write,
      truncate,
      sync,
      file_size,
      lock,
      unlock,
      check_reserved_lock,
      file_control,
      sector_size,
      device_characteristics,
      shm_map,
      shm_lock,
      shm_barrier,
      shm_unmap,
      nullptr,
      nullptr,
  };

  // ---- the file system

  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags,
                  int* out_flags) {
    SqliteVfs& owner = self(vfs);
    file->pMethods = nullptr;
    const OpenMode mode =
        (flags & SQLITE_OPEN_READWRITE) != 0 ? OpenMode::kReadWrite : OpenMode::kRead;
    const IoCall call{IoOperation::kOpen, path != nullptr ? path : "", {}, 0, {}, 0, mode};
    sqlite3_file* system = system_file(file);
    system->pMethods = nullptr;
    const int code = observed(owner, call, SQLITE_CANTOPEN, [&](const IoDecision&) {
      return owner.system_->xOpen(owner.system_, path, system, flags, out_flags);
    });
    // A skipped open has no file behind it: report it rather than crash later.
    if (code != SQLITE_OK) return code;
    if (system->pMethods == nullptr) return SQLITE_CANTOPEN;
    auto* created = new (file) VfsFile{};
    created->base.pMethods = &kMethods;
    created->vfs = &owner;
    created->path = path != nullptr ? path : "";
    created->is_wal = (flags & SQLITE_OPEN_WAL) != 0;
    // Even if the file was there: who created it may have died before it synced the folder.
    created->folder_unsynced = (flags & SQLITE_OPEN_CREATE) != 0 && path != nullptr;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* path, int sync_directory) {
    SqliteVfs& owner = self(vfs);
    const IoCall call{IoOperation::kRemove, path, {}, 0, {}, 0, OpenMode::kRead};
    const int code = observed(owner, call, SQLITE_IOERR_DELETE, [&](const IoDecision&) {
      return owner.system_->xDelete(owner.system_, path, 0);
    });
    return code == SQLITE_OK && sync_directory != 0 ? sync_folder(owner, path) : code;
  }

  static int access(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
    SqliteVfs& owner = self(vfs);
    *result = 0;
    const IoCall call{IoOperation::kStatus, path, {}, 0, {}, 0, OpenMode::kRead};
    return observed(owner, call, SQLITE_IOERR_ACCESS, [&](const IoDecision&) {
      return owner.system_->xAccess(owner.system_, path, flags, result);
    });
  }

  static int full_pathname(sqlite3_vfs* vfs, const char* path, int size, char* out) {
    sqlite3_vfs* system = self(vfs).system_;
    return system->xFullPathname(system, path, size, out);
  }
  static int randomness(sqlite3_vfs* vfs, int size, char* out) {
    sqlite3_vfs* system = self(vfs).system_;
    return system->xRandomness(system, size, out);
  }
  static int sleep(sqlite3_vfs* vfs, int microseconds) {
    sqlite3_vfs* system = self(vfs).system_;
    return system->xSleep(system, microseconds);
  }
  static int current_time(sqlite3_vfs* vfs, double* time) {
    sqlite3_vfs* system = self(vfs).system_;
    return system->xCurrentTime(system, time);
  }
  static int current_time_int64(sqlite3_vfs* vfs, sqlite3_int64* time) {
    sqlite3_vfs* system = self(vfs).system_;
    return system->xCurrentTimeInt64(system, time);
  }
  static int get_last_error(sqlite3_vfs* vfs, int, char*) { return self(vfs).last_error_; }
};

SqliteVfs::SqliteVfs(const FileSystem& file_system)
    : file_system_(file_system), system_(sqlite3_vfs_find("unix")) {
  if (system_ == nullptr) return;
  // The address is unique for as long as the name is registered.
  char name[40];
  std::snprintf(name, sizeof name, "grounds-%p", static_cast<void*>(this));
  name_ = name;
  vfs_.iVersion = 2;
  vfs_.szOsFile = static_cast<int>(kSystemFileOffset) + system_->szOsFile;
  vfs_.mxPathname = system_->mxPathname;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = Calls::open;
  vfs_.xDelete = Calls::remove;
  vfs_.xAccess = Calls::access;
  vfs_.xFullPathname = Calls::full_pathname;
  // xDl*: extensions are never loaded.
  vfs_.xRandomness = Calls::randomness;
  vfs_.xSleep = Calls::sleep;
  vfs_.xCurrentTime = Calls::current_time;
  vfs_.xCurrentTimeInt64 = Calls::current_time_int64;
  vfs_.xGetLastError = Calls::get_last_error;
  registration_ = sqlite3_vfs_register(&vfs_, 0);
}

std::string SqliteVfs::full_path(const std::string& path) const {
  std::string full(static_cast<std::size_t>(system_->mxPathname) + 1, '\0');
  const int code =
      system_->xFullPathname(system_, path.c_str(), static_cast<int>(full.size()), full.data());
  if (code != SQLITE_OK && code != SQLITE_OK_SYMLINK) return path;
  return full.c_str();
}

SqliteVfs::~SqliteVfs() {
  if (registration_ == SQLITE_OK) sqlite3_vfs_unregister(&vfs_);
}

}  // namespace grounds
