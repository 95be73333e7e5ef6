#include "ingest/parsers/docx_numbering.h"

#include <algorithm>
#include <array>

namespace grounds::parsing {
namespace {

std::string letters(int value, char first) {
  if (value < 1 || value > 780) return std::to_string(value);
  return std::string(static_cast<std::size_t>((value - 1) / 26 + 1), static_cast<char>(first + (value - 1) % 26));
}

std::string roman(int value, bool upper) {
  if (value < 1 || value > 3999) return std::to_string(value);
  constexpr std::array<std::pair<int, const char*>, 13> kSteps = {{{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"},
                                                                   {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"},
                                                                   {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"}}};
  std::string text;
  for (const auto& [worth, sign] : kSteps) {
    for (; value >= worth; value -= worth) text += sign;
  }
  if (upper) {
    for (char& c : text) c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

// 1 to 99 as in 第二十一条; larger numbers by digits.
std::string chinese(int value) {
  constexpr std::array<const char*, 10> kDigits = {"〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
  if (value < 0) return std::to_string(value);
  if (value < 10) return kDigits[static_cast<std::size_t>(value)];
  std::string text;
  if (value < 100) {
    if (value >= 20) text += kDigits[static_cast<std::size_t>(value / 10)];
    text += "十";
    if (value % 10 > 0) text += kDigits[static_cast<std::size_t>(value % 10)];
    return text;
  }
  for (const char digit : std::to_string(value)) text += kDigits[static_cast<std::size_t>(digit - '0')];
  return text;
}

}  // namespace

std::string format_counter(int value, std::string_view format) {
  if (format == "lowerLetter") return letters(value, 'a');
  if (format == "upperLetter") return letters(value, 'A');
  if (format == "lowerRoman") return roman(value, false);
  if (format == "upperRoman") return roman(value, true);
  if (format == "decimalZero") return (value >= 0 && value < 10 ? "0" : "") + std::to_string(value);
  if (format.starts_with("chinese") || format.starts_with("japaneseCounting") || format.starts_with("taiwanese") ||
      format == "ideographDigital") {
    return chinese(value);
  }
  if (format == "none") return {};
  return std::to_string(value);
}

void DocxNumbering::start_element(std::string_view name, const XmlAttributes& attributes) {
  if (name == "abstractNum") {
    definition_ = attributes.number("abstractNumId", -1);
    definitions_[definition_].resize(kLevels);
  } else if (name == "num") {
    list_ = attributes.number("numId", -1);
  } else if (name == "abstractNumId" && list_ >= 0) {
    lists_[list_].definition = attributes.number("val", -1);
  } else if (name == "lvlOverride" && list_ >= 0) {
    override_level_ = attributes.number("ilvl", -1);
  } else if (name == "startOverride" && list_ >= 0 && override_level_ >= 0) {
    lists_[list_].starts[override_level_] = attributes.number("val", 1);
  } else if (name == "lvl" && definition_ >= 0) {
    level_ = attributes.number("ilvl", -1);
  }
  if (definition_ < 0 || level_ < 0 || level_ >= static_cast<int>(kLevels)) return;
  Level& level = definitions_[definition_][static_cast<std::size_t>(level_)];
  if (name == "numFmt") level.format = attributes.get("val");
  if (name == "lvlText") level.text = attributes.get("val");
  if (name == "start") level.start = attributes.number("val", 1);
}

void DocxNumbering::end_element(std::string_view name) {
  if (name == "abstractNum") definition_ = -1;
  if (name == "lvl") level_ = -1;
  if (name == "num") list_ = -1;
  if (name == "lvlOverride") override_level_ = -1;
}

std::string DocxNumbering::next_marker(int list, int level) {
  const auto found = lists_.find(list);
  if (found == lists_.end() || level < 0 || level >= static_cast<int>(kLevels)) return {};
  const auto definition = definitions_.find(found->second.definition);
  if (definition == definitions_.end()) return {};
  const std::vector<Level>& levels = definition->second;
  Counters& counters = counters_[found->second.definition];
  const auto at = static_cast<std::size_t>(level);
  if (!found->second.begun) {
    found->second.begun = true;
    for (const auto& [restarted, start] : found->second.starts) {
      if (restarted < 0 || restarted >= static_cast<int>(kLevels)) continue;
      counters.values[static_cast<std::size_t>(restarted)] = start - 1;
      counters.running[static_cast<std::size_t>(restarted)] = true;
    }
  }
  for (std::size_t i = 0; i <= at; ++i) {
    if (!counters.running[i]) {
      counters.values[i] = levels[i].start - (i == at ? 1 : 0);
      counters.running[i] = true;
    }
  }
  if (counters.values[at] < 1'000'000) ++counters.values[at];
  std::fill(counters.running.begin() + level + 1, counters.running.end(), false);
  if (levels[at].format == "bullet") return "- ";
  std::string marker;
  const std::string& pattern = levels[at].text;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool is_place = pattern[i] == '%' && i + 1 < pattern.size() && pattern[i + 1] >= '1' && pattern[i + 1] <= '9';
    if (!is_place) {
      marker += pattern[i];
      continue;
    }
    const auto place = static_cast<std::size_t>(pattern[++i] - '1');
    if (place <= at) marker += format_counter(counters.values[place], levels[place].format);
  }
  if (marker.find_first_not_of(" \t") == std::string::npos) return {};
  return marker + " ";
}

}  // namespace grounds::parsing
