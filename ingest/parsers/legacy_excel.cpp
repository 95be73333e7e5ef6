// Excel 97-2003 and before ([MS-XLS], BIFF 3 to 8): a heading and tables for each sheet that is shown, cells as
// they are shown, formulas by the value that was last computed.
#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "base/utf8.h"
#include "ingest/parsers/compound_file.h"
#include "ingest/parsers/encoding.h"
#include "ingest/parsers/excel_values.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/number_format.h"
#include "ingest/parsers/sheet.h"

namespace grounds::parsing {
namespace {

// Types of records.
enum Type : std::uint16_t {
  kFormula = 0x06, kEnd = 0x0A, kDateMode = 0x22, kFilePass = 0x2F, kContinue = 0x3C, kCodePage = 0x42, kBoundSheet = 0x85,
  kMulRk = 0xBD, kRString = 0xD6, kXf = 0xE0, kMergeCells = 0xE5, kSst = 0xFC, kLabelSst = 0xFD, kNumber = 0x203,
  kLabel = 0x204, kBoolErr = 0x205, kString = 0x207, kRk = 0x27E, kFormat = 0x41E
};

std::uint64_t number_at(std::string_view bytes, std::size_t at, int size) {
  std::uint64_t value = 0;
  for (int i = size; i-- > 0;) {
    const std::size_t place = at + static_cast<std::size_t>(i);
    value = value << 8 | (place < bytes.size() ? static_cast<unsigned char>(bytes[place]) : 0u);
  }
  return value;
}

struct Record {
  std::uint16_t type = 0;
  std::string_view data;
};

class Records {
 public:
  explicit Records(std::string_view stream) : stream_(stream) {}
  void seek(std::size_t at) { at_ = at; }
  std::size_t at() const { return at_; }
  bool next(Record& record) {
    if (at_ > stream_.size() || stream_.size() - at_ < 4) return false;
    record.type = static_cast<std::uint16_t>(number_at(stream_, at_, 2));
    const std::size_t size = std::min<std::size_t>(number_at(stream_, at_ + 2, 2), stream_.size() - at_ - 4);
    record.data = stream_.substr(at_ + 4, size);
    at_ += 4 + size;
    return true;
  }
  bool peek(Record& record) {
    const std::size_t before = at_;
    const bool there = next(record);
    at_ = before;
    return there;
  }

 private:
  std::string_view stream_;
  std::size_t at_ = 0;
};

// A string table that goes on over several records; where a record ends inside a string's characters, the next
// one starts with a byte that says how wide they are from there on.
class SegmentReader {
 public:
  explicit SegmentReader(std::vector<std::string_view> segments) : segments_(std::move(segments)) {}
  bool is_over() { return remaining() == 0; }
  std::uint64_t number(int size) {
    std::uint64_t value = 0;
    for (int i = 0; i < size; ++i) value |= static_cast<std::uint64_t>(byte()) << (8 * i);
    return value;
  }
  void skip(std::uint64_t count) {
    while (count > 0 && remaining() > 0) {
      const std::uint64_t step = std::min<std::uint64_t>(count, segments_[segment_].size() - at_);
      at_ += step;
      count -= step;
    }
  }
  std::string characters(std::size_t count, bool wide) {
    std::string bytes;  // UTF-16
    while (count > 0) {
      const bool at_end = segment_ < segments_.size() && at_ == segments_[segment_].size();
      if (remaining() == 0) break;
      if (at_end) wide = (byte() & 1) != 0;
      if (remaining() == 0) break;
      bytes += static_cast<char>(byte());
      bytes += wide ? static_cast<char>(byte()) : '\0';
      --count;
    }
    return convert_to_utf8(bytes, "UTF-16LE");
  }

