// Fuzzes chunk_extract(): the first two bytes are the budget, the rest a Markdown document. All rules of
// chunker.h must hold for whatever that parses to.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ingest/parsers/parse.h"
#include "tests/ingest/support/chunk_rules.h"

using namespace grounds;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const ChunkingSettings settings{data[0], data[1] + 1u};
  const auto extract =
      parse_document("a.md", std::string_view(reinterpret_cast<const char*>(data) + 2, size - 2));
  if (!extract) return 0;
  const auto chunks = chunk_extract(*extract, settings, testing::count_tokens);
  const std::string broken = testing::broken_chunk_rule(*extract, chunks, settings, testing::count_tokens);
  if (broken.empty()) return 0;
  std::fprintf(stderr, "%s\n", broken.c_str());
  std::abort();
}
