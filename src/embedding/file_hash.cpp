#include "embedding/file_hash.h"

#include <vector>

#include "base/hash.h"

namespace grounds {

Result<std::string> check_file(const FileSystem& files, const std::string& path, const std::string& expected,
                               std::uint64_t limit) {
  constexpr std::size_t kBlockSize = 1 << 20;
  GROUNDS_ASSIGN_OR_RETURN(const File file, files.open(path, OpenMode::kRead));
  Sha256 hash;
  std::vector<std::byte> block(kBlockSize);
  for (std::uint64_t done = 0;;) {
    GROUNDS_ASSIGN_OR_RETURN(const std::size_t got, file.read_some(done, block));
    if (got == 0) break;
    done += got;
    if (done > limit) return fail(ErrorCode::kBadInput, path + ": too large for what it should be");
    hash.update(std::span<const std::byte>(block.data(), got));
  }
  std::string found = to_hex(hash.finish());
  if (!expected.empty() && found != expected)
    return fail(ErrorCode::kDamaged, path + ": its SHA-256 is " + found + ", not " + expected,
                "remove the model's folder and pull it again");
  return found;
}

}  // namespace grounds