 private:
  // Bytes left in the current segment, going on to the next one at its end; 0 at the end of all.
  std::size_t remaining() {
    while (segment_ < segments_.size() && at_ == segments_[segment_].size()) {
      ++segment_;
      at_ = 0;
    }
    return segment_ < segments_.size() ? segments_[segment_].size() - at_ : 0;
  }
  unsigned char byte() { return remaining() == 0 ? static_cast<unsigned char>(0) : static_cast<unsigned char>(segments_[segment_][at_++]); }

  std::vector<std::string_view> segments_;
  std::size_t segment_ = 0, at_ = 0;
};

struct SheetPlace {
  std::string name;
  std::size_t offset = 0;
  bool hidden = false, is_sheet = true;
};

class WorkbookReader {
 public:
  explicit WorkbookReader(std::string_view stream) : stream_(stream), records_(stream) {}

  // The workbook's own part: sheets, strings, formats. kBadInput: encrypted, or no workbook.
  Status read_globals() {
    Record record;
    if (!records_.next(record) || (record.type & 0xFF) != 0x09) return fail(ErrorCode::kBadInput, "it is no Excel workbook");
    version_ = record.type == 0x0809 ? (number_at(record.data, 0, 2) >= 0x0600 ? 8 : 5) : record.type >> 8;
    const bool has_sheets = record.type == 0x0809 && number_at(record.data, 2, 2) == 0x0005;
    if (!has_sheets) {  // before version 5 a file is one sheet
      sheets_.push_back({"", 0, false, true});
      while (records_.next(record) && record.type != kEnd) read_global(record);
      return encrypted_ ? encrypted() : Status();
    }
    while (records_.next(record) && record.type != kEnd) read_global(record);
    return encrypted_ ? encrypted() : Status();
  }

  const std::vector<SheetPlace>& sheets() const { return sheets_; }

  Sheet read_sheet(const SheetPlace& place) {
    Sheet sheet;
    records_.seek(place.offset);
    Record record;
    std::vector<std::array<int, 4>> merges;
    int depth = 0;
    while (records_.next(record) && !sheet.is_full()) {
      if ((record.type & 0xFF) == 0x09 && (record.type >> 8) <= 8 && record.type != 0x0509) ++depth;  // charts inside
      else if (record.type == kEnd && --depth <= 0) break;
      else if (depth == 1) read_cell(record, sheet, merges);
    }
    for (const auto& merge : merges) sheet.merge(merge[0], merge[2], merge[1], merge[3]);
    return sheet;
  }

 private:
  static tl::unexpected<Error> encrypted() {
    return fail(ErrorCode::kBadInput, "the workbook is encrypted", "save it without a password; passwords are not taken");
  }

  void read_global(const Record& record) {
    const std::string_view data = record.data;
    switch (record.type) {
      case kFilePass: encrypted_ = true; break;
      case kDateMode: from_1904_ = number_at(data, 0, 2) != 0; break;
      case kCodePage: read_code_page(number_at(data, 0, 2)); break;
      case kBoundSheet: {
        SheetPlace place;
        place.offset = number_at(data, 0, 4);
        place.hidden = (number_at(data, 4, 1) & 3) != 0;
        place.is_sheet = number_at(data, 5, 1) == 0;
        if (data.size() > 7) place.name = version_ >= 8 ? unicode(data.substr(7), number_at(data, 6, 1)) : bytes_text(data.substr(7, number_at(data, 6, 1)));
        sheets_.push_back(std::move(place));
        break;
      }
      case kFormat: {
        if (version_ < 5 || data.size() < 4) break;
        const std::string code = version_ >= 8 ? unicode(data.substr(4), number_at(data, 2, 2)) : bytes_text(data.substr(3, number_at(data, 2, 1)));
        formats_[static_cast<int>(number_at(data, 0, 2))] = NumberFormat(code);
        break;
      }
      case kXf: {
        const int id = static_cast<int>(number_at(data, 2, 2));
        const auto found = formats_.find(id);
        styles_.push_back(found == formats_.end() ? NumberFormat::built_in(id) : found->second);
        break;
      }
      case kSst: read_strings(data); break;
      default: break;
    }
  }

