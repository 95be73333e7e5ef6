#include "index/analysis/analyzer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/utf8.h"

using namespace grounds;

namespace {

const Analyzer& analyzer() {
  static const std::shared_ptr<const Analyzer> instance = Analyzer::create().value();
  return *instance;
}

// "term@position term@position ..."
std::string show(const std::vector<Token>& tokens) {
  std::string text;
  for (const Token& token : tokens) text += (text.empty() ? "" : " ") + token.term + "@" + std::to_string(token.position);
  return text;
}
std::string terms(std::string_view text) { return show(analyzer().analyze(text)); }
std::string query(std::string_view text) { return show(analyzer().analyze_query(text)); }

bool contains_all(std::string_view document, std::string_view question) {
  std::set<std::string> have;
  for (const Token& token : analyzer().analyze(document)) have.insert(token.term);
  const auto wanted = analyzer().analyze_query(question);
  return !wanted.empty() && std::all_of(wanted.begin(), wanted.end(), [&](const Token& token) { return have.contains(token.term); });
}

}  // namespace

TEST_CASE("English words are folded in case and stemmed") {
  CHECK(terms("The Companies' connections were relational.") == "the@0 compani@1 connect@2 were@3 relat@4");
  CHECK(terms("don’t don't") == "don't@0 don't@1");
  CHECK(terms("Ｆｕｌｌ　Ｗｉｄｔｈ") == "full@0 width@1");
  CHECK(terms("naïve Straße") == "naïv@0 strass@1");
}

TEST_CASE("CJK letters are indexed one by one and in pairs, and asked for in pairs") {
  CHECK(terms("数据库") == "数@0 数据@0 据@1 据库@1 库@2");
  CHECK(query("数据库") == "数据@0 据库@1");
  CHECK(query("税") == "税@0");
  CHECK(terms("データ") == "デ@0 デー@0 ー@1 ータ@1 タ@2");
  CHECK(query("한국어") == "한국@0 국어@1");
}

TEST_CASE("traditional and simplified letters meet") {
  CHECK(terms("資料庫") == terms("资料库"));
  CHECK(contains_all("這個資料庫的備份", "备份"));
  CHECK(contains_all("备份", "備份"));
}

TEST_CASE("white space between CJK letters splits words in questions, not in documents") {
  CHECK(query("备份 脚本") == "备份@0 脚本@2");
  CHECK(terms("备\n 份") == terms("备份"));
  CHECK(contains_all("数\n据库", "数据库"));
  CHECK(terms("备\n\n份") == "备@0 份@1");
  CHECK(terms("备\t份") == "备@0 份@1");
}

TEST_CASE("mixed words give the parts of every script") {
  CHECK(query("GitHub备份脚本") == "github@0 git@0 hub@0 备份@1 份脚@2 脚本@3");
  CHECK(contains_all("用脚本备份GitHub仓库", "GitHub备份"));
  CHECK(query("2023年Q3") == "2023@0 年@1 q3@2");
}

TEST_CASE("identifiers are found whole and in parts") {
  CHECK(terms("max_connections") == "max_connections@0 max@0 connect@1");
  CHECK(terms("ERR-1045") == "err-1045@0 err@0 1045@1");
  CHECK(terms("v7.1.0") == "v7.1.0@0 v7.1@0 7.1.0@0 7.1@0");
  CHECK(terms("3.14") == "3.14@0");
  CHECK(terms("TiDB-Server") == "tidb-server@0 tidb@0 ti@0 db@0 server@1");
  CHECK(terms("C++, C#") == "c@0 c++@0 c@1 c#@1");
  CHECK(terms("U.S.A.") == "u.s.a@0 usa@0");
  CHECK(terms("file_system.h") == "file_system.h@0 file_system@0 file@0 system@1 h@2");
  CHECK(terms("zhang.san@example.com") == "zhang.san@example.com@0 zhang.san@0 zhang@0 san@1 example.com@2 exampl@2 com@3");
  CHECK(terms("R&D") == "r&d@0 r@0 d@1");
  for (const char* question : {"max_connections", "connections", "MAX_CONNECTIONS", "max connections"}) CHECK(contains_all("set max_connections=10", question));
  for (const char* question : {"v7.1.0", "7.1.0", "v7.1", "7.1"}) CHECK(contains_all("since v7.1.0.", question));
  for (const char* question : {"ERR-1045", "err 1045", "1045"}) CHECK(contains_all("ERROR: ERR-1045: denied", question));
}

