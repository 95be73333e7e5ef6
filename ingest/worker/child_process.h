// One parser process: started, talked to within deadlines, and ended for certain.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "grounds/result.h"

namespace grounds::worker {

using Deadline = std::chrono::steady_clock::time_point;

// How talking to a process failed.
enum class Fault {
  kClosed,    // it ended, or closed its end
  kDeadline,  // it did not answer in time
  kBadReply,  // it answered, but not as the protocol has it
};

// Movable. The destructor kills the process's whole group and waits for it.
class ChildProcess {
 public:
  // Starts `program` with these arguments, its standard input and output one end of a socket pair, its
  // standard error nowhere, no other file open, an empty environment, a process group of its own. To be
  // called on a thread that outlives the process: it asks to be killed when that thread ends.
  static Result<ChildProcess> start(const std::string& program, const std::string& first_argument,
                                    const std::string& second_argument);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  pid_t id() const { return id_; }
  tl::expected<void, Fault> send(std::string_view bytes, Deadline deadline);
  // Exactly `size` bytes. Memory is taken as they arrive.
  tl::expected<std::string, Fault> receive(std::uint64_t size, Deadline deadline);
  // Lets it use so much processor time from now on; then it gets SIGXCPU.
  void allow_cpu_seconds(std::uint64_t seconds);

  // Kills it if it still runs; its wait status. Once; afterwards there is no process.
  int end();

 private:
  ChildProcess(pid_t id, int socket) : id_(id), socket_(socket) {}
  pid_t id_ = -1;
  int socket_ = -1;
};

}  // namespace grounds::worker
