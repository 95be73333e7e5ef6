// The files of samples/formats, one for each format that is read, against extracts that were looked over by hand:
// tests/ingest/golden. With GROUNDS_WRITE_GOLDEN set these are written anew, to be looked over again.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ingest/parsers/parse.h"
#include "ingest/worker/parser_pool.h"
#include "tests/ingest/support/chunk_rules.h"

using namespace grounds;
namespace fs = std::filesystem;

namespace {

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::string joined(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) line.append("[").append(cell).append("]");
  return line;
}

// Everything an extract holds, to be read by people.
std::string describe(const Extract& extract) {
  std::string out = "parser " + extract.parser + "\ntitle " + extract.title + "\ndate " + extract.date + "\n";
  for (const std::string& warning : extract.warnings) out += "warning " + warning + "\n";
  for (const Block& block : extract.blocks) {
    out += "\n" + std::string(block_kind_name(block.kind));
    if (block.level > 0) out += " " + std::to_string(block.level);
    if (block.page > 0) out += " page " + std::to_string(block.page);
    out += "\n" + extract.text.substr(block.begin, block.end - block.begin) + "\n";
    if (block.table < 0) continue;
    const Table& table = extract.tables[static_cast<std::size_t>(block.table)];
    out += "  caption " + table.caption + "\n  header " + joined(table.header) + "\n";
    for (const auto& row : table.rows) out += "  row " + joined(row) + "\n";
  }
  return out;
}

std::vector<fs::path> samples() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator("samples/formats")) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string parsed(ParserPool& pool, const fs::path& path) {
  const auto extract = pool.parse(path.filename().string(), read_file(path));
  return extract ? describe(*extract) : "refused: " + extract.error().message + "\nhint: " + extract.error().hint + "\n";
}

}  // namespace

TEST_CASE("the sample of each format gives the extract that was looked over by hand") {
  auto pool = ParserPool::start(1, {}, GROUNDS_PARSE_PROGRAM);
  REQUIRE(pool.has_value());
  const std::vector<fs::path> paths = samples();
  CHECK(paths.size() >= 23);
  for (const fs::path& path : paths) {
    const fs::path golden = fs::path("tests/ingest/golden") / (path.filename().string() + ".txt");
    const std::string now = parsed(**pool, path);
    if (std::getenv("GROUNDS_WRITE_GOLDEN") != nullptr) std::ofstream(golden, std::ios::binary) << now;
    INFO(path.string());
    CHECK(now == read_file(golden));
  }
}

TEST_CASE("every chunk of every sample is the text that it points to, and all of the text is in chunks") {
  auto pool = ParserPool::start(1, {}, GROUNDS_PARSE_PROGRAM);
  REQUIRE(pool.has_value());
  std::size_t extracts = 0;
  for (const fs::path& path : samples()) {
    INFO(path.string());
    const auto extract = (*pool)->parse(path.filename().string(), read_file(path));
    if (!extract) continue;  // the scan: the golden test knows why
    ++extracts;
    const Status rules = extract->check();
    CHECK(rules.has_value());
    for (const ChunkingSettings settings : {ChunkingSettings{}, ChunkingSettings{16, 32}}) {
      const auto chunks = chunk_extract(*extract, settings, testing::count_tokens);
      CHECK(testing::broken_chunk_rule(*extract, chunks, settings, testing::count_tokens) == "");
    }
  }
  CHECK(extracts >= 22);
}

TEST_CASE("a document that is cut off anywhere gives an extract or a clear error, never a crash") {
  auto pool = ParserPool::start(1, {}, GROUNDS_PARSE_PROGRAM);
  REQUIRE(pool.has_value());
  for (const fs::path& path : samples()) {
    const std::string name = path.filename().string(), bytes = read_file(path);
    for (int tenth = 1; tenth < 10; ++tenth) {
      const std::string cut = bytes.substr(0, bytes.size() * static_cast<std::size_t>(tenth) / 10);
      INFO(name << " cut to " << cut.size() << " bytes");
      const auto extract = (*pool)->parse(name, cut);
      const std::string message = extract ? "" : extract.error().message;
      INFO(message);
      CHECK((extract.has_value() || extract.error().code == ErrorCode::kBadInput));
      CHECK(message.find("crashed") == std::string::npos);
      CHECK(message.find("system call") == std::string::npos);
      if (extract) CHECK(extract->check().has_value());
    }
  }
}
