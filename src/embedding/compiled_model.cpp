#include "embedding/compiled_model.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <openvino/openvino.hpp>
#include <sstream>

#include "base/canonical_json.h"
#include "base/hash.h"
#include "base/log.h"
#include "embedding/encoder_graph.h"
#include "embedding/instruction_set.h"
#include "embedding/int8_pass.h"
#include "embedding/model_compiler.h"

namespace grounds {
namespace {

constexpr int kFormatVersion = 1;
constexpr std::string_view kMagic = "GROUNDSC";
constexpr std::size_t kHeaderSize = 4096, kBlockSize = 1 << 20, kPage = 4096;
constexpr std::string_view kSuffix = ".compiled";
constexpr std::int64_t kKeptNanoseconds = std::int64_t{7} * 86'400 * 1'000'000'000;

std::string name_prefix(const CompiledKey& key) {
  return std::string(precision_name(key.precision)) + "-" + instruction_set() + "-";
}

// Little-endian fields at fixed places; see the format's page.
struct Header {
  std::uint64_t blob_size = 0, checksum = 0;
  std::string key;
};

std::string encode(const Header& header) {
  static_assert(std::endian::native == std::endian::little);
  std::string bytes(kHeaderSize, '\0');
  const auto key_size = static_cast<std::uint64_t>(header.key.size());
  std::memcpy(bytes.data(), kMagic.data(), 8);
  std::memcpy(bytes.data() + 8, &header.blob_size, 8);
  std::memcpy(bytes.data() + 16, &header.checksum, 8);
  std::memcpy(bytes.data() + 24, &key_size, 8);
  std::memcpy(bytes.data() + 32, header.key.data(), header.key.size());
  return bytes;
}

Result<Header> decode(std::string_view bytes) {
  Header header;
  std::uint64_t key_size = 0;
  std::memcpy(&header.blob_size, bytes.data() + 8, 8);
  std::memcpy(&header.checksum, bytes.data() + 16, 8);
  std::memcpy(&key_size, bytes.data() + 24, 8);
  if (!bytes.starts_with(kMagic) || key_size > kHeaderSize - 32)
    return fail(ErrorCode::kDamaged, "not a compiled model");
  header.key = bytes.substr(32, key_size);
  return header;
}

// XXH3 of the XXH3 of each MiB: can be taken without holding or mapping the whole.
class BlockChecksum {
 public:
  void add(std::span<const std::byte> block) { sums_.push_back(xxh3(block)); }
  std::uint64_t finish() const { return xxh3(std::as_bytes(std::span(sums_))); }

