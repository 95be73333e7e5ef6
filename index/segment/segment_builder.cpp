#include "index/segment/segment_builder.h"

#include <algorithm>
#include <utility>

namespace grounds {

using namespace segment_format;

Result<SegmentBuilder> SegmentBuilder::create(const FileSystem& file_system, const std::string& path,
                                              SegmentHeader header, std::uint32_t chunks) {
  if (chunks > kMaxSegmentChunks) {
    return fail(ErrorCode::kRefused, "a segment of " + std::to_string(chunks) + " chunks is too large", "commit more often");
  }
  GROUNDS_ASSIGN_OR_RETURN(SectionWriter writer, SectionWriter::create(file_system, path));
  return SegmentBuilder(std::move(writer), std::move(header), chunks);
}

SegmentBuilder::SegmentBuilder(SectionWriter writer, SegmentHeader header, std::uint32_t chunks)
    : writer_(std::move(writer)), header_(std::move(header)) {
  directory_.chunks = chunks;
}

Status SegmentBuilder::lengths(std::vector<std::uint32_t> lengths) {
  lengths_ = std::move(lengths);
  for (std::size_t i = 0; i < lengths_.size(); ++i) directory_.total_lengths[i % kFieldCount] += lengths_[i];
  const bool wide = std::any_of(lengths_.begin(), lengths_.end(), [](std::uint32_t n) { return n > UINT16_MAX; });
  directory_.length_bytes = wide ? 4 : 2;
  GROUNDS_RETURN_IF_ERROR(column(Section::kLengths, [&](auto append) -> Status {
    if (wide) return append(std::as_bytes(std::span(lengths_)));
    const std::vector<std::uint16_t> narrow(lengths_.begin(), lengths_.end());
    return append(std::as_bytes(std::span(narrow)));
  }));
  postings_.emplace(lengths_, directory_.total_lengths, directory_.chunks);
  return writer_.begin(Section::kPostings);
}

Status SegmentBuilder::term(std::string_view term, std::span<const Posting> postings,
                            std::span<const std::uint32_t> positions) {
  GROUNDS_ASSIGN_OR_RETURN(const EncodedTerm* encoded, postings_->encode(postings, positions));
  if (postings.size() > kPostingsPerBlock) {
    constexpr std::array<std::byte, 4> kZeros{};
    GROUNDS_RETURN_IF_ERROR(writer_.append(std::span(kZeros).first(align_up(writer_.length(), 4) - writer_.length())));
  }
  dictionary_.add(term, {static_cast<std::uint32_t>(postings.size()), writer_.length(), encoded->postings.size(),
                         encoded->positions.size()});
  directory_.position_bytes += encoded->positions.size();
  GROUNDS_RETURN_IF_ERROR(writer_.append(bytes_of(std::string_view(encoded->postings))));
  return writer_.append(bytes_of(std::string_view(encoded->positions)));
}

Result<SegmentSummary> SegmentBuilder::finish() {
  GROUNDS_RETURN_IF_ERROR(writer_.end());
  GROUNDS_RETURN_IF_ERROR(column(Section::kDictionary, [&](auto append) { return append(bytes_of(std::string_view(dictionary_.bytes()))); }));
  GROUNDS_RETURN_IF_ERROR(column(Section::kDictionaryIndex, [&](auto append) { return append(std::as_bytes(std::span(dictionary_.index()))); }));
  directory_.terms = dictionary_.terms();
  return writer_.finish(directory_, header_);
}

}  // namespace grounds
