#include "answer/question.h"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <algorithm>
#include <array>
#include <memory>

#include "answer/fold.h"
#include "answer/lexicon.h"
#include "answer/quantities.h"
#include "base/utf8.h"

namespace grounds {
namespace {

using Span = std::pair<std::size_t, std::size_t>;

// Function words and question words: they carry no concept.
constexpr std::string_view kStopWords =
    " a an the of in on at to for from by with without and or nor but if then than as is are was were be been being am do does did done "
    "can could should would will shall may might must has have had having i we you he she it they me us him her them my our your his its "
    "their this that these those there here what who whom whose when where which why how please tell give show list find me any some "
    "much many s t d ll re ve not no yes so too very just also only still ever about into onto over under out up off each per between during "
    "within since until till before after while because get got gets anybody anyone somebody someone everybody everyone anything something still show shows one ones own range after before same such other another both all let us via ";
// Words that say little about what an answer must hold.
constexpr std::string_view kWeakWords =
    " number amount date time day days week month year years people person persons name names kind type company firm need needs needed use used "
    "using take takes took make makes made happen happens happened work works long often far old tall big far currently current now "
    "allowed allow want possible go going come comes put say says said know thing things way place places exactly usually normally "
    "today according given first last new old able does using reach reached place placed hold held cost costs pay paid people located call called ";
// Capitalised, and no name of what the answer is about.
constexpr std::string_view kCapitalised =
    " christmas easter monday tuesday wednesday thursday friday saturday sunday english chinese dutch german french spring summer autumn winter i'm i ";
constexpr std::string_view kEnglishAggregates =
    " total average sum highest lowest maximum minimum most least altogether combined mean difference ";

// Chinese words that carry no concept, longest first where one holds another.
constexpr auto kChineseStops = std::to_array<std::string_view>({
    "是什么意思", "什么时候", "什么时间", "什么地方", "多长时间", "多少时间", "是多少", "有多少", "是什么", "有什么", "有哪些", "是哪些", "是哪个",
    "是哪", "哪一天", "哪一年", "哪天", "哪年", "哪个", "哪些", "哪里", "哪儿", "哪位", "哪家", "哪种", "多少钱", "多少个", "多少", "多久", "多长", "多大", "多高", "多粗", "多重",
    "几点", "几天", "几个", "几年", "几月", "几号", "几家", "几次", "几人", "第几", "几", "什么", "为什么", "为何", "怎么样", "怎么", "怎样", "如何", "何时", "何地", "是谁", "谁",
    "请问", "请告诉我", "告诉我", "能不能", "可不可以", "是不是", "有没有", "是否", "可以", "能够", "应该", "应当", "需要", "必须", "吗", "呢", "吧", "啊", "呀", "了", "的", "地",
    "得", "着", "过", "是", "有", "在", "从", "到", "由", "被", "把", "对于", "关于", "对", "向", "和", "与", "及", "或者", "或", "以及", "我们", "我", "你们", "你", "您", "他们", "他",
    "它", "她", "这个", "那个", "这些", "那些", "这", "那", "其", "其中", "里面", "里", "内", "中的", "上的", "都", "也", "就", "还", "再", "才", "会", "要", "能", "可", "该", "每", "按照",
    "按", "根据", "依据", "为", "以", "于", "之后", "之前", "之", "后", "前", "时", "给", "让", "使", "去", "来", "做", "用", "一下", "哪", "么", "现在", "目前", "当前", "今年", "一个", "一种",
});
// ... but not inside these.
constexpr auto kChineseKeep = std::to_array<std::string_view>({
    "到期", "到岗", "报到", "签到", "迟到", "达到", "收到", "得到", "接到", "地址", "地点", "地区", "目的地", "能源", "能力", "功能", "换能器", "性能", "会议", "年会", "例会", "工会", "展会", "会计", "要求", "重要", "需求", "前台", "提前",
    "以前", "以后", "售后", "后勤", "时间", "小时", "工时", "时长", "临时", "用户", "费用", "用品", "试用期", "信用", "使用", "去年", "过期", "通过", "超过", "有效", "所有",
    "中班", "对账", "对外", "来源", "给付", "供给", "做法", "为期", "行为", "于是", "其他", "可靠", "许可", "得分", "被盗", "由于", "从业", "在职", "在线", "在家", "里程", "内容", "内部", "国内", "室内",
    "境内", "公里", "每日", "每月", "每年", "每天", "最后", "用餐", "住在", "按时", "都市", "再生", "还款", "归还", "才能", "人才", "之间", "以内", "以上", "以下",
});
constexpr std::string_view kChineseWeak =
    " 公司 我司 市场 地区 区域 大区 时间 日期 数量 金额 名字 规定 一共 总共 进行 最多 最少 最大 最高 最低 最晚 今年 情况 问题 东西 部分 版本 方面 时候 属于 叫做 名称 人员 开始 ";
constexpr auto kChineseAggregates = std::to_array<std::string_view>({"合计", "总计", "一共", "总共", "平均", "总额", "全年", "总和", "最高的", "最低的", "最多的", "最少的"});

// `list` holds words between single spaces, one at each end.
bool in_list(std::string_view list, std::string_view word) {
  for (std::size_t at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1))
    if (at > 0 && list[at - 1] == ' ' && at + word.size() < list.size() && list[at + word.size()] == ' ') return !word.empty();
  return false;
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return text.find(w) != std::string_view::npos; });
}

