// The approximate mode's graph: equal bytes from equal input, a file that cannot mislead, and recall.
#include "index/vector/graph.h"

#include <doctest/doctest.h>

#include <cstring>
#include <random>
#include <thread>

#include "base/hash.h"
#include "index/vector/approximate.h"
#include "index/vector/scan.h"
#include "memory_segment.h"
#include "tests/base/temp_directory.h"

using namespace grounds;

namespace {

constexpr GraphSettings kSmall{8, 40};

std::shared_ptr<const Graph> must_build(std::shared_ptr<const Segment> segment,
                                        const GraphSettings& settings) {
  auto graph = Graph::build(std::move(segment), settings);
  REQUIRE(graph);
  return *graph;
}

std::vector<std::vector<std::int8_t>> queries_like(std::uint64_t seed, std::uint32_t dimension,
                                                   std::size_t count) {
  // The same projection as the segment's, points of its own.
  std::mt19937_64 random(seed);
  test::EmbeddingLike next(random, dimension);
  std::mt19937_64 others(seed + 1);
  std::vector<std::vector<std::int8_t>> queries;
  for (std::size_t i = 0; i < count; ++i) queries.push_back(next(others));
  return queries;
}

bool equal(std::span<const Hit> a, std::span<const Hit> b) {
  return std::ranges::equal(a, b, [](const Hit& x, const Hit& y) {
    return x.id == y.id && x.score == y.score && x.ordinal == y.ordinal;
  });
}

}  // namespace

TEST_CASE("Building a graph twice gives equal bytes, whatever order the chunks came in") {
  std::mt19937_64 random(11);
  test::EmbeddingLike next(random, 48);
  std::vector<test::Row> rows(1500);
  for (test::Row& row : rows) row = {test::random_id(random), next(random)};
  const auto first = must_build(std::make_shared<test::MemorySegment>(48, rows), kSmall);
  std::shuffle(rows.begin(), rows.end(), random);
  const auto second = must_build(std::make_shared<test::MemorySegment>(48, rows), kSmall);
  CHECK(first->hash() == second->hash());
  rows.front().codes = next(random);
  const auto other = must_build(std::make_shared<test::MemorySegment>(48, rows), kSmall);
  CHECK(other->hash() != first->hash());
}

TEST_CASE("A graph that is written and opened again is the same graph") {
  const test::TempDirectory folder(test::TempDirectory::Where::kMemory);
  const FileSystem file_system;
  const auto segment = test::embedding_like_segment(21, 800, 40);
  const auto built = must_build(segment, kSmall);
  const std::string path = folder / "graph";
  REQUIRE(built->write(file_system, path));
  const auto opened = Graph::open(file_system, path, segment);
  REQUIRE(opened);
  CHECK((*opened)->hash() == built->hash());
  CHECK(sha256_hex(*file_system.read(path)) == built->hash());
  CHECK((*opened)->settings().links == kSmall.links);
  CHECK((*opened)->settings().build_breadth == kSmall.build_breadth);
  for (const auto& query : queries_like(21, 40, 20)) {
    const auto a = built->search(query, 10, 50, nullptr);
    const auto b = (*opened)->search(query, 10, 50, nullptr);
    REQUIRE(a);
    REQUIRE(b);
    CHECK(equal(*a, *b));
  }
}

TEST_CASE("A graph file with any one byte changed, or cut at any length, is refused") {
  const test::TempDirectory folder(test::TempDirectory::Where::kMemory);
  const FileSystem file_system;
  const auto segment = test::embedding_like_segment(5, 24, 8);
  const std::string path = folder / "graph";
  REQUIRE(must_build(segment, {2, 10})->write(file_system, path));
  const auto content = file_system.read(path);
  REQUIRE(content);
  const std::string changed = folder / "changed";
  const auto refused = [&](const std::string& bytes) {
    auto file = file_system.open(changed, OpenMode::kTruncate);
    REQUIRE(file);
    REQUIRE(file->write(0, std::as_bytes(std::span(bytes))));
    const auto graph = Graph::open(file_system, changed, segment);
    return !graph && graph.error().code == ErrorCode::kDamaged;
  };
  for (std::size_t i = 0; i < content->size(); ++i) {
    INFO("byte " << i << " of " << content->size());
    std::string bytes = *content;
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
    REQUIRE(refused(bytes));
    REQUIRE(refused(content->substr(0, i)));
  }
}

