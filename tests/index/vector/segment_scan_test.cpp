// Scans over segment files as they lie on disk: the same before and after a merge.
#include <doctest/doctest.h>

#include <random>

#include "index/vector/scan.h"
#include "memory_segment.h"
#include "tests/index/random_chunks.h"

using namespace grounds;

TEST_CASE("A scan over segment files is the same before a merge, after it, and in memory") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const testing::TemporaryFolder folder;
  const FileSystem file_system;
  constexpr std::uint32_t kDimension = 70;
  const SegmentHeader header{"space", kDimension, "analyzer"};
  std::vector<SegmentView> views;
  std::vector<MergeInput> inputs;
  std::vector<test::Row> rows;
  for (const std::uint32_t count : {1U, 300U, 64U, 129U}) {
    std::vector<NewChunk> chunks(count);
    for (NewChunk& chunk : chunks) {
      chunk.id = test::random_id(random);
      chunk.codes = test::random_codes(random, kDimension, 1);
    }
    const std::string path = folder.file("segment" + std::to_string(count));
    REQUIRE(write_segment(file_system, path, header, chunks));
    const auto segment = Segment::open(file_system, path);
    REQUIRE(segment);
    Bitset keep(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (random() % 4 == 0) continue;
      keep.set(i);
      const auto codes = (*segment)->codes_of(i);
      REQUIRE(codes);
      rows.push_back({(*(*segment)->ids())[i], {codes->begin(), codes->end()}});
    }
    views.push_back(test::view_of(*segment, keep));
    inputs.push_back({*segment, keep, Generation{1}});
  }
  const std::string merged_path = folder.file("merged");
  REQUIRE(merge_segments(file_system, merged_path, inputs));
  const auto merged = Segment::open(file_system, merged_path);
  REQUIRE(merged);
  const std::vector<SegmentView> after{{*merged, nullptr, nullptr}};
  const std::vector<SegmentView> memory{
      {std::make_shared<test::MemorySegment>(kDimension, rows), nullptr, nullptr}};
  const auto query = test::random_codes(random, kDimension, 1);
  const auto expected = vector_search(memory, query, 100);
  REQUIRE(expected);
  for (const auto& layout : {views, after}) {
    const auto result = vector_search(layout, query, 100, 2);
    REQUIRE(result);
    REQUIRE(result->hits.size() == expected->hits.size());
    for (std::size_t i = 0; i < result->hits.size(); ++i) {
      REQUIRE(result->hits[i].id == expected->hits[i].id);
      REQUIRE(result->hits[i].score == expected->hits[i].score);
    }
    CHECK(result->distribution.count == expected->distribution.count);
    CHECK(result->distribution.sum == expected->distribution.sum);
    CHECK((result->distribution.sum_of_squares == expected->distribution.sum_of_squares));
  }
}
