#include "tests/answer/generated_tables.h"

#include <unicode/ucnv.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

namespace grounds::testing {
namespace {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}
  std::uint64_t next() {  // splitmix64
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
  bool chance(std::size_t percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

using Pair = std::pair<const char*, const char*>;  // English, Chinese
using Names = std::vector<Pair>;

const Names kRegions = {{"East", "华东"}, {"South", "华南"}, {"North", "华北"}, {"West", "西部"}, {"Overseas", "海外"}, {"Southwest", "西南"}, {"Northeast", "东北"}};
const Names kCities = {{"Beijing", "北京"}, {"Shanghai", "上海"}, {"Shenzhen", "深圳"}, {"Wuhan", "武汉"}, {"Chengdu", "成都"}, {"Nanjing", "南京"}, {"Hangzhou", "杭州"}, {"Xiamen", "厦门"}};
const Names kProducts = {{"NL-100", "NL-100"}, {"NL-200", "NL-200"}, {"GX-35", "GX-35"}, {"GX-70", "GX-70"}, {"TR-9", "TR-9"}, {"KP-410", "KP-410"}};

struct Measure {
  const char *english, *chinese;
  const char *other_english, *other_chinese;   // another way to ask for it
  bool money;
};
const std::vector<Measure> kMeasures = {{"Sales", "销售额", "revenue", "营收", true}, {"Costs", "成本", "costs", "成本", true}, {"Profit", "利润", "earnings", "利润", true},
                                        {"Stock", "库存", "inventory", "库存", false}, {"Orders", "订单", "orders", "订单", false}, {"Output", "产量", "production", "产量", false},
                                        {"Headcount", "人数", "headcount", "员工人数", false}};
struct Dimension {
  Pair one;
  const char* many;
  const Names* values;
};
const std::vector<Dimension> kDimensions = {{{"Region", "地区"}, "regions", &kRegions}, {{"City", "城市"}, "cities", &kCities}, {{"Product", "产品"}, "products", &kProducts}};

std::string grouped(std::string digits) {
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string decimal(std::int64_t value, int decimals, bool separators) {
  std::string digits = std::to_string(value < 0 ? -value : value);
  while (digits.size() <= static_cast<std::size_t>(decimals)) digits.insert(digits.begin(), '0');
  const std::string fraction = digits.substr(digits.size() - static_cast<std::size_t>(decimals));
  std::string whole = digits.substr(0, digits.size() - static_cast<std::size_t>(decimals));
  if (separators) whole = grouped(whole);
  return (value < 0 ? "-" : "") + whole + (decimals > 0 ? "." + fraction : "");
}

// As the answer's record has it: no zeros at the end.
std::string plain(std::int64_t value, int decimals) {
  std::string text = decimal(value, decimals, false);
  if (text.find('.') != std::string::npos) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

std::string to_gbk(const std::string& text) {
  UErrorCode status = U_ZERO_ERROR;
  std::string out(text.size() * 2 + 16, '\0');
  const std::int32_t length = ucnv_convert("GBK", "UTF-8", out.data(), static_cast<std::int32_t>(out.size()), text.data(), static_cast<std::int32_t>(text.size()), &status);
  if (U_FAILURE(status)) throw std::runtime_error("no converter to GBK");
  out.resize(static_cast<std::size_t>(length));
  return out;
}

using Cells = std::vector<std::vector<std::string>>;

std::string as_csv(const Cells& rows) {
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      const bool quote = row[c].find_first_of(",\"\n") != std::string::npos;
      out += (c > 0 ? "," : "") + (quote ? "\"" + row[c] + "\"" : row[c]);
    }
    out += "\n";
  }
  return out;
}

std::string as_markdown(const std::string& title, const Cells& rows) {
  std::string out = "# " + title + "\n\n";
  for (std::size_t r = 0; r < rows.size(); ++r) {
    out += "|";
    for (const auto& cell : rows[r]) out += " " + cell + " |";
    out += "\n";
    if (r > 0) continue;
    out += "|";
    for (std::size_t c = 0; c < rows[r].size(); ++c) out += " --- |";
    out += "\n";
  }
  return out;
}

std::string as_html(const std::string& title, const std::string& head, const Cells& rows, std::size_t first) {
  std::string out = "<html><body><h1>" + title + "</h1><table><thead>" + head + "</thead><tbody>";
  for (std::size_t r = first; r < rows.size(); ++r) {
    out += "<tr>";
    for (const auto& cell : rows[r]) out += "<td>" + cell + "</td>";
    out += "</tr>";
  }
  return out + "</tbody></table></body></html>";
}

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  TableCase make() {
    chinese_ = random_.chance(50);
    asks_chinese_ = random_.chance(25) ? !chinese_ : chinese_;
    dimension_ = &kDimensions[random_.below(kDimensions.size())];
    std::vector<std::size_t> order(kMeasures.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (std::size_t i = 0; i + 1 < order.size(); ++i) std::swap(order[i], order[i + random_.below(order.size() - i)]);
    measure_ = &kMeasures[order[0]];
    other_ = &kMeasures[order[1]];
    wide_ = random_.chance(30);
    decimals_ = random_.chance(40) ? 1 + static_cast<int>(random_.below(2)) : 0;
    separators_ = random_.chance(40);
    unit_ = measure_->money ? random_.below(3) : 0;   // 0 none, 1 plain money, 2 万元 or thousand
    missing_ = random_.chance(30);
    total_ = random_.chance(50);
    fill();
    ask();
    write();
    return std::move(made_);
  }

 private:
  std::string say(const Pair& pair, bool chinese) const { return chinese ? pair.second : pair.first; }
  std::string say(const Measure& measure, bool chinese) const { return chinese ? measure.chinese : measure.english; }

  std::string header_of(const Measure& measure) const {
    std::string name = say(measure, chinese_);
    if (!measure.money || unit_ == 0) return name;
    if (chinese_) return name + (unit_ == 1 ? "（元）" : "（万元）");
    return name + (unit_ == 1 ? " (USD)" : " (million USD)");
  }

  // Values: rows (a label, a period) x two measures, or rows x periods.
  void fill() {
    const std::size_t labels = 3 + random_.below(dimension_->values->size() - 3);
    std::vector<std::size_t> pick(dimension_->values->size());
    for (std::size_t i = 0; i < pick.size(); ++i) pick[i] = i;
    for (std::size_t i = 0; i + 1 < pick.size(); ++i) std::swap(pick[i], pick[i + random_.below(pick.size() - i)]);
    for (std::size_t i = 0; i < labels; ++i) labels_.push_back(pick[i]);
    absent_ = pick[labels % pick.size()];
    has_absent_ = labels < pick.size();
    periods_ = wide_ ? 4 : (random_.chance(60) ? 1 : 2 + random_.below(5));
    const std::int64_t most = decimals_ > 0 ? 900000 : 2000000;
    for (std::size_t l = 0; l < labels; ++l)
      for (std::size_t p = 0; p < periods_; ++p) {
        Row row{l, p, {}, {}};
        row.value = 1 + static_cast<std::int64_t>(random_.below(static_cast<std::size_t>(most)));
        if (measure_ == &kMeasures[2] && random_.chance(15)) row.value = -*row.value;
        row.other = 1 + static_cast<std::int64_t>(random_.below(5000));
        if (missing_ && random_.chance(15) && !(l == 0 && p == 0)) row.value.reset();
        rows_.push_back(row);
      }
  }

  std::string period(std::size_t p, bool chinese) const {
    if (wide_) return chinese ? "第" + std::string(std::array{"一", "二", "三", "四"}[p]) + "季度" : "Q" + std::to_string(p + 1);
    const std::string month = p + 1 < 10 ? "0" + std::to_string(p + 1) : std::to_string(p + 1);
    return "2025-" + month;
  }
  std::string asked_period(std::size_t p) const {
    static constexpr std::array kMonths = {"January", "February", "March", "April", "May", "June"};
    if (wide_) return asks_chinese_ ? "第" + std::string(std::array{"一", "二", "三", "四"}[p]) + "季度" : "Q" + std::to_string(p + 1);
    return asks_chinese_ ? "2025年" + std::to_string(p + 1) + "月" : std::string(kMonths[p]) + " 2025";
  }
  std::string label(std::size_t l, bool chinese) const { return say((*dimension_->values)[labels_[l]], chinese); }

  std::string asked_measure() {
    const bool other = random_.chance(25);
    std::string name = asks_chinese_ ? (other ? measure_->other_chinese : measure_->chinese) : (other ? measure_->other_english : measure_->english);
    if (!asks_chinese_) std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return name;
  }

  // The values that a question is about.
  std::vector<std::int64_t> selected(std::optional<std::size_t> l, std::optional<std::size_t> p) const {
    std::vector<std::int64_t> values;
    for (const Row& row : rows_)
      if (row.value && (!l || row.label == *l) && (!p || row.period == *p)) values.push_back(*row.value);
    return values;
  }

  void ask() {
    const std::string m = asked_measure();
    const std::string dim = say(dimension_->one, asks_chinese_);
    std::string lower_dim = dim;
    std::transform(lower_dim.begin(), lower_dim.end(), lower_dim.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    std::optional<std::size_t> l, p;
    if (random_.chance(50)) l = random_.below(labels_.size());
    if (periods_ > 1 && random_.chance(50)) p = random_.below(periods_);
    const std::size_t kind = random_.below(7);
    if (kind == 6) {  // about a row that is not there
      ask_absent(m);
      return;
    }
    if (kind == 4) {
      ask_count(m, lower_dim);
      return;
    }
    if (kind == 5) {
      ask_difference(m, p);
      return;
    }
    if ((kind == 2 || kind == 3) && l && !p && periods_ == 1) l.reset();
    const std::string where_en = (l ? " in " + label(*l, false) : "") + (p ? " in " + asked_period(*p) : "");
    const std::string where_zh = (p ? asked_period(*p) : "") + (l ? label(*l, true) + "的" : p ? "的" : "");
    const std::vector<std::int64_t> values = selected(l, p);
    made_.note = std::array{"total", "average", "maximum", "minimum"}[kind];
    const std::string zh = where_zh + m, en = m + where_en;
    switch (kind) {
      case 0: made_.question = asks_chinese_ ? zh + (random_.chance(50) ? "合计是多少？" : "一共是多少？") : random_.chance(50) ? "What is the total " + en + "?" : "How much " + m + where_en + " in total?"; break;
      case 1: made_.question = asks_chinese_ ? zh + "的平均值是多少？" : "What is the average " + en + "?"; break;
      case 2: made_.question = asks_chinese_ ? (l ? zh + "最高是多少？" : "哪个" + dim + (p ? asked_period(*p) : "") + "的" + m + "最高？") : l ? "What is the highest " + en + "?" : "Which " + lower_dim + " had the highest " + en + "?"; break;
      default: made_.question = asks_chinese_ ? (l ? zh + "最低是多少？" : "哪个" + dim + (p ? asked_period(*p) : "") + "的" + m + "最低？") : l ? "What is the lowest " + en + "?" : "Which " + lower_dim + " had the lowest " + en + "?"; break;
    }
    if (values.empty()) return;
    std::int64_t sum = 0;
    for (const std::int64_t value : values) sum += value;
    const auto count = static_cast<std::int64_t>(values.size());
    if (kind == 0) made_.expected = plain(sum, decimals_);
    if (kind == 1) {
      const std::int64_t hundredfold = (sum < 0 ? -sum : sum) * 100;
      const std::int64_t rounded = (hundredfold + count / 2) / count;
      made_.expected = plain(sum < 0 ? -rounded : rounded, decimals_ + 2);
    }
    if (kind == 2) made_.expected = plain(*std::max_element(values.begin(), values.end()), decimals_);
    if (kind == 3) made_.expected = plain(*std::min_element(values.begin(), values.end()), decimals_);
  }

  void ask_absent(const std::string& m) {
    made_.note = "absent";
    if (!has_absent_) {
      made_.question = asks_chinese_ ? "2019年的" + m + "合计是多少？" : "What was the total " + m + " in 2019?";
      return;
    }
    const std::string who = say((*dimension_->values)[absent_], asks_chinese_);
    made_.question = asks_chinese_ ? who + "的" + m + "合计是多少？" : "What is the total " + m + " in " + who + "?";
  }

  void ask_count(const std::string& m, const std::string& dim) {
    made_.note = "count";
    if (periods_ > 1) {  // which of several rows of a label counts is not clear
      made_.question = asks_chinese_ ? m + "合计是多少？" : "What is the total of " + m + "?";
      made_.note = "total";
      std::int64_t sum = 0;
      for (const std::int64_t value : selected({}, {})) sum += value;
      made_.expected = plain(sum, decimals_);
      return;
    }
    std::int64_t factor = 1;
    for (int i = 0; i < decimals_; ++i) factor *= 10;
    const std::vector<std::int64_t> values = selected({}, {});
    const std::int64_t bound = std::max<std::int64_t>(values[random_.below(values.size())] / factor, 1);
    const bool above = random_.chance(50);
    std::int64_t count = 0;
    for (const std::int64_t value : values) count += above ? value > bound * factor : value < bound * factor;
    const std::string number = std::to_string(bound);
    made_.question = asks_chinese_ ? m + (above ? "高于" : "低于") + number + "的" + dim + "有几个？"
                                   : "How many " + std::string(dimension_->many) + " have " + m + (above ? " above " : " below ") + number + "?";
    made_.expected = std::to_string(count);
  }

  void ask_difference(const std::string& m, std::optional<std::size_t> p) {
    made_.note = "difference";
    const std::size_t a = random_.below(labels_.size()), b = (a + 1 + random_.below(labels_.size() - 1)) % labels_.size();
    const std::string when_en = p ? " in " + asked_period(*p) : "", when_zh = p ? asked_period(*p) : "";
    made_.question = asks_chinese_ ? when_zh + label(a, true) + "和" + label(b, true) + "的" + m + "相差多少？"
                                   : "What is the difference in " + m + " between " + label(a, false) + " and " + label(b, false) + when_en + "?";
    const auto x = selected(a, p), y = selected(b, p);
    if (x.empty() || y.empty()) return;
    std::int64_t difference = 0;
    for (const std::int64_t value : x) difference += value;
    for (const std::int64_t value : y) difference -= value;
    made_.expected = plain(difference < 0 ? -difference : difference, decimals_);
  }

  std::string cell(const std::optional<std::int64_t>& value) {
    if (value) return decimal(*value, decimals_, separators_);
    return std::array<const char*, 3>{"", "-", "n/a"}[random_.below(3)];
  }

  void write() {
    Cells rows;
    const std::string total = chinese_ ? "合计" : "Total";
    const std::string title = chinese_ ? "2025年" + std::string(measure_->chinese) + "统计表" : std::string(measure_->english) + " report 2025";
    if (wide_) {
      std::vector<std::string> header{say(dimension_->one, chinese_)};
      for (std::size_t p = 0; p < periods_; ++p) header.push_back(period(p, chinese_));
      rows.push_back(header);
      for (std::size_t l = 0; l < labels_.size(); ++l) {
        std::vector<std::string> row{label(l, chinese_)};
        for (const Row& r : rows_)
          if (r.label == l) row.push_back(cell(r.value));
        rows.push_back(std::move(row));
      }
      if (total_) {
        std::vector<std::string> row{total};
        for (std::size_t p = 0; p < periods_; ++p) row.push_back(decimal(sum_of(p), decimals_, separators_));
        rows.push_back(std::move(row));
      }
      // Two lines of header: the measure above its periods.
      std::string head = "<tr><th rowspan=2>" + rows[0][0] + "</th><th colspan=" + std::to_string(periods_) + ">" + header_of(*measure_) + "</th></tr><tr>";
      for (std::size_t p = 0; p < periods_; ++p) head += "<th>" + rows[0][p + 1] + "</th>";
      made_.name = "report.html";
      made_.bytes = as_html(title, head + "</tr>", rows, 1);
      made_.note += " merged";
      return;
    }
    std::vector<std::string> header{say(dimension_->one, chinese_)};
    if (periods_ > 1) header.push_back(chinese_ ? "月份" : "Month");
    header.push_back(header_of(*measure_));
    header.push_back(header_of(*other_));
    rows.push_back(header);
    for (const Row& r : rows_) {
      std::vector<std::string> row{label(r.label, chinese_)};
      if (periods_ > 1) row.push_back(period(r.period, chinese_));
      row.push_back(cell(r.value));
      row.push_back(std::to_string(r.other));
      rows.push_back(std::move(row));
    }
    if (total_) {
      std::vector<std::string> row{total};
      if (periods_ > 1) row.emplace_back();
      row.push_back(decimal(sum_of({}), decimals_, separators_));
      std::int64_t other = 0;
      for (const Row& r : rows_) other += r.other;
      row.push_back(std::to_string(other));
      rows.push_back(std::move(row));
    }
    switch (random_.below(chinese_ ? 4 : 3)) {
      case 0: made_.name = "report.md", made_.bytes = as_markdown(title, rows); break;
      case 1: {
        std::string head = "<tr>";
        for (const auto& each : rows[0]) head += "<th>" + each + "</th>";
        made_.name = "report.html", made_.bytes = as_html(title, head + "</tr>", rows, 1);
        break;
      }
      case 2: made_.name = "report.csv", made_.bytes = as_csv(rows); break;
      default: made_.name = "report.csv", made_.bytes = to_gbk(as_csv(rows)), made_.note += " GBK"; break;
    }
  }

  std::int64_t sum_of(std::optional<std::size_t> p) const {
    std::int64_t sum = 0;
    for (const std::int64_t value : selected({}, p)) sum += value;
    return sum;
  }

  struct Row {
    std::size_t label, period;
    std::optional<std::int64_t> value;
    std::int64_t other = 0;
  };

  Random random_;
  bool chinese_ = false, asks_chinese_ = false, wide_ = false, separators_ = false, missing_ = false, total_ = false, has_absent_ = false;
  const Dimension* dimension_ = nullptr;
  const Measure *measure_ = nullptr, *other_ = nullptr;
  int decimals_ = 0;
  std::size_t unit_ = 0, periods_ = 1, absent_ = 0;
  std::vector<std::size_t> labels_;
  std::vector<Row> rows_;
  TableCase made_;
};

}  // namespace

TableCase make_table_case(std::uint64_t seed) { return Maker(seed).make(); }

}  // namespace grounds::testing
