// Fuzzes Extract::from_parts(), which reads what a parser process sends. The input is a map, a zero byte,
// and a text. What is accepted must keep the rules and be fit for chunking.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/ingest/support/chunk_rules.h"

using namespace grounds;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t zero = bytes.find('\0');
  if (zero == std::string_view::npos) return 0;
  const auto extract = Extract::from_parts(std::string(bytes.substr(zero + 1)), bytes.substr(0, zero));
  if (!extract) return 0;
  if (!extract->check()) std::abort();
  const ChunkingSettings settings{24, 48};
  const auto chunks = chunk_extract(*extract, settings, testing::count_tokens);
  for (const ChunkSpan& chunk : chunks) {
    if (embedding_text(*extract, chunk).empty()) std::abort();
  }
  return 0;
}
