// Word documents (ECMA-376 part 1, WordprocessingML): paragraphs with their styles and automatic numbers,
// tables, text boxes, notes, comments, headers and footers. Deleted text of tracked changes is left out.
#include <algorithm>
#include <memory>
#include <set>

#include "base/utf8.h"
#include "ingest/parsers/delimited.h"
#include "ingest/parsers/docx_numbering.h"
#include "ingest/parsers/docx_styles.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/office_package.h"

namespace grounds::parsing {
namespace {

constexpr int kMaxColumnSpan = 200;

struct Paragraph {
  std::string text;  // line feeds are line breaks
  std::string style;
  int outline = -1;
  int list = -1, list_level = -1;
};

struct Cell {
  std::vector<Paragraph> paragraphs;
  int columns = 1;
  bool goes_on = false;  // it is the part of a cell further up
};

struct TableState {
  std::vector<std::vector<Cell>> rows;
  std::size_t header_rows = 0;
  int before = 0;  // columns left out at a row's start
};

std::string joined(const std::vector<Paragraph>& paragraphs) {
  std::string text;
  for (const Paragraph& paragraph : paragraphs) {
    if (trim(paragraph.text).empty()) continue;
    text.append(text.empty() ? "" : "\n").append(paragraph.text);
  }
  return text;
}

// One part of the document: its body, or a part beside it.
class DocxReader final : public XmlHandler {
 public:
  DocxReader(ExtractBuilder& builder, const DocxStyles& styles, DocxNumbering& numbering)
      : builder_(builder), styles_(styles), numbering_(numbering) {}

  // Blocks of the parts that follow: comments say who wrote them, notes are plain paragraphs.
  void set_plain(bool plain) { plain_ = plain; }

  void start_element(std::string_view name, const XmlAttributes& attributes) override {
    if (skipped_ > 0 || name == "Fallback" || name == "moveFrom" || name == "del" || name == "rPrChange" ||
        name == "pPrChange" || name == "instrText" || name == "tblPrChange" || name == "sectPrChange") {
      ++skipped_;
      return;
    }
    if (name == "p") {
      paragraphs_.emplace_back();
    } else if (name == "tbl") {
      tables_.emplace_back();
    } else if (name == "comment") {
      author_ = attributes.get("author");
    } else if (!paragraphs_.empty()) {
      in_paragraph(name, attributes);
    }
    if (!tables_.empty()) in_table(name, attributes);
  }

  void end_element(std::string_view name) override {
    if (skipped_ > 0) {
      --skipped_;
      return;
    }
    if (name == "t") in_text_ = false;
    if (name == "p" && !paragraphs_.empty()) {
      Paragraph paragraph = std::move(paragraphs_.back());
      paragraphs_.pop_back();
      if (in_cell()) tables_.back().rows.back().back().paragraphs.push_back(std::move(paragraph));
      else emit(paragraph);
    } else if (name == "tbl" && !tables_.empty()) {
      TableState table = std::move(tables_.back());
      tables_.pop_back();
      finish(table);
    }
  }

  void characters(std::string_view text) override {
    if (in_text_ && skipped_ == 0 && !paragraphs_.empty()) paragraphs_.back().text += text;
  }

  const std::string& title() const { return title_; }
  const std::string& first_heading() const { return first_heading_; }

 private:
  bool in_cell() const { return !tables_.empty() && !tables_.back().rows.empty() && !tables_.back().rows.back().empty(); }

  void in_paragraph(std::string_view name, const XmlAttributes& attributes) {
    Paragraph& paragraph = paragraphs_.back();
    if (name == "t") in_text_ = true;
    else if (name == "tab" || name == "ptab") paragraph.text += attributes.has("pos") ? "" : "\t";
    else if (name == "br" || name == "cr") paragraph.text += '\n';
    else if (name == "noBreakHyphen") paragraph.text += '-';
    else if (name == "pStyle") paragraph.style = attributes.get("val");
    else if (name == "outlineLvl") paragraph.outline = attributes.number("val", 9);
    else if (name == "numId") paragraph.list = attributes.number("val", -1);
    else if (name == "ilvl") paragraph.list_level = attributes.number("val", 0);
  }

  void in_table(std::string_view name, const XmlAttributes& attributes) {
    TableState& table = tables_.back();
    if (name == "tr") {
      table.rows.emplace_back();
    } else if (table.rows.empty()) {
      return;
    } else if (name == "tc") {
      table.rows.back().emplace_back();
    } else if (name == "tblHeader" && table.header_rows + 1 == table.rows.size() && attributes.get("val") != "false" &&
               attributes.get("val") != "0") {
      ++table.header_rows;
    } else if (!table.rows.back().empty()) {
      Cell& cell = table.rows.back().back();
      if (name == "gridSpan") cell.columns = std::clamp(attributes.number("val", 1), 1, kMaxColumnSpan);
      if (name == "vMerge") cell.goes_on = attributes.get("val") != "restart";
    }
  }

