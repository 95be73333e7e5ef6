#include "answer/tables/table_plan.h"

#include <algorithm>
#include <map>

#include "answer/fold.h"
#include "answer/match.h"
#include "base/utf8.h"

namespace grounds {
namespace {

constexpr int kMet = 500;         // quality from which a concept counts as met
constexpr int kSameCell = 700;    // ... by a cell that it names

using Span = std::pair<std::size_t, std::size_t>;

std::string folded(std::string_view text) {
  std::string out;
  for (const char32_t c : fold_text(text).text) append_utf8(out, c);
  return std::string(trim(out));
}

bool is_word_byte(char c) { return is_ascii_alnum(static_cast<unsigned char>(c)); }

// Where `text` stands in `within` as words of its own; both folded.
std::vector<Span> places_of(std::string_view text, std::string_view within) {
  std::vector<Span> places;
  if (text.empty()) return places;
  for (std::size_t at = within.find(text); at != std::string_view::npos; at = within.find(text, at + 1)) {
    const std::size_t end = at + text.size();
    const bool begins = at == 0 || !is_word_byte(text.front()) || !is_word_byte(within[at - 1]);
    const bool ends = end == within.size() || !is_word_byte(text.back()) || !is_word_byte(within[end]);
    if (begins && ends) places.emplace_back(at, end);
  }
  return places;
}

bool overlaps(const Span& a, const Span& b) { return a.first < b.second && b.first < a.second; }
bool inside(const Span& a, const Span& b) { return a.first >= b.first && a.second <= b.second && a != b; }

std::vector<DateParts> dates_in(std::string_view text) {
  std::vector<DateParts> parts;
  for (const FoundDate& date : find_dates(text)) parts.push_back(date.parts);
  return parts;
}

// The header says a time and nothing else: "2024-03", "Q1", "3月".
bool is_period(std::string_view name) {
  std::string rest(name);
  bool any = false;
  for (const FoundDate& date : find_dates(name)) {
    std::fill(rest.begin() + static_cast<std::ptrdiff_t>(date.begin), rest.begin() + static_cast<std::ptrdiff_t>(date.end), ' ');
    any = true;
  }
  return any && trim(rest).empty();
}

class Planner {
 public:
  Planner(const Question& question, const TableRequest& request, const TableSource& source, const TableData& data, const Analyzer& analyzer)
      : question_(question), request_(request), source_(source), data_(data), analyzer_(analyzer), text_(folded(question.text)) {
    const std::string names = source.table.caption + "\n" + source.introduction + "\n" + source.heading + "\n" + source.title;
    context_ = qualities(names + "\n" + spaced_name(source.uri));
    context_dates_ = dates_in(names);
    if (context_dates_.empty()) context_dates_ = dates_in(spaced_name(source.uri));
    for (std::size_t c = 0; c < data.names.size(); ++c) headers_.push_back(qualities(data.names[c]));
    taken_.assign(question.concepts.size(), false);
    for (std::size_t i = 0; i < question.concepts.size(); ++i)
      for (const Span& words : request.words) taken_[i] = taken_[i] || overlaps({question.concepts[i].begin, question.concepts[i].end}, words);
  }

  std::optional<PlannedTable> plan() {
    planned_.plan.operation = request_.operation;
    if (!find_values() || !place_dates()) return std::nullopt;
    const bool chosen = request_.operation == TableOperation::kCount ? choose_counted() : choose_measures();
    if (!chosen || !compare() || !place_sides() || !all_placed()) return std::nullopt;
    return planned_;
  }

 private:
  std::vector<int> qualities(std::string_view text) const {
    const Presence presence = presence_of(text, question_, analyzer_);
    std::vector<int> out;
    for (const Concept& one : question_.concepts) out.push_back(quality(one, presence));
    return out;
  }

  bool matters(std::size_t i) const { return !taken_[i] && !question_.concepts[i].weak; }

  std::vector<std::string> distinct_values(std::size_t column) const {
    std::vector<std::string> values;
    for (std::size_t r = 0; r < source_.table.rows.size(); ++r) {
      if (data_.summary_row[r] || column >= source_.table.rows[r].size()) continue;
      std::string value(trim(source_.table.rows[r][column]));
      if (!value.empty() && std::find(values.begin(), values.end(), value) == values.end()) values.push_back(std::move(value));
    }
    return values;
  }

  void take_span(const Span& span) {
    for (std::size_t i = 0; i < question_.concepts.size(); ++i)
      taken_[i] = taken_[i] || overlaps({question_.concepts[i].begin, question_.concepts[i].end}, span);
  }

