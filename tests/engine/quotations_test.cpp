#include "engine/quotations.h"

#include <doctest/doctest.h>

#include <random>

namespace grounds {
namespace {

const std::string kContract =
    "Frau Mustermann erhält ab dem 1. März ein Gehalt von 4.711 Euro im Monat, zahlbar zum Letzten.\n\n"
    "合同编号ZX-2041：乙方张伟的月薪为人民币三万二千元整，自二〇二六年起执行。";

TEST_CASE("a text that holds a passage of another quotes it, whatever stands around it") {
  const Quotations quotations({kContract});
  CHECK(quotations.quoted_in("He said: 'ab dem 1. März ein Gehalt von 4.711 Euro im Monat', and left."));
  CHECK(quotations.quoted_in("乙方张伟的月薪为人民币三万二千元整"));
}

TEST_CASE("neither case, width, line breaks nor punctuation hide a quotation") {
  const Quotations quotations({kContract});
  CHECK(quotations.quoted_in("AB DEM 1.\nMÄRZ EIN \"GEHALT\" VON ４７１１ EURO, IM MONAT"));
  CHECK(quotations.quoted_in("乙方 张伟 的 月薪，为：人民币三万\n二千元整"));
}

TEST_CASE("a few common words are no quotation") {
  const Quotations quotations({kContract});
  CHECK_FALSE(quotations.quoted_in("What is the salary of Frau Mustermann?"));
  CHECK_FALSE(quotations.quoted_in("合同编号是什么？"));
  CHECK_FALSE(quotations.quoted_in(""));
}

TEST_CASE("a short text is quoted by all of it, and a very short one by nothing") {
  CHECK(Quotations({"PIN 4711 0815 42"}).quoted_in("the pin: 4711-0815-42!"));
  CHECK_FALSE(Quotations({"PIN 4711 0815 42"}).quoted_in("the pin: 4711-0815"));
  CHECK_FALSE(Quotations({"yes"}).quoted_in("yes, it is so"));
  CHECK_FALSE(Quotations({}).quoted_in("anything at all that is long enough to be a quotation"));
}

TEST_CASE("every run of the length of a quotation is found, wherever it begins") {
  std::mt19937 random(20261124);
  std::string text;
  for (int i = 0; i < 500; ++i) text += static_cast<char>('a' + random() % 26);
  const Quotations quotations({text});
  for (std::size_t at = 0; at + Quotations::kQuotedBytes <= text.size(); ++at) {
    CAPTURE(at);
    CHECK(quotations.quoted_in("?" + text.substr(at, Quotations::kQuotedBytes) + "?"));
    CHECK_FALSE(quotations.quoted_in("0" + text.substr(at, Quotations::kQuotedBytes - 1) + "0"));
  }
}

TEST_CASE("a text that repeats itself without end is looked through in no time") {
  const Quotations quotations({std::string(200'000, 'x')});
  CHECK(quotations.quoted_in(std::string(40, 'x')));
  CHECK_FALSE(quotations.quoted_in(std::string(100'000, 'y')));
}

}  // namespace
}  // namespace grounds
