// The exact scan against a brute-force oracle that scores every chunk and sorts.
#include "index/vector/scan.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

#include "index/vector/kernel.h"
#include "memory_segment.h"

using namespace grounds;
using test::MemorySegment;
using test::Row;

namespace {

struct Expected {
  std::vector<std::pair<ChunkId, std::int64_t>> hits;
  ScoreDistribution distribution;
};

Expected brute_force(std::span<const Row> rows, const std::set<ChunkId>& eligible,
                     std::span<const std::int8_t> query, std::uint32_t k) {
  Expected expected;
  auto& [hits, all] = expected;
  for (const Row& row : rows) {
    if (!eligible.contains(row.id)) continue;
    std::int32_t score = 0;
    for (std::size_t i = 0; i < query.size(); ++i) score += query[i] * row.codes[i];
    hits.emplace_back(row.id, score);
    all.minimum = all.count == 0 ? score : std::min(all.minimum, score);
    all.maximum = all.count == 0 ? score : std::max(all.maximum, score);
    all.count += 1;
    all.sum += score;
    all.sum_of_squares += static_cast<std::uint64_t>(std::int64_t{score} * score);
  }
  std::sort(hits.begin(), hits.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (hits.size() > k) hits.resize(k);
  return expected;
}

// Deals the rows over `parts` segments at random.
std::vector<SegmentView> deal(std::span<const Row> rows, const std::set<ChunkId>& eligible,
                              std::uint32_t dimension, std::size_t parts, std::mt19937_64& random) {
  std::vector<std::vector<Row>> shares(parts);
  for (const Row& row : rows) shares[random() % parts].push_back(row);
  std::vector<SegmentView> views;
  for (auto& share : shares) {
    std::shuffle(share.begin(), share.end(), random);
    auto segment = std::make_shared<MemorySegment>(dimension, std::move(share));
    Bitset bits(segment->size());
    for (std::uint32_t i = 0; i < segment->size(); ++i) {
      if (eligible.contains((*segment->ids())[i])) bits.set(i);
    }
    views.push_back(test::view_of(segment, std::move(bits)));
  }
  return views;
}

void check_equal(const VectorResult& result, const Expected& expected,
                 std::span<const SegmentView> views) {
  REQUIRE(result.hits.size() == expected.hits.size());
  for (std::size_t i = 0; i < result.hits.size(); ++i) {
    const Hit& hit = result.hits[i];
    REQUIRE(hit.id == expected.hits[i].first);
    REQUIRE(hit.score == expected.hits[i].second);
    REQUIRE((*views[hit.segment].segment->ids())[hit.ordinal] == hit.id);
  }
  const auto& [count, sum, squares, minimum, maximum] = result.distribution;
  REQUIRE(count == expected.distribution.count);
  REQUIRE(sum == expected.distribution.sum);
  REQUIRE((squares == expected.distribution.sum_of_squares));
  REQUIRE(minimum == expected.distribution.minimum);
  REQUIRE(maximum == expected.distribution.maximum);
}

// A set of ids that leaves empty, full and mixed words: blocks of rows taken, skipped or thinned.
std::set<ChunkId> random_eligible(std::span<const Row> rows, std::mt19937_64& random) {
  std::vector<ChunkId> ids;
  for (const Row& row : rows) ids.push_back(row.id);
  std::sort(ids.begin(), ids.end());
  std::set<ChunkId> eligible;
  std::uint64_t percent = 100;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i % 200 == 0) {
      const std::uint64_t choices[] = {0, 1, 50, 99, 100, 100};
      percent = choices[random() % 6];
    }
    if (random() % 100 < percent) eligible.insert(ids[i]);
  }
  return eligible;
}

}  // namespace

TEST_CASE("A scan equals brute force for any segmentation, order, bitmap, k, kernel and threads") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const std::uint32_t dimensions[] = {1, 7, 48, 64, 100, 384};
  for (int round = 0; round < 60; ++round) {
    INFO("round " << round);
    const std::uint32_t dimension = dimensions[random() % 6];
    const int spread = random() % 2 == 0 ? 127 : 1;  // 1: nearly everything ties
    std::vector<Row> rows(random() % 3000);
    for (Row& row : rows) {
      row = {test::random_id(random), test::random_codes(random, dimension, spread)};
    }
    const std::set<ChunkId> eligible = random_eligible(rows, random);
    const auto query = test::random_codes(random, dimension, spread);
    const std::uint32_t choices[] = {0, 1, 10, 100, 100000};
    const std::uint32_t k = choices[random() % 5];
    const Expected expected = brute_force(rows, eligible, query, k);
    const auto kernels = available_kernels();
    for (const std::size_t parts : {1, 2, 9}) {
      const auto views = deal(rows, eligible, dimension, parts, random);
      for (const int threads : {1, 2, 5}) {
        const std::span<const std::int8_t> queries[] = {query};
        const Kernel& kernel = kernels[random() % kernels.size()];
        INFO("parts " << parts << ", threads " << threads << ", kernel " << kernel.name);
        const auto results = vector_search_batch(views, queries, k, threads, &kernel);
        REQUIRE(results);
        check_equal(results->front(), expected, views);
      }
    }
  }
}

