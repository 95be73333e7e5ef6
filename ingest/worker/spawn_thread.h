// A thread that starts processes on behalf of others.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace grounds::worker {

// A process that asks to be killed with its parent (PR_SET_PDEATHSIG) is in fact killed when the thread
// that started it ends. This thread lives as long as its owner, whichever threads come and go.
class SpawnThread {
 public:
  SpawnThread() : thread_([this] { run(); }) {}
  ~SpawnThread();
  SpawnThread(const SpawnThread&) = delete;
  SpawnThread& operator=(const SpawnThread&) = delete;

  // Runs `task` on the thread and waits for it.
  void call(const std::function<void()>& task);

 private:
  struct Task {
    const std::function<void()>* function;
    bool done = false;
  };
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task*> tasks_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace grounds::worker
