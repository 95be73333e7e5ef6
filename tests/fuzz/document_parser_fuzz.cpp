// Fuzzes parse_document() for one format, given as GROUNDS_FUZZ_DOCUMENT_NAME ("a.md"). What comes out must
// keep the rules of extracts, come back equal from its parts, and give chunks that keep theirs.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ingest/parsers/parse.h"
#include "tests/ingest/support/chunk_rules.h"

using namespace grounds;

namespace {

void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto extract = parse_document(GROUNDS_FUZZ_DOCUMENT_NAME, bytes);
  if (!extract) {
    require(extract.error().code == ErrorCode::kBadInput, extract.error().message);
    return 0;
  }
  const Status rules = extract->check();
  require(rules.has_value(), rules ? std::string() : rules.error().message);
  const std::string map = extract->map_to_json();
  const auto back = Extract::from_parts(extract->text, map);
  require(back.has_value() && back->map_to_json() == map, "the map does not come back");
  const ChunkingSettings settings{24, 48};
  const auto chunks = chunk_extract(*extract, settings, testing::count_tokens);
  const std::string broken = testing::broken_chunk_rule(*extract, chunks, settings, testing::count_tokens);
  require(broken.empty(), broken);
  return 0;
}
