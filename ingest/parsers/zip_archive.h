// ZIP archives in memory, read by their central directory, within bounds of number, size and ratio.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"
#include "ingest/parsers/parse_context.h"

namespace grounds::parsing {

struct ZipEntry {
  std::string name;  // UTF-8, with "/" between folders
  std::uint64_t packed_size = 0, size = 0, offset = 0;
  std::uint16_t method = 0;
  bool encrypted = false;
  bool is_folder() const { return name.ends_with('/'); }
};

// Poco's reader walks the local headers of a stream and takes what they say for granted; here nothing is
// believed but the central directory, and every place is checked against the archive's size.
class ZipArchive {
 public:
  // `bytes` must outlive the archive. Names are UTF-8 where they say so or are so, else read as GB18030 or
  // by detection, all together. kBadInput: no such archive, damaged, or too many files.
  static Result<ZipArchive> open(std::string_view bytes);

  const std::vector<ZipEntry>& entries() const { return entries_; }
  // By its name, or by its name in other case; nullptr without it.
  const ZipEntry* find(std::string_view name) const;
  // kBadInput: encrypted, damaged, an unknown method, or over a bound; what it takes is taken from `context`.
  Result<std::string> read(const ZipEntry& entry, ParseContext& context) const;
  Result<std::string> read(std::string_view name, ParseContext& context) const;  // kNotFound without it

 private:
  std::string_view bytes_;
  std::uint64_t shift_ = 0;  // what stands before the archive proper
  std::vector<ZipEntry> entries_;
};

}  // namespace grounds::parsing
