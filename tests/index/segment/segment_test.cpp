#include "index/segment/segment.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "tests/index/random_chunks.h"
#include "index/segment/postings.h"

using namespace grounds;
using namespace grounds::testing;

namespace {

const SegmentHeader kHeader{"model", 8, "analyzer/1"};

// What the chunks hold, by brute force: postings and body positions by term.
struct Expected {
  std::map<std::string, std::map<std::uint32_t, Posting>> postings;
  std::map<std::string, std::map<std::uint32_t, std::vector<std::uint32_t>>> positions;

  explicit Expected(const std::vector<NewChunk>& sorted) {
    for (std::uint32_t ordinal = 0; ordinal < sorted.size(); ++ordinal) {
      for (std::size_t f = 0; f < kFieldCount; ++f) {
        for (const Token& token : sorted[ordinal].terms[f]) {
          Posting& posting = postings[token.term].try_emplace(ordinal, Posting{ordinal, {}}).first->second;
          ++posting.frequency[f];
          if (f == 2) positions[token.term][ordinal].push_back(token.position);
        }
      }
    }
  }
};

std::vector<std::string> all_terms(const Segment& segment) {
  std::vector<std::string> terms;
  const auto cursor = segment.term_cursor();
  while (cursor->next().value()) terms.emplace_back(cursor->term());
  return terms;
}

void check_equal(const Segment& segment, std::vector<NewChunk> chunks) {
  sort_chunks(chunks);
  REQUIRE(segment.size() == chunks.size());
  const auto ids = segment.ids().value();
  const auto documents = segment.documents().value();
  const auto created = segment.created().value();
  const auto codes = segment.codes().value();
  const auto lengths = segment.lengths().value();
  CHECK(reinterpret_cast<std::uintptr_t>(codes.data()) % 64 == 0);
  std::array<std::uint64_t, kFieldCount> totals{};
  for (std::uint32_t i = 0; i < chunks.size(); ++i) {
    CHECK(ids[i] == chunks[i].id);
    CHECK(documents[i] == chunks[i].document);
    CHECK(created.empty() == !chunks[i].created.has_value());
    if (!created.empty()) CHECK(created[i] == *chunks[i].created);
    const std::size_t dimension = segment.header().dimension;
    const auto row = codes.subspan(i * dimension, dimension);
    CHECK(std::equal(row.begin(), row.end(), chunks[i].codes.begin(), chunks[i].codes.end()));
    CHECK(segment.codes_of(i).value().data() == row.data());
    for (std::size_t f = 0; f < kFieldCount; ++f) {
      std::set<std::uint32_t> positions;
      for (const Token& token : chunks[i].terms[f]) positions.insert(token.position);
      CHECK(lengths.at(i, f) == positions.size());
      totals[f] += positions.size();
    }
    const auto found = segment.find(chunks[i].id).value();
    CHECK(std::find(found.begin(), found.end(), i) != found.end());
  }
  CHECK(segment.total_lengths() == totals);

  const Expected expected(chunks);
  std::vector<std::string> terms;
  for (const auto& [term, by_ordinal] : expected.postings) {
    INFO("term " << term);
    terms.push_back(term);
    std::vector<Posting> postings;
    for (const auto& [ordinal, posting] : by_ordinal) postings.push_back(posting);
    CHECK(segment.postings(term).value() == postings);
    if (const auto at = expected.positions.find(term); at != expected.positions.end()) {
      for (const auto& [ordinal, positions] : at->second) CHECK(segment.body_positions(term, ordinal).value() == positions);
    }
  }
  CHECK(all_terms(segment) == terms);
  CHECK(segment.postings("no such term").value().empty());
  CHECK(segment.postings("").value().empty());
  for (std::uint32_t i = 0; i < std::min<std::size_t>(chunks.size(), 5); ++i) {
    std::set<std::string> of_chunk;
    for (const auto& tokens : chunks[i].terms) {
      for (const Token& token : tokens) of_chunk.insert(token.term);
    }
    CHECK(segment.terms_of(i).value() == std::vector<std::string>(of_chunk.begin(), of_chunk.end()));
  }
  CHECK(segment.verify());
}

}  // namespace

TEST_CASE("a segment gives back the chunks that were written") {
  TemporaryFolder folder;
  FileSystem files;
  for (const ChunkShape& shape : {ChunkShape{0, 5, 5, 8, false}, ChunkShape{1, 5, 5, 8, true}, ChunkShape{50, 400, 80, 8, false},
                                  ChunkShape{700, 20, 30, 8, true}, ChunkShape{1500, 3000, 10, 8, false}}) {
    INFO("chunks " << shape.count);
    std::mt19937_64 random(shape.count);
    const auto chunks = random_chunks(random, shape);
    const std::string path = folder.file("s" + std::to_string(shape.count));
    const auto summary = write_segment(files, path, kHeader, chunks);
    REQUIRE(summary);
    const auto segment = Segment::open(files, path);
    REQUIRE(segment);
    CHECK((*segment)->header() == kHeader);
    CHECK(summary->chunks == shape.count);
    CHECK(summary->bytes == files.status(path)->size);
    check_equal(**segment, chunks);
  }
}

