#include "ledger/compare/claims.h"

#include <algorithm>
#include <cctype>

#include "answer/date_words.h"
#include "answer/fold.h"
#include "answer/quantities.h"
#include "base/utf8.h"

namespace grounds {
namespace {

// Citation markers blanked, so that "[1]" is no number. Bytes stay where they are.
std::string without_markers(std::string_view text) {
  std::string bare(text);
  for (std::size_t at = 0; at < bare.size(); ++at) {
    if (bare[at] != '[') continue;
    std::size_t end = at + 1;
    while (end < bare.size() && (std::isdigit(static_cast<unsigned char>(bare[end])) || bare[end] == ',' || bare[end] == ' ')) ++end;
    if (end > at + 1 && end < bare.size() && bare[end] == ']') std::fill(bare.begin() + static_cast<std::ptrdiff_t>(at), bare.begin() + static_cast<std::ptrdiff_t>(end + 1), ' ');
  }
  return bare;
}

bool overlaps(std::size_t begin, std::size_t end, std::size_t other_begin, std::size_t other_end) {
  return begin < other_end && other_begin < end;
}

// An amount's value and unit; the first reading stands for it.
std::string number_value(const Quantity& quantity) {
  if (quantity.values.empty()) return {};
  std::string value = format_decimal(quantity.values.front());
  return quantity.unit.empty() ? value : value + " " + quantity.unit;
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)); }
bool is_upper(char c) { return std::isupper(static_cast<unsigned char>(c)); }

// Runs of capitalised ASCII words; the first word of a sentence counts only if another one follows.
void find_names(const std::string& text, std::set<Claim>& claims) {
  bool sentence_start = true;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_letter(text[at])) {
      if (text[at] == '.' || text[at] == '!' || text[at] == '?' || text[at] == '\n' || text[at] == ':') sentence_start = true;
      ++at;
      continue;
    }
    std::size_t begin = at, end = at;
    int words = 0;
    while (at < text.size() && is_upper(text[at])) {
      while (at < text.size() && (is_letter(text[at]) || text[at] == '\'' || text[at] == '-')) ++at;
      end = at;
      ++words;
      if (at + 1 < text.size() && text[at] == ' ' && is_upper(text[at + 1])) ++at;
      else break;
    }
    if (words == 0) {
      while (at < text.size() && is_letter(text[at])) ++at;
    } else if (words > 1 || !sentence_start) {
      std::string surface = text.substr(begin, end - begin);
      claims.insert({ClaimKind::kName, fold_for_search(surface), surface});
    }
    at = std::max(at, begin + 1);
    sentence_start = false;
  }
}

// Whether the text has the name by itself: no ASCII letter or digit stands directly before or after it, so that "Ann" is
// not in "Joanna". Both folded.
bool names(std::string_view text, std::string_view name) {
  const auto word = [&](std::size_t at) { return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])); };
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1))
    if ((at == 0 || !word(at - 1)) && !word(at + name.size())) return true;
  return false;
}

}  // namespace

std::string fold_for_search(std::string_view text) {
  const std::u32string folded = fold_text(text).text;
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < folded.size(); ++i) {
    char32_t c = folded[i] == U'\n' ? U' ' : folded[i];
    if (c == U' ') {
      const bool after_cjk = i > 0 && is_cjk_letter(folded[i - 1]);
      const bool before_cjk = i + 1 < folded.size() && is_cjk_letter(folded[i + 1]);
      if (after_cjk || before_cjk || out.empty() || out.back() == ' ') continue;
    }
    append_utf8(out, c);
  }
  return std::string(trim(out));
}

std::set<Claim> find_claims(std::string_view answer) {
  const std::string text = without_markers(answer);
  std::set<Claim> claims;
  const std::vector<FoundDate> dates = find_dates(text);
  const std::vector<Code> codes = find_codes(text);
  for (const FoundDate& date : dates)
    claims.insert({ClaimKind::kDate, format_parts(date.parts), text.substr(date.begin, date.end - date.begin)});
  for (const Code& code : codes)
    claims.insert({ClaimKind::kCode, code.folded, text.substr(code.begin, code.end - code.begin)});
  for (const Quantity& quantity : find_quantities(text)) {
    auto inside = [&](const auto& other) { return overlaps(quantity.begin, quantity.end, other.begin, other.end); };
    if (std::ranges::any_of(dates, inside) || std::ranges::any_of(codes, inside)) continue;
    claims.insert({ClaimKind::kNumber, number_value(quantity), text.substr(quantity.begin, quantity.end - quantity.begin)});
  }
  find_names(text, claims);
  return claims;
}

bool states(std::string_view text, const Claim& claim) {
  switch (claim.kind) {
    case ClaimKind::kNumber: {
      const std::vector<Quantity> wanted = find_quantities(claim.surface);
      if (wanted.empty()) break;
      const std::vector<Quantity> found = find_quantities(text);
      return std::ranges::any_of(found, [&](const Quantity& each) { return same_quantity(each, wanted.front()); });
    }
    case ClaimKind::kDate: {
      const std::vector<FoundDate> wanted = find_dates(claim.surface);
      if (wanted.empty()) break;
      const std::vector<FoundDate> found = find_dates(text);
      return std::ranges::any_of(found, [&](const FoundDate& each) { return covers(each.parts, wanted.front().parts); });
    }
    case ClaimKind::kCode: {
      const std::vector<Code> found = find_codes(text);
      return std::ranges::any_of(found, [&](const Code& each) { return each.folded == claim.value; });
    }
    case ClaimKind::kName: return names(fold_for_search(text), fold_for_search(claim.surface));
  }
  return fold_for_search(text).find(fold_for_search(claim.surface)) != std::string::npos;
}

bool says(std::string_view text, std::string_view expected) {
  if (fold_for_search(text).find(fold_for_search(expected)) != std::string::npos) return true;
  std::set<Claim> claims = find_claims(expected);
  std::erase_if(claims, [](const Claim& claim) { return claim.kind == ClaimKind::kName; });
  if (claims.empty()) return false;
  // Is there anything in it but those? Then its words have to be there as well, which they are not.
  std::string rest(expected);
  for (const Claim& claim : claims)
    if (const std::size_t at = rest.find(claim.surface); at != std::string::npos) rest.erase(at, claim.surface.size());
  if (std::ranges::any_of(rest, [](char c) { return is_letter(c) || static_cast<unsigned char>(c) >= 0x80; })) return false;
  return std::ranges::all_of(claims, [&](const Claim& claim) { return states(text, claim); });
}

}  // namespace grounds
