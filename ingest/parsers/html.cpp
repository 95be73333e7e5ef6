// HTML pages, by the WHATWG rules (gumbo): title, date and visible content.
#include <algorithm>
#include <array>
#include <vector>

#include "base/utf8.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/html_blocks.h"
#include "ingest/parsers/limits.h"
#include "ingest/parsers/stated_date.h"

namespace grounds::parsing {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// Names of <meta> elements that give the page's date, the best first.
constexpr std::array<std::string_view, 12> kDateNames = {
    "effective-date", "dcterms.valid", "article:published_time", "dcterms.issued", "dc.date.issued",
    "date",           "dc.date",       "dcterms.date",           "publishdate",    "pubdate",
    "article:modified_time", "last-modified"};

struct Head {
  std::string title;
  std::string date;
};

Head read_head(const GumboNode& root) {
  Head head;
  std::size_t best = kDateNames.size();
  const GumboVector* const sections = children_of(root);
  for (unsigned i = 0; sections != nullptr && i < sections->length; ++i) {
    const auto& section = *static_cast<const GumboNode*>(sections->data[i]);
    if (!is_element(section, GUMBO_TAG_HEAD)) continue;
    const GumboVector& children = *children_of(section);
    for (unsigned j = 0; j < children.length; ++j) {
      const auto& node = *static_cast<const GumboNode*>(children.data[j]);
      if (is_element(node, GUMBO_TAG_TITLE) && head.title.empty()) head.title = text_below(node);
      if (!is_element(node, GUMBO_TAG_META)) continue;
      std::string name = lower(attribute(node, "name"));
      if (name.empty()) name = lower(attribute(node, "property"));
      if (name.empty()) name = lower(attribute(node, "http-equiv"));
      const auto rank = static_cast<std::size_t>(
          std::find(kDateNames.begin(), kDateNames.end(), name) - kDateNames.begin());
      if (rank >= best) continue;
      std::string date = leading_date(attribute(node, "content"));
      if (date.empty()) continue;
      head.date = std::move(date);
      best = rank;
    }
  }
  return head;
}

}  // namespace

Result<Extract> parse_html(std::string_view text) {
  if (text.size() > kMaxHtmlSourceBytes) {
    return fail(ErrorCode::kBadInput,
                "the page is too large: " + std::to_string(text.size() >> 20) + " MB of HTML, at most " +
                    std::to_string(kMaxHtmlSourceBytes >> 20) + " MB are read",
                "split it into smaller pages");
  }
  GROUNDS_ASSIGN_OR_RETURN(const HtmlTree tree, HtmlTree::parse(text, HtmlTree::Scope::kPage));
  ExtractBuilder builder("html/1");
  Head head = read_head(*tree.root());
  builder.set_title(head.title);
  builder.set_date(std::move(head.date));
  BlockFlow flow(builder);
  add_html_blocks(*tree.root(), builder, flow);
  return builder.finish();
}

}  // namespace grounds::parsing