TEST_CASE("frequencies and lengths far beyond the usual are kept exactly") {
  TemporaryFolder folder;
  FileSystem files;
  std::mt19937_64 random(7);
  auto chunks = random_chunks(random, {300, 10, 20, 8, false});
  for (std::uint32_t i = 0; i < 70000; ++i) chunks[17].terms[2].push_back({"often", i, 0, 0});
  for (auto& chunk : chunks) chunk.terms[2].push_back({"often", 3'000'000'000u, 0, 0});
  for (std::uint32_t i = 0; i < 500; ++i) chunks[3].terms[0].push_back({"often", i, 0, 0});
  REQUIRE(write_segment(files, folder.file("s"), kHeader, chunks));
  check_equal(**Segment::open(files, folder.file("s")), chunks);
}

TEST_CASE("every posting is bounded by an impact of its block and by one of its list") {
  TemporaryFolder folder;
  FileSystem files;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    std::mt19937_64 random(seed);
    auto chunks = random_chunks(random, {1000, 5, 30, 8, false});
    for (NewChunk& chunk : chunks) {
      for (auto& tokens : chunk.terms) {
        for (std::size_t n = random() % 6 == 0 ? random() % 200 : 0; n > 0; --n) tokens.push_back({"w0", 1000 + static_cast<std::uint32_t>(n), 0, 0});
      }
    }
    REQUIRE(write_segment(files, folder.file("s"), kHeader, chunks));
    const auto segment = Segment::open(files, folder.file("s")).value();
    const auto lengths = segment->lengths().value();
    std::size_t checked = 0;
    const auto cursor = segment->term_cursor();
    while (cursor->next().value()) {
      const TermPostings term = cursor->postings().value();
      if (term.entries.empty()) continue;
      const auto postings = segment->postings(cursor->term()).value();
      for (std::size_t i = 0; i < postings.size(); ++i) {
        const auto bounded_by = [&](const std::array<segment_format::Impact, 2>& impacts) {
          return std::any_of(impacts.begin(), impacts.end(), [&](const segment_format::Impact& impact) {
            for (std::size_t f = 0; f < kFieldCount; ++f) {
              if (segment_format::dequantize(impact.frequency[f]) < postings[i].frequency[f]) return false;
              if (segment_format::dequantize(impact.length[f]) > lengths.at(postings[i].ordinal, f)) return false;
            }
            return true;
          });
        };
        INFO("seed " << seed << ", term " << cursor->term() << ", posting " << i);
        REQUIRE(bounded_by(term.entries[i / segment_format::kPostingsPerBlock].impacts));
        REQUIRE(bounded_by(term.impacts));
        ++checked;
      }
    }
    CHECK(checked > 1000);
  }
}

TEST_CASE("the same chunks in another order give the same bytes") {
  TemporaryFolder folder;
  FileSystem files;
  std::mt19937_64 random(5);
  auto chunks = random_chunks(random, {200, 30, 30, 8, false});
  const auto first = write_segment(files, folder.file("a"), kHeader, chunks);
  std::shuffle(chunks.begin(), chunks.end(), random);
  const auto second = write_segment(files, folder.file("b"), kHeader, chunks);
  CHECK(first->sha256 == second->sha256);
  CHECK(files.read(folder.file("a")).value() == files.read(folder.file("b")).value());
}

TEST_CASE("a segment without a model has postings and no codes") {
  TemporaryFolder folder;
  FileSystem files;
  std::mt19937_64 random(6);
  const auto chunks = random_chunks(random, {20, 30, 30, 0, false});
  REQUIRE(write_segment(files, folder.file("s"), {"none", 0, "a"}, chunks));
  const auto segment = Segment::open(files, folder.file("s")).value();
  CHECK(segment->codes().value().empty());
  check_equal(*segment, chunks);
}

TEST_CASE("chunks that make no segment are refused, and nothing is left behind") {
  TemporaryFolder folder;
  FileSystem files;
  std::mt19937_64 random(8);
  auto twice = random_chunks(random, {3, 5, 5, 8, false});
  twice[1].id = twice[0].id;
  auto other_dimension = random_chunks(random, {3, 5, 5, 8, false});
  other_dimension[2].codes.pop_back();
  auto half_created = random_chunks(random, {3, 5, 5, 8, false});
  half_created[0].created = 4;
  auto too_long = random_chunks(random, {1, 5, 5, 8, false});
  too_long[0].terms[2].assign(kMaxFieldTokens, Token{"a", 0, 0, 0});
  for (const auto& chunks : {twice, other_dimension, half_created, too_long}) {
    const auto summary = write_segment(files, folder.file("s"), kHeader, chunks);
    REQUIRE_FALSE(summary);
    CHECK(summary.error().code == ErrorCode::kBadInput);
  }
  CHECK(files.list(folder.file(""))->empty());
}

TEST_CASE("one id created anew in two generations is found twice") {
  TemporaryFolder folder;
  FileSystem files;
  std::mt19937_64 random(9);
  auto chunks = random_chunks(random, {10, 5, 5, 8, true});
  chunks[4].id = chunks[5].id;
  chunks[4].created = 7;
  chunks[5].created = 3;
  REQUIRE(write_segment(files, folder.file("s"), kHeader, chunks));
  const auto segment = Segment::open(files, folder.file("s")).value();
  const auto found = segment->find(chunks[4].id).value();
  REQUIRE(found.size() == 2);
  CHECK(segment->created().value()[found[0]] == 3);
  CHECK(segment->created().value()[found[1]] == 7);
  ChunkId unknown;
  CHECK(segment->find(unknown).value().empty());
}

TEST_CASE("content sizes add up to nearly the file") {
  TemporaryFolder folder;
  FileSystem files;
  std::mt19937_64 random(10);
  const auto summary = write_segment(files, folder.file("s"), kHeader, random_chunks(random, {500, 100, 50, 8, true}));
  std::uint64_t sum = 0;
  for (const ContentSize& size : Segment::open(files, folder.file("s")).value()->sizes()) sum += size.bytes;
  CHECK(sum < summary->bytes);
  CHECK(summary->bytes - sum < 2000);
}
