#include "index/lexical/lexical_search.h"

#include <doctest/doctest.h>

#include "tests/index/lexical/oracle.h"

using namespace grounds;
using namespace grounds::testing;

namespace doctest {
template <>
struct StringMaker<std::vector<OracleHit>> {
  static String convert(const std::vector<OracleHit>& hits) {
    std::string text;
    for (const OracleHit& hit : hits) text += hit.id.hex().substr(0, 6) + "=" + std::to_string(hit.score) + " ";
    return text.c_str();
  }
};
}  // namespace doctest

namespace {

enum class Marks { kAllLive, kFewDead, kMixed };

std::vector<OracleChunk> random_collection(std::mt19937_64& random, const ChunkShape& shape, Marks marks) {
  std::vector<OracleChunk> chunks;
  for (NewChunk& chunk : random_chunks(random, shape)) {
    OracleChunk one{std::move(chunk), true, true};
    // Some words very often, so that bounds are rounded.
    for (std::size_t n = random() % 12 == 0 ? random() % 300 : 0; n > 0; --n) one.chunk.terms[random() % kFieldCount].push_back({"w1", 100, 0, 0});
    // Equal texts make ties.
    if (!chunks.empty() && random() % 4 == 0) one.chunk.terms = chunks[random() % chunks.size()].chunk.terms;
    if (marks == Marks::kFewDead) one.live = random() % 50 != 0;
    if (marks == Marks::kMixed) one.live = random() % 3 != 0;
    one.eligible = one.live && (marks == Marks::kAllLive || random() % 4 != 0);
    chunks.push_back(std::move(one));
  }
  return chunks;
}

LexicalQuery random_query(std::mt19937_64& random, std::uint32_t vocabulary) {
  LexicalQuery query;
  for (std::size_t i = 1 + random() % 8; i > 0; --i) {
    const double u = std::uniform_real_distribution<double>(0, 1)(random);
    query.terms.push_back(numbered(random() % 8 == 0 ? 'v' : 'w', static_cast<std::uint64_t>(u * u * (vocabulary + 2))));
  }
  if (random() % 4 == 0) query.terms.push_back(query.terms.front());
  return query;
}

LexicalSettings random_settings(std::mt19937_64& random) {
  LexicalSettings settings;
  if (random() % 3 == 0) return settings;
  settings.k1 = static_cast<double>(random() % 30) / 10;
  settings.b = static_cast<double>(random() % 11) / 10;
  for (std::uint32_t& weight : settings.weights) weight = static_cast<std::uint32_t>(random() % 4 == 0 ? random() % 256 : random() % 3);
  return settings;
}

std::uint32_t random_k(std::mt19937_64& random) { return std::array<std::uint32_t, 5>{1, 3, 10, 50, 100000}[random() % 5]; }

}  // namespace

TEST_CASE("search finds what scoring every chunk finds: the same ids, scores and order, in any segments") {
  TemporaryFolder folder;
  FileSystem files;
  const ChunkShape shapes[] = {{300, 20, 25, 0, false}, {1200, 200, 40, 0, false}, {6000, 8, 6, 0, false}, {2500, 3000, 12, 0, false}};
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    std::mt19937_64 random(seed);
    const ChunkShape& shape = shapes[seed % 4];
    const auto chunks = random_collection(random, shape, static_cast<Marks>(seed % 3));
    const std::string name = std::to_string(seed);
    const auto one = split(files, folder, name + "a", chunks, 1, random);
    const auto some = split(files, folder, name + "b", chunks, 2 + random() % 3, random);
    const auto many = split(files, folder, name + "c", chunks, 12, random);
    for (int q = 0; q < 12; ++q) {
      const LexicalQuery query = random_query(random, shape.vocabulary);
      const LexicalSettings settings = random_settings(random);
      const LexicalStatistics statistics = oracle_statistics(chunks, query.terms);
      const std::uint32_t k = random_k(random);
      const auto expected = oracle_search(chunks, query, statistics, settings, k);
      INFO("seed " << seed << ", query " << q << ", k " << k);
      for (const auto& views : {one, some, many}) {
        REQUIRE(lexical_statistics(views, query.terms).value() == statistics);
        const auto hits = lexical_search(views, query, statistics, settings, k).value();
        REQUIRE(plain(hits) == expected);
        const auto scores = lexical_scores(views, query, statistics, settings, hits).value();
        for (std::size_t i = 0; i < hits.size(); ++i) CHECK(scores[i] == hits[i].score);
      }
    }
  }
}

