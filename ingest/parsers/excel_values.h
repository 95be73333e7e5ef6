// Values of cells as both binary formats of Excel store them ([MS-XLS] and [MS-XLSB] 2.5).
#pragma once

#include <cstdint>
#include <string>

namespace grounds::parsing {

// RkNumber: 30 bits of an integer, or of the upper half of a double; bit 0: divided by 100.
double excel_rk_number(std::uint32_t value);
// BErr: "#DIV/0!" and the like.
std::string excel_error(std::uint64_t code);

}  // namespace grounds::parsing