// `text` lower case with single spaces, one at each end: for word tests.
std::string padded_lower(std::string_view text) {
  std::string out = " ";
  for (const char32_t c : fold_text(text).text) {
    if (c < 0x80 && !is_ascii_alnum(c) && c != U'-' && c != U'%') {
      if (out.back() != ' ') out += ' ';
    } else {
      append_utf8(out, c);
    }
  }
  if (out.back() != ' ') out += ' ';
  return out;
}

Asked asked_english(const std::string& q) {
  if (has_any(q, {" phone number", " telephone", " which number", " what number", " extension ", " hotline", " phone "})) return Asked::kPhone;
  if (has_any(q, {" who ", " whom ", " whose ", " which person", " which manager"})) return Asked::kPerson;
  if (has_any(q, {" when ", " what date", " which date", " which day", " what day", " which weekday", " what weekday", " what year", " which year", " what time", " which month", " by what date", " until what"})) return Asked::kDate;
  if (has_any(q, {" how long ", " how often ", " how soon ", " how quickly "})) return Asked::kDuration;
  if (has_any(q, {" how many "})) return Asked::kCount;
  if (has_any(q, {" how much ", " how fast ", " how high ", " how large ", " how big ", " how heavy ", " how far ", " how old ", " what percentage", " what share", " at which pressure", " what is the price", " how hot "})) return Asked::kAmount;
  if (has_any(q, {" where ", " in which town", " in which city", " which city", " what city", " which country", " what address", " which town"})) return Asked::kPlace;
  if (has_any(q, {" why ", " what caused", " what is the reason", " for what reason"})) return Asked::kReason;
  for (const std::string_view start : {" is ", " are ", " was ", " were ", " do ", " does ", " did ", " can ", " could ", " may ", " must ", " should ", " will ", " has ", " have "})
    if (q.starts_with(start)) return Asked::kYesNo;
  return Asked::kAnything;
}

Asked asked_chinese(const std::string& q) {
  if (has_any(q, {"电话", "手机号", "号码", "分机", "热线"}) && has_any(q, {"多少", "什么", "哪", "几"})) return Asked::kPhone;
  if (has_any(q, {"谁", "哪位", "哪个人", "叫什么名字", "叫什么"})) return Asked::kPerson;
  if (has_any(q, {"什么时候", "什么时间", "何时", "哪天", "哪一天", "哪年", "哪一年", "几月", "几号", "几点", "哪个月", "什么日期", "日期是"})) return Asked::kDate;
  if (has_any(q, {"多久", "多长时间", "多少时间", "多长", "几天", "几年", "几个月", "多少天", "多少小时", "多少年", "几小时", "几周"})) return Asked::kDuration;
  if (has_any(q, {"多少钱", "多少元", "多少万", "价格", "单价", "金额"})) return Asked::kAmount;
  if (has_any(q, {"多少", "多大", "多高", "多粗", "多重", "百分之几"})) return Asked::kAmount;
  if (has_any(q, {"几", "多少个"})) return Asked::kCount;
  if (has_any(q, {"哪里", "哪儿", "什么地方", "何地", "哪个城市", "在哪"})) return Asked::kPlace;
  if (has_any(q, {"为什么", "为何", "什么原因", "原因是"})) return Asked::kReason;
  if (has_any(q, {"吗", "是否", "能不能", "可不可以", "是不是", "有没有"})) return Asked::kYesNo;
  return Asked::kAnything;
}

