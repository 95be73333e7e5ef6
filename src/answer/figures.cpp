#include "answer/figures.h"

#include <algorithm>
#include <vector>

#include "answer/checks.h"
#include "answer/date_words.h"
#include "answer/marks.h"
#include "answer/quantities.h"
#include "base/utf8.h"

namespace grounds {
namespace {

// Where what a line of a list says begins: behind "1. " or "2) ".
std::size_t list_number(std::string_view line) {
  std::size_t i = 0;
  while (i < line.size() && line[i] >= '0' && line[i] <= '9') ++i;
  const bool is_number = i > 0 && i < 3 && i + 1 < line.size() && (line[i] == '.' || line[i] == ')') && line[i + 1] == ' ';
  return is_number ? i + 2 : 0;
}

std::string name_of(const Quantity& quantity) {
  std::vector<std::string> readings;
  for (const Decimal& value : quantity.values) readings.push_back(format_decimal(value));
  std::ranges::sort(readings);
  std::string name = "number";
  for (const std::string& reading : readings) name += " " + reading;
  return name + " " + quantity.unit;
}

}  // namespace

std::set<std::string> figures_of(std::string_view answer) {
  const std::string valid = replace_invalid_utf8(answer.substr(0, kMostChecked));
  const std::string text = blank_marks(valid, find_marks(valid));
  std::set<std::string> figures;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = std::string_view(text).substr(at, end - at);
    line.remove_prefix(list_number(line));
    for (const FoundDate& date : find_dates(line)) figures.insert("date " + format_parts(date.parts));
    for (const Code& code : find_codes(line)) figures.insert("code " + code.folded);
    for (const Quantity& quantity : find_quantities(line)) figures.insert(name_of(quantity));
    at = end + 1;
  }
  return figures;
}

Vote vote(std::span<const std::string> samples) {
  std::vector<std::set<std::string>> figures;
  for (const std::string& sample : samples) figures.push_back(figures_of(sample));
  Vote best;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const auto agreeing = static_cast<int>(std::ranges::count(figures, figures[i]));
    if (i == 0) best.with_first = agreeing;
    if (agreeing > best.agreeing) best.chosen = i, best.agreeing = agreeing;
  }
  return best;
}

}  // namespace grounds
