#include "ledger/commit_queue.h"

#include <exception>

namespace grounds {
namespace {

constexpr std::size_t kMaxBatch = 512;
constexpr std::size_t kMaxBatchBytes = std::size_t{8} << 20;

}  // namespace

Status CommitQueue::commit(LedgerChange& change) {
  Waiter self{&change, {}, false, {}};
  std::unique_lock lock(mutex_);
  waiters_.push_back(&self);
  self.turn.wait(lock, [&] { return self.done || waiters_.front() == &self; });
  if (self.done) return std::move(self.result);

  lock.unlock();
  const std::size_t finished = lead(self);
  lock.lock();
  for (std::size_t i = 0; i < finished; ++i) {
    Waiter* waiter = waiters_.front();
    waiters_.pop_front();
    waiter->done = true;
    if (waiter != &self) waiter->turn.notify_one();  // under the lock: it lives on that thread's stack
  }
  if (!waiters_.empty()) waiters_.front()->turn.notify_one();
  return std::move(self.result);
}

std::vector<CommitQueue::Waiter*> CommitQueue::take_batch() {
  const std::lock_guard lock(mutex_);
  std::vector<Waiter*> batch;
  std::size_t bytes = 0;
  for (Waiter* waiter : waiters_) {
    bytes += waiter->change->bytes();
    if (!batch.empty() && (batch.size() == kMaxBatch || bytes > kMaxBatchBytes)) break;
    batch.push_back(waiter);
  }
  return batch;
}

std::size_t CommitQueue::lead(Waiter& self) {
  std::vector<Waiter*> batch;
  Status status;
  try {
    status = run_batch(batch);
  } catch (const std::exception& error) {  // out of memory
    status = fail(ErrorCode::kInternal, std::string("the ledger could not be written: ") + error.what());
  }
  if (!status) {
    writer_.reset();  // the next commit starts with a new connection: no state of the failed one is trusted
    if (batch.empty()) {  // nothing was begun: the leader alone has failed, the next one tries anew
      self.result = fail(std::move(status).error());
      return 1;
    }
    for (Waiter* waiter : batch)
      if (waiter->result) waiter->result = fail(Error(status.error()));
  }
  return batch.size();
}

Status CommitQueue::run_batch(std::vector<Waiter*>& batch) {
  if (!writer_) {
    GROUNDS_ASSIGN_OR_RETURN(writer_, Writer::open(file_system_, path_, clock_));
  }
  GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, writer_->begin());
  batch = take_batch();  // after the wait for the lock file: who came meanwhile takes part
  bool changed = false;
  for (Waiter* waiter : batch) {
    waiter->result = waiter->change->check(*writer_);
    if (!waiter->result) continue;
    GROUNDS_RETURN_IF_ERROR(waiter->change->apply(*writer_));
    changed = true;
  }
  if (!changed) return {};
  return transaction.commit();
}

}  // namespace grounds