TEST_CASE("A scan over several tasks a thread equals brute force") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  std::vector<Row> rows(70000);  // five tasks
  for (Row& row : rows) row = {test::random_id(random), test::random_codes(random, 8, 2)};
  const std::set<ChunkId> eligible = random_eligible(rows, random);
  const auto query = test::random_codes(random, 8, 2);
  const Expected expected = brute_force(rows, eligible, query, 500);
  const auto views = deal(rows, eligible, 8, 1, random);
  for (const int threads : {1, 2, 3, 64}) {
    INFO("threads " << threads);
    const auto result = vector_search(views, query, 500, threads);
    REQUIRE(result);
    check_equal(*result, expected, views);
  }
}

TEST_CASE("A batch of queries gives each query the result it has alone") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  std::vector<Row> rows(2500);
  for (Row& row : rows) row = {test::random_id(random), test::random_codes(random, 96, 3)};
  const std::set<ChunkId> eligible = random_eligible(rows, random);
  const auto views = deal(rows, eligible, 96, 3, random);
  for (const std::size_t batch : {1, 2, 3, 4, 5, 17}) {
    std::vector<std::vector<std::int8_t>> codes;
    for (std::size_t i = 0; i < batch; ++i) codes.push_back(test::random_codes(random, 96, 3));
    const std::vector<std::span<const std::int8_t>> queries(codes.begin(), codes.end());
    for (const int threads : {1, 2}) {
      const auto results = vector_search_batch(views, queries, 20, threads);
      REQUIRE(results);
      REQUIRE(results->size() == batch);
      for (std::size_t i = 0; i < batch; ++i) {
        check_equal((*results)[i], brute_force(rows, eligible, queries[i], 20), views);
      }
    }
  }
}

TEST_CASE("Equal vectors are ranked by chunk id, whichever segment holds them") {
  std::mt19937_64 random(7);
  const auto codes = test::random_codes(random, 384);
  std::vector<Row> rows(1000, Row{{}, codes});
  std::set<ChunkId> eligible;
  for (Row& row : rows) eligible.insert(row.id = test::random_id(random));
  for (const std::size_t parts : {1, 4}) {
    const auto views = deal(rows, eligible, 384, parts, random);
    const auto result = vector_search(views, codes, 300);
    REQUIRE(result);
    REQUIRE(result->hits.size() == 300);
    auto next = eligible.begin();
    for (const Hit& hit : result->hits) REQUIRE(hit.id == *next++);
  }
}

TEST_CASE("A chunk that is not eligible takes part in nothing, the distribution included") {
  auto segment = std::make_shared<MemorySegment>(
      2, std::vector<Row>{{ChunkId{{1}}, {100, 0}}, {ChunkId{{2}}, {1, 0}}, {ChunkId{{3}}, {2, 0}}});
  Bitset bits(3, true);
  bits.clear(0);
  const std::vector<SegmentView> views{test::view_of(segment, bits)};
  const std::vector<std::int8_t> query{1, 0};
  const auto result = vector_search(views, query, 10);
  REQUIRE(result);
  REQUIRE(result->hits.size() == 2);
  CHECK(result->hits[0].id == ChunkId{{3}});
  CHECK(result->distribution.count == 2);
  CHECK(result->distribution.maximum == 2);
  CHECK(result->distribution.minimum == 1);
}

TEST_CASE("A view without a bitset takes all chunks of its segment") {
  std::mt19937_64 random(3);
  std::vector<Row> rows(300);
  for (Row& row : rows) row = {test::random_id(random), test::random_codes(random, 64)};
  auto segment = std::make_shared<MemorySegment>(64, rows);
  const std::vector<SegmentView> unset{{segment, nullptr, nullptr}};
  std::set<ChunkId> all;
  for (const Row& row : rows) all.insert(row.id);
  const auto query = test::random_codes(random, 64);
  const auto result = vector_search(unset, query, 50);
  REQUIRE(result);
  check_equal(*result, brute_force(rows, all, query, 50), unset);
}

TEST_CASE("A search over nothing finds nothing") {
  const std::vector<std::int8_t> query{1};
  const auto none = vector_search({}, query, 10, 4);
  REQUIRE(none);
  CHECK(none->hits.empty());
  CHECK(none->distribution.count == 0);
  const std::vector<SegmentView> views{
      test::view_of(std::make_shared<MemorySegment>(384, std::vector<Row>{}), Bitset(0))};
  const auto empty = vector_search(views, query, 10, 4);
  REQUIRE(empty);
  CHECK(empty->hits.empty());
}

TEST_CASE("A search that cannot be right is refused with a reason") {
  auto segment = std::make_shared<MemorySegment>(
      2, std::vector<Row>{{ChunkId{{1}}, {1, 2}}, {ChunkId{{2}}, {3, 4}}});
  const std::vector<SegmentView> views{test::view_of(segment, Bitset(2, true))};
  const std::vector<std::int8_t> query{1, 2};
  CHECK(vector_search(views, query, 1, 0).error().code == ErrorCode::kUsage);
  CHECK(vector_search(views, {}, 1).error().code == ErrorCode::kUsage);
  const std::vector<std::int8_t> longer{1, 2, 3};
  CHECK(vector_search(views, longer, 1).error().code == ErrorCode::kUsage);
  const std::vector<SegmentView> misfit{test::view_of(segment, Bitset(3, true))};
  CHECK(vector_search(misfit, query, 1).error().code == ErrorCode::kInternal);
  const std::vector<SegmentView> missing(1);
  CHECK(vector_search(missing, query, 1).error().code == ErrorCode::kInternal);
}
