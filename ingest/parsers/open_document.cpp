// OpenDocument (OASIS, version 1.3): text, spreadsheets, presentations. Cells and paragraphs hold the text that
// is shown, so no formats need to be applied.
#include <algorithm>

#include "base/utf8.h"
#include "ingest/parsers/delimited.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/office_package.h"
#include "ingest/parsers/sheet.h"

namespace grounds::parsing {
namespace {

enum class Kind { kText, kSheets, kSlides };

constexpr int kMaxRepeat = 1'000;  // of cells and rows that hold something; empty ones do not count

class ContentReader final : public XmlHandler {
 public:
  ContentReader(ExtractBuilder& builder, Kind kind) : builder_(builder), kind_(kind) {}

  void start_element(std::string_view name, const XmlAttributes& attributes) override {
    if (skipped_ > 0 || name == "tracked-changes" || name == "annotation-end" || name == "forms" || name == "shapes") {
      ++skipped_;
    } else if (name == "p" || name == "h") {
      start_paragraph(name == "h" ? std::max(1, attributes.number("outline-level", 1)) : 0);
    } else if (name == "tab") {
      text() += '\t';
    } else if (name == "s") {
      text().append(static_cast<std::size_t>(std::clamp(attributes.number("c", 1), 1, 100)), ' ');
    } else if (name == "line-break") {
      text() += '\n';
    } else if (name == "list") {
      ++lists_;
    } else if (name == "list-item") {
      item_pending_ = true;
    } else if (name == "page") {
      builder_.set_page(++page_);
    } else if (name == "frame" || name == "custom-shape") {
      is_title_ = attributes.get("class") == "title";
    } else if (name == "table") {
      start_table(attributes);
    } else if (name == "table-row") {
      row_repeat_ = std::max(1, attributes.number("number-rows-repeated", 1));
      column_ = 0;
      row_.clear();
      if (kind_ != Kind::kSheets && !tables_.empty()) tables_.back().emplace_back();
    } else if (name == "table-cell" || name == "covered-table-cell") {
      start_cell(attributes);
    }
  }

  void end_element(std::string_view name) override {
    if (skipped_ > 0) --skipped_;
    else if (name == "p" || name == "h") end_paragraph();
    else if (name == "list" && lists_ > 0) --lists_;
    else if (name == "frame" || name == "custom-shape") is_title_ = false;
    else if (name == "table-cell" || name == "covered-table-cell") end_cell();
    else if (name == "table-row") end_row();
    else if (name == "table") end_table();
  }

  void characters(std::string_view piece) override {
    if (skipped_ == 0 && !paragraphs_.empty()) text() += piece;
  }

  const std::string& first_heading() const { return first_heading_; }
  bool is_full() const { return full_; }

 private:
  struct Paragraph {
    std::string text;
    int heading = 0;
  };
  // Text outside of any paragraph goes nowhere.
  std::string& text() { return paragraphs_.empty() ? nowhere_ : paragraphs_.back().text; }
  bool in_cell() const { return cells_open_ > 0; }

  void start_paragraph(int heading) { paragraphs_.push_back({{}, heading}); }

  void end_paragraph() {
    nowhere_.clear();
    if (paragraphs_.empty()) return;
    Paragraph paragraph = std::move(paragraphs_.back());
    paragraphs_.pop_back();
    if (trim(paragraph.text).empty()) return;
    if (in_cell()) {
      cell_.append(cell_.empty() ? "" : "\n").append(paragraph.text);
      return;
    }
    if (kind_ == Kind::kSlides && is_title_) paragraph.heading = 1;
    if (paragraph.heading > 0) {
      builder_.open(BlockKind::kHeading, paragraph.heading);
      if (first_heading_.empty()) first_heading_ = paragraph.text;
    } else if (lists_ > 0) {
      builder_.open(BlockKind::kListItem, lists_, item_pending_ ? "- " : "");
      item_pending_ = false;
    } else {
      builder_.open(BlockKind::kParagraph);
    }
    std::string_view rest = paragraph.text;
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      builder_.append(rest.substr(0, end));
      builder_.line_break();
      rest.remove_prefix(end + 1);
    }
    builder_.append(rest);
    builder_.close();
  }

  void start_table(const XmlAttributes& attributes) {
    if (kind_ != Kind::kSheets) {
      tables_.emplace_back();
      return;
    }
    sheet_ = Sheet();
    sheet_row_ = 0;
    builder_.set_page(++page_);
    builder_.open(BlockKind::kHeading, 1);
    builder_.append(attributes.get("name"));
    builder_.close();
  }

  void start_cell(const XmlAttributes& attributes) {
    ++cells_open_;
    if (cells_open_ > 1) return;  // a table in a cell is text of the cell
    cell_.clear();
    cell_repeat_ = std::max(1, attributes.number("number-columns-repeated", 1));
    columns_spanned_ = std::clamp(attributes.number("number-columns-spanned", 1), 1, kMaxRepeat);
    rows_spanned_ = std::clamp(attributes.number("number-rows-spanned", 1), 1, kMaxRepeat);
  }

  void end_cell() {
    if (cells_open_ == 0 || --cells_open_ > 0) return;
    const int repeat = cell_.empty() ? cell_repeat_ : std::min(cell_repeat_, kMaxRepeat);
    if (!cell_.empty()) {
      if (columns_spanned_ > 1 || rows_spanned_ > 1) merges_.push_back({rows(), column_, rows_spanned_, columns_spanned_});
      for (int i = 0; i < repeat; ++i) row_.emplace_back(column_ + i, cell_);
    }
    if (column_ < Sheet::kMaxColumns) column_ += repeat;
    cell_.clear();
  }

