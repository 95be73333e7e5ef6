// What a record says of an answer, and how it is read back for a replay.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "answer/answer.h"
#include "ledger/ledger.h"
#include "retrieval/query.h"

namespace grounds {

// Everything an answer depended on (design, section 8). The chain holds what identifies it; question,
// query, evidence, prompt and response are texts beside it, which can be erased.
struct AnswerInputs {
  std::string collection;
  std::int64_t collection_id = 0;
  Generation generation = 0, access_generation = 0;
  Principal principal;
  ClockInputs clock;
  std::string question;                 // as asked
  Query query;                          // the effective query, prepared; settings included
  std::int64_t settings_version = 0;
  std::string backend;                  // "extractive"
  std::string template_id;              // PromptTemplate::id()
  std::string evidence_json;            // evidence_to_json()
  std::string prompt;
  // By Space::fingerprint: ModelIdentity and RuntimeIdentity as JSON.
  std::map<std::string, std::pair<std::string, std::string>> models;
};

// The opened entry of an answer with these inputs.
EntryContent opened_entry(const AnswerInputs& inputs);
// Reads it back. kNotFound names the text that was erased; kDamaged what cannot be read.
Result<AnswerInputs> read_inputs(const RecordedAnswer& recorded);

struct AnswerOutcome {
  std::string status = "answered";      // or "failed"
  AnswerText text;
  std::string error;                    // of a failed one: its code's name
  std::string error_message;
  std::int64_t retrieval_ms = 0, model_ms = 0;
};
EntryContent closed_entry(const AnswerOutcome& outcome);

// The answer as canonical JSON {"answer","verdict","citations","unsupported"}: the recorded response.
std::string answer_to_json(const AnswerText& answer);
Json citations_json(const AnswerText& answer);

}  // namespace grounds
