#include "base/run_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>

extern char** environ;

namespace grounds {
namespace {

constexpr std::size_t kKeptError = 4000;
constexpr std::chrono::milliseconds kLongestPause{50};

// Closed when it goes.
class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  void set(int descriptor) { descriptor_ = descriptor; }
  int get() const { return descriptor_; }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  int descriptor_ = -1;
};

struct Pipe {
  Descriptor read, write;
  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    read.set(ends[0]);
    write.set(ends[1]);
    return true;
  }
};

class SpawnSetup {
 public:
  SpawnSetup() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  posix_spawn_file_actions_t* actions() { return &actions_; }
  posix_spawnattr_t* attributes() { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// Reads what is there; false at the end.
bool read_some(int descriptor, std::string& into) {
  std::array<char, 16384> block;
  const ssize_t got = ::read(descriptor, block.data(), block.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  into.append(block.data(), static_cast<std::size_t>(got));
  return got > 0;
}

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

using Deadline = std::chrono::steady_clock::time_point;

// The exit code; none if the child is not done by the deadline.
std::optional<int> wait_until(pid_t child, Deadline deadline) {
  for (std::chrono::milliseconds pause{1};; pause = std::min(2 * pause, kLongestPause)) {
    int status = 0;
    const pid_t done = ::waitpid(child, &status, WNOHANG);
    if (done == child) return exit_code_of(status);
    if (done < 0 && errno != EINTR) return 128;  // reaped by somebody else: nothing is known of it
    if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

Result<CommandOutput> run_command(const std::vector<std::string>& arguments, std::chrono::milliseconds timeout,
                                  std::size_t most_output) {
  if (arguments.empty()) return fail(ErrorCode::kUsage, "a command without a name");
  Pipe out, error;
  if (!out.open() || !error.open())
    return fail(ErrorCode::kUnavailable, std::string("no pipe for a child process: ") + std::strerror(errno));
  SpawnSetup setup;
  posix_spawn_file_actions_addopen(setup.actions(), 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(setup.actions(), out.write.get(), 1);
  posix_spawn_file_actions_adddup2(setup.actions(), error.write.get(), 2);
  sigset_t usual;
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  posix_spawnattr_setsigdefault(setup.attributes(), &usual);
  posix_spawnattr_setflags(setup.attributes(), POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  pid_t child = 0;
  if (const int code = posix_spawnp(&child, pointers[0], setup.actions(), setup.attributes(), pointers.data(), environ); code != 0)
    return fail(ErrorCode::kUnavailable, arguments[0] + " cannot be started: " + std::strerror(code), "check the path and its permissions");
  out.write.close();
  error.write.close();

  const auto give_up = [&](const std::string& why) {
    ::kill(-child, SIGKILL);
    static_cast<void>(wait_until(child, Deadline::max()));
    return fail(ErrorCode::kUnavailable, arguments[0] + " " + why);
  };
  const auto not_done = [&] { return give_up("was not done within " + std::to_string(timeout.count() / 1000) + " s"); };
  const Deadline deadline = std::chrono::steady_clock::now() + timeout;
  CommandOutput output;
  while (out.read.get() >= 0 || error.read.get() >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return not_done();
    // A negative descriptor is passed over.
    std::array<pollfd, 2> waited{pollfd{out.read.get(), POLLIN, 0}, pollfd{error.read.get(), POLLIN, 0}};
    if (::poll(waited.data(), waited.size(), static_cast<int>(std::min<long long>(left, 1000))) < 0 && errno != EINTR)
      return give_up(std::string("cannot be waited for: ") + std::strerror(errno));
    if (waited[0].revents != 0 && !read_some(out.read.get(), output.out)) out.read.close();
    if (waited[1].revents != 0 && !read_some(error.read.get(), output.error)) error.read.close();
    if (output.error.size() > 2 * kKeptError) output.error.erase(0, output.error.size() - kKeptError);
    if (output.out.size() > most_output) return give_up("says more than " + std::to_string(most_output) + " bytes");
  }
  // It may have closed both and go on.
  const std::optional<int> code = wait_until(child, deadline);
  if (!code) return not_done();
  output.exit_code = *code;
  return output;
}

}  // namespace grounds
