#include "ingest/sources/directory_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace grounds {
namespace {

constexpr std::uint32_t kEvents = IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::chrono::milliseconds kTick{100};

Error unwatchable(const std::string& folder, int code) {
  if (code == ENOSPC)
    return {ErrorCode::kUnavailable, "cannot watch " + folder + ": the system has no more watches to give",
            "raise the limit: sysctl fs.inotify.max_user_watches=1048576"};
  return {code == ENOENT || code == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kRefused,
          "cannot watch " + folder + ": " + std::strerror(code), "check that it is there and can be read"};
}

}  // namespace

Result<DirectoryWatch> DirectoryWatch::open(const std::vector<std::string>& roots) {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return tl::unexpected(unwatchable("folders", errno));
  DirectoryWatch watch(descriptor);
  for (const std::string& root : roots) {
    std::error_code ignored;
    const std::filesystem::path path(root);
    const bool is_folder = std::filesystem::is_directory(path, ignored);
    GROUNDS_RETURN_IF_ERROR(watch.add(is_folder ? root : path.has_parent_path() ? path.parent_path().string() : "."));
  }
  return watch;
}

DirectoryWatch::DirectoryWatch(DirectoryWatch&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), folders_(std::move(other.folders_)) {}

DirectoryWatch::~DirectoryWatch() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status DirectoryWatch::add(const std::string& folder) {
  const int watch = ::inotify_add_watch(descriptor_, folder.c_str(), kEvents | IN_ONLYDIR);
  if (watch < 0) return tl::unexpected(unwatchable(folder, errno));
  folders_[watch] = folder;
  // A folder below that goes away or cannot be read in the meantime is the listing's affair.
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    std::error_code ignored;
    if (entry.is_symlink(ignored) || !entry.is_directory(ignored)) continue;
    Status status = add(entry.path().string());
    if (!status && status.error().code == ErrorCode::kUnavailable) return status;
  }
  return {};
}

Result<bool> DirectoryWatch::read_events() {
  bool any = false;
  alignas(inotify_event) char buffer[16 * 1024];
  for (;;) {
    const ssize_t size = ::read(descriptor_, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return any;
    any = true;
    for (const char* at = buffer; at < buffer + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event->len;
      if (event->mask & IN_IGNORED) folders_.erase(event->wd);
      const auto folder = folders_.find(event->wd);
      if (folder == folders_.end() || !(event->mask & IN_ISDIR) || !(event->mask & (IN_CREATE | IN_MOVED_TO))) continue;
      Status status = add(folder->second + "/" + event->name);
      if (!status && status.error().code == ErrorCode::kUnavailable) return tl::unexpected(status.error());
    }
  }
}

Result<bool> DirectoryWatch::wait(std::chrono::milliseconds quiet, std::chrono::milliseconds at_most,
                                  const std::function<bool()>& stop) {
  using Clock = std::chrono::steady_clock;
  const auto started = Clock::now();
  Clock::time_point first{}, last{};
  bool changed = false;
  for (;;) {
    if (stop()) return false;
    pollfd poll_entry{descriptor_, POLLIN, 0};
    (void)::poll(&poll_entry, 1, static_cast<int>(std::min(quiet, kTick).count()));
    GROUNDS_ASSIGN_OR_RETURN(bool any, read_events());
    const auto now = Clock::now();
    if (any) {
      if (!changed) first = now;
      changed = true;
      last = now;
    }
    if (changed && (now - last >= quiet || now - first >= 10 * quiet)) return true;
    if (!changed && now - started >= at_most) return true;
  }
}

}  // namespace grounds
