#include "ledger/compare/text_diff.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/utf8.h"

namespace grounds {
namespace {

// More lines than this on both sides are compared by their common beginning and end alone.
constexpr std::size_t kMaxCells = 4'000'000;

// Lines; and within a line, sentences.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  auto end_at = [&](std::size_t end) {
    std::string_view piece = trim(text.substr(begin, end - begin));
    if (!piece.empty()) pieces.push_back(piece);
    begin = end;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n') end_at(at + 1);
    else if (text[at] == '.' && at + 1 < text.size() && text[at + 1] == ' ') end_at(at + 1);
    else if (text.substr(at).starts_with("。")) end_at(at + 3);
  }
  end_at(text.size());
  return pieces;
}

// Longest common subsequence, from the ends; lengths[i][j] is that of a[i..], b[j..].
class Table {
 public:
  Table(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b)
      : width_(b.size() + 1), lengths_((a.size() + 1) * width_) {
    for (std::size_t i = a.size(); i-- > 0;)
      for (std::size_t j = b.size(); j-- > 0;)
        lengths_[i * width_ + j] = a[i] == b[j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
  }
  std::uint32_t at(std::size_t i, std::size_t j) const { return lengths_[i * width_ + j]; }

 private:
  std::size_t width_;
  std::vector<std::uint32_t> lengths_;
};

class Output {
 public:
  explicit Output(std::size_t most) : most_(most) {}
  void line(char sign, std::string_view text) {
    if (full_) return;
    if (out_.size() + text.size() + 3 > most_) {
      full_ = true;
      if (out_.empty()) out_.append(1, sign).append(" ").append(text.substr(0, floor_boundary(text, most_))).append("...\n");
      else out_ += "...\n";
      return;
    }
    out_.append(1, sign).append(" ").append(text).append("\n");
  }
  std::string take() { return std::move(out_); }

 private:
  std::size_t most_;
  bool full_ = false;
  std::string out_;
};

}  // namespace

std::string text_diff(std::string_view before, std::string_view after, std::size_t max_bytes) {
  std::vector<std::string_view> a = split(before), b = split(after);
  std::size_t same = 0;
  while (same < a.size() && same < b.size() && a[same] == b[same]) ++same;
  a.erase(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(same));
  b.erase(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(same));
  while (!a.empty() && !b.empty() && a.back() == b.back()) a.pop_back(), b.pop_back();
  Output out(max_bytes);
  if ((a.size() + 1) * (b.size() + 1) > kMaxCells) {
    for (std::string_view line : a) out.line('-', line);
    for (std::string_view line : b) out.line('+', line);
    return out.take();
  }
  Table table(a, b);
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) ++i, ++j;
    else if (j == b.size() || (i < a.size() && table.at(i + 1, j) >= table.at(i, j + 1))) out.line('-', a[i++]);
    else out.line('+', b[j++]);
  }
  return out.take();
}

}  // namespace grounds