 private:
  std::vector<std::uint64_t> sums_;
};

// Reads, not maps: pages of a mapping that were touched count as this process's memory.
Status verify(const FileSystem& files, const std::string& path, const std::string& key, std::uint64_t* blob_size) {
  GROUNDS_ASSIGN_OR_RETURN(const File file, files.open(path, OpenMode::kRead));
  std::string bytes(kHeaderSize, '\0');
  GROUNDS_RETURN_IF_ERROR(file.read_exact(0, std::as_writable_bytes(std::span(bytes))));
  GROUNDS_ASSIGN_OR_RETURN(const Header header, decode(bytes));
  GROUNDS_ASSIGN_OR_RETURN(const std::uint64_t size, file.size());
  if (header.key != key || size != kHeaderSize + header.blob_size)
    return fail(ErrorCode::kDamaged, path + ": not the compiled model that its name says");
  BlockChecksum checksum;
  std::vector<std::byte> block(kBlockSize);
  for (std::uint64_t done = 0; done < header.blob_size; done += kBlockSize) {
    const std::span<std::byte> part(block.data(), std::min<std::uint64_t>(kBlockSize, header.blob_size - done));
    GROUNDS_RETURN_IF_ERROR(file.read_exact(kHeaderSize + done, part));
    checksum.add(part);
  }
  if (checksum.finish() != header.checksum) return fail(ErrorCode::kDamaged, path + ": its checksum does not fit");
  *blob_size = header.blob_size;
  return {};
}

Result<ov::CompiledModel> import_blob(std::span<const std::byte> blob, const std::string& path, Precision precision,
                                      int dimension, int streams) {
  try {
    ov::Core core;
    // The tensor only reads; its constructor takes no pointer to const.
    const ov::Tensor tensor(ov::element::u8, ov::Shape{blob.size()}, const_cast<std::byte*>(blob.data()));
    return core.import_model(tensor, "CPU", compile_properties(core, precision, dimension, streams));
  } catch (const std::exception& error) {
    return fail(ErrorCode::kDamaged, path + ": OpenVINO cannot read it: " + error.what());
  }
}

}  // namespace

std::string CompiledKey::to_json() const {
  const Json json = {{"format", kFormatVersion},
                     {"library", std::string(ov::get_openvino_version().buildNumber)},
                     {"instruction_set", instruction_set()},
                     {"encoder_graph", kEncoderGraphVersion},
                     {"int8_pass", kInt8PassVersion},
                     {"model_sha256", model_sha256},
                     {"precision", precision_name(precision)},
                     {"pooling", pooling_name(pooling)},
                     {"dimension", dimension},
                     {"max_tokens", max_tokens},
                     {"vocabulary_size", vocabulary_size}};
  return canonical_json(json).value_or("");
}

std::string CompiledKey::file_name() const {
  return name_prefix(*this) + sha256_hex(to_json()).substr(0, 16) + std::string(kSuffix);
}

Result<CompiledEncoder> open_compiled(const FileSystem& files, const std::string& folder, const CompiledKey& key) {
  const std::string path = folder + "/" + key.file_name();
  if (!files.exists(path)) return fail(ErrorCode::kNotFound, path + ": no such compiled model");
  std::uint64_t blob_size = 0;
  GROUNDS_RETURN_IF_ERROR(verify(files, path, key.to_json(), &blob_size));
  CompiledEncoder result;
  GROUNDS_ASSIGN_OR_RETURN(result.mapping, files.map(path));
  if (result.mapping.bytes().size() != kHeaderSize + blob_size)
    return fail(ErrorCode::kDamaged, path + ": it changed while it was opened");
  // The mapping stays where it is when it is moved.
  const std::span<const std::byte> blob = result.mapping.bytes().subspan(kHeaderSize);
  result.more = [blob, path, precision = key.precision, dimension = key.dimension](int streams) {
    return import_blob(blob, path, precision, dimension, streams);
  };
  GROUNDS_ASSIGN_OR_RETURN(result.model, result.more(result.streams));
  return result;
}

Status save_compiled(const FileSystem& files, const std::string& folder, const CompiledKey& key,
                     ov::CompiledModel& model) {
  static_assert(kHeaderSize % kPage == 0, "the blob is mapped at a page");
  std::string content(kHeaderSize, '\0');
  try {
    std::ostringstream stream;
    model.export_model(stream);
    content += std::move(stream).str();
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInternal, std::string("OpenVINO cannot export the model: ") + error.what());
  }
  const std::span<const std::byte> blob = std::as_bytes(std::span(content)).subspan(kHeaderSize);
  BlockChecksum checksum;
  for (std::size_t done = 0; done < blob.size(); done += kBlockSize)
    checksum.add(blob.subspan(done, std::min(kBlockSize, blob.size() - done)));
  const Header header{blob.size(), checksum.finish(), key.to_json()};
  if (header.key.size() > kHeaderSize - 32) return fail(ErrorCode::kInternal, "a compiled model's key is too long");
  content.replace(0, kHeaderSize, encode(header));
  GROUNDS_RETURN_IF_ERROR(files.write_durably(folder + "/" + key.file_name(), content));

  GROUNDS_ASSIGN_OR_RETURN(const auto entries, files.list(folder));
  const auto saved = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.name == key.file_name(); });
  if (saved == entries.end()) return {};
  // Not those of the last days: two versions of this program may be in use, and would undo each other's work.
  const std::int64_t outdated = saved->status.modified_ns - kKeptNanoseconds;
  for (const DirectoryEntry& entry : entries)
    if (entry.name.starts_with(name_prefix(key)) && entry.name.ends_with(kSuffix) && entry.status.modified_ns < outdated)
      GROUNDS_RETURN_IF_ERROR(files.remove(folder + "/" + entry.name));
  return {};
}

}  // namespace grounds
