// The answer to a question that has to be calculated, with what was calculated and from which rows.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "answer/answer.h"
#include "answer/tables/table_data.h"
#include "index/analysis/analyzer.h"

namespace grounds {

// May the question be one for answer_from_tables? Cheap: what decides whether tables are read at all.
bool asks_for_calculation(std::string_view question);

struct CalculatedAnswer {
  AnswerText text;
  std::string computation;   // SQL, rows and result, as canonical JSON
};

// nullopt: the question asks for no calculation, or no table answers it for certain, or two do and differ.
// Every row that went in is cited, up
// to kMaxCitedRows; beyond, the whole table is. A pure function of its arguments.
inline constexpr std::size_t kMaxCitedRows = 12;
std::optional<CalculatedAnswer> answer_from_tables(std::string_view question, std::span<const TableSource> tables,
                                                   const ClockInputs& clock, const Analyzer& analyzer);

}  // namespace grounds
