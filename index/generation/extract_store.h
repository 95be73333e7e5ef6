// Extracts (texts and block maps) by SHA-256: one pack file per commit, zstd frames of 64 KiB, so that
// a quote costs a frame, not a document. Bytes on disk: docs/formats/extract_pack.md.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "grounds/result.h"
#include "index/generation/workspace.h"

namespace grounds {

inline constexpr std::uint32_t kPackFrameBytes = 64 * 1024;

// Where a blob stands in a pack: bytes [offset, offset + length) of its uncompressed stream.
struct PackedBlob {
  std::string sha256;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// Collects the blobs of one commit. Not thread-safe.
class ExtractPackWriter {
 public:
  // Returns the blob's SHA-256. A blob added twice is stored once.
  std::string add(std::string_view blob);
  bool empty() const { return blobs_.empty(); }
  std::uint64_t bytes() const { return stream_.size(); }
  // Writes the pack durably. On failure nothing remains under `path`.
  Status write(const FileSystem& file_system, const std::string& path) const;
  const std::vector<PackedBlob>& blobs() const { return blobs_; }

 private:
  std::string stream_;
  std::vector<PackedBlob> blobs_;
  std::map<std::string, std::size_t> by_hash_;
};

// One pack, mapped. Immutable, thread-safe.
class ExtractPack {
 public:
  static Result<std::shared_ptr<const ExtractPack>> open(const FileSystem& file_system, const std::string& path);
  // Decompresses one frame, checksum first. kDamaged names the pack.
  Result<std::string> frame(std::uint32_t number) const;
  std::uint64_t length() const { return length_; }
  std::uint32_t frames() const { return static_cast<std::uint32_t>(frames_.size()); }
  Status verify() const;

 private:
  struct Frame { std::uint64_t offset; std::uint32_t size; std::uint64_t checksum; };
  std::string path_;
  MappedFile file_;
  std::uint64_t length_ = 0;
  std::vector<Frame> frames_;
};

// Reads extracts of a workspace. Thread-safe; keeps recently used frames.
class ExtractStore {
 public:
  explicit ExtractStore(Workspace& workspace) : workspace_(workspace) {}
  // The whole blob, verified against its hash. kNotFound if it was erased or never there.
  Result<std::string> read(const std::string& sha256);
  // Bytes [begin, end) of the blob.
  Result<std::string> read(const std::string& sha256, std::uint64_t begin, std::uint64_t end);

 private:
  struct Place { std::string file; std::uint64_t offset, length; };
  using FrameKey = std::pair<std::string, std::uint32_t>;  // file names are never used twice
  Result<Place> locate(const std::string& sha256);
  Result<std::shared_ptr<const std::string>> frame(const Place& place, std::uint32_t number, bool& file_gone);
  Result<std::string> read(const Place& place, std::uint64_t begin, std::uint64_t end, bool& file_gone);
  Result<std::string> read_span(const std::string& sha256, std::uint64_t begin, std::optional<std::uint64_t> end);

  static constexpr std::size_t kCachedFrames = 256;  // 16 MiB
  static constexpr std::size_t kOpenPacks = 128;
  Workspace& workspace_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const ExtractPack>> packs_;
  std::list<std::pair<FrameKey, std::shared_ptr<const std::string>>> recent_;
  std::map<FrameKey, decltype(recent_)::iterator> frames_;
};

}  // namespace grounds
