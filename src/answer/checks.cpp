#include "answer/checks.h"

#include <algorithm>
#include <optional>
#include <set>

#include "answer/date_words.h"
#include "answer/fold.h"
#include "answer/marks.h"
#include "answer/match.h"
#include "answer/quantities.h"
#include "answer/units.h"
#include "base/utf8.h"

namespace grounds {
namespace {

// Below this share of its words a sentence is not borne out (calibrated on tests/answer/data/support.tsv).
constexpr int kNeededSupport = 550;
// A number is another's if the sentence fits a place without it better by so much.
constexpr int kBetterElsewhere = 300;
// Bytes of a note such as "last year = 2025".
constexpr std::size_t kLongestNote = 160;
// Evidence that one sentence may cite; there is never so much.
constexpr std::size_t kMostCited = 64;

using Words = std::set<std::string>;

// Nothing but dates and the marks between them.
bool only_dates(std::string_view text) {
  std::size_t at = 0;
  const auto blank = [&](std::size_t until) { return text.substr(at, until - at).find_first_not_of(" ,;-") == std::string_view::npos; };
  for (const FoundDate& date : find_dates(text)) {
    if (!blank(date.begin)) return false;
    at = date.end;
  }
  return at > 0 && blank(text.size());
}

// A table's cell with what names it.
struct Place {
  std::size_t begin = 0, end = 0;       // bytes of the item's text that a citation would quote
  Words words;                          // its own, with headings, header and neighbours
  Words with_next;                      // the same with those of the place behind it; empty for the last
  Words labels;                         // rows: the words of its row's labels and its columns' headers
  std::vector<DateParts> dates;         // its own
  std::vector<Quantity> quantities;
  std::vector<std::string> codes;
  // Rows: each amount with the words and dates of its column.
  struct Column {
    Quantity quantity;
    Words header;
    std::vector<DateParts> dates;
  };
  std::vector<Column> columns;
  bool row = false;
  std::size_t table = 0;
};

struct ItemFacts {
  const EvidenceItem* item = nullptr;
  std::vector<Place> places;
  Words words;                          // of all there is, title and headings included
  std::vector<Quantity> quantities;
  std::vector<DateParts> dates, context_dates;
  std::vector<std::string> codes;
};

class FactFinder {
 public:
  explicit FactFinder(const Analyzer& analyzer) : analyzer_(analyzer) {}

  // Stop words say nothing about support.
  Words words_of(std::string_view text) const {
    Words words;
    for (Token& token : analyzer_.analyze_query(text)) {
      std::size_t at = 0;
      const bool single_cjk = is_cjk_letter(next_code_point(token.term, at)) && at == token.term.size();
      if (!single_cjk) words.insert(std::move(token.term));
    }
    return words;
  }

  // Without its numbers and dates, which are compared by value.
  Words bare_words_of(std::string_view text) const {
    std::string bare(text);
    const auto blank = [&](std::size_t begin, std::size_t end) { std::fill(bare.begin() + static_cast<std::ptrdiff_t>(begin), bare.begin() + static_cast<std::ptrdiff_t>(end), ' '); };
    for (const FoundDate& date : find_dates(text)) blank(date.begin, date.end);
    for (const Quantity& quantity : find_quantities(text)) blank(quantity.begin, quantity.end);
    return words_of(bare);
  }

  ItemFacts facts_of(const EvidenceItem& item) const {
    ItemFacts facts;
    facts.item = &item;
    const Units cut = cut_units(item);
    const std::string context = item.title + "\n" + item.heading + "\n" + spaced_name(item.uri);
    const Words context_words = words_of(context);
    std::vector<Words> own;
    for (const Unit& unit : cut.units) own.push_back(words_of(std::string_view(item.text).substr(unit.begin, unit.end - unit.begin)));
    for (std::size_t u = 0; u < cut.units.size(); ++u) {
      const Unit& unit = cut.units[u];
      const std::string_view text = std::string_view(item.text).substr(unit.begin, unit.end - unit.begin);
      Place place;
      place.begin = unit.begin, place.end = unit.end, place.words = own[u], place.table = unit.table;
      place.row = unit.kind == UnitKind::kRow;
      if (place.row) add_columns(place, item, unit, cut.tables[unit.table]);
      place.quantities = find_quantities(text);
      place.dates = parts_of(text);
      for (Code& code : find_codes(text)) place.codes.push_back(std::move(code.folded));
      for (const std::size_t intro : unit.intros) place.words.insert(own[intro].begin(), own[intro].end());
      place.words.insert(context_words.begin(), context_words.end());
      facts.places.push_back(std::move(place));
    }
    for (std::size_t p = 0; p + 1 < facts.places.size(); ++p) {
      facts.places[p].with_next = facts.places[p].words;
      facts.places[p].with_next.insert(facts.places[p + 1].words.begin(), facts.places[p + 1].words.end());
    }
    const std::string all = context + "\n" + item.table_header + "\n" + item.text;
    facts.words = words_of(all);
    facts.quantities = find_quantities(all);
    for (const Place& place : facts.places)
      for (const Place::Column& column : place.columns) facts.quantities.push_back(column.quantity);
    facts.dates = parts_of(all);
    facts.context_dates = parts_of(context);
    for (const DateParts& date : parts_of(item.date)) facts.dates.push_back(date), facts.context_dates.push_back(date);
    for (Code& code : find_codes(all)) facts.codes.push_back(std::move(code.folded));
    return facts;
  }

