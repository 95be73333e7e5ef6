// Syncs that the server was asked for: each runs on a thread of its own, beside the requests.
#pragma once

#include <atomic>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/engine.h"
#include "grounds/result.h"
#include "ingest/pipeline/ingest_report.h"

namespace grounds {

// Thread-safe. The jobs themselves are rows of the catalog, as those of the command line.
class BackgroundJobs {
 public:
  static constexpr std::size_t kMaxRunning = 4;

  explicit BackgroundJobs(Engine& engine) : engine_(engine) {}
  ~BackgroundJobs();  // stop(), and waits

  // Begins to make the collection equal to `path`, and returns the job's id once it is on record. What keeps
  // it from beginning is the error; kUnavailable if kMaxRunning are at work.
  Result<std::string> sync(const std::string& collection, const std::string& path, const std::string& actor);
  // How far a job of this process is, while it is at work.
  std::optional<IngestProgress> progress(const std::string& job) const;
  // Jobs end after their current commit.
  void stop() { stopping_ = true; }

 private:
  struct Running {
    std::thread thread;
    std::atomic<bool> ended = false;
  };
  void reap();

  Engine& engine_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;                       // guards what follows
  std::list<Running> running_;
  std::map<std::string, IngestProgress> progress_;  // by job
};

}  // namespace grounds
