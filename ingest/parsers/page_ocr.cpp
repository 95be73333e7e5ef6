#include "ingest/parsers/page_ocr.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "base/utf8.h"
#include "ingest/parsers/tool_text.h"

namespace grounds::parsing {
namespace {

constexpr int kMark = 64;                     // how much darker or lighter than the page a dot of ink is
constexpr std::size_t kMinMarkedDots = 40;    // a full stop in small print

// The next number of the header; white space and comments before it are passed over.
std::optional<std::size_t> take_number(std::string_view& pgm) {
  for (;;) {
    while (!pgm.empty() && (pgm[0] == ' ' || pgm[0] == '\n' || pgm[0] == '\t' || pgm[0] == '\r')) pgm.remove_prefix(1);
    if (!pgm.starts_with('#')) break;
    pgm.remove_prefix(std::min(pgm.find('\n'), pgm.size()));
  }
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(pgm.data(), pgm.data() + pgm.size(), number);
  if (error != std::errc()) return std::nullopt;
  pgm.remove_prefix(static_cast<std::size_t>(end - pgm.data()));
  return number;
}

}  // namespace

bool is_blank_page(std::string_view pgm) {
  if (!pgm.starts_with("P5")) return false;
  pgm.remove_prefix(2);
  for (int i = 0; i < 3; ++i) {  // width, height, most a dot may be
    if (!take_number(pgm)) return false;
  }
  if (pgm.empty()) return false;
  pgm.remove_prefix(1);
  // The colour of the page is the one that most dots have.
  std::array<std::size_t, 256> count{};
  for (const char dot : pgm) ++count[static_cast<unsigned char>(dot)];
  const int page = static_cast<int>(std::max_element(count.begin(), count.end()) - count.begin());
  std::size_t marked = 0;
  for (int shade = 0; shade < 256; ++shade) {
    if (std::abs(shade - page) >= kMark) marked += count[static_cast<std::size_t>(shade)];
  }
  return marked < kMinMarkedDots;
}

std::string PageOcr::read(std::uint32_t page) {
  if (!is_over_ && looked_at_ >= kMaxOcrPages) {
    is_over_ = true;
    reason_ = Error{ErrorCode::kBadInput, "at most " + std::to_string(kMaxOcrPages) + " pages of a document are read by OCR",
                     "split the document"};
  }
  if (is_over_) {
    ++left_;
    return {};
  }
  ++looked_at_;
  // A page that a program fails on costs that page; a program that is not there, all of them.
  const auto leave = [&](Error error) {
    is_over_ = error.code == ErrorCode::kUnavailable;
    reason_ = std::move(error);
    ++left_;
    return std::string();
  };
  auto image = run_tool(context_, ExternalTool::kPdfPageImage, pdf_, page);
  if (!image) return leave(std::move(image).error());
  if (image->exit_code != 0 || image->text.empty() || is_blank_page(image->text)) {
    ++blank_;
    return {};
  }
  auto text = run_tool(context_, ExternalTool::kImageText, image->text);
  if (!text) return leave(std::move(text).error());
  if (trim(text->text).empty()) {
    ++blank_;
    return {};
  }
  ++read_;
  return ocr_text(text->text);
}

}  // namespace grounds::parsing
