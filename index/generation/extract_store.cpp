#include "index/generation/extract_store.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "base/hash.h"

namespace grounds {
namespace {

// Layout (integers little-endian): magic, frames, index (one IndexEntry a frame), Footer.
constexpr std::string_view kMagic = "GRPACK01";
constexpr std::size_t kIndexEntryBytes = 20;  // offset u64, size u32, checksum u64
constexpr std::size_t kFooterBytes = 32;      // frames u32, frame bytes u32, length u64, index checksum u64, magic

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

std::uint64_t get(std::span<const std::byte> bytes, std::size_t at, int count) {
  std::uint64_t value = 0;
  for (int i = count; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + i]);
  return value;
}

std::span<const std::byte> as_bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

tl::unexpected<Error> damaged(const std::string& path, std::string_view what) {
  return fail(ErrorCode::kDamaged, path + ": damaged extract pack (" + std::string(what) + ")",
              "run: grounds doctor; then ingest the documents it names again, or restore a backup");
}

}  // namespace

std::string ExtractPackWriter::add(std::string_view blob) {
  std::string hash = sha256_hex(blob);
  if (by_hash_.try_emplace(hash, blobs_.size()).second) {
    blobs_.push_back({hash, stream_.size(), blob.size()});
    stream_.append(blob);
  }
  return hash;
}

Status ExtractPackWriter::write(const FileSystem& file_system, const std::string& path) const {
  std::string out(kMagic), index;
  std::uint32_t frames = 0;
  std::string compressed;
  for (std::size_t at = 0; at < stream_.size(); at += kPackFrameBytes, ++frames) {
    std::size_t size = std::min<std::size_t>(kPackFrameBytes, stream_.size() - at);
    compressed.resize(ZSTD_compressBound(size));
    std::size_t written = ZSTD_compress(compressed.data(), compressed.size(), stream_.data() + at, size, 3);
    if (ZSTD_isError(written)) return fail(ErrorCode::kInternal, std::string("zstd: ") + ZSTD_getErrorName(written));
    compressed.resize(written);
    put(index, out.size(), 8);
    put(index, written, 4);
    put(index, xxh3(as_bytes_of(compressed)), 8);
    out += compressed;
  }
  out += index;
  put(out, frames, 4);
  put(out, kPackFrameBytes, 4);
  put(out, stream_.size(), 8);
  put(out, xxh3(as_bytes_of(index)), 8);
  out += kMagic;
  return file_system.write_durably(path, out);
}

Result<std::shared_ptr<const ExtractPack>> ExtractPack::open(const FileSystem& file_system, const std::string& path) {
  auto pack = std::make_shared<ExtractPack>();
  pack->path_ = path;
  GROUNDS_ASSIGN_OR_RETURN(pack->file_, file_system.map(path));
  std::span<const std::byte> bytes = pack->file_.bytes();
  if (bytes.size() < kMagic.size() + kFooterBytes) return damaged(path, "too short");
  if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) return damaged(path, "wrong header");
  std::size_t footer = bytes.size() - kFooterBytes;
  if (std::memcmp(bytes.data() + footer + 24, kMagic.data(), kMagic.size()) != 0) return damaged(path, "wrong footer");
  std::uint64_t frames = get(bytes, footer, 4);
  pack->length_ = get(bytes, footer + 8, 8);
  std::uint64_t index_bytes = frames * kIndexEntryBytes;
  if (get(bytes, footer + 4, 4) != kPackFrameBytes || index_bytes > footer - kMagic.size())
    return damaged(path, "impossible index");
  if (frames != pack->length_ / kPackFrameBytes + (pack->length_ % kPackFrameBytes != 0))
    return damaged(path, "wrong number of frames");
  std::size_t index = footer - index_bytes;
  if (xxh3(bytes.subspan(index, index_bytes)) != get(bytes, footer + 16, 8)) return damaged(path, "index checksum");
  std::uint64_t next = kMagic.size();
  for (std::uint64_t i = 0; i < frames; ++i) {
    std::size_t at = index + i * kIndexEntryBytes;
    Frame frame{get(bytes, at, 8), static_cast<std::uint32_t>(get(bytes, at + 8, 4)), get(bytes, at + 12, 8)};
    if (frame.offset != next || frame.size > index - frame.offset) return damaged(path, "impossible frame");
    next += frame.size;
    pack->frames_.push_back(frame);
  }
  if (next != index) return damaged(path, "bytes between frames and index");
  return std::shared_ptr<const ExtractPack>(std::move(pack));
}

Result<std::string> ExtractPack::frame(std::uint32_t number) const {
  if (number >= frames_.size()) return damaged(path_, "no such frame");
  const Frame& frame = frames_[number];
  std::span<const std::byte> bytes = file_.bytes().subspan(frame.offset, frame.size);
  if (xxh3(bytes) != frame.checksum) return damaged(path_, "frame checksum");
  std::uint64_t begin = std::uint64_t{number} * kPackFrameBytes;
  std::string out(std::min<std::uint64_t>(kPackFrameBytes, length_ - begin), '\0');
  std::size_t size = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(size) || size != out.size()) return damaged(path_, "frame content");
  return out;
}

