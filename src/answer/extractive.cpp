#include "answer/extractive.h"

#include <algorithm>
#include <set>

#include "answer/candidates.h"
#include "answer/gate.h"
#include "answer/match.h"
#include "answer/quantities.h"
#include "answer/question.h"
#include "base/utf8.h"

namespace grounds {
namespace {

constexpr std::string_view kNotFoundEnglish = "Not found in the documents.";
constexpr std::string_view kNotFoundChinese = "文档中未找到答案。";

struct Pick {
  Candidate candidate;
  std::size_t begin = 0, end = 0;   // bytes of the item's text that are quoted
  std::string shown;                // as it stands in the answer, without the marker
};

std::string_view slice(const ItemMatch& item, std::size_t begin, std::size_t end) {
  return std::string_view(item.item->text).substr(begin, end - begin);
}

// White space of wrapped lines becomes one space, none between Chinese characters.
std::string on_one_line(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t next = at;
    const char32_t c = next_code_point(text, next);
    const bool space = c == U' ' || c == U'\n' || c == U'\r' || c == U'\t';
    if (!space) out.append(text.substr(at, next - at));
    else if (!out.empty() && out.back() != ' ') out += ' ';
    if (space && (c == U'\n' || c == U'\r') && out.size() >= 4) {
      std::size_t before = floor_boundary(out, out.size() - 2), after = next;
      while (after < text.size() && (text[after] == ' ' || text[after] == '\n' || text[after] == '\r')) ++after;
      std::size_t probe = after;
      const bool wide_before = static_cast<unsigned char>(out[before]) >= 0xE3;
      const bool wide_after = after < text.size() && next_code_point(text, probe) >= 0x2E80;
      if (wide_before && wide_after) out.pop_back();
    }
    at = next;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// A cell with (a part of) the time that the question asks about.
bool says_time(std::string_view cell, const Question& question) {
  const std::vector<FoundDate> dates = find_dates(cell);
  return !dates.empty() && dates.front().begin == 0 && dates.front().end == cell.size() &&
         std::any_of(question.dates.begin(), question.dates.end(), [&](const DateParts& d) { return compatible(d, dates.front().parts); });
}

// "Month: October 2025; Overseas (CNY 10k): 439.4": the cell with its row's labels and its column's header.
std::string show_row(const ItemMatch& item, const Candidate& candidate, const Question& question) {
  const Unit& unit = item.units.units[candidate.unit];
  const std::vector<std::string>& header = item.units.tables[unit.table].header;
  const auto& met = item.headers[unit.table];
  // A cell is shown alone only where its header says that it is the one asked for.
  const auto column = candidate.column;
  const bool certain = candidate.dated || (column && *column < met.size() && std::any_of(met[*column].begin(), met[*column].end(), [](int q) { return q >= 500; }));
  const std::string_view colon = question.chinese ? "：" : ": ", semicolon = question.chinese ? "；" : "; ";
  constexpr std::size_t kFew = 3;
  std::string out;
  for (std::size_t c = 0; c < unit.cells.size(); ++c) {
    const std::string_view value = slice(item, unit.cells[c].begin, unit.cells[c].end);
    if (value.empty()) continue;
    const bool answers = column == c;
    const bool labels = c == 0 || says_time(value, question) || std::any_of(item.cells[candidate.unit][c].begin(), item.cells[candidate.unit][c].end(), [](int q) { return q >= 500; });
    if (certain && unit.cells.size() > kFew && !answers && !labels) continue;
    if (!out.empty()) out += semicolon;
    if (c < header.size() && !header[c].empty()) out.append(header[c]).append(colon);
    out += value;
  }
  return out;
}

std::set<std::string> words_of(std::string_view text, const Analyzer& analyzer) {
  std::set<std::string> words;
  for (Token& token : analyzer.analyze(text)) words.insert(std::move(token.term));
  return words;
}

// Shared words per mille of the smaller set.
std::int64_t likeness(const std::set<std::string>& a, const std::set<std::string>& b) {
  if (a.empty() || b.empty()) return 0;
  std::size_t shared = 0;
  for (const std::string& word : a) shared += b.count(word);
  return static_cast<std::int64_t>(shared * 1000 / std::min(a.size(), b.size()));
}

class Composer {
 public:
  Composer(const Question& question, std::span<const ItemMatch> items, const Analyzer& analyzer, const ExtractiveSettings& settings)
      : question_(question), items_(items), analyzer_(analyzer), settings_(settings) {}

  AnswerText compose(const std::vector<Candidate>& candidates) {
    pick(candidates);
    order();
    AnswerText answer;
    answer.verdict = Verdict::kSupported;
    answer.answer = resolution_note();
    const std::vector<std::size_t> rivals = find_rivals();
    if (!rivals.empty()) {
      write_rivals(answer, rivals);
    } else {
      write_plain(answer);
    }
    return answer;
  }

 private:
  Pick make_pick(const Candidate& candidate) const {
    const ItemMatch& item = items_[candidate.item];
    const std::vector<Unit>& units = item.units.units;
    const Unit& unit = units[candidate.unit];
    Pick made{candidate, unit.begin, unit.end, {}};
    if (unit.kind == UnitKind::kRow) {
      made.shown = show_row(item, candidate, question_);
      return made;
    }
    // "Yes." and "No." under an asked question go with what explains them.
    constexpr std::size_t kShortAnswer = 40;
    if (candidate.unit >= 2) {
      const Unit &before = units[candidate.unit - 1], &asked = units[candidate.unit - 2];
      if (asked.kind == UnitKind::kQuestion || asked.kind == UnitKind::kHeading)
        if (before.kind == UnitKind::kSentence && before.end - before.begin <= kShortAnswer && unit.begin - before.end <= 1) made.begin = before.begin;
    }
    // "The following are needed:" goes with its list.
    constexpr std::size_t kLongestList = 800;
    const std::string_view text = slice(item, unit.begin, unit.end);
    if (text.ends_with(":") || text.ends_with("：")) {
      for (std::size_t next = candidate.unit + 1; next < units.size(); ++next) {
        const auto& intros = units[next].intros;
        if (std::find(intros.begin(), intros.end(), candidate.unit) == intros.end() || units[next].end - unit.begin > kLongestList) break;
        made.end = units[next].end;
      }
    }
    const std::string_view whole = slice(item, made.begin, made.end);
    made.shown = made.end == unit.end ? on_one_line(whole) : std::string(whole);
    return made;
  }

  void pick(const std::vector<Candidate>& candidates) {
    std::vector<std::set<std::string>> words;
    const std::int64_t best = candidates.front().score;
    for (const Candidate& candidate : candidates) {
      if (picks_.size() >= settings_.max_sentences) break;
      // A second sentence must be nearly as good as the first, and of the kind asked for.
      if (!picks_.empty() && !candidate.alternative && (candidate.finer != picks_.front().candidate.finer || candidate.score * 100 < best * 65 || candidate.kind < picks_.front().candidate.kind)) continue;
      Pick made = make_pick(candidate);
      // ... unless it comes from elsewhere and says otherwise.
      const bool close = picks_.empty() || candidate.alternative || (candidate.score * 100 >= best * 84 && candidate.coverage + 100 >= picks_.front().candidate.coverage);
      if (!close && !disagree(picks_.front(), made)) continue;
      std::set<std::string> its = words_of(made.shown, analyzer_);
      const bool repeated = std::any_of(words.begin(), words.end(), [&](const auto& other) { return likeness(its, other) >= 850; }) && !differs_in_numbers(made);
      const bool inside = std::any_of(picks_.begin(), picks_.end(), [&](const Pick& p) { return p.candidate.item == candidate.item && made.begin >= p.begin && made.end <= p.end; });
      if (repeated || inside) continue;
      words.push_back(std::move(its));
      picks_.push_back(std::move(made));
    }
  }

  bool differs_in_numbers(const Pick& made) const {
    return std::none_of(picks_.begin(), picks_.end(), [&](const Pick& p) { return same_numbers(p, made); });
  }

  // Only numbers of one unit can contradict each other.
  static bool comparable(const std::vector<Quantity>& a, const std::vector<Quantity>& b) {
    return std::any_of(a.begin(), a.end(), [&](const Quantity& x) {
      return std::any_of(b.begin(), b.end(), [&](const Quantity& y) { return x.unit == y.unit; });
    });
  }

  static bool same_numbers(const Pick& a, const Pick& b) {
    const auto x = find_quantities(a.shown), y = find_quantities(b.shown);
    const auto all_in = [](const std::vector<Quantity>& from, const std::vector<Quantity>& in) {
      return std::all_of(from.begin(), from.end(), [&](const Quantity& q) {
        return std::any_of(in.begin(), in.end(), [&](const Quantity& r) { return same_value(q, r); });
      });
    };
    return all_in(x, y) || all_in(y, x);
  }

  // The best one's document leads; inside a document, its own order.
  void order() {
    std::stable_sort(picks_.begin() + 1, picks_.end(), [](const Pick& a, const Pick& b) { return std::pair(a.candidate.item, a.begin) < std::pair(b.candidate.item, b.begin); });
    const std::size_t lead = picks_.front().candidate.item;
    std::stable_sort(picks_.begin(), picks_.end(), [lead](const Pick& a, const Pick& b) {
      const auto key = [lead](const Pick& p) { return std::tuple(p.candidate.item != lead, p.candidate.item, p.begin); };
      return key(a) < key(b);
    });
  }

  std::string resolution_note() const {
    std::string note;
    for (const ResolvedDate& date : question_.resolved) {
      note.append(note.empty() ? (question_.chinese ? "（" : "(") : (question_.chinese ? "，" : ", "));
      note.append(date.phrase).append(" = ").append(format_parts(date.parts));
    }
    if (!note.empty()) note.append(question_.chinese ? "）" : ") ");
    return note;
  }

  // The day a source speaks as of: since when it holds, else its own date.
  std::string source_date(const ItemMatch& item) const {
    return item.effective.empty() ? item.item->date : format_parts(item.effective);
  }

  // Picks of other documents that answer the same with other numbers; empty, or all that disagree.
  std::vector<std::size_t> find_rivals() const {
    std::vector<std::size_t> rivals;
    for (std::size_t a = 0; a < picks_.size(); ++a) {
      for (std::size_t b = a + 1; b < picks_.size(); ++b) {
        if (!disagree(picks_[a], picks_[b])) continue;
        for (const std::size_t i : {a, b})
          if (std::find(rivals.begin(), rivals.end(), i) == rivals.end()) rivals.push_back(i);
      }
    }
    return rivals;
  }

  bool disagree(const Pick& a, const Pick& b) const {
    const ItemMatch &x = items_[a.candidate.item], &y = items_[b.candidate.item];
    if (x.item->uri == y.item->uri || a.candidate.finer != b.candidate.finer) return false;
    if (question_.asked == Asked::kAnything || question_.asked == Asked::kPlace || question_.asked == Asked::kReason || question_.asked == Asked::kYesNo) {
      // Without a number asked for, only near-equal sentences can contradict each other.
      if (likeness(words_of(a.shown, analyzer_), words_of(b.shown, analyzer_)) < 700) return false;
    }
    if (same_numbers(a, b) || !comparable(find_quantities(a.shown), find_quantities(b.shown))) return false;
    constexpr std::int64_t kSameSubject = 600, kSharedWords = 200;
    if (a.candidate.coverage < kSameSubject || b.candidate.coverage < kSameSubject) return false;
    if (likeness(words_of(a.shown, analyzer_), words_of(b.shown, analyzer_)) < kSharedWords) return false;
    // They speak of the same: every concept that one meets well, the other does too.
    for (std::size_t c = 0; c < question_.concepts.size(); ++c)
      if (!question_.concepts[c].weak && std::abs(a.candidate.met[c] - b.candidate.met[c]) > 400) return false;
    return true;
  }

  void write_rivals(AnswerText& answer, std::vector<std::size_t> rivals) {
    std::stable_sort(rivals.begin(), rivals.end(), [&](std::size_t a, std::size_t b) { return source_date(items_[picks_[a].candidate.item]) > source_date(items_[picks_[b].candidate.item]); });
    const bool effective = std::all_of(rivals.begin(), rivals.end(), [&](std::size_t i) { return !items_[picks_[i].candidate.item].effective.empty(); });
    if (question_.chinese) answer.answer += effective ? "以下版本不同，以最新的为准，最新的在前：" : "来源说法不一，最新的在前：";
    else answer.answer += effective ? "Versions differ; the latest in force comes first:" : "Sources differ; the newest comes first:";
    for (const std::size_t i : rivals) {
      const ItemMatch& item = items_[picks_[i].candidate.item];
      const std::string date = source_date(item);
      answer.answer += "\n- ";
      if (!date.empty() && !item.effective.empty()) answer.answer += question_.chinese ? date + " 起生效：" : std::string("effective ").append(date).append(": ");
      else if (!date.empty()) answer.answer += question_.chinese ? date + "：" : date + ": ";
      write(answer, picks_[i]);
    }
    if (!effective) answer.verdict = Verdict::kPartly;
  }

  void write_plain(AnswerText& answer) {
    const bool lines = std::any_of(picks_.begin(), picks_.end(), [&](const Pick& p) { return items_[p.candidate.item].units.units[p.candidate.unit].kind != UnitKind::kSentence; });
    for (std::size_t i = 0; i < picks_.size(); ++i) {
      if (i > 0) answer.answer += lines ? "\n" : question_.chinese ? "" : " ";
      write(answer, picks_[i]);
    }
  }

  void write(AnswerText& answer, const Pick& pick) const {
    const EvidenceItem& item = *items_[pick.candidate.item].item;
    Citation citation;
    citation.marker.append("[").append(std::to_string(item.number)).append("]");
    citation.evidence = item.number;
    citation.uri = item.uri;
    citation.page = item.page_from;
    citation.begin = item.begin + pick.begin;
    citation.end = item.begin + pick.end;
    citation.quote = std::string(slice(items_[pick.candidate.item], pick.begin, pick.end));
    answer.answer.append(pick.shown).append(question_.chinese ? "" : " ").append(citation.marker);
    answer.citations.push_back(std::move(citation));
  }

  const Question& question_;
  std::span<const ItemMatch> items_;
  const Analyzer& analyzer_;
  const ExtractiveSettings& settings_;
  std::vector<Pick> picks_;
};

AnswerText not_found(const Question& question) {
  AnswerText answer;
  answer.answer = question.chinese ? kNotFoundChinese : kNotFoundEnglish;
  answer.verdict = Verdict::kNotFound;
  return answer;
}

// The evidence as the question meets it.
struct Reading {
  Question question;
  std::vector<ItemMatch> items;
  CalendarDay today;
};

Reading read_evidence(std::string_view question, std::span<const EvidenceItem> evidence, const ClockInputs& clock, const Analyzer& analyzer) {
  Reading reading{analyse_question(question, clock, analyzer), {}, local_day(clock).value_or(CalendarDay{})};
  if (reading.question.concepts.empty()) return reading;
  for (const EvidenceItem& item : evidence) reading.items.push_back(match_item(item, reading.question, analyzer));
  share_within_documents(reading.items);
  return reading;
}

struct Choice {
  std::vector<Candidate> candidates;   // the first leads; none: not found
  bool sure = true;
};

// What words alone speak for: candidates without flaws, of which one of the first is strong enough.
std::vector<Candidate> strong_candidates(const Reading& reading, std::span<const Candidate> all) {
  std::vector<Candidate> candidates;
  for (const Candidate& candidate : all) {
    const Unit& unit = reading.items[candidate.item].units.units[candidate.unit];
    if (candidate.flaws == 0 && (candidate.own > 0 || !unit.intros.empty())) candidates.push_back(candidate);
  }
  const auto strong = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& c) { return is_strong_enough(reading.question, reading.items, c); });
  if (strong == candidates.end() || strong - candidates.begin() > 3) return {};
  if (is_undecided(reading.question, reading.items, std::span(candidates).subspan(static_cast<std::size_t>(strong - candidates.begin())))) return {};
  return {strong, candidates.end()};
}

// A code that is asked for must be there, and a table's row be of the time asked for, however near the span is.
bool is_ruled_out(const Reading& reading, const Candidate& candidate) {
  const bool row = reading.items[candidate.item].units.units[candidate.unit].kind == UnitKind::kRow;
  const bool amount = reading.question.asked == Asked::kAmount || reading.question.asked == Asked::kCount;
  return (candidate.flaws & kFlawCode) != 0 || ((row || amount) && (candidate.flaws & (kFlawTime | kFlawRange)) != 0);
}

// The gate decides, by the span that answers best. What words speak for leads if its span answers nearly as well;
// units of other such spans follow.
Choice choose(const Reading& reading) {
  constexpr std::int64_t kNearlyAsWell = 1500, kAsWell = 500, kWithStrongWords = -1500, kPerLogit = 150;
  std::vector<Candidate> candidates = find_candidates(reading.question, reading.items, reading.today, true);
  const std::vector<Candidate> strong = strong_candidates(reading, candidates);
  const bool has_vectors = std::any_of(reading.items.begin(), reading.items.end(), [](const ItemMatch& m) { return m.item->vector_score > 0; });
  // Where there are no vectors, words alone decide.
  if (!has_vectors) return {strong, true};
  std::erase_if(candidates, [&](const Candidate& c) { return is_ruled_out(reading, c); });
  const std::vector<RankedItem> ranked = rank_items(reading.question, reading.items, candidates);
  const std::int64_t score = gate(ranked);
  if (ranked.empty() || score <= (strong.empty() ? 0 : kWithStrongWords)) return {};
  const auto behind = [&](std::size_t item) {
    const auto found = std::find_if(ranked.begin(), ranked.end(), [&](const RankedItem& r) { return r.item == item; });
    return found == ranked.end() ? std::int64_t{1} << 40 : ranked.front().preference - found->preference;
  };
  const bool words_lead = !strong.empty() && (ranked.front().best.flaws != 0 || behind(strong.front().item) <= 2 * kNearlyAsWell);
  std::vector<Candidate> chosen{words_lead ? strong.front() : ranked.front().best};
  for (Candidate& candidate : candidates) {
    const bool leads = candidate.item == chosen.front().item && candidate.unit == chosen.front().unit;
    if (leads || behind(candidate.item) > kNearlyAsWell || (candidate.flaws != 0 && candidate.item != chosen.front().item)) continue;
    candidate.score -= behind(candidate.item) * kPerLogit / 1000;
    chosen.push_back(candidate);
  }
  std::stable_sort(chosen.begin() + 1, chosen.end(), [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  // Another document that may be meant just as well is quoted beside the first.
  const auto uri = [&](std::size_t item) -> const std::string& { return reading.items[item].item->uri; };
  for (const RankedItem& other : ranked) {
    if (uri(other.item) == uri(chosen.front().item) || other.best.flaws != 0) continue;
    if (behind(other.item) <= (is_sure(score) ? kAsWell : kNearlyAsWell)) {
      chosen.insert(chosen.begin() + 1, other.best);
      chosen[1].alternative = true;
    }
    break;
  }
  return {std::move(chosen), is_sure(score)};
}

// Is a part of the question left without an answer? A number that is asked for twice must be there twice.
bool leaves_a_part(std::string_view text, const AnswerText& answer, const ClockInputs& clock, const Analyzer& analyzer) {
  const std::vector<std::string> parts = question_parts(text);
  if (parts.size() < 2) return false;
  std::string shown = answer.answer;
  for (const Citation& citation : answer.citations)
    if (const std::size_t at = shown.find(citation.marker); at != std::string::npos) shown.erase(at, citation.marker.size());
  std::size_t amounts_asked = 0;
  for (const std::string& part : parts) {
    const Question asked = analyse_question(part, clock, analyzer);
    amounts_asked += asked.asked == Asked::kAmount || asked.asked == Asked::kCount || asked.asked == Asked::kDuration;
    if (holds_kind(shown, asked) == 0) return true;
  }
  return amounts_asked > find_quantities(shown).size();
}

}  // namespace

AnswerText extractive_answer(std::string_view question_text, std::span<const EvidenceItem> evidence, const ClockInputs& clock,
                             const Analyzer& analyzer, const ExtractiveSettings& settings) {
  const Reading reading = read_evidence(question_text, evidence, clock, analyzer);
  if (reading.items.empty() || settings.max_sentences == 0) return not_found(reading.question);
  const Choice chosen = choose(reading);
  if (chosen.candidates.empty()) return not_found(reading.question);
  AnswerText answer = Composer(reading.question, reading.items, analyzer, settings).compose(chosen.candidates);
  if (answer.verdict == Verdict::kSupported && (!chosen.sure || leaves_a_part(question_text, answer, clock, analyzer))) answer.verdict = Verdict::kPartly;
  return answer;
}

std::vector<SpanFeatures> span_features(std::string_view question, std::span<const EvidenceItem> evidence, const ClockInputs& clock,
                                        const Analyzer& analyzer) {
  const Reading reading = read_evidence(question, evidence, clock, analyzer);
  if (reading.items.empty()) return {};
  std::vector<SpanFeatures> spans;
  std::vector<Candidate> candidates = find_candidates(reading.question, reading.items, reading.today, true);
  std::erase_if(candidates, [&](const Candidate& c) { return is_ruled_out(reading, c); });
  for (const RankedItem& item : rank_items(reading.question, reading.items, candidates))
    spans.push_back({reading.items[item.item].item->number, {item.features.begin(), item.features.end()}});
  return spans;
}

}  // namespace grounds
