#include "server/answer_stream.h"

#include <chrono>

namespace grounds {

AnswerStream::AnswerStream(Engine& engine, AskRequest request, StreamFormat format,
                           std::function<void(const Result<Answer>&)> done)
    : request_(std::move(request)), format_(std::move(format)), done_(std::move(done)), thread_([this, &engine] { run(engine); }) {}

AnswerStream::~AnswerStream() {
  cancelled_ = true;
  thread_.join();
}

void AnswerStream::put(std::string bytes) {
  {
    std::lock_guard lock(mutex_);
    bytes_ += bytes;
    started_ = true;
  }
  changed_.notify_all();
}

void AnswerStream::run(Engine& engine) {
  AskObserver observer;
  observer.cancelled = [this] { return cancelled_.load(); };
  observer.on_evidence = [this](const std::string& id, const std::vector<EvidenceItem>& evidence) { put(format_.evidence(id, evidence)); };
  observer.on_delta = [this](std::string_view piece) {
    put(format_.delta(piece));
    return !cancelled_;
  };
  Result<Answer> answer = fail(ErrorCode::kInternal, "internal error");
  try {
    answer = engine.asker().ask(request_, observer);
  } catch (const std::exception&) {
    // Nothing is to be thrown; what is all the same must not end the server.
  }
  done_(answer);
  std::lock_guard lock(mutex_);
  if (answer) bytes_ += format_.answer(*answer);
  else if (started_) bytes_ += format_.error(answer.error());
  else early_error_ = answer.error();
  ended_ = true;
  changed_.notify_all();
}

std::optional<Error> AnswerStream::wait_for_first() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return started_ || ended_; });
  return early_error_;
}

std::string AnswerStream::next(bool* end) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(100), [this] { return !bytes_.empty() || ended_; });
  *end = ended_;
  return std::exchange(bytes_, {});
}

}  // namespace grounds
