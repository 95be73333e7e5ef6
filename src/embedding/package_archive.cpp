#include "embedding/package_archive.h"

#include <Poco/Exception.h>
#include <Poco/Zip/ZipArchive.h>
#include <Poco/Zip/ZipStream.h>

#include <fstream>
#include <vector>

#include "base/hash.h"
#include "embedding/file_hash.h"

namespace grounds {
namespace {

// Copies the member; returns its SHA-256.
Result<std::string> copy_member(std::istream& source, File& file) {
  Sha256 hash;
  std::vector<char> block(1 << 20);
  std::uint64_t done = 0;
  while (source.good()) {
    source.read(block.data(), static_cast<std::streamsize>(block.size()));
    const auto got = std::as_bytes(std::span(block.data(), static_cast<std::size_t>(source.gcount())));
    if (done + got.size() > kLargestModelFile) return fail(ErrorCode::kDamaged, "a member is too large");
    hash.update(got);
    GROUNDS_RETURN_IF_ERROR(file.write(done, got));
    done += got.size();
  }
  if (!source.eof()) return fail(ErrorCode::kDamaged, "a member cannot be unpacked");
  GROUNDS_RETURN_IF_ERROR(file.sync());
  return to_hex(hash.finish());
}

Status extract(const FileSystem& files, const std::string& archive, const std::string& member,
               const std::string& partial, const std::string& sha256) {
  try {
    // Poco reads archives through a stream of its own.
    std::ifstream stream(archive, std::ios::binary);
    if (!stream) return fail(ErrorCode::kUnavailable, archive + ": cannot be read");
    const Poco::Zip::ZipArchive zip(stream);
    const auto header = zip.findHeader(member);
    if (header == zip.headerEnd()) return fail(ErrorCode::kDamaged, archive + ": has no file " + member);
    stream.clear();
    Poco::Zip::ZipInputStream source(stream, header->second);
    GROUNDS_ASSIGN_OR_RETURN(File file, files.open(partial, OpenMode::kTruncate));
    GROUNDS_ASSIGN_OR_RETURN(const std::string found, copy_member(source, file));
    if (found != sha256)
      return fail(ErrorCode::kDamaged, archive + ": the SHA-256 of " + member + " in it is " + found + ", not " + sha256);
    return file.close();
  } catch (const Poco::Exception& error) {
    return fail(ErrorCode::kDamaged, archive + ": not a package that can be read: " + error.displayText());
  } catch (const std::exception& error) {
    return fail(ErrorCode::kDamaged, archive + ": not a package that can be read: " + error.what());
  }
}

}  // namespace

Status extract_member(const FileSystem& files, const std::string& archive, const std::string& member,
                      const std::string& target, const std::string& sha256) {
  const std::string partial = target + ".partial";
  if (auto done = extract(files, archive, member, partial, sha256); !done) {
    if (files.exists(partial)) {
      GROUNDS_RETURN_IF_ERROR(files.remove(partial));
    }
    return done;
  }
  return files.rename(partial, target);
}

}  // namespace grounds
