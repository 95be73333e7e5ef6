#include "ingest/parsers/html_tree.h"

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/utf8.h"
#include "ingest/parsers/limits.h"

namespace grounds::parsing {

// Every allocation of the library, in a list: the library's own destructor recurses as deep as the
// document nests and knows no bound, so memory is counted and freed here instead.
struct HtmlTree::Heap {
  struct alignas(std::max_align_t) Header {
    Header* previous;
    Header* next;
    std::size_t size;
  };

  std::string source;  // what was parsed, if it is not what was given
  Header list{&list, &list, 0};
  std::size_t used = 0;
  std::jmp_buf overflow;

  ~Heap() {
    for (Header* header = list.next; header != &list;) {
      Header* const next = header->next;
      std::free(header);
      header = next;
    }
  }

  static void* allocate(void* self, std::size_t size) {
    auto* heap = static_cast<Heap*>(self);
    Header* header = nullptr;
    if (size < kMaxHtmlTreeBytes && heap->used + size < kMaxHtmlTreeBytes) {
      header = static_cast<Header*>(std::malloc(sizeof(Header) + size));
    }
    // The library does not check for failure. Only its own C frames lie between here and setjmp.
    if (header == nullptr) std::longjmp(heap->overflow, 1);
    heap->used += size + sizeof(Header);
    *header = {&heap->list, heap->list.next, size};
    header->next->previous = header;
    heap->list.next = header;
    return header + 1;
  }

  static void deallocate(void* self, void* memory) {
    if (memory == nullptr) return;
    auto* heap = static_cast<Heap*>(self);
    Header* const header = static_cast<Header*>(memory) - 1;
    heap->used -= header->size + sizeof(Header);
    header->previous->next = header->next;
    header->next->previous = header->previous;
    std::free(header);
  }

  // nullptr: out of memory.
  GumboOutput* run(const GumboOptions& options, const char* text, std::size_t size) {
    if (setjmp(overflow) != 0) return nullptr;  // NOLINT: see allocate()
    return gumbo_parse_with_options(&options, text, size);
  }
};

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

// Elements that hold no others, or that the next of their kind closes: they do not add to the depth.
bool closes_itself(std::string_view name) {
  static constexpr std::array<std::string_view, 29> kNames = {
      "a",    "area", "base", "body", "br",   "button", "col",  "dd",    "dt",   "embed",
      "head", "hr",   "html", "img",  "input", "li",    "link", "meta",  "nobr", "option",
      "p",    "param", "rp",  "rt",   "source", "td",   "th",   "tr",    "wbr"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view known) { return equal_ignoring_case(known, name); });
}

// The end of an element whose content is not markup; npos if it is never closed.
std::size_t end_of_raw_text(std::string_view text, std::size_t from, std::string_view name) {
  for (std::size_t at = text.find("</", from); at != std::string_view::npos; at = text.find("</", at + 2)) {
    if (equal_ignoring_case(text.substr(at + 2, name.size()), name)) return at;
  }
  return std::string_view::npos;
}

// Where a tag ends whose name ends at `at`. `attributes`: how many words there are in it outside of quotes,
// which are about as many as attributes.
std::size_t end_of_tag(std::string_view text, std::size_t at, std::size_t& attributes) {
  char quote = 0;
  char before = 0;  // the last character that is no white space
  bool in_word = false;
  for (attributes = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
      continue;
    }
    if (c == '>') return at;
    // A quote opens a value only after "="; elsewhere it is part of a name.
    if ((c == '"' || c == '\'') && before == '=') quote = c;
    const bool is_space = c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '/';
    if (!is_space && !in_word) ++attributes;
    in_word = !is_space;
    if (!is_space) before = c;
  }
  return at;
}

