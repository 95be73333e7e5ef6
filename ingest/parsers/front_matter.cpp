#include "ingest/parsers/front_matter.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "ingest/parsers/stated_date.h"

namespace grounds::parsing {
namespace {

constexpr std::size_t kMaxFrontMatterBytes = 64u << 10;

// Takes the next line off the front of `text`, without its line end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::string unquote(std::string_view value) {
  value = trim(value);
  if (value.size() < 2 || (value[0] != '"' && value[0] != '\'')) {
    const std::size_t comment = value.find(" #");
    return std::string(trim(value.substr(0, comment)));
  }
  const char quote = value[0];
  std::string result;
  for (std::size_t i = 1; i < value.size(); ++i) {
    const bool doubled = quote == '\'' && value.substr(i, 2) == "''";
    if (doubled || (quote == '"' && value[i] == '\\' && i + 1 < value.size())) {
      result += value[++i];
    } else if (value[i] == quote) {
      break;
    } else {
      result += value[i];
    }
  }
  return result;
}

// Lower is better: a policy's date of taking effect goes before the date of the page.
int date_rank(std::string_view key) {
  static constexpr std::array<std::string_view, 14> kKeys = {
      "effective_date", "effective-date", "effective", "生效日期", "date",         "published", "发布日期",
      "日期",           "created",        "updated",   "lastmod",  "last_updated", "last-updated", "更新日期"};
  const auto found = std::find(kKeys.begin(), kKeys.end(), key);
  return found == kKeys.end() ? -1 : static_cast<int>(found - kKeys.begin());
}

}  // namespace

FrontMatter read_front_matter(std::string_view text) {
  std::string_view rest = text;
  const std::string_view fence = trim(take_line(rest));
  if (fence != "---" && fence != "+++") return {};
  const char assignment = fence == "---" ? ':' : '=';
  FrontMatter result;
  int best_date = -1;
  bool any_key = false;
  while (!rest.empty()) {
    if (text.size() - rest.size() > kMaxFrontMatterBytes) return {};
    const std::string_view line = take_line(rest);
    const std::string_view stripped = trim(line);
    if (stripped == fence || (fence == "---" && stripped == "...")) {
      // Two rules with nothing in the form of "key: value" between them are just that.
      if (!any_key) return {};
      result.size = text.size() - rest.size();
      return result;
    }
    const bool nested = line.starts_with(' ') || line.starts_with('\t') || line.starts_with('-');
    const std::size_t at = line.find(assignment);
    if (nested || stripped.starts_with('#') || at == std::string_view::npos) continue;
    const std::string_view key = trim(line.substr(0, at));
    if (key.empty() || key.find(' ') != std::string_view::npos) continue;
    any_key = true;
    const std::string value = unquote(line.substr(at + 1));
    if (key == "title" || key == "标题") result.title = value;
    const int rank = date_rank(key);
    if (rank < 0 || (best_date >= 0 && rank >= best_date)) continue;
    const std::string date = leading_date(value);
    if (date.empty()) continue;
    result.date = date;
    best_date = rank;
  }
  return {};
}

}  // namespace grounds::parsing
