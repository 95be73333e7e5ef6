// Whether a text quotes one of some others: what has to go when those are erased.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace grounds {

// A quotation is a run of kQuotedBytes bytes (UTF-8) of letters and digits that both have, whatever stands between
// them and in whatever case and width: six or seven English words, eleven Chinese characters. Of a text that is
// shorter (but not under 12), all of it. Immutable.
class Quotations {
 public:
  static constexpr std::size_t kQuotedBytes = 32;
  explicit Quotations(const std::vector<std::string>& texts);
  bool quoted_in(std::string_view text) const;

 private:
  std::vector<std::string> texts_;  // letters and digits alone
  // Of blocks of half a quotation's length, side by side: text and offset. A quotation holds one whole.
  std::unordered_multimap<std::uint64_t, std::pair<std::uint32_t, std::uint32_t>> blocks_;
};

}  // namespace grounds