  void read_code_page(std::uint64_t page) {
    if (page == 0x8000) code_page_ = "macintosh";
    else if (page == 936) code_page_ = "GB18030";
    else if (page == 950) code_page_ = "BIG5";
    else if (page == 932) code_page_ = "windows-31j";
    else if (page >= 874 && page <= 1258) code_page_ = "windows-" + std::to_string(page);
  }

  void read_strings(std::string_view first) {
    std::vector<std::string_view> segments = {first};
    Record more;
    while (records_.peek(more) && more.type == kContinue) {
      records_.next(more);
      segments.push_back(more.data);
    }
    SegmentReader reader(std::move(segments));
    reader.skip(4);
    const std::uint64_t count = reader.number(4);
    std::size_t bytes = 0;
    while (strings_.size() < count && !reader.is_over() && bytes <= kMaxExtractBytes) {
      const std::size_t length = reader.number(2);
      const std::uint64_t flags = reader.number(1);
      const std::uint64_t runs = (flags & 8) != 0 ? reader.number(2) : 0;
      const std::uint64_t phonetic = (flags & 4) != 0 ? reader.number(4) : 0;
      strings_.push_back(reader.characters(length, (flags & 1) != 0));
      bytes += strings_.back().size();
      reader.skip(runs * 4 + phonetic);
    }
  }

  // `data` starts with the byte of flags.
  static std::string unicode(std::string_view data, std::uint64_t length) {
    if (data.empty()) return {};
    SegmentReader reader({data.substr(1)});
    return reader.characters(length, (data[0] & 1) != 0);
  }
  std::string bytes_text(std::string_view bytes) const { return convert_to_utf8(bytes, code_page_); }

  std::string number_text(double value, std::uint64_t style) const {
    return style < styles_.size() ? styles_[style].format(value, from_1904_) : general_number(value);
  }

  void read_cell(const Record& record, Sheet& sheet, std::vector<std::array<int, 4>>& merges) {
    const std::string_view data = record.data;
    const auto row = static_cast<std::int64_t>(number_at(data, 0, 2));
    const int column = static_cast<int>(number_at(data, 2, 2));
    const std::uint64_t style = number_at(data, 4, 2);
    switch (record.type) {
      case kLabelSst: {
        const std::uint64_t index = number_at(data, 6, 4);
        if (index < strings_.size()) sheet.set(row, column, strings_[index]);
        break;
      }
      case kLabel:
      case kRString:
        if (data.size() < 9) break;
        sheet.set(row, column, version_ >= 8 ? unicode(data.substr(8), number_at(data, 6, 2)) : bytes_text(data.substr(8, number_at(data, 6, 2))));
        break;
      case kNumber: sheet.set(row, column, number_text(std::bit_cast<double>(number_at(data, 6, 8)), style)); break;
      case kRk: sheet.set(row, column, number_text(excel_rk_number(static_cast<std::uint32_t>(number_at(data, 6, 4))), style)); break;
      case kMulRk:
        for (std::size_t at = 4; at + 8 <= data.size(); at += 6) {
          const int place = column + static_cast<int>((at - 4) / 6);
          sheet.set(row, place, number_text(excel_rk_number(static_cast<std::uint32_t>(number_at(data, at + 2, 4))), number_at(data, at, 2)));
        }
        break;
      case kBoolErr:
        if (number_at(data, 7, 1) != 0) sheet.set(row, column, std::string(excel_error(number_at(data, 6, 1))));
        else sheet.set(row, column, number_at(data, 6, 1) != 0 ? "TRUE" : "FALSE");
        break;
      case kFormula:
      case 0x0206:  // versions 3 and 4
      case 0x0406: read_formula(data, row, column, style, sheet); break;
      case kMergeCells: {
        const std::size_t count = number_at(data, 0, 2);
        for (std::size_t i = 0; i < count && 10 + i * 8 <= data.size(); ++i) {
          merges.push_back({static_cast<int>(number_at(data, 2 + i * 8, 2)), static_cast<int>(number_at(data, 4 + i * 8, 2)),
                            static_cast<int>(number_at(data, 6 + i * 8, 2)), static_cast<int>(number_at(data, 8 + i * 8, 2))});
        }
        break;
      }
      default: break;
    }
  }

