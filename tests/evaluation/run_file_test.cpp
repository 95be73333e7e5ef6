#include "evaluation/run_file.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "tests/evaluation/files.h"

namespace grounds {
namespace {

TEST_CASE("a run is written in the form of TREC, best first") {
  const Run run{{"q1", {{"low", 0.25f}, {"high", 0.5f}}}, {"q2", {}}, {"q3", {{"d", -1.5f}}}};
  CHECK(format_run(run, "tag").value() == "q1 Q0 high 1 0.5 tag\nq1 Q0 low 2 0.25 tag\nq3 Q0 d 1 -1.5 tag\n");
}

TEST_CASE("scores survive the file bit by bit") {
  const unsigned seed = 11;
  CAPTURE(seed);
  std::mt19937 random(seed);
  Run run;
  for (int i = 0; i < 2000; ++i) {
    float score = std::ldexp(static_cast<float>(random()), -static_cast<int>(random() % 60));
    run["q" + std::to_string(i % 7)].push_back({"d" + std::to_string(i), random() % 2 ? score : -score});
  }
  run["next"] = {{"a", 1.0f}, {"b", std::nextafter(1.0f, 0.0f)}, {"c", std::numeric_limits<float>::denorm_min()}};
  test::Files files;
  Findings findings;
  Run read = read_run(files.system(), files.write("run.txt", format_run(run, "t").value()), findings).value();
  REQUIRE(read.size() == run.size());
  for (auto& [query, ranking] : run) {
    sort_as_trec_eval(ranking);
    REQUIRE(read[query].size() == ranking.size());
    for (std::size_t i = 0; i < ranking.size(); ++i) {
      CHECK(read[query][i].id == ranking[i].id);
      CHECK(read[query][i].score == ranking[i].score);
    }
  }
}

TEST_CASE("an id with white space is refused rather than written as two fields") {
  CHECK(format_run({{"q", {{"a b", 1}}}}, "t").error().code == ErrorCode::kBadInput);
  CHECK(format_run({{"q 1", {{"a", 1}}}}, "t").error().code == ErrorCode::kBadInput);
}

TEST_CASE("what is no run is refused with its line") {
  for (std::string_view bad : {"q Q0 d 1 0.5\n", "q Q0 d 1 half t\n", "q Q0 d 1 nan t\n", "q Q0 d 1 inf t\n",
                               "q Q0 d 1 0.5 t extra\n", "q Q0 d 1 2 t\nq Q0 d 2 1 t\n"}) {
    CAPTURE(bad);
    test::Files files;
    Findings findings;
    auto run = read_run(files.system(), files.write("run.txt", bad), findings);
    REQUIRE_FALSE(run.has_value());
    CHECK(run.error().code == ErrorCode::kBadInput);
    CHECK(run.error().message.starts_with("run.txt, line "));
  }
}

}  // namespace
}  // namespace grounds