TEST_CASE("numbers are the same with and without commas between thousands") {
  CHECK(terms("1,577") == "1577@0");
  CHECK(terms("$1,577.50 or 12,345,678") == "1577.50@0 or@1 12345678@2");
  CHECK(terms("１，５７７") == "1577@0");
  CHECK(terms("1,2,3") == "1@0 2@1 3@2");
}

TEST_CASE("questions lose their stop words unless nothing else is left") {
  CHECK(query("What is the revenue of the company?") == "revenu@3 compani@6");
  CHECK(query("what is it") == "what@0 is@1 it@2");
  CHECK(query("IT department of the US") == "it@0 depart@1 us@4");
  CHECK(query("什么是数据库") == "是数@2 数据@3 据库@4");
  CHECK(query("什么") == "什么@0");
  CHECK(terms("the") == "the@0");
}

TEST_CASE("scripts without spaces are cut by ICU's dictionary") {
  CHECK(analyzer().analyze("ภาษาไทย").size() == 2);
  CHECK(contains_all("ฉันพูดภาษาไทยได้", "ภาษาไทย"));
}

TEST_CASE("a planted Chinese term is found wherever it stands") {
  std::mt19937_64 random(11);
  const std::u32string letters = U"的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严";
  const auto random_text = [&](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) append_utf8(text, letters[random() % letters.size()]);
    return text;
  };
  for (int i = 0; i < 300; ++i) {
    const std::string term = random_text(1 + random() % 6);
    const std::string before = random() % 4 == 0 ? "" : random_text(random() % 10);
    const std::string after = random() % 4 == 0 ? "" : random_text(random() % 10);
    const std::string joint = random() % 3 == 0 ? "GitHub" : random() % 2 == 0 ? "，" : "";
    INFO("term " << term << " in " << before << joint << term << after);
    CHECK(contains_all(before + joint + term + after, term));
    if (term.size() > 3) CHECK(contains_all(before + term.substr(0, 3) + "\n" + term.substr(3) + after, term));
  }
}

TEST_CASE("every token's place in the source is true and positions do not go back") {
  const std::string text = "Ｇit 备份，ﬁne cafe\u0301s 1，577 元 TiDB-Server C++ 資料庫 ภาษาไทย";
  std::uint32_t position = 0;
  for (const Token& token : analyzer().analyze(text)) {
    INFO("term " << token.term);
    REQUIRE(token.begin < token.end);
    REQUIRE(token.end <= text.size());
    CHECK(is_valid_utf8(text.substr(token.begin, token.end - token.begin)));
    CHECK(floor_boundary(text, token.begin) == token.begin);
    CHECK(token.position >= position);
    position = token.position;
    // What stands there has the term by itself.
    const auto again = analyzer().analyze(text.substr(token.begin, token.end - token.begin));
    CHECK(std::any_of(again.begin(), again.end(), [&](const Token& other) { return other.term == token.term; }));
  }
}

TEST_CASE("random bytes are analysed without harm, and terms are bounded") {
  std::mt19937_64 random(12);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (std::size_t n = random() % 40; n > 0; --n) {
      switch (random() % 4) {
        case 0: text.push_back(static_cast<char>(random())); break;
        case 1: append_utf8(text, static_cast<char32_t>(random() % 0x3000)); break;
        case 2: append_utf8(text, static_cast<char32_t>(0x3000 + random() % 0xA000)); break;
        default: text.push_back("aB3_-.@&'+#,\n "[random() % 14]);
      }
    }
    for (const Token& token : analyzer().analyze(text)) {
      CHECK(token.end <= text.size());
      CHECK(token.begin <= token.end);
      CHECK_FALSE(token.term.empty());
    }
    analyzer().analyze_query(text);
  }
  for (const Token& token : analyzer().analyze(std::string(100000, 'x') + std::string(100000, '7') + std::string(1000, '_'))) CHECK(token.term.size() <= 128);
}

TEST_CASE("the same text has the same terms in every thread") {
  const std::string text = "Running GitHub备份脚本 naïve ภาษาไทย v7.1.0";
  const std::string expected = terms(text);
  std::vector<std::string> results(4);
  std::vector<std::thread> threads;
  for (std::string& result : results) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) result = terms(text);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& result : results) CHECK(result == expected);
}

TEST_CASE("the identity names the rules and the libraries behind them") {
  const std::string& identity = analyzer().identity();
  CHECK(identity.starts_with("grounds/1 icu/"));
  CHECK(identity.find(" snowball/") != std::string::npos);
  CHECK(Analyzer::create().value()->identity() == identity);
}
