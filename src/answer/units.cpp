#include "answer/units.h"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "answer/date_words.h"
#include "answer/quantities.h"
#include "base/utf8.h"

namespace grounds {
namespace {

constexpr auto kEnds = std::to_array<std::string_view>({".", "!", "?", "。", "！", "？", "…", ";", "；", ":", "："});
constexpr auto kAbbreviations = std::to_array<std::string_view>(
    {"mr.", "mrs.", "ms.", "dr.", "prof.", "no.", "nos.", "inc.", "ltd.", "co.", "corp.", "e.g.", "i.e.", "approx.", "vs.", "fig.", "sec.",
     "art.", "st.", "ext.", "tel.", "dept.", "incl.", "excl.", "max.", "min.", "rev.", "vol.", "pp.", "cf.", "jan.", "feb.", "aug.", "sept.", "oct.", "nov.", "dec.", "u.s.", "a.m.", "p.m."});

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Shrinks [begin, end) to what is not white space (ideographic space included).
Cell trimmed(std::string_view text, std::size_t begin, std::size_t end) {
  constexpr std::string_view kWide = "\u3000";
  for (bool moved = true; moved && begin < end;) {
    moved = false;
    if (is_space(text[begin])) ++begin, moved = true;
    else if (text.substr(begin, end - begin).starts_with(kWide)) begin += kWide.size(), moved = true;
  }
  for (bool moved = true; moved && begin < end;) {
    moved = false;
    if (is_space(text[end - 1])) --end, moved = true;
    else if (text.substr(begin, end - begin).ends_with(kWide)) end -= kWide.size(), moved = true;
  }
  return {begin, end};
}

bool ends_sentence(std::string_view line) {
  for (const std::string_view quote : {"\"", "'", ")", "”", "」", "）", "*"})
    if (line.ends_with(quote)) line.remove_suffix(quote.size());
  return std::any_of(kEnds.begin(), kEnds.end(), [&](std::string_view end) { return line.ends_with(end); });
}

bool is_table_line(std::string_view line) { return line.find(" | ") != std::string_view::npos || (line.size() > 2 && line.front() == '|' && line.back() == '|'); }

// The length of a list marker at the start of a line; 0 if there is none.
std::size_t list_marker(std::string_view line) {
  for (const std::string_view bullet : {"- ", "* ", "• ", "· ", "+ ", "– ", "●", "■", "◆", "○", "▪ "})
    if (line.starts_with(bullet)) return bullet.size();
  std::size_t i = 0;
  while (i < line.size() && i < 3 && line[i] >= '0' && line[i] <= '9') ++i;
  if (i > 0 && line.substr(i).starts_with("、")) return i + 3;
  if (i > 0 && i + 1 < line.size() && (line[i] == '.' || line[i] == ')') && line[i + 1] == ' ') return i + 2;
  if (line.starts_with("(") || line.starts_with("（")) {
    const std::size_t open = line[0] == '(' ? 1 : 3;
    for (const std::string_view close : {")", "）"}) {
      const std::size_t at = line.find(close);
      if (at != std::string_view::npos && at > open && at - open <= 6) return at + close.size();
    }
  }
  return 0;
}

// "Key: value", short on the left.
bool is_key_value(std::string_view line) {
  if (line.size() > 240) return false;
  std::size_t colon = line.find(": ");
  const std::size_t wide = line.find("：");
  std::size_t length = 2;
  if (wide < colon) colon = wide, length = 3;
  if (colon == std::string_view::npos || colon == 0 || colon > 48 || colon + length >= line.size()) return false;
  const std::string_view key = line.substr(0, colon);
  const auto words = std::count(key.begin(), key.end(), ' ') + 1;
  return words <= 5 && key.find("。") == std::string_view::npos && key.find(". ") == std::string_view::npos && key.find("，") == std::string_view::npos;
}

// A mail's subject says what it is about, and answers nothing.
bool is_subject(std::string_view line) {
  for (const std::string_view start : {"Subject: ", "Re: ", "主题：", "主题: ", "Betreff: "})
    if (line.starts_with(start)) return true;
  return false;
}

// `framed`: bars stand at both ends too, as in Markdown. Without, an outer bar parts an empty cell.
std::vector<Cell> row_cells(std::string_view text, std::size_t begin, std::size_t end, bool framed) {
  if (framed) ++begin, --end;
  std::vector<Cell> cells;
  for (std::size_t at = begin;;) {
    std::size_t bar = text.find('|', at);
    if (bar == std::string_view::npos || bar >= end) bar = end;
    cells.push_back(trimmed(text, at, bar));
    if (bar == end) return cells;
    at = bar + 1;
  }
}

bool is_framed(std::string_view line) { return line.size() > 1 && line.front() == '|' && line.back() == '|'; }

bool is_rule(std::string_view text, const std::vector<Cell>& cells) {
  return std::all_of(cells.begin(), cells.end(), [&](const Cell& c) {
    return text.substr(c.begin, c.end - c.begin).find_first_not_of("-:= ") == std::string_view::npos;
  });
}

// A header names its columns: no cell is an amount (years, months and codes are names too).
bool looks_like_header(std::string_view text, const std::vector<Cell>& cells) {
  std::size_t amounts = 0, filled = 0;
  for (const Cell& cell : cells) {
    const std::string_view value = text.substr(cell.begin, cell.end - cell.begin);
    if (value.empty()) continue;
    ++filled;
    const auto found = find_quantities(value);
    if (!found.empty() && found.front().begin == 0 && found.front().end == value.size()) ++amounts;
  }
  return filled > 0 && amounts == 0;
}

struct Line {
  std::size_t begin, end;  // trimmed
  bool blank_before;
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  bool blank = false;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const Cell line = trimmed(text, at, end);
    if (line.begin < line.end) {
      lines.push_back({line.begin, line.end, blank});
      blank = false;
    } else {
      blank = true;
    }
    at = end + 1;
  }
  return lines;
}

// Cuts many texts with one iterator, which is dear to make.
class SentenceCutter {
 public:
  SentenceCutter();
  std::vector<Cell> cut(std::string_view text);

