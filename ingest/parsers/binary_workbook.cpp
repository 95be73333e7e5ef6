// Binary workbooks (.xlsb, MS-XLSB): what xlsx.cpp reads, in records of BIFF12.
#include <algorithm>
#include <bit>
#include <map>

#include "base/utf8.h"
#include "ingest/parsers/excel_values.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/number_format.h"
#include "ingest/parsers/office_package.h"
#include "ingest/parsers/sheet.h"

namespace grounds::parsing {
namespace {

constexpr std::int64_t kMaxRows = 1'048'576;
constexpr std::size_t kMaxMerges = 100'000;

// Numbers of records (MS-XLSB 2.3.2).
enum Record : std::uint32_t {
  kRow = 0, kCellRk = 2, kCellError = 3, kCellBool = 4, kCellReal = 5, kCellText = 6, kCellShared = 7, kFormulaText = 8,
  kFormulaNumber = 9, kFormulaBool = 10, kFormulaError = 11, kSharedString = 19, kFormat = 44, kCellFormat = 47, kCellRichText = 62,
  kWorkbookProperties = 153, kBundleSheet = 156, kMergeCell = 176, kBeginCellFormats = 617, kEndCellFormats = 618
};

// Reads fields one after another; what lies beyond the end is 0 and empty.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t number(std::size_t size) {
    if (bytes_.size() < size) {
      bytes_ = {};
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(bytes_[i]);
    bytes_.remove_prefix(size);
    return value;
  }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  double real() { return std::bit_cast<double>(number(8)); }
  // XLWideString: a count of UTF-16 units, 0xFFFFFFFF for none, and the units.
  std::string text() {
    const std::uint32_t count = u32();
    if (count == 0xFFFFFFFF || count > bytes_.size() / 2) return {};
    std::string result;
    for (std::uint32_t i = 0; i < count; ++i) {
      char32_t c = static_cast<char32_t>(number(2));
      if (c >= 0xD800 && c < 0xDC00 && i + 1 < count) {
        Fields ahead = *this;
        const auto low = static_cast<char32_t>(ahead.number(2));
        if (low >= 0xDC00 && low < 0xE000) {
          c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
          *this = ahead;
          ++i;
        }
      }
      append_utf8(result, c >= 0xD800 && c < 0xE000 ? 0xFFFD : c);
    }
    return result;
  }

 private:
  std::string_view bytes_;
};

// Calls take(record, content) for each record; ends where one is cut off.
template <class Take>
void for_each_record(std::string_view bytes, const Take& take) {
  const auto read = [&](int most, std::uint32_t& value) {
    value = 0;
    for (int i = 0; i < most; ++i) {
      if (bytes.empty()) return false;
      const auto byte = static_cast<unsigned char>(bytes[0]);
      bytes.remove_prefix(1);
      value |= static_cast<std::uint32_t>(byte & 0x7F) << (7 * i);
      if ((byte & 0x80) == 0) break;
    }
    return true;
  };
  std::uint32_t record = 0, size = 0;
  while (read(2, record) && read(4, size) && size <= bytes.size()) {
    take(record, Fields(bytes.substr(0, size)));
    bytes.remove_prefix(size);
  }
}

struct SheetEntry {
  std::string name, relationship;
  bool hidden = false;
};

struct Workbook {
  std::vector<SheetEntry> sheets;
  bool from_1904 = false;
  std::vector<std::string> strings;
  std::vector<NumberFormat> formats;  // by cell format
};

void read_workbook(std::string_view bytes, Workbook& workbook) {
  for_each_record(bytes, [&](std::uint32_t record, Fields fields) {
    if (record == kWorkbookProperties) workbook.from_1904 = (fields.u32() & 1) != 0;
    if (record != kBundleSheet) return;
    SheetEntry entry;
    entry.hidden = fields.u32() != 0;
    if (fields.u32() == 0) fields.u32();  // no sheet has the number 0: files of Excel 2007's trial have a field more
    entry.relationship = fields.text();
    entry.name = fields.text();
    workbook.sheets.push_back(std::move(entry));
  });
}

void read_strings(std::string_view bytes, Workbook& workbook) {
  for_each_record(bytes, [&](std::uint32_t record, Fields fields) {
    if (record != kSharedString) return;
    fields.number(1);
    workbook.strings.push_back(fields.text());
  });
}

void read_styles(std::string_view bytes, Workbook& workbook) {
  std::map<std::uint64_t, NumberFormat> custom;
  bool in_cells = false;
  for_each_record(bytes, [&](std::uint32_t record, Fields fields) {
    if (record == kFormat) {
      const std::uint64_t id = fields.number(2);
      custom[id] = NumberFormat(fields.text());
    } else if (record == kBeginCellFormats || record == kEndCellFormats) {
      in_cells = record == kBeginCellFormats;
    } else if (record == kCellFormat && in_cells) {
      fields.number(2);
      const std::uint64_t id = fields.number(2);
      const auto found = custom.find(id);
      workbook.formats.push_back(found == custom.end() ? NumberFormat::built_in(static_cast<int>(id)) : found->second);
    }
  });
}

struct Merge {
  std::uint32_t first_row, last_row, first_column, last_column;
};

Sheet read_sheet(std::string_view bytes, const Workbook& workbook) {
  Sheet sheet;
  std::vector<Merge> merges;
  std::int64_t row = -1;
  for_each_record(bytes, [&](std::uint32_t record, Fields fields) {
    if (record == kRow) {
      row = fields.u32();
      return;
    }
    if (record == kMergeCell) {
      if (merges.size() >= kMaxMerges) return;
      Merge merge{};
      merge.first_row = fields.u32();
      merge.last_row = fields.u32();
      merge.first_column = fields.u32();
      merge.last_column = fields.u32();
      merges.push_back(merge);
      return;
    }
    const bool is_cell = (record >= kCellRk && record <= kFormulaError) || record == kCellRichText;
    if (!is_cell || row < 0 || row >= kMaxRows) return;
    const std::uint32_t column = fields.u32();
    const auto style = static_cast<std::size_t>(fields.number(3));
    fields.number(1);
    if (column >= static_cast<std::uint32_t>(Sheet::kMaxColumns)) return;
    const auto shown = [&](double number) {
      static const NumberFormat kGeneral;
      return (style < workbook.formats.size() ? workbook.formats[style] : kGeneral).format(number, workbook.from_1904);
    };
    std::string text;
    switch (record) {
      case kCellRk: text = shown(excel_rk_number(fields.u32())); break;
      case kCellReal:
      case kFormulaNumber: text = shown(fields.real()); break;
      case kCellError:
      case kFormulaError: text = excel_error(fields.number(1)); break;
      case kCellBool:
      case kFormulaBool: text = fields.number(1) != 0 ? "TRUE" : "FALSE"; break;
      case kCellRichText: fields.number(1); text = fields.text(); break;
      case kCellShared: {
        const std::uint32_t index = fields.u32();
        if (index < workbook.strings.size()) text = workbook.strings[index];
        break;
      }
      default: text = fields.text();
    }
    sheet.set(row, static_cast<int>(column), std::move(text));
  });
  for (const Merge& merge : merges) {
    const auto last_column = static_cast<std::int64_t>(merge.last_column);
    if (last_column >= Sheet::kMaxColumns || merge.first_column > merge.last_column) continue;
    sheet.merge(merge.first_row, static_cast<int>(merge.first_column), merge.last_row, static_cast<int>(last_column));
  }
  return sheet;
}

}  // namespace

