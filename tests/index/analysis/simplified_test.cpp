#include "index/analysis/simplified.h"

#include <doctest/doctest.h>
#include <unicode/translit.h>

#include "base/utf8.h"

TEST_CASE("every CJK letter is folded as ICU's transliterator folds it by itself") {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<icu::Transliterator> icu(icu::Transliterator::createInstance("Traditional-Simplified", UTRANS_FORWARD, error));
  REQUIRE(U_SUCCESS(error));
  const grounds::SimplifiedTable table;
  icu::UnicodeString all, folded;
  for (char32_t letter = 0x2E80; letter < 0x32400; ++letter) {
    if (!grounds::is_cjk_letter(letter)) continue;
    // A space keeps the rules for several letters from applying.
    all.append(static_cast<UChar32>(letter)).append(u' ');
    folded.append(static_cast<UChar32>(table.fold(letter))).append(u' ');
  }
  icu->transliterate(all);
  CHECK(all == folded);
}

TEST_CASE("letters that are not Han stay as they are") {
  const grounds::SimplifiedTable table;
  for (char32_t letter : {U'a', U'é', U'の', U'한', char32_t{0x20000}, char32_t{0x10FFFF}}) CHECK(table.fold(letter) == letter);
  CHECK(table.fold(U'萬') == U'万');
  CHECK(table.fold(U'万') == U'万');
}
