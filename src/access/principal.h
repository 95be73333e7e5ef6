// Who asks. Every read takes a principal; a principal in no group reads nothing.
#pragma once

#include <string>
#include <vector>

namespace grounds {

inline constexpr const char* kEveryone = "everyone";

struct Principal {
  std::string user;                  // "local" for the CLI, "anonymous" over HTTP without a key
  std::vector<std::string> groups;   // sorted, without repeats
  bool admin = false;                // reads every document, sees scores
  bool auditor = false;              // reads past generations' deleted documents
  friend bool operator==(const Principal&, const Principal&) = default;
};

}  // namespace grounds
