#include "ingest/parsers/delimited.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/limits.h"

namespace grounds::parsing {
namespace {

constexpr std::size_t kSampledBytes = 64u << 10;
constexpr std::size_t kSampledRecords = 50;

// Reads one field that starts at `at`, up to its delimiter, line end or the end of the text.
// False: its quote is not closed.
bool read_field(std::string_view text, char delimiter, bool quoting, std::size_t& at, std::string& field) {
  if (quoting && at < text.size() && text[at] == '"') {
    ++at;
    for (;;) {
      const std::size_t quote = text.find('"', at);
      if (quote == std::string_view::npos) return false;
      field.append(text, at, quote - at);
      at = quote + 1;
      if (at < text.size() && text[at] == '"') {
        field += '"';
        ++at;
      } else {
        break;
      }
    }
  }
  const std::size_t begin = at;
  while (at < text.size() && text[at] != delimiter && text[at] != '\n') ++at;
  field.append(text, begin, at - begin);
  return true;
}

std::string line_number(std::string_view text, std::size_t at) {
  return std::to_string(1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

enum class Quotes { kRfc4180, kOrdinary, kSample /* one left open at the end is no error */ };
constexpr std::string_view kOpenQuote = "does not end";

Result<Records> read(std::string_view text, char delimiter, std::size_t max_records, Quotes quotes) {
  Records records;
  std::size_t cells = 0;
  std::size_t at = 0;
  while (at < text.size() && records.size() < max_records) {
    if (text[at] == '\n') {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    std::vector<std::string> record;
    for (;;) {
      std::string field;
      if (!read_field(text, delimiter, quotes != Quotes::kOrdinary, at, field)) {
        if (quotes == Quotes::kSample) return records;
        return fail(ErrorCode::kBadInput, "the quoted field in the record at line " +
                                              line_number(text, begin) + " " + std::string(kOpenQuote));
      }
      record.push_back(std::move(field));
      if (++cells > kMaxTableCells) {
        return fail(ErrorCode::kBadInput,
                    "the table is too large: it has more than " + std::to_string(kMaxTableCells) + " cells",
                    "split it into smaller files");
      }
      if (at >= text.size() || text[at] == '\n') break;
      ++at;  // the delimiter
    }
    if (at < text.size()) ++at;
    records.push_back(std::move(record));
  }
  return records;
}

bool is_number(std::string_view cell) {
  cell = trim(cell);
  return !cell.empty() && cell.find_first_not_of("0123456789.,+-%$ ") == std::string_view::npos;
}

bool is_year(std::string_view cell) {
  cell = trim(cell);
  return cell.size() == 4 && is_number(cell) && (cell[0] == '1' || cell[0] == '2');
}

// Takes the lines above the header that hold one cell only: the table's title and notes.
std::string take_caption(Records& records) {
  std::string caption;
  std::size_t lines = 0;
  while (lines < 3 && lines + 1 < records.size() && filled_cells(records[lines]) == 1 &&
         (filled_cells(records[lines + 1]) > 1 || lines + 2 < records.size())) {
    ++lines;
  }
  if (lines == 0 || filled_cells(records[lines]) < 2) return {};
  for (std::size_t i = 0; i < lines; ++i) {
    for (const std::string& cell : records[i]) {
      if (trim(cell).empty()) continue;
      if (!caption.empty()) caption += '\n';
      caption += trim(cell);
    }
  }
  records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(lines));
  return caption;
}

Result<Extract> parse_delimited(std::string_view text, char delimiter, std::string parser) {
  ExtractBuilder builder(std::move(parser));
  auto records = read(text, delimiter, SIZE_MAX, Quotes::kRfc4180);
  if (!records && records.error().message.find(kOpenQuote) != std::string::npos) {
    builder.warn(records.error().message + "; quotes were read as ordinary characters");
    records = read(text, delimiter, SIZE_MAX, Quotes::kOrdinary);
  }
  if (!records) return fail(std::move(records).error());
  TableContent table = shape_table(std::move(*records));
  builder.set_title(std::string_view(table.caption).substr(0, table.caption.find('\n')));
  builder.add_table(std::move(table));
  return builder.finish();
}

}  // namespace

std::size_t filled_cells(const std::vector<std::string>& record) {
  return static_cast<std::size_t>(std::count_if(
      record.begin(), record.end(), [](const std::string& cell) { return !trim(cell).empty(); }));
}

bool looks_like_header(const std::vector<std::string>& record) {
  std::size_t names = 0;
  for (const std::string& cell : record) {
    if (is_number(cell) && !is_year(cell)) return false;
    if (!trim(cell).empty() && !is_number(cell)) ++names;
  }
  return record.size() > 1 && names > 0 && filled_cells(record) * 2 > record.size();
}

TableContent shape_table(Records records) {
  std::erase_if(records, [](const auto& record) { return filled_cells(record) == 0; });
  TableContent table;
  if (records.empty()) return table;
  table.caption = take_caption(records);
  if (records.size() > 1 && looks_like_header(records.front())) {
    table.header = std::move(records.front());
    records.erase(records.begin());
  }
  table.rows = std::move(records);
  return table;
}

Result<Records> read_records(std::string_view text, char delimiter) {
  return read(text, delimiter, SIZE_MAX, Quotes::kRfc4180);
}

char detect_delimiter(std::string_view text) {
  const bool is_sample = text.size() > kSampledBytes;
  text = text.substr(0, kSampledBytes);
  if (is_sample) text = text.substr(0, text.rfind('\n') + 1);
  char best = ',';
  double best_score = 0;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    const auto records = read(text, delimiter, kSampledRecords, Quotes::kSample);
    if (!records || records->empty()) continue;
    // The share of records that have the most frequent number of fields, then the number of fields.
    std::vector<std::size_t> counts;
    for (const auto& record : *records) counts.push_back(record.size());
    std::size_t mode = 0, mode_count = 0;
    for (const std::size_t count : counts) {
      const auto same = static_cast<std::size_t>(std::count(counts.begin(), counts.end(), count));
      if (same > mode_count || (same == mode_count && count > mode)) {
        mode = count;
        mode_count = same;
      }
    }
    if (mode < 2) continue;
    const double share = static_cast<double>(mode_count) / static_cast<double>(counts.size());
    const double score = share + 0.01 * static_cast<double>(std::min<std::size_t>(mode, 30));
    if (score > best_score) {
      best_score = score;
      best = delimiter;
    }
  }
  return best;
}

Result<Extract> parse_csv(std::string_view text) {
  // The first line by which spreadsheet programs name the delimiter.
  if (text.size() > 5 && text.starts_with("sep=") && text[5] == '\n' && text[4] != '"') {
    return parse_delimited(text.substr(6), text[4], "csv/1");
  }
  return parse_delimited(text, detect_delimiter(text), "csv/1");
}
Result<Extract> parse_tsv(std::string_view text) { return parse_delimited(text, '\t', "tsv/1"); }

}  // namespace grounds::parsing
