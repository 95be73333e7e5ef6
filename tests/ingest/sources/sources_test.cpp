// Sources: which documents of a folder or a stream there are, under which URIs, and what is no document.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ingest/sources/directory_source.h"
#include "ingest/sources/directory_watch.h"
#include "ingest/sources/json_lines_source.h"
#include "tests/ingest/support/temporary_folder.h"

using namespace grounds;
namespace fs = std::filesystem;
using grounds::testing::TemporaryFolder;
using Lines = std::vector<std::string>;

namespace {

// URIs in order; failures as "URI: message" with "!" before.
Lines list(Source& source) {
  Lines result;
  while (auto found = source.next()) {
    if (*found) result.push_back((*found)->uri);
    else result.push_back("!" + found->error().uri + ": " + found->error().error.message);
  }
  return result;
}

Lines list(const std::string& root, DirectoryOptions options = {}) {
  const FileSystem files;
  return list(*open_directories(files, {root}, std::move(options)));
}

Lines list_json(const std::string& lines) {
  const FileSystem files;
  std::istringstream input(lines);
  return list(*open_json_lines(files, input));
}

// Refuses one operation on paths with a given ending.
class Refusal final : public IoObserver {
 public:
  Refusal(IoOperation operation, std::string ending) : operation_(operation), ending_(std::move(ending)) {}
  IoDecision before(const IoCall& call) override {
    IoDecision decision;
    if (call.operation == operation_ && call.path.ends_with(ending_)) decision.error = EACCES;
    return decision;
  }
  void after(const IoCall&, int) override {}

 private:
  IoOperation operation_;
  std::string ending_;
};

}  // namespace

TEST_CASE("a folder's documents have their path below it as URI, in order") {
  const TemporaryFolder folder;
  for (const char* name : {"b.md", "handbook/leave.md", "handbook/年假.md", "a.md"}) folder.write(name);
  const Lines expected = {"a.md", "b.md", "handbook/leave.md", "handbook/年假.md"};
  CHECK(list(folder.path()) == expected);
  CHECK(list(folder.path() + "/") == expected);
  CHECK(list(folder.path("handbook")) == Lines{"leave.md", "年假.md"});
}

TEST_CASE("a file that is given itself has its name as URI, whatever the patterns say") {
  const TemporaryFolder folder;
  folder.write("hr/.hidden.md", "content");
  const FileSystem files;
  const auto source = open_directories(files, {folder.path("hr/.hidden.md")}, {.include = {"*.txt"}});
  const auto found = source->next();
  REQUIRE(found.has_value());
  REQUIRE(found->has_value());
  CHECK((*found)->uri == ".hidden.md");
  CHECK((*found)->size == 7);
  CHECK((*found)->modified_ns > 0);
  CHECK(source->read(**found, 100).value().bytes == "content");
  CHECK(source->read(**found, 3).error().code == ErrorCode::kBadInput);
  CHECK(!source->next().has_value());
}

