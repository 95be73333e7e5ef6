#include "index/segment/section_writer.h"

#include <algorithm>
#include <utility>

namespace grounds {

using namespace segment_format;

namespace {

std::string temporary_name(const std::string& path) { return path + ".tmp"; }

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<SectionWriter> SectionWriter::create(const FileSystem& file_system, const std::string& path) {
  GROUNDS_ASSIGN_OR_RETURN(File file, file_system.open(temporary_name(path), OpenMode::kTruncate));
  SectionWriter writer(file_system, path, std::move(file));
  std::array<std::byte, kHeaderSize> header{};
  std::memcpy(header.data(), kMagic.data(), kMagic.size());
  std::memcpy(header.data() + kMagic.size(), &kVersion, sizeof(kVersion));
  GROUNDS_RETURN_IF_ERROR(writer.write(header));
  return writer;
}

SectionWriter::SectionWriter(const FileSystem& file_system, std::string path, File file)
    : file_system_(&file_system), path_(std::move(path)), file_(std::move(file)), sha256_(std::make_unique<Sha256>()) {
  block_.reserve(kBlockSize);
}

SectionWriter::SectionWriter(SectionWriter&& other) noexcept
    : file_system_(other.file_system_),
      path_(std::move(other.path_)),
      file_(std::move(other.file_)),
      finished_(std::exchange(other.finished_, true)),
      offset_(other.offset_),
      sha256_(std::move(other.sha256_)),
      block_(std::move(other.block_)),
      entries_(std::move(other.entries_)),
      checksums_(std::move(other.checksums_)) {}

SectionWriter::~SectionWriter() {
  if (finished_) return;
  (void)file_.close();
  (void)file_system_->remove(temporary_name(path_));  // on failure a stray *.tmp stays, which nothing reads
}

Status SectionWriter::begin(Section section) {
  entries_.push_back({static_cast<std::uint32_t>(section), 0, offset_, 0});
  return {};
}

Status SectionWriter::append(std::span<const std::byte> data) {
  entries_.back().length += data.size();
  while (!data.empty()) {
    const std::size_t part = std::min(data.size(), kBlockSize - block_.size());
    block_.insert(block_.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(part));
    data = data.subspan(part);
    if (block_.size() == kBlockSize) GROUNDS_RETURN_IF_ERROR(flush_block());
  }
  return {};
}

Status SectionWriter::end() {
  block_.resize(align_up(block_.size(), kAlignment));
  return block_.empty() ? Status{} : flush_block();
}

Status SectionWriter::flush_block() {
  checksums_.push_back(xxh3(block_));
  Status written = write(block_);
  block_.clear();
  return written;
}

Status SectionWriter::write(std::span<const std::byte> data) {
  sha256_->update(data);
  GROUNDS_RETURN_IF_ERROR(file_.write(offset_, data));
  offset_ += data.size();
  return {};
}

Result<SegmentSummary> SectionWriter::finish(Directory directory, const SegmentHeader& header) {
  directory.section_count = static_cast<std::uint32_t>(entries_.size());
  directory.space_bytes = static_cast<std::uint32_t>(header.space.size());
  directory.analyzer_bytes = static_cast<std::uint32_t>(header.analyzer.size());
  directory.dimension = header.dimension;

  std::vector<std::byte> bytes;
  const auto add = [&bytes](std::span<const std::byte> data) { bytes.insert(bytes.end(), data.begin(), data.end()); };
  add(bytes_of(directory));
  add(bytes_of(std::string_view(header.space)));
  add(bytes_of(std::string_view(header.analyzer)));
  bytes.resize(align_up(bytes.size(), 8));
  add(std::as_bytes(std::span(entries_)));
  add(std::as_bytes(std::span(checksums_)));

  Footer footer;
  footer.directory_offset = offset_;
  footer.directory_length = bytes.size();
  footer.directory_checksum = xxh3(bytes);
  footer.file_size = offset_ + bytes.size() + sizeof(Footer);
  footer.checksum = xxh3(bytes_of(footer).first(sizeof(Footer) - sizeof(footer.checksum)));
  GROUNDS_RETURN_IF_ERROR(write(bytes));
  GROUNDS_RETURN_IF_ERROR(write(bytes_of(footer)));

  // Content before name, name before anyone is told: a name that survives a crash has its content.
  GROUNDS_RETURN_IF_ERROR(file_.sync());
  GROUNDS_RETURN_IF_ERROR(file_.close());
  GROUNDS_RETURN_IF_ERROR(file_system_->rename(temporary_name(path_), path_));
  finished_ = true;
  if (Status synced = file_system_->sync_directory(folder_of(path_)); !synced) {
    (void)file_system_->remove(path_);
    return fail(std::move(synced).error());
  }
  return SegmentSummary{footer.file_size, directory.chunks, to_hex(sha256_->finish())};
}

}  // namespace grounds