// The unit that the number asked for must have: "how many days", "多少天".
std::string asked_unit(std::string_view text, const std::string& lower, Asked asked) {
  constexpr auto kAfter = std::to_array<std::string_view>({" how many ", "多少", "几", "how much "});
  (void)text;
  for (const std::string_view word : kAfter) {
    const std::size_t at = lower.find(word);
    if (at == std::string::npos) continue;
    // "how many paid days": the unit may stand a word later.
    std::string rest = lower.substr(at + word.size());
    for (int skipped = 0; skipped < 3 && !rest.empty(); ++skipped) {
      const auto found = find_quantities(std::string("7 ").append(rest, 0, 40));
      const auto glued = find_quantities(std::string("7").append(rest, 0, 40));
      if (!found.empty() && found.front().begin == 0 && !found.front().unit.empty()) return found.front().unit;
      if (!glued.empty() && glued.front().begin == 0 && !glued.front().unit.empty()) return glued.front().unit;
      const std::size_t space = rest.find(' ');
      if (space == std::string::npos) break;
      rest.erase(0, space + 1);
    }
  }
  (void)asked;
  return {};
}

bool overlaps(const std::vector<Span>& spans, std::size_t begin, std::size_t end) {
  return std::any_of(spans.begin(), spans.end(), [&](const Span& s) { return begin < s.second && s.first < end; });
}

constexpr std::size_t kHanBytes = 3;

bool is_cjk_term(std::string_view term) {
  std::size_t at = 0;
  return !term.empty() && is_cjk_letter(next_code_point(term, at));
}

class Builder {
 public:
  Builder(Question& question, const Analyzer& analyzer) : question_(question), analyzer_(analyzer) {}

  void add(Concept one) {
    add_own_form(one);
    if (one.code.empty()) add_equivalents(one);
    if (!one.forms.empty() || !one.code.empty()) question_.concepts.push_back(std::move(one));
  }

 private:
  std::uint32_t id(const std::string& term) {
    return question_.terms.try_emplace(term, static_cast<std::uint32_t>(question_.terms.size())).first->second;
  }
  Concept::Form form(std::string_view text, int quality) {
    Concept::Form made;
    made.quality = quality;
    // Of the variants at one place, Chinese takes the pair and Latin the part: "high-temperature" is met
    // by "high temperature" too.
    std::vector<Token> chosen;
    for (Token& token : analyzer_.analyze(text)) {
      const bool cjk = is_cjk_term(token.term);
      if (chosen.empty() || chosen.back().position != token.position) chosen.push_back(std::move(token));
      else if (cjk ? token.term.size() > chosen.back().term.size() : token.term.size() < chosen.back().term.size()) chosen.back() = std::move(token);
    }
    const bool pairs = std::any_of(chosen.begin(), chosen.end(), [](const Token& t) { return is_cjk_term(t.term) && t.term.size() > kHanBytes; });
    for (const Token& token : chosen)
      if (!(pairs && is_cjk_term(token.term) && token.term.size() <= kHanBytes)) made.terms.push_back(id(token.term));
    return made;
  }
  void add_own_form(Concept& one) {
    Concept::Form own = form(one.surface, 1000);
    if (own.terms.empty()) return;
    own.partial = own.terms.size() > 1;
    one.forms.push_back(std::move(own));
  }
  void add_equivalents(Concept& one) {
    constexpr int kEquivalent = 850;
    for (const std::string_view other : equivalents(one.surface)) {
      Concept::Form made = form(other, kEquivalent);
      if (!made.terms.empty()) one.forms.push_back(std::move(made));
    }
  }

