// merge_segments: several segments of one space into one, column by column and term by term, so that
// memory does not grow with the size of the codes or the postings.

#include <algorithm>
#include <functional>
#include <queue>
#include <tuple>

#include "index/segment/postings.h"
#include "index/segment/segment.h"
#include "index/segment/segment_builder.h"

namespace grounds {

using namespace segment_format;

namespace {

constexpr std::size_t kBody = static_cast<std::size_t>(Field::kBody);
constexpr std::uint32_t kDropped = UINT32_MAX;

// The columns of an input that decide its order, and where its chunks go.
struct Source {
  const Segment* segment = nullptr;
  std::span<const ChunkId> ids;
  std::span<const Generation> each_created;    // empty: `created` holds for all
  Generation created = 0;
  std::span<const std::int64_t> documents;
  FieldLengths lengths;
  std::vector<std::uint32_t> new_ordinal;      // by old ordinal

  Generation created_of(std::uint32_t ordinal) const { return each_created.empty() ? created : each_created[ordinal]; }
};

struct Place {
  std::uint32_t source;
  std::uint32_t ordinal;
};

Result<Source> open_source(const MergeInput& input, const SegmentHeader& header) {
  Source source;
  source.segment = input.segment.get();
  if (input.segment->header() != header) {
    return fail(ErrorCode::kBadInput, "segment " + input.segment->path() + " is of another space or analyzer than those it is merged with");
  }
  if (input.keep.size() != input.segment->size()) {
    return fail(ErrorCode::kBadInput, "the set of chunks to keep of segment " + input.segment->path() + " has another size than the segment");
  }
  GROUNDS_ASSIGN_OR_RETURN(source.ids, input.segment->ids());
  GROUNDS_ASSIGN_OR_RETURN(source.each_created, input.segment->created());
  GROUNDS_ASSIGN_OR_RETURN(source.documents, input.segment->documents());
  GROUNDS_ASSIGN_OR_RETURN(source.lengths, input.segment->lengths());
  if (input.created) {
    source.created = *input.created;
    source.each_created = {};
  } else if (source.each_created.empty() && input.segment->size() > 0) {
    return fail(ErrorCode::kBadInput, "segment " + input.segment->path() + " does not say when its chunks were created, nor does the merge");
  }
  source.new_ordinal.assign(input.segment->size(), kDropped);
  return source;
}

// All kept chunks in order of (id, created); fills the sources' new ordinals.
Result<std::vector<Place>> order_chunks(std::vector<Source>& sources, std::span<const MergeInput> inputs) {
  std::vector<Place> places;
  for (std::uint32_t s = 0; s < sources.size(); ++s) {
    for (std::uint32_t i = 0; i < inputs[s].keep.size(); ++i) {
      if (inputs[s].keep.test(i)) places.push_back({s, i});
    }
  }
  const auto key = [&](const Place& place) {
    const Source& source = sources[place.source];
    return std::pair(std::cref(source.ids[place.ordinal]), source.created_of(place.ordinal));
  };
  std::sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
    const auto [id_a, created_a] = key(a);
    const auto [id_b, created_b] = key(b);
    return std::tie(id_a.get(), created_a) < std::tie(id_b.get(), created_b);
  });
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Place& place = places[i];
    sources[place.source].new_ordinal[place.ordinal] = static_cast<std::uint32_t>(i);
    if (i == 0) continue;
    const auto [id, created] = key(place);
    const auto [id_before, created_before] = key(places[i - 1]);
    if (id.get() == id_before.get() && created == created_before) {
      return fail(ErrorCode::kBadInput, "chunk " + id.get().hex() + " occurs twice with one created generation in the segments to merge");
    }
  }
  return places;
}

// A kept posting under its new ordinal, with its positions' place in a shared buffer.
struct MovedPosting {
  Posting posting;
  std::size_t positions_begin;
};

// Adds the kept postings of one term of one source.
Status collect(const Source& source, const TermPostings& term, std::vector<MovedPosting>& moved,
               std::vector<std::uint32_t>& positions) {
  std::array<std::uint32_t, kPostingsPerBlock> ordinals;
  std::array<std::array<std::uint32_t, kPostingsPerBlock>, kFieldCount> frequencies;
  std::vector<std::uint32_t> block_positions;
  for (std::uint32_t block = 0; block < term.block_count(); ++block) {
    const std::uint32_t size = term.block_size(block);
    bool intact = decode_ordinals(term, block, ordinals.data());
    for (std::size_t f = 0; f < kFieldCount; ++f) intact = intact && decode_frequencies(term, block, f, frequencies[f].data());
    intact = intact && decode_positions(term, block, std::span(frequencies[kBody]).first(size), block_positions);
    if (!intact) {
      return fail(ErrorCode::kDamaged, "segment " + source.segment->path() + " is damaged: postings cannot be decoded",
                  "run: grounds doctor; then restore a backup, or ingest the documents into a new collection");
    }
    std::size_t begin = 0;
    for (std::uint32_t i = 0; i < size; ++i) {
      const std::uint32_t count = frequencies[kBody][i], ordinal = source.new_ordinal[ordinals[i]];
      if (ordinal != kDropped) {
        moved.push_back({{ordinal, {}}, positions.size()});
        for (std::size_t f = 0; f < kFieldCount; ++f) moved.back().posting.frequency[f] = frequencies[f][i];
        const auto first = block_positions.begin() + static_cast<std::ptrdiff_t>(begin);
        positions.insert(positions.end(), first, first + count);
      }
      begin += count;
    }
  }
  return {};
}

