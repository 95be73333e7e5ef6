#include <random>

#include "tests/index/generation/fixture.h"

namespace grounds::test {
namespace {

std::string random_text(std::mt19937_64& random, std::size_t size) {
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>('a' + random() % 26);
  return text;
}

TEST_CASE("every span of every extract reads back, across frames and packs") {
  std::mt19937_64 random(3);
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  std::vector<std::string> texts;
  for (int round = 0; round < 3; ++round) {
    CommitBatch batch;
    batch.versions.push_back(make_version(batch, collection.spaces[0].id, "d" + std::to_string(round), "x", 1, {}));
    for (std::size_t size : {std::size_t{1}, std::size_t{1000}, std::size_t{kPackFrameBytes},
                             std::size_t{kPackFrameBytes} + 1, 3 * std::size_t{kPackFrameBytes} + 17}) {
      texts.push_back(random_text(random, size));
      batch.extracts.add(texts.back());
    }
    must(commit(*workspace, collection, std::move(batch)));
  }
  ExtractStore store(*workspace);
  for (const std::string& text : texts) {
    const std::string hash = sha256_hex(text);
    CHECK(must(store.read(hash)) == text);
    for (int i = 0; i < 20; ++i) {
      std::uint64_t begin = random() % (text.size() + 1), end = begin + random() % (text.size() - begin + 1);
      CHECK(must(store.read(hash, begin, end)) == text.substr(begin, end - begin));
    }
    CHECK(!store.read(hash, 0, text.size() + 1));
  }
  CHECK(store.read(sha256_hex("never stored")).error().code == ErrorCode::kNotFound);
}

TEST_CASE("a pack with any byte flipped, or cut anywhere, is an error or gives the same bytes") {
  std::mt19937_64 random(5);
  TempDirectory directory(TempDirectory::Where::kMemory);
  FileSystem files;
  ExtractPackWriter writer;
  const std::string text = random_text(random, kPackFrameBytes / 40) + random_text(random, 300);
  writer.add(text);
  const std::string path = directory.path() + "/p.pack";
  must(writer.write(files, path));
  const std::string good = must(files.read(path));
  auto check = [&](const std::string& bytes) {
    must(files.write_durably(path, bytes));
    auto pack = ExtractPack::open(files, path);
    if (!pack) {
      CHECK(pack.error().code == ErrorCode::kDamaged);
      return;
    }
    auto frame = (*pack)->frame(0);
    if (frame) CHECK(*frame == text);
    else CHECK(frame.error().code == ErrorCode::kDamaged);
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    CAPTURE(i);
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
    check(bad);
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    if (size > 0) check(good.substr(0, size));
  }
}

TEST_CASE("an empty extract store of a large batch keeps one copy of equal texts") {
  ExtractPackWriter writer;
  const std::string first = writer.add("equal text");
  CHECK(writer.add("equal text") == first);
  CHECK(writer.blobs().size() == 1);
  CHECK(writer.bytes() == 10);
}

TEST_CASE("an extract whose pack is damaged is whole again after its text is committed again") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  std::string hash;
  for (const char* uri : {"a", "b"}) {
    CommitBatch batch;
    batch.analyzer = "test";
    batch.versions.push_back(make_version(batch, collection.spaces[0].id, uri, "equal text", 1, {"everyone"}));
    hash = batch.versions.front().extract_sha256;
    must(commit(*workspace, collection, std::move(batch)));
    if (*uri == 'b') break;
    const std::string pack = must(fixture.files.list(workspace->directory() + "/extracts")).front().name;
    must(fixture.files.remove(workspace->extract_path(pack)));
    CHECK(!ExtractStore(*workspace).read(hash));
  }
  CHECK(must(ExtractStore(*workspace).read(hash)).starts_with("equal text"));
}

}  // namespace
}  // namespace grounds::test
