// The rules that hold for every list of chunks, checked by brute force, and a token counter like those of
// the models. For tests and fuzzers alike: nothing of a test framework in here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ingest/chunking/chunker.h"
#include "ingest/extract.h"

namespace grounds::testing {

// Counts like a WordPiece tokenizer: a CJK character or punctuation mark is one token, a word one for
// each four bytes begun. Counts of parts never add up to less than the count of the whole.
std::size_t count_tokens(std::string_view text);

// Empty if the chunks keep the rules of chunker.h; else which rule is broken, and where. Checked by brute
// force: coverage byte by byte, budgets by counting what is embedded, cuts against all boundaries.
std::string broken_chunk_rule(const Extract& extract, const std::vector<ChunkSpan>& chunks,
                              const ChunkingSettings& settings, const TokenCounter& counter);

}  // namespace grounds::testing
