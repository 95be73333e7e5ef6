// The test double is itself tested: a model of a disk that forgives too much proves nothing.
#include "tests/base/faulty_file_system.h"

#include <doctest/doctest.h>

#include <map>

#include "tests/base/temp_directory.h"

namespace grounds::test {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

using Folder = std::map<std::string, std::string>;

Folder folder_at(const std::string& path) {
  Folder folder;
  const auto entries = FileSystem().list(path).value();
  for (const DirectoryEntry& entry : entries) {
    folder[entry.name] =
        entry.status.is_directory ? "/" : FileSystem().read(path + "/" + entry.name).value();
  }
  return folder;
}

struct Disk {
  TempDirectory directory;
  TempDirectory out;
  std::shared_ptr<FaultyFileSystem> faults = std::make_shared<FaultyFileSystem>(directory.path());
  FileSystem files{faults};

  Folder durable() {
    faults->materialize_durable(out / "disk");
    return folder_at(out / "disk");
  }
  Folder written() {
    faults->materialize_written(out / "disk");
    return folder_at(out / "disk");
  }
};

TEST_CASE("a new file survives a power loss only if both it and its folder were synced") {
  Disk disk;
  File file = disk.files.open(disk.directory / "a", OpenMode::kCreate).value();
  REQUIRE(file.write(0, bytes_of("abc")));
  CHECK(disk.durable().empty());
  REQUIRE(file.sync());
  CHECK(disk.durable().empty());
  REQUIRE(disk.files.sync_directory(disk.directory.path()));
  CHECK(disk.durable() == Folder{{"a", "abc"}});
  REQUIRE(file.write(1, bytes_of("X")));
  REQUIRE(file.truncate(2));
  CHECK(disk.durable() == Folder{{"a", "abc"}});
  CHECK(disk.written() == Folder{{"a", "aX"}});
}

TEST_CASE("a name that is synced before its content comes back empty") {
  Disk disk;
  File file = disk.files.open(disk.directory / "a", OpenMode::kCreate).value();
  REQUIRE(file.write(0, bytes_of("abc")));
  REQUIRE(disk.files.sync_directory(disk.directory.path()));
  CHECK(disk.durable() == Folder{{"a", ""}});
}

TEST_CASE("a rename and a removal are lost without the folder's sync") {
  Disk disk;
  REQUIRE(disk.files.write_durably(disk.directory / "a", "1"));
  REQUIRE(disk.files.write_durably(disk.directory / "b", "2"));
  REQUIRE(disk.files.rename(disk.directory / "a", disk.directory / "b"));
  CHECK(disk.durable() == Folder{{"a", "1"}, {"b", "2"}});
  CHECK(disk.written() == Folder{{"b", "1"}});
  REQUIRE(disk.files.sync_directory(disk.directory.path()));
  CHECK(disk.durable() == Folder{{"b", "1"}});
  REQUIRE(disk.files.remove(disk.directory / "b"));
  CHECK(disk.durable() == Folder{{"b", "1"}});
  REQUIRE(disk.files.sync_directory(disk.directory.path()));
  CHECK(disk.durable().empty());
}

TEST_CASE("what is inside a folder that was lost is lost with it") {
  Disk disk;
  disk.faults->lose_directory_syncs(disk.directory.path());
  REQUIRE(disk.files.make_directories(disk.directory / "d"));
  REQUIRE(disk.files.write_durably(disk.directory / "d/a", "1"));
  CHECK(disk.durable().empty());
  disk.faults->clear_plans();
  REQUIRE(disk.files.sync_directory(disk.directory.path()));
  CHECK(disk.durable() == Folder{{"d", "/"}});
  CHECK(folder_at(disk.out / "disk/d") == Folder{{"a", "1"}});
}

TEST_CASE("a renamed folder takes its files along") {
  Disk disk;
  REQUIRE(disk.files.make_directories(disk.directory / "d"));
  REQUIRE(disk.files.write_durably(disk.directory / "d/a", "1"));
  REQUIRE(disk.files.rename(disk.directory / "d", disk.directory / "e"));
  REQUIRE(disk.files.sync_directory(disk.directory.path()));
  CHECK(disk.durable() == Folder{{"e", "/"}});
  CHECK(folder_at(disk.out / "disk/e") == Folder{{"a", "1"}});
}

TEST_CASE("a lost sync is believed by the program and ignored by the disk") {
  Disk disk;
  disk.faults->lose_syncs("/a");
  File file = disk.files.open(disk.directory / "a", OpenMode::kCreate).value();
  REQUIRE(file.write(0, bytes_of("abc")));
  CHECK(file.sync());
  CHECK(disk.files.sync_directory(disk.directory.path()));
  CHECK(disk.durable() == Folder{{"a", ""}});
}

TEST_CASE("after the power is off nothing works and nothing changes") {
  Disk disk;
  REQUIRE(disk.files.write_durably(disk.directory / "a", "1"));
  disk.faults->reset_count();
  disk.faults->power_off_at(2);
  CHECK_FALSE(disk.files.write_durably(disk.directory / "a", "2"));
  CHECK_FALSE(disk.files.write_durably(disk.directory / "b", "2"));
  CHECK_FALSE(disk.files.read(disk.directory / "a"));
  CHECK(disk.durable() == Folder{{"a", "1"}});
}

TEST_CASE("some of what was not synced survives, by the seed") {
  Disk disk;
  REQUIRE(disk.files.write_durably(disk.directory / "a", std::string(2048, 'o')));
  File file = disk.files.open(disk.directory / "a", OpenMode::kReadWrite).value();
  REQUIRE(file.write(0, bytes_of(std::string(2048, 'n'))));
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    disk.faults->materialize_some(disk.out / "disk", seed);
    const std::string content = FileSystem().read(disk.out / "disk/a").value();
    REQUIRE(content.size() == 2048);
    std::string sectors;
    for (std::size_t at = 0; at < 2048; at += 512) {
      CHECK(content.substr(at, 512) == std::string(512, content[at]));  // a sector is never torn
      sectors += content[at];
    }
    ++seen[sectors];
  }
  CHECK(seen.size() == 16);
}

TEST_CASE("the model starts from what is on the disk") {
  TempDirectory directory;
  REQUIRE(FileSystem().make_directories(directory / "d"));
  REQUIRE(FileSystem().write_durably(directory / "d/a", "there"));
  const TempDirectory out;
  FaultyFileSystem(directory.path()).materialize_durable(out / "disk");
  CHECK(folder_at(out / "disk/d") == Folder{{"a", "there"}});
}

}  // namespace
}  // namespace grounds::test
