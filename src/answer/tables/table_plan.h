// Which cells of a table a question means. Strict on purpose: what cannot be placed makes it decline.
#pragma once

#include <optional>

#include "answer/question.h"
#include "answer/tables/table_query.h"
#include "answer/tables/table_request.h"
#include "index/analysis/analyzer.h"

namespace grounds {

struct PlannedTable {
  TablePlan plan;
  int fit = 0;   // how much of the question the table's own cells and headers took; more is better
};

// nullopt unless the measure is clear, every filter is, and each word and date of the question that means
// something is met by a header, a cell, or the table's caption, heading, title or file name.
std::optional<PlannedTable> plan_table(const Question& question, const TableRequest& request, const TableSource& source,
                                       const TableData& data, const Analyzer& analyzer);

}  // namespace grounds
