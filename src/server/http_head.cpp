#include "server/http_head.h"

#include <algorithm>
#include <charconv>
#include <cctype>
#include <utility>

namespace grounds {
namespace {

bool is_token_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// No control character but the tab: with none of them a line holds no end of line of its own.
bool is_clean(std::string_view line) {
  return std::ranges::none_of(line, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

struct Headers {
  bool has_length = false, has_encoding = false;
};

bool read_header(std::string_view line, HttpHead& head, Headers& seen) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view name = line.substr(0, colon), value = without_blanks(line.substr(colon + 1));
  if (!std::ranges::all_of(name, is_token_character)) return false;
  if (equals_ignoring_case(name, "Content-Length")) {
    if (std::exchange(seen.has_length, true) || value.empty() || value.size() > 18) return false;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), head.content_length);
    return error == std::errc{} && end == value.data() + value.size();
  }
  if (equals_ignoring_case(name, "Transfer-Encoding")) {
    head.chunked = true;
    return !std::exchange(seen.has_encoding, true) && equals_ignoring_case(value, "chunked");
  }
  if (equals_ignoring_case(name, "Expect")) head.expects_continue = equals_ignoring_case(value, "100-continue");
  return true;
}

}  // namespace

HttpHead read_http_head(std::string_view bytes, std::size_t seen) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  HttpHead head;
  const std::size_t end = bytes.find(kEnd, seen < kEnd.size() ? 0 : seen - kEnd.size());
  if (end == std::string_view::npos || end + kEnd.size() > kMaxHeadBytes) {
    if (bytes.size() >= kMaxHeadBytes) head.state = HttpHead::State::kTooLarge;
    return head;
  }
  head.size = end + kEnd.size();
  head.state = HttpHead::State::kMalformed;
  std::string_view rest = bytes.substr(0, end + 2);
  Headers headers;
  for (std::size_t lines = 0; !rest.empty(); ++lines) {
    const std::size_t line_end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, line_end);
    rest.remove_prefix(line_end + 2);
    if (line.size() > kMaxHeadLineBytes || lines > kMaxHeadLines) {
      head.state = HttpHead::State::kTooLarge;
      return head;
    }
    // The request line itself is the library's to read; it is no line that folds, and not empty.
    if (line.empty() || !is_clean(line) || line.front() == ' ' || line.front() == '\t') return head;
    if (lines > 0 && !read_header(line, head, headers)) return head;
  }
  if (headers.has_length && headers.has_encoding) return head;
  head.state = HttpHead::State::kComplete;
  return head;
}

}  // namespace grounds
