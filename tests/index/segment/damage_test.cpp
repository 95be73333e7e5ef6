#include <doctest/doctest.h>

#include <cstring>
#include <fstream>
#include <map>

#include "base/hash.h"
#include "index/segment/format.h"
#include "index/segment/postings.h"
#include "index/segment/segment.h"
#include "tests/index/random_chunks.h"
#include "tests/index/segment/forged.h"

using namespace grounds;
using namespace grounds::testing;
using namespace grounds::segment_format;

namespace {

// Everything a segment says, or the first error. Calls every accessor, in particular after an error.
struct Content {
  bool intact = true;
  SegmentHeader header;
  std::vector<ChunkId> ids;
  std::vector<Generation> created;
  std::vector<std::int64_t> documents;
  std::vector<std::int8_t> codes;
  std::vector<std::uint32_t> lengths;
  std::map<std::string, std::vector<Posting>> postings;
  std::map<std::string, std::vector<std::uint32_t>> positions;
  std::map<std::uint32_t, std::vector<std::string>> terms;
  friend bool operator==(const Content&, const Content&) = default;
};

template <class T, class Into>
void take(Content& content, const Result<T>& from, Into& into) {
  if (from) {
    into.assign(from->begin(), from->end());
  } else {
    content.intact = false;
    CHECK(from.error().code == ErrorCode::kDamaged);
    CHECK_FALSE(from.error().hint.empty());
  }
}

Content read(const Segment& segment, const std::vector<std::string>& words) {
  Content content;
  content.header = segment.header();
  take(content, segment.ids(), content.ids);
  take(content, segment.created(), content.created);
  take(content, segment.documents(), content.documents);
  take(content, segment.codes(), content.codes);
  if (const auto lengths = segment.lengths()) {
    for (std::uint32_t i = 0; i < segment.size(); ++i) {
      for (std::size_t f = 0; f < kFieldCount; ++f) content.lengths.push_back(lengths->at(i, f));
    }
  } else {
    content.intact = false;
  }
  for (const std::string& word : words) {
    take(content, segment.postings(word), content.postings[word]);
    for (const std::uint32_t ordinal : {0u, 150u}) {
      take(content, segment.body_positions(word, ordinal), content.positions[word + "/" + std::to_string(ordinal)]);
    }
  }
  take(content, segment.terms_of(3), content.terms[3]);
  content.intact = segment.verify().has_value() && content.intact;
  return content;
}

struct Fixture {
  TemporaryFolder folder;
  FileSystem files;
  std::vector<std::string> words{"w0", "w1", "w3", "v0", "nothing", ""};
  std::string bytes;
  Content content;

  explicit Fixture(std::uint32_t chunks) {
    std::mt19937_64 random(chunks);
    auto all = random_chunks(random, {chunks, 6, 4, 4, true});
    // One frequent word, so that there is a list of several blocks.
    for (auto& chunk : all) chunk.terms[2].push_back({"w0", 20, 0, 0});
    REQUIRE(write_segment(files, folder.file("s"), {"space", 4, "analyzer"}, all));
    bytes = files.read(folder.file("s")).value();
    content = read(*Segment::open(files, folder.file("s")).value(), words);
    REQUIRE(content.intact);
  }

  // A new file each time: the old one may still be mapped.
  Result<std::shared_ptr<const Segment>> open(const std::string& changed) {
    const std::string path = folder.file("changed");
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary) << changed;
    return Segment::open(files, path);
  }
};

}  // namespace

TEST_CASE("any byte of a segment changed: an error, or what was written; never anything else") {
  Fixture fixture(200);
  std::size_t unnoticed = 0;
  for (std::size_t i = 0; i < fixture.bytes.size(); ++i) {
    std::string changed = fixture.bytes;
    changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
    const auto segment = fixture.open(changed);
    if (!segment) {
      REQUIRE(segment.error().code == ErrorCode::kDamaged);
      continue;
    }
    Content content = read(**segment, fixture.words);
    unnoticed += content.intact;
    if (content.intact) {
      INFO("byte " << i);
      REQUIRE(content == fixture.content);
      continue;
    }
    // What is given out in spite of the damage elsewhere is right.
    INFO("byte " << i);
    if (!content.ids.empty()) REQUIRE(content.ids == fixture.content.ids);
    if (!content.documents.empty()) REQUIRE(content.documents == fixture.content.documents);
    if (!content.codes.empty()) REQUIRE(content.codes == fixture.content.codes);
    for (const auto& [word, postings] : content.postings) {
      if (!postings.empty()) REQUIRE(postings == fixture.content.postings[word]);
    }
  }
  CHECK(unnoticed == 0);  // every byte is under a checksum
}

TEST_CASE("a segment cut short at any length, or grown, is an error") {
  Fixture fixture(60);
  for (std::size_t length = 0; length < fixture.bytes.size(); ++length) {
    INFO("length " << length);
    const auto segment = fixture.open(fixture.bytes.substr(0, length));
    REQUIRE_FALSE(segment);
    REQUIRE(segment.error().code == ErrorCode::kDamaged);
  }
  CHECK_FALSE(fixture.open(fixture.bytes + std::string(64, '\0')));
  CHECK_FALSE(fixture.open(std::string(64, '\0') + fixture.bytes));
}

TEST_CASE("a segment of a later format is refused with the way out") {
  Fixture fixture(3);
  Footer footer;
  std::string changed = fixture.bytes;
  std::memcpy(&footer, changed.data() + changed.size() - sizeof(footer), sizeof(footer));
  footer.version = kVersion + 1;
  footer.checksum = xxh3(bytes_of(footer).first(sizeof(footer) - sizeof(footer.checksum)));
  std::memcpy(changed.data() + changed.size() - sizeof(footer), &footer, sizeof(footer));
  const auto segment = fixture.open(changed);
  REQUIRE_FALSE(segment);
  CHECK(segment.error().message.find("version 2") != std::string::npos);
  CHECK_FALSE(segment.error().hint.empty());
}

// Meant for the address sanitizer: wrong numbers may come out, but no access out of bounds.
TEST_CASE("a forged segment, checksums made right, is read without harm") {
  Fixture fixture(200);
  std::mt19937_64 random(1);
  for (std::size_t i = kHeaderSize; i + sizeof(Footer) < fixture.bytes.size(); ++i) {
    std::string changed = fixture.bytes;
    changed[i] = static_cast<char>(random() % 3 == 0 ? 0xff : random());
    forge_checksums(changed);
    const auto segment = fixture.open(changed);
    if (segment) read(**segment, fixture.words);
  }
}