  static std::vector<DateParts> parts_of(std::string_view text) {
    std::vector<DateParts> parts;
    for (const FoundDate& date : find_dates(text)) parts.push_back(date.parts);
    return parts;
  }

 private:
  void add_columns(Place& place, const EvidenceItem& item, const Unit& unit, const TableHead& table) const {
    for (std::size_t c = 0; c < unit.cells.size(); ++c) {
      const std::string_view text = std::string_view(item.text).substr(unit.cells[c].begin, unit.cells[c].end - unit.cells[c].begin);
      const std::string_view header = c < table.header.size() ? std::string_view(table.header[c]) : std::string_view();
      const Words header_words = words_of(header);
      place.words.insert(header_words.begin(), header_words.end());
      const auto amounts = find_quantities(text);
      const bool amount = !amounts.empty() && amounts.front().begin == 0 && amounts.front().end == text.size();
      if (!amount) {
        const Words label = bare_words_of(text);
        place.labels.insert(label.begin(), label.end());
      }
      for (Quantity quantity : amounts) {
        // 1,577 under "万元" is 15.77 million yuan too.
        const HeaderUnit unit_of = header_unit(header);
        const std::size_t readings = quantity.values.size();
        if (unit_of.power_of_ten != 0)
          for (std::size_t i = 0; i < readings; ++i) quantity.values.push_back(scale(quantity.values[i], unit_of.power_of_ten));
        if (quantity.unit.empty()) quantity.unit = unit_of.unit;
        place.columns.push_back({std::move(quantity), header_words, parts_of(header)});
      }
    }
  }

  const Analyzer& analyzer_;
};

int share_of(const Words& wanted, const Words& have) {
  if (wanted.empty()) return 1000;
  std::size_t met = 0;
  for (const std::string& word : wanted) met += have.count(word);
  return static_cast<int>(met * 1000 / wanted.size());
}

bool meets(const Words& wanted, const Words& have) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& w) { return have.count(w) > 0; });
}

class Checker {
 public:
  Checker(std::string_view question, std::span<const EvidenceItem> evidence, const Analyzer& analyzer)
      : finder_(analyzer), evidence_(evidence), lent_(find_quantities(question)) {}

  AnswerCheck check(std::string_view answer) {
    split(answer);
    find_facts();
    for (SentenceCheck& sentence : out_.sentences)
      if (!sentence.frame) check_sentence(sentence);
    conclude(answer);
    return std::move(out_);
  }

 private:
  // Of the evidence that is cited; of all of it where a sentence cites nothing.
  void find_facts() {
    const bool all = std::any_of(out_.sentences.begin(), out_.sentences.end(), [](const SentenceCheck& s) { return !s.frame && s.cited.empty(); });
    for (const EvidenceItem& item : evidence_) {
      const bool cited = std::any_of(out_.sentences.begin(), out_.sentences.end(), [&](const SentenceCheck& s) {
        return std::find(s.cited.begin(), s.cited.end(), item.number) != s.cited.end();
      });
      if (all || cited) facts_.push_back(finder_.facts_of(item));
    }
    // Since when a document holds may stand in another part of it.
    for (ItemFacts& facts : facts_)
      for (const EvidenceItem& other : evidence_) {
        if (other.uri != facts.item->uri || &other == facts.item) continue;
        if (const DateParts since = effective_date(other.text); !since.empty()) facts.dates.push_back(since);
      }
  }

  bool exists(std::uint32_t number) const {
    return std::any_of(evidence_.begin(), evidence_.end(), [&](const EvidenceItem& item) { return item.number == number; });
  }

  const ItemFacts* find(std::uint32_t number) const {
    const auto found = std::find_if(facts_.begin(), facts_.end(), [&](const ItemFacts& f) { return f.item->number == number; });
    return found == facts_.end() ? nullptr : &*found;
  }

