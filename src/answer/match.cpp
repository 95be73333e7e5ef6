#include "answer/match.h"

#include <algorithm>
#include <array>
#include <bit>

#include "answer/extractive.h"
#include "answer/fold.h"
#include "answer/quantities.h"
#include "base/utf8.h"

namespace grounds {
namespace {

std::string folded_utf8(std::string_view text) {
  std::string out;
  for (const char32_t c : fold_text(text).text) append_utf8(out, c);
  return out;
}

bool alnum(char c) { return is_ascii_alnum(static_cast<unsigned char>(c)); }

// The code as a word of its own; "xl-300" stands in "xl-300-15" but not in "xl-3000".
bool holds_code(std::string_view folded, std::string_view code) {
  for (std::size_t at = folded.find(code); at != std::string_view::npos; at = folded.find(code, at + 1)) {
    const std::size_t end = at + code.size();
    if ((at == 0 || !alnum(folded[at - 1])) && (end == folded.size() || !alnum(folded[end]))) return true;
  }
  return false;
}

bool has_codes(const Question& question) {
  return std::any_of(question.concepts.begin(), question.concepts.end(), [](const Concept& c) { return !c.code.empty(); });
}

std::vector<int> qualities(const Question& question, const Presence& presence) {
  std::vector<int> out;
  out.reserve(question.concepts.size());
  for (const Concept& one : question.concepts) out.push_back(quality(one, presence));
  return out;
}

void raise(std::vector<int>& into, const std::vector<int>& by, int share) {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] = std::max(into[i], by[i] * share / 1000);
}

std::string_view file_name(std::string_view uri) {
  const std::size_t slash = uri.find_last_of('/');
  return slash == std::string_view::npos ? uri : uri.substr(slash + 1);
}

std::vector<DateParts> date_parts(std::string_view text) {
  std::vector<DateParts> parts;
  for (const FoundDate& date : find_dates(text)) parts.push_back(date.parts);
  return parts;
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return text.find(w) != std::string_view::npos; });
}

bool is_time_unit(std::string_view unit) {
  return unit == "day" || unit == "workday" || unit == "week" || unit == "month" || unit == "year" || unit == "hour" || unit == "minute" ||
         unit == "second" || unit == "ms";
}

// A document that lays down what holds until it is replaced.
bool is_rule(const EvidenceItem& item) {
  const std::string name = folded_utf8(item.uri + " " + item.title);
  return has_any(name, {"policy", "policies", "rules", "regulation", "handbook", "guide", "manual", "terms", "procedure", "制度", "办法", "规定", "手册", "指南", "规程", "细则", "须知", "政策"});
}

// Two capitalised words in a row that do not start the text: a name, more often than not.
bool holds_latin_name(std::string_view text) {
  bool previous = false;
  std::size_t words = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (!alnum(text[at])) {
      if (text[at] != ' ' && text[at] != '\n' && text[at] != '-') previous = false;
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && (alnum(text[end]) || static_cast<unsigned char>(text[end]) >= 0xC3)) ++end;
    const bool capital = text[at] >= 'A' && text[at] <= 'Z' && end - at > 1;
    if (capital && previous) return true;
    previous = capital && words + 1 > 0;
    ++words;
    at = end;
  }
  return false;
}

// A capitalised word inside a sentence that the question does not have: a name of one word.
bool holds_new_capital(std::string_view text, const Question& question) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] < 'A' || text[at] > 'Z' || text[at - 1] != ' ') continue;
    std::size_t end = at;
    while (end < text.size() && alnum(text[end])) ++end;
    if (end - at >= 3 && question.text.find(text.substr(at, end - at)) == std::string::npos) return true;
    at = end;
  }
  return false;
}

// "the 27th", "每月5日".
bool holds_day_of_month(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] < '0' || text[at] > '9') continue;
    std::size_t end = at;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    const std::string_view after = text.substr(end);
    if (end - at <= 2)
      for (const std::string_view mark : {"th ", "st ", "nd ", "rd ", "日", "号", " 日"})
        if (after.starts_with(mark)) return true;
    at = end;
  }
  return false;
}

