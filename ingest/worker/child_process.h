// One parser process: started, talked to within deadlines, and ended for certain.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
  // Starts `program` with these arguments, its standard input and output one end of a socket pair (input: the
  // open file `input` if it is none of -1), its standard error nowhere, no other file open, an empty environment, a process group of its own. To be
  // called on a thread that outlives the process: it asks to be killed when that thread ends.
  static Result<ChildProcess> start(const std::string& program, const std::vector<std::string>& arguments, int input = -1);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  pid_t id() const { return id_; }
  tl::expected<void, Fault> send(std::string_view bytes, Deadline deadline);
  // Exactly `size` bytes. Memory is taken as they arrive.
  tl::expected<std::string, Fault> receive(std::uint64_t size, Deadline deadline);
  // All that it sends until it closes its end; kBadReply: more than `most` bytes.
  tl::expected<std::string, Fault> receive_all(std::uint64_t most, Deadline deadline);
  // Lets it use so much processor time from now on; then it gets SIGXCPU.
  void allow_cpu_seconds(std::uint64_t seconds);

  // Waits for its own end. False: the deadline passed, and it still runs.
  bool wait_for_end(Deadline deadline);
  // Kills it if it still runs; its wait status. Once; afterwards there is no process.
  int end();

 private:
  ChildProcess(pid_t id, int socket) : id_(id), socket_(socket) {}
  pid_t id_ = -1;
  int socket_ = -1;
};

}  // namespace grounds::worker