Result<Extract> parse_binary_workbook(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(ZipArchive archive, ZipArchive::open(bytes));
  OfficePackage package(std::move(archive), context);
  const auto read = [&](std::string_view part) -> Result<std::string> {
    const ZipEntry* const entry = package.archive().find(part);
    if (entry == nullptr) return fail(ErrorCode::kBadInput, "the workbook is damaged: it has no part " + std::string(part), "open it and save it anew");
    return package.archive().read(*entry, context);
  };
  const std::string main = package.main_part("xl/workbook.bin");
  const auto relationships = package.relationships_of(main);
  Workbook workbook;
  GROUNDS_ASSIGN_OR_RETURN(const std::string main_part, read(main));
  read_workbook(main_part, workbook);
  ExtractBuilder builder("xlsb/1");
  for (const auto& [type, take] : {std::pair{"sharedStrings", &read_strings}, std::pair{"styles", &read_styles}}) {
    const std::string part = target_of_type(relationships, type);
    if (part.empty()) continue;
    if (const auto content = read(part)) take(*content, workbook);
    else builder.warn(part + " was left out: " + content.error().message);
  }
  int number = 0, hidden = 0;
  for (const SheetEntry& entry : workbook.sheets) {
    ++number;
    if (entry.hidden) {
      ++hidden;
      continue;
    }
    const auto content = read(target_of_id(relationships, entry.relationship));
    if (!content) {
      builder.warn("the sheet " + entry.name + " was left out: " + content.error().message);
      continue;
    }
    const Sheet sheet = read_sheet(*content, workbook);
    if (sheet.is_full()) {
      return fail(ErrorCode::kBadInput, "the workbook is too large: the sheet " + entry.name + " holds more than is read",
                  "split it into smaller files");
    }
    builder.set_page(number);
    builder.open(BlockKind::kHeading, 1);
    builder.append(entry.name);
    builder.close();
    sheet.add_to(builder);
    if (builder.over_limit()) break;
  }
  if (hidden > 0) builder.warn(std::to_string(hidden) + (hidden == 1 ? " hidden sheet was left out" : " hidden sheets were left out"));
  builder.set_title(package.core_title());
  auto extract = builder.finish();
  // Names of sheets alone are no content.
  if (extract && std::ranges::all_of(extract->blocks, [](const Block& block) { return block.kind == BlockKind::kHeading; })) {
    return fail(ErrorCode::kBadInput, "the workbook has no cells with text");
  }
  return extract;
}

}  // namespace grounds::parsing
