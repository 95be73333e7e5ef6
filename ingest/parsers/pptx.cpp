// PowerPoint presentations (ECMA-376 part 1, PresentationML): slides in their order, each a page; title, text,
// tables, diagrams, charts' texts, then the speaker's notes.
#include <algorithm>
#include <set>

#include "base/utf8.h"
#include "ingest/parsers/delimited.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/office_package.h"

namespace grounds::parsing {
namespace {

class SlideListReader final : public XmlHandler {
 public:
  void start_element(std::string_view name, const XmlAttributes& attributes) override {
    // <p:sldId id="256" r:id="rId2"/>: two attributes of one local name.
    if (name == "sldId") relationships.emplace_back(attributes.last("id"));
  }
  void end_element(std::string_view) override {}
  void characters(std::string_view) override {}
  std::vector<std::string> relationships;
};

struct Line {
  std::string text;
  int level = 0;
  bool bullet = false, numbered = false, no_bullet = false;
};

struct Shape {
  std::string placeholder;  // its kind; "-" without
  std::vector<Line> lines;
  Records table;
  bool is_table = false;
};

class SlideReader final : public XmlHandler {
 public:
  void start_element(std::string_view name, const XmlAttributes& attributes) override {
    if (skipped_ > 0 || name == "Fallback") {
      ++skipped_;
    } else if (name == "sp" || name == "graphicFrame" || name == "cxnSp" || name == "pt") {
      shapes.emplace_back();
      shapes.back().placeholder = "-";
    } else if (name == "sld" || name == "notes") {
      hidden = attributes.get("show") == "0" || attributes.get("show") == "false";
    } else if (shapes.empty()) {
      return;
    } else if (name == "ph") {
      const std::string_view type = attributes.get("type");
      shapes.back().placeholder = type.empty() ? "body" : type;
    } else if (name == "tbl") {
      shapes.back().is_table = true;
    } else if (name == "tr") {
      shapes.back().table.emplace_back();
    } else if (name == "tc") {
      start_cell(attributes);
    } else if (name == "p") {
      line_ = {};
      in_line_ = true;
    } else if (name == "pPr") {
      line_.level = std::clamp(attributes.number("lvl", 0), 0, 8);
    } else if (name == "buChar" || name == "buBlip") {
      line_.bullet = true;
    } else if (name == "buAutoNum") {
      line_.numbered = true;
    } else if (name == "buNone") {
      line_.no_bullet = true;
    } else if (name == "br") {
      line_.text += '\n';
    } else if (name == "t") {
      in_text_ = in_line_;
    }
  }

  void end_element(std::string_view name) override {
    if (skipped_ > 0) {
      --skipped_;
    } else if (name == "t") {
      in_text_ = false;
    } else if (name == "p" && in_line_ && !shapes.empty()) {
      in_line_ = false;
      finish_line();
    } else if (name == "tc") {
      in_cell_ = false;
    }
  }

  void characters(std::string_view text) override {
    if (in_text_ && skipped_ == 0) line_.text += text;
  }

  std::vector<Shape> shapes;
  bool hidden = false;

 private:
  void start_cell(const XmlAttributes& attributes) {
    Records& table = shapes.back().table;
    if (table.empty()) return;
    auto& row = table.back();
    in_cell_ = true;
    row.emplace_back();
    // Cells that a merged one covers are there and empty: they repeat it.
    if (attributes.get("hMerge") == "1" && row.size() > 1) row.back() = row[row.size() - 2];
    else if (attributes.get("vMerge") == "1" && table.size() > 1 && row.size() <= table[table.size() - 2].size()) {
      row.back() = table[table.size() - 2][row.size() - 1];
    }
  }

  void finish_line() {
    Shape& shape = shapes.back();
    if (trim(line_.text).empty()) return;
    if (in_cell_ && !shape.table.empty() && !shape.table.back().empty()) {
      std::string& cell = shape.table.back().back();
      cell.append(cell.empty() ? "" : "\n").append(line_.text);
    } else {
      shape.lines.push_back(std::move(line_));
    }
    line_ = {};
  }