// Merges the dictionaries and, term by term, the postings into `builder`.
Status merge_terms(const std::vector<Source>& sources, SegmentBuilder& builder) {
  std::vector<std::unique_ptr<TermCursor>> cursors;
  const auto later = [&](std::size_t a, std::size_t b) {
    return std::pair(cursors[a]->term(), a) > std::pair(cursors[b]->term(), b);
  };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> queue(later);
  for (const Source& source : sources) {
    cursors.push_back(source.segment->term_cursor());
    GROUNDS_ASSIGN_OR_RETURN(const bool any, cursors.back()->next());
    if (any) queue.push(cursors.size() - 1);
  }
  std::string term;
  std::vector<MovedPosting> moved;
  std::vector<Posting> postings;
  std::vector<std::uint32_t> positions, ordered_positions;
  while (!queue.empty()) {
    term = cursors[queue.top()]->term();
    moved.clear();
    positions.clear();
    while (!queue.empty() && cursors[queue.top()]->term() == term) {
      const std::size_t source = queue.top();
      queue.pop();
      GROUNDS_ASSIGN_OR_RETURN(const TermPostings found, cursors[source]->postings());
      GROUNDS_RETURN_IF_ERROR(collect(sources[source], found, moved, positions));
      GROUNDS_ASSIGN_OR_RETURN(const bool more, cursors[source]->next());
      if (more) queue.push(source);
    }
    if (moved.empty()) continue;
    std::sort(moved.begin(), moved.end(), [](const MovedPosting& a, const MovedPosting& b) { return a.posting.ordinal < b.posting.ordinal; });
    postings.clear();
    ordered_positions.clear();
    for (const MovedPosting& one : moved) {
      postings.push_back(one.posting);
      const auto first = positions.begin() + static_cast<std::ptrdiff_t>(one.positions_begin);
      ordered_positions.insert(ordered_positions.end(), first, first + one.posting.frequency[kBody]);
    }
    GROUNDS_RETURN_IF_ERROR(builder.term(term, postings, ordered_positions));
  }
  return {};
}

}  // namespace

Result<SegmentSummary> merge_segments(const FileSystem& file_system, const std::string& path,
                                      std::span<const MergeInput> inputs) {
  if (inputs.empty()) return fail(ErrorCode::kInternal, "no segments were given to merge");
  const SegmentHeader& header = inputs.front().segment->header();
  std::vector<Source> sources;
  for (const MergeInput& input : inputs) {
    GROUNDS_ASSIGN_OR_RETURN(Source source, open_source(input, header));
    sources.push_back(std::move(source));
  }
  GROUNDS_ASSIGN_OR_RETURN(const std::vector<Place> places, order_chunks(sources, inputs));
  GROUNDS_ASSIGN_OR_RETURN(SegmentBuilder builder,
                           SegmentBuilder::create(file_system, path, header, static_cast<std::uint32_t>(places.size())));

  const auto append_codes = [&](auto append) -> Status {
    for (const Place& place : places) {
      GROUNDS_ASSIGN_OR_RETURN(const auto codes, sources[place.source].segment->codes_of(place.ordinal));
      GROUNDS_RETURN_IF_ERROR(append(std::as_bytes(codes)));
    }
    return {};
  };
  GROUNDS_RETURN_IF_ERROR(builder.column(Section::kCodes, append_codes));
  const auto column = [&](Section section, auto value_of) {
    return builder.column(section, [&](auto append) -> Status {
      for (const Place& place : places) {
        const auto value = value_of(sources[place.source], place.ordinal);
        GROUNDS_RETURN_IF_ERROR(append(bytes_of(value)));
      }
      return {};
    });
  };
  GROUNDS_RETURN_IF_ERROR(column(Section::kIds, [](const Source& s, std::uint32_t i) { return s.ids[i]; }));
  GROUNDS_RETURN_IF_ERROR(column(Section::kCreated, [](const Source& s, std::uint32_t i) { return s.created_of(i); }));
  GROUNDS_RETURN_IF_ERROR(column(Section::kDocuments, [](const Source& s, std::uint32_t i) { return s.documents[i]; }));
  std::vector<std::uint32_t> lengths;
  lengths.reserve(places.size() * kFieldCount);
  for (const Place& place : places) {
    for (std::size_t f = 0; f < kFieldCount; ++f) lengths.push_back(sources[place.source].lengths.at(place.ordinal, f));
  }
  GROUNDS_RETURN_IF_ERROR(builder.lengths(std::move(lengths)));
  GROUNDS_RETURN_IF_ERROR(merge_terms(sources, builder));
  return builder.finish();
}

}  // namespace grounds
