// Writes a segment file front to back: sections with block checksums, then directory and footer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/hash.h"
#include "index/segment/format.h"
#include "index/segment/segment.h"

namespace grounds {

// Holds one block in memory. The file has a temporary name until finish(); without finish() the
// destructor removes it. Not thread-safe.
class SectionWriter {
 public:
  static Result<SectionWriter> create(const FileSystem& file_system, const std::string& path);
  SectionWriter(SectionWriter&& other) noexcept;
  SectionWriter& operator=(SectionWriter&&) = delete;
  ~SectionWriter();

  // Sections are written one after the other, each once, in the order of their numbers.
  Status begin(segment_format::Section section);
  Status append(std::span<const std::byte> data);
  // Bytes appended to the section so far.
  std::uint64_t length() const { return entries_.back().length; }
  Status end();

  // Writes directory and footer, syncs, renames to the final name, syncs the folder.
  Result<SegmentSummary> finish(segment_format::Directory directory, const SegmentHeader& header);

 private:
  SectionWriter(const FileSystem& file_system, std::string path, File file);
  Status flush_block();
  Status write(std::span<const std::byte> data);

  const FileSystem* file_system_;
  std::string path_;
  File file_;
  bool finished_ = false;
  std::uint64_t offset_ = 0;                // where the next byte goes
  std::unique_ptr<Sha256> sha256_;
  std::vector<std::byte> block_;
  std::vector<segment_format::SectionEntry> entries_;
  std::vector<std::uint64_t> checksums_;
};

}  // namespace grounds
