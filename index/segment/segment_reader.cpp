// Segment: the columns and postings of a segment file, given out as views.

#include <algorithm>
#include <numeric>

#include "index/segment/dictionary.h"
#include "index/segment/postings.h"
#include "index/segment/section_reader.h"
#include "index/segment/segment.h"

namespace grounds {

using namespace segment_format;

namespace {

constexpr std::size_t kBody = static_cast<std::size_t>(Field::kBody);

class MappedSegment final : public Segment {
 public:
  explicit MappedSegment(std::unique_ptr<SectionReader> reader) : reader_(std::move(reader)) {}

  const std::string& path() const override { return reader_->path(); }
  const SegmentHeader& header() const override { return reader_->header(); }
  std::uint32_t size() const override { return reader_->directory().chunks; }
  const std::array<std::uint64_t, kFieldCount>& total_lengths() const override { return reader_->directory().total_lengths; }

  Result<std::span<const ChunkId>> ids() const override { return column<ChunkId>(Section::kIds); }
  Result<std::span<const Generation>> created() const override { return column<Generation>(Section::kCreated); }
  Result<std::span<const std::int64_t>> documents() const override { return column<std::int64_t>(Section::kDocuments); }
  Result<std::span<const std::int8_t>> codes() const override { return column<std::int8_t>(Section::kCodes); }

  Result<std::span<const std::int8_t>> codes_of(std::uint32_t ordinal) const override {
    const std::uint64_t dimension = header().dimension;
    GROUNDS_ASSIGN_OR_RETURN(const auto bytes, reader_->bytes(Section::kCodes, ordinal * dimension, dimension));
    return std::span(reinterpret_cast<const std::int8_t*>(bytes.data()), bytes.size());
  }

  Result<FieldLengths> lengths() const override {
    GROUNDS_ASSIGN_OR_RETURN(const auto bytes, reader_->all(Section::kLengths));
    if (reader_->directory().length_bytes == 4) return FieldLengths(nullptr, reinterpret_cast<const std::uint32_t*>(bytes.data()));
    return FieldLengths(reinterpret_cast<const std::uint16_t*>(bytes.data()), nullptr);
  }

  Result<std::vector<std::uint32_t>> find(const ChunkId& id) const override {
    GROUNDS_ASSIGN_OR_RETURN(const auto all, ids());
    std::vector<std::uint32_t> ordinals;
    for (auto it = std::lower_bound(all.begin(), all.end(), id); it != all.end() && *it == id; ++it) {
      ordinals.push_back(static_cast<std::uint32_t>(it - all.begin()));
    }
    return ordinals;
  }

  Result<std::optional<TermPostings>> find_term(std::string_view term) const override {
    GROUNDS_ASSIGN_OR_RETURN(const std::optional<TermLocation> location, find_in_dictionary(*reader_, term));
    if (!location) return std::optional<TermPostings>();
    GROUNDS_ASSIGN_OR_RETURN(TermPostings found, postings_at(*location));
    return std::optional<TermPostings>(found);
  }

  Result<std::vector<Posting>> postings(std::string_view term) const override {
    GROUNDS_ASSIGN_OR_RETURN(const std::optional<TermPostings> found, find_term(term));
    if (!found) return std::vector<Posting>();
    return decode(*found);
  }

  Result<std::vector<std::uint32_t>> body_positions(std::string_view term, std::uint32_t ordinal) const override {
    std::vector<std::uint32_t> result;
    GROUNDS_ASSIGN_OR_RETURN(const std::optional<TermPostings> found, find_term(term));
    if (!found) return result;
    std::array<std::uint32_t, kPostingsPerBlock> ordinals, frequencies;
    for (std::uint32_t block = 0; block < found->block_count(); ++block) {
      const std::uint32_t size = found->block_size(block);
      if (!decode_ordinals(*found, block, ordinals.data())) return bad_postings();
      const std::size_t place = static_cast<std::size_t>(
          std::find(ordinals.begin(), ordinals.begin() + size, ordinal) - ordinals.begin());
      if (place == size) continue;
      std::vector<std::uint32_t> positions;
      if (!decode_frequencies(*found, block, kBody, frequencies.data()) ||
          !decode_positions(*found, block, std::span(frequencies).first(size), positions)) {
        return bad_postings();
      }
      const auto first = std::accumulate(frequencies.begin(), frequencies.begin() + static_cast<std::ptrdiff_t>(place), positions.begin());
      result.assign(first, first + frequencies[place]);
      break;
    }
    return result;
  }

  std::unique_ptr<TermCursor> term_cursor() const override { return std::make_unique<Cursor>(*this); }

  Result<std::vector<std::string>> terms_of(std::uint32_t ordinal) const override {
    std::vector<std::string> all;
    GROUNDS_RETURN_IF_ERROR(for_each_term([&](std::string_view term, const TermPostings& found) -> Status {
      std::array<std::uint32_t, kPostingsPerBlock> ordinals;
      for (std::uint32_t block = 0; block < found.block_count(); ++block) {
        if (!found.entries.empty() && found.entries[block].last_ordinal < ordinal) continue;
        if (!decode_ordinals(found, block, ordinals.data())) return bad_postings();
        const std::span<const std::uint32_t> block_ordinals = std::span(ordinals).first(found.block_size(block));
        if (std::binary_search(block_ordinals.begin(), block_ordinals.end(), ordinal)) all.emplace_back(term);
        if (block_ordinals.back() >= ordinal) break;
      }
      return {};
    }));
    return all;
  }