  void split(std::string_view answer) {
    for (std::size_t at = 0; at <= answer.size();) {
      const std::size_t end = std::min(answer.find('\n', at), answer.size());
      split_line(answer.substr(at, end - at));
      at = end + 1;
    }
  }

  void split_line(std::string_view line) {
    const std::size_t first = out_.sentences.size();
    // Marks are blanked for cutting; a mark after the full stop belongs to the sentence before it.
    const std::vector<Mark> marks = find_marks(line);
    const std::string blank = blank_marks(line, marks);
    const std::vector<Cell> cuts = cut_sentences(blank);
    std::size_t next_mark = 0;
    for (std::size_t i = 0; i < cuts.size(); ++i) {
      SentenceCheck one;
      one.sentence = without_notes(blank.substr(cuts[i].begin, cuts[i].end - cuts[i].begin));
      const std::size_t until = i + 1 < cuts.size() ? cuts[i + 1].begin : line.size();
      for (; next_mark < marks.size() && marks[next_mark].begin < until; ++next_mark) {
        const std::uint32_t number = marks[next_mark].number;
        if (std::find(one.cited.begin(), one.cited.end(), number) == one.cited.end() && one.cited.size() < kMostCited) one.cited.push_back(number);
      }
      const std::string_view trimmed = trim(one.sentence);
      const bool announces = one.cited.empty() && (trimmed.ends_with(":") || trimmed.ends_with("：") || trimmed.empty());
      one.frame = announces && states_nothing(trimmed);
      if (!trimmed.empty()) out_.sentences.push_back(std::move(one));
    }
    for (std::size_t i = out_.sentences.size(); i > first + 1; --i)
      if (out_.sentences[i - 2].cited.empty()) out_.sentences[i - 2].cited = out_.sentences[i - 1].cited;
  }

  // No number, date or code that could be wrong.
  static bool states_nothing(std::string_view text) { return find_dates(text).empty() && find_codes(text).empty() && find_quantities(text).empty(); }

  // "(last year = 2025)" says how a word was read, and claims nothing about the documents.
  static std::string without_notes(std::string text) {
    for (const auto& [open, close] : {std::pair<std::string_view, std::string_view>{"(", ")"}, {"（", "）"}})
      for (std::size_t begin = text.find(open); begin != std::string::npos; begin = text.find(open, begin + 1)) {
        const std::size_t inner = begin + open.size();
        // No further than a note may reach.
        const std::size_t length = std::string_view(text).substr(inner, kLongestNote + close.size()).find(close);
        if (length == std::string_view::npos) continue;
        const std::size_t end = inner + length;
        if (is_date_note(std::string_view(text).substr(inner, end - inner))) text.erase(begin, end + close.size() - begin), begin = begin == 0 ? 0 : begin - 1;
      }
    return text;
  }

  // "last year = 2025, this month = 2026-03": words without a number, and behind each sign nothing but a date.
  static bool is_date_note(std::string_view note) {
    constexpr std::string_view kSign = " = ";
    if (note.size() > kLongestNote || note.find(kSign) == std::string_view::npos) return false;
    while (!note.empty()) {
      std::size_t end = std::min(note.find(','), note.find("，"));
      const std::string_view part = note.substr(0, end);
      note.remove_prefix(std::min(note.size(), end == std::string_view::npos ? end : end + (note[end] == ',' ? 1 : 3)));
      const std::size_t sign = part.find(kSign);
      if (sign == std::string_view::npos || trim(part.substr(0, sign)).empty() || !find_quantities(part.substr(0, sign)).empty()) return false;
      if (!only_dates(trim(part.substr(sign + kSign.size())))) return false;
    }
    return true;
  }

  std::vector<const ItemFacts*> sources(const SentenceCheck& sentence) const {
    std::vector<const ItemFacts*> found;
    for (const std::uint32_t number : sentence.cited)
      if (const ItemFacts* facts = find(number)) found.push_back(facts);
    if (sentence.cited.empty())
      for (const ItemFacts& facts : facts_) found.push_back(&facts);
    return found;
  }

  void check_sentence(SentenceCheck& sentence) {
    const std::vector<const ItemFacts*> from = sources(sentence);
    const Words words = finder_.bare_words_of(sentence.sentence);
    for (const ItemFacts* facts : from) {
      const Place* place = nullptr;
      int best = -1;
      for (std::size_t p = 0; p < facts->places.size(); ++p) {
        int share = share_of(words, facts->places[p].words);
        // A sentence may sum up two that stand together.
        if (p + 1 < facts->places.size()) share = std::max(share, share_of(words, facts->places[p].with_next) * 9 / 10);
        if (share > best) best = share, place = &facts->places[p];
      }
      best = std::max(best, share_of(words, facts->words) * 8 / 10);
      sentence.support = std::max(sentence.support, best);
      if (place != nullptr && !sentence.cited.empty()) cite(*facts, *place);
    }
    check_facts(sentence, from, words);
  }