  Question& question_;
  const Analyzer& analyzer_;
};

struct Word {
  std::size_t begin, end;
  std::string surface;
  bool chinese;
  bool known = true;  // Chinese: stands in ICU's dictionary
};

// Replaces function words of Chinese by spaces, byte for byte.
std::string blank_chinese_stops(std::string_view text) {
  std::string out(text);
  for (std::size_t at = 0; at < text.size();) {
    std::size_t keep = 0;
    for (const std::string_view word : kChineseKeep)
      if (text.substr(at).starts_with(word)) keep = std::max(keep, word.size());
    std::size_t stop = 0;
    for (const std::string_view word : kChineseStops)
      if (text.substr(at).starts_with(word)) stop = std::max(stop, word.size());
    if (keep > 0 && keep >= stop) {
      at += keep;
    } else if (stop > 0) {
      std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(at), stop, ' ');
      at += stop;
    } else {
      next_code_point(text, at);
    }
  }
  return out;
}

// A Chinese surname, a given name after it, and no entry of a dictionary: a person.
bool is_chinese_person(std::string_view surface) {
  constexpr std::string_view kSurnames =
      "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔汤";
  return surface.size() >= 2 * kHanBytes && surface.size() <= 3 * kHanBytes && kSurnames.find(surface.substr(0, kHanBytes)) != std::string_view::npos;
}

// 二厂, 3号: which of several is meant.
bool is_numbered(std::string_view surface) {
  for (const std::string_view digit : {"一", "二", "三", "四", "五", "六", "七", "八", "九", "甲", "乙", "丙"})
    if ((surface.size() == 2 * kHanBytes || surface.size() == 3 * kHanBytes) && surface.starts_with(digit)) return true;
  return false;
}

// Latin words whole (with inner - _ . '), Chinese runs by ICU's dictionary; stray single characters that
// stand together make one word.
std::vector<Word> words_of(const std::string& text) {
  std::vector<Word> words;
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> breaks(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
  for (std::size_t at = 0; at < text.size();) {
    std::size_t next = at;
    const char32_t c = next_code_point(text, next);
    if (is_cjk_letter(c)) {
      std::size_t end = at;
      for (std::size_t i = at; i < text.size();) {
        if (!is_cjk_letter(next_code_point(text, i))) break;
        end = i;
      }
      const std::string_view run = std::string_view(text).substr(at, end - at);
      std::vector<std::size_t> cuts{0};
      if (U_SUCCESS(status)) {
        UText* source = utext_openUTF8(nullptr, run.data(), static_cast<std::int64_t>(run.size()), &status);
        breaks->setText(source, status);
        for (int cut = breaks->next(); cut != icu::BreakIterator::DONE; cut = breaks->next()) cuts.push_back(static_cast<std::size_t>(cut));
        utext_close(source);
      }
      if (cuts.back() != run.size()) cuts.push_back(run.size());
      bool last_single = false;
      for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        const std::size_t begin = at + cuts[i], stop = at + cuts[i + 1];
        const bool single = stop - begin <= kHanBytes;
        const bool given_name = last_single && words.back().end == begin && words.back().surface.size() == kHanBytes && stop - begin == 2 * kHanBytes &&
                                is_chinese_person(text.substr(words.back().begin, stop - words.back().begin)) && phrase_at(text, begin) == 0;
        const bool numbered = single && i > 0 && words.back().end == begin && is_numbered(words.back().surface) && words.back().surface.size() == 2 * kHanBytes;
        if (numbered || ((single || given_name) && last_single && words.back().end == begin)) {
          words.back().end = stop;
          words.back().surface = text.substr(words.back().begin, stop - words.back().begin);
          words.back().known = false;
        } else {
          words.push_back({begin, stop, text.substr(begin, stop - begin), true, true});
        }
        last_single = single;
      }
      at = end;
    } else if (c >= 0x80 ? c > 0xBF && c != 0xD7 && c < 0x2000 : is_ascii_alnum(c)) {
      std::size_t end = next;
      for (std::size_t i = next; i < text.size();) {
        const char32_t d = next_code_point(text, i);
        const bool inner = d == U'-' || d == U'_' || d == U'.' || d == U'/';
        if (!(d < 0x80 ? is_ascii_alnum(d) || inner : d > 0xBF && d < 0x2000)) break;
        if (!inner) end = i;
      }
      words.push_back({at, end, text.substr(at, end - at), false, true});
      at = end;
    } else {
      at = next;
    }
  }
  return words;
}

