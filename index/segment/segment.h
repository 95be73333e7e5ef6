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
#include "index/segment/bitset.h"
#include "index/segment/chunk_id.h"

namespace grounds {

// The texts of a chunk that are searched lexically, each with its own weight.
enum class Field : std::uint8_t { kTitle, kHeading, kBody, kFileName };
inline constexpr std::size_t kFieldCount = 4;

// A segment holds fewer chunks than this, and a field of a chunk fewer tokens than kMaxFieldTokens.
inline constexpr std::uint32_t kMaxSegmentChunks = 1u << 30;
inline constexpr std::uint32_t kMaxFieldTokens = 1u << 20;

struct NewChunk {
  ChunkId id;
  // None in a fresh segment, whose catalog row says when all of it was created. All chunks of a
  // segment have it or none has.
  std::optional<Generation> created;
  std::int64_t document = 0;                               // the catalog's document id
  std::vector<std::int8_t> codes;                          // empty in a space without a model
  std::array<std::vector<Token>, kFieldCount> terms;       // as analysed, by field
};

struct SegmentHeader {
  std::string space;              // ModelIdentity::fingerprint(), or "none"
  std::uint32_t dimension = 0;    // 0 without a model
  std::string analyzer;           // Analyzer::identity()
  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

struct SegmentSummary {
  std::uint64_t bytes = 0;
  std::uint32_t chunks = 0;
  std::string sha256;             // of the whole file, hexadecimal
};

// Writes `chunks` (sorted here by id, then created) durably: temporary name, sync, rename, folder sync.
// The same chunks give the same bytes. On failure nothing of it remains under `path`.
// kBadInput: two chunks with one id and created, codes of another dimension, a field of too many tokens.
Result<SegmentSummary> write_segment(const FileSystem& file_system, const std::string& path,
                                     const SegmentHeader& header, std::vector<NewChunk> chunks);

struct Posting {
  std::uint32_t ordinal;                            // strictly increasing within a term
  std::array<std::uint32_t, kFieldCount> frequency; // occurrences by field
  friend bool operator==(const Posting&, const Posting&) = default;
};

// Field lengths by ordinal, in positions: variants of one word count once. A view into the segment.
class FieldLengths {
 public:
  FieldLengths() = default;
  FieldLengths(const std::uint16_t* narrow, const std::uint32_t* wide) : narrow_(narrow), wide_(wide) {}
  std::uint32_t at(std::uint32_t ordinal, std::size_t field) const {
    const std::size_t i = std::size_t{ordinal} * kFieldCount + field;
    return narrow_ != nullptr ? narrow_[i] : wide_[i];
  }
  // The rows themselves, kFieldCount numbers a chunk; exactly one of the two is not null.
  const std::uint16_t* narrow() const { return narrow_; }
  const std::uint32_t* wide() const { return wide_; }

 private:
  const std::uint16_t* narrow_ = nullptr;
  const std::uint32_t* wide_ = nullptr;
};

// Bytes of one kind of content, for `index stats`.
struct ContentSize {
  std::string_view kind;
  std::uint64_t bytes = 0;
};

// index/segment/postings.h
struct TermPostings;
class TermCursor;

// Reads one segment through a mapping. Immutable, thread-safe. Ordinals run over [0, size()) in order
// of (chunk id, created). Every block's checksum is verified before its first use; accessors that can
// meet damage return a Result (kDamaged, with what to do). Views live as long as the segment.
class Segment {
 public:
  static Result<std::shared_ptr<const Segment>> open(const FileSystem& file_system, const std::string& path);
  virtual ~Segment() = default;

  virtual const std::string& path() const = 0;
  virtual const SegmentHeader& header() const = 0;
  virtual std::uint32_t size() const = 0;
  // Sums of the field lengths over all chunks.
  virtual const std::array<std::uint64_t, kFieldCount>& total_lengths() const = 0;

  virtual Result<std::span<const ChunkId>> ids() const = 0;
  // By ordinal; empty in a fresh segment (the catalog row says it).
  virtual Result<std::span<const Generation>> created() const = 0;
  virtual Result<std::span<const std::int64_t>> documents() const = 0;
  // size() * dimension codes, row by row, 64-byte aligned; empty without a model. The first call
  // verifies all of them, at about the speed of reading them.
  virtual Result<std::span<const std::int8_t>> codes() const = 0;
  // One row of the codes; verifies only the blocks that it lies in.
  virtual Result<std::span<const std::int8_t>> codes_of(std::uint32_t ordinal) const = 0;
  virtual Result<FieldLengths> lengths() const = 0;

  // The ordinals of the chunks with this id, ascending: one for each generation that created it anew.
  virtual Result<std::vector<std::uint32_t>> find(const ChunkId& id) const = 0;

  // The postings of a term as ranked retrieval walks them; none if the term does not occur.
  virtual Result<std::optional<TermPostings>> find_term(std::string_view term) const = 0;
  // All postings of a term (empty if it has none), and the body positions of one of them. For oracles
  // and tools.
  virtual Result<std::vector<Posting>> postings(std::string_view term) const = 0;
  virtual Result<std::vector<std::uint32_t>> body_positions(std::string_view term, std::uint32_t ordinal) const = 0;
  // Walks all terms in byte order. Must not outlive the segment.
  virtual std::unique_ptr<TermCursor> term_cursor() const = 0;
  // All terms of a chunk, in byte order. Reads all postings: for tools and tests.
  virtual Result<std::vector<std::string>> terms_of(std::uint32_t ordinal) const = 0;

  virtual std::vector<ContentSize> sizes() const = 0;

  // Verifies every block against its checksum, and that all postings can be decoded.
  virtual Status verify() const = 0;
};

struct SegmentView {
  std::shared_ptr<const Segment> segment;
  std::shared_ptr<const Bitset> live;       // live in the generation asked for (for statistics)
  std::shared_ptr<const Bitset> eligible;   // live, permitted and passing the filter (for ranking)
  // Either may be null: all chunks of the segment.
};

// A ranked chunk: its place, and an integer score. Order: score descending, then chunk id ascending.
struct Hit {
  std::uint32_t segment = 0;   // index into the list of views
  std::uint32_t ordinal = 0;
  ChunkId id;
  std::int64_t score = 0;
};

struct MergeInput {
  std::shared_ptr<const Segment> segment;
  Bitset keep;                              // which of its chunks go into the merged segment
  std::optional<Generation> created;        // when its chunks were created; needed for a fresh segment
};

// Copies the kept chunks of several segments of one space into one new segment, ordered anew. The
// result holds a `created` for each chunk. Memory: about 16 bytes a chunk plus the longest posting list.
Result<SegmentSummary> merge_segments(const FileSystem& file_system, const std::string& path,
                                      std::span<const MergeInput> inputs);

}  // namespace grounds