  void cite(const ItemFacts& facts, const Place& place) {
    Citation citation;
    citation.marker.append("[").append(std::to_string(facts.item->number)).append("]");
    citation.evidence = facts.item->number;
    citation.uri = facts.item->uri;
    citation.page = facts.item->page_from;
    citation.begin = facts.item->begin + place.begin, citation.end = facts.item->begin + place.end;
    citation.quote = facts.item->text.substr(place.begin, place.end - place.begin);
    if (std::find(out_.citations.begin(), out_.citations.end(), citation) == out_.citations.end()) out_.citations.push_back(std::move(citation));
  }

  void check_facts(SentenceCheck& sentence, const std::vector<const ItemFacts*>& from, const Words& words) const {
    const std::string_view text = sentence.sentence;
    const std::vector<FoundDate> dates = find_dates(text);
    for (const FoundDate& date : dates)
      if (!date_stands(date.parts, from)) sentence.missing.emplace_back(text.substr(date.begin, date.end - date.begin));
    const std::vector<Code> codes = find_codes(text);
    for (const Code& code : codes) {
      const bool stands = std::any_of(from.begin(), from.end(), [&](const ItemFacts* f) { return std::find(f->codes.begin(), f->codes.end(), code.folded) != f->codes.end(); });
      if (!stands) sentence.missing.emplace_back(text.substr(code.begin, code.end - code.begin));
    }
    const std::size_t marker = list_number(text);
    for (const Quantity& quantity : find_quantities(text)) {
      if (quantity.begin < marker) continue;
      const bool lent = std::any_of(lent_.begin(), lent_.end(), [&](const Quantity& q) { return same_quantity(q, quantity); });
      if (!lent && !quantity_stands(quantity, from, words, dates, codes, sentence.support)) sentence.missing.emplace_back(text.substr(quantity.begin, quantity.end - quantity.begin));
    }
  }

  // The end of "1. " or "- " at the start of a list's line.
  static std::size_t list_number(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i > 0 && i < 3 && i + 1 < text.size() && (text[i] == '.' || text[i] == ')') && text[i + 1] == ' ' ? i + 2 : 0;
  }

  static bool date_stands(const DateParts& wanted, const std::vector<const ItemFacts*>& from) {
    for (const ItemFacts* facts : from) {
      for (const DateParts& have : facts->dates) {
        if (covers(have, wanted)) return true;
        // A month of the table and the year of its title are a date together.
        if (!compatible(have, wanted)) continue;
        for (const DateParts& other : facts->context_dates) {
          DateParts merged = have;
          if (merged.year == 0) merged.year = other.year;
          if (compatible(have, other) && covers(merged, wanted)) return true;
        }
      }
    }
    return false;
  }

  // The number stands in the sources, and at a place that speaks of what the sentence speaks of.
  static bool quantity_stands(const Quantity& wanted, const std::vector<const ItemFacts*>& from, const Words& words, const std::vector<FoundDate>& dates, const std::vector<Code>& codes, int support) {
    bool stands = false;
    for (const ItemFacts* facts : from) {
      for (const Place& place : facts->places) {
        for (const Place::Column& column : place.columns) {
          if (!same_quantity(column.quantity, wanted)) continue;
          stands = true;
          if (fits_cell(*facts, place, column, words, dates, codes)) return true;
        }
        if (place.row) continue;
        const bool here = std::any_of(place.quantities.begin(), place.quantities.end(), [&](const Quantity& q) { return same_quantity(q, wanted); });
        if (!here) continue;
        stands = true;
        if (fits_time(place.dates, facts->context_dates, dates) && share_of(words, place.words) + kBetterElsewhere >= support) return true;
      }
      if (stands) continue;
      // Title, headings and headers hold numbers too.
      if (std::any_of(facts->quantities.begin(), facts->quantities.end(), [&](const Quantity& q) { return same_quantity(q, wanted); })) {
        bool in_place = false;
        for (const Place& place : facts->places) in_place |= std::any_of(place.quantities.begin(), place.quantities.end(), [&](const Quantity& q) { return same_quantity(q, wanted); });
        if (!in_place) return true;
      }
    }
    return false;
  }

