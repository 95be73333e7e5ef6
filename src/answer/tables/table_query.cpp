#include "answer/tables/table_query.h"

#include <sqlite3.h>

#include <memory>

#include "base/utf8.h"

namespace grounds {
namespace {

// An average has as many decimals as its cells, and two more.
constexpr int kMoreDecimals = 2;

std::string quoted(std::string_view text, char mark) {
  std::string out(1, mark);
  for (const char c : text) {
    out += c;
    if (c == mark) out += c;
  }
  return out + mark;
}

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct Finalise {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using DatabasePointer = std::unique_ptr<sqlite3, CloseDatabase>;
using StatementPointer = std::unique_ptr<sqlite3_stmt, Finalise>;

class MemoryTable {
 public:
  MemoryTable(const Table& table, const TableData& data) : table_(table), data_(data) {}

  bool fill() {
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open(":memory:", &raw);
    database_.reset(raw);
    if (opened != SQLITE_OK || !run("PRAGMA temp_store = MEMORY")) return false;
    std::string create = R"(CREATE TABLE "table" ("row" INTEGER PRIMARY KEY, "is_summary" INTEGER)";
    std::string insert = R"(INSERT INTO "table" VALUES (?, ?)";
    for (std::size_t c = 0; c < data_.names.size(); ++c) {
      create += ", " + quoted(data_.names[c], '"') + (data_.measure[c] ? " INTEGER" : " TEXT");
      insert += ", ?";
    }
    if (!run(create + ")") || !run("BEGIN")) return false;
    const StatementPointer statement = prepare(insert + ")");
    if (!statement) return false;
    for (std::size_t r = 0; r < table_.rows.size(); ++r) {
      sqlite3_reset(statement.get());
      sqlite3_clear_bindings(statement.get());
      sqlite3_bind_int64(statement.get(), 1, static_cast<sqlite3_int64>(r + 1));
      sqlite3_bind_int64(statement.get(), 2, data_.summary_row[r] ? 1 : 0);
      for (std::size_t c = 0; c < data_.names.size(); ++c) {
        const int place = static_cast<int>(c) + 3;
        if (data_.measure[c]) {
          if (data_.values[r][c]) sqlite3_bind_int64(statement.get(), place, *data_.values[r][c]);
        } else if (c < table_.rows[r].size()) {
          const std::string_view cell = trim(table_.rows[r][c]);
          sqlite3_bind_text(statement.get(), place, cell.data(), static_cast<int>(cell.size()), SQLITE_TRANSIENT);
        }
      }
      if (sqlite3_step(statement.get()) != SQLITE_DONE) return false;
    }
    return run("COMMIT");
  }

  // All rows of integers; a NULL makes it fail.
  std::optional<std::vector<std::vector<std::int64_t>>> ask(const std::string& sql) {
    const StatementPointer statement = prepare(sql);
    if (!statement) return std::nullopt;
    std::vector<std::vector<std::int64_t>> rows;
    for (;;) {
      const int step = sqlite3_step(statement.get());
      if (step == SQLITE_DONE) return rows;
      if (step != SQLITE_ROW) return std::nullopt;
      auto& row = rows.emplace_back();
      for (int c = 0; c < sqlite3_column_count(statement.get()); ++c) {
        if (sqlite3_column_type(statement.get(), c) == SQLITE_NULL) return std::nullopt;
        row.push_back(sqlite3_column_int64(statement.get(), c));
      }
    }
  }

 private:
  bool run(const std::string& sql) { return sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK; }
  StatementPointer prepare(const std::string& sql) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr) != SQLITE_OK) return nullptr;
    return StatementPointer(raw);
  }

  const Table& table_;
  const TableData& data_;
  DatabasePointer database_;
};

std::string in_list(const TableData& data, const TablePlan::Filter& filter) {
  std::string sql = quoted(data.names[filter.column], '"');
  if (filter.values.size() == 1) return sql + " = " + quoted(filter.values.front(), '\'');
  sql += " IN (";
  for (std::size_t i = 0; i < filter.values.size(); ++i) sql += (i > 0 ? ", " : "") + quoted(filter.values[i], '\'');
  return sql + ")";
}

std::string where(const TableData& data, const TablePlan& plan, std::string_view measure, const TablePlan::Filter* side) {
  std::string sql = R"( WHERE "is_summary" = 0)";
  for (const TablePlan::Filter& filter : plan.filters) sql += " AND " + in_list(data, filter);
  if (side != nullptr) sql += " AND " + in_list(data, *side);
  if (plan.comparison && !measure.empty()) {
    sql.append(" AND ").append(measure).append(plan.comparison->above ? " >" : " <").append(plan.comparison->inclusive ? "= " : " ");
    sql += std::to_string(plan.comparison->value);
  }
  return sql;
}

// One line a cell: its row, its column and its value.
std::string cells_of(const TableData& data, const TablePlan& plan, const std::vector<std::size_t>& measures, const TablePlan::Filter* side) {
  std::string sql;
  for (const std::size_t measure : measures) {
    const std::string name = quoted(data.names[measure], '"');
    if (!sql.empty()) sql += " UNION ALL ";
    sql += "SELECT \"row\", " + std::to_string(measure) + " AS \"column\", " + name + " AS \"value\" FROM \"table\"" + where(data, plan, name, side);
  }
  return sql;
}

std::int64_t divided(std::int64_t sum, std::int64_t count) {
  // Half away from zero.
  const std::int64_t magnitude = sum < 0 ? -sum : sum;
  const std::int64_t rounded = (magnitude + count / 2) / count;
  return sum < 0 ? -rounded : rounded;
}

}  // namespace

