#include "ingest/parsers/excel_values.h"

#include <bit>

namespace grounds::parsing {

double excel_rk_number(std::uint32_t value) {
  const double number = (value & 2) != 0 ? static_cast<double>(static_cast<std::int32_t>(value) >> 2)
                                         : std::bit_cast<double>(static_cast<std::uint64_t>(value & ~3u) << 32);
  return (value & 1) != 0 ? number / 100 : number;
}

std::string excel_error(std::uint64_t code) {
  switch (code) {
    case 0x00: return "#NULL!";
    case 0x07: return "#DIV/0!";
    case 0x0F: return "#VALUE!";
    case 0x17: return "#REF!";
    case 0x1D: return "#NAME?";
    case 0x24: return "#NUM!";
    case 0x2A: return "#N/A";
    default: return "#ERROR";
  }
}

}  // namespace grounds::parsing
