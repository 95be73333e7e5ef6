#include "server/upload.h"

#include <doctest/doctest.h>

#include "tests/base/temp_directory.h"

using namespace grounds;
using grounds::test::TempDirectory;

TEST_CASE("an upload has no name in the folder while it is written, and is read back as it came") {
  const TempDirectory directory;
  const FileSystem files;
  auto upload = Upload::begin(files, directory.path(), "one");
  REQUIRE(upload);
  REQUIRE(upload->append("first, "));
  REQUIRE(upload->append("second"));
  CHECK(files.list(directory.path() + "/uploads")->empty());
  UploadSource source(std::move(*upload), "a/b.md", "b.md");
  const auto item = source.next();
  REQUIRE(item);
  REQUIRE(*item);
  CHECK((*item)->uri == "a/b.md");
  CHECK((*item)->size == 13);
  CHECK(source.read(**item, 100).value().bytes == "first, second");
  CHECK_FALSE(source.read(**item, 12));
  CHECK_FALSE(source.next());
}

TEST_CASE("what a killed server left of an upload is removed") {
  const TempDirectory directory;
  const FileSystem files;
  remove_old_uploads(files, directory.path());
  REQUIRE(files.make_directories(directory.path() + "/uploads"));
  REQUIRE(files.write_durably(directory.path() + "/uploads/old", "x"));
  remove_old_uploads(files, directory.path());
  CHECK(files.list(directory.path() + "/uploads")->empty());
}

TEST_CASE("a document's URI names a document, and no way out of a folder") {
  for (const char* good : {"a.md", "handbook/leave.md", "手册/请假.md", "https://example.com/a?b=c#d", "a..b/c...md", "with blank.md"}) CHECK(check_document_uri(good));
  for (const std::string& bad : {std::string(), std::string("../a"), std::string("a/../b"), std::string("a/.."), std::string("./a"), std::string("/etc/passwd"), std::string("a/"),
                                 std::string("a\\..\\b"), std::string("caf\xe9.md"), std::string("a\nb"), std::string("a\0b", 3), std::string(1025, 'x')}) {
    CAPTURE(bad);
    const Status status = check_document_uri(bad);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == ErrorCode::kUsage);
  }
}

TEST_CASE("the format is told by the URI, else by the file's name, else by the media type") {
  CHECK(document_name("a/b.md", "x.pdf", "text/html") == "b.md");
  CHECK(document_name("a/b", "x.pdf", "text/html") == "b.pdf");
  CHECK(document_name("a/b", "", "text/html; charset=utf-8") == "b.html");
  CHECK(document_name("a/b", "", "application/octet-stream") == "b");
  CHECK(document_name(".hidden", "", "") == ".hidden");
}
