#include "ingest/worker/spawn_thread.h"

namespace grounds::worker {

SpawnThread::~SpawnThread() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SpawnThread::call(const std::function<void()>& function) {
  Task task{&function};
  std::unique_lock lock(mutex_);
  tasks_.push_back(&task);
  changed_.notify_all();
  changed_.wait(lock, [&] { return task.done; });
}

void SpawnThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stop_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    Task* const task = tasks_.front();
    tasks_.pop_front();
    lock.unlock();
    (*task->function)();
    lock.lock();
    task->done = true;
    changed_.notify_all();
  }
}

}  // namespace grounds::worker
