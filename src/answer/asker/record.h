// What a record says of an answer, and how it is read back for a replay. Names: docs/formats/ledger.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "answer/answer.h"
#include "answer/backends/attempt.h"
#include "ledger/ledger.h"
#include "retrieval/query.h"

namespace grounds {

// A turn of the conversation before the question.
struct Message {
  std::string role;                     // "user", "assistant" or "system"
  std::string content;
  friend bool operator==(const Message&, const Message&) = default;
};
// The conversation as a prompt shows it, a line a turn: "user: ..."; empty without one.
std::string history_text(const std::vector<Message>& messages);

// What of a backend an answer depends on. For "extractive" only name and kind.
struct BackendInputs {
  std::string name = "extractive";      // as asked for
  std::string kind = "extractive";      // or "openai"
  std::string endpoint;                 // base_url, as configured; holds no secret
  std::string model;                    // as configured
  Json parameters = Json::object();     // members of the request besides model, messages and stream
  int timeout_seconds = 0;
  std::vector<std::string> fallback;    // asked in order when this one fails
  friend bool operator==(const BackendInputs&, const BackendInputs&) = default;
};

// Everything an answer depended on (design, section 8). The chain holds what identifies it; question,
// history, query, evidence, prompt, template and response are texts beside it, which can be erased.
struct AnswerInputs {
  std::string collection;
  std::int64_t collection_id = 0;
  Generation generation = 0, access_generation = 0;
  Principal principal;
  ClockInputs clock;
  std::string question;                 // as asked
  std::vector<Message> messages;        // the conversation before it
  Query query;                          // the effective query, prepared; settings included
  std::int64_t settings_version = 0;
  std::string backend;                  // == model.name
  BackendInputs model;
  std::string gate;                     // kGateVersion: what decides whether anything is asked or quoted; "" in the first records
  std::string template_id;              // PromptTemplate::id()
  std::string template_text;            // of one that is not built in; else ""
  std::string evidence_json;            // evidence_to_json()
  std::string prompt;
  std::vector<std::string> graphs;      // approximate mode: Snapshot::graph_hashes()
  bool fresh = false;                   // asked for without reuse
  bool reuse = false;                   // reuse was possible: configured, and not `fresh`
  std::string policy = "flag";          // or "withhold"
  std::string job, key;                 // for whom; "" where not said
  std::int64_t epoch = 1;               // of the model behind the backend, as its canaries tell
  // By Space::fingerprint: ModelIdentity and RuntimeIdentity as JSON.
  std::map<std::string, std::pair<std::string, std::string>> models;
};

// The opened entry of an answer with these inputs.
EntryContent opened_entry(const AnswerInputs& inputs);
// Reads it back; records of earlier versions lack what came later, which then has its default.
// kNotFound names the text that was erased; kDamaged what cannot be read; kUsage: no answer's record.
Result<AnswerInputs> read_inputs(const RecordedAnswer& recorded);

// Who gave the answer in the end, and why it was not the one asked.
struct AnsweredBy {
  std::string backend, kind, endpoint;
  std::string model;                    // as configured; "" for the extractive backend
  std::string reported_model, fingerprint;  // as the server says, or ""
  bool fallback = false;
  std::string reason;                   // of a fallback: "local: timeout"; "weak_evidence" without a call; else ""
};

// Of a numeric answer that was asked for several times.
struct Samples {
  int wanted = 0, taken = 0;            // 0: it was not
  int agreeing = 0;                     // state the numbers of the answer
  bool settled() const { return taken == wanted; }
  bool disagree() const { return agreeing < taken; }
};
Json samples_json(const Samples& samples);   // {"wanted","taken","agreeing"}, or null

struct AnswerOutcome {
  std::string status = "answered";      // or "failed"
  AnswerText text;                      // verdict: the worse of the backend's and the checks'
  Verdict backend_verdict = Verdict::kSupported, check_verdict = Verdict::kSupported;
  bool withheld = false;                // by policy: the recorded response was not shown
  AnsweredBy by;
  std::string finish_reason;            // "stop", "length", "content_filter", as reported; "" without a model
  Json usage;                           // as reported, or null
  std::string reused_from;              // id of the answer whose response this is, or ""
  std::vector<Attempt> attempts;
  Samples samples;
  std::string error;                    // of a failed one: its code's name
  std::string error_message;
  std::int64_t retrieval_ms = 0, model_ms = 0;
};
EntryContent closed_entry(const AnswerOutcome& outcome);
// The attempts as a list for an entry's body; their bytes become texts of the entry.
Json attempts_json(const std::vector<Attempt>& attempts, EntryContent& entry);
// The answer of a closed record: text, verdict, citations, unsupported. kNotFound if it was erased.
Result<AnswerText> read_response(const RecordedAnswer& recorded);

// The answer as canonical JSON {"answer","verdict","citations","unsupported"}: the recorded response.
std::string answer_to_json(const AnswerText& answer);
Json citations_json(const AnswerText& answer);

}  // namespace grounds
