// Runs external programs over documents, each in a process of its own that is limited as a parser's is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ingest/external_tool.h"
#include "ingest/worker/child_process.h"
#include "ingest/worker/protocol.h"
#include "ingest/worker/spawn_thread.h"

namespace grounds::worker {

// Thread-safe. `program` is grounds-parse, which becomes the tool; both references must outlive it.
class ToolRunner {
 public:
  ToolRunner(const std::string& program, std::uint64_t memory_bytes, std::uint64_t cpu_seconds, SpawnThread& spawner)
      : program_(program), memory_bytes_(memory_bytes), cpu_seconds_(cpu_seconds), spawner_(spawner) {}

  // kUnavailable: not installed, and what to install. kBadInput: it crashed, or went over a limit.
  Result<ToolOutput> run(const ToolRequest& request, std::string_view bytes, Deadline deadline);

 private:
  const std::string& program_;
  const std::uint64_t memory_bytes_, cpu_seconds_;
  SpawnThread& spawner_;
};

}  // namespace grounds::worker
