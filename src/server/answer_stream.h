// An answer as a stream of server-sent events, made on a thread of its own while the connection's writes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "grounds/result.h"

namespace grounds {

// What is written at each point; "" writes nothing.
struct StreamFormat {
  std::function<std::string(const std::string& answer_id, const std::vector<EvidenceItem>&)> evidence;
  std::function<std::string(std::string_view piece)> delta;
  std::function<std::string(const Answer&)> answer;   // the end of a good one
  std::function<std::string(const Error&)> error;     // the end of a bad one
};

class AnswerStream {
 public:
  AnswerStream(Engine& engine, AskRequest request, StreamFormat format, std::function<void(const Result<Answer>&)> done);
  // Whoever reads has gone, or all is written: an answer that is still being made is cancelled.
  ~AnswerStream();

  // Waits until there is something to write. The error, if it came before anything could be: then it is
  // a plain response with its status, not a stream.
  std::optional<Error> wait_for_first();
  // Bytes to write; waits a little for them, and may give none. `*end`: these are the last.
  std::string next(bool* end);

 private:
  void run(Engine& engine);
  void put(std::string bytes);

  AskRequest request_;
  StreamFormat format_;
  std::function<void(const Result<Answer>&)> done_;
  std::atomic<bool> cancelled_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string bytes_;             // guarded by mutex_, as the following
  bool started_ = false, ended_ = false;
  std::optional<Error> early_error_;
  std::thread thread_;            // last: it uses the others
};

}  // namespace grounds