  std::vector<ContentSize> sizes() const override {
    const std::uint64_t positions = reader_->directory().position_bytes;
    return {{"codes", reader_->length(Section::kCodes)},
            {"ids", reader_->length(Section::kIds)},
            {"created", reader_->length(Section::kCreated)},
            {"documents", reader_->length(Section::kDocuments)},
            {"lengths", reader_->length(Section::kLengths)},
            {"postings", reader_->length(Section::kPostings) - std::min(positions, reader_->length(Section::kPostings))},
            {"positions", positions},
            {"dictionary", reader_->length(Section::kDictionary) + reader_->length(Section::kDictionaryIndex)}};
  }

  Status verify() const override {
    GROUNDS_RETURN_IF_ERROR(reader_->verify());
    GROUNDS_ASSIGN_OR_RETURN(const auto all, ids());
    if (!std::is_sorted(all.begin(), all.end())) return reader_->damaged("its chunks are out of order");
    return for_each_term([&](std::string_view, const TermPostings& found) -> Status {
      GROUNDS_ASSIGN_OR_RETURN(const std::vector<Posting> decoded, decode(found));
      return decoded.size() == found.document_frequency ? check_positions(found) : bad_postings();
    });
  }

 private:
  class Cursor final : public TermCursor {
   public:
    explicit Cursor(const MappedSegment& segment) : segment_(segment), iterator_(*segment.reader_) {}
    Result<bool> next() override { return iterator_.next(); }
    std::string_view term() const override { return iterator_.term(); }
    Result<TermPostings> postings() const override { return segment_.postings_at(iterator_.location()); }

   private:
    const MappedSegment& segment_;
    DictionaryIterator iterator_;
  };

  template <class T>
  Result<std::span<const T>> column(Section section) const {
    GROUNDS_ASSIGN_OR_RETURN(const auto bytes, reader_->all(section));
    return std::span(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T));
  }

  tl::unexpected<Error> bad_postings() const { return reader_->damaged("postings cannot be decoded"); }

  Result<TermPostings> postings_at(const TermLocation& location) const {
    TermPostings found;
    found.document_frequency = location.document_frequency;
    found.segment_size = size();
    if (location.postings_bytes > reader_->length(Section::kPostings) || location.position_bytes > reader_->length(Section::kPostings)) {
      return bad_postings();
    }
    GROUNDS_ASSIGN_OR_RETURN(
        const auto bytes, reader_->bytes(Section::kPostings, location.offset, location.postings_bytes + location.position_bytes));
    found.blocks = bytes.first(location.postings_bytes);
    found.positions = bytes.subspan(location.postings_bytes);
    if (location.document_frequency <= kPostingsPerBlock) return found;
    const std::size_t head = sizeof(found.impacts) + found.block_count() * sizeof(BlockEntry);
    if (found.blocks.size() < head) return bad_postings();
    std::memcpy(found.impacts.data(), found.blocks.data(), sizeof(found.impacts));
    found.entries = std::span(reinterpret_cast<const BlockEntry*>(found.blocks.data() + sizeof(found.impacts)), found.block_count());
    found.blocks = found.blocks.subspan(head);
    return found;
  }

  template <class Visit>
  Status for_each_term(Visit visit) const {
    DictionaryIterator iterator(*reader_);
    while (true) {
      GROUNDS_ASSIGN_OR_RETURN(const bool more, iterator.next());
      if (!more) return {};
      GROUNDS_ASSIGN_OR_RETURN(const TermPostings found, postings_at(iterator.location()));
      GROUNDS_RETURN_IF_ERROR(visit(iterator.term(), found));
    }
  }

  Result<std::vector<Posting>> decode(const TermPostings& found) const {
    std::vector<Posting> all;
    all.reserve(found.document_frequency);
    std::array<std::uint32_t, kPostingsPerBlock> ordinals;
    std::array<std::array<std::uint32_t, kPostingsPerBlock>, kFieldCount> frequencies;
    for (std::uint32_t block = 0; block < found.block_count(); ++block) {
      if (!decode_ordinals(found, block, ordinals.data())) return bad_postings();
      for (std::size_t f = 0; f < kFieldCount; ++f) {
        if (!decode_frequencies(found, block, f, frequencies[f].data())) return bad_postings();
      }
      for (std::uint32_t i = 0; i < found.block_size(block); ++i) {
        Posting& posting = all.emplace_back(Posting{ordinals[i], {}});
        for (std::size_t f = 0; f < kFieldCount; ++f) posting.frequency[f] = frequencies[f][i];
      }
    }
    return all;
  }

  Status check_positions(const TermPostings& found) const {
    std::array<std::uint32_t, kPostingsPerBlock> frequencies;
    std::vector<std::uint32_t> positions;
    for (std::uint32_t block = 0; block < found.block_count(); ++block) {
      if (!decode_frequencies(found, block, kBody, frequencies.data()) ||
          !decode_positions(found, block, std::span(frequencies).first(found.block_size(block)), positions)) {
        return bad_postings();
      }
    }
    return {};
  }

  std::unique_ptr<SectionReader> reader_;
};

}  // namespace

Result<std::shared_ptr<const Segment>> Segment::open(const FileSystem& file_system, const std::string& path) {
  GROUNDS_ASSIGN_OR_RETURN(std::unique_ptr<SectionReader> reader, SectionReader::open(file_system, path));
  return std::shared_ptr<const Segment>(std::make_shared<MappedSegment>(std::move(reader)));
}

}  // namespace grounds
