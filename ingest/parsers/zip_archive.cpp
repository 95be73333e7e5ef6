#include "ingest/parsers/zip_archive.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "ingest/parsers/encoding.h"

namespace grounds::parsing {
namespace {

constexpr std::size_t kEndSize = 22, kMaxComment = 65'535, kCentralSize = 46, kLocalSize = 30;
constexpr std::uint16_t kEncryptedFlag = 1, kUtf8Flag = 1 << 11;

std::uint64_t number_at(std::string_view bytes, std::uint64_t at, int size) {
  std::uint64_t value = 0;
  for (int i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::uint64_t>(i)]);
  return value;
}

tl::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::kBadInput, "the archive is damaged or cut off: " + std::string(what));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_but_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

struct Directory {
  std::uint64_t offset = 0, size = 0, count = 0, end = 0;  // end: where its end record stands
};

Result<Directory> find_directory(std::string_view bytes) {
  if (bytes.size() < kEndSize) return damaged("it is too short");
  const std::size_t first = bytes.size() - std::min(bytes.size(), kEndSize + kMaxComment);
  const std::size_t at = bytes.rfind("PK\5\6", bytes.size() - kEndSize);
  if (at == std::string_view::npos || at < first) return damaged("its table of contents is missing");
  Directory directory{number_at(bytes, at + 16, 4), number_at(bytes, at + 12, 4), number_at(bytes, at + 10, 2), at};
  if (at >= 20 && bytes.substr(at - 20, 4) == "PK\6\7") {  // ZIP64
    const std::uint64_t record = number_at(bytes, at - 12, 8);
    if (record <= bytes.size() && bytes.size() - record >= 56 && bytes.substr(record, 4) == "PK\6\6") {
      directory = {number_at(bytes, record + 48, 8), number_at(bytes, record + 40, 8), number_at(bytes, record + 32, 8), record};
    }
  }
  if (directory.size > directory.end) return damaged("its table of contents is not in the file");
  return directory;
}

// Fields of 0xFFFFFFFF are in the ZIP64 part of the extra data; a Unicode name may be there, too.
void read_extra(std::string_view extra, ZipEntry& entry, std::string& unicode_name) {
  while (extra.size() >= 4) {
    const std::uint64_t id = number_at(extra, 0, 2), size = number_at(extra, 2, 2);
    if (size > extra.size() - 4) return;
    std::string_view data = extra.substr(4, size);
    extra.remove_prefix(4 + size);
    if (id == 1) {
      for (std::uint64_t* field : {&entry.size, &entry.packed_size, &entry.offset}) {
        if (*field != 0xFFFFFFFF || data.size() < 8) continue;
        *field = number_at(data, 0, 8);
        data.remove_prefix(8);
      }
    } else if (id == 0x7075 && data.size() > 5 && data[0] == 1) {
      unicode_name = data.substr(5);
    }
  }
}

// Names without a mark of UTF-8, read together: one name alone says little about its encoding.
void decode_names(std::vector<ZipEntry>& entries, const std::vector<std::size_t>& legacy) {
  std::string all;
  for (const std::size_t i : legacy) {
    std::string& name = entries[i].name;
    std::replace(name.begin(), name.end(), '\n', '_');
    all.append(name).append("\n");
  }
  if (!is_valid_utf8(all)) {
    const auto decoded = decode_text(all, "gb18030");
    all = decoded ? decoded->text : replace_invalid_utf8(all);
  }
  std::size_t begin = 0;
  for (const std::size_t i : legacy) {
    const std::size_t end = std::min(all.find('\n', begin), all.size());
    entries[i].name = all.substr(begin, end - begin);
    begin = std::min(end + 1, all.size());
  }
}

}  // namespace