  void emit(const Paragraph& paragraph) {
    if (trim(paragraph.text).empty()) return;
    const DocxStyle style = styles_.resolve(paragraph.style);
    const int outline = paragraph.outline >= 0 ? (paragraph.outline < 9 ? paragraph.outline + 1 : 0) : style.outline;
    const int list = paragraph.list >= 0 ? paragraph.list : style.list;
    const int list_level = paragraph.list_level >= 0 ? paragraph.list_level : style.list_level;
    std::string marker = list > 0 ? numbering_.next_marker(list, list_level) : std::string();
    if (plain_) {
      builder_.open(BlockKind::kParagraph);
      if (!author_.empty()) builder_.append(author_ + ": ");
      author_.clear();
    } else if (style.is_title || outline > 0) {
      if (marker == "- ") marker.clear();
      builder_.open(BlockKind::kHeading, style.is_title ? 1 : outline, marker);
      std::string& known = style.is_title ? title_ : first_heading_;
      if (known.empty()) known = marker + paragraph.text;
    } else if (list > 0 && !marker.empty()) {
      builder_.open(BlockKind::kListItem, list_level + 1, marker);
    } else {
      builder_.open(BlockKind::kParagraph);
    }
    std::string_view rest = paragraph.text;
    for (;;) {
      const std::size_t end = rest.find('\n');
      builder_.append(rest.substr(0, end));
      if (end == std::string_view::npos) break;
      builder_.line_break();
      rest.remove_prefix(end + 1);
    }
    builder_.close();
  }

  // A table of one cell is a frame around text.
  void finish(TableState& table) {
    std::size_t cells = 0;
    for (const auto& row : table.rows) cells += row.size();
    if (cells == 1) {
      for (auto& row : table.rows) {
        for (Cell& cell : row) {
          for (Paragraph& paragraph : cell.paragraphs) {
            if (in_cell()) tables_.back().rows.back().back().paragraphs.push_back(std::move(paragraph));
            else emit(paragraph);
          }
        }
      }
      return;
    }
    Records records = lay_out(table);
    if (in_cell()) {  // a table in a cell: its rows are lines of the cell
      for (const auto& record : records) {
        Paragraph line;
        for (const std::string& text : record) line.text.append(line.text.empty() ? "" : " ").append(text);
        tables_.back().rows.back().back().paragraphs.push_back(std::move(line));
      }
      return;
    }
    TableContent content;
    const std::size_t header_rows = std::min(table.header_rows, records.size() - std::min<std::size_t>(records.size(), 1));
    if (header_rows > 0) {
      for (std::size_t i = 0; i < header_rows; ++i) add_to_header(records[i], content.header);
      records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(header_rows));
      content.rows = std::move(records);
    } else {
      content = shape_table(std::move(records));
    }
    builder_.add_table(std::move(content));
  }

  // Merged cells are repeated in each row and column that they cover.
  static Records lay_out(const TableState& table) {
    Records records;
    std::size_t bytes = 0;
    for (const auto& row : table.rows) {
      std::vector<std::string> record;
      for (const Cell& cell : row) {
        std::string text = joined(cell.paragraphs);
        if (cell.goes_on && text.empty() && !records.empty() && record.size() < records.back().size()) {
          text = records.back()[record.size()];
        }
        bytes += text.size() * static_cast<std::size_t>(cell.columns);
        if (bytes > kMaxExtractBytes) return records;
        for (int i = 0; i < cell.columns; ++i) record.push_back(text);
      }
      records.push_back(std::move(record));
    }
    return records;
  }

  static void add_to_header(const std::vector<std::string>& row, std::vector<std::string>& header) {
    if (header.size() < row.size()) header.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i].empty() || header[i] == row[i]) continue;
      header[i].append(header[i].empty() ? "" : " ").append(row[i]);
    }
  }

  ExtractBuilder& builder_;
  const DocxStyles& styles_;
  DocxNumbering& numbering_;
  std::vector<Paragraph> paragraphs_;  // those that are open: a text box is inside of one
  std::vector<TableState> tables_;
  std::string author_, title_, first_heading_;
  bool in_text_ = false;
  bool plain_ = false;
  int skipped_ = 0;
};

}  // namespace

Result<Extract> parse_docx(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(ZipArchive archive, ZipArchive::open(bytes));
  OfficePackage package(std::move(archive), context);
  ExtractBuilder builder("docx/1");
  std::vector<std::string> warnings;
  const std::string main = package.main_part("word/document.xml");
  const auto relationships = package.relationships_of(main);
  DocxStyles styles;
  package.read_part(target_of_type(relationships, "styles"), styles, warnings);
  DocxNumbering numbering;
  package.read_part(target_of_type(relationships, "numbering"), numbering, warnings);
  DocxReader body(builder, styles, numbering);
  GROUNDS_RETURN_IF_ERROR(package.read_main(main, body, warnings));

  // What stands beside the body: once each, since headers repeat from section to section.
  std::set<std::string> read;
  for (const std::string_view type : {"footnotes", "endnotes", "comments", "header", "footer"}) {
    for (const Relationship& relationship : relationships) {
      if (relationship.type != type || !read.insert(relationship.target).second) continue;
      DocxReader beside(builder, styles, numbering);
      beside.set_plain(true);
      package.read_part(relationship.target, beside, warnings);
    }
  }
  builder.set_title(body.title());
  builder.set_title(package.core_title());
  builder.set_title(body.first_heading());
  for (std::string& warning : warnings) builder.warn(std::move(warning));
  return builder.finish();
}

}  // namespace grounds::parsing
