// The sorted terms of a segment, front-coded in blocks of 16, with the place of each term's postings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grounds/result.h"
#include "index/segment/section_reader.h"

namespace grounds {

// Where a term's postings are in the postings section: entries and blocks first, positions after them.
struct TermLocation {
  std::uint32_t document_frequency = 0;
  std::uint64_t offset = 0;
  std::uint64_t postings_bytes = 0;
  std::uint64_t position_bytes = 0;
};

// Collects the terms in memory (about as much as they take in the file).
class DictionaryWriter {
 public:
  // Terms in strictly ascending byte order, their postings one after the other from offset 0 on, lists
  // of several blocks aligned to 4 bytes.
  void add(std::string_view term, const TermLocation& location);
  std::uint64_t terms() const { return terms_; }
  const std::string& bytes() const { return bytes_; }
  const std::vector<std::uint64_t>& index() const { return index_; }

 private:
  std::string bytes_;
  std::vector<std::uint64_t> index_;
  std::string last_;
  std::uint64_t terms_ = 0;
};

// Walks the terms of a segment in order. Not thread-safe; must not outlive the reader.
class DictionaryIterator {
 public:
  explicit DictionaryIterator(const SectionReader& reader) : reader_(&reader) {}
  // Moves to the next term (at first: the first). False: there is none.
  Result<bool> next();
  std::string_view term() const { return term_; }
  const TermLocation& location() const { return location_; }

 private:
  friend Result<std::optional<TermLocation>> find_in_dictionary(const SectionReader& reader, std::string_view term);
  // Places the iterator before the first term of a block.
  Status enter(std::uint64_t block);

  const SectionReader* reader_;
  std::uint64_t read_ = 0;  // terms read, counted from the start of the dictionary
  const std::uint8_t* at_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  std::uint64_t next_offset_ = 0;
  std::string term_;
  TermLocation location_;
};

Result<std::optional<TermLocation>> find_in_dictionary(const SectionReader& reader, std::string_view term);

}  // namespace grounds
