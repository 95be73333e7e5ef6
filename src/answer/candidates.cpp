#include "answer/candidates.h"

#include <algorithm>
#include <array>

#include "answer/lexicon.h"
#include "answer/quantities.h"
#include "base/utf8.h"

namespace grounds {
namespace {

// Shares at which a concept counts that is met around a unit, not in it.
constexpr int kIntro = 850, kNeighbour = 500, kElsewhere = 250, kSameRow = 1000, kOtherHeader = 250;

constexpr auto kTimeWords = std::to_array<std::string_view>({"day", "week", "month", "year", "hour", "minute", "天", "日", "周", "月", "年", "小时", "分钟", "期"});

std::string_view unit_text(const ItemMatch& item, std::size_t u) {
  const Unit& unit = item.units.units[u];
  return std::string_view(item.item->text).substr(unit.begin, unit.end - unit.begin);
}

void raise(std::vector<int>& into, const std::vector<int>& by, int share) {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] = std::max(into[i], by[i] * share / 1000);
}

// Does the time that a unit speaks of fit the time asked for?
enum class TimeFit { kConflict, kUnknown, kInherited, kContext, kOwn };

int months(const DateParts& p) { return p.year * 12 + (p.month > 0 ? p.month - 1 : 0); }

TimeFit time_fit(const DateParts& wanted, const std::vector<DateParts>& own, const std::vector<DateParts>& near,
                 const ItemMatch& item, bool lasting) {
  bool compatible_own = own.empty();
  for (const DateParts& date : own) {
    if (covers(date, wanted)) return TimeFit::kOwn;
    if (!compatible(date, wanted)) continue;
    compatible_own = true;
    for (const std::vector<DateParts>* around : {&near, &item.context_dates})
      for (const DateParts& other : *around)
        if (compatible(date, other) && covers(merge_dates(date, other), wanted)) return TimeFit::kOwn;
  }
  for (const DateParts& date : near)
    if (compatible_own && covers(date, wanted)) return TimeFit::kContext;
  for (const DateParts& date : item.context_dates)
    if (compatible_own && covers(date, wanted)) return TimeFit::kContext;
  // A rule holds from its date on, until another replaces it.
  const DateParts& since = item.since;
  if (lasting && since.year != 0 && wanted.year != 0) {
    const DateParts until{wanted.year, 0, wanted.month > 0 ? wanted.month : 12, 0};
    const bool replaced = std::any_of(item.replaced_by.begin(), item.replaced_by.end(), [&](const DateParts& d) { return months(d) <= months(until); });
    if (months(since) <= months(until)) return replaced ? TimeFit::kConflict : TimeFit::kInherited;
  }
  const bool stated_elsewhere = std::any_of(item.context_dates.begin(), item.context_dates.end(), [&](const DateParts& d) { return d.year != 0 && wanted.year != 0 && d.year != wanted.year; });
  if (!compatible_own || stated_elsewhere) return TimeFit::kConflict;
  if (wanted.year != 0 && wanted.month == 0 && wanted.quarter == 0 && item.item->date.starts_with(std::to_string(wanted.year))) return TimeFit::kContext;
  return TimeFit::kUnknown;
}

std::int64_t coverage_of(const std::vector<int>& met, const std::vector<std::int64_t>& weights) {
  std::int64_t sum = 0, all = 0;
  for (std::size_t i = 0; i < met.size(); ++i) sum += weights[i] * met[i], all += weights[i] * 1000;
  return all == 0 ? 0 : sum * 1000 / all;
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

// "5万元（含）至30万元", "above £2,000": does the range that a text gives hold the amount of the question?
std::int64_t bounds_score(std::string_view text, const Question& question) {
  constexpr std::int64_t kInside = 150, kOutside = -250;
  if (question.amounts.empty()) return 0;
  std::vector<Quantity> stated;
  for (Quantity& q : find_quantities(text))
    if (q.unit == question.amounts.front().unit) stated.push_back(std::move(q));
  if (stated.empty()) return 0;
  const Decimal asked = question.amounts.front().values.front();
  const auto says = [&](std::size_t begin, std::size_t end, std::initializer_list<std::string_view> words) {
    const std::string_view part = text.substr(begin, std::min(end, text.size()) - begin);
    return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return part.find(w) != std::string_view::npos; });
  };
  const Decimal& first = stated.front().values.front();
  if (stated.size() >= 2 && says(stated[0].end, stated[1].begin, {"至", "到", "~", "～", "-", "–", " to ", " and "})) {
    const Decimal& last = stated[1].values.front();
    return !less(asked, first) && !less(last, asked) ? kInside : kOutside;
  }
  const std::size_t left = stated[0].begin > 20 ? floor_boundary(text, stated[0].begin - 20) : 0, right = floor_boundary(text, std::min(text.size(), stated[0].end + 18));
  if (says(stated[0].end, right, {"以上", "及以上", " or more", " and above", "or above"}) || says(left, stated[0].begin, {"超过", "above", "over ", "more than", "exceed", "at least", "高于"})) return less(asked, first) ? kOutside : kInside;
  if (says(stated[0].end, right, {"以下", "以内", "及以下", " or less", " and below"}) || says(left, stated[0].begin, {"不超过", "below", "under ", "up to", "less than", "低于", "不足"})) return less(first, asked) ? kOutside : kInside;
  return 0;
}

