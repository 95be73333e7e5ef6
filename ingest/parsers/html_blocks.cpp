#include "ingest/parsers/html_blocks.h"

#include <string>
#include <vector>

#include "base/utf8.h"
#include "ingest/parsers/limits.h"

namespace grounds::parsing {
namespace {

int heading_level(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_H1: return 1;
    case GUMBO_TAG_H2: return 2;
    case GUMBO_TAG_H3: return 3;
    case GUMBO_TAG_H4: return 4;
    case GUMBO_TAG_H5: return 5;
    case GUMBO_TAG_H6: return 6;
    default: return 0;
  }
}

// Elements that flow within a block; all others end the block before them and after them.
bool is_inline(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_A: case GUMBO_TAG_ABBR: case GUMBO_TAG_ACRONYM: case GUMBO_TAG_B: case GUMBO_TAG_BDI:
    case GUMBO_TAG_BDO: case GUMBO_TAG_BIG: case GUMBO_TAG_BLINK: case GUMBO_TAG_CITE:
    case GUMBO_TAG_CODE: case GUMBO_TAG_DATA: case GUMBO_TAG_DEL: case GUMBO_TAG_DFN: case GUMBO_TAG_EM:
    case GUMBO_TAG_FONT: case GUMBO_TAG_I: case GUMBO_TAG_INS: case GUMBO_TAG_KBD: case GUMBO_TAG_LABEL:
    case GUMBO_TAG_MARK: case GUMBO_TAG_MATH: case GUMBO_TAG_NOBR: case GUMBO_TAG_Q: case GUMBO_TAG_RB:
    case GUMBO_TAG_RP: case GUMBO_TAG_RT: case GUMBO_TAG_RUBY: case GUMBO_TAG_S: case GUMBO_TAG_SAMP:
    case GUMBO_TAG_SMALL: case GUMBO_TAG_SPAN: case GUMBO_TAG_STRIKE: case GUMBO_TAG_STRONG:
    case GUMBO_TAG_SUB: case GUMBO_TAG_SUP: case GUMBO_TAG_TIME: case GUMBO_TAG_TT: case GUMBO_TAG_U:
    case GUMBO_TAG_VAR: case GUMBO_TAG_WBR: case GUMBO_TAG_BUTTON: case GUMBO_TAG_IMG:
    case GUMBO_TAG_BR: case GUMBO_TAG_UNKNOWN:
      return true;
    default:
      return false;
  }
}

// Walks the tree without recursion: pages may nest thousands deep.
class Walker {
 public:
  Walker(ExtractBuilder& builder, BlockFlow& flow) : builder_(builder), flow_(flow) {}

  void walk(const GumboNode& root) {
    stack_.push_back({&root, 0});
    while (!stack_.empty() && !builder_.over_limit()) {
      Frame& frame = stack_.back();
      const GumboVector* const children = children_of(*frame.node);
      if (children == nullptr || frame.next == children->length) {
        const GumboNode& node = *frame.node;
        stack_.pop_back();
        if (!stack_.empty()) leave(node);
        continue;
      }
      const auto& child = *static_cast<const GumboNode*>(children->data[frame.next++]);
      if (enter(child)) stack_.push_back({&child, 0});
    }
    flow_.break_block();
  }

 private:
  struct Frame {
    const GumboNode* node;
    unsigned next;
  };

  // True: go on to its children, and call leave() after them.
  bool enter(const GumboNode& node) {
    switch (node.type) {
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_CDATA:
      case GUMBO_NODE_WHITESPACE: flow_.text(node.v.text.text); return false;
      case GUMBO_NODE_ELEMENT: break;
      default: return false;
    }
    if (is_hidden(node)) return false;
    const GumboTag tag = node.v.element.tag;
    if (heading_level(tag) > 0) {
      add_heading(node);
      return false;
    }
    switch (tag) {
      case GUMBO_TAG_BR: flow_.line_break(); return false;
      case GUMBO_TAG_IMG: flow_.text(attribute(node, "alt")); return false;
      case GUMBO_TAG_PRE: add_code(node); return false;
      case GUMBO_TAG_UL: flow_.enter_list(false); return true;
      case GUMBO_TAG_OL: flow_.enter_list(true, list_start(node)); return true;
      case GUMBO_TAG_LI: flow_.enter_item(); return true;
      case GUMBO_TAG_BLOCKQUOTE: flow_.enter_quote(); return true;
      case GUMBO_TAG_TABLE:
        if (is_layout_table(node)) break;
        flow_.break_block();
        builder_.add_table(read_html_table(node));
        return false;
      default: break;
    }
    if (!is_inline(tag)) flow_.break_block();
    return true;
  }

  void leave(const GumboNode& node) {
    if (node.type != GUMBO_NODE_ELEMENT) return;
    switch (node.v.element.tag) {
      case GUMBO_TAG_UL:
      case GUMBO_TAG_OL: flow_.leave_list(); break;
      case GUMBO_TAG_LI: flow_.leave_item(); break;
      case GUMBO_TAG_BLOCKQUOTE: flow_.leave_quote(); break;
      default:
        if (!is_inline(node.v.element.tag)) flow_.break_block();
    }
  }

  void add_heading(const GumboNode& node) {
    const int level = heading_level(node.v.element.tag);
    const std::string text = flow_line(text_below(node));
    if (text.empty()) return;
    builder_.open(BlockKind::kHeading, level);
    builder_.append(text);
    builder_.close();
    if (level == 1) builder_.set_title(text);
  }

  void add_code(const GumboNode& node) {
    builder_.open(BlockKind::kCode);
    builder_.append_verbatim(text_below(node));
    builder_.close();
  }

  static int list_start(const GumboNode& node) {
    const std::string_view value = attribute(node, "start");
    if (value.empty() || value.size() > 6) return 1;
    int number = 0;
    for (const char c : value) {
      if (c < '0' || c > '9') return 1;
      number = number * 10 + (c - '0');
    }
    return number;
  }

  ExtractBuilder& builder_;
  BlockFlow& flow_;
  std::vector<Frame> stack_;
};

}  // namespace

void add_html_blocks(const GumboNode& root, ExtractBuilder& builder, BlockFlow& flow) {
  Walker(builder, flow).walk(root);
}

}  // namespace grounds::parsing
