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

// What OCR reads differs between its versions: these have a test of their own.
bool is_scanned(const fs::path& path) { return path.filename() == "scan.pdf" || path.filename() == "note.png"; }

std::vector<fs::path> samples() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator("samples/formats")) {
    if (!is_scanned(entry.path())) paths.push_back(entry.path());
  }
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
  CHECK(paths.size() >= 35);
  for (const fs::path& path : paths) {
    const fs::path golden = fs::path("tests/ingest/golden") / (path.filename().string() + ".txt");
    const std::string now = parsed(**pool, path);
    if (std::getenv("GROUNDS_WRITE_GOLDEN") != nullptr) std::ofstream(golden, std::ios::binary) << now;
    INFO(path.string());
    CHECK(now == read_file(golden));
  }
}

TEST_CASE("scanned pages and images are read where tesseract is, and where it is not the error says what to install") {
  auto pool = ParserPool::start(1, {}, GROUNDS_PARSE_PROGRAM);
  REQUIRE(pool.has_value());
  const bool has_tesseract = fs::exists("/usr/bin/tesseract");
  const auto scan = (*pool)->parse("scan.pdf", read_file("samples/formats/scan.pdf"));
  const auto image = (*pool)->parse("note.png", read_file("samples/formats/note.png"));
  REQUIRE(scan.has_value());  // its second page has a text layer
  const auto text_of_page = [&](int page) {
    std::string text;
    for (const Block& block : scan->blocks) {
      if (block.page == page) text += scan->text.substr(block.begin, block.end - block.begin) + "\n";
    }
    return text;
  };
  CHECK(text_of_page(2) == "Signed in Leeds.\n");
  CHECK(text_of_page(3) == "");
  INFO(describe(*scan));
  if (!has_tesseract) {
    CHECK(text_of_page(1) == "");
    CHECK(scan->warnings.front().find("tesseract, which is not installed") != std::string::npos);
    REQUIRE(!image.has_value());
    CHECK(image.error().hint == "install the package tesseract-ocr");
    return;
  }
  REQUIRE(image.has_value());
  for (const std::string& text : {text_of_page(1), image->text}) {
    INFO(text);
    CHECK(text.find("Delivery note 4711") != std::string::npos);
    CHECK(text.find("Twelve flow meters") != std::string::npos);
    if (fs::exists("/usr/share/tesseract-ocr/5/tessdata/chi_sim.traineddata")) CHECK(text.find("量计，收货人陈工") != std::string::npos);
  }
  CHECK(scan->warnings.front() == "1 page read by OCR");
  CHECK(scan->check().has_value());
}

TEST_CASE("every chunk of every sample is the text that it points to, and all of the text is in chunks") {
  auto pool = ParserPool::start(1, {}, GROUNDS_PARSE_PROGRAM);
  REQUIRE(pool.has_value());
  std::size_t extracts = 0;
  for (const fs::path& path : samples()) {
    INFO(path.string());
    const auto extract = (*pool)->parse(path.filename().string(), read_file(path));
    const std::string problem = extract ? std::string() : extract.error().message;
    CHECK(problem == "");
    if (!extract) continue;
    ++extracts;
    const Status rules = extract->check();
    CHECK(rules.has_value());
    for (const ChunkingSettings settings : {ChunkingSettings{}, ChunkingSettings{16, 32}}) {
      const auto chunks = chunk_extract(*extract, settings, testing::count_tokens);
      CHECK(testing::broken_chunk_rule(*extract, chunks, settings, testing::count_tokens) == "");
    }
  }
  CHECK(extracts >= 35);
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
