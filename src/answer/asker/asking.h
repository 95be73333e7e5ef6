// One question on its way through Asker::ask.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "answer/asker/asker.h"

namespace grounds {

class Asking {
 public:
  Asking(Asker& asker, const AskRequest& request, const AskObserver& observer)
      : asker_(asker), request_(request), observer_(observer) {}

  Result<Answer> run();

 private:
  Status choose();                       // backend and template
  Status retrieve();                     // evidence and prompt
  Result<Answer> answer_by_model();
  Result<std::optional<Answer>> reuse(const std::string& key);
  Result<Answer> call(const std::string& key);
  // The backend asked for, then its fallbacks, until one answers. True: outcome_ holds its answer.
  bool ask_chain();
  bool ask_one(const std::string& name, const BackendSettings& settings);
  void settle_model(const std::string& name, const BackendSettings& settings, ModelAnswer answer);
  // A numeric answer of a model that samples: asks again, and takes what most say.
  void take_samples(ModelAnswer first);
  bool samples() const;                  // does the backend asked for give varying answers to one prompt?
  bool asks_for_figures() const;         // will an answer probably state numbers, dates or codes?
  bool may_be_reused() const;
  void settle_extractive(const std::string& reason);

  Result<Answer> finish_complete();      // both entries in one transaction, then the answer is shown
  Result<Answer> record_failure(const Error& error);
  Result<Answer> shown(const std::string& id);
  void show_evidence(const std::string& id);
  void apply_policy();
  bool withholds() const { return inputs_.policy == "withhold"; }
  Error unrecorded(const Error& error) const;

  Asker& asker_;
  const AskRequest& request_;
  const AskObserver& observer_;
  const BackendSettings* backend_ = nullptr;   // null: extractive
  PromptTemplate template_;
  AnswerInputs inputs_;
  AnswerOutcome outcome_;
  Answer answer_;
  AnswerText extractive_;
  std::optional<Error> error_;                 // the first backend's
  std::string failure_;                        // of the first backend: "local: timeout"
  bool has_streamed_ = false;
  bool gone_ = false;                          // whoever asked: then nobody else is asked
  std::int64_t spent_ms_ = 0;                  // of the time of the backend asked for: by canaries, first call and samples
  UnixMillis epoch_since_ = 0;                 // earlier answers are another model's
  bool wants_samples_ = false;                 // the answer is one of those that samples are taken of
  bool shown_early_ = false;                   // and it was streamed before they were taken, though most say otherwise
};

}  // namespace grounds
