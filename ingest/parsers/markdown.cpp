// Markdown (CommonMark with GitHub's tables, by md4c): blocks and tables; HTML blocks by the HTML parser.
#include <md4c.h>

#include <exception>
#include <new>
#include <string>

#include "base/utf8.h"
#include "ingest/parsers/block_flow.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/front_matter.h"
#include "ingest/parsers/html_blocks.h"
#include "ingest/parsers/markdown_tables.h"

namespace grounds::parsing {
namespace {

// "Title {#anchor}" is "Title" with a name that is not for readers.
std::string_view without_anchor(std::string_view heading) {
  heading = trim(heading);
  const std::size_t begin = heading.rfind("{#");
  if (begin == std::string_view::npos || begin == 0 || !heading.ends_with('}')) return heading;
  if (heading.find_first_of(" }", begin) != heading.size() - 1) return heading;
  return trim(heading.substr(0, begin));
}

bool is_break_tag(std::string_view html) {
  return html.starts_with("<br") || html.starts_with("<BR");
}

// Receives md4c's events. Exceptions must not pass through C code: on_*() below catch them.
class MarkdownReader {
 public:
  explicit MarkdownReader(ExtractBuilder& builder) : builder_(builder), flow_(builder) {}

  void enter(MD_BLOCKTYPE type, const void* detail) {
    switch (type) {
      case MD_BLOCK_QUOTE: flow_.enter_quote(); break;
      case MD_BLOCK_UL: flow_.enter_list(false); break;
      case MD_BLOCK_OL:
        flow_.enter_list(true, static_cast<int>(static_cast<const MD_BLOCK_OL_DETAIL*>(detail)->start));
        break;
      case MD_BLOCK_LI: enter_item(*static_cast<const MD_BLOCK_LI_DETAIL*>(detail)); break;
      case MD_BLOCK_CODE: builder_.open(BlockKind::kCode); into_ = Into::kCode; break;
      case MD_BLOCK_TABLE: flow_.break_block(); table_ = {}; table_cells_ = 0; break;
      case MD_BLOCK_THEAD: in_head_ = true; break;
      case MD_BLOCK_TBODY: in_head_ = false; break;
      case MD_BLOCK_TR: row_.clear(); break;
      case MD_BLOCK_HTML: start_buffer(Into::kHtml); break;
      case MD_BLOCK_H:
      case MD_BLOCK_TH:
      case MD_BLOCK_TD: start_buffer(Into::kBuffer); break;
      case MD_BLOCK_P:
      case MD_BLOCK_HR: flow_.break_block(); break;
      case MD_BLOCK_DOC: break;
    }
  }

  void leave(MD_BLOCKTYPE type, const void* detail) {
    switch (type) {
      case MD_BLOCK_QUOTE: flow_.leave_quote(); break;
      case MD_BLOCK_UL:
      case MD_BLOCK_OL: flow_.leave_list(); break;
      case MD_BLOCK_LI: flow_.leave_item(); break;
      case MD_BLOCK_H: add_heading(static_cast<int>(static_cast<const MD_BLOCK_H_DETAIL*>(detail)->level)); break;
      case MD_BLOCK_HTML: add_html(); break;
      case MD_BLOCK_TH:
      case MD_BLOCK_TD: row_.push_back(std::move(buffer_)); into_ = Into::kFlow; builder_.has_room_for(++table_cells_); break;
      case MD_BLOCK_TR:
        if (in_head_) table_.header = std::move(row_);
        else table_.rows.push_back(std::move(row_));
        break;
      case MD_BLOCK_TABLE: builder_.add_table(std::move(table_)); break;
      default:
        into_ = Into::kFlow;
        flow_.break_block();
    }
  }

  void text(MD_TEXTTYPE type, std::string_view text) {
    if (into_ == Into::kCode) {
      // md4c expands neither entities nor breaks in code; a zero byte is nothing a reader sees.
      if (type != MD_TEXT_NULLCHAR) builder_.append_verbatim(text);
      return;
    }
    switch (type) {
      case MD_TEXT_NULLCHAR: break;
      case MD_TEXT_BR: add_break(); break;
      case MD_TEXT_SOFTBR: add("\n"); break;
      case MD_TEXT_ENTITY: add(decode_entity(text)); break;
      case MD_TEXT_HTML:
        if (into_ == Into::kHtml) buffer_ += text;
        else if (is_break_tag(text)) add_break();
        break;
      default: add(text);
    }
  }