 private:
  std::unique_ptr<icu::BreakIterator> breaks_;
};

class Cutter {
 public:
  explicit Cutter(const EvidenceItem& item) : item_(item), text_(item.text), lines_(lines_of(item.text)) {}

  Units cut() {
    for (std::size_t i = 0; i < lines_.size();) {
      if (is_table_line(line(i))) i = cut_table(i);
      else i = cut_block(i);
    }
    return std::move(out_);
  }

 private:
  std::string_view line(std::size_t i) const { return text_.substr(lines_[i].begin, lines_[i].end - lines_[i].begin); }

  void add(UnitKind kind, std::size_t begin, std::size_t end, std::vector<Cell> cells = {}) {
    const Cell span = trimmed(text_, begin, end);
    if (span.begin == span.end) return;
    Unit unit;
    unit.kind = kind, unit.begin = span.begin, unit.end = span.end, unit.cells = std::move(cells);
    unit.table = out_.tables.empty() ? 0 : out_.tables.size() - 1;
    unit.intros = headings_;
    if (intro_ && (kind == UnitKind::kListItem || kind == UnitKind::kRow || kind == UnitKind::kKeyValue)) unit.intros.push_back(*intro_);
    if (asked_ && kind != UnitKind::kQuestion) unit.intros.push_back(*asked_);
    out_.units.push_back(std::move(unit));
  }

  std::size_t cut_table(std::size_t i) {
    std::size_t stop = i;
    while (stop < lines_.size() && is_table_line(line(stop)) && (stop == i || !lines_[stop].blank_before)) ++stop;
    TableHead head;
    std::size_t first = i;
    bool framed = true;
    for (std::size_t r = i; r < stop; ++r) framed &= is_framed(line(r));
    const auto cells_of = [&](std::size_t r) { return row_cells(text_, lines_[r].begin, lines_[r].end, framed); };
    const bool continued = i == 0 && !item_.table_header.empty();
    if (continued && line(i) != trim(item_.table_header)) {
      head.header = split_row(item_.table_header);
    } else {
      const auto cells = cells_of(i);
      const bool ruled = i + 1 < stop && is_rule(text_, cells_of(i + 1));
      if (continued || ruled || (stop - i > 1 && looks_like_header(text_, cells))) {
        for (const Cell& cell : cells) head.header.emplace_back(text_.substr(cell.begin, cell.end - cell.begin));
        first = i + 1;
      }
    }
    add_stated_unit(head, i, first, stop, framed);
    out_.tables.push_back(std::move(head));
    for (std::size_t r = first; r < stop; ++r) {
      auto cells = cells_of(r);
      if (!is_rule(text_, cells)) add(UnitKind::kRow, lines_[r].begin, lines_[r].end, std::move(cells));
    }
    asked_.reset();
    return stop;
  }

