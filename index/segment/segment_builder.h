// The steps that writing a fresh segment and merging segments have in common.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "index/segment/dictionary.h"
#include "index/segment/postings_writer.h"
#include "index/segment/section_writer.h"

namespace grounds {

// Call in this order: the columns by column(), each in section order; lengths(); term() for each term
// in ascending order; finish(). Not thread-safe.
class SegmentBuilder {
 public:
  static Result<SegmentBuilder> create(const FileSystem& file_system, const std::string& path, SegmentHeader header,
                                       std::uint32_t chunks);

  // Writes one section as rows(append), where append(span of bytes) may be called any number of times.
  template <class Rows>
  Status column(segment_format::Section section, Rows rows) {
    GROUNDS_RETURN_IF_ERROR(writer_.begin(section));
    GROUNDS_RETURN_IF_ERROR(rows([this](std::span<const std::byte> bytes) { return writer_.append(bytes); }));
    return writer_.end();
  }
  // Four lengths a chunk. Starts the postings.
  Status lengths(std::vector<std::uint32_t> lengths);
  Status term(std::string_view term, std::span<const Posting> postings, std::span<const std::uint32_t> positions);
  Result<SegmentSummary> finish();

 private:
  SegmentBuilder(SectionWriter writer, SegmentHeader header, std::uint32_t chunks);

  SectionWriter writer_;
  SegmentHeader header_;
  segment_format::Directory directory_;
  std::vector<std::uint32_t> lengths_;
  std::optional<PostingsWriter> postings_;
  DictionaryWriter dictionary_;
};

}  // namespace grounds
