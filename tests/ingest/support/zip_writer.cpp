#include "tests/ingest/support/zip_writer.h"

#include <zlib.h>

#include <cstdint>

namespace grounds::testing {
namespace {

std::string number(std::uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

std::string deflated(const std::string& content) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

std::string write_zip(const std::vector<ZipFile>& files) {
  std::string out, directory;
  for (const ZipFile& file : files) {
    const std::string packed = deflated(file.content);
    const std::uint64_t flags = (file.utf8 ? 1u << 11 : 0u) | (file.encrypted ? 1u : 0u);
    const std::string common = number(20, 2) + number(flags, 2) + number(8, 2) + number(0, 4) + number(0, 4) +
                               number(packed.size(), 4) + number(file.content.size(), 4) + number(file.name.size(), 2) + number(0, 2);
    directory += "PK\1\2" + number(20, 2) + common + number(0, 10) + number(out.size(), 4) + file.name;
    out += "PK\3\4" + common + file.name + packed;
  }
  const std::uint64_t start = out.size();
  out += directory;
  return out + "PK\5\6" + number(0, 4) + number(files.size(), 2) + number(files.size(), 2) + number(directory.size(), 4) + number(start, 4) + number(0, 2);
}

}  // namespace grounds::testing
