#include <doctest/doctest.h>

#include "tests/index/random_chunks.h"
#include "index/segment/segment.h"

using namespace grounds;
using namespace grounds::testing;

namespace {

const SegmentHeader kHeader{"model", 8, "analyzer/1"};

std::shared_ptr<const Segment> write(const FileSystem& files, const std::string& path, const std::vector<NewChunk>& chunks) {
  REQUIRE(write_segment(files, path, kHeader, chunks));
  return Segment::open(files, path).value();
}

}  // namespace

TEST_CASE("merging gives the very file that writing the kept chunks at once gives") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    INFO("seed " << seed);
    TemporaryFolder folder;
    FileSystem files;
    std::mt19937_64 random(seed);
    std::vector<MergeInput> inputs;
    std::vector<NewChunk> kept;
    const std::size_t count = 1 + random() % 5;
    for (std::size_t s = 0; s < count; ++s) {
      const bool fresh = random() % 2 == 0;
      auto chunks = random_chunks(random, {static_cast<std::uint32_t>(random() % 400), 30, 30, 8, !fresh});
      sort_chunks(chunks);
      MergeInput input{write(files, folder.file(std::to_string(s)), chunks), Bitset(static_cast<std::uint32_t>(chunks.size())), {}};
      if (fresh) input.created = 10 + s;
      for (std::uint32_t i = 0; i < chunks.size(); ++i) {
        if (random() % 3 == 0) continue;
        input.keep.set(i);
        kept.push_back(chunks[i]);
        if (fresh) kept.back().created = input.created;
      }
      inputs.push_back(std::move(input));
    }
    const auto merged = merge_segments(files, folder.file("merged"), inputs);
    REQUIRE(merged);
    const auto direct = write_segment(files, folder.file("direct"), kHeader, kept);
    CHECK(merged->chunks == kept.size());
    CHECK(merged->sha256 == direct->sha256);
    CHECK(Segment::open(files, folder.file("merged")).value()->verify());
  }
}

TEST_CASE("a merge needs to know when every chunk was created, one space and each chunk once") {
  TemporaryFolder folder;
  FileSystem files;
  std::mt19937_64 random(3);
  const auto chunks = random_chunks(random, {10, 5, 5, 8, false});
  const auto fresh = write(files, folder.file("a"), chunks);
  const auto other = write(files, folder.file("b"), chunks);
  const auto refused = [&](std::vector<MergeInput> inputs) {
    const auto merged = merge_segments(files, folder.file("m"), inputs);
    return !merged && merged.error().code == ErrorCode::kBadInput;
  };
  CHECK(refused({{fresh, Bitset(10, true), {}}}));
  CHECK(refused({{fresh, Bitset(9, true), 1}}));
  CHECK(refused({{fresh, Bitset(10, true), 1}, {other, Bitset(10, true), 1}}));
  CHECK_FALSE(refused({{fresh, Bitset(10, true), 1}, {other, Bitset(10, true), 2}}));
  REQUIRE(write_segment(files, folder.file("c"), {"another model", 8, "analyzer/1"}, random_chunks(random, {3, 5, 5, 8, false})));
  const auto foreign = Segment::open(files, folder.file("c")).value();
  CHECK(refused({{fresh, Bitset(10, true), 1}, {foreign, Bitset(3, true), 1}}));
}
