// Canary texts: embedded whenever a model starts, to see whether it gives the vectors that it used to give.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grounds {

// Short, so that loading stays quick; in two languages, so that any tokenizer's table is touched.
inline constexpr std::string_view kCanaryTexts[] = {
    "The invoice of March 2023 was paid in full.",
    "合同金额为一百二十万元，交付日期是六月三十日。",
};

// Below this cosine a served model counts as another one. Servers that batch, or use half precision, move a
// vector by less (1e-4 and below); another model, quantisation or prefix moves it by more.
inline constexpr double kDriftCosine = 0.999;

// What RuntimeIdentity::canary holds. `vectors`: unit vectors of the canary texts, in order.
// For a model that runs here: a hash of all codes. Equal or not is all there is to say.
std::string canary_of_codes(std::span<const std::vector<float>> vectors, double code_scale);
// For a served model: the first 128 codes of each text, so that a later process can tell a little from a lot.
std::string canary_of_served(std::span<const std::vector<float>> vectors, double code_scale);

enum class CanaryVerdict {
  kSame,     // equal, or for a served model as near as makes no difference
  kDiffers,  // codes differ, of a model whose files are known: rounding
  kDrifted,  // a served model that is not what it was
  kUnknown,  // at least one is empty, or they are not comparable
};
CanaryVerdict compare_canaries(std::string_view recorded, std::string_view now);
// The lowest cosine over the texts; 1 for none.
double lowest_cosine(std::span<const std::vector<float>> a, std::span<const std::vector<float>> b);

}  // namespace grounds
