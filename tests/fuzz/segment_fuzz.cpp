// A segment file with any bytes changed: refused, or read without harm, by every accessor and by both searches. The
// input is a byte that says how, and edits of five bytes: a place (32 bits, modulo the file's length) and the byte to
// put there. Even first byte: the checksums are made right again, so that the edits get past them; odd: they are
// left, so that every edit must be noticed. A remainder of one to four bytes cuts that place's rest of the file off.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "index/lexical/lexical_search.h"
#include "index/vector/scan.h"
#include "tests/index/random_chunks.h"
#include "tests/index/segment/forged.h"

using namespace grounds;

namespace {

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// Two blocks of a frequent word, all fields, and a created generation for each chunk.
const std::string& sound_segment() {
  static const std::string bytes = [] {
    std::mt19937_64 random(1);
    auto chunks = testing::random_chunks(random, {150, 20, 6, 8, true});
    for (NewChunk& chunk : chunks) chunk.terms[2].push_back({"w0", 20, 0, 0});
    testing::TemporaryFolder folder;
    const FileSystem files;
    expect(write_segment(files, folder.file("s"), {"space", 8, "analyzer"}, std::move(chunks)).has_value(), "a segment is written");
    return *files.read(folder.file("s"));
  }();
  return bytes;
}

std::uint32_t number_at(const std::uint8_t* data, std::size_t size) {
  std::uint32_t number = 0;
  std::memcpy(&number, data, std::min<std::size_t>(size, sizeof(number)));
  return number;
}

std::string edited(const std::uint8_t* data, std::size_t size) {
  std::string bytes = sound_segment();
  std::size_t at = 1;
  for (; at + 5 <= size; at += 5) bytes[number_at(data + at, 4) % bytes.size()] = static_cast<char>(data[at + 4]);
  if (at < size) bytes.resize(number_at(data + at, size - at) % bytes.size());
  if (data[0] % 2 == 0) testing::forge_checksums(bytes);
  return bytes;
}

// An unnamed file in memory, by a path that can be opened.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& bytes) : descriptor_(::memfd_create("segment", MFD_CLOEXEC)) {
    expect(descriptor_ >= 0 && ::write(descriptor_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "memory for a file");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(descriptor_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

// What is refused says that it is damage, and what to do.
template <class T>
void check(const Result<T>& result) {
  if (result) return;
  expect(result.error().code == ErrorCode::kDamaged, "a damaged segment is damage");
  expect(!result.error().hint.empty(), "damage has a hint");
}

void read_all(const std::shared_ptr<const Segment>& segment) {
  check(segment->ids());
  check(segment->created());
  check(segment->documents());
  check(segment->codes());
  check(segment->lengths());
  for (const char* term : {"w0", "w1", "w7", "v3", "nothing", ""}) {
    check(segment->postings(term));
    for (const std::uint32_t ordinal : {0u, 77u, 149u})
      if (ordinal < segment->size()) check(segment->body_positions(term, ordinal));
  }
  if (segment->size() > 3) check(segment->terms_of(3));
  check(segment->find(ChunkId{}));
  (void)segment->sizes();
}

void search_all(const std::shared_ptr<const Segment>& segment) {
  const SegmentView views[] = {{segment, nullptr, nullptr}};
  const std::vector<std::int8_t> codes(8, 3);
  if (segment->header().dimension == codes.size()) check(vector_search(views, codes, 5));
  LexicalQuery query;
  query.terms = {"v3", "w0", "w1", "w7"};
  const auto statistics = lexical_statistics(views, query.terms);
  check(statistics);
  if (statistics) check(lexical_search(views, query, *statistics, LexicalSettings{}, 5));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes = edited(data, size);
  const MemoryFile file(bytes);
  const auto segment = Segment::open(FileSystem(), file.path());
  check(segment);
  if (!segment) return 0;
  const bool verified = (*segment)->verify().has_value();
  if (data[0] % 2 == 1) expect(!verified || bytes == sound_segment(), "every byte is under a checksum");
  read_all(*segment);
  search_all(*segment);
  return 0;
}