// Names that nearly every document carries (the company's own) need not stand beside the answer.
std::vector<bool> common_names(const Question& question, std::span<const ItemMatch> items) {
  std::vector<bool> common(question.concepts.size());
  for (std::size_t c = 0; c < question.concepts.size(); ++c) {
    std::size_t holding = 0;
    for (const ItemMatch& item : items) holding += item.anywhere[c] >= 800;
    common[c] = items.size() >= 3 && holding * 3 >= items.size() * 2;
  }
  return common;
}

class Scorer {
 public:
  Scorer(const Question& question, std::span<const ItemMatch> items, const CalendarDay& today, bool with_flaws)
      : question_(question), items_(items), today_(today), with_flaws_(with_flaws), weights_(concept_weights(question, items)), common_(common_names(question, items)) {
    for (const ItemMatch& item : items) best_score_ = std::max(best_score_, item.item->score);
  }

  void score_item(std::size_t index, std::vector<Candidate>& out) const {
    const ItemMatch& item = items_[index];
    for (std::size_t u = 0; u < item.units.units.size(); ++u) {
      const Unit& unit = item.units.units[u];
      if (unit.kind == UnitKind::kHeading || unit.kind == UnitKind::kQuestion) continue;
      if (unit.kind != UnitKind::kRow) {
        add(out, {index, u, {}, 0, 0, 0, item.own[u], false, false, 0, false, 0}, item.dates[u]);
        continue;
      }
      const std::size_t before = out.size();
      for (std::size_t c = 0; c < unit.cells.size(); ++c) add_cell(out, index, u, c);
      // One candidate a row: its best cell.
      if (out.size() > before + 1) {
        const auto best = std::max_element(out.begin() + static_cast<std::ptrdiff_t>(before), out.end(), [](const Candidate& a, const Candidate& b) { return a.score < b.score; });
        Candidate kept = std::move(*best);
        out.resize(before);
        out.push_back(std::move(kept));
      }
    }
  }