std::optional<TableResult> run_table_query(const Table& table, const TableData& data, const TablePlan& plan) {
  MemoryTable memory(table, data);
  if (!memory.fill()) return std::nullopt;
  TableResult result;
  result.decimals = data.decimals;
  if (plan.operation == TableOperation::kCount) {
    const std::string measure = plan.measures.empty() ? std::string() : quoted(data.names[plan.measures.front()], '"');
    const std::string condition = where(data, plan, measure, nullptr);
    result.sql = "SELECT COUNT(*) FROM \"table\"" + condition;
    const auto counted = memory.ask(result.sql);
    const auto rows = memory.ask("SELECT \"row\" FROM \"table\"" + condition + " ORDER BY \"row\"");
    if (!counted || counted->empty() || !rows) return std::nullopt;
    result.value = result.cells = counted->front().front();
    result.decimals = 0;
    for (const auto& row : *rows) result.rows.push_back(static_cast<std::size_t>(row.front() - 1));
    return result;
  }
  if (plan.measures.empty()) return std::nullopt;

  const auto note_rows = [&](const std::string& cells, const std::string& condition) {
    const auto rows = memory.ask("SELECT DISTINCT \"row\" FROM (" + cells + ") WHERE " + condition + " ORDER BY \"row\"");
    if (!rows) return false;
    for (const auto& row : *rows) result.rows.push_back(static_cast<std::size_t>(row.front() - 1));
    return true;
  };

  if (plan.operation == TableOperation::kDifference) {
    std::vector<std::string> sides;
    if (plan.sides_are_measures) {
      for (const std::size_t measure : plan.measures) sides.push_back(cells_of(data, plan, {measure}, nullptr));
    } else if (plan.sides) {
      for (const std::string& value : plan.sides->values) {
        const TablePlan::Filter side{plan.sides->column, {value}};
        sides.push_back(cells_of(data, plan, plan.measures, &side));
      }
    }
    if (sides.size() != 2) return std::nullopt;
    const auto sum = [](const std::string& cells) { return "SELECT SUM(\"value\") FROM (" + cells + ")"; };
    result.sql = "SELECT (" + sum(sides[0]) + "), (" + sum(sides[1]) + ")";
    const auto found = memory.ask(result.sql);
    if (!found || found->empty()) return std::nullopt;
    result.first = found->front()[0], result.second = found->front()[1];
    result.value = result.first > result.second ? result.first - result.second : result.second - result.first;
    const auto missing = memory.ask("SELECT COUNT(*) - COUNT(\"value\") FROM (" + sides[0] + " UNION ALL " + sides[1] + ")");
    if (!missing) return std::nullopt;
    result.missing = missing->front().front();
    if (!note_rows(sides[0] + " UNION ALL " + sides[1], "\"value\" IS NOT NULL")) return std::nullopt;
    result.cells = static_cast<std::int64_t>(result.rows.size());
    return result;
  }

  const std::string cells = cells_of(data, plan, plan.measures, nullptr);
  const auto counts = memory.ask("SELECT COUNT(\"value\"), COUNT(*) FROM (" + cells + ")");
  if (!counts || counts->front()[0] == 0) return std::nullopt;
  result.cells = counts->front()[0], result.missing = counts->front()[1] - counts->front()[0];
  switch (plan.operation) {
    case TableOperation::kTotal:
    case TableOperation::kAverage: {
      result.sql = plan.operation == TableOperation::kTotal ? "SELECT SUM(\"value\") FROM (" + cells + ")" : "SELECT SUM(\"value\"), COUNT(\"value\") FROM (" + cells + ")";
      const auto found = memory.ask(result.sql);
      if (!found) return std::nullopt;
      result.value = found->front()[0];
      if (plan.operation == TableOperation::kAverage) {
        std::int64_t factor = 1;
        for (int i = 0; i < kMoreDecimals; ++i) factor *= 10;
        if (result.value > INT64_MAX / factor || result.value < -(INT64_MAX / factor)) return std::nullopt;
        result.value = divided(result.value * factor, result.cells);
        result.decimals += kMoreDecimals;
      }
      if (!note_rows(cells, "\"value\" IS NOT NULL")) return std::nullopt;
      return result;
    }
    case TableOperation::kRange: {
      result.sql = "SELECT MAX(\"value\"), MIN(\"value\") FROM (" + cells + ")";
      const auto found = memory.ask(result.sql);
      if (!found) return std::nullopt;
      result.first = found->front()[0], result.second = found->front()[1];
      result.value = result.first - result.second;
      if (!note_rows(cells, "\"value\" IN (" + std::to_string(result.first) + ", " + std::to_string(result.second) + ")")) return std::nullopt;
      return result;
    }
    case TableOperation::kMaximum:
    case TableOperation::kMinimum: {
      const std::string best = plan.operation == TableOperation::kMaximum ? "MAX" : "MIN";
      result.sql = "SELECT \"row\", \"column\", \"value\" FROM (" + cells + ") WHERE \"value\" = (SELECT " + best + "(\"value\") FROM (" + cells + ")) ORDER BY \"row\", \"column\"";
      const auto found = memory.ask(result.sql);
      if (!found || found->empty()) return std::nullopt;
      result.value = found->front()[2];
      for (const auto& row : *found) result.rows.push_back(static_cast<std::size_t>(row[0] - 1)), result.columns.push_back(static_cast<std::size_t>(row[1]));
      return result;
    }
    case TableOperation::kCount: case TableOperation::kDifference: break;
  }
  return std::nullopt;
}

}  // namespace grounds