Result<ZipArchive> ZipArchive::open(std::string_view bytes) {
  GROUNDS_ASSIGN_OR_RETURN(const Directory directory, find_directory(bytes));
  if (directory.count > kMaxZipEntries) {
    return fail(ErrorCode::kBadInput, "the archive holds " + std::to_string(directory.count) + " files, at most " +
                                          std::to_string(kMaxZipEntries) + " are read");
  }
  ZipArchive archive;
  archive.bytes_ = bytes;
  const std::uint64_t begin = directory.end - directory.size;
  if (begin > directory.offset) archive.shift_ = begin - directory.offset;
  std::vector<std::size_t> legacy;
  std::uint64_t at = begin;
  for (std::uint64_t i = 0; i < directory.count; ++i) {
    if (directory.end - at < kCentralSize || bytes.substr(at, 4) != "PK\1\2") return damaged("its table of contents breaks off");
    const std::uint64_t name_size = number_at(bytes, at + 28, 2), extra_size = number_at(bytes, at + 30, 2);
    const std::uint64_t total = kCentralSize + name_size + extra_size + number_at(bytes, at + 32, 2);
    if (directory.end - at < total) return damaged("its table of contents breaks off");
    ZipEntry entry;
    const std::uint64_t flags = number_at(bytes, at + 8, 2);
    entry.encrypted = (flags & kEncryptedFlag) != 0;
    entry.method = static_cast<std::uint16_t>(number_at(bytes, at + 10, 2));
    entry.packed_size = number_at(bytes, at + 20, 4);
    entry.size = number_at(bytes, at + 24, 4);
    entry.offset = number_at(bytes, at + 42, 4);
    entry.name = bytes.substr(at + kCentralSize, name_size);
    std::string unicode_name;
    read_extra(bytes.substr(at + kCentralSize + name_size, extra_size), entry, unicode_name);
    if (!unicode_name.empty() && is_valid_utf8(unicode_name)) entry.name = unicode_name;
    else if ((flags & kUtf8Flag) != 0) entry.name = replace_invalid_utf8(entry.name);
    else legacy.push_back(archive.entries_.size());
    archive.entries_.push_back(std::move(entry));
    at += total;
  }
  decode_names(archive.entries_, legacy);
  for (ZipEntry& entry : archive.entries_) std::replace(entry.name.begin(), entry.name.end(), '\\', '/');
  return archive;
}

const ZipEntry* ZipArchive::find(std::string_view name) const {
  const ZipEntry* other_case = nullptr;
  for (const ZipEntry& entry : entries_) {
    if (entry.name == name) return &entry;
    if (other_case == nullptr && equal_but_case(entry.name, name)) other_case = &entry;
  }
  return other_case;
}

Result<std::string> ZipArchive::read(std::string_view name, ParseContext& context) const {
  const ZipEntry* const entry = find(name);
  if (entry == nullptr) return fail(ErrorCode::kNotFound, "the archive has no file " + std::string(name));
  return read(*entry, context);
}

Result<std::string> ZipArchive::read(const ZipEntry& entry, ParseContext& context) const {
  if (entry.encrypted) {
    return fail(ErrorCode::kBadInput, "it is encrypted", "decrypt it first; passwords are not taken");
  }
  const std::uint64_t local = entry.offset + shift_;
  if (local > bytes_.size() || bytes_.size() - local < kLocalSize || bytes_.substr(local, 4) != "PK\3\4") {
    return damaged("a file of it is not where it should be");
  }
  const std::uint64_t begin = local + kLocalSize + number_at(bytes_, local + 26, 2) + number_at(bytes_, local + 28, 2);
  if (begin > bytes_.size() || bytes_.size() - begin < entry.packed_size) return damaged("a file of it is cut off");
  const std::string_view packed = bytes_.substr(begin, entry.packed_size);
  const std::uint64_t bound = std::min(kMaxEntryBytes, context.unpacked_bytes_left);
  const auto too_large = [&] {
    return fail(ErrorCode::kBadInput, "it unpacks to more than is read (" + std::to_string(kMaxEntryBytes >> 20) +
                                          " MB for one file, " + std::to_string(kMaxUnpackedBytes >> 20) +
                                          " MB for a document, " + std::to_string(kMaxUnpackRatio) + " times its size)");
  };
  if (entry.method == 0) {
    if (packed.size() > bound) return too_large();
    context.unpacked_bytes_left -= packed.size();
    return std::string(packed);
  }
  if (entry.method != 8) {
    return fail(ErrorCode::kBadInput, "it is compressed by method " + std::to_string(entry.method) + ", which is not supported");
  }
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return fail(ErrorCode::kBadInput, "it needs more memory than a parser may use");
  struct End {
    z_stream& stream;
    ~End() { inflateEnd(&stream); }
  } const end{stream};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  std::array<char, 65'536> step;
  for (int status = Z_OK; status != Z_STREAM_END;) {
    stream.next_out = reinterpret_cast<Bytef*>(step.data());
    stream.avail_out = static_cast<uInt>(step.size());
    status = inflate(&stream, Z_NO_FLUSH);
    const std::size_t count = step.size() - stream.avail_out;
    out.append(step.data(), count);
    const bool bomb = out.size() > kFreeUnpackedBytes && out.size() / kMaxUnpackRatio > packed.size();
    if (out.size() > bound || bomb) return too_large();
    if (status != Z_OK && status != Z_STREAM_END) return damaged("the data of a file in it is broken");
    if (status == Z_OK && count == 0 && stream.avail_in == 0) return damaged("a file of it is cut off");
  }
  context.unpacked_bytes_left -= out.size();
  return out;
}

}  // namespace grounds::parsing