// What makes a page too costly for the library, whose effort grows with the square of an element's depth and
// of its number of attributes; "" if nothing does. An estimate: tags are counted by name, without a parser.
std::string excess(std::string_view text) {
  std::array<int, 256> open{};
  int depth = 0;
  std::uint64_t effort = 0;
  std::size_t at = text.find('<');
  while (at != std::string_view::npos && at + 1 < text.size()) {
    if (text.substr(at, 4) == "<!--") {
      at = text.find("-->", at + 4);
      if (at != std::string_view::npos) at = text.find('<', at);
      continue;
    }
    const bool closing = text[at + 1] == '/';
    const std::size_t begin = at + (closing ? 2 : 1);
    std::size_t end = begin;
    unsigned hash = 0;
    while (end < text.size() && (is_letter(text[end]) || (text[end] >= '0' && text[end] <= '9') ||
                                 text[end] == '-')) {
      hash = hash * 31 + static_cast<unsigned char>(lower(text[end++]));
    }
    const std::string_view name = text.substr(begin, end - begin);
    if (name.empty() || !is_letter(name[0])) {
      at = text.find('<', at + 1);
      continue;
    }
    std::size_t attributes = 0;
    const std::size_t tag_end = end_of_tag(text, end, attributes);
    if (attributes > kMaxHtmlAttributes) {
      return "has an element with more than " + std::to_string(kMaxHtmlAttributes) + " attributes";
    }
    // Many elements that are each within bounds add up: all of an element's ancestors are looked at for each.
    effort += static_cast<std::uint64_t>(depth) + attributes * attributes;
    if (effort > kMaxHtmlEffort) return "nests its elements so deeply, or gives them so many attributes, that reading it would take too long";
    if (tag_end == text.size()) return {};  // a tag that does not end takes all the rest
    end = tag_end;
    if (!closes_itself(name)) {
      int& count = open[hash % open.size()];
      if (!closing) {
        ++count;
        if (++depth > kMaxHtmlDepth) return "nests elements more than " + std::to_string(kMaxHtmlDepth) + " deep";
        if (equal_ignoring_case(name, "script") || equal_ignoring_case(name, "style")) {
          end = end_of_raw_text(text, end, name);
          if (end == std::string_view::npos) return {};
        }
      } else if (count > 0) {
        --count;
        --depth;
      }
    }
    at = text.find('<', end);
  }
  return {};
}

// Puts U+FFFD for each numeric character reference of more digits than the library's integers hold: it takes such a one
// for another character, for none at all, or for the end of the page. "" if there is none, as nearly always.
std::string without_huge_references(std::string_view text) {
  constexpr std::size_t kMaxDigits = 7;  // of the largest code point, 1114111
  std::string result;
  std::size_t copied = 0;
  for (std::size_t at = text.find("&#"); at != std::string_view::npos; at = text.find("&#", at + 2)) {
    std::size_t end = at + 2;
    const bool is_hex = end < text.size() && lower(text[end]) == 'x';
    if (is_hex) ++end;
    while (end < text.size() && text[end] == '0') ++end;
    const std::size_t digits = end;
    const auto is_digit = [&](char c) { return (c >= '0' && c <= '9') || (is_hex && lower(c) >= 'a' && lower(c) <= 'f'); };
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end - digits <= kMaxDigits) continue;
    result.append(text, copied, at - copied).append("&#xFFFD");
    copied = end;
  }
  if (copied > 0) result.append(text, copied);
  return result;
}

bool is_block_level(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_P: case GUMBO_TAG_DIV: case GUMBO_TAG_LI: case GUMBO_TAG_UL: case GUMBO_TAG_OL:
    case GUMBO_TAG_TR: case GUMBO_TAG_TD: case GUMBO_TAG_TH: case GUMBO_TAG_PRE:
    case GUMBO_TAG_H1: case GUMBO_TAG_H2: case GUMBO_TAG_H3: case GUMBO_TAG_H4: case GUMBO_TAG_H5:
    case GUMBO_TAG_H6: case GUMBO_TAG_BLOCKQUOTE: case GUMBO_TAG_DT: case GUMBO_TAG_DD:
    case GUMBO_TAG_TABLE: case GUMBO_TAG_SECTION: case GUMBO_TAG_ARTICLE:
      return true;
    default:
      return false;
  }
}

}  // namespace

HtmlTree::HtmlTree(std::unique_ptr<Heap> heap) : heap_(std::move(heap)) {}
HtmlTree::HtmlTree(HtmlTree&&) noexcept = default;
HtmlTree& HtmlTree::operator=(HtmlTree&&) noexcept = default;
HtmlTree::~HtmlTree() = default;