std::string lower(std::string_view text) {
  std::string out;
  for (const char32_t c : fold_text(text).text) append_utf8(out, c);
  return out;
}

// Phrases of the lexicon that mark the kind of answer more than its subject.
bool is_asking(std::string_view phrase) {
  static constexpr auto kAsking = std::to_array<std::string_view>({"多少钱", "最晚", "最迟", "之前", "最高", "最低", "最多", "最大", "最小", "开始", "up to", "at most", "at least", "no more than", "不超过", "至少", "原因", "因为", "允许", "可以", "规定", "费用", "含义", "意思", "全年", "一共", "总计", "合计", "共计", "总额"});
  return std::find(kAsking.begin(), kAsking.end(), phrase) != kAsking.end();
}
bool is_stop_phrase(std::string_view phrase) { return phrase == "可以" || phrase == "之前" || phrase == "not allowed"; }

// A Chinese word that only counts: 一片, 几台, 万元.
bool is_counter(std::string_view word) {
  constexpr auto kCounters = std::to_array<std::string_view>({"万元", "千元", "亿元", "元", "钱", "块钱", "片", "台", "个", "件", "套", "只", "天", "年", "个月", "小时", "对", "次", "家", "位", "晚", "班", "份", "米", "人"});
  for (const std::string_view number : {"一", "每", "两", "几", "第一", ""}) {
    if (!word.starts_with(number)) continue;
    if (std::find(kCounters.begin(), kCounters.end(), word.substr(number.size())) != kCounters.end()) return true;
  }
  return false;
}

// Entries of the lexicon that are phrases ("hand in", "没用完", "供应商") are one concept each.
void add_phrases(const Question& question, Builder& builder, std::vector<Span>& taken) {
  std::string text = question.text;
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = phrase_at(text, at);
    if (length == 0 || overlaps(taken, at, at + length)) {
      next_code_point(text, at);
      continue;
    }
    Concept one;
    one.surface = text.substr(at, length), one.begin = at, one.end = at + length;
    one.entity = is_place(one.surface);
    one.weak = in_list(kChineseWeak, one.surface) || is_asking(one.surface);
    if (!is_stop_phrase(one.surface)) builder.add(std::move(one));
    taken.emplace_back(at, at + length);
    at += length;
  }
}

Concept* last_before(Question& question, std::size_t at) {
  Concept* last = nullptr;
  for (Concept& one : question.concepts)
    if (one.end <= at) last = &one;
  return last;
}

// "Y的X是多少", "有X吗": X is the head, Y its argument.
void mark_chinese_head(Question& question) {
  const std::string_view text = question.text;
  for (const std::string_view ask : {"是多少", "是什么", "是谁", "是哪", "是多久", "有多少", "有几", "多少", "为多少", "在哪", "怎么", "有哪些", "由谁", "吗", "几天", "多久"}) {
    const std::size_t at = text.find(ask);
    if (at == std::string_view::npos) continue;
    if (Concept* last = last_before(question, at); last != nullptr && !last->weak) last->head = true;
    break;
  }
  // "哪家医院": the answer is one.
  for (const std::string_view kind : {"医院", "银行", "酒店", "宾馆", "餐厅", "学校", "大学", "城市"})
    for (Concept& one : question.concepts)
      one.head |= one.surface == kind && (text.substr(0, one.begin).ends_with("哪家") || text.substr(0, one.begin).ends_with("哪个"));
  for (Concept& one : question.concepts) one.argument = !one.head && text.substr(one.end).starts_with("的");
}

