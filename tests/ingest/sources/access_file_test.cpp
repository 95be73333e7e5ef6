// Files beside documents that say who may read them.
#include <doctest/doctest.h>

#include "ingest/sources/access_file.h"
#include "ingest/sources/directory_source.h"
#include "tests/ingest/support/temporary_folder.h"

using namespace grounds;
using grounds::sources::parse_access_file;
using grounds::testing::TemporaryFolder;
using Lines = std::vector<std::string>;

namespace {

// "URI: groups" by commas, "-" where the source names none; failures as "!URI: message".
Lines list_groups(const std::string& root) {
  const FileSystem files;
  const auto source = open_directories(files, {root});
  Lines result;
  while (auto found = source->next()) {
    if (!*found) {
      result.push_back("!" + found->error().uri + ": " + found->error().error.message);
      continue;
    }
    std::string line = (*found)->uri + ":";
    if (!(*found)->groups) line += " -";
    else
      for (const std::string& group : *(*found)->groups) line += " " + group;
    result.push_back(line);
  }
  return result;
}

}  // namespace

TEST_CASE("an access file names groups, and anything else in it is an error that says where") {
  CHECK(parse_access_file("groups = [\"hr\", \"人事\"]\n").value() == Lines{"hr", "人事"});
  CHECK(parse_access_file("# nobody\ngroups = []\n").value().empty());
  for (const char* bad : {"", "group = [\"hr\"]", "groups = \"hr\"", "groups = [1]", "groups = [\"\"]", "groups = [\"a,b\"]",
                          "groups = [\"hr\"", "groups = [\" hr\"]", "groups = [\"hr\"]\nowner = \"x\"", "\xFF\xFE"}) {
    INFO(bad);
    const auto groups = parse_access_file(bad);
    REQUIRE(!groups.has_value());
    CHECK(groups.error().code == ErrorCode::kBadInput);
    CHECK(groups.error().message.starts_with("line "));
  }
}

TEST_CASE("a folder's access file holds for all below it, until one further down or beside a document says otherwise") {
  const TemporaryFolder folder;
  folder.write("a.md");
  folder.write("hr/.grounds-access.toml", "groups = [\"hr\"]");
  folder.write("hr/b.md");
  folder.write("hr/deep/er/c.md");
  folder.write("hr/open/.grounds-access.toml", "groups = [\"everyone\"]");
  folder.write("hr/open/d.md");
  folder.write("hr/z.pdf");
  folder.write("hr/z.pdf.access.toml", "groups = [\"board\", \"hr\"]");
  folder.write("hr2/e.md");
  CHECK(list_groups(folder.path()) == Lines{"a.md: -", "hr/b.md: hr", "hr/deep/er/c.md: hr", "hr/open/d.md: everyone",
                                            "hr/z.pdf: board hr", "hr2/e.md: -"});
}

TEST_CASE("a document given by itself has the groups that the files beside it say") {
  const TemporaryFolder folder;
  folder.write("hr/.grounds-access.toml", "groups = [\"hr\"]");
  folder.write("hr/b.md");
  folder.write("hr/z.pdf");
  folder.write("hr/z.pdf.access.toml", "groups = [\"board\"]");
  CHECK(list_groups(folder.path("hr/b.md")) == Lines{"b.md: hr"});
  CHECK(list_groups(folder.path("hr/z.pdf")) == Lines{"z.pdf: board"});
}

TEST_CASE("what an access file that cannot be understood speaks of is a failure, not open to all") {
  const TemporaryFolder folder;
  folder.write("a/.grounds-access.toml", "groups = hr");
  folder.write("a/secret.md");
  folder.write("a/b/secret.md");
  folder.write("c/d.md");
  folder.write("c/d.md.access.toml", "gruops = []");
  folder.write("c/e.md");
  const Lines found = list_groups(folder.path());
  REQUIRE(found.size() == 3);
  CHECK(found[0].starts_with("!a/.grounds-access.toml: "));
  CHECK(found[1].starts_with("!c/d.md: "));
  CHECK(found[1].find("unknown key 'gruops'") != std::string::npos);
  CHECK(found[2] == "c/e.md: -");
}
