// What an answer claims: its numbers, dates, codes and names, apart from its wording.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace grounds {

enum class ClaimKind { kNumber, kDate, kCode, kName };

struct Claim {
  ClaimKind kind = ClaimKind::kNumber;
  std::string value;    // canonical: "1577 unit", "2025-03-31", "gx-200", "jane doe"
  std::string surface;  // as it stands in the text
  friend bool operator<(const Claim& a, const Claim& b) {
    return a.kind != b.kind ? a.kind < b.kind : a.value < b.value;
  }
  friend bool operator==(const Claim& a, const Claim& b) { return a.kind == b.kind && a.value == b.value; }
};

// Citation markers ([1]) are left out. Names are runs of capitalised words that do not merely begin a
// sentence. A pure function.
std::set<Claim> find_claims(std::string_view text);

// Whether `text` bears the claim out: the number by value, the date by its parts, codes and names as
// they are written, names as whole words.
bool states(std::string_view text, const Claim& claim);

// Whether `text` says `expected`, apart from case, width and white space; or, where `expected` is made of
// numbers, dates and codes alone, states each of them.
bool says(std::string_view text, std::string_view expected);

// Case, width, white space and white space between Chinese characters folded away.
std::string fold_for_search(std::string_view text);

}  // namespace grounds
