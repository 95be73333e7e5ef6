// Waiting until something changes below some folders.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "grounds/result.h"

namespace grounds {

// Notices by Linux's inotify, on local file systems; what other machines change on a network drive is
// seen by nobody, hence `at_most` in wait(). One thread at a time.
class DirectoryWatch {
 public:
  // Watches the folders with all below them, and the folders that files stand in. kUnavailable if the
  // system has no more watches to give (fs.inotify.max_user_watches).
  static Result<DirectoryWatch> open(const std::vector<std::string>& roots);
  DirectoryWatch(DirectoryWatch&& other) noexcept;
  DirectoryWatch& operator=(DirectoryWatch&&) = delete;
  ~DirectoryWatch();

  // Returns once something has changed and then nothing more for `quiet`, or ten times `quiet` have passed
  // since the first change; or after `at_most`. Asks `stop` ten times a second; true ends the waiting.
  // False if it was stopped.
  Result<bool> wait(std::chrono::milliseconds quiet, std::chrono::milliseconds at_most, const std::function<bool()>& stop);

 private:
  explicit DirectoryWatch(int descriptor) : descriptor_(descriptor) {}
  Status add(const std::string& folder);
  // Reads what has happened; true if it was anything. Watches new folders.
  Result<bool> read_events();

  int descriptor_;
  std::map<int, std::string> folders_;  // by watch
};

}  // namespace grounds
