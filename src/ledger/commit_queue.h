// Group commit: changes of many threads, applied in their order of arrival, share one transaction.
//
// The thread at the front of the queue leads: it takes what has queued up, applies it and commits,
// while later comers wait and then have the next leader among them. There is no thread of our own and
// no delay: a lone caller pays one transaction, callers that arrive during a sync pay the next one together.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/sqlite.h"
#include "ledger/writer.h"

namespace grounds {

// One change to the ledger. Both functions run in one transaction, on whichever thread leads.
class LedgerChange {
 public:
  virtual ~LedgerChange() = default;
  // Reads only. An error here concerns this change alone, which then is not made.
  virtual Status check(Writer& writer) = 0;
  // An error here is the storage's: it undoes the transaction, and every change in it fails with it.
  virtual Status apply(Writer& writer) = 0;
  virtual std::size_t bytes() const = 0;
};

class CommitQueue {
 public:
  CommitQueue(const FileSystem& file_system, std::string path, const Clock& clock)
      : file_system_(file_system), path_(std::move(path)), clock_(clock) {}

  // Durable when it returns success. Thread-safe.
  Status commit(LedgerChange& change);

 private:
  struct Waiter {
    LedgerChange* change;
    Status result;
    bool done = false;
    std::condition_variable turn;
  };

  // The leader's part, outside of mutex_. Returns how many waiters, from the front, have their result.
  std::size_t lead(Waiter& self);
  Status run_batch(std::vector<Waiter*>& batch);
  std::vector<Waiter*> take_batch();

  const FileSystem& file_system_;
  const std::string path_;
  const Clock& clock_;
  std::mutex mutex_;
  std::deque<Waiter*> waiters_;      // guarded by mutex_; the front one leads
  std::unique_ptr<Writer> writer_;   // the leader's; none before the first use and after a failure
};

}  // namespace grounds
