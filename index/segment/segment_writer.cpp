// write_segment: turns the tokens of new chunks into columns and postings.

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "index/segment/segment.h"
#include "index/segment/segment_builder.h"

namespace grounds {

using namespace segment_format;

namespace {

Status check(const SegmentHeader& header, const std::vector<NewChunk>& chunks) {
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const NewChunk& chunk = chunks[i];
    if (chunk.codes.size() != header.dimension) {
      return fail(ErrorCode::kBadInput, "chunk " + chunk.id.hex() + " has " + std::to_string(chunk.codes.size()) +
                                            " codes, its space " + std::to_string(header.dimension));
    }
    if (chunk.created.has_value() != chunks.front().created.has_value()) {
      return fail(ErrorCode::kBadInput, "some chunks of one segment say when they were created and some do not");
    }
    if (i > 0 && chunk.id == chunks[i - 1].id && chunk.created == chunks[i - 1].created) {
      return fail(ErrorCode::kBadInput, "chunk " + chunk.id.hex() + " is given twice for one segment");
    }
    for (const std::vector<Token>& tokens : chunk.terms) {
      if (tokens.size() >= kMaxFieldTokens) {
        return fail(ErrorCode::kBadInput, "chunk " + chunk.id.hex() + " has a text of " + std::to_string(tokens.size()) + " tokens",
                    "cut the document into smaller chunks");
      }
    }
  }
  return {};
}

// The number of different positions. Tokens usually come in order of position.
std::uint32_t length_of(const std::vector<Token>& tokens) {
  const auto by_position = [](const Token& a, const Token& b) { return a.position < b.position; };
  std::uint32_t length = 0;
  if (std::is_sorted(tokens.begin(), tokens.end(), by_position)) {
    for (std::size_t i = 0; i < tokens.size(); ++i) length += i == 0 || tokens[i].position != tokens[i - 1].position;
    return length;
  }
  std::vector<std::uint32_t> positions;
  positions.reserve(tokens.size());
  for (const Token& token : tokens) positions.push_back(token.position);
  std::sort(positions.begin(), positions.end());
  return static_cast<std::uint32_t>(std::unique(positions.begin(), positions.end()) - positions.begin());
}

struct Occurrence {
  std::uint32_t ordinal;
  std::uint32_t field;
  std::uint32_t position;
};

// All occurrences, grouped by term.
class Inversion {
 public:
  explicit Inversion(const std::vector<NewChunk>& chunks) {
    std::vector<std::uint32_t> term_of;  // by occurrence, in the order of the chunks
    for (const NewChunk& chunk : chunks) {
      for (const auto& tokens : chunk.terms) {
        for (const Token& token : tokens) {
          const auto number = static_cast<std::uint32_t>(terms_.size());
          const auto [place, fresh] = numbers_.try_emplace(token.term, number);
          if (fresh) terms_.push_back(token.term);
          term_of.push_back(place->second);
        }
      }
    }
    starts_.assign(terms_.size() + 1, 0);
    for (const std::uint32_t term : term_of) ++starts_[term + 1];
    std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
    occurrences_.resize(term_of.size());
    std::vector<std::size_t> next(starts_.begin(), starts_.end() - (starts_.empty() ? 0 : 1));
    std::size_t i = 0;
    for (std::uint32_t ordinal = 0; ordinal < chunks.size(); ++ordinal) {
      for (std::uint32_t field = 0; field < kFieldCount; ++field) {
        for (const Token& token : chunks[ordinal].terms[field]) {
          occurrences_[next[term_of[i++]]++] = {ordinal, field, token.position};
        }
      }
    }
    order_.resize(terms_.size());
    std::iota(order_.begin(), order_.end(), 0u);
    std::sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) { return terms_[a] < terms_[b]; });
  }

  // Gives term after term to add(term, postings, positions), in byte order.
  template <class Add>
  Status for_each(Add add) const {
    std::vector<Posting> postings;
    std::vector<std::uint32_t> positions;
    for (const std::uint32_t term : order_) {
      postings.clear();
      positions.clear();
      std::size_t chunk_begin = 0;  // into positions
      for (std::size_t i = starts_[term]; i < starts_[term + 1]; ++i) {
        const Occurrence& occurrence = occurrences_[i];
        if (postings.empty() || postings.back().ordinal != occurrence.ordinal) {
          std::sort(positions.begin() + static_cast<std::ptrdiff_t>(chunk_begin), positions.end());
          chunk_begin = positions.size();
          postings.push_back({occurrence.ordinal, {}});
        }
        ++postings.back().frequency[occurrence.field];
        if (occurrence.field == static_cast<std::uint32_t>(Field::kBody)) positions.push_back(occurrence.position);
      }
      std::sort(positions.begin() + static_cast<std::ptrdiff_t>(chunk_begin), positions.end());
      GROUNDS_RETURN_IF_ERROR(add(terms_[term], postings, positions));
    }
    return {};
  }

 private:
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::vector<std::string_view> terms_;
  std::vector<std::size_t> starts_;
  std::vector<Occurrence> occurrences_;  // by term, then ordinal, then field
  std::vector<std::uint32_t> order_;     // of the terms by their bytes
};

}  // namespace

Result<SegmentSummary> write_segment(const FileSystem& file_system, const std::string& path,
                                     const SegmentHeader& header, std::vector<NewChunk> chunks) {
  std::sort(chunks.begin(), chunks.end(), [](const NewChunk& a, const NewChunk& b) {
    return std::tie(a.id, a.created) < std::tie(b.id, b.created);
  });
  GROUNDS_RETURN_IF_ERROR(check(header, chunks));

  std::vector<std::uint32_t> lengths;
  lengths.reserve(chunks.size() * kFieldCount);
  for (NewChunk& chunk : chunks) {
    for (auto& tokens : chunk.terms) {
      std::erase_if(tokens, [](const Token& token) { return token.term.empty() || token.term.size() > kMaxTermBytes; });
      lengths.push_back(length_of(tokens));
    }
  }

  GROUNDS_ASSIGN_OR_RETURN(SegmentBuilder builder,
                           SegmentBuilder::create(file_system, path, header, static_cast<std::uint32_t>(chunks.size())));
  const auto column = [&](Section section, auto bytes_of_chunk) {
    return builder.column(section, [&](auto append) -> Status {
      for (const NewChunk& chunk : chunks) GROUNDS_RETURN_IF_ERROR(append(bytes_of_chunk(chunk)));
      return {};
    });
  };
  GROUNDS_RETURN_IF_ERROR(column(Section::kCodes, [](const NewChunk& c) { return std::as_bytes(std::span(c.codes)); }));
  GROUNDS_RETURN_IF_ERROR(column(Section::kIds, [](const NewChunk& c) { return bytes_of(c.id); }));
  GROUNDS_RETURN_IF_ERROR(column(Section::kCreated, [](const NewChunk& c) {
    return c.created ? bytes_of(*c.created) : std::span<const std::byte>();
  }));
  GROUNDS_RETURN_IF_ERROR(column(Section::kDocuments, [](const NewChunk& c) { return bytes_of(c.document); }));
  GROUNDS_RETURN_IF_ERROR(builder.lengths(std::move(lengths)));
  GROUNDS_RETURN_IF_ERROR(Inversion(chunks).for_each([&](std::string_view term, const auto& postings, const auto& positions) {
    return builder.term(term, postings, positions);
  }));
  return builder.finish();
}

}  // namespace grounds