// A surname and one or two characters where a name would stand.
bool holds_chinese_name(std::string_view text) {
  constexpr std::u32string_view kSurnames =
      U"王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷曲盛翁冉骆蓝路游辛靳欧阳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝";
  constexpr std::u32string_view kBefore = U"由是：:、，,人理任管监员长叫为(（和与找 　|致", kAfter = U"，,。.、负担兼任先女经总主（( 　|电分统审批和与签";
  const std::u32string t = to_u32(text);
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (kSurnames.find(t[i]) == std::u32string_view::npos) continue;
    if (i > 0 && kBefore.find(t[i - 1]) == std::u32string_view::npos) continue;
    for (std::size_t length = 2; length <= 3; ++length) {
      if (i + length > t.size() || !is_han(t[i + length - 1])) break;
      if (i + length == t.size() || kAfter.find(t[i + length]) != std::u32string_view::npos) return true;
    }
  }
  return false;
}

}  // namespace

std::string spaced_name(std::string_view uri) {
  std::string out(file_name(uri));
  const bool iso = out.size() > 10 && out[4] == '-' && out[7] == '-';
  for (std::size_t i = iso ? 10 : 0; i < out.size(); ++i)
    if (out[i] == '-' || out[i] == '_' || out[i] == '.') out[i] = ' ';
  return out;
}

Presence presence_of(std::string_view text, const Question& question, const Analyzer& analyzer) {
  Presence presence;
  presence.terms.resize(question.terms.size());
  for (const Token& token : analyzer.analyze(text)) {
    const auto found = question.terms.find(token.term);
    if (found != question.terms.end()) presence.terms[found->second] = true;
  }
  if (has_codes(question)) presence.folded = folded_utf8(text);
  return presence;
}

int quality(const Concept& concept_, const Presence& presence) {
  if (!concept_.code.empty()) return holds_code(presence.folded, concept_.code) ? 1000 : 0;
  int best = 0;
  for (const Concept::Form& form : concept_.forms) {
    const auto met = static_cast<std::size_t>(std::count_if(form.terms.begin(), form.terms.end(), [&](std::uint32_t t) { return presence.terms[t]; }));
    if (met == form.terms.size()) best = std::max(best, form.quality);
    else if (form.partial && met * 2 >= form.terms.size()) best = std::max(best, static_cast<int>(met * 800 / form.terms.size()));
  }
  return best;
}

ItemMatch match_item(const EvidenceItem& item, const Question& question, const Analyzer& analyzer) {
  ItemMatch match;
  match.item = &item;
  match.units = cut_units(item);
  const std::vector<Unit>& units = match.units.units;
  const bool codes = has_codes(question);

  // One pass of the analyzer over the text; each token goes to its unit and, in rows, its cell.
  const Presence nothing{std::vector<bool>(question.terms.size()), {}};
  std::vector<Presence> own(units.size(), nothing);
  std::vector<std::vector<Presence>> cells(units.size());
  for (std::size_t u = 0; u < units.size(); ++u) cells[u].assign(units[u].cells.size(), nothing);
  Presence anywhere = nothing;
  std::size_t u = 0;
  for (const Token& token : analyzer.analyze(item.text)) {
    const auto found = question.terms.find(token.term);
    if (found == question.terms.end()) continue;
    anywhere.terms[found->second] = true;
    while (u > 0 && units[u].begin > token.begin) --u;
    while (u < units.size() && units[u].end <= token.begin) ++u;
    if (u == units.size()) { if (u > 0) --u; continue; }
    if (token.begin < units[u].begin) continue;
    own[u].terms[found->second] = true;
    for (std::size_t c = 0; c < units[u].cells.size(); ++c)
      if (token.begin >= units[u].cells[c].begin && token.begin < units[u].cells[c].end) cells[u][c].terms[found->second] = true;
  }
  const auto text = std::string_view(item.text);
  if (codes) {
    anywhere.folded = folded_utf8(text);
    for (std::size_t i = 0; i < units.size(); ++i) {
      own[i].folded = folded_utf8(text.substr(units[i].begin, units[i].end - units[i].begin));
      for (std::size_t c = 0; c < units[i].cells.size(); ++c)
        cells[i][c].folded = folded_utf8(text.substr(units[i].cells[c].begin, units[i].cells[c].end - units[i].cells[c].begin));
    }
  }
  match.cells.resize(units.size());
  for (std::size_t i = 0; i < units.size(); ++i) {
    match.own.push_back(qualities(question, own[i]));
    for (const Presence& cell : cells[i]) match.cells[i].push_back(qualities(question, cell));
    match.dates.push_back(date_parts(text.substr(units[i].begin, units[i].end - units[i].begin)));
  }
  for (const TableHead& table : match.units.tables) {
    auto& columns = match.headers.emplace_back();
    for (const std::string& header : table.header) columns.push_back(qualities(question, presence_of(header, question, analyzer)));
  }

  constexpr int kTitle = 850, kFileName = 700;
  match.context = qualities(question, presence_of(item.heading + "\n" + item.title, question, analyzer));
  for (int& q : match.context) q = q * kTitle / 1000;
  raise(match.context, qualities(question, presence_of(file_name(item.uri), question, analyzer)), kFileName);
  match.anywhere = qualities(question, anywhere);
  raise(match.anywhere, match.context, 1000);
  for (const auto& table : match.headers)
    for (const auto& column : table) raise(match.anywhere, column, 1000);

  match.context_dates = date_parts(item.heading + "\n" + item.title);
  if (match.context_dates.empty()) match.context_dates = date_parts(spaced_name(item.uri));
  match.effective = effective_date(item.text);
  match.instructs = !find_instructions(item.text).empty();
  return match;
}

