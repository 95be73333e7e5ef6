// What the tests of ingest share: parsing that must succeed, and readable lists of blocks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ingest/extract.h"
#include "tests/ingest/support/chunk_rules.h"

namespace grounds::testing {

// "heading:1 Leave policy" a block, in order.
std::vector<std::string> describe_blocks(const Extract& extract);

// Parses and requires success.
Extract parse(std::string_view name, std::string_view bytes);
// Parses and gives the error's message; "" if it succeeded.
std::string parse_error(std::string_view name, std::string_view bytes);

}  // namespace grounds::testing
