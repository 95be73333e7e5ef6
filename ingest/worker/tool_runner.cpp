#include "ingest/worker/tool_runner.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "ingest/worker/external_programs.h"
#include "ingest/worker/protocol.h"

namespace grounds::worker {
namespace {

// A file in memory that nobody can change any more; programs want to seek in what they read.
class SealedFile {
 public:
  SealedFile() : descriptor_(memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {}
  SealedFile(const SealedFile&) = delete;
  SealedFile& operator=(const SealedFile&) = delete;
  ~SealedFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  // 0 or an errno value.
  int fill(std::string_view bytes) {
    if (descriptor_ < 0) return errno;
    while (!bytes.empty()) {
      const ssize_t count = write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    if (lseek(descriptor_, 0, SEEK_SET) != 0) return errno;
    constexpr int kSeals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    return fcntl(descriptor_, F_ADD_SEALS, kSeals) == 0 ? 0 : errno;
  }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

std::uint64_t seconds_until(Deadline deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<std::uint64_t>(std::max<std::int64_t>(left.count(), 0)) + 1;
}

}  // namespace

Result<ToolOutput> ToolRunner::run(const ToolRequest& request, std::string_view bytes, Deadline deadline) {
  const ExternalTool tool = request.tool;
  const std::string name(program_of(tool));
  SealedFile file;
  if (const int error = file.fill(bytes); error != 0) {
    return fail(ErrorCode::kUnavailable, "the document cannot be given to " + name + ": " + std::strerror(error));
  }
  Result<ChildProcess> child = fail(ErrorCode::kInternal, "not started");
  const std::vector<std::string> arguments = {"tool", std::to_string(static_cast<int>(tool)), std::to_string(memory_bytes_),
                                              std::to_string(getpid()), std::to_string(std::min(cpu_seconds_, seconds_until(deadline))),
                                              std::to_string(request.page)};
  spawner_.call([&] { child = ChildProcess::start(program_, arguments, file.descriptor()); });
  if (!child) return fail(std::move(child).error());
  auto output = child->receive_all(kMaxToolOutput, deadline);
  const bool ended = output && child->wait_for_end(deadline);
  const int status = child->end();
  if (!output && output.error() == Fault::kBadReply) {
    return fail(ErrorCode::kBadInput, name + " gave more than " + std::to_string(kMaxToolOutput >> 20) + " MB of text");
  }
  if (!ended || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)) {
    return fail(ErrorCode::kBadInput, name + " took longer than a document may");
  }
  if (WIFSIGNALED(status)) {
    return fail(ErrorCode::kBadInput, name + " crashed on it (signal " + std::to_string(WTERMSIG(status)) + ")");
  }
  if (WEXITSTATUS(status) == kExitNoProgram) {
    const std::string package(package_of(tool));
    return fail(ErrorCode::kUnavailable, "this is read by " + name + ", which is not installed", "install the package " + package);
  }
  if (WEXITSTATUS(status) == kExitNoSandbox) {
    return fail(ErrorCode::kUnavailable, name + " cannot be limited on this machine (seccomp or resource limits are refused)");
  }
  return ToolOutput{WEXITSTATUS(status), std::move(*output)};
}

}  // namespace grounds::worker