  Line line_;
  bool in_line_ = false, in_text_ = false, in_cell_ = false;
  int skipped_ = 0;
};

bool is_title(const Shape& shape) { return shape.placeholder == "title" || shape.placeholder == "ctrTitle"; }

// Numbers and dates of slides are none of what they say.
bool is_furniture(const Shape& shape) {
  return shape.placeholder == "sldNum" || shape.placeholder == "dt" || shape.placeholder == "sldImg" ||
         shape.placeholder == "ftr" || shape.placeholder == "hdr";
}

std::string text_of(const Shape& shape) {
  std::string text;
  for (const Line& line : shape.lines) text.append(text.empty() ? "" : " ").append(line.text);
  return text;
}

void add_shape(Shape& shape, ExtractBuilder& builder) {
  if (shape.is_table) {
    builder.add_table(shape_table(std::move(shape.table)));
    return;
  }
  // Text in the slide's body has bullets unless it says otherwise; a single line is a sentence.
  const bool is_list = (shape.placeholder == "body" || shape.placeholder == "obj") && shape.lines.size() > 1;
  int number = 0;
  for (const Line& line : shape.lines) {
    const bool item = !line.no_bullet && (is_list || line.bullet || line.numbered);
    number = line.numbered ? number + 1 : 0;
    if (item) builder.open(BlockKind::kListItem, line.level + 1, line.numbered ? std::to_string(number) + ". " : "- ");
    else builder.open(BlockKind::kParagraph);
    std::string_view rest = line.text;
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      builder.append(rest.substr(0, end));
      builder.line_break();
      rest.remove_prefix(end + 1);
    }
    builder.append(rest);
    builder.close();
  }
}

// Charts: titles and the texts of axes and series, each once.
class ChartReader final : public XmlHandler {
 public:
  void start_element(std::string_view name, const XmlAttributes&) override {
    if (name == "strCache" || name == "rich") ++inside_;
    in_text_ = inside_ > 0 && (name == "v" || name == "t");
  }
  void end_element(std::string_view name) override {
    if (name == "strCache" || name == "rich") --inside_;
    if (in_text_ && !trim(text_).empty() && seen_.insert(text_).second) texts.push_back(text_);
    in_text_ = false;
    text_.clear();
  }
  void characters(std::string_view text) override {
    if (in_text_) text_ += text;
  }
  std::vector<std::string> texts;

 private:
  int inside_ = 0;
  bool in_text_ = false;
  std::string text_;
  std::set<std::string> seen_;
};

}  // namespace

Result<Extract> parse_pptx(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(ZipArchive archive, ZipArchive::open(bytes));
  OfficePackage package(std::move(archive), context);
  ExtractBuilder builder("pptx/1");
  std::vector<std::string> warnings;
  const std::string main = package.main_part("ppt/presentation.xml");
  SlideListReader list;
  GROUNDS_RETURN_IF_ERROR(package.read_main(main, list, warnings));
  const auto relationships = package.relationships_of(main);
  std::string first_title;
  int number = 0;
  for (const std::string& id : list.relationships) {
    ++number;
    const std::string part = target_of_id(relationships, id);
    SlideReader slide;
    if (!package.read_part(part, slide, warnings)) continue;
    builder.set_page(number);
    for (const Shape& shape : slide.shapes) {
      const std::string text = is_title(shape) ? text_of(shape) : std::string();
      if (text.empty()) continue;
      if (first_title.empty()) first_title = text;
      builder.open(BlockKind::kHeading, 1);
      builder.append(text);
      builder.close();
    }
    for (Shape& shape : slide.shapes) {
      if (!is_title(shape) && !is_furniture(shape)) add_shape(shape, builder);
    }
    for (const Relationship& beside : package.relationships_of(part)) {
      if (beside.type == "diagramData" || beside.type == "notesSlide") {
        SlideReader reader;
        package.read_part(beside.target, reader, warnings);
        for (Shape& shape : reader.shapes) {
          if (!is_furniture(shape)) add_shape(shape, builder);
        }
      } else if (beside.type == "chart") {
        ChartReader chart;
        package.read_part(beside.target, chart, warnings);
        for (const std::string& text : chart.texts) {
          builder.open(BlockKind::kParagraph);
          builder.append(text);
          builder.close();
        }
      }
    }
    if (builder.over_limit()) break;
  }
  builder.set_title(first_title);
  builder.set_title(package.core_title());
  for (std::string& warning : warnings) builder.warn(std::move(warning));
  return builder.finish();
}

}  // namespace grounds::parsing
