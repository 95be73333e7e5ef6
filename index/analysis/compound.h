// Reads a word, number or identifier off a text: "max_connections", "v7.1.0", "1,577", "C++", "e-mail".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace grounds {

// A run of letters and digits, or of digits joined by dots (a version, a decimal number).
struct CompoundPart {
  std::size_t begin = 0, end = 0;   // of the text
  char connector = 0;               // what joins it to the part before; 0 for the first
  bool dotted = false;              // digits joined by dots, with or without a "v" before them
};

struct Compound {
  std::vector<CompoundPart> parts;  // at least one
  std::size_t begin() const { return parts.front().begin; }
  std::size_t end() const { return parts.back().end; }
  // Single letters joined by dots, as in "U.S.A".
  bool is_acronym(std::string_view text) const;
};

// The compound that starts at text[begin], a character of kind kWord. Parts are joined by one of
// - . @ & and by any number of _; a separator that joins nothing ends the compound.
Compound read_compound(std::string_view text, std::size_t begin);

// The pieces of a part of letters and digits where its case or kind changes: "TiDB" -> Ti, DB; "sha256"
// -> sha, 256. Pieces of one character are left out, and so is a piece that is the whole part.
std::vector<std::string_view> pieces_of(std::string_view part);

// Without the commas between thousands.
std::string without_commas(std::string_view number);

}  // namespace grounds
