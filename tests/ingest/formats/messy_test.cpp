// Files as people and attackers have them, through the parser processes: those of the project's samples, and
// messy_docs where GROUNDS_EVAL_DATA names the folder it is in. A file in `regular` gives text, or is in the list
// of exceptions below with the reason; one in `hostile` ends in an extract or a clear error, within 10 seconds.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "ingest/worker/parser_pool.h"
#include "tests/ingest/support/chunk_rules.h"

using namespace grounds;
namespace fs = std::filesystem;

namespace {

// Why a regular file gives no text: its format is none that is read, or there is no text in it.
const std::map<std::string, std::string> kExceptions = {
    {"tika__test-tika-4303-Chinese-notes.one", "a OneNote notebook"},
    {"tika__pictures.ppt", "the document has no text"},                       // pictures alone
    {"poi__OPCCompliance_CoreProperties_UnauthorizedXMLLangAttributeFAIL.docx", "the document has no text"},  // one empty paragraph
    {"tika__testODPMacro.odp", "the document has no text"},                  // empty placeholders
    {"poi__SmartArt.pptx", "the document has no text"},                      // a diagram of empty boxes
    {"tika__testPDF_twoAuthors.pdf", "no text layer"},                       // a blank page
    {"tika__testPDF_Version.6.x.pdf", "no text layer"},                      // a blank page
    {"pdfminer__patchelf.pdf", "no text layer"},                             // its streams are damaged
};

// These are read by programs that need not be installed.
bool is_excused_here(const std::string& message) {
  return message.find("bsdtar, which is not installed") != std::string::npos && !fs::exists("/usr/bin/bsdtar");
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::string broken_rule(const Extract& extract) {
  if (const Status rules = extract.check(); !rules) return rules.error().message;
  const auto back = Extract::from_parts(extract.text, extract.map_to_json());
  if (!back || back->map_to_json() != extract.map_to_json()) return "the map does not come back";
  const ChunkingSettings settings;
  const auto chunks = chunk_extract(extract, settings, testing::count_tokens);
  return testing::broken_chunk_rule(extract, chunks, settings, testing::count_tokens);
}

void check_file(ParserPool& pool, const fs::path& path, bool hostile) {
  const std::string name = path.filename().string();
  INFO(name);
  const std::string bytes = read_file(path);
  const auto begin = std::chrono::steady_clock::now();
  const auto extract = pool.parse(name, bytes);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (std::getenv("GROUNDS_SHOW_FILES") != nullptr) {
    MESSAGE((hostile ? "hostile\t" : "regular\t") << name << "\t" << seconds << "\t"
            << (extract ? "text " + std::to_string(extract->text.size()) + (extract->warnings.empty() ? "" : "; " + extract->warnings[0])
                        : "refused: " + extract.error().message));
  }
  if (extract) {
    const std::string broken = broken_rule(*extract);
    CHECK(broken == "");
    CHECK(!extract->text.empty());
  } else {
    const std::string message = extract.error().message;
    INFO(message);
    CHECK(extract.error().code == ErrorCode::kBadInput);
    CHECK(!message.empty());
    CHECK(message.find("crashed") == std::string::npos);
    CHECK(message.find('\n') == std::string::npos);
    const auto exception = kExceptions.find(name);
    const bool excused = hostile || is_excused_here(message) || (exception != kExceptions.end() && message.find(exception->second) != std::string::npos);
    CHECK(excused);
  }
}

}  // namespace

TEST_CASE("every regular file of the messy set yields text, and every hostile one ends well") {
  // 10 seconds are the pool's own deadline here: what takes longer is an error that says so.
  auto pool = ParserPool::start(1, {.deadline_ms = 10'000}, GROUNDS_PARSE_PROGRAM);
  REQUIRE(pool.has_value());
  std::size_t files = 0;
  const char* const data = std::getenv("GROUNDS_EVAL_DATA");
  const fs::path messy = fs::path(data == nullptr ? "" : data) / "messy_docs";
  if (data == nullptr || !fs::is_directory(messy)) {
    MESSAGE("GROUNDS_EVAL_DATA names no folder with messy_docs: only the project's own samples are read");
    for (const auto& entry : fs::recursive_directory_iterator("samples/docs")) {
      if (!entry.is_regular_file()) continue;
      check_file(**pool, entry.path(), false);
      ++files;
    }
    CHECK(files > 50);
    return;
  }
  for (const bool hostile : {false, true}) {
    for (const auto& entry : fs::recursive_directory_iterator(messy / (hostile ? "hostile" : "regular"))) {
      if (!entry.is_regular_file()) continue;
      check_file(**pool, entry.path(), hostile);
      ++files;
    }
  }
  CHECK(files > 180);
}
