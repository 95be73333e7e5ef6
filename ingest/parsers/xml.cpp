// XML: the character data of the elements, a paragraph for each element that holds text. Documents are
// scanned, not validated: there are no entities but the five of XML, so none to blow up, and what is
// not well-formed is read as far as it goes.
#include <string>
#include <vector>

#include "base/utf8.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/html_tree.h"
#include "ingest/parsers/limits.h"

namespace grounds::parsing {
namespace {

class XmlReader {
 public:
  XmlReader(std::string_view text, ExtractBuilder& builder) : text_(text), builder_(builder) {}

  // kBadInput: nested too deeply.
  Status read() {
    while (at_ < text_.size() && !builder_.over_limit()) {
      const std::size_t tag = std::min(text_.find('<', at_), text_.size());
      add_text(text_.substr(at_, tag - at_));
      at_ = tag;
      if (at_ == text_.size()) break;
      GROUNDS_RETURN_IF_ERROR(read_markup());
    }
    builder_.close();
    return {};
  }

 private:
  struct Element {
    bool has_text = false;   // of its own: what it holds besides is part of the running text
    bool is_inline = false;  // it stands in running text itself
    bool is_title = false;
  };

  // Goes to behind `end`, or to the end of the text without one; what was passed.
  std::string_view take_until(std::string_view end) {
    const std::size_t found = text_.find(end, at_);
    const std::string_view taken = text_.substr(at_, found == std::string_view::npos ? found : found - at_);
    at_ = found == std::string_view::npos ? text_.size() : found + end.size();
    return taken;
  }

  Status read_markup() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("<![CDATA[")) {
      at_ += 9;
      add_characters(take_until("]]>"));
    } else if (rest.starts_with("<!--")) {
      take_until("-->");
    } else if (rest.starts_with("<?")) {
      take_until("?>");
    } else if (rest.starts_with("<!")) {
      skip_declaration();
    } else {
      return read_tag();
    }
    return {};
  }

  // A document type with its internal subset in brackets.
  void skip_declaration() {
    const std::size_t bracket = text_.find('[', at_);
    const std::size_t end = text_.find('>', at_);
    if (bracket < end) take_until("]");
    take_until(">");
  }

  Status read_tag() {
    ++at_;
    std::size_t end = at_;
    char quote = 0;  // an attribute's value may hold ">"
    for (; end < text_.size(); ++end) {
      const char c = text_[end];
      if (quote != 0) quote = c == quote ? '\0' : quote;
      else if (c == '"' || c == '\'') quote = c;
      else if (c == '>') break;
    }
    const std::string_view tag = text_.substr(at_, end - at_);
    at_ = std::min(end + 1, text_.size());
    if (tag.starts_with('/')) {
      leave();
    } else if (!tag.ends_with('/')) {
      if (elements_.size() >= static_cast<std::size_t>(kMaxHtmlDepth)) {
        return fail(ErrorCode::kBadInput, "the document nests elements more than " +
                                              std::to_string(kMaxHtmlDepth) + " deep");
      }
      enter(tag.substr(0, tag.find_first_of(" \t\r\n")));
    } else if (elements_.empty() || !elements_.back().has_text) {
      builder_.close();
    }
    return {};
  }

  void enter(std::string_view name) {
    Element element;
    element.is_inline = !elements_.empty() && (elements_.back().has_text || elements_.back().is_inline);
    element.is_title = name.substr(name.rfind(':') + 1) == "title";
    if (!element.is_inline) builder_.close();
    elements_.push_back(element);
    if (element.is_title) title_.clear();
  }

  void leave() {
    if (elements_.empty()) return;
    const Element element = elements_.back();
    elements_.pop_back();
    if (!element.is_inline) builder_.close();
    if (element.is_title) builder_.set_title(title_);
  }

  // Character data with references in it.
  void add_text(std::string_view text) {
    while (!text.empty()) {
      const std::size_t reference = std::min(text.find('&'), text.size());
      add_characters(text.substr(0, reference));
      text.remove_prefix(reference);
      if (text.empty()) return;
      const std::size_t end = text.substr(0, 13).find(';');  // no further: a text of "&" would take its square
      if (end == std::string_view::npos) {
        add_characters("&");
        text.remove_prefix(1);
        continue;
      }
      add_characters(decode_entity(text.substr(0, end + 1)));
      text.remove_prefix(end + 1);
    }
  }

  void add_characters(std::string_view text) {
    if (!builder_.is_open()) {
      if (trim(text).empty()) return;
      builder_.open(BlockKind::kParagraph);
    }
    if (!elements_.empty() && !trim(text).empty()) {
      elements_.back().has_text = true;
      if (elements_.back().is_title) title_ += text;
    }
    builder_.append(text);
  }

  std::string_view text_;
  ExtractBuilder& builder_;
  std::size_t at_ = 0;
  std::vector<Element> elements_;
  std::string title_;
};

}  // namespace

Result<Extract> parse_xml(std::string_view text) {
  ExtractBuilder builder("xml/1");
  GROUNDS_RETURN_IF_ERROR(XmlReader(text, builder).read());
  return builder.finish();
}

}  // namespace grounds::parsing
