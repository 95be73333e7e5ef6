// Names for files that are not text, by their first bytes.
#pragma once

#include <string>
#include <string_view>

namespace grounds::parsing {

// "a PNG image", "an ELF program", "a PDF document"; "" if the bytes start like none that is known.
std::string_view binary_kind(std::string_view bytes);

}  // namespace grounds::parsing
