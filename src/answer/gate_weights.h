// Written by tests/evaluation/fit_answer_gate.py: thousandths of a logit for each thousand of a feature, in the
// order of kGateFeatures. docs/answers.md says what they were fitted to and how well they do.
#pragma once

#include <array>
#include <cstdint>

namespace grounds {

inline constexpr std::array<std::int32_t, 23> kPreferenceWeights = {
    269, 267, 116, 1122, 1754, 941, 428, 688, 604, 1099, -950, -383, -643, -461, -8, 0, -560, -55, 718, 398, 852, 0, 0};
inline constexpr std::array<std::int32_t, 23> kGateWeights = {
    460, 102, 87, 1033, 308, 120, 513, 504, 526, 353, -3, -596, -430, -224, -38, -483, -549, 388, 432, 387, 914, 870, 86};
inline constexpr std::int32_t kGateBias = -2966;
inline constexpr std::int32_t kSureAt = 1135;

}  // namespace grounds