  bool should_stop() const { return builder_.over_limit(); }

 private:
  enum class Into { kFlow, kBuffer, kHtml, kCode };

  void start_buffer(Into into) {
    flow_.break_block();
    buffer_.clear();
    into_ = into;
  }

  void add(std::string_view text) {
    if (into_ != Into::kFlow) buffer_ += text;
    else flow_.text(text);
  }
  void add_break() {
    if (into_ != Into::kFlow) buffer_ += '\n';
    else flow_.line_break();
  }

  void enter_item(const MD_BLOCK_LI_DETAIL& detail) {
    flow_.enter_item();
    if (detail.is_task != 0) flow_.text(detail.task_mark == ' ' ? "[ ] " : "[x] ");
  }

  void add_heading(int level) {
    into_ = Into::kFlow;
    const std::string_view heading = without_anchor(buffer_);
    builder_.open(BlockKind::kHeading, level);
    builder_.append(heading);
    builder_.close();
    if (level == 1) builder_.set_title(heading);
  }

  void add_html() {
    into_ = Into::kFlow;
    if (trim(buffer_).starts_with("<!--") && trim(buffer_).ends_with("-->") &&
        buffer_.find("-->") + 3 >= trim(buffer_).size()) {
      return;
    }
    const auto tree = HtmlTree::parse(buffer_, HtmlTree::Scope::kFragment);
    if (!tree) {
      builder_.warn("an HTML block was left out: " + tree.error().message);
      return;
    }
    add_html_blocks(*tree->root(), builder_, flow_);
  }

  ExtractBuilder& builder_;
  BlockFlow flow_;
  Into into_ = Into::kFlow;
  std::string buffer_;  // a heading, a cell or an HTML block
  bool in_head_ = false;
  std::vector<std::string> row_;
  TableContent table_;
  std::size_t table_cells_ = 0;  // so far: rows are filled up to the header's width, however short they are
};

// Runs `step` for a callback of md4c: a return value other than 0 makes it stop.
template <class Step>
int guarded(void* reader_pointer, const Step& step) {
  auto& reader = *static_cast<MarkdownReader*>(reader_pointer);
  try {
    step(reader);
  } catch (const std::exception&) {  // out of memory; there is no other here
    return 1;
  }
  return reader.should_stop() ? 2 : 0;
}

int on_enter_block(MD_BLOCKTYPE type, void* detail, void* reader) {
  return guarded(reader, [&](MarkdownReader& it) { it.enter(type, detail); });
}
int on_leave_block(MD_BLOCKTYPE type, void* detail, void* reader) {
  return guarded(reader, [&](MarkdownReader& it) { it.leave(type, detail); });
}
int on_span(MD_SPANTYPE, void*, void*) { return 0; }
int on_text(MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* reader) {
  return guarded(reader, [&](MarkdownReader& it) { it.text(type, std::string_view(text, size)); });
}

}  // namespace

Result<Extract> parse_markdown(std::string_view text) {
  const FrontMatter front = read_front_matter(text);
  text.remove_prefix(front.size);
  std::string normalised;
  if (text.find('|') != std::string_view::npos) {
    normalised = normalise_tables(text);
    text = normalised;
  }
  ExtractBuilder builder("markdown/1");
  builder.set_title(front.title);
  builder.set_date(front.date);
  MarkdownReader reader(builder);
  MD_PARSER parser{};
  parser.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS;
  parser.enter_block = on_enter_block;
  parser.leave_block = on_leave_block;
  parser.enter_span = on_span;
  parser.leave_span = on_span;
  parser.text = on_text;
  const int outcome = md_parse(text.data(), static_cast<MD_SIZE>(text.size()), &parser, &reader);
  if (outcome != 0 && !builder.over_limit()) throw std::bad_alloc();  // for parse_document to report
  auto extract = builder.finish();
  if (extract && extract->title.empty()) {
    const Block& first = extract->blocks.front();
    if (first.kind == BlockKind::kHeading) {
      extract->title = extract->text.substr(first.begin, first.end - first.begin);
    }
  }
  return extract;
}

}  // namespace grounds::parsing
