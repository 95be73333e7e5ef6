#include "answer/tables/table_answer.h"

#include <algorithm>

#include "answer/question.h"
#include "answer/tables/table_plan.h"
#include "answer/tables/table_query.h"
#include "base/canonical_json.h"
#include "base/utf8.h"

namespace grounds {
namespace {

struct Computed {
  const TableSource* source = nullptr;
  TableData data;
  PlannedTable planned;
  TableResult result;
};

class Writer {
 public:
  Writer(const Computed& computed, bool chinese) : c_(computed), chinese_(chinese) {}

  CalculatedAnswer write() const {
    CalculatedAnswer calculated;
    AnswerText& answer = calculated.text;
    answer.verdict = Verdict::kSupported;
    answer.answer = sentence();
    answer.citations = citations();
    answer.answer.append(chinese_ ? "" : " ").append(answer.citations.front().marker);
    calculated.computation = computation();
    return calculated;
  }

 private:
  const TablePlan& plan() const { return c_.planned.plan; }
  bool is_count() const { return plan().operation == TableOperation::kCount; }
  const TableColumn& column() const { return c_.data.columns[plan().measures.front()]; }
  std::string colon() const { return chinese_ ? "：" : ": "; }

  // "1577.3 万元 (15773000 元)".
  std::string amount(std::int64_t value) const {
    const int decimals = c_.result.decimals;
    std::string text = format_scaled(value, decimals);
    if (is_count() || column().unit.empty()) return text;
    const bool tight = column().unit == "%" || column().unit == "％" || chinese_;
    text.append(tight ? "" : " ").append(column().unit);
    if (column().power <= 0) return text;
    const int point = decimals - column().power;
    std::int64_t plain = value;
    for (int i = point; i < 0; ++i) {
      if (plain > INT64_MAX / 10 || plain < -(INT64_MAX / 10)) return text;
      plain *= 10;
    }
    text.append(chinese_ ? "（即 " : " (").append(format_scaled(plain, std::max(point, 0)));
    if (!column().base.empty()) text.append(" ").append(column().base);
    return text + (chinese_ ? "）" : ")");
  }

  // "Region: East, Month: 2024-03": what names a row.
  std::string labels(std::size_t row) const {
    std::string text;
    const auto& cells = c_.source->table.rows[row];
    for (std::size_t i = 0; i < cells.size() && i < c_.data.names.size(); ++i) {
      if (c_.data.measure[i] || trim(cells[i]).empty() || c_.data.columns[i].type == ColumnType::kNumber) continue;
      if (!text.empty()) text += chinese_ ? "，" : ", ";
      text.append(c_.data.columns[i].name).append(c_.data.columns[i].name.empty() ? "" : colon()).append(trim(cells[i]));
    }
    return text;
  }

  std::string filters() const {
    std::string text;
    for (const TablePlan::Filter& filter : plan().filters)
      for (const std::string& value : filter.values) text.append(text.empty() ? "" : chinese_ ? "、" : ", ").append(value);
    return text;
  }

  std::string measures() const {
    if (plan().measures.empty()) return {};
    std::string text;
    for (const std::size_t measure : plan().measures) text.append(text.empty() ? "" : chinese_ ? "、" : ", ").append(c_.data.columns[measure].name);
    return text;
  }

  std::string_view operation() const {
    switch (plan().operation) {
      case TableOperation::kTotal: return chinese_ ? "合计" : "Total";
      case TableOperation::kAverage: return chinese_ ? "平均" : "Average";
      case TableOperation::kMaximum: return chinese_ ? "最大值" : "Highest";
      case TableOperation::kMinimum: return chinese_ ? "最小值" : "Lowest";
      case TableOperation::kCount: return chinese_ ? "行数" : "Number of rows";
      case TableOperation::kDifference: return chinese_ ? "差额" : "Difference";
      case TableOperation::kRange: return chinese_ ? "最大与最小之差" : "Difference between highest and lowest";
    }
    return "";
  }

  std::string sentence() const {
    std::string text(operation());
    const std::string what = measures(), which = filters();
    if (chinese_) text = (which.empty() ? "" : which + "，") + what + text;
    else text += (what.empty() || is_count() ? "" : ", " + what) + (which.empty() ? "" : " (" + which + ")");
    text += colon() + amount(c_.result.value);
    const TableResult& result = c_.result;
    if (plan().operation == TableOperation::kMaximum || plan().operation == TableOperation::kMinimum) {
      constexpr std::size_t kMostNamed = 5;
      for (std::size_t i = 0; i < result.rows.size() && i < kMostNamed; ++i) {
        text.append(chinese_ ? "；" : "; ").append(labels(result.rows[i]));
        if (plan().measures.size() > 1) text.append(chinese_ ? "，" : ", ").append(c_.data.columns[result.columns[i]].name);
      }
    } else if (plan().operation == TableOperation::kDifference || plan().operation == TableOperation::kRange) {
      text += chinese_ ? "（" : " (";
      text += side(0) + amount(result.first) + (chinese_ ? "，" : ", ") + side(1) + amount(result.second) + (chinese_ ? "）" : ")");
    } else if (!is_count()) {
      text += chinese_ ? "，共 " + std::to_string(result.cells) + " 个数值" : ", of " + std::to_string(result.cells) + " values";
    }
    if (result.missing > 0)
      text += chinese_ ? "，另有 " + std::to_string(result.missing) + " 处无数据" : "; " + std::to_string(result.missing) + " more without a value";
    return text + (chinese_ ? "。" : ".");
  }

