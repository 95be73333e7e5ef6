// Whole folders through parsing and chunking: the project's samples, and the evaluation sets where
// GROUNDS_EVAL_DATA names their folder. Every rule is checked for every document.
#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ingest/parsers/parse.h"
#include "tests/ingest/support/extracts.h"

using namespace grounds;
using grounds::testing::broken_chunk_rule;
using grounds::testing::count_tokens;
namespace fs = std::filesystem;

namespace {

struct Totals {
  std::size_t documents = 0, bytes = 0, chunks = 0, tables = 0, rows = 0, tokens = 0, headed = 0, dated = 0;
  std::size_t refused = 0;
  double parse_seconds = 0, chunk_seconds = 0;
};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

bool is_text(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".md" || extension == ".txt" || extension == ".html" || extension == ".csv" || extension == ".tsv";
}

// Of processor time: what else the machine does is not measured.
template <class Work>
double seconds(const Work& work) {
  const std::clock_t begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

void check_document(const fs::path& path, Totals& totals) {
  const std::string bytes = read_file(path);
  const std::string shown = path.string();
  INFO(shown);
  tl::expected<Extract, Error> extract;
  totals.parse_seconds += seconds([&] { extract = parse_document(path.filename().string(), bytes); });
  if (!extract) {
    ++totals.refused;
    CHECK(extract.error().code == ErrorCode::kBadInput);
    MESSAGE(path.filename().string() << ": " << extract.error().message);
    return;
  }
  const Status rules = extract->check();
  const std::string broken = rules ? std::string() : rules.error().message;
  REQUIRE(broken == "");
  const auto back = Extract::from_parts(extract->text, extract->map_to_json());
  REQUIRE(back.has_value());
  CHECK(back->map_to_json() == extract->map_to_json());

  const ChunkingSettings settings;
  std::vector<ChunkSpan> chunks;
  totals.chunk_seconds += seconds([&] { chunks = chunk_extract(*extract, settings, count_tokens); });
  REQUIRE(broken_chunk_rule(*extract, chunks, settings, count_tokens) == "");

  ++totals.documents;
  totals.bytes += bytes.size();
  totals.chunks += chunks.size();
  totals.tables += extract->tables.size();
  totals.dated += extract->date.empty() ? 0 : 1;
  for (const Table& table : extract->tables) {
    totals.rows += table.rows.size();
    totals.headed += table.header.empty() ? 0 : 1;
  }
  for (const ChunkSpan& chunk : chunks) totals.tokens += count_tokens(embedding_text(*extract, chunk));
}

Totals check_folder(const fs::path& folder) {
  Totals totals;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && is_text(entry.path())) check_document(entry.path(), totals);
  }
  const double megabytes = static_cast<double>(totals.bytes) / 1e6;
  MESSAGE(folder.string() << ": " << totals.documents << " documents (" << totals.refused << " refused, "
                          << totals.dated << " dated), " << megabytes << " MB; parsed at "
                          << megabytes / totals.parse_seconds << " MB/s, chunked at "
                          << megabytes / totals.chunk_seconds << " MB/s; " << totals.chunks << " chunks of "
                          << totals.tokens / std::max<std::size_t>(totals.chunks, 1) << " tokens on average; "
                          << totals.tables << " tables (" << totals.headed << " with a header), " << totals.rows
                          << " rows");
  return totals;
}

}  // namespace

TEST_CASE("every text document of the samples and the evaluation sets keeps every rule") {
  std::vector<fs::path> folders;
  if (fs::is_directory("samples")) folders.emplace_back("samples");
  if (const char* data = std::getenv("GROUNDS_EVAL_DATA")) {
    for (const char* set : {"md_sourcegraph_handbook_en/base", "md_tidb_docs_zh/base", "messy_docs"}) {
      if (fs::is_directory(fs::path(data) / set)) folders.push_back(fs::path(data) / set);
    }
  }
  REQUIRE(!folders.empty());
  for (const fs::path& folder : folders) CHECK(check_folder(folder).documents > 0);
}