TEST_CASE("hidden files, links and what is no file are passed over") {
  const TemporaryFolder folder, other;
  folder.write("a.md");
  folder.write(".git/config");
  folder.write(".hidden.md");
  other.write("linked.md");
  fs::create_symlink(other.path("linked.md"), folder.path("link.md"));
  fs::create_directory_symlink(other.path(), folder.path("links"));
  REQUIRE(mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  CHECK(list(folder.path()) == Lines{"a.md"});
  CHECK(list(folder.path(), {.hidden = true}) == Lines{".git/config", ".hidden.md", "a.md"});
  CHECK(list(folder.path(), {.follow_symlinks = true}) == Lines{"a.md", "link.md", "links/linked.md"});
}

TEST_CASE("links that lead in a circle end, links to nothing are reported") {
  const TemporaryFolder folder;
  folder.write("sub/a.md");
  fs::create_directory_symlink(folder.path(), folder.path("sub/up"));
  fs::create_symlink("nowhere", folder.path("sub/broken"));
  const Lines found = list(folder.path(), {.follow_symlinks = true});
  REQUIRE(found.size() == 3);
  CHECK(found[0] == "sub/a.md");
  CHECK(found[1].starts_with("!sub/broken: "));
  CHECK(found[2].starts_with("!sub/up: "));
  CHECK(found[2].ends_with("the link leads to a folder above it"));
}

TEST_CASE("patterns include and exclude") {
  const TemporaryFolder folder;
  for (const char* name : {"a.md", "a.txt", "hr/b.md", "hr/old/c.md", "drafts/d.md"}) folder.write(name);
  CHECK(list(folder.path(), {.include = {"*.md"}}) == Lines{"a.md", "drafts/d.md", "hr/b.md", "hr/old/c.md"});
  CHECK(list(folder.path(), {.include = {"hr/**"}, .exclude = {"**/old/**"}}) == Lines{"hr/b.md"});
  CHECK(list(folder.path(), {.exclude = {"drafts", "*.txt"}}) == Lines{"a.md", "hr/b.md", "hr/old/c.md"});
}

TEST_CASE("ignore files rule their folder, inner ones before outer ones") {
  const TemporaryFolder folder;
  for (const char* name : {"a.md", "b.log", "sub/c.log", "sub/d.md", "other/c.log", "tmp/x.md"}) folder.write(name);
  folder.write(".groundsignore", "*.log\ntmp/\n");
  folder.write("sub/.groundsignore", "!c.log\nd.md\n");
  CHECK(list(folder.path()) == Lines{"a.md", "sub/c.log"});
}

TEST_CASE("what cannot be read is reported with the reason and the rest goes on") {
  const TemporaryFolder folder;
  folder.write("a/x.md");
  folder.write("b/y.md");
  folder.write("c/z.md");
  folder.write("c/.groundsignore", "*.log\n");
  {
    const FileSystem files(std::make_shared<Refusal>(IoOperation::kList, "/a"));
    const Lines found = list(*open_directories(files, {folder.path()}));
    REQUIRE(found.size() == 3);
    CHECK(found[0].starts_with("!a/: "));
    CHECK(found[0].find("ermission denied") != std::string::npos);
    CHECK(found[1] == "b/y.md");
  }
  {
    const FileSystem files(std::make_shared<Refusal>(IoOperation::kOpen, ".groundsignore"));
    const Lines found = list(*open_directories(files, {folder.path()}));
    REQUIRE(found.size() == 3);
    CHECK(found[2].starts_with("!c/.groundsignore: "));
  }
  {
    const FileSystem files(std::make_shared<Refusal>(IoOperation::kOpen, "y.md"));
    const auto source = open_directories(files, {folder.path("b")});
    const auto found = source->next();
    CHECK(!source->read(**found, 100).has_value());
  }
  const Lines missing = list(folder.path("nothing"));
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].starts_with("!" + folder.path("nothing") + ": "));
}

TEST_CASE("a name that is not UTF-8 is reported, not mangled") {
  const TemporaryFolder folder;
  folder.write("a.md");
  folder.write("\xC4\xEA.md");
  const Lines found = list(folder.path());
  REQUIRE(found.size() == 2);
  CHECK(found[1].find("the name is not valid UTF-8") != std::string::npos);
}

TEST_CASE("two roots with a document of the same path do not overwrite each other") {
  const TemporaryFolder one, two;
  one.write("a.md");
  two.write("a.md");
  two.write("b.md");
  const FileSystem files;
  const Lines found = list(*open_directories(files, {one.path(), two.path()}));
  REQUIRE(found.size() == 3);
  CHECK(found[0] == "a.md");
  CHECK(found[1].starts_with("!a.md: "));
  CHECK(found[2] == "b.md");
}

TEST_CASE("JSON lines give text, HTML or files, with title, metadata and groups") {
  const TemporaryFolder folder;
  folder.write("leave.md", "# Leave");
  const FileSystem files;
  std::istringstream input("{\"uri\":\"a\",\"text\":\"Plain 中文\",\"title\":\"T\",\"metadata\":{\"b\":1,\"a\":2},\"groups\":[\"hr\"]}\n\n"
                           "{\"uri\":\"b.pdf\",\"html\":\"<p>x\"}\r\n{\"uri\":\"c\",\"path\":\"" + folder.path("leave.md") + "\"}");
  const auto source = open_json_lines(files, input);
  const auto a = source->next();
  REQUIRE(a.has_value());
  REQUIRE(a->has_value());
  CHECK((*a)->title == "T");
  CHECK((*a)->metadata == "{\"a\":2,\"b\":1}");
  CHECK((*a)->groups == Lines{"hr"});
  CHECK((*a)->name == "document.txt");
  CHECK(source->read(**a, 100).value().bytes == "Plain 中文");
  CHECK(source->read(**a, 3).error().code == ErrorCode::kBadInput);
  const auto b = source->next();
  CHECK((*b)->name == "document.html");
  CHECK(!(*b)->groups.has_value());
  const auto c = source->next();
  CHECK((*c)->uri == "c");
  CHECK((*c)->name == "leave.md");
  CHECK(source->read(**c, 100).value().bytes == "# Leave");
  CHECK(!source->next().has_value());
}

