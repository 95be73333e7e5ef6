// A segment: one immutable, checksummed file with the codes and postings of some chunks of one space.
// Bytes on disk: docs/formats/segment.md.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "grounds/result.h"
#include "index/analysis/analyzer.h"
#include "index/segment/chunk_id.h"

namespace grounds {

// The texts of a chunk that are searched lexically, each with its own weight.
enum class Field : std::uint8_t { kTitle, kHeading, kBody, kFileName };
inline constexpr std::size_t kFieldCount = 4;

struct NewChunk {
  ChunkId id;
  Generation created = 0;
  std::int64_t document = 0;                               // the catalog's document id
  std::vector<std::int8_t> codes;                          // empty in a space without a model
  std::array<std::vector<Token>, kFieldCount> terms;       // as analysed, by field
};

struct SegmentHeader {
  std::string space;              // ModelIdentity::fingerprint(), or "none"
  std::uint32_t dimension = 0;    // 0 without a model
  std::string analyzer;           // Analyzer::identity()
};

struct SegmentSummary {
  std::uint64_t bytes = 0;
  std::uint32_t chunks = 0;
  std::string sha256;             // of the whole file
};

// Writes `chunks` (sorted here by id, then created) durably: temporary name, sync, rename, folder sync.
// On failure nothing of it remains under `path`.
Result<SegmentSummary> write_segment(const FileSystem& file_system, const std::string& path,
                                     const SegmentHeader& header, std::vector<NewChunk> chunks);

struct Posting {
  std::uint32_t ordinal;                            // strictly increasing within a term
  std::array<std::uint32_t, kFieldCount> frequency; // occurrences by field
};

// Reads one segment through a mapping. Immutable, thread-safe. Ordinals run over [0, size()) in order
// of (chunk id, created). Every block's checksum is verified before its first use; accessors that can
// meet damage return a Result (kDamaged, with what to do).
class Segment {
 public:
  static Result<std::shared_ptr<const Segment>> open(const FileSystem& file_system, const std::string& path);
  virtual ~Segment() = default;

  virtual const std::string& path() const = 0;
  virtual const SegmentHeader& header() const = 0;
  virtual std::uint32_t size() const = 0;

  virtual Result<std::span<const ChunkId>> ids() const = 0;
  virtual Result<std::span<const Generation>> created() const = 0;
  virtual Result<std::span<const std::int64_t>> documents() const = 0;
  // size() * dimension codes, row by row, 64-byte aligned; empty without a model.
  virtual Result<std::span<const std::int8_t>> codes() const = 0;
  // Field lengths (tokens) by ordinal, kFieldCount a chunk.
  virtual Result<std::span<const std::uint32_t>> lengths() const = 0;

  // The ordinal of the chunk with this id and created generation.
  virtual Result<std::optional<std::uint32_t>> find(const ChunkId& id, Generation created) const = 0;

  // All postings of a term (empty if it has none). For oracles, statistics and tools; ranked retrieval
  // walks them block by block (index/lexical).
  virtual Result<std::vector<Posting>> postings(std::string_view term) const = 0;
  // All terms of a chunk: the forward list.
  virtual Result<std::vector<std::string>> terms_of(std::uint32_t ordinal) const = 0;

  // Verifies every block against its checksum.
  virtual Status verify() const = 0;
};

// Which chunks of one segment take part in a query.
class Bitset {
 public:
  explicit Bitset(std::uint32_t size = 0, bool value = false);
  std::uint32_t size() const { return size_; }
  bool test(std::uint32_t i) const { return (words_[i >> 6] >> (i & 63)) & 1; }
  void set(std::uint32_t i) { words_[i >> 6] |= std::uint64_t{1} << (i & 63); }
  void clear(std::uint32_t i) { words_[i >> 6] &= ~(std::uint64_t{1} << (i & 63)); }
  std::uint32_t count() const;
  Bitset& operator&=(const Bitset& other);
  std::span<const std::uint64_t> words() const { return words_; }
  friend bool operator==(const Bitset&, const Bitset&) = default;

 private:
  std::uint32_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

struct SegmentView {
  std::shared_ptr<const Segment> segment;
  std::shared_ptr<const Bitset> live;       // live in the generation asked for (for statistics)
  std::shared_ptr<const Bitset> eligible;   // live, permitted and passing the filter (for ranking)
};

// A ranked chunk: its place, and an integer score. Order: score descending, then chunk id ascending.
struct Hit {
  std::uint32_t segment = 0;   // index into the list of views
  std::uint32_t ordinal = 0;
  ChunkId id;
  std::int64_t score = 0;
};

// Copies the kept chunks of several segments of one space into one new segment, ordered anew.
Result<SegmentSummary> merge_segments(const FileSystem& file_system, const std::string& path,
                                      std::span<const std::shared_ptr<const Segment>> segments,
                                      std::span<const Bitset> keep);

}  // namespace grounds
