// Words of office and business life that say the same, within and across English and Chinese, so that a
// question meets a document that puts it differently.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace grounds {

// The other members of every group that holds `word` (lower case, as it stands or in a plain inflection).
std::vector<std::string_view> equivalents(std::string_view word);

// Names a place (a region, city or country), in either language.
bool is_place(std::string_view word);

// The places that `text` (lower case) names, each as the group it belongs to.
std::vector<std::string_view> places_in(std::string_view text);

// The length of the longest entry of several words, or of two Chinese characters and more, that `text`
// (lower case) has at `at`; 0 if there is none.
std::size_t phrase_at(std::string_view text, std::size_t at);

}  // namespace grounds
