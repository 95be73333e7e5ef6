#include "ingest/worker/parser_pool.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "ingest/worker/child_process.h"
#include "ingest/worker/protocol.h"
#include "ingest/worker/spawn_thread.h"
#include "ingest/worker/tool_runner.h"

namespace grounds {
namespace worker {
namespace {

constexpr auto kStartTime = std::chrono::seconds(20);

std::string seconds_text(int milliseconds) {
  if (milliseconds % 1000 == 0) return std::to_string(milliseconds / 1000).append(" s");
  return std::to_string(milliseconds).append(" ms");
}

// Why a process ended, for the administrator who reads about the document.
std::string describe_end(int status, const ParserLimits& limits) {
  if (WIFEXITED(status)) {
    switch (WEXITSTATUS(status)) {
      case kExitMemory:
        return "it needs more than the " + std::to_string(limits.max_memory_bytes >> 20) + " MB of memory that a parser may use";
      case kExitNoSandbox: return "the parser process cannot be limited on this machine (seccomp or resource limits are refused)";
      default: return "the parser process ended by itself (exit code " + std::to_string(WEXITSTATUS(status)) + ")";
    }
  }
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  switch (signal) {
    case SIGXCPU: return "parsing took more processor time than the " + std::to_string(limits.cpu_seconds) + " s allowed";
    case SIGSYS: return "the parser process was stopped: it tried a system call that parsers may not make";
    case SIGKILL: return "the parser process was killed from outside, as the system does when memory runs out";
    default: {
      const char* const name = sigdescr_np(signal);
      return "the parser process crashed (signal " + std::to_string(signal) + ", " + (name == nullptr ? "unknown" : name) + ")";
    }
  }
}

std::string own_folder() {
  std::array<char, 4096> path;
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  const std::string_view all(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return std::string(all.substr(0, all.rfind('/')));
}

// The error that a reply stands for. Whatever it claims, the document is at fault, or the parser.
Error error_of(std::uint8_t code, std::string message, std::string hint) {
  const bool is_internal = code == 1 + static_cast<int>(ErrorCode::kInternal);
  return {is_internal ? ErrorCode::kInternal : ErrorCode::kBadInput, std::move(message), std::move(hint)};
}

class ProcessPool final : public ParserPool {
 public:
  ProcessPool(ParserLimits limits, std::string program) : limits_(limits), program_(std::move(program)) {}

  Status add_worker() {
    GROUNDS_ASSIGN_OR_RETURN(ChildProcess child, spawn());
    slots_.push_back(std::make_unique<Slot>());
    slots_.back()->child.emplace(std::move(child));
    idle_.push_back(slots_.back().get());
    return {};
  }

  Result<Extract> parse(std::string_view name, std::string_view bytes) override {
    if (bytes.size() > limits_.max_source_bytes) {
      return fail(ErrorCode::kBadInput,
                  "the file is too large: " + std::to_string(bytes.size() >> 20) + " MB, at most " +
                      std::to_string(limits_.max_source_bytes >> 20) + " MB are read",
                  "split it into smaller documents");
    }
    Slot* const slot = take_slot();
    Result<Extract> result = parse_in(*slot, name.substr(0, kMaxNameBytes), bytes);
    give_back(slot);
    return result;
  }

 private:
  struct Slot {
    std::optional<ChildProcess> child;  // none after a crash, until the slot is used again
  };

  Result<ChildProcess> spawn() {
    Result<ChildProcess> started = fail(ErrorCode::kInternal, "not started");
    const std::string memory = std::to_string(limits_.max_memory_bytes);
    const std::string parent = std::to_string(getpid());
    spawner_.call([&] { started = ChildProcess::start(program_, {memory, parent}); });
    if (!started) return started;
    const auto ready = started->receive(kReadySize, std::chrono::steady_clock::now() + kStartTime);
    if (ready && is_ready_frame(*ready)) return started;
    const bool was_slow = !ready && ready.error() == Fault::kDeadline;
    const int status = started->end();
    return fail(ErrorCode::kUnavailable,
                program_ + " is not usable as parser process: " +
                    (was_slow ? "it does not get ready" : ready ? "it speaks another protocol" : describe_end(status, limits_)),
                "reinstall grounds and grounds-parse of the same version side by side");
  }

  Slot* take_slot() {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [&] { return !idle_.empty(); });
    Slot* const slot = idle_.back();
    idle_.pop_back();
    return slot;
  }
  void give_back(Slot* slot) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(slot);
    returned_.notify_one();
  }

  Result<Extract> parse_in(Slot& slot, std::string_view name, std::string_view bytes) {
    if (!slot.child) {
      GROUNDS_ASSIGN_OR_RETURN(ChildProcess child, spawn());
      slot.child.emplace(std::move(child));
    }
    ChildProcess& child = *slot.child;
    const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(limits_.deadline_ms);
    child.allow_cpu_seconds(static_cast<std::uint64_t>(limits_.cpu_seconds));
    auto reply = exchange(child, name, bytes, deadline);
    if (reply) return std::move(*reply);
    const int status = child.end();
    slot.child.reset();
    return fail(ErrorCode::kBadInput, describe_fault(reply.error(), status),
                "the document was left out; all others are read");
  }

