// The FAISS side of the codes: equal to the exact scan, and true to FAISS's interface.
#include "index/vector/code_index.h"

#include <doctest/doctest.h>
#include <faiss/impl/DistanceComputer.h>
#include <faiss/impl/FaissException.h>
#include <faiss/impl/IDSelector.h>

#include <limits>
#include <memory>
#include <random>

#include "index/vector/scan.h"
#include "memory_segment.h"

using namespace grounds;

namespace {

std::vector<float> as_floats(std::span<const std::int8_t> codes) {
  return {codes.begin(), codes.end()};
}

struct Fixture {
  std::shared_ptr<test::MemorySegment> segment;
  CodeIndex index;

  Fixture(std::uint64_t seed, std::uint32_t rows, std::uint32_t dimension)
      : segment(test::embedding_like_segment(seed, rows, dimension)),
        index(*segment->codes(), dimension, segment) {}
};

// faiss::Index::search and vector_search over the same eligible rows give the same list.
void check_search(const Fixture& fixture, faiss::IDSelector* selector, std::mt19937_64& random) {
  constexpr faiss::Index::idx_t kQueries = 3, kResults = 40;
  const auto dimension = static_cast<std::size_t>(fixture.index.d);
  const std::uint32_t rows = fixture.segment->size();
  Bitset eligible(rows);
  for (std::uint32_t i = 0; i < rows; ++i) {
    if (selector == nullptr || selector->is_member(i)) eligible.set(i);
  }
  std::vector<std::int8_t> queries = test::random_codes(random, dimension * kQueries);
  std::vector<float> distances(kQueries * kResults);
  std::vector<faiss::Index::idx_t> labels(kQueries * kResults);
  faiss::SearchParameters parameters;
  parameters.sel = selector;
  fixture.index.search(kQueries, as_floats(queries).data(), kResults, distances.data(),
                       labels.data(), &parameters);
  const std::vector<SegmentView> views{test::view_of(fixture.segment, eligible)};
  for (std::size_t q = 0; q < kQueries; ++q) {
    const auto query = std::span(queries).subspan(q * dimension, dimension);
    const auto expected = vector_search(views, query, kResults);
    REQUIRE(expected);
    for (std::size_t i = 0; i < kResults; ++i) {
      const std::size_t at = q * kResults + i;
      if (i < expected->hits.size()) {
        REQUIRE(labels[at] == expected->hits[i].ordinal);
        REQUIRE(distances[at] == static_cast<float>(expected->hits[i].score));
      } else {
        REQUIRE(labels[at] == -1);
        REQUIRE(distances[at] == std::numeric_limits<float>::lowest());
      }
    }
  }
}

}  // namespace

TEST_CASE("A FAISS search over mapped codes equals the exact scan, for every kind of selector") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const Fixture fixture(seed, 1000, 100);
  check_search(fixture, nullptr, random);
  faiss::IDSelectorRange range(100, 900);
  check_search(fixture, &range, random);
  faiss::IDSelectorRange few(10, 17);
  check_search(fixture, &few, random);
  faiss::IDSelectorNot rest(&range);
  check_search(fixture, &rest, random);
  std::vector<std::uint8_t> bytes(125);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  faiss::IDSelectorBitmap bitmap(bytes.size(), bytes.data());
  check_search(fixture, &bitmap, random);
  const faiss::Index::idx_t chosen[] = {3, 999, 500};
  faiss::IDSelectorBatch batch(3, chosen);
  check_search(fixture, &batch, random);
}

TEST_CASE("A row is reconstructed as its codes") {
  const Fixture fixture(5, 20, 33);
  std::vector<float> row(33), rows(33 * 4);
  fixture.index.reconstruct(7, row.data());
  CHECK(row == as_floats(fixture.segment->row(7)));
  fixture.index.reconstruct_n(6, 4, rows.data());
  CHECK(std::equal(row.begin(), row.end(), rows.begin() + 33));
  CHECK_THROWS_AS(fixture.index.reconstruct(20, row.data()), faiss::FaissException);
}

TEST_CASE("A distance computer gives the exact dot products of codes") {
  std::mt19937_64 random(9);
  const Fixture fixture(9, 50, 384);
  const std::unique_ptr<faiss::DistanceComputer> distance(fixture.index.get_distance_computer());
  const auto query = test::random_codes(random, 384);
  const auto floats = as_floats(query);
  distance->set_query(floats.data());
  for (std::uint32_t i = 0; i < 50; ++i) {
    CHECK((*distance)(i) == static_cast<float>(dot(query, fixture.segment->row(i))));
    CHECK(distance->symmetric_dis(i, 49 - i) ==
          static_cast<float>(dot(fixture.segment->row(i), fixture.segment->row(49 - i))));
  }
}

TEST_CASE("A CodeIndex refuses what it cannot do exactly") {
  Fixture fixture(1, 10, 4);
  float distance = 0;
  faiss::Index::idx_t label = 0;
  const auto search = [&](std::vector<float> query) {
    fixture.index.search(1, query.data(), 1, &distance, &label);
  };
  CHECK_NOTHROW(search({-128, 127, 0, 1}));
  CHECK_THROWS_AS(search({0.5F, 0, 0, 0}), faiss::FaissException);
  CHECK_THROWS_AS(search({128, 0, 0, 0}), faiss::FaissException);
  CHECK_THROWS_AS(search({std::numeric_limits<float>::quiet_NaN(), 0, 0, 0}),
                  faiss::FaissException);
  const std::vector<float> row(4);
  CHECK_THROWS_AS(fixture.index.add(1, row.data()), faiss::FaissException);
  CHECK_THROWS_AS(fixture.index.reset(), faiss::FaissException);
  CHECK(fixture.index.ntotal == 10);
}