namespace {

// The URI without its numbers: what versions of one document have in common.
std::string family(std::string_view uri) {
  std::string out;
  for (const char c : uri)
    if (c < '0' || c > '9') out += c;
  return out;
}

}  // namespace

void share_within_documents(std::span<ItemMatch> items) {
  const auto key = [](const DateParts& p) { return p.year * 10000 + p.month * 100 + p.day; };
  for (ItemMatch& item : items) {
    item.document = item.anywhere;
    for (const ItemMatch& other : items)
      if (other.item->uri == item.item->uri) raise(item.document, other.anywhere, 1000);
  }
  std::vector<DateParts> effective;
  for (ItemMatch& item : items) {
    DateParts latest = item.effective;
    for (const ItemMatch& other : items)
      if (other.item->uri == item.item->uri && key(other.effective) > key(latest)) latest = other.effective;
    item.since = latest;
    if (latest.empty() && is_rule(*item.item)) {
      const auto stated = date_parts(item.item->date);
      if (!item.context_dates.empty() && item.context_dates.front().year != 0) item.since = item.context_dates.front();
      else if (!stated.empty()) item.since = stated.front();
    }
    effective.push_back(latest);
  }
  for (std::size_t i = 0; i < items.size(); ++i) items[i].effective = effective[i];
  for (ItemMatch& item : items)
    for (const ItemMatch& other : items)
      if (other.item->uri != item.item->uri && family(other.item->uri) == family(item.item->uri) && !item.since.empty() && key(other.since) > key(item.since))
        item.replaced_by.push_back(other.since);
}

std::vector<std::int64_t> concept_weights(const Question& question, std::span<const ItemMatch> items) {
  // 64 * log2(x), x >= 1, by table of quarters: monotone and the same everywhere.
  const auto log2_64 = [](std::uint64_t numerator, std::uint64_t denominator) {
    std::int64_t whole = 0;
    while (numerator >= 2 * denominator) denominator *= 2, ++whole;
    return whole * 64 + static_cast<std::int64_t>((numerator - denominator) * 64 / denominator);
  };
  std::vector<std::int64_t> weights;
  for (std::size_t c = 0; c < question.concepts.size(); ++c) {
    std::uint64_t holding = 0;
    for (const ItemMatch& item : items) holding += item.anywhere[c] >= 800;
    const std::uint64_t n = items.size();
    // An absent concept weighs no more than a rare one.
    std::int64_t weight = 100 + log2_64(2 * n + 2, 2 * std::max<std::uint64_t>(holding, 1) + 1) / 2;
    const Concept& one = question.concepts[c];
    if (!one.code.empty() || one.entity) weight = weight * 3 / 2;
    if (one.weak) weight = weight * 3 / 10;
    if (one.head) weight = weight * 3 / 2;
    weights.push_back(weight);
  }
  return weights;
}

