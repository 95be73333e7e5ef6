// Keynote '09 presentations (index.apxl): the text of each slide in order, its title as a heading, presenter's notes.
#include <algorithm>

#include "base/utf8.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/xml_events.h"
#include "ingest/parsers/zip_archive.h"

namespace grounds::parsing {
namespace {

class PresentationReader final : public XmlHandler {
 public:
  explicit PresentationReader(ExtractBuilder& builder) : builder_(builder) {}

  void start_element(std::string_view name, const XmlAttributes&) override {
    if (name == "master-slide" || name == "stylesheet") ++hidden_;  // what all slides of a kind have, and styles
    if (hidden_ > 0) return;
    if (name == "slide") builder_.set_page(++slide_);
    else if (name == "title-placeholder") in_title_ = true;
    else if (name == "notes") in_notes_ = true;
    else if (name == "p" && slide_ > 0) start_paragraph();
    else if (name == "tab") text_ += '\t';
    else if (name == "br" || name == "lnbr" || name == "crbr") text_ += '\n';
  }
  void end_element(std::string_view name) override {
    if (name == "master-slide" || name == "stylesheet") hidden_ = std::max(0, hidden_ - 1);
    else if (name == "title-placeholder") in_title_ = false;
    else if (name == "notes") in_notes_ = false;
    else if (name == "p" && in_paragraph_) end_paragraph();
  }
  void characters(std::string_view text) override {
    if (in_paragraph_ && hidden_ == 0) text_ += text;
  }

 private:
  void start_paragraph() {
    in_paragraph_ = true;
    text_.clear();
  }
  void end_paragraph() {
    in_paragraph_ = false;
    if (trim(text_).empty()) return;
    if (in_title_ && !in_notes_) builder_.open(BlockKind::kHeading, 1);
    else builder_.open(BlockKind::kParagraph);
    builder_.append(text_);
    builder_.close();
    if (in_title_) builder_.set_title(text_);
  }

  ExtractBuilder& builder_;
  int slide_ = 0, hidden_ = 0;
  bool in_title_ = false, in_notes_ = false, in_paragraph_ = false;
  std::string text_;
};

}  // namespace

Result<Extract> parse_keynote(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::open(bytes));
  const ZipEntry* const index = archive.find("index.apxl");
  if (index == nullptr) return fail(ErrorCode::kBadInput, "the presentation has no index.apxl", "export it as PDF or PowerPoint");
  GROUNDS_ASSIGN_OR_RETURN(const std::string xml, archive.read(*index, context));
  ExtractBuilder builder("keynote/1");
  PresentationReader reader(builder);
  GROUNDS_ASSIGN_OR_RETURN(const XmlOutcome outcome, read_xml_events(xml, reader));
  if (!outcome.broken.empty()) builder.warn("the presentation is damaged and was read in part: " + outcome.broken);
  return builder.finish();
}

}  // namespace grounds::parsing