  // "单位：万元" above a table is the unit of its columns of bare numbers: it goes into their headers, so that
  // no cell is shown or checked without it.
  void add_stated_unit(TableHead& head, std::size_t start, std::size_t first, std::size_t stop, bool framed) const {
    constexpr std::size_t kLinesAbove = 3;
    std::string_view unit;
    for (std::size_t above = 1; above <= kLinesAbove && above <= start && unit.empty(); ++above) unit = stated_unit(line(start - above));
    if (unit.empty()) return;
    std::vector<bool> numbers(head.header.size(), true), any(head.header.size(), false);
    for (std::size_t r = first; r < stop; ++r) {
      const auto cells = row_cells(text_, lines_[r].begin, lines_[r].end, framed);
      if (is_rule(text_, cells)) continue;
      for (std::size_t c = 0; c < cells.size() && c < numbers.size(); ++c) {
        const std::string_view cell = text_.substr(cells[c].begin, cells[c].end - cells[c].begin);
        if (cell.empty() || cell == "-") continue;
        const auto amounts = find_quantities(cell);
        any[c] = true;
        numbers[c] = numbers[c] && amounts.size() == 1 && amounts.front().unit.empty() && amounts.front().begin == 0 && amounts.front().end == cell.size();
      }
    }
    for (std::size_t c = 0; c < head.header.size(); ++c) {
      const HeaderUnit own = header_unit(head.header[c]);
      if (numbers[c] && any[c] && own.unit.empty() && own.power_of_ten == 0) head.header[c].append("（").append(unit).append("）");
    }
  }

  // What stands behind "单位：" or "Unit:", up to the next mark.
  static std::string_view stated_unit(std::string_view line) {
    for (const std::string_view mark : {"单位：", "单位:", "Unit:", "Units:", "unit:"}) {
      const std::size_t at = line.find(mark);
      if (at == std::string_view::npos) continue;
      std::string_view unit = line.substr(at + mark.size());
      for (const std::string_view end : {"）", ")", "，", ",", "；", ";", "。"}) unit = unit.substr(0, unit.find(end));
      unit = trim(unit);
      constexpr std::size_t kLongestUnit = 24;
      if (unit.size() <= kLongestUnit) return unit;
    }
    return {};
  }

  bool is_heading(std::size_t i) const {
    const std::string_view l = line(i);
    if (l.starts_with("#")) return true;
    if (l.size() > 90 || ends_sentence(l) || i + 1 >= lines_.size()) return false;
    if (list_marker(l) > 0 && !lines_[i + 1].blank_before) return false;
    // A line on its own, or above a longer text.
    const bool alone_above = i == 0 || lines_[i].blank_before || ends_sentence(line(i - 1));
    return alone_above && (lines_[i + 1].blank_before || (i == 0 && line(i + 1).size() > l.size()));
  }

  // Heading, list item, "key: value" line, or a paragraph of sentences.
  std::size_t cut_block(std::size_t i) {
    const std::string_view l = line(i);
    if (is_heading(i)) {
      asked_.reset(), intro_.reset();
      headings_.clear();
      add(UnitKind::kHeading, lines_[i].begin, lines_[i].end);
      headings_ = {out_.units.size() - 1};
      return i + 1;
    }
    if (const std::size_t marker = list_marker(l); marker > 0) {
      std::size_t stop = i + 1;
      while (stop < lines_.size() && continues(stop)) ++stop;
      cut_running(UnitKind::kListItem, lines_[i].begin, lines_[stop - 1].end);
      return stop;
    }
    if (is_subject(l)) {
      asked_.reset(), intro_.reset(), headings_.clear();
      add(UnitKind::kHeading, lines_[i].begin, lines_[i].end);
      headings_ = {out_.units.size() - 1};
      return i + 1;
    }
    if (is_key_value(l) && (i + 1 >= lines_.size() || !continues(i + 1) || is_key_value(line(i + 1)) || l.size() < 60)) {
      add(UnitKind::kKeyValue, lines_[i].begin, lines_[i].end);
      return i + 1;
    }
    std::size_t stop = i + 1;
    while (stop < lines_.size() && continues(stop)) ++stop;
    cut_running(UnitKind::kSentence, lines_[i].begin, lines_[stop - 1].end);
    return stop;
  }