int holds_kind(std::string_view text, const Question& question) {
  switch (question.asked) {
    case Asked::kCount:
    case Asked::kAmount:
    case Asked::kDuration: {
      int best = 0;
      for (const Quantity& q : find_quantities(text)) {
        const bool unit_matches = question.unit.empty() || q.unit == question.unit || (question.unit == "day" && q.unit == "workday") || question.unit == "piece";
        if (question.asked == Asked::kDuration) best = std::max(best, is_time_unit(q.unit) ? 2 : 1);
        else if (question.money) best = std::max(best, q.currency() ? 2 : 1);
        else best = std::max(best, unit_matches ? 2 : 1);
      }
      if (best == 0 && question.asked == Asked::kDuration && has_any(folded_utf8(text), {"daily", "weekly", "monthly", "annually", "every year", "yearly", "每年", "每月", "每周", "每日"})) best = 2;
      return best;
    }
    case Asked::kDate: {
      if (!find_dates(text).empty()) return 2;
      const auto codes = find_codes(text);
      if (std::any_of(codes.begin(), codes.end(), [](const Code& c) { return c.folded.find(':') != std::string::npos; })) return 2;
      if (holds_day_of_month(text)) return 2;
      return has_any(folded_utf8(text), {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "星期", "周一", "周二", "周三", "周四", "周五", "点", "day of", "日"}) ? 1 : 0;
    }
    case Asked::kPerson:
      if (holds_latin_name(text) || holds_chinese_name(text)) return 2;
      // A role answers, unless it is the one asked about.
      if (has_any(text, {"公司", "集团", "银行", "医院", "大学"}) || holds_new_capital(text, question)) return 1;
      for (const std::string_view role : {"manager", "director", "officer", "head of", "team", "leader", "department", "desk", "engineer", "supervisor", "board", "customer", "supplier", "employee", "buyer", "副总", "客户", "供应商", "员工", "办公会", "董事长", "组长", "厂长", "委员会", "工会", "经理", "总监", "主任", "主管", "部", "会计", "董事", "人员"})
        if (folded_utf8(text).find(role) != std::string::npos && folded_utf8(question.text).find(role) == std::string::npos) return 1;
      return 0;
    case Asked::kPhone: {
      for (const Code& code : find_codes(text))
        if (std::count_if(code.folded.begin(), code.folded.end(), [](char c) { return c >= '0' && c <= '9'; }) >= 5) return 2;
      for (const Quantity& q : find_quantities(text))
        if (q.unit.empty() && q.values.front().exponent >= 0 && !less(q.values.front(), Decimal{1, 2})) return 2;
      std::size_t run = 0;
      for (const char c : text) {
        run = c >= '0' && c <= '9' ? run + 1 : 0;
        if (run >= 3 && has_any(folded_utf8(text), {"extension", "ext", "call", "phone", "tel", "电话", "分机", "热线"})) return 2;
      }
      return 0;
    }
    case Asked::kReason:
      return has_any(folded_utf8(text), {"because", "due to", "since ", "owing", "caused", "reason", "so that", "as a result", "suffered from", "thanks to", "因", "由于", "导致", "造成", "影响"}) ? 2 : 0;
    case Asked::kPlace: case Asked::kYesNo: case Asked::kAnything: return 1;
  }
  return 1;
}

DateParts effective_date(std::string_view text) {
  constexpr auto kBefore = std::to_array<std::string_view>({"effective", "in force", "valid from", "applies from", "as of", "takes effect"});
  constexpr auto kAfter = std::to_array<std::string_view>({"起施行", "起执行", "起生效", "生效", "施行", "起实行", "起适用", "实施"});
  DateParts latest;
  for (const FoundDate& date : find_dates(text)) {
    if (date.parts.year == 0) continue;
    const std::size_t from = floor_boundary(text, date.begin > 24 ? date.begin - 24 : 0);
    const std::string left = folded_utf8(text.substr(from, date.begin - from));
    const std::string right = folded_utf8(text.substr(date.end, floor_boundary(text, std::min(text.size(), date.end + 18)) - date.end));
    bool effective = std::any_of(kAfter.begin(), kAfter.end(), [&](std::string_view w) { return right.find(w) != std::string::npos; });
    effective = effective || std::any_of(kBefore.begin(), kBefore.end(), [&](std::string_view w) { return left.find(w) != std::string::npos; });
    if (!effective) continue;
    const auto key = [](const DateParts& p) { return p.year * 10000 + p.month * 100 + p.day; };
    if (key(date.parts) > key(latest)) latest = date.parts;
  }
  return latest;
}

}  // namespace grounds
