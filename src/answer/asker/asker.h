// A question in, an answer out, and the record of it in between.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "answer/asker/canary_watch.h"
#include "answer/asker/record.h"
#include "answer/asker/reuse.h"
#include "answer/asker/template_store.h"
#include "answer/backends/gateway.h"
#include "answer/backends/openai.h"
#include "answer/templates.h"
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
  std::vector<Message> messages;      // the conversation so far; an input, on record
  std::optional<double> temperature;  // else the backend's
  bool fresh = false;                 // do not reuse a recorded answer
  std::string job, key;               // for whom, where that is known
};

struct Answer {
  std::string answer_id;
  AnswerText text;                    // as shown: by policy without what is not borne out
  Generation generation = 0;
  std::string backend, model;         // who gave it; model: as reported, else as configured, "" for the extractive backend
  std::string backend_reason;         // why this backend: see AnsweredBy::reason
  bool fallback = false, reused = false, withheld = false;
  std::string reused_from, finish_reason, effective_query, template_id;
  Json usage;                         // or null
  Samples samples;                    // of a numeric answer by a model that samples
  std::int64_t retrieval_ms = 0, model_ms = 0;
  std::vector<EvidenceItem> evidence;
};

// Told of an answer while it comes. Nothing of it is told before its opened entry is durable. Any may be empty.
struct AskObserver {
  std::function<void(const std::string& answer_id, const std::vector<EvidenceItem>&)> on_evidence;
  std::function<bool(std::string_view)> on_delta;   // pieces of the answer; false cancels
  std::function<bool()> cancelled;                  // asked now and then
};

// How evidence and answer come from a snapshot and a query: what `ask` and `replay` share. Pure but for
// reading immutable files.
struct Assembly {
  std::vector<EvidenceItem> evidence;
  std::string prompt;
};
Result<Assembly> assemble(Searcher& searcher, const Snapshot& snapshot, const Query& query,
                          std::string_view question, const PromptTemplate& prompt_template, const ClockInputs& clock,
                          std::string_view history);
// The same with a built-in template, by its id, and no history.
Result<Assembly> assemble(Searcher& searcher, const Snapshot& snapshot, const Query& query,
                          std::string_view question, const std::string& template_id, const ClockInputs& clock);
// The template an answer was made with: built in, or its recorded text. kNotFound.
Result<PromptTemplate> recorded_template(const AnswerInputs& inputs);
// The extractive backend's answer with the checks run: its verdict is the worse of the two.
AnswerText answer_extractively(std::string_view question, std::span<const EvidenceItem> evidence,
                               const ClockInputs& clock, const Analyzer& analyzer, const Settings& settings);

struct AskerOptions {
  std::map<std::string, BackendSettings> backends;
  bool reuse = true;
  std::int64_t reuse_max_age_ms = 90LL * 24 * 3600 * 1000;
  std::string policy = "flag";        // or "withhold": what is not borne out is not shown
  int numeric_samples = 3;            // of a model that samples, for an answer with numbers; 1: only the one
};

// Thread-safe.
class Asker {
 public:
  // All must outlive it.
  Asker(Searcher& searcher, Ledger& ledger, Gateway& gateway, TemplateStore& templates, ReuseIndex& reuse, AskerOptions options)
      : searcher_(searcher), ledger_(ledger), gateway_(gateway), environment_(gateway.environment()), templates_(templates),
        reuse_(reuse), options_(std::move(options)), canaries_(gateway, ledger) {}

  // The answer is on record, durably, when this returns it; if it cannot be recorded there is none
  // (kUnavailable). A model is called only after the opened entry is durable. A question that fails after
  // retrieval began is on record as failed. kNotFound: no such collection, backend or template.
  Result<Answer> ask(const AskRequest& request, const AskObserver& observer = {});

  // Calls the model of a recorded answer again with its recorded prompt and parameters, outside of any
  // record: for replays and controls. kUsage for an answer without a model, or whose backend is gone.
  Result<ModelAnswer> call_again(const AnswerInputs& inputs, std::vector<Attempt>& attempts);

  // Ends the reuse of an answer (or of the one it reused), once that is on record. kNotFound; kUsage if it was never
  // to be reused, or is withdrawn already.
  Result<std::string> withdraw(const std::string& answer_id, const std::string& by);

  const TemplateStore& templates() const { return templates_; }
  const AskerOptions& options() const { return options_; }
  Gateway& gateway() { return gateway_; }
  CanaryWatch& canaries() { return canaries_; }

 private:
  friend class Asking;
  Searcher& searcher_;
  Ledger& ledger_;
  Gateway& gateway_;
  const BackendEnvironment environment_;
  TemplateStore& templates_;
  ReuseIndex& reuse_;
  AskerOptions options_;
  CanaryWatch canaries_;
  Flights flights_;
};

}  // namespace grounds
