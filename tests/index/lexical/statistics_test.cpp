#include <doctest/doctest.h>

#include "tests/index/lexical/oracle.h"

using namespace grounds;
using namespace grounds::testing;

TEST_CASE("statistics count the live chunks, however many of a segment are dead") {
  TemporaryFolder folder;
  FileSystem files;
  for (const std::uint32_t dead_in : {0u, 1u, 2u, 3u, 20u, 1000u}) {
    INFO("one dead in " << dead_in);
    std::mt19937_64 random(dead_in);
    std::vector<OracleChunk> chunks;
    for (NewChunk& chunk : random_chunks(random, {2000, 30, 20, 0, false})) {
      const bool live = dead_in == 0 || random() % dead_in != 0;
      chunks.push_back({std::move(chunk), live, live});
    }
    const std::vector<std::string> terms{"w0", "w1", "w5", "w20", "w29", "v0", "missing", "w0"};
    const auto expected = oracle_statistics(chunks, terms);
    const auto views = split(files, folder, numbered('s', dead_in), chunks, 3, random);
    CHECK(lexical_statistics(views, terms).value() == expected);
    CHECK(expected.document_frequency.at("missing") == 0);
  }
}