  // No date of the sentence contradicts all dates of the place.
  static bool fits_time(const std::vector<DateParts>& own, const std::vector<DateParts>& context, const std::vector<FoundDate>& dates) {
    if (dates.empty() || (own.empty() && context.empty())) return true;
    const std::vector<DateParts>& have = own.empty() ? context : own;
    return std::any_of(dates.begin(), dates.end(), [&](const FoundDate& date) {
      return std::any_of(have.begin(), have.end(), [&](const DateParts& d) { return compatible(d, date.parts); });
    });
  }

  // The sentence must not name another row or column of the table instead of this cell's.
  static bool fits_cell(const ItemFacts& facts, const Place& place, const Place::Column& column, const Words& words, const std::vector<FoundDate>& dates, const std::vector<Code>& codes) {
    if (!codes.empty() && !place.codes.empty() && std::none_of(codes.begin(), codes.end(), [&](const Code& c) { return std::find(place.codes.begin(), place.codes.end(), c.folded) != place.codes.end(); })) return false;
    std::vector<DateParts> own = place.dates;
    own.insert(own.end(), column.dates.begin(), column.dates.end());
    own = join_dates(own);
    if (!dates.empty() && !own.empty()) {
      for (const FoundDate& date : dates)
        if (std::none_of(own.begin(), own.end(), [&](const DateParts& d) { return compatible(d, date.parts); }) && dates.size() == 1) return false;
      if (!fits_time(own, facts.context_dates, dates)) return false;
    }
    if (!meets(words, column.header)) {
      for (const Place::Column& other : place.columns)
        if (&other != &column && names_instead(words, other.header, column.header)) return false;
    }
    if (!meets(words, place.labels)) {
      for (const Place& other : facts.places)
        if (other.row && other.table == place.table && &other != &place && names_instead(words, other.labels, place.labels)) return false;
    }
    return true;
  }

  // The sentence names `other` by a word that `own` does not have.
  static bool names_instead(const Words& words, const Words& other, const Words& own) {
    return std::any_of(other.begin(), other.end(), [&](const std::string& w) { return own.count(w) == 0 && words.count(w) > 0; });
  }

  void conclude(std::string_view answer) {
    std::set<std::uint32_t> dangling_marks;
    for (const Mark& mark : find_marks(answer))
      if (!exists(mark.number) && dangling_marks.insert(mark.number).second)
        out_.unsupported.push_back(std::string("[").append(std::to_string(mark.number)).append("]"));
    std::size_t claims = 0, borne = 0;
    bool not_found = false;
    for (const SentenceCheck& sentence : out_.sentences) {
      if (sentence.frame) continue;
      if (says_not_found(sentence.sentence)) {
        not_found = true;
        continue;
      }
      ++claims;
      const bool dangling = !sentence.cited.empty() && std::all_of(sentence.cited.begin(), sentence.cited.end(), [&](std::uint32_t n) { return !exists(n); });
      if (sentence.support < kNeededSupport || dangling) out_.unsupported.push_back(std::string(trim(sentence.sentence)));
      else if (sentence.missing.empty()) ++borne;
      out_.unsupported.insert(out_.unsupported.end(), sentence.missing.begin(), sentence.missing.end());
    }
    if (claims == 0) out_.verdict = Verdict::kNotFound;
    else if (borne == claims && out_.unsupported.empty() && !not_found) out_.verdict = Verdict::kSupported;
    else out_.verdict = borne > 0 ? Verdict::kPartly : Verdict::kUnsupported;
  }

  FactFinder finder_;
  std::span<const EvidenceItem> evidence_;
  std::vector<ItemFacts> facts_;
  std::vector<Quantity> lent_;
  AnswerCheck out_;
};

}  // namespace

bool says_not_found(std::string_view text) {
  text = trim(text);
  for (const std::string_view stop : {".", "。"})
    if (text.ends_with(stop)) text.remove_suffix(stop.size());
  return text == "Not found in the documents" || text == "文档中未找到答案";
}

AnswerCheck check_answer(std::string_view answer, std::string_view question, std::span<const EvidenceItem> evidence, const Analyzer& analyzer) {
  if (answer.size() <= kMostChecked) return Checker(question, evidence, analyzer).check(replace_invalid_utf8(answer));
  const std::string valid = replace_invalid_utf8(answer.substr(0, kMostChecked));
  AnswerCheck check = Checker(question, evidence, analyzer).check(valid);
  check.unsupported.emplace_back("(what comes after the first " + std::to_string(kMostChecked) + " bytes)");
  check.verdict = check.verdict == Verdict::kSupported || check.verdict == Verdict::kPartly ? Verdict::kPartly : Verdict::kUnsupported;
  return check;
}

}  // namespace grounds
