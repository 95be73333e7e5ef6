// A labelled set for instruction detection: phrases that address a model, and phrases that
// legitimately instruct a human reader.
#pragma once

#include <span>
#include <string_view>

namespace grounds::testing {

struct InstructionCase {
  bool positive;
  std::string_view text;
};
std::span<const InstructionCase> instruction_cases();

}  // namespace grounds::testing