// "what is the X of Y", "who is the X of Y", "is there an X in Y": the last concept before the first
// preposition is the head, those after it are its arguments.
void mark_english_head(Question& question) {
  const std::string folded = lower(question.text);
  for (const std::string_view start : {"what is the ", "what are the ", "what was the ", "what were the ", "what is our ", "what were our ", "what is ", "what are ", "what were ", "what was ",
                                       "who is the ", "who is our ", "who is responsible ", "is there a ", "is there an ", "are there ", "is there ", "do we have a ", "do we have ", "how much is the ", "how much was the ", "how high is the ", "how long is the ", "how large is the ", "how many ", "how much "}) {
    if (!folded.starts_with(start)) continue;
    std::size_t stop = folded.size();
    for (const std::string_view word : {" of ", " for ", " in ", " on ", " at ", " to ", " when ", " after ", " before ", " under ", " from ", " with ", " do ", " does ", " did ", " are ", " is ", " were "})
      stop = std::min(stop, folded.find(word, start.size() - 1));
    const bool asks_amount = start == "how many " || start == "how much ";
    if (Concept* last = last_before(question, stop); last != nullptr && !last->weak && !asks_amount) last->head = true;
    for (Concept& one : question.concepts) one.argument = one.begin >= stop && !asks_amount;
    return;
  }
  // "when was the depot founded": what happened to it is the head.
  for (const std::string_view start : {"when was ", "when were ", "where was ", "where were ", "why was ", "how was ", "by whom was "}) {
    if (!folded.starts_with(start)) continue;
    for (Concept& one : question.concepts)
      if (!one.weak && !one.entity && one.surface.ends_with("ed")) one.head = true;
  }
}

void mark_head(Question& question) {
  if (question.concepts.empty()) return;
  if (question.chinese) mark_chinese_head(question);
  else mark_english_head(question);
}

}  // namespace

std::vector<std::string> question_parts(std::string_view text) {
  const std::string folded = lower(text);
  std::vector<std::size_t> cuts{0};
  if (is_chinese(text)) {
    const auto asks = [](std::string_view part) {
      return has_any(part, {"多少", "几", "谁", "什么", "哪", "何时", "多久", "多长", "多大", "多高", "为何", "怎么", "如何", "吗"});
    };
    for (std::size_t at = 0; at < text.size(); ++at)
      for (const std::string_view mark : {"，", "；", "？", ",", ";", "?"})
        if (text.substr(at).starts_with(mark) && asks(text.substr(cuts.back(), at - cuts.back())) && asks(text.substr(at + mark.size()))) cuts.push_back(at + mark.size());
  } else if (folded.size() == text.size()) {
    for (std::size_t at = folded.find(" and "); at != std::string::npos; at = folded.find(" and ", at + 1)) {
      const std::string_view rest = std::string_view(folded).substr(at + 5);
      for (const std::string_view asking : {"how ", "what ", "which ", "who ", "whom ", "when", "where", "why", "on which ", "on what ", "by when", "by whom", "from when", "until when", "in which ", "at which ", "at what ", "for how "})
        if (rest.starts_with(asking)) {
          cuts.push_back(at + 5);
          break;
        }
    }
  }
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < cuts.size(); ++i) parts.emplace_back(text.substr(cuts[i], (i + 1 < cuts.size() ? cuts[i + 1] : text.size()) - cuts[i]));
  return parts;
}

