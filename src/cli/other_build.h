// The same answer replayed by another build of the program: whether it is the software that makes a difference.
#pragma once

#include <string>

#include "base/canonical_json.h"
#include "cli/session.h"

namespace grounds::cli {

// {"binary","version","retrieval","prompt","embedding","analysis","causes","details"}: what `binary` itself says of the
// answer in this workspace. kUnavailable if it cannot be run or refuses, with its own words.
Result<Json> replay_with(const Session& session, const std::string& binary, const std::string& id);
void print_other_build(const Json& view);
// {"binary","prompt_causes","prompt_basis","answer_causes","basis","reason","party"}: what `binary` itself says of why the
// two answers differ. kUnavailable as above.
Result<Json> compare_with(const Session& session, const std::string& binary, const std::string& a, const std::string& b);
void print_other_comparison(const Json& view);
// It gives the recorded evidence and prompt.
bool is_identical(const Json& view);

}  // namespace grounds::cli
