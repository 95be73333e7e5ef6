// The limits a parser process puts on itself before it reads its first byte of a document.
#pragma once

#include <cstdint>
#include <string>

#include "grounds/result.h"

namespace grounds::worker {

struct SandboxLimits {
  std::uint64_t memory_bytes = 0;  // address space
  int parent_process = 0;          // whose end is this process's end
};

// Gives up, for good: gaining privileges, dumping core, writing files (RLIMIT_FSIZE 0), opening any file,
// the network, starting programs or processes, mapping memory executable, tracing. Opening files fails with
// EPERM; everything else that a parser has no use for ends the process (SIGSYS). The process ends when its
// parent does. Only reading, writing and closing of files already open, and memory, remain.
Status enter_sandbox(const SandboxLimits& limits);

// The limits of a process that is about to become an external program: as above, but that it may start
// `program` (this very string), map code, and read files. Where the kernel has Landlock, it reads those of the
// system's folders only. What else it tries fails with EPERM.
Status enter_tool_sandbox(std::uint64_t memory_bytes, std::uint64_t cpu_seconds, int parent_process, const char* program,
                          bool must_confine_files);

// False in a build with AddressSanitizer, whose shadow takes more address space than any limit allows.
bool limits_address_space();

}  // namespace grounds::worker
