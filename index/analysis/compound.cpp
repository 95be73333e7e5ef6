#include "index/analysis/compound.h"

#include <algorithm>

#include "index/analysis/characters.h"

namespace grounds {

namespace {

bool is_word_at(std::string_view text, std::size_t at) {
  return at < text.size() && character_at(text, at).kind == CharacterKind::kWord;
}

// Length in bytes of an apostrophe at text[at]: ' or U+2019; 0 if there is none.
std::size_t apostrophe_at(std::string_view text, std::size_t at) {
  if (text[at] == '\'') return 1;
  return text.substr(at).starts_with("\xE2\x80\x99") ? 3 : 0;
}

std::size_t digits_from(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

// The end of the run of word characters at `at`, apostrophes inside and "++" or "#" behind included.
std::size_t read_run(std::string_view text, std::size_t at) {
  const std::size_t begin = at;
  while (at < text.size()) {
    const Character character = character_at(text, at);
    if (character.kind == CharacterKind::kWord || character.kind == CharacterKind::kInvisible) {
      at = character.end;
      continue;
    }
    if (at == begin) break;
    const std::size_t apostrophe = apostrophe_at(text, at);
    if (apostrophe > 0 && !is_digit(text[at - 1]) && is_word_at(text, at + apostrophe) && !is_digit(text[at + apostrophe])) {
      at += apostrophe;
      continue;
    }
    if (is_ascii_letter(text[at - 1]) && text.substr(at, 2) == "++" && text.substr(at, 3) != "+++" &&
        (!is_word_at(text, at + 2) || is_digit(text[at + 2]))) {
      at += 2;  // C++, g++, C++17
      continue;
    }
    if (at == begin + 1 && is_ascii_letter(text[begin]) && text[at] == '#' && !is_word_at(text, at + 1)) ++at;  // C#
    break;
  }
  return at;
}

// The end of a number with commas between its thousands; `end` itself if there are none.
std::size_t read_thousands(std::string_view text, std::size_t begin, std::size_t end) {
  const std::size_t head = digits_from(text, begin);
  if (head == 0 || head > 3 || begin + head != end) return end;
  while (end < text.size() && text[end] == ',' && digits_from(text, end + 1) == 3 &&
         !is_word_at(text, end + 4)) {
    end += 4;
  }
  return end;
}

bool all_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

bool starts_dotted(std::string_view part) {
  if (!part.empty() && (part[0] == 'v' || part[0] == 'V')) part.remove_prefix(1);
  return std::all_of(part.begin(), part.end(), [](char c) { return is_digit(c) || c == ','; }) && !part.empty();
}

}  // namespace

bool Compound::is_acronym(std::string_view text) const {
  return parts.size() > 1 && std::all_of(parts.begin(), parts.end(), [text](const CompoundPart& part) {
           return part.end - part.begin == 1 && is_ascii_letter(text[part.begin]) && (part.connector == 0 || part.connector == '.');
         });
}

Compound read_compound(std::string_view text, std::size_t begin) {
  Compound compound;
  char connector = 0;
  for (std::size_t at = begin;;) {
    const std::size_t run_begin = at;
    at = read_run(text, at);
    if (connector == 0) at = read_thousands(text, run_begin, at);
    CompoundPart* last = compound.parts.empty() ? nullptr : &compound.parts.back();
    if (connector == '.' && all_digits(text.substr(run_begin, at - run_begin)) &&
        (last->dotted || starts_dotted(text.substr(last->begin, last->end - last->begin)))) {
      last->end = at;
      last->dotted = true;
    } else {
      compound.parts.push_back({run_begin, at, connector, false});
    }
    if (at >= text.size() || std::string_view("_-.@&").find(text[at]) == std::string_view::npos) break;
    connector = text[at];
    std::size_t next = at + 1;
    while (connector == '_' && next < text.size() && text[next] == '_') ++next;
    if (!is_word_at(text, next)) break;
    at = next;
  }
  return compound;
}

std::vector<std::string_view> pieces_of(std::string_view part) {
  std::vector<std::string_view> pieces;
  const auto is_plain = [](char c) { return is_digit(c) || is_ascii_letter(c); };
  if (part.size() < 3 || !std::all_of(part.begin(), part.end(), is_plain)) return pieces;
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= part.size(); ++i) {
    const bool cut = i == part.size() || is_digit(part[i - 1]) != is_digit(part[i]) || (is_lower(part[i - 1]) && is_upper(part[i])) ||
                     (is_upper(part[i - 1]) && is_upper(part[i]) && i + 1 < part.size() && is_lower(part[i + 1]));
    if (!cut) continue;
    if (i - begin >= 2 && i - begin < part.size()) pieces.push_back(part.substr(begin, i - begin));
    begin = i;
  }
  return pieces;
}

std::string without_commas(std::string_view number) {
  std::string digits(number);
  std::erase(digits, ',');
  return digits;
}

}  // namespace grounds