  std::int64_t rows() const {
    if (kind_ == Kind::kSheets || tables_.empty()) return sheet_row_;
    return static_cast<std::int64_t>(tables_.back().size()) - 1;
  }

  void end_row() {
    if (in_cell()) return;
    if (kind_ == Kind::kSheets) {
      const int repeat = row_.empty() ? 1 : std::min(row_repeat_, kMaxRepeat);
      for (int i = 0; i < repeat; ++i) {
        for (const auto& [column, text] : row_) {
          if (!sheet_.set(sheet_row_ + i, column, text)) full_ = true;
        }
      }
      sheet_row_ += std::max(row_repeat_, repeat);
    } else if (!tables_.empty() && !tables_.back().empty()) {
      std::vector<std::string>& record = tables_.back().back();
      for (const auto& [column, text] : row_) {
        if (column >= kMaxRepeat) continue;
        if (record.size() <= static_cast<std::size_t>(column)) record.resize(static_cast<std::size_t>(column) + 1);
        record[static_cast<std::size_t>(column)] = text;
      }
    }
    row_.clear();
  }

  void end_table() {
    if (in_cell()) {
      if (!tables_.empty()) tables_.pop_back();
      return;
    }
    if (kind_ == Kind::kSheets) {
      for (const Merge& merge : merges_) {
        sheet_.merge(merge.row, merge.column, merge.row + merge.rows - 1, merge.column + merge.columns - 1);
      }
      full_ = full_ || sheet_.is_full();
      sheet_.add_to(builder_);
    } else if (!tables_.empty()) {
      Records records = std::move(tables_.back());
      tables_.pop_back();
      std::size_t width = 0;
      for (const auto& record : records) width = std::max(width, record.size());
      for (auto& record : records) record.resize(width);
      for (const Merge& merge : merges_) repeat_merged(records, merge);
      builder_.add_table(shape_table(std::move(records)));
    }
    merges_.clear();
  }

  struct Merge {
    std::int64_t row;
    int column, rows, columns;
  };
  static void repeat_merged(Records& records, const Merge& merge) {
    const auto first = static_cast<std::size_t>(merge.row);
    const auto column = static_cast<std::size_t>(merge.column);
    if (first >= records.size() || column >= records[first].size()) return;
    const std::string text = records[first][column];
    for (std::size_t r = first; r < std::min(records.size(), first + static_cast<std::size_t>(merge.rows)); ++r) {
      for (std::size_t c = column; c < std::min(records[r].size(), column + static_cast<std::size_t>(merge.columns)); ++c) {
        if (records[r][c].empty()) records[r][c] = text;
      }
    }
  }

  ExtractBuilder& builder_;
  const Kind kind_;
  std::vector<Paragraph> paragraphs_;
  std::vector<Records> tables_;
  std::vector<Merge> merges_;
  std::vector<std::pair<int, std::string>> row_;
  Sheet sheet_;
  std::int64_t sheet_row_ = 0;
  std::string cell_, first_heading_, nowhere_;
  int skipped_ = 0, lists_ = 0, page_ = 0, cells_open_ = 0, column_ = 0;
  int cell_repeat_ = 1, row_repeat_ = 1, columns_spanned_ = 1, rows_spanned_ = 1;
  bool item_pending_ = false, is_title_ = false, full_ = false;
};

class ManifestReader final : public XmlHandler {
 public:
  void start_element(std::string_view name, const XmlAttributes&) override { encrypted |= name == "encryption-data"; }
  void end_element(std::string_view) override {}
  void characters(std::string_view) override {}
  bool encrypted = false;
};

Result<Extract> parse_open_document(std::string_view bytes, ParseContext& context, Kind kind, std::string parser) {
  GROUNDS_ASSIGN_OR_RETURN(ZipArchive archive, ZipArchive::open(bytes));
  OfficePackage package(std::move(archive), context);
  std::vector<std::string> warnings;
  ManifestReader manifest;
  package.read_part("META-INF/manifest.xml", manifest, warnings);
  if (manifest.encrypted) {
    return fail(ErrorCode::kBadInput, "the document is encrypted", "save it without a password; passwords are not taken");
  }
  ExtractBuilder builder(std::move(parser));
  ContentReader content(builder, kind);
  GROUNDS_RETURN_IF_ERROR(package.read_main("content.xml", content, warnings));
  if (content.is_full()) {
    return fail(ErrorCode::kBadInput, "the document is too large: it holds more cells than are read",
                "split it into smaller files");
  }
  builder.set_title(package.title_in("meta.xml", warnings));
  if (kind != Kind::kSheets) builder.set_title(content.first_heading());
  for (std::string& warning : warnings) builder.warn(std::move(warning));
  return builder.finish();
}

}  // namespace

Result<Extract> parse_odt(std::string_view bytes, ParseContext& context) {
  return parse_open_document(bytes, context, Kind::kText, "odt/1");
}
Result<Extract> parse_ods(std::string_view bytes, ParseContext& context) {
  return parse_open_document(bytes, context, Kind::kSheets, "ods/1");
}
Result<Extract> parse_odp(std::string_view bytes, ParseContext& context) {
  return parse_open_document(bytes, context, Kind::kSlides, "odp/1");
}

}  // namespace grounds::parsing
