#include "server/background_jobs.h"

#include <exception>
#include <future>

#include "base/log.h"
#include "engine/ingest.h"
#include "ingest/sources/directory_source.h"
#include "ledger/compare/job_sources.h"

namespace grounds {

BackgroundJobs::~BackgroundJobs() {
  stop();
  for (Running& each : running_) each.thread.join();
}

// With mutex_ held.
void BackgroundJobs::reap() {
  for (auto each = running_.begin(); each != running_.end();) {
    if (!each->ended) {
      ++each;
      continue;
    }
    each->thread.join();
    each = running_.erase(each);
  }
}

Result<std::string> BackgroundJobs::sync(const std::string& collection, const std::string& path, const std::string& actor) {
  auto begun = std::make_shared<std::promise<Result<std::string>>>();
  std::future<Result<std::string>> job = begun->get_future();
  {
    std::lock_guard lock(mutex_);
    reap();
    if (running_.size() >= kMaxRunning)
      return fail(ErrorCode::kUnavailable, std::to_string(kMaxRunning) + " jobs are at work already", "wait for one to end, or cancel one");
    Running& running = running_.emplace_back();
    const auto run = [this, &running, begun, collection, path, actor] {
      std::string id;
      IngestOptions options;
      options.make_equal = true;
      options.actor = actor;
      options.started = [&](const std::string& started) {
        id = started;
        std::lock_guard inner(mutex_);
        progress_[id] = {};
        begun->set_value(id);
      };
      const auto observer = [&](const IngestProgress& now) {
        std::lock_guard inner(mutex_);
        progress_[id] = now;
        return !stopping_;
      };
      Result<IngestReport> report = fail(ErrorCode::kInternal, "internal error");
      try {
        const auto source = open_directories(engine_.workspace().file_system(), {path});
        report = run_ingest(engine_, collection, *source, std::move(options), observer);
        if (report)
          if (auto noted = note_job_sources(engine_.workspace(), report->job, {path}); !noted) log_warning(noted.error().message);
      } catch (const std::exception&) {
        // Nothing is to be thrown; what is all the same must not end the server.
      }
      if (!report) log_warning("sync of " + path + ": " + report.error().message);
      if (id.empty()) begun->set_value(report ? Result<std::string>(report->job) : Result<std::string>(fail(report.error())));
      {
        std::lock_guard inner(mutex_);
        progress_.erase(id);
      }
      running.ended = true;
    };
    try {
      running.thread = std::thread(run);
    } catch (const std::exception&) {
      running_.pop_back();
      return fail(ErrorCode::kUnavailable, "the system gives the server no thread for the job", "send it again when there is less to do");
    }
  }
  return job.get();
}

std::optional<IngestProgress> BackgroundJobs::progress(const std::string& job) const {
  std::lock_guard lock(mutex_);
  const auto found = progress_.find(job);
  return found == progress_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace grounds
