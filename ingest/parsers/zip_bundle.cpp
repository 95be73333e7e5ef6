// ZIP archives of documents: each is parsed as it would be alone, below a heading with its path.
#include <algorithm>

#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/zip_archive.h"

namespace grounds::parsing {
namespace {

constexpr std::size_t kMaxWarnings = 50;

// What systems leave in archives.
bool is_litter(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return path.starts_with("__MACOSX/") || name == ".DS_Store" || name == "Thumbs.db" || name == "desktop.ini" || name.starts_with("~$");
}

}  // namespace

Result<Extract> parse_zip(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::open(bytes));
  ExtractBuilder builder("zip/1");
  std::vector<std::string> failures;
  std::size_t files = 0, read = 0;
  for (const ZipEntry& entry : archive.entries()) {
    if (entry.is_folder() || is_litter(entry.name)) continue;
    ++files;
    auto content = archive.read(entry, context);
    auto part = content ? parse_part(entry.name, *content, context) : Result<Extract>(fail(content.error()));
    if (!part) {
      failures.push_back(entry.name + ": " + part.error().message);
      continue;
    }
    ++read;
    builder.open(BlockKind::kHeading, 1);
    builder.append(entry.name);
    builder.close();
    builder.add_extract(std::move(*part), 1);
    if (builder.over_limit()) break;
  }
  if (files == 0) return fail(ErrorCode::kBadInput, "the archive is empty");
  if (read == 0) {
    return fail(ErrorCode::kBadInput, "none of the " + std::to_string(files) + " files in the archive can be read; " + failures.front());
  }
  if (failures.size() > kMaxWarnings) {
    const std::size_t more = failures.size() - kMaxWarnings;
    failures.resize(kMaxWarnings);
    failures.push_back(std::to_string(more) + " more files could not be read");
  }
  for (std::string& failure : failures) builder.warn(std::move(failure));
  return builder.finish();
}

}  // namespace grounds::parsing
