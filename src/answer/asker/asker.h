// A question in, an answer out, and the record of it in between.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "answer/asker/record.h"
#include "grounds/result.h"
#include "ledger/ledger.h"
#include "retrieval/searcher.h"

namespace grounds {

struct AskRequest {
  std::string collection = "default";
  std::string question;
  std::string backend = "extractive";
  std::string prompt_template;        // "" for the default
  AsOf as_of;
  Principal principal;
};

struct Answer {
  std::string answer_id;
  AnswerText text;
  Generation generation = 0;
  std::string backend, model;         // model: "" for the extractive backend
  bool reused = false;
  std::int64_t retrieval_ms = 0, model_ms = 0;
  std::vector<EvidenceItem> evidence;
};

// How evidence and answer come from a snapshot and a query: what `ask` and `replay` share. Pure but for
// reading immutable files.
struct Assembly {
  std::vector<EvidenceItem> evidence;
  std::string prompt;
};
Result<Assembly> assemble(Searcher& searcher, const Snapshot& snapshot, const Query& query,
                          std::string_view question, const std::string& template_id, const ClockInputs& clock);
AnswerText answer_extractively(std::string_view question, std::span<const EvidenceItem> evidence,
                               const ClockInputs& clock, const Analyzer& analyzer, const Settings& settings);

// Thread-safe.
class Asker {
 public:
  // All must outlive it.
  Asker(Searcher& searcher, Ledger& ledger, const Clock& clock)
      : searcher_(searcher), ledger_(ledger), clock_(clock) {}

  // The answer is on record, durably, when this returns it; if it cannot be recorded there is none
  // (kUnavailable). A question that fails after retrieval began is on record as failed.
  Result<Answer> ask(const AskRequest& request);

 private:
  Result<Answer> answer(const AskRequest& request, AnswerInputs& inputs);
  Searcher& searcher_;
  Ledger& ledger_;
  const Clock& clock_;
};

}  // namespace grounds
