// backends.db: what a workspace has to remember of its backends from one process to the next: what they have used
// up of their budgets, and what their canaries answered. Formats: docs/formats/backends.md.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "answer/backends/spending.h"
#include "base/sqlite.h"
#include "grounds/result.h"

namespace grounds {

// What is known of the model behind an endpoint.
struct ModelWatch {
  std::string canaries;        // identity of the prompts and parameters that the baseline was made with
  std::string baseline;        // what they answered (JSON)
  std::int64_t epoch = 1;      // 1, 2, ...: raised when the model behind the name turned out to be another
  UnixMillis since = 0;        // when this epoch began; 0: the first
  UnixMillis checked = 0;      // when the canaries were last answered as they should
};

// Made on first use. Thread-safe; several processes may use one file.
class BackendStore {
 public:
  BackendStore(const FileSystem& file_system, std::string path) : file_system_(file_system), path_(std::move(path)) {}

  // Charges `amount` to the backend's period if that stays within the limits; false if it does not. What is
  // reserved counts as used up at once, durably: a process that dies in the middle of a call has spent it.
  Result<bool> reserve(const std::string& backend, const std::string& period, const Spent& amount, const Budget* limits);
  // Gives back what was reserved and not used; negative amounts charge more.
  Status give_back(const std::string& backend, const std::string& period, const Spent& amount);
  Result<Spent> spent(const std::string& backend, const std::string& period);

  Result<std::optional<ModelWatch>> watch(const std::string& endpoint, const std::string& model);
  Status set_watch(const std::string& endpoint, const std::string& model, const ModelWatch& watch);

 private:
  Result<Database*> open();  // with mutex_ held
  const FileSystem& file_system_;
  const std::string path_;
  std::mutex mutex_;
  std::optional<Database> database_;
};

}  // namespace grounds
