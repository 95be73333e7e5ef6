// The programs that grounds-parse becomes when its pool asks for one: which, with what arguments, and inside
// which limits.
#pragma once

#include <cstdint>

#include "ingest/worker/protocol.h"

namespace grounds::worker {

inline constexpr int kExitNoProgram = 84;  // it is not installed

// What to install so that a tool is there, for an error's hint.
std::string_view package_of(ExternalTool tool);
std::string_view program_of(ExternalTool tool);

struct ToolLimits {
  std::uint64_t memory_bytes = 0;  // address space
  std::uint64_t cpu_seconds = 0;
  int parent_process = 0;
};

// Replaces this process by the tool, which reads the document from its standard input (a file in memory that
// cannot be changed) and writes what the tool is for to its standard output. Gone for it are, besides what its
// limits say: privileges, core dumps, writing or creating files, the network, starting programs or processes, and, where
// the kernel has Landlock, reading files outside of the system's own folders.
// Returns only if that failed, with the code to exit with.
int become_tool(const ToolRequest& request, const ToolLimits& limits);

}  // namespace grounds::worker
