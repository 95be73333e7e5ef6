// What changed between two texts, for a person: lines taken out and put in.
#pragma once

#include <string>
#include <string_view>

namespace grounds {

// "- old line" and "+ new line" in the order of the text, with "..." where hunks were left out; at most
// `max_bytes`. Long lines are cut at sentence ends first. Empty if the texts are equal.
std::string text_diff(std::string_view before, std::string_view after, std::size_t max_bytes = 4000);

}  // namespace grounds
