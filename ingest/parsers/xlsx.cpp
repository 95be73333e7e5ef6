// Excel workbooks (ECMA-376 part 1, SpreadsheetML): a heading and tables for each sheet that is shown, cells as
// they are shown, formulas by the value that was last computed.
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>

#include "base/utf8.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/number_format.h"
#include "ingest/parsers/office_package.h"
#include "ingest/parsers/sheet.h"

namespace grounds::parsing {
namespace {

constexpr std::int64_t kMaxRows = 1'048'576;

struct SheetEntry {
  std::string name, relationship;
  bool hidden = false;
};

class WorkbookReader final : public XmlHandler {
 public:
  void start_element(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "sheet") {
      const std::string_view state = attributes.get("state");
      sheets.push_back({std::string(attributes.get("name")), std::string(attributes.get("id")),
                        state == "hidden" || state == "veryHidden"});
    } else if (name == "workbookPr") {
      const std::string_view value = attributes.get("date1904");
      from_1904 = value == "1" || value == "true";
    }
  }
  void end_element(std::string_view) override {}
  void characters(std::string_view) override {}
  std::vector<SheetEntry> sheets;
  bool from_1904 = false;
};

class SharedStringsReader final : public XmlHandler {
 public:
  void start_element(std::string_view name, const XmlAttributes&) override {
    if (name == "si") strings.emplace_back();
    if (name == "rPh") ++phonetic_;
    in_text_ = name == "t" && phonetic_ == 0;
  }
  void end_element(std::string_view name) override {
    if (name == "rPh") --phonetic_;
    in_text_ = false;
  }
  void characters(std::string_view text) override {
    if (in_text_ && !strings.empty()) strings.back() += text;
  }
  std::vector<std::string> strings;

 private:
  int phonetic_ = 0;
  bool in_text_ = false;
};

// The number format of each cell format.
class SheetStylesReader final : public XmlHandler {
 public:
  void start_element(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "numFmt") custom_[attributes.number("numFmtId", -1)] = NumberFormat(attributes.get("formatCode"));
    else if (name == "cellXfs") in_cells_ = true;
    else if (name == "xf" && in_cells_) formats_.push_back(format_of(attributes.number("numFmtId", 0)));
  }
  void end_element(std::string_view name) override {
    if (name == "cellXfs") in_cells_ = false;
  }
  void characters(std::string_view) override {}
  const NumberFormat& at(int style) const {
    static const NumberFormat kGeneral;
    return style >= 0 && static_cast<std::size_t>(style) < formats_.size() ? formats_[static_cast<std::size_t>(style)] : kGeneral;
  }

 private:
  NumberFormat format_of(int id) const {
    const auto found = custom_.find(id);
    return found == custom_.end() ? NumberFormat::built_in(id) : found->second;
  }
  std::map<int, NumberFormat> custom_;
  std::vector<NumberFormat> formats_;
  bool in_cells_ = false;
};

struct Place {
  std::int64_t row = -1;
  int column = -1;
};

// "BC23": column and row from 0; -1 for what is no such thing.
Place place_of(std::string_view reference) {
  Place place;
  std::int64_t column = 0;
  std::size_t i = 0;
  for (; i < reference.size() && reference[i] >= 'A' && reference[i] <= 'Z' && i < 4; ++i) column = column * 26 + (reference[i] - 'A' + 1);
  std::int64_t row = 0;
  const auto [end, error] = std::from_chars(reference.data() + i, reference.data() + reference.size(), row);
  if (i == 0 || error != std::errc() || end != reference.data() + reference.size() || row < 1 || row > kMaxRows) return {};
  place.row = row - 1;
  place.column = column <= Sheet::kMaxColumns ? static_cast<int>(column - 1) : -1;
  return place;
}

class SheetReader final : public XmlHandler {
 public:
  SheetReader(const std::vector<std::string>& strings, const SheetStylesReader& styles, bool from_1904)
      : strings_(strings), styles_(styles), from_1904_(from_1904) {}

