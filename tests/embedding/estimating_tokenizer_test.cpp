#include "embedding/estimating_tokenizer.h"

#include <doctest/doctest.h>

using namespace grounds;

TEST_CASE("tokens are estimated from letters, and cover all that is no white space") {
  const auto tokenizer = make_estimating_tokenizer();
  const std::string text = " contracts, 合同 1.2m 😀\n";
  std::string covered;
  std::size_t last = 0;
  const auto tokens = tokenizer->tokenize(text);
  for (const TokenSpan& token : tokens) {
    if (token.begin >= last) covered += text.substr(token.begin, token.end - token.begin);
    last = token.end;
  }
  CHECK(covered == "contracts,合同1.2m😀");
  CHECK(tokens.size() == 3 + 1 + 2 + 3 + 4);
  CHECK(tokenizer->count(text) == tokens.size());
  CHECK(tokenizer->count("") == 0);
  CHECK(tokenizer->count(" \n\u3000") == 0);
  CHECK(tokenizer->with_special_tokens(tokens).size() == tokens.size() + 2);
}
