#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/utf8.h"

namespace grounds::cli {
namespace {

std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return line;
}

void write_line(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fputc('\n', file);
}

constexpr std::string_view kBold = "\033[1m", kDim = "\033[2m", kNormal = "\033[0m";

// Titles, names and texts come from documents: what would drive the terminal is shown as a blank. The
// styles of this file pass.
std::string without_controls(std::string_view text) {
  std::string clean;
  for (std::size_t at = 0; at < text.size();) {
    std::string_view rest = text.substr(at);
    bool styled = false;
    if (colours())
      for (std::string_view style : {kBold, kDim, kNormal})
        if (rest.starts_with(style)) {
          clean += style;
          at += style.size();
          styled = true;
        }
    if (styled) continue;
    const auto c = static_cast<unsigned char>(rest[0]);
    // C1 controls are U+0080 to U+009F: C2 80 to C2 9F.
    const bool c1 = c == 0xc2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xa0;
    if (c1 || (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) clean += ' ';
    else clean += rest[0];
    at += c1 ? 2 : 1;
  }
  return clean;
}

std::size_t terminal_width() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

std::size_t width_of(char32_t c) {
  if (c >= 0x1100 && (c <= 0x115f || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
                      (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
                      (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd)))
    return 2;
  return 1;
}

}  // namespace

bool stdout_is_terminal() { return isatty(STDOUT_FILENO) == 1; }
bool stderr_is_terminal() { return isatty(STDERR_FILENO) == 1; }
bool colours() { return stdout_is_terminal() && std::getenv("NO_COLOR") == nullptr; }
std::string bold(std::string_view text) { return colours() ? std::string(kBold) + std::string(text) + std::string(kNormal) : std::string(text); }
std::string dim(std::string_view text) { return colours() ? std::string(kDim) + std::string(text) + std::string(kNormal) : std::string(text); }

void print_json(const Json& value) {
  write_line(stdout, value.dump(stdout_is_terminal() ? 2 : -1, ' ', false, Json::error_handler_t::replace));
}

void print_piece(std::string_view text) {
  const std::string clean = without_controls(text);
  std::fwrite(clean.data(), 1, clean.size(), stdout);
  std::fflush(stdout);
}

void print_line(std::string_view text) { write_line(stdout, without_controls(text)); }
void print_note(std::string_view text) { write_line(stderr, without_controls(text)); }

void print_fields(const Json& object) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, value] : object.items())
    rows.push_back({key, value.is_string() ? value.get<std::string>() : value.dump()});
  print_line(format_table(rows));
}

void print_error(const Error& error, bool json) {
  std::string line = "grounds: " + error.message;
  if (!error.hint.empty()) line += " (" + error.hint + ")";
  print_note(one_line(line));
  if (!json) return;
  print_json({{"error", {{"code", error_code_name(error.code)}, {"message", error.message}, {"hint", error.hint}}}});
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) width += width_of(next_code_point(text, at));
  return width;
}

std::string shorten(std::string_view text, std::size_t width) {
  std::string line = one_line(text);
  if (display_width(line) <= width) return line;
  std::size_t at = 0, used = 0;
  while (at < line.size()) {
    std::size_t next = at;
    std::size_t more = width_of(next_code_point(line, next));
    if (used + more + 1 > width) break;
    used += more;
    at = next;
  }
  return line.substr(0, at) + "…";
}

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - display_width(row[i]) + 2, ' ');
    }
    out += line + '\n';
  }
  if (!out.empty()) out.pop_back();
  return out;
}

void ProgressLine::show(std::uint64_t done, std::uint64_t total, std::string_view text) {
  if (!enabled_) return;
  constexpr std::size_t kBar = 24;
  std::size_t filled = total > 0 ? std::min<std::size_t>(kBar, done * kBar / total) : 0;
  std::string line = "[" + std::string(filled, '#') + std::string(kBar - filled, ' ') + "] " + std::string(text);
  std::fprintf(stderr, "\r\033[K%s", shorten(line, terminal_width() - 1).c_str());
  shown_ = true;
}

void ProgressLine::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace grounds::cli