TEST_CASE("a merge changes no result") {
  TemporaryFolder folder;
  FileSystem files;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    std::mt19937_64 random(seed);
    const auto chunks = random_collection(random, {1500, 60, 25, 0, false}, Marks::kMixed);
    const std::string name = std::to_string(seed);
    const auto before = split(files, folder, name, chunks, 5, random);
    std::vector<MergeInput> inputs;
    for (const SegmentView& view : before) {
      inputs.push_back({view.segment, view.live ? *view.live : Bitset(view.segment->size(), true), 1});
    }
    REQUIRE(merge_segments(files, folder.file(name), inputs));
    const auto merged = Segment::open(files, folder.file(name)).value();
    auto eligible = std::make_shared<Bitset>(merged->size());
    const auto ids = merged->ids().value();
    for (const OracleChunk& one : chunks) {
      if (one.eligible) eligible->set(static_cast<std::uint32_t>(std::lower_bound(ids.begin(), ids.end(), one.chunk.id) - ids.begin()));
    }
    const std::vector<SegmentView> after{{merged, nullptr, eligible}};
    for (int q = 0; q < 10; ++q) {
      INFO("seed " << seed << ", query " << q);
      const LexicalQuery query = random_query(random, 60);
      const LexicalStatistics statistics = lexical_statistics(before, query.terms).value();
      CHECK(lexical_statistics(after, query.terms).value() == statistics);
      const std::uint32_t k = random_k(random);
      CHECK(plain(lexical_search(after, query, statistics, {}, k).value()) == plain(lexical_search(before, query, statistics, {}, k).value()));
    }
  }
}

TEST_CASE("equal texts rank by chunk id, and the k-th place is cut there") {
  TemporaryFolder folder;
  FileSystem files;
  std::mt19937_64 random(3);
  std::vector<OracleChunk> chunks;
  for (NewChunk& chunk : random_chunks(random, {9000, 5, 5, 0, false})) {
    chunk.terms = {};
    chunk.terms[2] = {{"same", 0, 0, 0}, {"text", 1, 0, 0}};
    chunks.push_back({std::move(chunk), true, true});
  }
  const LexicalQuery query{{"same", "text"}, {}};
  const auto statistics = oracle_statistics(chunks, query.terms);
  for (std::size_t count : {1u, 3u}) {
    const auto views = split(files, folder, std::to_string(count), chunks, count, random);
    CHECK(plain(lexical_search(views, query, statistics, {}, 20).value()) == oracle_search(chunks, query, statistics, {}, 20));
  }
}

TEST_CASE("a term that every chunk has still makes a hit") {
  TemporaryFolder folder;
  FileSystem files;
  std::mt19937_64 random(4);
  std::vector<OracleChunk> chunks;
  for (NewChunk& chunk : random_chunks(random, {50, 5, 5, 0, false})) {
    chunk.terms[2].push_back({"everywhere", 100, 0, 0});
    chunks.push_back({std::move(chunk), true, true});
  }
  const auto views = split(files, folder, "s", chunks, 2, random);
  const LexicalQuery query{{"everywhere"}, {}};
  auto statistics = oracle_statistics(chunks, query.terms);
  statistics.chunks = statistics.document_frequency["everywhere"] = 100'000'000;  // as in a huge collection
  const auto hits = lexical_search(views, query, statistics, {}, 100).value();
  CHECK(hits.size() == 50);
  CHECK(hits.front().score == 1);
}

TEST_CASE("nothing asked or nothing there gives nothing, wrong settings an error") {
  TemporaryFolder folder;
  FileSystem files;
  std::mt19937_64 random(5);
  std::vector<OracleChunk> chunks;
  for (NewChunk& chunk : random_chunks(random, {20, 5, 5, 0, false})) chunks.push_back({std::move(chunk), true, true});
  const auto views = split(files, folder, "s", chunks, 2, random);
  const LexicalQuery query{{"w0"}, {}};
  const auto statistics = oracle_statistics(chunks, query.terms);
  CHECK(lexical_search(views, {}, statistics, {}, 10).value().empty());
  CHECK(lexical_search(views, query, statistics, {}, 0).value().empty());
  CHECK(lexical_search({}, query, statistics, {}, 10).value().empty());
  CHECK(lexical_search(views, {{"unknown to statistics"}, {}}, statistics, {}, 10).error().code == ErrorCode::kInternal);
  for (const LexicalSettings& settings : {LexicalSettings{-1, 0.4, {1, 1, 1, 1}}, LexicalSettings{0.9, 1.1, {1, 1, 1, 1}}, LexicalSettings{0.9, 0.4, {1, 256, 1, 1}},
                                          LexicalSettings{0.0 / 0.0, 0.4, {1, 1, 1, 1}}}) {
    CHECK(lexical_search(views, query, statistics, settings, 10).error().code == ErrorCode::kUsage);
  }
}
