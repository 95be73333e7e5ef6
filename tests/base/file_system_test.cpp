#include "base/file_system.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/base/faulty_file_system.h"
#include "tests/base/temp_directory.h"

namespace grounds {
namespace {

using test::FaultyFileSystem;
using test::TempDirectory;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string read_at(const File& file, std::uint64_t offset, std::size_t size) {
  std::string text(size, '?');
  REQUIRE(file.read_exact(offset, std::as_writable_bytes(std::span(text))));
  return text;
}

std::vector<std::string> names_in(const FileSystem& files, const std::string& directory) {
  std::vector<std::string> names;
  const auto entries = files.list(directory);
  REQUIRE(entries);
  for (const DirectoryEntry& entry : *entries) names.push_back(entry.name);
  return names;
}

TEST_CASE("what is written at an offset is read there") {
  const TempDirectory directory;
  const FileSystem files;
  File file = files.open(directory / "a", OpenMode::kCreate).value();
  REQUIRE(file.write(0, bytes_of("hello world")));
  REQUIRE(file.write(6, bytes_of("there")));
  CHECK(read_at(file, 0, 11) == "hello there");
  CHECK(file.size().value() == 11);
  REQUIRE(file.truncate(5));
  CHECK(file.sync());
  CHECK(files.read(directory / "a").value() == "hello");
  CHECK(file.close());
  CHECK(file.close());
}

TEST_CASE("a file that ends too early is damaged, and one byte less is fine") {
  const TempDirectory directory;
  const FileSystem files;
  REQUIRE(files.write_durably(directory / "a", "12345"));
  const File file = files.open(directory / "a", OpenMode::kRead).value();
  std::string into(4, '?');
  CHECK(file.read_exact(1, std::as_writable_bytes(std::span(into))));
  const Status beyond = file.read_exact(2, std::as_writable_bytes(std::span(into)));
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error().code == ErrorCode::kDamaged);
  CHECK(file.read_some(5, std::as_writable_bytes(std::span(into))).value() == 0);
}

TEST_CASE("failures say the path, the reason and what to do") {
  const TempDirectory directory;
  const FileSystem files;
  const auto missing = files.open(directory / "nothing", OpenMode::kRead);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::kNotFound);
  CHECK(missing.error().message ==
        "cannot open: " + (directory / "nothing") + ": No such file or directory");
  CHECK(files.remove(directory / "nothing").error().code == ErrorCode::kNotFound);
  CHECK(files.status(directory / "nothing").error().code == ErrorCode::kNotFound);
  REQUIRE(files.write_durably(directory / "a", "x"));
  CHECK(files.open(directory / "a", OpenMode::kCreate).error().code == ErrorCode::kRefused);
  CHECK(files.list(directory / "a").error().code == ErrorCode::kNotFound);
  CHECK(files.make_directories(directory / "a/b").error().code == ErrorCode::kNotFound);
  CHECK(files.read(directory.path()).error().code == ErrorCode::kBadInput);
  CHECK(io_error("cannot write", "/x", ENOSPC).code == ErrorCode::kUnavailable);
  CHECK(io_error("cannot write", "/x", EACCES).code == ErrorCode::kRefused);
  CHECK(io_error("cannot write", "/x", EIO).code == ErrorCode::kUnavailable);
  CHECK_FALSE(io_error("cannot write", "/x", ENOSPC).hint.empty());
}

TEST_CASE("a list is sorted, tells kinds apart and does not follow links") {
  const TempDirectory directory;
  const FileSystem files;
  REQUIRE(files.write_durably(directory / "b", "12"));
  REQUIRE(files.make_directories(directory / "a"));
  std::filesystem::create_symlink("a", directory / "c");
  std::filesystem::create_symlink("nowhere", directory / "d");
  const auto entries = files.list(directory.path()).value();
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].name == "a");
  CHECK(entries[0].status.is_directory);
  CHECK(entries[1].name == "b");
  CHECK(entries[1].status.is_regular);
  CHECK(entries[1].status.size == 2);
  CHECK(entries[1].status.modified_ns > 1'500'000'000'000'000'000);
  CHECK(entries[2].status.is_symlink);
  CHECK_FALSE(entries[2].status.is_directory);
  CHECK(files.status(directory / "c")->is_directory);
  CHECK(files.status(directory / "d", false)->is_symlink);
  CHECK_FALSE(files.exists(directory / "d"));
}