 private:
  void add_cell(std::vector<Candidate>& out, std::size_t index, std::size_t u, std::size_t c) const {
    const ItemMatch& item = items_[index];
    const Unit& unit = item.units.units[u];
    if (unit.cells[c].begin == unit.cells[c].end) return;
    const TableHead& table = item.units.tables[unit.table];
    const auto& headers = item.headers[unit.table];
    Candidate candidate{index, u, c, 0, 0, 0, std::vector<int>(question_.concepts.size(), 0), false, false, 0, false, 0};
    for (std::size_t other = 0; other < unit.cells.size(); ++other) {
      raise(candidate.met, item.cells[u][other], other == c ? 800 : kSameRow);
      if (other < headers.size()) raise(candidate.met, headers[other], other == c ? 1000 : kOtherHeader);
    }
    // The column's own header decides between the cells of a row.
    const std::vector<int> column = c < headers.size() ? headers[c] : std::vector<int>(question_.concepts.size(), 0);
    std::vector<DateParts> dates = item.dates[u];
    if (c < table.header.size())
      for (const FoundDate& date : find_dates(table.header[c])) {
        dates.push_back(date.parts);
        candidate.dated |= std::any_of(question_.dates.begin(), question_.dates.end(), [&](const DateParts& d) { return compatible(d, date.parts); });
      }
    const std::int64_t header_bonus = coverage_of(column, weights_) / 4;
    const std::int64_t self_penalty = coverage_of(item.cells[u][c], weights_) / 3;
    const std::size_t before = out.size();
    add(out, std::move(candidate), dates);
    if (out.size() > before) out.back().score += header_bonus - self_penalty;
  }

  // Finishes the candidate (own and row matches are set) and keeps it if it can be an answer.
  void add(std::vector<Candidate>& out, Candidate candidate, const std::vector<DateParts>& stated) const {
    const ItemMatch& item = items_[candidate.item];
    const std::vector<DateParts> dates = join_dates(stated);
    const Unit& unit = item.units.units[candidate.unit];
    const std::int64_t own = coverage_of(candidate.met, weights_);
    std::vector<int>& met = candidate.met;
    std::vector<DateParts> near;
    for (const std::size_t intro : unit.intros) {
      raise(met, item.own[intro], kIntro);
      near.insert(near.end(), item.dates[intro].begin(), item.dates[intro].end());
    }
    if (candidate.unit > 0 && unit.kind == UnitKind::kSentence) {
      raise(met, item.own[candidate.unit - 1], kNeighbour);
      near.insert(near.end(), item.dates[candidate.unit - 1].begin(), item.dates[candidate.unit - 1].end());
    }
    raise(met, item.context, 1000);
    raise(met, item.anywhere, kElsewhere);
    raise(met, item.document, kElsewhere / 2);
    candidate.own = own;
    candidate.flaws |= names_missing(candidate, item);
    if (speaks_of_another_place(candidate, item)) candidate.flaws |= kFlawName;
    if (candidate.flaws != 0 && !with_flaws_) return;

    std::int64_t time_score = 0;
    const bool lasting = unit.kind != UnitKind::kRow || question_.resolved.empty();
    for (const DateParts& wanted : question_.dates) {
      switch (time_fit(wanted, dates, near, item, lasting)) {
        case TimeFit::kConflict: case TimeFit::kUnknown:
          if (!with_flaws_) return;
          candidate.flaws |= kFlawTime;
          break;
        case TimeFit::kInherited: time_score -= 60; break;
        case TimeFit::kContext: break;
        case TimeFit::kOwn: time_score += 80; break;
      }
      // A month's row does not answer for the year.
      const bool finer = wanted.month == 0 && std::any_of(dates.begin(), dates.end(), [&](const DateParts& d) { return compatible(d, wanted) && (d.month != 0 || (d.quarter != 0 && wanted.quarter == 0)); });
      candidate.finer |= finer;
      if (finer) time_score -= unit.kind == UnitKind::kRow ? 250 : 120;
    }

    std::string_view text = unit_text(item, candidate.unit);
    if (candidate.column) text = std::string_view(item.item->text).substr(unit.cells[*candidate.column].begin, unit.cells[*candidate.column].end - unit.cells[*candidate.column].begin);
    candidate.kind = holds_kind(text, question_);
    if (candidate.column && candidate.kind == 1 && header_gives_unit(item.units.tables[unit.table], *candidate.column)) candidate.kind = 2;
    if (candidate.kind == 0 && (question_.asked == Asked::kPhone || (question_.asked == Asked::kPerson && question_.chinese) || question_.asked == Asked::kCount || question_.asked == Asked::kAmount)) candidate.flaws |= kFlawKind;
    // A bare number is no length of time, and no price outside of a table.
    const bool row = unit.kind == UnitKind::kRow;
    if (candidate.kind < 2 && ((question_.asked == Asked::kDuration && row) || (question_.money && !row))) candidate.flaws |= kFlawKind;
    if (candidate.flaws != 0 && !with_flaws_) return;
    candidate.coverage = coverage_of(met, weights_);
    constexpr std::int64_t kKindScore[3] = {-220, 0, 130};
    candidate.score = candidate.coverage + own / 3 + kKindScore[candidate.kind] + time_score;
    if (best_score_ > 0) candidate.score += item.item->score * 120 / best_score_;
    if (item.instructs) candidate.score -= 150;
    const std::int64_t bounds = bounds_score(unit_text(item, candidate.unit), question_);
    if (bounds < 0 && unit.kind == UnitKind::kRow) {
      if (!with_flaws_) return;
      candidate.flaws |= kFlawRange;
    }
    if (bounds < 0 || unit.kind == UnitKind::kRow) candidate.score += bounds;
    const DateParts today{today_.year, 0, today_.month, 0};
    const bool replaced = std::any_of(item.replaced_by.begin(), item.replaced_by.end(), [&](const DateParts& d) { return months(d) <= months(today); });
    if (replaced && question_.dates.empty()) candidate.score -= question_.current ? 250 : 100;
    if (!candidate.column && text.size() > 500) candidate.score -= 60;
    if (own == 0 && unit.intros.empty() && !with_flaws_) return;
    out.push_back(std::move(candidate));
  }

