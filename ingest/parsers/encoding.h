// The bytes of a text file to UTF-8, whatever they were written in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"

namespace grounds::parsing {

struct DecodedText {
  std::string text;                   // valid UTF-8; line ends are "\n"; no byte order mark
  std::string encoding;               // "UTF-8", "GB18030", "UTF-16LE", ...
  std::vector<std::string> warnings;  // what could not be converted
};

// Decides in this order: byte order mark; a declared 7-bit encoding (ISO-2022-*, HZ); strict UTF-8;
// `declared` ("" if nothing is) where it converts without an error; UTF-16 without a mark; detection.
// GB2312 and GBK are read as GB18030, ISO-8859-1 as windows-1252 (as browsers do).
// kBadInput: bytes that are no text in any of these, or too many of them.
Result<DecodedText> decode_text(std::string_view bytes, std::string_view declared = {});

// Bytes that are known to be in one encoding (a name as in MIME or HTML, or a code page: "cp936"), to UTF-8.
// What cannot be converted is U+FFFD; an unknown encoding is read as windows-1252.
std::string convert_to_utf8(std::string_view bytes, std::string_view encoding);

// The encoding that an HTML page declares in its first 4 KB (<meta charset>, http-equiv) or an XML
// declaration; "" if it declares none.
std::string declared_html_encoding(std::string_view bytes);

}  // namespace grounds::parsing