  std::string describe_fault(Fault fault, int status) const {
    switch (fault) {
      case Fault::kDeadline:
        return "parsing took longer than the " + seconds_text(limits_.deadline_ms) + " allowed";
      case Fault::kBadReply: return "the parser process sent something that is no extract";
      case Fault::kClosed: break;
    }
    return describe_end(status, limits_);
  }

  // A fault: the process is not to be used again.
  tl::expected<Result<Extract>, Fault> exchange(ChildProcess& child, std::string_view name, std::string_view bytes,
                                                Deadline deadline) {
    const std::string request = encode(RequestHeader{static_cast<std::uint32_t>(name.size()), bytes.size()});
    for (const std::string_view part : {std::string_view(request), name, bytes}) {
      if (const auto sent = child.send(part, deadline); !sent) return tl::unexpected(sent.error());
    }
    // OCR moves the deadline, by no more than its own limit.
    std::chrono::milliseconds ocr_left(limits_.ocr_ms);
    for (int tool_runs = 0;; ++tool_runs) {
      const auto header_bytes = child.receive(kReplyHeaderSize, deadline);
      if (!header_bytes) return tl::unexpected(header_bytes.error());
      ReplyHeader header;
      if (!decode(*header_bytes, header)) return tl::unexpected(Fault::kBadReply);
      auto first = child.receive(header.first_size, deadline);
      if (!first) return tl::unexpected(first.error());
      auto second = child.receive(header.second_size, deadline);
      if (!second) return tl::unexpected(second.error());
      if (header.code == kToolRequest) {
        ToolRequest wanted;
        if (!decode(*second, wanted)) return tl::unexpected(Fault::kBadReply);
        const auto sent = send_tool_output(child, run_tool(wanted, *first, tool_runs, ocr_left, deadline), deadline);
        if (!sent) return tl::unexpected(sent.error());
        continue;
      }
      if (header.code != 0) {
        return Result<Extract>(fail(error_of(header.code, std::move(*first), std::move(*second))));
      }
      auto extract = Extract::from_parts(std::move(*second), *first);
      if (!extract) return tl::unexpected(Fault::kBadReply);
      return extract;
    }
  }

  Result<ToolOutput> run_tool(const ToolRequest& request, std::string_view bytes, int runs_before, std::chrono::milliseconds& ocr_left,
                              Deadline& deadline) {
    if (runs_before >= kMaxToolRuns) return fail(ErrorCode::kBadInput, "it holds too many documents that need a program of their own");
    if (!is_ocr(request.tool)) return tools_.run(request, bytes, deadline);
    if (ocr_left.count() <= 0) return fail(ErrorCode::kBadInput, "reading its images took longer than the " + seconds_text(limits_.ocr_ms) + " allowed");
    const auto begin = std::chrono::steady_clock::now();
    auto output = tools_.run(request, bytes, begin + ocr_left);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    ocr_left -= took;
    deadline += took;
    return output;
  }

  static tl::expected<void, Fault> send_tool_output(ChildProcess& child, const Result<ToolOutput>& output, Deadline deadline) {
    const std::string first = output ? std::to_string(output->exit_code) : output.error().message;
    const std::string& second = output ? output->text : output.error().hint;
    const std::uint8_t code = output ? 0 : static_cast<std::uint8_t>(1 + static_cast<int>(output.error().code));
    const std::string header = encode_tool_output(ReplyHeader{code, first.size(), second.size()});
    for (const std::string_view part : {std::string_view(header), std::string_view(first), std::string_view(second)}) {
      if (const auto sent = child.send(part, deadline); !sent) return sent;
    }
    return {};
  }

  const ParserLimits limits_;
  const std::string program_;
  SpawnThread spawner_;  // before the slots: it must outlive their processes
  ToolRunner tools_{program_, limits_.max_memory_bytes, static_cast<std::uint64_t>(limits_.cpu_seconds), spawner_};
  std::vector<std::unique_ptr<Slot>> slots_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<Slot*> idle_;
};

}  // namespace
}  // namespace worker

Result<std::unique_ptr<ParserPool>> ParserPool::start(int workers, const ParserLimits& limits, std::string program) {
  if (workers < 1) return fail(ErrorCode::kUsage, "a parser pool needs at least one worker");
  if (program.empty()) program = worker::own_folder() + "/grounds-parse";
  if (access(program.c_str(), X_OK) != 0) {
    return fail(ErrorCode::kNotFound, "the parser program " + program + " is missing or cannot be run",
                "install grounds-parse beside grounds");
  }
  auto pool = std::make_unique<worker::ProcessPool>(limits, std::move(program));
  for (int i = 0; i < workers; ++i) GROUNDS_RETURN_IF_ERROR(pool->add_worker());
  return pool;
}

}  // namespace grounds