TEST_CASE("folders are made with their parents, and making them again is no error") {
  const TempDirectory directory;
  const FileSystem files;
  CHECK(files.make_directories(directory / "a/b/c"));
  CHECK(files.make_directories(directory / "a/b/c/"));
  CHECK(files.status(directory / "a/b/c")->is_directory);
  CHECK(files.remove(directory / "a/b/c"));
  CHECK_FALSE(files.exists(directory / "a/b/c"));
  CHECK_FALSE(files.remove(directory / "a"));  // not empty
}

TEST_CASE("reading stops at the limit") {
  const TempDirectory directory;
  const FileSystem files;
  REQUIRE(files.write_durably(directory / "a", std::string(10'000, 'x')));
  CHECK(files.read(directory / "a", 10'000).value().size() == 10'000);
  CHECK(files.read(directory / "a", 9'999).error().code == ErrorCode::kBadInput);
  CHECK(files.read("/proc/self/status").value().size() > 100);  // its size is said to be 0
  CHECK(files.read("/proc/self/status", 10).error().code == ErrorCode::kBadInput);
  CHECK(files.read("/dev/null").value().empty());
}

TEST_CASE("a named pipe does not hang the program") {
  const TempDirectory directory;
  REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
  CHECK(FileSystem().read(directory / "pipe").error().code == ErrorCode::kBadInput);
  CHECK_FALSE(FileSystem().status(directory / "pipe")->is_regular);
}

TEST_CASE("a mapping shows the file, and outlives being moved") {
  const TempDirectory directory;
  const FileSystem files;
  REQUIRE(files.write_durably(directory / "a", "mapped"));
  REQUIRE(files.write_durably(directory / "empty", ""));
  MappedFile first = files.map(directory / "a").value();
  MappedFile second = files.map(directory / "empty").value();
  CHECK(second.bytes().empty());
  second = std::move(first);
  const MappedFile third = std::move(second);
  REQUIRE(third.bytes().size() == 6);
  CHECK(std::string_view(reinterpret_cast<const char*>(third.bytes().data()), 6) == "mapped");
  CHECK(files.map(directory / "none").error().code == ErrorCode::kNotFound);
}

TEST_CASE("a lock excludes a second one in the same process until it is gone") {
  const TempDirectory directory;
  const FileSystem files;
  {
    const FileLock held = files.lock(directory / "l").value();
    const auto second = files.lock(directory / "l", 0);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::kUnavailable);
    CHECK(files.lock(directory / "other", 0));
    // Reading the file and closing it drops no lock, as it would with classic POSIX locks.
    CHECK(files.read(directory / "l"));
    CHECK_FALSE(files.lock(directory / "l", 10));
  }
  CHECK(files.lock(directory / "l", 0));
}

TEST_CASE("a lock waits for its turn") {
  const TempDirectory directory;
  const FileSystem files;
  std::atomic<int> inside = 0;
  std::atomic<bool> overlapped = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, timeout = t % 2 == 0 ? -1 : 60'000] {
      for (int i = 0; i < 25; ++i) {
        const auto lock = files.lock(directory / "l", timeout);
        if (!lock || ++inside != 1) overlapped = true;
        std::this_thread::yield();
        --inside;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK_FALSE(overlapped);
}

TEST_CASE("a lock dies with its process") {
  const TempDirectory directory;
  const FileSystem files;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto lock = files.lock(directory / "l");
    const char sign = lock ? 'y' : 'n';
    if (::write(ready[1], &sign, 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char sign = 0;
  REQUIRE(::read(ready[0], &sign, 1) == 1);
  CHECK(sign == 'y');
  CHECK_FALSE(files.lock(directory / "l", 0));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(files.lock(directory / "l", 0));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("a durable write replaces the file and leaves nothing else behind") {
  const TempDirectory directory;
  const FileSystem files;
  REQUIRE(files.write_durably(directory / "a", "old"));
  REQUIRE(files.write_durably(directory / "a", "new"));
  CHECK(files.read(directory / "a").value() == "new");
  CHECK(names_in(files, directory.path()) == std::vector<std::string>{"a"});
  CHECK(files.write_durably(directory / "none/a", "x").error().code == ErrorCode::kNotFound);
}

TEST_CASE("a durable write that fails at any call leaves the old file and no other") {
  for (const int error : {EIO, ENOSPC, EACCES}) {
    for (std::size_t n = 1; n < 100; ++n) {
      CAPTURE(error);
      CAPTURE(n);
      const TempDirectory directory;
      REQUIRE(FileSystem().write_durably(directory / "a", "old"));
      const auto faults = std::make_shared<FaultyFileSystem>(directory.path());
      const FileSystem files(faults);
      faults->fail_call(n, error);
      const Status written = files.write_durably(directory / "a", "new");
      const bool last = faults->calls() < n;
      const std::string content = FileSystem().read(directory / "a").value();
      if (written) {
        CHECK(content == "new");
      } else {
        CHECK(written.error().code == io_error("", "", error).code);
        // Only the sync of the folder comes after the new file is in place.
        const bool renamed = faults->log().back().find("sync directory") != std::string::npos;
        CHECK(content == (renamed ? "new" : "old"));
      }
      CHECK(names_in(FileSystem(), directory.path()) == std::vector<std::string>{"a"});
      if (last) {
        CHECK(written);
        CHECK(n > 5);  // open, write, sync, rename, sync of the folder
        break;
      }
    }
  }
}

TEST_CASE("a write that is cut short is reported as a full disk and leaves the old file") {
  const TempDirectory directory;
  REQUIRE(FileSystem().write_durably(directory / "a", "old"));
  const auto faults = std::make_shared<FaultyFileSystem>(directory.path());
  faults->shorten_write(1, 2);
  const Status written = FileSystem(faults).write_durably(directory / "a", "new content");
  REQUIRE_FALSE(written);
  CHECK(written.error().code == ErrorCode::kUnavailable);
  CHECK(written.error().message.find("No space left") != std::string::npos);
  CHECK(FileSystem().read(directory / "a").value() == "old");
  CHECK(names_in(FileSystem(), directory.path()) == std::vector<std::string>{"a"});
}

TEST_CASE("every kind of call can be made to fail") {
  const TempDirectory directory;
  REQUIRE(FileSystem().write_durably(directory / "a", "text"));
  const auto faults = std::make_shared<FaultyFileSystem>(directory.path());
  const FileSystem files(faults);
  File file = files.open(directory / "a", OpenMode::kReadWrite).value();
  std::byte byte{};
  const std::pair<IoOperation, std::function<bool()>> table[] = {
      {IoOperation::kOpen,
       [&] { return files.open(directory / "a", OpenMode::kRead).has_value(); }},
      {IoOperation::kRead,
       [&] {
         return file.read_some(0, {&byte, 1}).has_value();
       }},
      {IoOperation::kWrite,
       [&] {
         return file.write(0, {&byte, 1}).has_value();
       }},
      {IoOperation::kTruncate, [&] { return file.truncate(1).has_value(); }},
      {IoOperation::kSync, [&] { return file.sync().has_value(); }},
      {IoOperation::kSyncDirectory,
       [&] { return files.sync_directory(directory.path()).has_value(); }},
      {IoOperation::kRename,
       [&] { return files.rename(directory / "a", directory / "b").has_value(); }},
      {IoOperation::kRemove, [&] { return files.remove(directory / "b").has_value(); }},
      {IoOperation::kMakeDirectory,
       [&] { return files.make_directories(directory / "d").has_value(); }},
      {IoOperation::kList, [&] { return files.list(directory.path()).has_value(); }},
      {IoOperation::kStatus, [&] { return files.status(directory.path()).has_value(); }},
      {IoOperation::kMap, [&] { return files.map(directory / "m").has_value(); }},
      {IoOperation::kLock, [&] { return files.lock(directory / "l").has_value(); }},
  };
  REQUIRE(FileSystem().write_durably(directory / "m", "mapped"));
  for (const auto& row : table) {
    const IoOperation operation = row.first;
    const auto& call = row.second;
    CAPTURE(static_cast<int>(operation));
    faults->count_only({operation});
    faults->reset_count();
    faults->fail_call(1, EIO);
    CHECK_FALSE(call());
    faults->clear_plans();
    CHECK(call());
  }
}

}  // namespace
}  // namespace grounds
