// The parser pool: whatever a document does to its parser, it costs that document, and says why.
#include <doctest/doctest.h>
#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "ingest/parsers/parse.h"
#include "ingest/worker/parser_pool.h"
#include "ingest/worker/sandbox.h"

using namespace grounds;

namespace {

std::unique_ptr<ParserPool> start(int workers, ParserLimits limits = {}, const char* program = GROUNDS_PARSE_PROGRAM) {
  auto pool = ParserPool::start(workers, limits, program);
  const std::string problem = pool ? std::string() : pool.error().message;
  REQUIRE(problem == "");
  return std::move(*pool);
}

std::unique_ptr<ParserPool> start_misbehaving(ParserLimits limits = {}) {
  return start(1, limits, GROUNDS_MISBEHAVING_PARSER);
}

std::string error_of(ParserPool& pool, std::string_view name, std::string_view bytes = "x") {
  const auto extract = pool.parse(name, bytes);
  if (extract) return "no error: " + extract->text;
  CHECK(extract.error().code == ErrorCode::kBadInput);
  return extract.error().message;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

// Processes whose parent is this one, from /proc.
std::set<int> children() {
  std::set<int> result;
  DIR* const directory = opendir("/proc");
  while (const dirent* entry = readdir(directory)) {
    const int id = std::atoi(entry->d_name);
    if (id <= 0) continue;
    const std::string status = read_file("/proc/" + std::to_string(id) + "/status");
    if (status.find("PPid:\t" + std::to_string(getpid()) + "\n") != std::string::npos) result.insert(id);
  }
  closedir(directory);
  return result;
}

std::string status_line(int id, const std::string& key) {
  const std::string status = read_file("/proc/" + std::to_string(id) + "/status");
  const std::size_t begin = status.find(key + ":\t");
  if (begin == std::string::npos) return {};
  return status.substr(begin + key.size() + 2, status.find('\n', begin) - begin - key.size() - 2);
}

}  // namespace

TEST_CASE("a document parsed by a worker gives the extract that parsing in this process gives") {
  const auto pool = start(1);
  for (const auto& [name, bytes] : std::initializer_list<std::pair<const char*, const char*>>{
           {"a.md", "# Title\n\n| A | B |\n|---|---|\n| 1 | x \\| y |\n\nText. 中文。\n"},
           {"b.html", "<title>T</title><meta charset=gbk><p>\xC4\xEA\xBC\xD9"},
           {"c.csv", "A;B\n1;2\n"},
           {"d.txt", "\xC4\xEA\xBC\xD9\xB9\xE6\xB6\xA8"}}) {
    INFO(name);
    const auto here = parse_document(name, bytes);
    const auto there = pool->parse(name, bytes);
    REQUIRE(here.has_value());
    REQUIRE(there.has_value());
    CHECK(there->text == here->text);
    CHECK(there->map_to_json() == here->map_to_json());
  }
}

TEST_CASE("a refused document's error arrives as the parser gave it") {
  const auto pool = start(1);
  CHECK(error_of(*pool, "a.txt", "") == "the file is empty");
  CHECK(error_of(*pool, "a.ogg", "OggS....") == "this is an Ogg recording, which is not supported");
  CHECK(pool->parse("a.txt", "fine").has_value());
}

TEST_CASE("a line of 300 MB ends in a clear error, and the next document is read") {
  const auto pool = start(1);
  const std::string line(300u << 20, 'x');
  CHECK(error_of(*pool, "a.txt", line) == "the file is too large: 300 MB of text, at most 64 MB are read");
  CHECK(pool->parse("b.txt", "fine").has_value());
}

TEST_CASE("the largest text that is read fits into the worker's memory") {
  const auto pool = start(1);
  const std::string line(60u << 20, 'x');
  const auto extract = pool->parse("a.txt", line);
  REQUIRE(extract.has_value());
  CHECK(extract->text.size() == line.size());
}

TEST_CASE("a file over the pool's limit is not even sent") {
  const auto pool = start(1, {.max_source_bytes = 1000});
  CHECK(error_of(*pool, "a.txt", std::string(2000, 'x')).starts_with("the file is too large"));
}

TEST_CASE("a crash, an abort or an exit costs one document and says what happened") {
  const auto pool = start_misbehaving();
  CHECK(error_of(*pool, "crash") == "the parser process crashed (signal 11, Segmentation fault)");
  CHECK(error_of(*pool, "abort") == "the parser process crashed (signal 6, Aborted)");
  CHECK(error_of(*pool, "exit") == "the parser process ended by itself (exit code 7)");
  CHECK(pool->parse("a.txt", "fine").has_value());
}

TEST_CASE("a parser that waits or computes without end is stopped at the deadline") {
  const auto pool = start_misbehaving({.deadline_ms = 300});
  CHECK(error_of(*pool, "hang") == "parsing took longer than the 300 ms allowed");
  CHECK(error_of(*pool, "spin") == "parsing took longer than the 300 ms allowed");
  CHECK(error_of(*pool, "endless reply") == "parsing took longer than the 300 ms allowed");
  CHECK(pool->parse("a.txt", "fine").has_value());
}

// AddressSanitizer takes more address space than any limit on it allows, so that builds with it have no such
// limit to test: they say so in their list of tests.
#if defined(__SANITIZE_ADDRESS__)
#define GROUNDS_WITHOUT_MEMORY_LIMIT
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GROUNDS_WITHOUT_MEMORY_LIMIT
#endif
#endif

#ifdef GROUNDS_WITHOUT_MEMORY_LIMIT
TEST_CASE("not in this build: the two tests of the memory limit, which AddressSanitizer rules out") {
  CHECK(!worker::limits_address_space());
}
#else
TEST_CASE("a parser that takes more memory than it may is ended") {
  REQUIRE(worker::limits_address_space());
  const auto pool = start_misbehaving({.max_memory_bytes = 256u << 20});
  const std::string error = error_of(*pool, "out of memory");
  CHECK(error == "it needs more than the 256 MB of memory that a parser may use");
  CHECK(pool->parse("a.txt", "fine").has_value());
}

TEST_CASE("a document too large for the worker's memory is refused, not crashed on") {
  const auto pool = start(1, {.max_memory_bytes = 160u << 20});
  std::string csv;
  while (csv.size() < (20u << 20)) csv += "a,b,c,d,e,f\n";
  const std::string error = error_of(*pool, "a.csv", csv);
  CHECK(error.find("more memory than a parser may use") != std::string::npos);
  CHECK(pool->parse("b.txt", "fine").has_value());
}
#endif

TEST_CASE("a reply that is no extract is not believed") {
  const auto pool = start_misbehaving();
  CHECK(error_of(*pool, "garbage") == "the parser process sent something that is no extract");
  CHECK(error_of(*pool, "wrong extract") == "the parser process sent something that is no extract");
  CHECK(pool->parse("a.txt", "fine").has_value());
}

TEST_CASE("in the sandbox files cannot be opened, and network, programs, processes and code are out of reach") {
  const auto pool = start_misbehaving();
  CHECK(pool->parse("open", "x").value().text == "Operation not permitted");
  CHECK(pool->parse("create", "x").value().text == "Operation not permitted");
  const std::string stopped = "the parser process was stopped: it tried a system call that parsers may not make";
  for (const char* name : {"network", "fork", "exec", "code", "kill parent"}) {
    INFO(name);
    CHECK(error_of(*pool, name) == stopped);
  }
}

TEST_CASE("the real worker runs filtered, unprivileged, in a group of its own, with three files open") {
  const auto pool = start(2);
  const std::set<int> workers = children();
  REQUIRE(workers.size() == 2);
  for (const int id : workers) {
    CHECK(status_line(id, "Seccomp") == "2");
    CHECK(status_line(id, "NoNewPrivs") == "1");
    CHECK(getpgid(id) == id);
    const std::string limits = read_file("/proc/" + std::to_string(id) + "/limits");
    CHECK(limits.find("Max file size             0                    0") != std::string::npos);
    const std::string environment = read_file("/proc/" + std::to_string(id) + "/environ");
    CHECK(environment.size() == 0);
    for (int descriptor = 3; descriptor < 32; ++descriptor) {
      const std::string path = "/proc/" + std::to_string(id) + "/fd/" + std::to_string(descriptor);
      struct stat status {};
      CHECK(lstat(path.c_str(), &status) != 0);
    }
  }
}

TEST_CASE("no process is left when the pool ends, also with a document that hangs") {
  std::set<int> workers;
  {
    const auto pool = start_misbehaving({.deadline_ms = 100});
    workers = children();
    CHECK(workers.size() == 1);
    error_of(*pool, "hang");
  }
  CHECK(children().empty());
  for (const int id : workers) CHECK(kill(id, 0) != 0);
}

TEST_CASE("workers outlive the thread that first used them") {
  const auto pool = start_misbehaving();
  std::thread([&] {
    error_of(*pool, "crash");
    CHECK(pool->parse("a.txt", "one").has_value());  // by a process started now
  }).join();
  const std::set<int> before = children();
  CHECK(pool->parse("a.txt", "two").has_value());
  CHECK(children() == before);
}

TEST_CASE("many threads share few workers, and crashes among their documents hurt nobody else") {
  const auto pool = start(2, {}, GROUNDS_MISBEHAVING_PARSER);
  std::atomic<int> right{0}, crashed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const std::string text = "document " + std::to_string(t) + " " + std::to_string(i);
        if (i % 8 == 5) {
          if (!pool->parse("crash", text)) ++crashed;
        } else {
          const auto extract = pool->parse("a.txt", text);
          if (extract && extract->text == text) ++right;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 6 * 22);
  CHECK(crashed == 6 * 3);
}

TEST_CASE("a missing or foreign parser program is an error that says what to do") {
  const auto missing = ParserPool::start(1, {}, "/no/such/grounds-parse");
  REQUIRE(!missing.has_value());
  CHECK(missing.error().code == ErrorCode::kNotFound);
  CHECK(missing.error().hint == "install grounds-parse beside grounds");
  const auto foreign = ParserPool::start(1, {}, "/bin/true");
  REQUIRE(!foreign.has_value());
  CHECK(foreign.error().code == ErrorCode::kUnavailable);
  CHECK(ParserPool::start(0).error().code == ErrorCode::kUsage);
}

TEST_CASE("an archive that names files of this machine is given none of them") {
  const auto pool = start(1);
  // mtree: text that libarchive reads as an archive. In gzip, as it is, and dressed up as tar.
  const std::string plain = "#mtree\nnote.txt type=file contents=/usr/share/common-licenses/BSD\n", bare = plain.substr(7);
  const std::string packed(
      "\037\213\010\000\000\000\000\000\002\377\123\316\055\051\112\115\345\312\313\057\111\325\053\251\050\121\050\251\054\110\265\115\313\314\111\125\110\316\317\053\111\315\053\051\266\325\057\055\056\322\057\316\110\054\112\325\117\316\317\315\315\317\323\315\311\114\116\315\053\116\055\326\167\012\166\341\002\000\222\174\357\232\102\000\000\000", 86);
  std::string dressed = bare;
  dressed.resize(257, '#');
  dressed += "ustar\n" + std::string(1'000, '#');
  for (const auto& [name, bytes] : {std::pair<const char*, std::string>{"a.gz", packed}, {"a.tar", plain}, {"a.tar", bare}, {"a.tar", dressed}, {"a.tar", dressed + std::string(512, '\0')}}) {
    CAPTURE(bytes);
    const std::string error = error_of(*pool, name, bytes);
    CHECK(error.find("no archive of a kind that is read") != std::string::npos);
  }
}
