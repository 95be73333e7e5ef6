// Parsing in separate, limited processes (`grounds-parse`): a crash, a hang or a blow-up costs one document.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ingest/extract.h"

namespace grounds {

struct ParserLimits {
  std::uint64_t max_source_bytes = 512ull << 20;
  std::uint64_t max_memory_bytes = 1ull << 30;   // address space of the worker
  int deadline_ms = 60'000;                      // wall time for one document
  int ocr_ms = 300'000;                          // wall time for the OCR of one document, above the deadline
  int cpu_seconds = 10;                          // processor time for one document, and for each run of a tool over it
};

// Keeps `workers` processes running; respawns what died. Thread-safe. All children are ended (by
// process id, their own process groups) on destruction.
class ParserPool {
 public:
  // `program`: path of grounds-parse; "" for the one beside this executable.
  static Result<std::unique_ptr<ParserPool>> start(int workers, const ParserLimits& limits = {},
                                                   std::string program = {});
  virtual ~ParserPool() = default;
  // `name` as for parse_document; `bytes` is the source. kBadInput: this document is at fault (refused,
  // crashed or outran its worker; the message says which).
  virtual Result<Extract> parse(std::string_view name, std::string_view bytes) = 0;
};

}  // namespace grounds
