#include "tests/ingest/support/extracts.h"

#include <doctest/doctest.h>

#include "ingest/parsers/parse.h"

namespace grounds::testing {

std::vector<std::string> describe_blocks(const Extract& extract) {
  std::vector<std::string> result;
  for (const Block& block : extract.blocks) {
    std::string line(block_kind_name(block.kind));
    if (block.kind == BlockKind::kHeading) line.append(":").append(std::to_string(block.level));
    line.append(" ").append(extract.text, block.begin, block.end - block.begin);
    result.push_back(std::move(line));
  }
  return result;
}

Extract parse(std::string_view name, std::string_view bytes) {
  auto extract = parse_document(name, bytes);
  const std::string failure = extract ? std::string() : extract.error().message;
  INFO("parsing " << std::string(name) << ": " << failure);
  REQUIRE(extract.has_value());
  const Status rules = extract->check();
  const std::string broken = rules ? std::string() : rules.error().message;
  REQUIRE(broken == "");
  return std::move(*extract);
}

std::string parse_error(std::string_view name, std::string_view bytes) {
  const auto extract = parse_document(name, bytes);
  return extract ? std::string() : extract.error().message;
}

}  // namespace grounds::testing