Question analyse_question(std::string_view text, const ClockInputs& clock, const Analyzer& analyzer) {
  Question question;
  question.text = replace_invalid_utf8(text);
  question.chinese = is_chinese(question.text);
  const std::string padded = padded_lower(question.text);
  question.asked = question.chinese ? asked_chinese(padded) : asked_english(padded);
  question.unit = asked_unit(question.text, padded, question.asked);
  question.current = has_any(padded, {" current ", " currently ", " now ", " nowadays ", " in force ", "现在", "目前", "现行", "当前"});
  question.money = question.asked == Asked::kAmount && has_any(padded, {" cost ", " costs ", " pay for ", " do we pay ", " paid for ", " price ", " spend ", "多少钱", "价格", "单价", "费用"});
  question.computed = has_any(padded, {" average ", " mean value", " difference ", " ratio ", " change between", " change from", " percentage change", " how many times ", "平均", "相差", "差额", "之差", "差多少", "比值", "多几", "多多少", "少多少"});
  question.listing = has_any(padded, {" list ", "哪些", "分别", " which countries", " what are the "});

  std::vector<Span> taken;
  question.resolved = resolve_relative_dates(question.text, clock);
  for (const ResolvedDate& date : question.resolved) {
    question.dates.push_back(date.parts);
    taken.emplace_back(date.begin, date.end);
  }
  for (const FoundDate& date : find_dates(question.text)) {
    if (overlaps(taken, date.begin, date.end)) continue;
    question.dates.push_back(date.parts);
    taken.emplace_back(date.begin, date.end);
  }
  // "October ... 2025" and "Q3 of 2024" may be found as two: what is compatible and complementary is one.
  if (question.dates.size() == 2 && question.resolved.size() <= 1) {
    DateParts &a = question.dates[0], &b = question.dates[1];
    const bool complementary = (a.year == 0) != (b.year == 0) && compatible(a, b) && (a.month == 0 || b.month == 0) && (a.quarter == 0 || b.quarter == 0);
    if (complementary) {
      a = {a.year + b.year, a.quarter + b.quarter, a.month + b.month, a.day + b.day};
      question.dates.pop_back();
    }
  }

  Builder builder(question, analyzer);
  const std::vector<Code> codes = find_codes(question.text);
  for (const Code& code : codes) {
    if (overlaps(taken, code.begin, code.end)) continue;
    Concept one;
    one.surface = code.folded, one.code = code.folded, one.begin = code.begin, one.end = code.end;
    builder.add(std::move(one));
    taken.emplace_back(code.begin, code.end);
  }

  // What the number is compared with ("a device of 200,000 yuan") is no word to look for.
  for (const Quantity& amount : find_quantities(question.text)) {
    if (overlaps(taken, amount.begin, amount.end)) continue;
    question.amounts.push_back(amount);
    taken.emplace_back(amount.begin, amount.end);
  }
  add_phrases(question, builder, taken);

  std::string rest = question.text;
  for (const auto& [begin, end] : taken) std::fill(rest.begin() + static_cast<std::ptrdiff_t>(begin), rest.begin() + static_cast<std::ptrdiff_t>(end), ' ');
  rest = blank_chinese_stops(rest);
  bool first_latin = true;
  for (const Word& word : words_of(rest)) {
    const std::string surface = lower(word.surface);
    Concept one;
    one.begin = word.begin, one.end = word.end, one.surface = surface;
    if (word.chinese) {
      for (const std::string_view aggregate : kChineseAggregates) question.aggregate |= surface == aggregate;
      if (word.surface.size() <= 3 && equivalents(surface).empty()) continue;
      if (is_counter(surface)) continue;
      one.weak = in_list(kChineseWeak, surface);
      one.entity = is_place(surface) || is_numbered(surface) || (!word.known && is_chinese_person(surface) && equivalents(surface).empty());
    } else {
      const bool capital = word.surface[0] >= 'A' && word.surface[0] <= 'Z';
      const bool sentence_start = first_latin && !question.chinese;
      first_latin = false;
      question.aggregate |= in_list(kEnglishAggregates, surface);
      if (in_list(kStopWords, surface) && !(capital && surface.size() > 1 && surface != "i" && !sentence_start && surface == "us")) continue;
      const bool acronym = word.surface.size() >= 2 && std::all_of(word.surface.begin(), word.surface.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
      one.entity = is_place(surface) || (capital && !sentence_start && !in_list(kCapitalised, surface)) || acronym || question.chinese;
      one.weak = !one.entity && (in_list(kWeakWords, surface) || (surface[0] >= '0' && surface[0] <= '9'));
      if (question.chinese && surface.size() == 1) one.entity = false, one.weak = true;
      if (surface.size() == 1) one.entity = false;
    }
    builder.add(std::move(one));
  }
  for (const std::string_view aggregate : kChineseAggregates) question.aggregate |= question.text.find(aggregate) != std::string::npos;
  std::stable_sort(question.concepts.begin(), question.concepts.end(), [](const Concept& a, const Concept& b) { return a.begin < b.begin; });
  mark_head(question);
  return question;
}

}  // namespace grounds
