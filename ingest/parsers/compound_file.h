// OLE compound files ([MS-CFB]): what old Office documents and Outlook messages are stored in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"

namespace grounds::parsing {

class CompoundFile {
 public:
  struct Entry {
    std::string name;  // UTF-8
    bool is_stream = false;
    std::uint32_t first = 0;
    std::uint64_t size = 0;
    std::int64_t parent = -1;  // index of the storage it is in; -1 for the root itself
  };

  // `bytes` must outlive it. kBadInput: no such file, or damaged.
  static Result<CompoundFile> open(std::string_view bytes);

  const std::vector<Entry>& entries() const { return entries_; }
  // Directly below the root.
  bool has(std::string_view name) const { return find(name, 0) >= 0; }
  // Index of an entry by name in a storage (0: the root); -1 without it.
  std::int64_t find(std::string_view name, std::int64_t storage) const;
  // The bytes of a stream. kBadInput: its chain of sectors is broken or does not end.
  Result<std::string> read(const Entry& entry) const;

 private:
  std::string_view sector(std::uint32_t number) const;  // empty: outside of the file
  Result<std::string> chain(std::uint32_t first, std::uint64_t size) const;

  std::string_view bytes_;
  std::size_t sector_size_ = 512;
  std::uint64_t small_limit_ = 4096;
  std::vector<std::uint32_t> next_;        // the file allocation table
  std::vector<std::uint32_t> small_next_;  // that of small sectors
  std::string small_;                      // the stream that small sectors are in
  std::vector<Entry> entries_;
};

}  // namespace grounds::parsing