TEST_CASE("A graph file with false content under a true checksum never leads a search astray") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const test::TempDirectory folder(test::TempDirectory::Where::kMemory);
  const FileSystem file_system;
  const auto segment = test::embedding_like_segment(6, 60, 8);
  const std::string path = folder / "graph";
  REQUIRE(must_build(segment, {3, 10})->write(file_system, path));
  const auto content = file_system.read(path);
  REQUIRE(content);
  const auto query = test::random_codes(random, 8);
  int opened = 0;
  for (int round = 0; round < 3000; ++round) {
    INFO("round " << round);
    std::string bytes = *content;
    for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      const char values[] = {'\0', '\1', '\x7f', '\xff', static_cast<char>(random())};
      bytes[random() % (bytes.size() - 8)] = values[random() % 5];
    }
    const std::uint64_t checksum = xxh3(std::as_bytes(std::span(bytes).first(bytes.size() - 8)));
    std::memcpy(bytes.data() + bytes.size() - 8, &checksum, 8);
    auto file = file_system.open(path, OpenMode::kTruncate);
    REQUIRE(file);
    REQUIRE(file->write(0, std::as_bytes(std::span(bytes))));
    const auto graph = Graph::open(file_system, path, segment);
    if (!graph) {
      REQUIRE(graph.error().code == ErrorCode::kDamaged);
      continue;
    }
    ++opened;
    const auto hits = (*graph)->search(query, 5, 20, nullptr);
    REQUIRE(hits);
    for (const Hit& hit : *hits) REQUIRE(hit.score == dot(query, segment->row(hit.ordinal)));
  }
  CHECK(opened > 0);  // else nothing was searched
}

TEST_CASE("A graph file whose link leads to a chunk that is not on that level is refused") {
  constexpr std::uint32_t kLinks = 3, kCount = 60;
  const auto segment = test::embedding_like_segment(6, kCount, 8);
  const test::TempDirectory folder(test::TempDirectory::Where::kMemory);
  const FileSystem file_system;
  const std::string path = folder / "graph";
  REQUIRE(must_build(segment, {kLinks, 10})->write(file_system, path));
  std::string bytes = *file_system.read(path);
  constexpr std::size_t kLevels = 48;
  std::size_t link = kLevels + kCount;  // of the first chunk that is on an upper level, its first there
  std::uint32_t upper = 0;
  while (bytes[kLevels + upper] == 1) {
    link += 2 * kLinks * sizeof(std::int32_t);
    ++upper;
  }
  link += 2 * kLinks * sizeof(std::int32_t);
  std::int32_t low = 0;
  while (bytes[kLevels + static_cast<std::size_t>(low)] != 1) ++low;
  std::memcpy(bytes.data() + link, &low, sizeof low);
  const std::uint64_t checksum = xxh3(std::as_bytes(std::span(bytes).first(bytes.size() - 8)));
  std::memcpy(bytes.data() + bytes.size() - 8, &checksum, 8);
  REQUIRE(file_system.write_durably(path, bytes));
  const auto graph = Graph::open(file_system, path, segment);
  REQUIRE(!graph);
  CHECK(graph.error().code == ErrorCode::kDamaged);
}

TEST_CASE("A graph is not opened over another segment") {
  const test::TempDirectory folder(test::TempDirectory::Where::kMemory);
  const FileSystem file_system;
  const std::string path = folder / "graph";
  REQUIRE(must_build(test::embedding_like_segment(1, 50, 8), kSmall)->write(file_system, path));
  const auto graph = Graph::open(file_system, path, test::embedding_like_segment(2, 50, 8));
  REQUIRE(!graph);
  CHECK(graph.error().code == ErrorCode::kDamaged);
  CHECK(Graph::open(file_system, folder / "none", test::embedding_like_segment(1, 50, 8))
            .error().code == ErrorCode::kNotFound);
}

