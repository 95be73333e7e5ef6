// Words that say nothing about what a question is about. Questions only: every word is indexed.
#pragma once

#include <string_view>

namespace grounds {

// `term`: a lower-case English word before stemming, or a Chinese term of one or two letters.
bool is_stop_word(std::string_view term);

}  // namespace grounds
