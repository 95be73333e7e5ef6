#include "ingest/chunking/context.h"

#include <algorithm>

#include "base/utf8.h"

namespace grounds::chunking {
namespace {

// Headings and titles are compared, shown and embedded up to this length.
constexpr std::size_t kMaxHeadingBytes = 400;
constexpr std::string_view kCellSeparator = " | ";

}  // namespace

ContextBook::ContextBook(const Extract& extract, const std::vector<Section>& sections,
                         std::size_t max_tokens, const TokenCounter& count_tokens)
    : extract_(extract),
      sections_(sections),
      count_tokens_(count_tokens),
      limit_(max_tokens / 4),
      heading_tokens_(sections.size()),
      headers_(extract.tables.size()) {}

std::string_view ContextBook::heading_text(std::size_t section) const {
  const Block& block = extract_.blocks[sections_[section].heading];
  const std::string_view text =
      std::string_view(extract_.text).substr(block.begin, block.end - block.begin);
  return text.size() <= kMaxHeadingBytes ? text : text.substr(0, floor_boundary(text, kMaxHeadingBytes));
}

std::size_t ContextBook::heading_tokens(std::size_t section) {
  auto& tokens = heading_tokens_[section];
  if (!tokens) tokens = count_tokens_(heading_text(section));
  return *tokens;
}

const SectionContext& ContextBook::of_section(std::size_t section) {
  if (current_section_ != section) {
    section_context_ = make_section(section);
    current_section_ = section;
  }
  return section_context_;
}

// By what tells most about a chunk: the innermost heading, the title, then headings from inside out.
SectionContext ContextBook::make_section(std::size_t section) {
  std::vector<std::size_t> path;  // innermost first
  for (std::size_t at = section; at != kNone; at = sections_[at].parent) {
    if (sections_[at].heading != kNone) path.push_back(at);
  }
  SectionContext context;
  if (!title_tokens_) title_tokens_ = count_tokens_(extract_.title);
  const auto add_title = [&] {
    const bool is_outermost = !path.empty() && heading_text(path.back()) == extract_.title;
    if (is_outermost || context.tokens + *title_tokens_ > limit_) return;
    context.title = extract_.title;
    context.tokens += *title_tokens_;
  };
  if (path.empty()) add_title();
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::size_t tokens = heading_tokens(path[i]);
    if (context.tokens + tokens <= limit_) {
      context.heading_path.emplace_back(heading_text(path[i]));
      context.tokens += tokens;
    }
    if (i == 0) add_title();
  }
  std::reverse(context.heading_path.begin(), context.heading_path.end());
  return context;
}

const HeaderContext& ContextBook::of_table(int table) {
  auto& header = headers_[static_cast<std::size_t>(table)];
  if (!header) header = make_header(table);
  return *header;
}

HeaderContext ContextBook::make_header(int index) {
  const Table& table = extract_.tables[static_cast<std::size_t>(index)];
  std::string_view line = std::string_view(extract_.text)
                              .substr(table.header_begin, table.header_end - table.header_begin);
  // A cell takes a token at least, as a rule: a longer line cannot fit, and counting it would be waste.
  line = line.substr(0, floor_boundary(line, std::min(line.size(), 64 * limit_)));
  for (;;) {
    line = trim(line);
    const std::size_t tokens = line.empty() ? 0 : count_tokens_(line);
    if (tokens <= limit_) return {std::string(line), tokens};
    const std::size_t last_cell = line.rfind(kCellSeparator);
    if (last_cell == std::string_view::npos) return {};
    // Half of it at most, then cell by cell: few counts also for a thousand columns.
    const std::size_t middle = line.rfind(kCellSeparator, line.size() / 2);
    const bool is_far_over = tokens > 2 * limit_ && middle != std::string_view::npos;
    line = line.substr(0, is_far_over ? middle : last_cell);
  }
}

}  // namespace grounds::chunking
