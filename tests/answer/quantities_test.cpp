#include "answer/quantities.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace grounds;

namespace {

Quantity only(std::string_view text) {
  INFO(text);
  const auto found = find_quantities(text);
  REQUIRE(found.size() == 1);
  return found.front();
}

bool is(std::string_view text, std::string_view value, std::string_view unit = "") {
  const Quantity q = only(text);
  bool any = false;
  for (const Decimal& d : q.values) any |= format_decimal(d) == value;
  if (!any || q.unit != unit) MESSAGE(text << " -> " << format_decimal(q.values.front()) << " " << q.unit);
  return any && q.unit == unit;
}

std::string chinese(std::uint64_t n) {  // the oracle: an independent writer of Chinese numerals
  static const char* kDigits[] = {"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
  const auto section = [&](std::uint64_t v) {
    std::string out;
    bool gap = false;
    std::uint64_t power = 1000;
    for (const char* unit : {"千", "百", "十", ""}) {
      const std::uint64_t d = v / power % 10;
      if (d != 0) out += std::string(gap && !out.empty() ? "零" : "") + kDigits[d] + unit, gap = false;
      else gap = true;
      power /= 10;
    }
    return out;
  };
  if (n == 0) return "零";
  std::string out;
  bool zero = false;
  const std::uint64_t parts[] = {n / 100000000, n / 10000 % 10000, n % 10000};
  const char* names[] = {"亿", "万", ""};
  for (int i = 0; i < 3; ++i) {
    if (parts[i] == 0) { zero = !out.empty(); continue; }
    if (!out.empty() && (zero || parts[i] < 1000)) out += "零";
    out += section(parts[i]) + names[i];
    zero = false;
  }
  return out;
}

std::string grouped(std::uint64_t n) {
  std::string digits = std::to_string(n), out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string full_width(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c < '0' || c > '9') { out += c == ',' ? "，" : std::string(1, c); continue; }
    out += "\xEF\xBC";
    out += static_cast<char>(0x90 + (c - '0'));
  }
  return out;
}

}  // namespace

TEST_CASE("A decimal is exact, normal and refuses what it cannot hold") {
  CHECK(*parse_decimal("1577.50") == Decimal{15775, -1});
  CHECK(*parse_decimal("0000") == Decimal{0, 0});
  CHECK(*parse_decimal("0.00") == Decimal{0, 0});
  CHECK(*parse_decimal("1500000") == Decimal{15, 5});
  CHECK(*parse_decimal("10.0") == Decimal{1, 1});
  CHECK(*parse_decimal("100.001") == Decimal{100001, -3});
  CHECK_FALSE(parse_decimal("1.2.3"));
  CHECK_FALSE(parse_decimal(""));
  CHECK_FALSE(parse_decimal("12345678901234567891"));
  CHECK(parse_decimal("9999999999999999999"));
  CHECK(format_decimal({5, -2}) == "0.05");
  CHECK(format_decimal({15775, -1}) == "1577.5");
  CHECK(less({9, 0}, {1, 1}));
  CHECK_FALSE(less({1, 1}, {10, 0}));
}

TEST_CASE("Equal amounts are equal however they are written") {
  CHECK(is("1,577", "1577"));
  CHECK(is("1577", "1577"));
  CHECK(is("1.577 thousand", "1577"));
  CHECK(is("１，５７７", "1577"));
  CHECK(is("一千五百七十七", "1577"));
  CHECK(is("1.5亿", "150000000"));
  CHECK(is("3万5千", "35000"));
  CHECK(is("三万五", "35000"));
  CHECK(is("一百零五", "105"));
  CHECK(is("两万", "20000"));
  CHECK(is("2万亿元", "2000000000000", "cny"));
  CHECK(is("1,577万元", "15770000", "cny"));
  CHECK(is("CNY 15.77 million", "15770000", "cny"));
  CHECK(is("6200 万元", "62000000", "cny"));
  CHECK(is("$1.2bn", "1200000000", "usd"));
  CHECK(is("US$ 10k", "10000", "usd"));
  CHECK(is("10 k", "10"));
  CHECK(is("¥99", "99", "yen_or_yuan"));
  CHECK(is("15%", "15", "percent"));
  CHECK(is("15 percent", "15", "percent"));
  CHECK(is("百分之十五", "15", "percent"));
  CHECK(is("百分之3.5", "3.5", "percent"));
  CHECK(is("三成", "30", "percent"));
  CHECK(is("2个百分点", "2", "pp"));
  CHECK(is("十五天", "15", "day"));
  CHECK(is("15 days", "15", "day"));
  CHECK(is("15-day", "15", "day"));
  CHECK(is("5个工作日", "5", "workday"));
  CHECK(is("5 business days", "5", "workday"));
  CHECK(is("24h", "24", "hour"));
  CHECK(is("三百余人", "300", "person"));
  CHECK(is("230 V", "230", "v"));
  CHECK(is("35℃", "35", "celsius"));
  CHECK(is("5 GB", "5", "gb"));
}

TEST_CASE("An ambiguous letter keeps both readings") {
  CHECK(is("5M", "5", "m"));
  CHECK(is("5M", "5000000", "m"));
}

TEST_CASE("Dates, codes and words that hold numerals are no amounts") {
  for (const char* text : {"2025-03-31", "31 March 2025", "2025年3月", "Q3 2025", "GX-200", "v7.1.0", "ERR-1045", "192.168.1.1",
                           "400-820-8820", "9:30", "统一安排", "万一", "十分重要", "一些", "一个", "第三条", "三星手机", "一般", "max_2_items"}) {
    INFO(std::string(text));
    CHECK(find_quantities(text).empty());
  }
}