  // Rows that the question names by the words of a cell, or by an equivalent of them.
  bool find_values() {
    struct Found {
      std::size_t column;
      std::string value;
      Span span;
    };
    std::vector<Found> found;
    for (std::size_t c = 0; c < data_.names.size(); ++c) {
      if (data_.measure[c] || data_.columns[c].type == ColumnType::kDate) continue;
      for (const std::string& value : distinct_values(c)) {
        const std::string text = folded(value);
        if (is_period(value) || text.size() < 2) continue;
        for (const Span& span : places_of(text, text_)) found.push_back({c, value, span});
      }
    }
    // "华东二区" is not 华东.
    std::erase_if(found, [&](const Found& f) { return std::any_of(found.begin(), found.end(), [&](const Found& other) { return inside(f.span, other.span); }); });
    for (const Found& one : found) {
      // The same words in two columns: which is meant is not clear.
      if (std::any_of(found.begin(), found.end(), [&](const Found& other) { return other.column != one.column && overlaps(other.span, one.span); })) return false;
      add_value(one.column, one.value);
      take_span(one.span);
      planned_.fit += 3;
    }
    for (std::size_t i = 0; i < question_.concepts.size(); ++i)
      if (matters(i) && !find_equivalent(i)) return false;
    return true;
  }

  // False if several cells could be meant.
  bool find_equivalent(std::size_t i) {
    struct Best {
      std::size_t column = 0, words = 0;
      std::string value;
      bool tie = false, any = false;
    } best;
    // What a header or the measure's name says is no row.
    for (const auto& header : headers_)
      if (header[i] >= kMet) return true;
    for (std::size_t c = 0; c < data_.names.size(); ++c) {
      if (data_.measure[c] || data_.columns[c].type == ColumnType::kDate) continue;
      for (const std::string& value : distinct_values(c)) {
        if (quality(question_.concepts[i], presence_of(value, question_, analyzer_)) < kSameCell) continue;
        const std::size_t words = analyzer_.analyze(value).size();
        if (!best.any || words < best.words) best = {c, words, value, false, true};
        else if (words == best.words) best.tie = true;
      }
    }
    if (!best.any) return true;
    if (best.tie) return false;
    add_value(best.column, best.value);
    taken_[i] = true;
    planned_.fit += 3;
    return true;
  }

  void add_value(std::size_t column, const std::string& value) {
    for (TablePlan::Filter& filter : planned_.plan.filters) {
      if (filter.column != column) continue;
      if (std::find(filter.values.begin(), filter.values.end(), value) == filter.values.end()) filter.values.push_back(value);
      return;
    }
    planned_.plan.filters.push_back({column, {value}});
  }

  // Each date of the question must be one of a row, of a header, or of the table as a whole.
  bool place_dates() {
    for (const DateParts& wanted : question_.dates) {
      bool placed = false;
      for (std::size_t c = 0; c < data_.names.size(); ++c) {
        if (data_.measure[c]) {
          const auto dates = dates_in(data_.names[c]);
          if (!dates.empty() && meets(dates.front(), wanted)) dated_.insert({c, wanted.year}), placed = true;
          continue;
        }
        bool in_column = false;
        for (const std::string& value : distinct_values(c)) {
          const auto dates = dates_in(value);
          if (!is_period(value) || dates.size() != 1 || !meets(dates.front(), wanted)) continue;
          add_value(c, value);
          in_column = true;
        }
        placed |= in_column;
      }
      for (const DateParts& date : context_dates_) placed |= covers(date, wanted);
      if (!placed) return false;
      planned_.fit += 2;
    }
    return true;
  }

  // A year in a cell and a month in another are two filters: each part that a cell has must agree, and it
  // must not say less than nothing of what is wanted.
  bool meets(DateParts date, const DateParts& wanted) const {
    for (const DateParts& context : context_dates_)
      if (compatible(date, context) && covers(merge_dates(date, context), wanted)) return true;
    if (covers(date, wanted)) return true;
    return compatible(date, wanted) && !date.empty() && is_part(date, wanted);
  }
  // "2024" of the wanted 2024-03: another column must say the month.
  static bool is_part(const DateParts& date, const DateParts& wanted) {
    return covers(wanted, date);
  }

  bool choose_counted() {
    // "How many regions ...": the column counted is named.
    for (std::size_t c = 0; c < data_.names.size(); ++c) {
      if (data_.measure[c]) continue;
      for (std::size_t i = 0; i < question_.concepts.size(); ++i) {
        if (taken_[i] || headers_[c][i] < kMet) continue;
        taken_[i] = true;
        counted_ = true;
        planned_.fit += 2;
      }
    }
    if (!counted_) return false;
    if (!request_.comparison) return !planned_.plan.filters.empty() || planned_.fit >= 2;
    return choose_measures();
  }

