#include "index/segment/section_reader.h"

#include <algorithm>

#include "base/hash.h"

namespace grounds {

using namespace segment_format;

namespace {

constexpr std::string_view kHint = "run: grounds doctor; then restore a backup, or ingest the documents into a new collection";

}  // namespace

tl::unexpected<Error> SectionReader::damaged(std::string_view what) const {
  return fail(ErrorCode::kDamaged, "segment " + path_ + " is damaged: " + std::string(what), std::string(kHint));
}

Result<std::unique_ptr<SectionReader>> SectionReader::open(const FileSystem& file_system, const std::string& path) {
  std::unique_ptr<SectionReader> reader(new SectionReader);
  reader->path_ = path;
  GROUNDS_ASSIGN_OR_RETURN(reader->file_, file_system.map(path));
  GROUNDS_RETURN_IF_ERROR(reader->read_directory());
  return reader;
}

Status SectionReader::read_directory() {
  const std::span<const std::byte> file = file_.bytes();
  if (file.size() < kHeaderSize + sizeof(Directory) + sizeof(Footer)) return damaged("it is too short");

  Footer footer;
  std::memcpy(&footer, file.data() + file.size() - sizeof(Footer), sizeof(Footer));
  if (footer.magic != kMagic) return damaged("its end is missing");
  if (footer.checksum != xxh3(bytes_of(footer).first(sizeof(Footer) - sizeof(footer.checksum)))) {
    return damaged("the footer fails its checksum");
  }
  if (footer.version != kVersion) {
    return fail(ErrorCode::kDamaged,
                "segment " + path_ + " has format version " + std::to_string(footer.version) + "; this program reads " +
                    std::to_string(kVersion),
                "use the release that wrote it, or ingest the documents into a new collection");
  }
  std::array<std::byte, kHeaderSize> header{};
  std::memcpy(header.data(), kMagic.data(), kMagic.size());
  std::memcpy(header.data() + kMagic.size(), &kVersion, sizeof(kVersion));
  if (!std::equal(header.begin(), header.end(), file.begin())) return damaged("the header is not that of a segment");

  const std::uint64_t end = file.size() - sizeof(Footer);
  if (footer.file_size != file.size() || footer.directory_offset > end || footer.directory_offset < kHeaderSize ||
      footer.directory_offset % kAlignment != 0 || footer.directory_length != end - footer.directory_offset ||
      footer.directory_length < sizeof(Directory)) {
    return damaged("it has another size than was written");
  }
  const auto directory = file.subspan(footer.directory_offset, footer.directory_length);
  if (footer.directory_checksum != xxh3(directory)) return damaged("the directory fails its checksum");

  std::memcpy(&directory_, directory.data(), sizeof(Directory));
  const std::uint64_t strings = std::uint64_t{directory_.space_bytes} + directory_.analyzer_bytes;
  const std::uint64_t table = align_up(sizeof(Directory) + strings, 8);
  if (directory_.section_count != kSectionCount || directory_.chunks > kMaxSegmentChunks ||
      (directory_.length_bytes != 2 && directory_.length_bytes != 4) ||
      table + kSectionCount * sizeof(SectionEntry) > directory.size()) {
    return damaged("the directory makes no sense");
  }
  const char* text = reinterpret_cast<const char*>(directory.data()) + sizeof(Directory);
  header_.space.assign(text, directory_.space_bytes);
  header_.analyzer.assign(text + directory_.space_bytes, directory_.analyzer_bytes);
  header_.dimension = directory_.dimension;

  std::memcpy(entries_.data(), directory.data() + table, sizeof(entries_));
  std::uint64_t next = kHeaderSize, checksum_at = table + sizeof(entries_);
  for (std::size_t i = 0; i < kSectionCount; ++i) {
    const SectionEntry& entry = entries_[i];
    if (entry.kind != i + 1 || entry.offset != next || entry.length > footer.directory_offset - next) {
      return damaged("the section table makes no sense");
    }
    next = align_up(entry.offset + entry.length, kAlignment);
    const std::uint64_t blocks = block_count(i);
    if (next > footer.directory_offset || blocks > (directory.size() - checksum_at) / sizeof(std::uint64_t)) {
      return damaged("the section table makes no sense");
    }
    checksums_[i] = reinterpret_cast<const std::uint64_t*>(directory.data() + checksum_at);
    checksum_at += blocks * sizeof(std::uint64_t);
    verified_[i] = std::make_unique<std::atomic<bool>[]>(blocks);
  }
  if (next != footer.directory_offset || checksum_at != directory.size()) {
    return damaged("the section table makes no sense");
  }
  const std::uint64_t chunks = directory_.chunks;
  if (length(Section::kCodes) != chunks * directory_.dimension || length(Section::kIds) != chunks * sizeof(ChunkId) ||
      (length(Section::kCreated) != 0 && length(Section::kCreated) != chunks * sizeof(Generation)) ||
      length(Section::kDocuments) != chunks * sizeof(std::int64_t) ||
      length(Section::kLengths) != chunks * kFieldCount * directory_.length_bytes ||
      length(Section::kDictionaryIndex) != (directory_.terms + kTermsPerBlock - 1) / kTermsPerBlock * sizeof(std::uint64_t)) {
    return damaged("a section has another size than its content needs");
  }
  return {};
}

std::uint64_t SectionReader::block_count(std::size_t section) const {
  return (align_up(entries_[section].length, kAlignment) + kBlockSize - 1) / kBlockSize;
}

bool SectionReader::block_is_intact(std::size_t section, std::uint64_t block) const {
  const std::uint64_t padded = align_up(entries_[section].length, kAlignment);
  const std::uint64_t begin = block * kBlockSize;
  const auto data = file_.bytes().subspan(entries_[section].offset + begin, std::min<std::uint64_t>(kBlockSize, padded - begin));
  return xxh3(data) == checksums_[section][block];
}

Result<std::span<const std::uint8_t>> SectionReader::bytes(Section section, std::uint64_t offset,
                                                           std::uint64_t length) const {
  const std::size_t index = static_cast<std::size_t>(section) - 1;
  const SectionEntry& entry = entries_[index];
  if (offset > entry.length || length > entry.length - offset) return damaged("it refers to bytes that are not there");
  const auto* data = reinterpret_cast<const std::uint8_t*>(file_.bytes().data()) + entry.offset + offset;
  if (length == 0) return std::span<const std::uint8_t>(data, 0);
  // Marks are only ever set, and what they vouch for is read-only memory: relaxed order suffices.
  if (all_verified_[index].load(std::memory_order_relaxed)) return std::span(data, length);
  const std::uint64_t first = offset / kBlockSize, last = (offset + length - 1) / kBlockSize;
  for (std::uint64_t block = first; block <= last; ++block) {
    if (verified_[index][block].load(std::memory_order_relaxed)) continue;
    if (!block_is_intact(index, block)) {
      return damaged("block " + std::to_string(block) + " of section " + std::to_string(index + 1) + " fails its checksum");
    }
    verified_[index][block].store(true, std::memory_order_relaxed);
  }
  if (first == 0 && last + 1 == block_count(index)) all_verified_[index].store(true, std::memory_order_relaxed);
  return std::span(data, length);
}

Status SectionReader::verify() const {
  for (std::size_t section = 0; section < kSectionCount; ++section) {
    for (std::uint64_t block = 0; block < block_count(section); ++block) {
      if (!block_is_intact(section, block)) {
        return damaged("block " + std::to_string(block) + " of section " + std::to_string(section + 1) + " fails its checksum");
      }
    }
  }
  return {};
}

}  // namespace grounds