  // "Lead time (working days)", "单价（元）": the header says what the cell's bare number counts.
  bool header_gives_unit(const TableHead& table, std::size_t column) const {
    if (column >= table.header.size()) return false;
    const std::string& header = table.header[column];
    if (!question_.unit.empty() && header_unit(header).unit == question_.unit) return true;
    if (question_.money) return !header_unit(header).unit.empty() && header_unit(header).unit != "percent";
    if (question_.asked != Asked::kDuration) return false;
    const std::string lower = lower_ascii(header);
    return std::any_of(kTimeWords.begin(), kTimeWords.end(), [&](std::string_view w) { return lower.find(w) != std::string::npos; });
  }

  // Codes must stand with the answer; names in its document at least.
  int names_missing(const Candidate& candidate, const ItemMatch& item) const {
    int flaws = 0;
    for (std::size_t c = 0; c < question_.concepts.size(); ++c) {
      const Concept& one = question_.concepts[c];
      if (!one.code.empty() && candidate.met[c] < 300) flaws |= kFlawCode;
      if (one.entity && !common_[c] && item.document[c] < 500) flaws |= kFlawName;
    }
    return flaws;
  }

  // Asked about Suzhou, an answer out of a paper about Leeds is none.
  bool speaks_of_another_place(const Candidate& candidate, const ItemMatch& item) const {
    for (std::size_t c = 0; c < question_.concepts.size(); ++c) {
      const Concept& one = question_.concepts[c];
      if (!is_place(one.surface) || candidate.met[c] >= 500) continue;
      if (!places_in(lower_ascii(item.item->title + "\n" + item.item->heading)).empty()) return true;
      if (!places_in(lower_ascii(unit_text(item, candidate.unit))).empty()) return true;
    }
    return false;
  }

  const Question& question_;
  std::span<const ItemMatch> items_;
  CalendarDay today_;
  bool with_flaws_;
  std::vector<std::int64_t> weights_;
  std::vector<bool> common_;
  std::int64_t best_score_ = 0;
};

}  // namespace

std::vector<Candidate> find_candidates(const Question& question, std::span<const ItemMatch> items, const CalendarDay& today, bool with_flaws) {
  std::vector<Candidate> candidates;
  const Scorer scorer(question, items, today, with_flaws);
  for (std::size_t i = 0; i < items.size(); ++i) scorer.score_item(i, candidates);
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  return candidates;
}

// Two words with nothing between them but a space (or, in Chinese, 的): "bereavement leave".
namespace {
bool modifies(const Question& question, const Concept& a, const Concept& b) {
  if (b.begin < a.end) return false;
  const std::string_view between = std::string_view(question.text).substr(a.end, b.begin - a.end);
  return between.empty() || between == " " || between == "的";
}
}  // namespace

