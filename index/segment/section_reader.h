// Gives out the bytes of a mapped segment file, each block verified against its checksum first.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "base/file_system.h"
#include "index/segment/format.h"
#include "index/segment/segment.h"

namespace grounds {

// Immutable but for the marks of what was verified already. Thread-safe.
class SectionReader {
 public:
  // Reads and checks footer, directory and section table, and nothing else.
  static Result<std::unique_ptr<SectionReader>> open(const FileSystem& file_system, const std::string& path);

  const std::string& path() const { return path_; }
  const segment_format::Directory& directory() const { return directory_; }
  const SegmentHeader& header() const { return header_; }
  std::uint64_t length(segment_format::Section section) const { return entry(section).length; }

  // `length` bytes of a section. kDamaged if they are not all there or fail their checksum.
  Result<std::span<const std::uint8_t>> bytes(segment_format::Section section, std::uint64_t offset,
                                              std::uint64_t length) const;
  Result<std::span<const std::uint8_t>> all(segment_format::Section section) const {
    return bytes(section, 0, length(section));
  }
  // Hashes every block again, whether it was verified before or not.
  Status verify() const;
  // The error of a file that cannot be what it claims to be.
  tl::unexpected<Error> damaged(std::string_view what) const;

 private:
  SectionReader() = default;
  Status read_directory();
  const segment_format::SectionEntry& entry(segment_format::Section section) const {
    return entries_[static_cast<std::size_t>(section) - 1];
  }
  std::uint64_t block_count(std::size_t section) const;
  bool block_is_intact(std::size_t section, std::uint64_t block) const;

  std::string path_;
  MappedFile file_;
  segment_format::Directory directory_;
  SegmentHeader header_;
  std::array<segment_format::SectionEntry, segment_format::kSectionCount> entries_{};
  std::array<const std::uint64_t*, segment_format::kSectionCount> checksums_{};  // into the mapping
  std::array<std::unique_ptr<std::atomic<bool>[]>, segment_format::kSectionCount> verified_;
  mutable std::array<std::atomic<bool>, segment_format::kSectionCount> all_verified_{};
};

}  // namespace grounds