TEST_CASE("Graphs of none, one and two chunks answer") {
  for (const std::uint32_t count : {0U, 1U, 2U}) {
    INFO("chunks " << count);
    const test::TempDirectory folder(test::TempDirectory::Where::kMemory);
    const FileSystem file_system;
    const auto segment = test::embedding_like_segment(3, count, 8);
    const std::string path = folder / "graph";
    REQUIRE(must_build(segment, kSmall)->write(file_system, path));
    const auto graph = Graph::open(file_system, path, segment);
    REQUIRE(graph);
    const auto hits = (*graph)->search(std::vector<std::int8_t>(8, 1), 10, 10, nullptr);
    REQUIRE(hits);
    CHECK(hits->size() == count);
  }
}

TEST_CASE("Bad settings, a stop and a query that does not fit are refused") {
  const auto segment = test::embedding_like_segment(4, 3000, 8);
  CHECK(Graph::build(segment, {1, 40}).error().code == ErrorCode::kUsage);
  CHECK(Graph::build(segment, {513, 40}).error().code == ErrorCode::kUsage);
  CHECK(Graph::build(segment, {8, 0}).error().code == ErrorCode::kUsage);
  CHECK(Graph::build(std::make_shared<test::MemorySegment>(0, std::vector<test::Row>{}), kSmall)
            .error().code == ErrorCode::kUsage);
  std::uint32_t last = 0;
  const auto stopped = Graph::build(segment, kSmall, [&](std::uint32_t done) {
    last = done;
    return done < 2000;
  });
  REQUIRE(!stopped);
  CHECK(stopped.error().code == ErrorCode::kUnavailable);
  CHECK(last == 2048);
  const auto graph = must_build(test::embedding_like_segment(4, 30, 8), kSmall);
  CHECK(graph->search(std::vector<std::int8_t>(7), 1, 1, nullptr).error().code ==
        ErrorCode::kUsage);
  const Bitset misfit(29, true);
  CHECK(graph->search(std::vector<std::int8_t>(8), 1, 1, &misfit).error().code ==
        ErrorCode::kUsage);
}

TEST_CASE("Approximate search finds 98 % of the ten best, with filters of any strictness") {
  constexpr std::uint32_t kCount = 6000, kDimension = 64;
  const auto segment = test::embedding_like_segment(31, kCount, kDimension);
  const std::vector<std::shared_ptr<const Graph>> graphs{must_build(segment, {16, 100})};
  const auto codes = queries_like(31, kDimension, 100);
  const std::vector<std::span<const std::int8_t>> queries(codes.begin(), codes.end());
  std::mt19937_64 random(31);
  ApproximateSettings settings;
  settings.always_exact = 0;
  for (const std::uint32_t percent : {100U, 60U, 30U, 16U, 5U, 1U}) {
    INFO("percent eligible " << percent);
    Bitset eligible(kCount);
    for (std::uint32_t i = 0; i < kCount; ++i) {
      if (random() % 100 < percent) eligible.set(i);
    }
    const std::vector<SegmentView> views{test::view_of(segment, eligible)};
    for (const auto& query : queries) {
      const auto hits = approximate_search(views, graphs, query, 10, settings);
      REQUIRE(hits);
      REQUIRE(hits->size() == 10);
      for (const Hit& hit : *hits) {
        REQUIRE(eligible.test(hit.ordinal));
        REQUIRE(hit.score == dot(query, segment->row(hit.ordinal)));
      }
    }
    const auto recall = measure_recall(views, graphs, queries, 10, settings);
    REQUIRE(recall);
    CHECK(recall->queries == 100);
    CHECK(recall->mean >= 0.98);
    if (percent < settings.exact_below_percent) CHECK(recall->worst == 1);
  }
}

TEST_CASE("A narrow walk widens as a filter gets stricter") {
  constexpr std::uint32_t kCount = 6000, kDimension = 64;
  const auto segment = test::embedding_like_segment(33, kCount, kDimension);
  const std::vector<std::shared_ptr<const Graph>> graphs{must_build(segment, {16, 100})};
  const auto codes = queries_like(33, kDimension, 100);
  const std::vector<std::span<const std::int8_t>> queries(codes.begin(), codes.end());
  Bitset eligible(kCount);
  for (std::uint32_t i = 0; i < kCount; i += 20) eligible.set(i);
  const std::vector<SegmentView> views{test::view_of(segment, eligible)};
  const auto recall = measure_recall(views, graphs, queries, 10, {30, 0, 0});
  REQUIRE(recall);
  CHECK(recall->mean >= 0.95);
}

