// The JSON of comparisons and explanations, the same on the command line and over HTTP (interface.md).
#pragma once

#include "base/canonical_json.h"
#include "ledger/compare/compare.h"
#include "ledger/compare/expected.h"

namespace grounds {

// `took_ms`: wall time of the comparison, records read included.
Json comparison_view(const Comparison& comparison, std::int64_t took_ms);
Json expected_view(const ExpectedResult& result, const std::string& answer_id);

}  // namespace grounds
