#include "ingest/worker/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace grounds::worker {
namespace {

constexpr std::size_t kReceiveStep = 1u << 20;

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

// The pieces of a posix_spawn call, freed together.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  // 0 or an errno value.
  int prepare(int socket, int input) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    const short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    int error = posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    if (error == 0) error = posix_spawn_file_actions_adddup2(&actions_, socket, STDOUT_FILENO);
    if (error == 0) error = posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    if (error == 0) error = posix_spawnattr_setflags(&attributes_, flags);
    if (error == 0) error = posix_spawnattr_setpgroup(&attributes_, 0);
    if (error == 0) error = posix_spawnattr_setsigmask(&attributes_, &none);
    if (error == 0) error = posix_spawnattr_setsigdefault(&attributes_, &all);
    return error;
  }

  int run(pid_t* id, const char* program, char* const* arguments) const {
    std::array<char*, 1> environment = {nullptr};
    return posix_spawn(id, program, &actions_, &attributes_, arguments, environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// Waits until the socket is ready. False: the deadline passed.
bool wait_for(int socket, short events, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waited{socket, events, 0};
    const int ready = poll(&waited, 1, static_cast<int>(std::clamp<std::int64_t>(left.count() + 1, 0, 1 << 30)));
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    if (std::chrono::steady_clock::now() >= deadline) return false;
  }
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::string& program, const std::vector<std::string>& arguments, int input) {
  const auto cannot = [&](int error) {
    return fail(ErrorCode::kUnavailable, "the parser process cannot be started: " + program + ": " + std::strerror(error));
  };
  std::array<int, 2> sockets{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0) return cannot(errno);
  Descriptor ours(sockets[0]);
  const Descriptor raw(sockets[1]);
  // Above the standard streams, so that duplicating it onto them cannot overwrite it.
  const Descriptor theirs(fcntl(raw.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (theirs.get() < 0) return cannot(errno);

  const Descriptor given(input < 0 ? -1 : fcntl(input, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (input >= 0 && given.get() < 0) return cannot(errno);

  SpawnPlan plan;
  if (const int error = plan.prepare(theirs.get(), input < 0 ? theirs.get() : given.get()); error != 0) return cannot(error);
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t id = -1;
  if (const int error = plan.run(&id, program.c_str(), pointers.data()); error != 0) return cannot(error);
  return ChildProcess(id, ours.release());
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : id_(std::exchange(other.id_, -1)), socket_(std::exchange(other.socket_, -1)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(socket_, other.socket_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (id_ > 0) end();
}

tl::expected<void, Fault> ChildProcess::send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(socket_, POLLOUT, deadline)) return tl::unexpected(Fault::kDeadline);
    } else if (errno != EINTR) {
      return tl::unexpected(Fault::kClosed);
    }
  }
  return {};
}

tl::expected<std::string, Fault> ChildProcess::receive(std::uint64_t size, Deadline deadline) {
  std::string bytes;
  std::uint64_t have = 0;
  while (have < size) {
    if (have == bytes.size()) bytes.resize(std::min<std::uint64_t>(size, have + std::max<std::uint64_t>(have, kReceiveStep)));
    const ssize_t count = recv(socket_, bytes.data() + have, bytes.size() - have, MSG_DONTWAIT);
    if (count > 0) {
      have += static_cast<std::uint64_t>(count);
    } else if (count == 0) {
      return tl::unexpected(Fault::kClosed);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(socket_, POLLIN, deadline)) return tl::unexpected(Fault::kDeadline);
    } else if (errno != EINTR) {
      return tl::unexpected(Fault::kClosed);
    }
  }
  return bytes;
}

tl::expected<std::string, Fault> ChildProcess::receive_all(std::uint64_t most, Deadline deadline) {
  std::string bytes;
  std::vector<char> step(kReceiveStep);
  for (;;) {
    const ssize_t count = recv(socket_, step.data(), step.size(), MSG_DONTWAIT);
    if (count > 0) {
      if (bytes.size() + static_cast<std::uint64_t>(count) > most) return tl::unexpected(Fault::kBadReply);
      bytes.append(step.data(), static_cast<std::size_t>(count));
    } else if (count == 0) {
      return bytes;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(socket_, POLLIN, deadline)) return tl::unexpected(Fault::kDeadline);
    } else if (errno != EINTR) {
      return tl::unexpected(Fault::kClosed);
    }
  }
}

bool ChildProcess::wait_for_end(Deadline deadline) {
  // Without reaping it: end() does, and until then the id is its own.
  for (;;) {
    siginfo_t info{};
    if (waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == id_) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    poll(nullptr, 0, 1);
  }
}

void ChildProcess::allow_cpu_seconds(std::uint64_t seconds) {
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(id_, &clock) != 0 || clock_gettime(clock, &used) != 0) return;  // it has ended
  rlimit limit{};
  if (prlimit(id_, RLIMIT_CPU, nullptr, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(static_cast<rlim_t>(used.tv_sec) + seconds + 1, limit.rlim_max);
  prlimit(id_, RLIMIT_CPU, &limit, nullptr);
}

int ChildProcess::end() {
  // Not yet waited for, so the id is still its own, and that of its group.
  kill(-id_, SIGKILL);
  kill(id_, SIGKILL);
  int status = 0;
  while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  close(socket_);
  id_ = -1;
  socket_ = -1;
  return status;
}

}  // namespace grounds::worker
