// A changed segment file whose checksums are made right again, as one would who forges it.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>

#include "base/hash.h"
#include "index/segment/format.h"

namespace grounds::testing {

// As far as the file's own directory and footer can still be read; what cannot be is left as it is.
inline void forge_checksums(std::string& bytes) {
  using namespace segment_format;
  Footer footer;
  if (bytes.size() < kHeaderSize + sizeof(footer)) return;
  const std::size_t footer_at = bytes.size() - sizeof(footer);
  std::memcpy(&footer, bytes.data() + footer_at, sizeof(footer));
  const auto hash = [&](std::size_t begin, std::size_t length) {
    return xxh3(std::as_bytes(std::span(bytes).subspan(begin, length)));
  };
  const auto fits = [&](std::uint64_t begin, std::uint64_t length) { return begin <= footer_at && length <= footer_at - begin; };
  Directory directory;
  if (fits(footer.directory_offset, footer.directory_length) && fits(footer.directory_offset, sizeof(directory))) {
    std::memcpy(&directory, bytes.data() + footer.directory_offset, sizeof(directory));
    std::size_t at = footer.directory_offset +
                     align_up(sizeof(directory) + std::size_t{directory.space_bytes} + directory.analyzer_bytes, 8);
    std::array<SectionEntry, kSectionCount> entries;
    if (fits(at, sizeof(entries))) {
      std::memcpy(entries.data(), bytes.data() + at, sizeof(entries));
      at += sizeof(entries);
      for (const SectionEntry& entry : entries) {
        if (!fits(entry.offset, entry.length)) break;
        const std::size_t end = std::min<std::size_t>(entry.offset + align_up(entry.length, kAlignment), footer_at);
        for (std::size_t begin = entry.offset; begin < end && fits(at, sizeof(std::uint64_t)); begin += kBlockSize, at += sizeof(std::uint64_t)) {
          const std::uint64_t checksum = hash(begin, std::min(kBlockSize, end - begin));
          std::memcpy(bytes.data() + at, &checksum, sizeof(checksum));
        }
      }
    }
    footer.directory_checksum = hash(footer.directory_offset, footer.directory_length);
  }
  footer.checksum = xxh3(bytes_of(footer).first(sizeof(footer) - sizeof(footer.checksum)));
  std::memcpy(bytes.data() + footer_at, &footer, sizeof(footer));
}

}  // namespace grounds::testing