  std::string side(std::size_t i) const {
    if (plan().operation == TableOperation::kRange) return i == 0 ? (chinese_ ? "最大 " : "highest ") : (chinese_ ? "最小 " : "lowest ");
    if (plan().sides_are_measures) return c_.data.columns[plan().measures[i]].name + " ";
    return plan().sides->values[i] + " ";
  }

  std::vector<Citation> citations() const {
    std::vector<Citation> cited;
    const auto cite = [&](std::uint64_t begin, std::uint64_t end) {
      Citation citation;
      citation.marker.append("[").append(std::to_string(c_.source->evidence)).append("]");
      citation.evidence = c_.source->evidence;
      citation.uri = c_.source->uri;
      citation.page = c_.source->page;
      citation.begin = begin, citation.end = end;
      citation.quote = c_.source->text.substr(begin - c_.source->begin, end - begin);
      cited.push_back(std::move(citation));
    };
    const Table& table = c_.source->table;
    if (c_.result.rows.empty() || c_.result.rows.size() > kMaxCitedRows || c_.result.rows.size() == table.rows.size()) {
      cite(c_.source->begin, c_.source->begin + c_.source->text.size());
      return cited;
    }
    for (const std::size_t row : c_.result.rows) cite(table.row_spans[row].first, table.row_spans[row].second);
    return cited;
  }

  std::string computation() const {
    Json rows = Json::array();
    for (const std::size_t row : c_.result.rows) rows.push_back(c_.source->table.rows[row]);
    Json json = {{"operation", table_operation_name(plan().operation)},
                 {"sql", c_.result.sql},
                 {"uri", c_.source->uri},
                 {"begin", c_.source->begin},
                 {"end", c_.source->begin + c_.source->text.size()},
                 {"columns", c_.data.names},
                 {"rows", std::move(rows)},
                 {"decimals", c_.data.decimals},
                 {"value", format_scaled(c_.result.value, c_.result.decimals)},
                 {"unit", is_count() ? "" : column().unit},
                 {"missing", c_.result.missing}};
    return *canonical_json(json);
  }

  const Computed& c_;
  bool chinese_;
};

// A row that sums up all others must say the same, or the table is not what it seems.
bool agrees_with_summary(const Computed& computed) {
  const TablePlan& plan = computed.planned.plan;
  if (plan.operation != TableOperation::kTotal || !plan.filters.empty() || plan.measures.size() != 1 || computed.result.missing > 0) return true;
  const std::size_t measure = plan.measures.front();
  bool any = false, agrees = false;
  std::int64_t slack = 1;
  for (std::size_t r = 0; r < computed.data.summary_row.size(); ++r) {
    if (!computed.data.summary_row[r] || !computed.data.values[r][measure]) continue;
    any = true;
    const std::int64_t apart = *computed.data.values[r][measure] - computed.result.value;
    agrees |= apart >= -slack && apart <= slack;
  }
  return !any || agrees;
}

// Shares cannot be added up, nor their average be taken without weights.
bool makes_sense(const Computed& computed) {
  const TablePlan& plan = computed.planned.plan;
  if (plan.operation == TableOperation::kCount) return true;
  const ColumnType type = computed.data.columns[plan.measures.front()].type;
  return type != ColumnType::kPercent || (plan.operation != TableOperation::kTotal && plan.operation != TableOperation::kAverage);
}

}  // namespace

bool asks_for_calculation(std::string_view question) { return read_table_request(question).has_value(); }

std::optional<CalculatedAnswer> answer_from_tables(std::string_view question_text, std::span<const TableSource> tables,
                                                   const ClockInputs& clock, const Analyzer& analyzer) {
  const auto request = read_table_request(question_text);
  if (!request || tables.empty()) return std::nullopt;
  const Question question = analyse_question(question_text, clock, analyzer);
  std::optional<Computed> best;
  bool contested = false;
  for (const TableSource& source : tables) {
    auto data = read_table(source.table, source.introduction);
    if (!data) continue;
    const auto planned = plan_table(question, *request, source, *data, analyzer);
    if (!planned || (best && planned->fit < best->planned.fit)) continue;
    auto result = run_table_query(source.table, *data, planned->plan);
    if (!result) continue;
    Computed computed{&source, std::move(*data), *planned, std::move(*result)};
    if (!makes_sense(computed) || !agrees_with_summary(computed)) continue;
    const bool tie = best && best->planned.fit == planned->fit;
    if (tie) {
      contested |= format_scaled(best->result.value, best->result.decimals) != format_scaled(computed.result.value, computed.result.decimals);
      continue;
    }
    contested = false;
    best = std::move(computed);
  }
  if (!best || contested) return std::nullopt;
  return Writer(*best, question.chinese).write();
}

}  // namespace grounds