TEST_CASE("Recall tells a graph that finds little from one that finds all") {
  const auto segment = test::embedding_like_segment(41, 2000, 64);
  const std::vector<SegmentView> views{test::view_of(segment, Bitset(2000, true))};
  const auto codes = queries_like(41, 64, 40);
  const std::vector<std::span<const std::int8_t>> queries(codes.begin(), codes.end());
  ApproximateSettings narrow{1, 0, 0};
  const auto poor = measure_recall(views, std::vector{must_build(segment, {2, 2})}, queries, 10, narrow);
  REQUIRE(poor);
  CHECK(poor->mean < 0.9);
  ApproximateSettings all{1000, 0, 0};
  const auto good = measure_recall(views, std::vector{must_build(segment, {16, 100})}, queries, 10, all);
  REQUIRE(good);
  CHECK(good->mean > 0.999);
}

TEST_CASE("Segments with and without a graph are searched as one") {
  const auto big = test::embedding_like_segment(51, 3000, 32);
  std::vector<test::Row> rows;
  std::mt19937_64 random(52);
  for (auto& codes : queries_like(51, 32, 200)) rows.push_back({test::random_id(random), codes});
  const auto small = std::make_shared<test::MemorySegment>(32, rows);
  const std::vector<SegmentView> views{test::view_of(small, Bitset(200, false)), {big, nullptr, nullptr},
                                       test::view_of(small, Bitset(200, true))};
  const std::vector<std::shared_ptr<const Graph>> graphs{nullptr, must_build(big, {16, 100}), nullptr};
  ApproximateSettings settings{3000, 0, 0};  // as wide as the segment: finds all
  for (const auto& query : queries_like(51, 32, 10)) {
    const auto hits = approximate_search(views, graphs, query, 25, settings);
    const auto exact = vector_search(views, query, 25);
    REQUIRE(hits);
    REQUIRE(exact);
    CHECK(equal(*hits, exact->hits));
    bool from_each[3] = {};
    for (std::size_t i = 0; i < hits->size(); ++i) {
      CHECK((*hits)[i].segment == exact->hits[i].segment);
      from_each[(*hits)[i].segment] = true;
    }
    CHECK(from_each[1]);
    CHECK(from_each[2]);
  }
  CHECK(approximate_search(views, {}, *big->codes_of(0), 1).error().code == ErrorCode::kInternal);
}

TEST_CASE("One graph answers several threads at once as it answers one") {
  const auto segment = test::embedding_like_segment(61, 2000, 32);
  const auto graph = must_build(segment, kSmall);
  const auto queries = queries_like(61, 32, 50);
  std::vector<std::vector<Hit>> expected;
  for (const auto& query : queries) expected.push_back(*graph->search(query, 10, 64, nullptr));
  std::vector<std::vector<Hit>> found[3];
  {
    std::vector<std::jthread> threads;
    for (auto& mine : found) {
      threads.emplace_back([&] {
        for (const auto& query : queries) mine.push_back(*graph->search(query, 10, 64, nullptr));
      });
    }
  }
  for (const auto& mine : found) {
    for (std::size_t i = 0; i < queries.size(); ++i) CHECK(equal(mine[i], expected[i]));
  }
}

TEST_CASE("Sampled queries are stored vectors, evenly spread, at most as many as there are") {
  const auto segment = test::embedding_like_segment(71, 10, 4);
  const auto samples = sample_codes(*segment, 5);
  REQUIRE(samples);
  REQUIRE(samples->size() == 5);
  for (std::uint32_t i = 0; i < 5; ++i) {
    CHECK(std::ranges::equal((*samples)[i], segment->row(i * 2)));
  }
  CHECK(sample_codes(*segment, 100)->size() == 10);
}