TEST_CASE("A range is two amounts and a unit after text is found") {
  const auto range = find_quantities("between 10-15 days");
  REQUIRE(range.size() == 2);
  CHECK(format_decimal(range[0].values[0]) == "10");
  CHECK(range[1].unit == "day");
  CHECK(find_quantities("共有120人，其中女性45人。").size() == 2);
}

TEST_CASE("Equality minds the unit where both have one") {
  const auto same = [](std::string_view a, std::string_view b) { return same_quantity(only(a), only(b)); };
  CHECK(same("15%", "百分之十五"));
  CHECK(same("1,577", "1577万元") == false);
  CHECK(same("15 days", "15天"));
  CHECK_FALSE(same("15 days", "15 hours"));
  CHECK_FALSE(same("15%", "15天"));
  CHECK_FALSE(same("USD 10", "10元"));
  CHECK(same("¥10", "10元"));
  CHECK(same("¥10", "JPY 10"));
  CHECK(same("12", "12台"));
  CHECK(same("12 units", "12台"));
  CHECK_FALSE(same("12%", "12个"));
}

TEST_CASE("For random amounts, all spellings have one value") {
  const std::uint64_t seed = 20261124;
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3000; ++i) {
    const int bits = 4 + static_cast<int>(random() % 36);
    const std::uint64_t n = 10 + random() % ((std::uint64_t{1} << bits));
    INFO("seed " << seed << " n " << n);
    const bool year_like = n >= 1900 && n <= 2099;
    const std::string unit = year_like ? "元" : "";
    const Decimal want = *parse_decimal(std::to_string(n));
    CHECK(only(std::to_string(n) + unit).values.front() == want);
    CHECK(only(grouped(n)).values.front() == want);
    CHECK(only(full_width(grouped(n))).values.front() == want);
    CHECK(only(chinese(n) + "元").values.front() == want);
    CHECK(only(format_decimal(scale(want, -3)) + " thousand").values.front() == want);
    CHECK(only(format_decimal(scale(want, -4)) + "万").values.front() == want);
    CHECK(only(format_decimal(scale(want, -4)) + " 万元").values.front() == want);
    CHECK(only(format_decimal(scale(want, -8)) + "亿元").values.front() == want);
    // Another number is another number.
    CHECK_FALSE(same_value(only(std::to_string(n) + "元"), only(std::to_string(n + 1) + "元")));
  }
}

TEST_CASE("add and less agree with integers") {
  const std::uint64_t seed = 7;
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t a = random() % 1000000007, b = random() % (random() % 2 ? 100 : 1000000007);
    INFO("seed " << seed << " " << a << " " << b);
    const Decimal x = *parse_decimal(std::to_string(a)), y = *parse_decimal(std::to_string(b));
    CHECK(*add(x, y) == *parse_decimal(std::to_string(a + b)));
    CHECK(less(x, y) == (a < b));
    CHECK(*parse_decimal(format_decimal(scale(x, -5))) == scale(x, -5));
  }
}

TEST_CASE("Spans are those of the text, sign and unit included") {
  const std::string text = "售价为人民币1,280元，折扣 15 %。";
  const auto found = find_quantities(text);
  REQUIRE(found.size() == 2);
  CHECK(text.substr(found[0].begin, found[0].end - found[0].begin) == "人民币1,280元");
  CHECK(text.substr(found[1].begin, found[1].end - found[1].begin) == "15 %");
}

TEST_CASE("Codes are found with their folded form") {
  const auto codes = find_codes("Model ＧＸ-200 (rev. v7.1.0) opens 9:00-18:00, call 400-820-8820.");
  REQUIRE(codes.size() == 5);
  CHECK(codes[0].folded == "gx-200");
  CHECK(codes[1].folded == "v7.1.0");
  CHECK(codes[2].folded == "09:00");
  CHECK(codes[3].folded == "18:00");
  CHECK(codes[4].folded == "400-820-8820");
  CHECK(find_codes("Phone: +49 40 555 0177 (office)").front().folded == "+49405550177");
  CHECK(find_codes("代码：F101；").front().folded == "f101");
  CHECK(find_codes("10kg, 5M, 2025-03-31, 12.5, plain").empty());
}

TEST_CASE("A header gives its cells a scale and a unit") {
  CHECK(header_unit("Sales (CNY 10k)").power_of_ten == 4);
  CHECK(header_unit("Sales (CNY 10k)").unit == "cny");
  CHECK(header_unit("销售额（万元）").power_of_ten == 4);
  CHECK(header_unit("销售额（万元）").unit == "cny");
  CHECK(header_unit("Revenue ($ in millions)").power_of_ten == 6);
  CHECK(header_unit("Revenue ($ in millions)").unit == "usd");
  CHECK(header_unit("Growth (%)").unit == "percent");
  CHECK(header_unit("Region").power_of_ten == 0);
  CHECK(header_unit("Region").unit.empty());
}

TEST_CASE("Text of 4 MiB without an end to its digits or words is read once, not again from each of them") {
  for (const std::string piece : {"一", "一亿", "a1-", "1", "零九"}) {
    INFO(piece);
    std::string text;
    while (text.size() < (4U << 20)) text += piece;
    CHECK(find_quantities(text + " 12 km").back().unit == "km");
    CHECK_FALSE(find_codes(text + " GX-200").empty());
  }
}