Status ExtractPack::verify() const {
  for (std::uint32_t i = 0; i < frames(); ++i) GROUNDS_RETURN_IF_ERROR(frame(i));
  return {};
}

Result<ExtractStore::Place> ExtractStore::locate(const std::string& sha256) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      catalog->prepare("SELECT p.file, e.\"offset\", e.length FROM extracts e JOIN packs p ON p.id = e.pack "
                       "WHERE e.sha256 = ?"));
  statement.bind(sha256);
  GROUNDS_ASSIGN_OR_RETURN(bool found, statement.step());
  if (!found) return fail(ErrorCode::kNotFound, "extract " + sha256 + " is not stored");
  return Place{statement.text(0), static_cast<std::uint64_t>(statement.integer(1)),
               static_cast<std::uint64_t>(statement.integer(2))};
}

Result<std::shared_ptr<const std::string>> ExtractStore::frame(const Place& place, std::uint32_t number,
                                                               bool& file_gone) {
  std::shared_ptr<const ExtractPack> pack;
  {
    std::lock_guard lock(mutex_);
    if (auto found = frames_.find({place.file, number}); found != frames_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return found->second->second;
    }
    if (auto found = packs_.find(place.file); found != packs_.end()) pack = found->second;
  }
  if (!pack) {
    auto opened = ExtractPack::open(workspace_.file_system(), workspace_.extract_path(place.file));
    if (!opened) {
      file_gone = opened.error().code == ErrorCode::kNotFound;
      return fail(std::move(opened).error());
    }
    pack = std::move(*opened);
    std::lock_guard lock(mutex_);
    // Opening is cheap, and an open pack that was replaced meanwhile keeps its disk space: not too many.
    if (packs_.size() >= kOpenPacks) packs_.clear();
    packs_.emplace(place.file, pack);
  }
  GROUNDS_ASSIGN_OR_RETURN(std::string content, pack->frame(number));
  auto shared = std::make_shared<const std::string>(std::move(content));
  std::lock_guard lock(mutex_);
  FrameKey key{place.file, number};
  if (!frames_.contains(key)) {
    recent_.emplace_front(key, shared);
    frames_[key] = recent_.begin();
    if (recent_.size() > kCachedFrames) {
      frames_.erase(recent_.back().first);
      recent_.pop_back();
    }
  }
  return shared;
}

Result<std::string> ExtractStore::read(const Place& place, std::uint64_t begin, std::uint64_t end, bool& file_gone) {
  if (begin > end || end > place.length)
    return fail(ErrorCode::kInternal, "span [" + std::to_string(begin) + ", " + std::to_string(end) +
                                          ") lies outside its extract of " + std::to_string(place.length) + " bytes");
  std::string out;
  out.reserve(end - begin);
  std::uint64_t at = place.offset + begin, stop = place.offset + end;
  while (at < stop) {
    std::uint32_t number = static_cast<std::uint32_t>(at / kPackFrameBytes);
    GROUNDS_ASSIGN_OR_RETURN(auto content, frame(place, number, file_gone));
    std::uint64_t inside = at % kPackFrameBytes;
    if (inside >= content->size()) return damaged(place.file, "extract beyond the pack's end");
    std::uint64_t take = std::min<std::uint64_t>(stop - at, content->size() - inside);
    out.append(*content, inside, take);
    at += take;
  }
  return out;
}

Result<std::string> ExtractStore::read_span(const std::string& sha256, std::uint64_t begin,
                                            std::optional<std::uint64_t> end) {
  // Packs are rewritten when much in them is no longer needed, perhaps between our reading of the place
  // and our opening of the file; then the catalog names another place.
  for (int attempt = 0;; ++attempt) {
    GROUNDS_ASSIGN_OR_RETURN(Place place, locate(sha256));
    bool file_gone = false;
    auto bytes = read(place, begin, end.value_or(place.length), file_gone);
    if (bytes || !file_gone) return bytes;
    if (attempt == 3)
      return fail(ErrorCode::kDamaged, bytes.error().message,
                  "a file of the workspace is gone: restore it from a backup, or run: grounds doctor");
  }
}

Result<std::string> ExtractStore::read(const std::string& sha256) {
  GROUNDS_ASSIGN_OR_RETURN(std::string blob, read_span(sha256, 0, std::nullopt));
  if (sha256_hex(blob) != sha256) return damaged("extract " + sha256, "hash");
  return blob;
}

Result<std::string> ExtractStore::read(const std::string& sha256, std::uint64_t begin, std::uint64_t end) {
  return read_span(sha256, begin, end);
}

}  // namespace grounds