namespace {
bool says_computed(std::string_view text) {
  const std::string lower = lower_ascii(text);
  for (const std::string_view word : {"average", "mean", "difference", "ratio", "times", "change", "more than", "less than", "increase", "decrease", "平均", "差", "倍", "比", "增", "减", "多", "少"})
    if (lower.find(word) != std::string::npos) return true;
  return false;
}
}  // namespace

std::int64_t answer_strength(const Question& question, std::span<const ItemMatch> items, const Candidate& best) {
  const EvidenceItem& item = *items[best.item].item;
  // What the words must cover falls with how near the vectors are.
  std::int64_t needed = 500;
  constexpr std::int64_t kOne = std::int64_t{1} << 20;
  if (item.vector_score > kOne * 72 / 100) needed -= 60;
  if (item.vector_score > kOne * 80 / 100) needed -= 80;
  if (best.kind == 2 && question.asked != Asked::kAnything) needed -= 40;
  if (best.kind == 0) needed += question.asked == Asked::kPerson ? 250 : 120;
  const Unit& unit = items[best.item].units.units[best.unit];
  if (unit.kind == UnitKind::kRow && bounds_score(std::string_view(item.text).substr(unit.begin, unit.end - unit.begin), question) > 0) needed -= 120;
  if (best.kind == 1 && (question.asked == Asked::kDuration || question.money)) needed += 150;
  if (question.aggregate) needed += 60;
  // Nothing is calculated here: the text must have done it.
  if (question.computed && !says_computed(std::string_view(item.text).substr(unit.begin, unit.end - unit.begin))) return -1000;
  for (std::size_t c = 0; c < question.concepts.size(); ++c) {
    const Concept& one = question.concepts[c];
    // "黑尾前肛鳗的": a near name is another's.
    const int enough = one.argument && question.chinese ? 700 : 400;
    if (one.weak || best.met[c] >= enough) continue;
    if (one.head) needed += 250;
    // A word that no evidence holds is what the question is about, more often than another way to say it.
    const bool absent = std::none_of(items.begin(), items.end(), [&](const ItemMatch& m) { return m.anywhere[c] >= std::max(enough, 500); });
    // One that only other documents hold says that this one is about something else.
    const bool modifier = c + 1 < question.concepts.size() && best.met[c + 1] >= 500 && modifies(question, one, question.concepts[c + 1]);
    if (absent) needed += one.argument ? 220 : modifier ? 150 : 60;
    else if (items[best.item].document[c] < 500) needed += one.argument ? 220 : modifier ? 150 : 0;
    else if (is_place(one.surface) || (one.argument && question.asked == Asked::kPerson)) needed += 220;
    else if (one.argument) needed += question.chinese ? 130 : 60;
    // "北京办事处": what stands with the word before it is no other thing of that name.
    if (c > 0 && question.concepts[c - 1].entity && best.met[c - 1] >= 500 && modifies(question, question.concepts[c - 1], one) && items[best.item].document[c] < 500) needed += 80;
  }
  return best.coverage - needed;
}

bool is_strong_enough(const Question& question, std::span<const ItemMatch> items, const Candidate& best) {
  return answer_strength(question, items, best) >= 0;
}

bool is_undecided(const Question& question, std::span<const ItemMatch> items, std::span<const Candidate> candidates) {
  if (candidates.empty() || question.listing) return false;
  const Candidate& best = candidates.front();
  const auto unit_of = [&](const Candidate& c) -> const Unit& { return items[c.item].units.units[c.unit]; };
  if (unit_of(best).kind != UnitKind::kRow) return false;
  const auto rivals = std::count_if(candidates.begin(), candidates.end(), [&](const Candidate& c) {
    return c.item == best.item && unit_of(c).kind == UnitKind::kRow && unit_of(c).table == unit_of(best).table && c.score * 100 >= best.score * 97;
  });
  return rivals >= 3;
}

}  // namespace grounds
