#include "index/segment/dictionary.h"

#include <algorithm>

namespace grounds {

using namespace segment_format;

namespace {

// The bytes of one dictionary block.
Result<std::span<const std::uint8_t>> block_bytes(const SectionReader& reader, std::uint64_t block) {
  const std::uint64_t count = reader.length(Section::kDictionaryIndex) / sizeof(std::uint64_t);
  const std::uint64_t wanted = block + 1 < count ? 2 : 1;
  GROUNDS_ASSIGN_OR_RETURN(const auto index,
                           reader.bytes(Section::kDictionaryIndex, block * sizeof(std::uint64_t), wanted * sizeof(std::uint64_t)));
  std::array<std::uint64_t, 2> bounds{0, reader.length(Section::kDictionary)};
  std::memcpy(bounds.data(), index.data(), index.size());
  if (bounds[0] > bounds[1]) return reader.damaged("the dictionary's index makes no sense");
  return reader.bytes(Section::kDictionary, bounds[0], bounds[1] - bounds[0]);
}

// A block starts with the varint offset of its first term's postings, then its first term, whole.
Result<std::string_view> first_term(const SectionReader& reader, std::uint64_t block) {
  GROUNDS_ASSIGN_OR_RETURN(const auto bytes, block_bytes(reader, block));
  const std::uint8_t* at = bytes.data();
  const std::uint8_t* end = at + bytes.size();
  std::uint64_t offset = 0;
  std::uint32_t shared = 0, length = 0;
  if (!read_varint(at, end, offset) || !read_varint(at, end, shared) || !read_varint(at, end, length) || shared != 0 ||
      length > static_cast<std::uint64_t>(end - at)) {
    return reader.damaged("a dictionary block makes no sense");
  }
  return std::string_view(reinterpret_cast<const char*>(at), length);
}

}  // namespace

void DictionaryWriter::add(std::string_view term, const TermLocation& location) {
  std::size_t shared = 0;
  if (terms_ % kTermsPerBlock == 0) {
    index_.push_back(bytes_.size());
    append_varint(bytes_, location.offset);
  } else {
    shared = static_cast<std::size_t>(std::mismatch(term.begin(), term.end(), last_.begin(), last_.end()).first - term.begin());
  }
  append_varint(bytes_, shared);
  append_varint(bytes_, term.size() - shared);
  bytes_.append(term.substr(shared));
  append_varint(bytes_, location.document_frequency);
  append_varint(bytes_, location.postings_bytes);
  append_varint(bytes_, location.position_bytes);
  last_ = term;
  ++terms_;
}

Status DictionaryIterator::enter(std::uint64_t block) {
  GROUNDS_ASSIGN_OR_RETURN(const auto bytes, block_bytes(*reader_, block));
  at_ = bytes.data();
  end_ = at_ + bytes.size();
  read_ = block * kTermsPerBlock;
  term_.clear();
  if (!read_varint(at_, end_, next_offset_)) return reader_->damaged("a dictionary block makes no sense");
  return {};
}

Result<bool> DictionaryIterator::next() {
  if (read_ >= reader_->directory().terms) return false;
  if (read_ % kTermsPerBlock == 0) GROUNDS_RETURN_IF_ERROR(enter(read_ / kTermsPerBlock));
  std::uint32_t shared = 0, length = 0;
  if (!read_varint(at_, end_, shared) || !read_varint(at_, end_, length) || shared > term_.size() ||
      length > static_cast<std::uint64_t>(end_ - at_)) {
    return reader_->damaged("a dictionary block makes no sense");
  }
  term_.resize(shared);
  term_.append(reinterpret_cast<const char*>(at_), length);
  at_ += length;
  if (!read_varint(at_, end_, location_.document_frequency) || !read_varint(at_, end_, location_.postings_bytes) ||
      !read_varint(at_, end_, location_.position_bytes) || location_.document_frequency == 0 ||
      location_.document_frequency > reader_->directory().chunks) {
    return reader_->damaged("a dictionary block makes no sense");
  }
  location_.offset = location_.document_frequency > kPostingsPerBlock ? align_up(next_offset_, 4) : next_offset_;
  next_offset_ = location_.offset + location_.postings_bytes + location_.position_bytes;
  ++read_;
  return true;
}

Result<std::optional<TermLocation>> find_in_dictionary(const SectionReader& reader, std::string_view term) {
  std::optional<TermLocation> none;
  std::uint64_t low = 0, high = reader.length(Section::kDictionaryIndex) / sizeof(std::uint64_t);
  while (low < high) {  // the first block whose first term is greater
    const std::uint64_t middle = low + (high - low) / 2;
    GROUNDS_ASSIGN_OR_RETURN(const std::string_view first, first_term(reader, middle));
    if (first <= term) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return none;
  DictionaryIterator iterator(reader);
  GROUNDS_RETURN_IF_ERROR(iterator.enter(low - 1));
  // enter() reads the block's head, which next() would do again for the first term of a block.
  for (std::uint32_t i = 0; i < kTermsPerBlock; ++i) {
    GROUNDS_ASSIGN_OR_RETURN(const bool more, iterator.next());
    if (!more || iterator.term() > term) return none;
    if (iterator.term() == term) return std::optional<TermLocation>(iterator.location());
  }
  return none;
}

}  // namespace grounds
