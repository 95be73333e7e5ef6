// Pages of a PDF that have no text, read as images: each is rendered, and OCR is run over it unless it is blank.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/parsers/parse_context.h"

namespace grounds::parsing {

// Whether a grey image (PGM, "P5", 8 bits) has no mark on it that could be a letter. False for what is no such
// image: OCR may say.
bool is_blank_page(std::string_view pgm);

// For one document; `pdf` and `context` must outlive it.
class PageOcr {
 public:
  PageOcr(std::string_view pdf, ParseContext& context) : pdf_(pdf), context_(context) {}

  // The text of a page, "" if nothing is to be read on it. Does nothing once kMaxOcrPages were read, time is up or
  // a program is missing.
  std::string read(std::uint32_t page);

  std::size_t pages_read() const { return read_; }      // with text
  std::size_t pages_blank() const { return blank_; }
  std::size_t pages_left() const { return left_; }      // not read
  // Why pages were left (the last reason), with a hint what to do; nullopt if none were.
  const std::optional<Error>& reason() const { return reason_; }

 private:
  std::string_view pdf_;
  ParseContext& context_;
  std::size_t read_ = 0, blank_ = 0, left_ = 0, looked_at_ = 0;
  bool is_over_ = false;
  std::optional<Error> reason_;
};

}  // namespace grounds::parsing