TEST_CASE("a bad line is a failure of its own, named as well as it can be") {
  const Lines found = list_json(
      "{\"uri\":\"ok\",\"text\":\"x\"}\nnot json\n[]\n{\"text\":\"x\"}\n{\"uri\":\"a\"}\n{\"uri\":\"b\",\"text\":\"x\",\"html\":\"y\"}\n"
      "{\"uri\":\"c\",\"text\":7}\n{\"uri\":\"d\",\"tex\":\"x\",\"text\":\"x\"}\n{\"uri\":\"e\",\"text\":\"x\",\"groups\":\"hr\"}\n"
      "{\"uri\":\"f\",\"text\":\"x\",\"metadata\":[]}\n{\"uri\":\"g\",\"path\":\"/no/such/file\"}\n{\"uri\":\"ok\",\"text\":\"y\"}\n"
      "{\"uri\":\"last\",\"text\":\"x\"}");
  REQUIRE(found.size() == 13);
  CHECK(found[0] == "ok");
  CHECK(found[1].starts_with("!line 2: "));
  CHECK(found[2] == "!line 3: the line is not an object");
  CHECK(found[3] == "!line 4: there is no \"uri\"");
  CHECK(found[4] == "!a: exactly one of \"text\", \"html\" and \"path\" is needed");
  CHECK(found[5] == "!b: exactly one of \"text\", \"html\" and \"path\" is needed");
  CHECK(found[6] == "!c: \"text\" is not a text");
  CHECK(found[7] == "!d: there is no field \"tex\"");
  CHECK(found[8] == "!e: \"groups\" is not a list of names");
  CHECK(found[9] == "!f: \"metadata\" is not an object");
  CHECK(found[10].starts_with("!g: "));
  CHECK(found[11] == "!ok: a line before has the same \"uri\"");
  CHECK(found[12] == "last");
}

TEST_CASE("a line beyond all measure is passed over without being held") {
  std::string lines(140u << 20, 'x');
  lines += "\n{\"uri\":\"a\",\"text\":\"x\"}\n";
  CHECK(list_json(lines) == Lines{"!line 1: the line is longer than 128 MB", "a"});
}

TEST_CASE("a watch notices changes in folders old and new, and nothing else") {
  using namespace std::chrono_literals;
  const TemporaryFolder folder;
  folder.write("old/a.md");
  auto watch = DirectoryWatch::open({folder.path("")});
  REQUIRE(watch);
  const auto never = [] { return false; };
  const auto wait_for_change = [&] {  // true if it came before the time was up
    const auto started = std::chrono::steady_clock::now();
    CHECK(*watch->wait(20ms, 60s, never));
    return std::chrono::steady_clock::now() - started < 59s;
  };
  folder.write("old/a.md", "changed");
  CHECK(wait_for_change());
  folder.write("new/deep/b.md");
  CHECK(wait_for_change());
  folder.write("new/deep/c.md");
  CHECK(wait_for_change());
  fs::remove(folder.path("new/deep/c.md"));
  CHECK(wait_for_change());
  fs::rename(folder.path("new/deep/b.md"), folder.path("old/b.md"));
  CHECK(wait_for_change());
  int asked = 0;
  CHECK(*watch->wait(20ms, 100ms, never));                      // nothing changed: the time is up
  CHECK(!*watch->wait(20ms, 60s, [&] { return ++asked == 3; }));  // stopped
}

TEST_CASE("a file is watched through its folder, and what is not there cannot be watched") {
  using namespace std::chrono_literals;
  const TemporaryFolder folder;
  folder.write("a.md");
  auto watch = DirectoryWatch::open({folder.path("a.md")});
  REQUIRE(watch);
  folder.write("a.md", "changed");
  CHECK(*watch->wait(20ms, 60s, [] { return false; }));
  auto missing = DirectoryWatch::open({folder.path("none/at/all")});
  REQUIRE(!missing);
  CHECK(missing.error().code == ErrorCode::kNotFound);
}
