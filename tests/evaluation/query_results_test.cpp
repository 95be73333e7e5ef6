#include "evaluation/query_results.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "tests/evaluation/files.h"

namespace grounds {
namespace {

TEST_CASE("results by query are a table with a header") {
  CHECK(format_query_results(std::vector<QueryResult>{{"q 1", {0.5, 1, 0, 0.25}}}) ==
        "query_id\tndcg@10\trecall@100\tmrr@10\tmap\nq 1\t0.5\t1\t0\t0.25\n");
}

TEST_CASE("results survive the file bit by bit and come sorted") {
  const unsigned seed = 5;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> share(0, 1);
  std::vector<QueryResult> results;
  for (int i = 0; i < 500; ++i)
    results.push_back({std::to_string(1000 + i), {share(random), 1.0 / 3, share(random) * 1e-12, 0}});
  std::vector<QueryResult> shuffled = results;
  std::ranges::shuffle(shuffled, random);
  test::Files files;
  CHECK(read_query_results(files.system(), files.write("r.tsv", format_query_results(shuffled))).value() == results);
}

TEST_CASE("a file that is not such a table is refused") {
  const std::string header = "query_id\tndcg@10\trecall@100\tmrr@10\tmap\n";
  for (const std::string& bad : {std::string(), std::string("q\t1\t1\t1\t1\n"), header, header + "q\t1\t1\t1\n",
                                 header + "q\t1\t1\t1\t1\t1\n", header + "q\t1\t1\t1\t1.5\n", header + "q\t1\t1\t1\tnan\n",
                                 header + "\t1\t1\t1\t1\n", header + "q\t1\t1\t1\t1\nq\t1\t1\t1\t1\n"}) {
    CAPTURE(bad);
    test::Files files;
    auto results = read_query_results(files.system(), files.write("r.tsv", bad));
    REQUIRE_FALSE(results.has_value());
    CHECK(results.error().code == ErrorCode::kBadInput);
  }
}

}  // namespace
}  // namespace grounds
