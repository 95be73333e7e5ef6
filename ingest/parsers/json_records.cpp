// JSON: objects as "key: value" lines below headings, lists of flat objects as tables, others a record a
// paragraph. JSON Lines: a list of records. Notebooks: their cells.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/limits.h"

namespace grounds::parsing {
namespace {

using Value = nlohmann::ordered_json;  // keys in the order of the file

constexpr int kMaxHeadingLevel = 3;
constexpr std::size_t kMaxColumns = 60;
constexpr std::size_t kMaxLineBytes = 1u << 20;  // of a nested value written in one line

// Depth is bounded while reading, so that what walks the value may recurse.
// What the library's values would cost: memory for each, and for each key of an object a look at all others. A
// pass of its own: a callback of the parser that builds values makes it search each list at each end of an object.
class CostCheck final : public nlohmann::json_sax<Value> {
 public:
  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool start_object(std::size_t) override { return open(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t&) override {
    if (++keys_.back() > kMaxJsonKeys) excess_ = "it has an object of more than " + std::to_string(kMaxJsonKeys) + " keys";
    return excess_.empty();
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  // Before another text; what was counted stays.
  void restart() { keys_.clear(); }
  const std::string& excess() const { return excess_; }

 private:
  bool value() {
    if (++values_ > kMaxJsonValues) excess_ = "it has more than " + std::to_string(kMaxJsonValues) + " values";
    return excess_.empty();
  }
  bool open() {
    keys_.push_back(0);
    if (keys_.size() > static_cast<std::size_t>(kMaxGroupDepth)) excess_ = "it nests values more than " + std::to_string(kMaxGroupDepth) + " deep";
    return value();
  }
  bool close() {
    keys_.pop_back();
    return true;
  }

  std::string excess_;
  std::size_t values_ = 0;
  std::vector<std::size_t> keys_;  // of the lists and objects that are open
};

// `cost` goes on counting over several texts.
Result<Value> read_json(std::string_view text, CostCheck& cost) {
  cost.restart();
  const bool valid = Value::sax_parse(text, &cost);
  if (!cost.excess().empty()) return fail(ErrorCode::kBadInput, cost.excess());
  if (!valid) return fail(ErrorCode::kBadInput, "it is not valid JSON");
  return Value::parse(text, nullptr, false);
}

bool is_flat(const Value& value) {
  return value.is_object() &&
         std::all_of(value.begin(), value.end(), [](const Value& field) { return field.is_primitive(); });
}

std::string scalar(const Value& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return {};
  return value.dump(-1, ' ', false, Value::error_handler_t::replace);
}

// Everything below a value, a line for each scalar.
void add_lines(const Value& value, const std::string& path, ExtractBuilder& builder, bool& first) {
  if (builder.over_limit() || path.size() > kMaxLineBytes) return;
  if (value.is_object()) {
    for (const auto& [key, field] : value.items()) add_lines(field, path.empty() ? key : path + "." + key, builder, first);
    return;
  }
  if (value.is_array()) {
    const bool scalars = std::all_of(value.begin(), value.end(), [](const Value& item) { return item.is_primitive(); });
    if (!scalars) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        add_lines(value[i], path + "[" + std::to_string(i) + "]", builder, first);
      }
      return;
    }
  }
  std::string text;
  if (value.is_array()) {
    for (const Value& item : value) text.append(text.empty() ? "" : ", ").append(scalar(item));
  } else {
    text = scalar(value);
  }
  if (trim(text).empty()) return;
  if (!first) builder.line_break();
  first = false;
  if (!path.empty()) builder.append(path + ": ");
  std::string_view rest = text;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    builder.append(rest.substr(0, end));
    builder.line_break();
    rest.remove_prefix(end + 1);
  }
  builder.append(rest);
}

void add_record(const Value& value, ExtractBuilder& builder) {
  builder.open(BlockKind::kParagraph);
  bool first = true;
  add_lines(value, "", builder, first);
  builder.close();
}

// True if it was a table: two or more flat objects of few keys, most of which most of them have.
bool add_table(const Value& list, ExtractBuilder& builder) {
  if (list.size() < 2 || !std::all_of(list.begin(), list.end(), is_flat)) return false;
  TableContent table;
  std::size_t fields = 0;
  for (const Value& record : list) {
    fields += record.size();
    for (const auto& [key, field] : record.items()) {
      if (std::find(table.header.begin(), table.header.end(), key) == table.header.end()) table.header.push_back(key);
      if (table.header.size() > kMaxColumns) return false;
      if (field.is_string() && field.get_ref<const std::string&>().size() > 500) return false;  // texts are no cells
    }
  }
  if (table.header.empty() || fields * 2 < list.size() * table.header.size()) return false;
  for (const Value& record : list) {
    std::vector<std::string> row;
    for (const std::string& key : table.header) {
      const auto field = record.find(key);
      row.push_back(field == record.end() ? std::string() : scalar(*field));
    }
    table.rows.push_back(std::move(row));
  }
  builder.add_table(std::move(table));
  return true;
}

void add_list(const Value& list, ExtractBuilder& builder) {
  if (add_table(list, builder)) return;
  const bool has_objects = std::any_of(list.begin(), list.end(), [](const Value& item) { return item.is_structured(); });
  if (!has_objects) {
    add_record(list, builder);
    return;
  }
  for (const Value& record : list) {
    add_record(record, builder);
    if (builder.over_limit()) return;
  }
}

void add_value(const Value& value, int level, ExtractBuilder& builder) {
  if (value.is_array()) {
    add_list(value, builder);
  } else if (!value.is_object() || level > kMaxHeadingLevel) {
    add_record(value, builder);
  } else {
    Value plain = Value::object();
    for (const auto& [key, field] : value.items()) {
      if (field.is_primitive()) plain[key] = field;
    }
    if (!plain.empty()) add_record(plain, builder);
    for (const auto& [key, field] : value.items()) {
      if (field.is_primitive() || field.empty()) continue;
      builder.open(BlockKind::kHeading, level);
      builder.append(key);
      builder.close();
      add_value(field, level + 1, builder);
    }
  }
}

// A text in a notebook: a string or a list of lines.
std::string joined(const Value& value) {
  if (value.is_string()) return value.get<std::string>();
  std::string text;
  if (value.is_array()) {
    for (const Value& line : value) {
      if (line.is_string()) text += line.get_ref<const std::string&>();
    }
  }
  return text;
}

const Value& field_of(const Value& object, const char* key) {
  static const Value kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

void add_code(const std::string& code, ExtractBuilder& builder) {
  builder.open(BlockKind::kCode);
  builder.append_verbatim(code);
  builder.close();
}

void add_cell(const Value& cell, ExtractBuilder& builder) {
  const std::string kind = joined(field_of(cell, "cell_type"));
  const std::string source = joined(cell.contains("source") ? field_of(cell, "source") : field_of(cell, "input"));
  if (kind != "code") {
    auto part = kind == "markdown" ? parse_markdown(source) : parse_plain_text(source);
    if (!part) return;  // an empty cell
    builder.set_title(part->title);
    builder.add_extract(std::move(*part));
    return;
  }
  add_code(source, builder);
  for (const Value& output : field_of(cell, "outputs")) {
    add_code(joined(field_of(output, "text")), builder);
    add_code(joined(field_of(field_of(output, "data"), "text/plain")), builder);
  }
}

}  // namespace

Result<Extract> parse_json_document(std::string_view text) {
  CostCheck cost;
  auto value = read_json(text, cost);
  if (!value) {
    // Configuration files with comments and the like: still text.
    GROUNDS_ASSIGN_OR_RETURN(Extract extract, parse_source_text(text));
    extract.warnings.push_back(value.error().message + "; it was read as text");
    return extract;
  }
  ExtractBuilder builder("json/1");
  add_value(*value, 1, builder);
  return builder.finish();
}

Result<Extract> parse_json_lines(std::string_view text) {
  ExtractBuilder builder("jsonl/1");
  Value records = Value::array();
  std::size_t number = 0, broken = 0, first_broken = 0;
  CostCheck cost;
  while (!text.empty() && cost.excess().empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty()) continue;
    auto record = read_json(line, cost);
    if (record) records.push_back(std::move(*record));
    else if (broken++ == 0) first_broken = number;
  }
  if (!cost.excess().empty()) return fail(ErrorCode::kBadInput, cost.excess(), "split it into smaller files");
  if (broken > 0) {
    builder.warn(std::to_string(broken) + " lines are not valid JSON and were left out, the first is line " + std::to_string(first_broken));
  }
  add_list(records, builder);
  return builder.finish();
}

Result<Extract> parse_notebook(std::string_view text) {
  CostCheck cost;
  GROUNDS_ASSIGN_OR_RETURN(const Value notebook, read_json(text, cost));
  ExtractBuilder builder("notebook/1");
  for (const Value& cell : field_of(notebook, "cells")) add_cell(cell, builder);
  for (const Value& sheet : field_of(notebook, "worksheets")) {  // before version 4
    for (const Value& cell : field_of(sheet, "cells")) add_cell(cell, builder);
  }
  return builder.finish();
}

}  // namespace grounds::parsing