  // Whether line i goes on with the paragraph of the line before.
  bool continues(std::size_t i) const {
    const std::string_view l = line(i), before = line(i - 1);
    constexpr std::size_t kShortLine = 40;
    if (lines_[i].blank_before || is_table_line(l) || list_marker(l) > 0 || l.starts_with("#")) return false;
    if (is_key_value(l) && (is_key_value(before) || before.size() < kShortLine)) return false;
    return before.size() >= kShortLine || !ends_sentence(before) ? before.size() >= 24 : false;
  }

  void cut_running(UnitKind kind, std::size_t begin, std::size_t end) {
    for (const Cell& sentence : sentences_.cut(text_.substr(begin, end - begin))) {
      const std::string_view s = text_.substr(begin + sentence.begin, sentence.end - sentence.begin);
      const bool question = s.ends_with("?") || s.ends_with("？");
      if (question) asked_.reset();
      add(question ? UnitKind::kQuestion : kind, begin + sentence.begin, begin + sentence.end);
      if (question) asked_ = out_.units.size() - 1;
      if (s.ends_with(":") || s.ends_with("：")) intro_ = out_.units.size() - 1;
      else if (kind == UnitKind::kSentence) intro_.reset();
    }
  }

  const EvidenceItem& item_;
  std::string_view text_;
  std::vector<Line> lines_;
  Units out_;
  std::vector<std::size_t> headings_;
  std::optional<std::size_t> intro_, asked_;
  SentenceCutter sentences_;
};

bool ends_with_abbreviation(std::string_view sentence) {
  const std::size_t space = sentence.find_last_of(" \n(");
  std::string word(space == std::string_view::npos ? sentence : sentence.substr(space + 1));
  std::transform(word.begin(), word.end(), word.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (word.size() == 2 && word[1] == '.' && word[0] >= 'a' && word[0] <= 'z') return true;  // an initial
  return std::find(kAbbreviations.begin(), kAbbreviations.end(), word) != kAbbreviations.end();
}

SentenceCutter::SentenceCutter() {
  UErrorCode status = U_ZERO_ERROR;
  breaks_.reset(icu::BreakIterator::createSentenceInstance(icu::Locale::getRoot(), status));
  if (U_FAILURE(status)) breaks_.reset();
}

std::vector<Cell> SentenceCutter::cut(std::string_view text) {
  std::vector<Cell> sentences;
  // A line break is a sentence end to ICU: inside a paragraph it is a space.
  std::string flat(text);
  std::replace_if(flat.begin(), flat.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  if (!breaks_) return {trimmed(text, 0, text.size())};
  UErrorCode status = U_ZERO_ERROR;
  UText* source = utext_openUTF8(nullptr, flat.data(), static_cast<std::int64_t>(flat.size()), &status);
  breaks_->setText(source, status);
  std::size_t begin = 0;
  for (int next = breaks_->next(); next != icu::BreakIterator::DONE; next = breaks_->next()) {
    const auto end = static_cast<std::size_t>(next);
    const Cell sentence = trimmed(text, begin, end);
    if (end < text.size() && ends_with_abbreviation(text.substr(sentence.begin, sentence.end - sentence.begin))) continue;
    if (sentence.begin < sentence.end) sentences.push_back(sentence);
    begin = end;
  }
  utext_close(source);
  return sentences;
}

}  // namespace

std::vector<std::string> split_row(std::string_view line) {
  std::vector<std::string> cells;
  const Cell all = trimmed(line, 0, line.size());
  const bool framed = is_framed(line.substr(all.begin, all.end - all.begin));
  for (const Cell& cell : row_cells(line, all.begin, all.end, framed)) cells.emplace_back(line.substr(cell.begin, cell.end - cell.begin));
  return cells;
}

std::vector<Cell> cut_sentences(std::string_view text) { return SentenceCutter().cut(text); }

Units cut_units(const EvidenceItem& item) { return Cutter(item).cut(); }

}  // namespace grounds
