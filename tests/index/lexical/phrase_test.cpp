#include <doctest/doctest.h>

#include "index/lexical/phrase_filter.h"
#include "tests/index/lexical/oracle.h"

using namespace grounds;
using namespace grounds::testing;

TEST_CASE("a phrase keeps exactly the chunks whose body holds it") {
  TemporaryFolder folder;
  FileSystem files;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<OracleChunk> chunks;
    for (NewChunk& chunk : random_chunks(random, {600, 8, 30, 0, false})) chunks.push_back({std::move(chunk), true, random() % 3 != 0});
    const auto views = split(files, folder, numbered('s', seed), chunks, 2, random);
    for (int q = 0; q < 10; ++q) {
      INFO("seed " << seed << ", query " << q);
      LexicalQuery query{{"w0", "w3"}, {}};
      for (std::size_t p = 1 + random() % 2; p > 0; --p) {
        LexicalPhrase phrase;
        for (std::uint32_t i = 0, n = 1 + static_cast<std::uint32_t>(random() % 3); i < n; ++i) {
          phrase.push_back({numbered('w', random() % 5), i + static_cast<std::uint32_t>(random() % 2)});
          if (random() % 3 == 0) phrase.push_back({numbered('v', random() % 5), phrase.back().position});
        }
        query.phrases.push_back(phrase);
      }
      const auto statistics = oracle_statistics(chunks, query.terms);
      CHECK(plain(lexical_search(views, query, statistics, {}, 1000).value()) == oracle_search(chunks, query, statistics, {}, 1000));
    }
  }
}

TEST_CASE("a phrase with a term that does not occur holds nowhere") {
  TemporaryFolder folder;
  FileSystem files;
  std::mt19937_64 random(9);
  std::vector<OracleChunk> chunks;
  for (NewChunk& chunk : random_chunks(random, {50, 3, 30, 0, false})) chunks.push_back({std::move(chunk), true, true});
  const auto views = split(files, folder, "s", chunks, 1, random);
  Bitset all(views[0].segment->size(), true);
  REQUIRE(keep_phrase(*views[0].segment, {{"w0", 0}, {"missing", 1}}, all));
  CHECK(all.count() == 0);
}