  void start_element(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "row") {
      row_ = attributes.number("r", static_cast<int>(row_) + 2) - 1;
      column_ = -1;
    } else if (name == "c") {
      const Place place = place_of(attributes.get("r"));
      column_ = place.column >= 0 ? place.column : column_ + 1;
      if (place.row >= 0) row_ = place.row;
      type_ = attributes.get("t");
      style_ = attributes.number("s", -1);
      value_.clear();
    } else if (name == "v" || name == "t") {
      in_value_ = true;
    } else if (name == "rPh") {
      ++phonetic_;
    } else if (name == "mergeCell") {
      const std::string_view range = attributes.get("ref");
      const std::size_t colon = range.find(':');
      if (colon != std::string_view::npos && merges_.size() < kMaxMerges) {
        merges_.emplace_back(place_of(range.substr(0, colon)), place_of(range.substr(colon + 1)));
      }
    }
  }
  void end_element(std::string_view name) override {
    if (name == "v" || name == "t") in_value_ = false;
    if (name == "rPh") --phonetic_;
    if (name == "c" && row_ >= 0 && row_ < kMaxRows) sheet_.set(row_, column_, shown());
  }
  void characters(std::string_view text) override {
    if (in_value_ && phonetic_ == 0) value_ += text;
  }

  Sheet& finish() {
    for (const auto& [first, last] : merges_) {
      if (first.row >= 0 && last.row >= 0) sheet_.merge(first.row, first.column, last.row, last.column);
    }
    return sheet_;
  }

 private:
  static constexpr std::size_t kMaxMerges = 100'000;

  std::string shown() const {
    if (type_ == "s") {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(value_.data(), value_.data() + value_.size(), index);
      return error == std::errc() && index < strings_.size() ? strings_[index] : std::string();
    }
    if (type_ == "b") return value_ == "1" || value_ == "true" ? "TRUE" : value_.empty() ? "" : "FALSE";
    if (!type_.empty() && type_ != "n") return value_;  // str, inlineStr, e (an error), d (a date)
    char* end = nullptr;
    const double number = std::strtod(value_.c_str(), &end);
    if (value_.empty() || end != value_.c_str() + value_.size()) return value_;
    return styles_.at(style_).format(number, from_1904_);
  }

  const std::vector<std::string>& strings_;
  const SheetStylesReader& styles_;
  const bool from_1904_;
  Sheet sheet_;
  std::int64_t row_ = -1;
  int column_ = -1, style_ = -1, phonetic_ = 0;
  std::string type_, value_;
  bool in_value_ = false;
  std::vector<std::pair<Place, Place>> merges_;
};

// Text of shapes, and of the notes at cells: a paragraph each.
class ShapeTextReader final : public XmlHandler {
 public:
  explicit ShapeTextReader(ExtractBuilder& builder) : builder_(builder) {}
  void start_element(std::string_view name, const XmlAttributes&) override {
    if (name == "p" || name == "comment") text_.clear();
    in_text_ = name == "t";
  }
  void end_element(std::string_view name) override {
    in_text_ = false;
    if ((name != "p" && name != "comment") || trim(text_).empty()) return;
    builder_.open(BlockKind::kParagraph);
    builder_.append(text_);
    builder_.close();
    text_.clear();
  }
  void characters(std::string_view text) override {
    if (in_text_) text_ += text;
  }

 private:
  ExtractBuilder& builder_;
  std::string text_;
  bool in_text_ = false;
};

}  // namespace

Result<Extract> parse_xlsx(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(ZipArchive archive, ZipArchive::open(bytes));
  OfficePackage package(std::move(archive), context);
  ExtractBuilder builder("xlsx/1");
  std::vector<std::string> warnings;
  const std::string main = package.main_part("xl/workbook.xml");
  WorkbookReader workbook;
  GROUNDS_RETURN_IF_ERROR(package.read_main(main, workbook, warnings));
  const auto relationships = package.relationships_of(main);
  SharedStringsReader strings;
  package.read_part(target_of_type(relationships, "sharedStrings"), strings, warnings);
  SheetStylesReader styles;
  package.read_part(target_of_type(relationships, "styles"), styles, warnings);

  int number = 0, hidden = 0;
  for (const SheetEntry& entry : workbook.sheets) {
    ++number;
    if (entry.hidden) {
      ++hidden;
      continue;
    }
    const std::string part = target_of_id(relationships, entry.relationship);
    SheetReader reader(strings.strings, styles, workbook.from_1904);
    if (!package.read_part(part, reader, warnings)) continue;
    builder.set_page(number);
    builder.open(BlockKind::kHeading, 1);
    builder.append(entry.name);
    builder.close();
    const Sheet& sheet = reader.finish();
    if (sheet.is_full()) {
      return fail(ErrorCode::kBadInput, "the workbook is too large: the sheet " + entry.name + " holds more than is read",
                  "split it into smaller files");
    }
    sheet.add_to(builder);
    for (const Relationship& beside : package.relationships_of(part)) {
      if (beside.type != "drawing" && beside.type != "comments") continue;
      ShapeTextReader shapes(builder);
      package.read_part(beside.target, shapes, warnings);
    }
    if (builder.over_limit()) break;
  }
  if (hidden > 0) warnings.push_back(std::to_string(hidden) + (hidden == 1 ? " hidden sheet was left out" : " hidden sheets were left out"));
  builder.set_title(package.core_title());
  for (std::string& warning : warnings) builder.warn(std::move(warning));
  auto extract = builder.finish();
  // Names of sheets alone are no content.
  if (extract && std::all_of(extract->blocks.begin(), extract->blocks.end(),
                             [](const Block& block) { return block.kind == BlockKind::kHeading; })) {
    return fail(ErrorCode::kBadInput, "the workbook has no cells with text");
  }
  return extract;
}

}  // namespace grounds::parsing
