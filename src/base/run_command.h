// Runs a program of somebody else to its end: for hooks that an administrator configures.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "grounds/result.h"

namespace grounds {

struct CommandOutput {
  int exit_code = 0;         // 128 + the signal, if one ended it
  std::string out, error;    // of the latter the last 4,000 bytes
};

// `arguments[0]` is looked up in PATH. The program gets nothing on standard input, and this process's environment,
// in a process group of its own. kUnavailable: it cannot be started, says more than `most_output` bytes, or is not done
// by `timeout`; then its group is ended. Any exit code is a result.
Result<CommandOutput> run_command(const std::vector<std::string>& arguments, std::chrono::milliseconds timeout,
                                  std::size_t most_output = 16 << 20);

}  // namespace grounds