Result<HtmlTree> HtmlTree::parse(std::string_view text, Scope scope) {
  if (const std::string what = excess(text); !what.empty()) {
    return fail(ErrorCode::kBadInput, "the page " + what);
  }
  auto heap = std::make_unique<Heap>();
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = &Heap::allocate;
  options.deallocator = &Heap::deallocate;
  options.userdata = heap.get();
  options.max_errors = 0;
  if (scope == Scope::kFragment) options.fragment_context = GUMBO_TAG_DIV;
  heap->source = without_huge_references(text);
  if (!heap->source.empty()) text = heap->source;
  const GumboOutput* output = heap->run(options, text.data(), text.size());
  if (output == nullptr) {
    return fail(ErrorCode::kBadInput, "the page needs more than " +
                                          std::to_string(kMaxHtmlTreeBytes >> 20) + " MB to be read");
  }
  HtmlTree tree(std::move(heap));
  tree.root_ = output->root;
  return tree;
}

const GumboVector* children_of(const GumboNode& node) {
  switch (node.type) {
    case GUMBO_NODE_ELEMENT:
    case GUMBO_NODE_TEMPLATE: return &node.v.element.children;
    case GUMBO_NODE_DOCUMENT: return &node.v.document.children;
    default: return nullptr;
  }
}

bool is_element(const GumboNode& node, GumboTag tag) {
  return node.type == GUMBO_NODE_ELEMENT && node.v.element.tag == tag;
}

std::string_view attribute(const GumboNode& element, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&element.v.element.attributes, name);
  return found == nullptr ? std::string_view() : std::string_view(found->value);
}

bool is_hidden(const GumboNode& node) {
  if (node.type == GUMBO_NODE_TEMPLATE) return true;
  if (node.type != GUMBO_NODE_ELEMENT) return false;
  switch (node.v.element.tag) {
    case GUMBO_TAG_SCRIPT: case GUMBO_TAG_STYLE: case GUMBO_TAG_HEAD: case GUMBO_TAG_NAV:
    case GUMBO_TAG_TEMPLATE: case GUMBO_TAG_IFRAME: case GUMBO_TAG_OBJECT: case GUMBO_TAG_SVG:
    case GUMBO_TAG_CANVAS: case GUMBO_TAG_SELECT: case GUMBO_TAG_NOSCRIPT: case GUMBO_TAG_DATALIST:
      return true;
    default:
      break;
  }
  if (node.v.element.attributes.length == 0) return false;
  if (gumbo_get_attribute(&node.v.element.attributes, "hidden") != nullptr) return true;
  if (equal_ignoring_case(attribute(node, "aria-hidden"), "true")) return true;
  if (equal_ignoring_case(attribute(node, "role"), "navigation")) return true;
  std::string style;
  for (const char c : attribute(node, "style")) {
    if (c != ' ') style += lower(c);
  }
  return style.find("display:none") != std::string::npos ||
         style.find("visibility:hidden") != std::string::npos;
}

std::string text_below(const GumboNode& node) {
  std::string text;
  std::vector<const GumboNode*> stack = {&node};
  while (!stack.empty()) {
    const GumboNode* const current = stack.back();
    stack.pop_back();
    if (current == nullptr) {  // the end of a block
      text += '\n';
      continue;
    }
    if (current->type == GUMBO_NODE_TEXT || current->type == GUMBO_NODE_CDATA ||
        current->type == GUMBO_NODE_WHITESPACE) {
      text += current->v.text.text;
      continue;
    }
    const GumboVector* const children = children_of(*current);
    if (children == nullptr || (current != &node && is_hidden(*current))) continue;
    if (is_element(*current, GUMBO_TAG_IMG)) text += attribute(*current, "alt");
    if (is_element(*current, GUMBO_TAG_BR)) text += '\n';
    if (current->type == GUMBO_NODE_ELEMENT && is_block_level(current->v.element.tag)) {
      text += '\n';
      stack.push_back(nullptr);
    }
    for (unsigned i = children->length; i > 0; --i) {
      stack.push_back(static_cast<const GumboNode*>(children->data[i - 1]));
    }
  }
  return text;
}

std::string decode_entity(std::string_view entity) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kCommon = {
      {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&nbsp;", " "}}};
  for (const auto& [name, value] : kCommon) {
    if (entity == name) return std::string(value);
  }
  const auto tree = HtmlTree::parse(entity, HtmlTree::Scope::kFragment);
  std::string text = tree ? text_below(*tree->root()) : std::string();
  while (text.ends_with('\n')) text.pop_back();
  return text.empty() ? std::string(entity) : text;
}

}  // namespace grounds::parsing