  bool choose_measures() {
    std::vector<std::size_t> best;
    std::int64_t most = 0;
    for (std::size_t c = 0; c < data_.names.size(); ++c) {
      if (!data_.measure[c] || data_.summary_column[c]) continue;
      std::int64_t score = 0;
      for (std::size_t i = 0; i < question_.concepts.size(); ++i)
        if (matters(i) && headers_[c][i] >= kMet) score += headers_[c][i];
      const std::string name = folded(data_.columns[c].name);
      if (name.size() >= 2 && !is_period(name) && !places_of(name, text_).empty()) score += 1000 + static_cast<std::int64_t>(name.size());
      if (score == 0 || score < most) continue;
      if (score > most) best.clear();
      most = score;
      best.push_back(c);
    }
    if (best.empty()) {
      // The measure is named by the caption, or it is the only one.
      for (std::size_t c = 0; c < data_.names.size(); ++c)
        if (data_.measure[c] && !data_.summary_column[c]) best.push_back(c);
      if (best.empty()) return false;
      const bool periods = std::all_of(best.begin(), best.end(), [&](std::size_t c) { return is_period(data_.columns[c].name); });
      if (!periods && best.size() > 1) return false;
    } else {
      planned_.fit += 3;
    }
    for (std::size_t i = 0; i < question_.concepts.size(); ++i)
      if (headers_[best.front()][i] >= kMet) taken_[i] = true;
    if (best.size() > 1 && !narrow_by_date(best)) return false;
    planned_.plan.measures = best;
    return true;
  }

  // Several columns of one name are periods of one measure.
  bool narrow_by_date(std::vector<std::size_t>& columns) {
    for (const std::size_t c : columns)
      if (dates_in(data_.names[c]).empty()) return false;
    // All in one unit, or they are not one measure.
    for (const std::size_t c : columns)
      if (data_.columns[c].unit != data_.columns[columns.front()].unit) return false;
    if (question_.dates.empty()) return true;
    std::vector<std::size_t> wanted;
    for (const std::size_t c : columns)
      if (std::any_of(dated_.begin(), dated_.end(), [&](const auto& entry) { return entry.first == c; })) wanted.push_back(c);
    if (!wanted.empty()) columns = wanted;
    return true;
  }

  bool compare() {
    if (!request_.comparison) return question_.amounts.empty();
    if (planned_.plan.measures.size() != 1 || question_.amounts.size() != 1) return false;
    if (request_.operation != TableOperation::kCount) return false;
    const Quantity& amount = question_.amounts.front();
    if (amount.begin < request_.comparison->end || amount.values.size() != 1) return false;
    // In the column's own unit, or a bare number.
    Decimal value = amount.values.front();
    const TableColumn& column = data_.columns[planned_.plan.measures.front()];
    if (!amount.unit.empty()) {
      if (column.unit.empty()) return false;
      value = scale(value, -column.power);
    }
    value = scale(value, data_.decimals);
    if (value.exponent < 0) return false;
    std::int64_t number = static_cast<std::int64_t>(value.mantissa);
    for (int i = 0; i < value.exponent; ++i) {
      if (number > INT64_MAX / 10) return false;
      number *= 10;
    }
    planned_.plan.comparison = TablePlan::Comparison{request_.comparison->above, request_.comparison->inclusive, number};
    return true;
  }

  // A difference has two sides: two values of one column, or two periods of one measure.
  bool place_sides() {
    TablePlan& plan = planned_.plan;
    if (request_.operation != TableOperation::kDifference) return true;
    std::vector<std::size_t> pairs;
    for (std::size_t f = 0; f < plan.filters.size(); ++f)
      if (plan.filters[f].values.size() == 2) pairs.push_back(f);
      else if (plan.filters[f].values.size() > 2) return false;
    const bool by_measure = plan.measures.size() == 2;
    if (pairs.size() + (by_measure ? 1 : 0) != 1) return false;
    if (by_measure) {
      plan.sides_are_measures = true;
      return true;
    }
    if (plan.measures.size() != 1) return false;
    plan.sides = plan.filters[pairs.front()];
    plan.filters.erase(plan.filters.begin() + static_cast<std::ptrdiff_t>(pairs.front()));
    return true;
  }

  bool all_placed() const {
    for (std::size_t i = 0; i < question_.concepts.size(); ++i) {
      if (!matters(i) || context_[i] >= kMet) continue;
      const bool header = std::any_of(headers_.begin(), headers_.end(), [&](const auto& h) { return h[i] >= kMet; });
      if (!header) return false;
    }
    return planned_.fit >= 3 || std::any_of(context_.begin(), context_.end(), [](int q) { return q >= kMet; });
  }

  const Question& question_;
  const TableRequest& request_;
  const TableSource& source_;
  const TableData& data_;
  const Analyzer& analyzer_;
  std::string text_;
  std::vector<int> context_;
  std::vector<DateParts> context_dates_;
  std::vector<std::vector<int>> headers_;
  std::vector<bool> taken_;                 // concepts that have found their place
  std::multimap<std::size_t, int> dated_;   // measures whose header says a date of the question
  bool counted_ = false;
  PlannedTable planned_;
};

}  // namespace

std::optional<PlannedTable> plan_table(const Question& question, const TableRequest& request, const TableSource& source,
                                       const TableData& data, const Analyzer& analyzer) {
  return Planner(question, request, source, data, analyzer).plan();
}

}  // namespace grounds