  void read_formula(std::string_view data, std::int64_t row, int column, std::uint64_t style, Sheet& sheet) {
    if (number_at(data, 12, 2) != 0xFFFF) {
      sheet.set(row, column, number_text(std::bit_cast<double>(number_at(data, 6, 8)), style));
      return;
    }
    const std::uint64_t kind = number_at(data, 6, 1), value = number_at(data, 8, 1);
    if (kind == 1) sheet.set(row, column, value != 0 ? "TRUE" : "FALSE");
    if (kind == 2) sheet.set(row, column, std::string(excel_error(value)));
    if (kind != 0) return;
    // A text: in the record behind, or behind one that describes a shared formula.
    const std::size_t before = records_.at();
    Record next;
    for (int i = 0; i < 3 && records_.next(next); ++i) {
      if (next.type != kString || next.data.size() < 3) continue;
      sheet.set(row, column, version_ >= 8 ? unicode(next.data.substr(2), number_at(next.data, 0, 2)) : bytes_text(next.data.substr(2, number_at(next.data, 0, 2))));
      return;
    }
    records_.seek(before);
  }

  std::string_view stream_;
  Records records_;
  int version_ = 8;
  bool encrypted_ = false, from_1904_ = false;
  std::string code_page_ = "windows-1252";
  std::vector<SheetPlace> sheets_;
  std::vector<std::string> strings_;
  std::map<int, NumberFormat> formats_;
  std::vector<NumberFormat> styles_;
};

}  // namespace

Result<Extract> parse_legacy_excel(std::string_view bytes, ParseContext&) {
  std::string stream;
  if (bytes.starts_with("\xD0\xCF\x11\xE0")) {
    GROUNDS_ASSIGN_OR_RETURN(const CompoundFile file, CompoundFile::open(bytes));
    const std::int64_t at = file.has("Workbook") ? file.find("Workbook", 0) : file.find("Book", 0);
    if (at < 0) return fail(ErrorCode::kBadInput, "it is no Excel workbook");
    GROUNDS_ASSIGN_OR_RETURN(stream, file.read(file.entries()[static_cast<std::size_t>(at)]));
    bytes = stream;
  }
  WorkbookReader workbook(bytes);
  GROUNDS_RETURN_IF_ERROR(workbook.read_globals());
  ExtractBuilder builder("xls/1");
  int number = 0, hidden = 0;
  bool has_cells = false;
  for (const SheetPlace& place : workbook.sheets()) {
    ++number;
    if (place.hidden && place.is_sheet) ++hidden;
    if (place.hidden || !place.is_sheet) continue;
    builder.set_page(number);
    builder.open(BlockKind::kHeading, 1);
    builder.append(place.name);
    builder.close();
    const std::size_t before = builder.text().size();
    const Sheet sheet = workbook.read_sheet(place);
    if (sheet.is_full()) {
      return fail(ErrorCode::kBadInput, "the workbook is too large: the sheet " + place.name + " holds more than is read",
                  "split it into smaller files");
    }
    sheet.add_to(builder);
    has_cells = has_cells || builder.text().size() > before;
    if (builder.over_limit()) break;
  }
  if (!has_cells && !builder.over_limit()) return fail(ErrorCode::kBadInput, "the workbook has no cells with text");
  if (hidden > 0) builder.warn(std::to_string(hidden) + (hidden == 1 ? " hidden sheet was left out" : " hidden sheets were left out"));
  return builder.finish();
}

}  // namespace grounds::parsing
