// One of two answers that are compared, read from its record.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "answer/asker/record.h"
#include "grounds/result.h"
#include "ledger/ledger.h"

namespace grounds {

// Who was asked and who answered, as far as it is on record.
struct ModelUse {
  std::string backend = "extractive", kind = "extractive";  // as asked for
  std::string endpoint, model;
  Json parameters = Json::object();
  std::string by_backend = "extractive", by_kind = "extractive", by_endpoint, by_model;  // who answered in the end
  std::string reported_model, fingerprint;  // as the server says, or ""
  bool fallback = false;
  std::string fallback_reason;          // "local: timeout"
  std::vector<std::string> request_ids; // the vendor's, by attempt
  std::string reused_from;              // id of the answer whose response this is, or ""

  // The answer is a function of question, evidence, clock and settings alone.
  bool deterministic() const { return by_kind == "extractive"; }
  // Sampling is on, as far as the request says. None: it does not say.
  std::optional<double> temperature() const;
};

// The status of what a language model would say today: nobody asks it to find out.
inline constexpr const char* kNotAsked = "not_asked";

struct Side {
  std::string answer_id;                // "" for what would be answered today
  UnixMillis time = 0;
  std::string software;                 // the version of grounds that recorded it
  AnswerInputs inputs;
  std::string history;                  // the conversation before, as a prompt shows it
  ModelUse model;
  std::string status = "answered";      // "answered", "failed", "interrupted", "erased"; today's side: kNotAsked
  std::string answer, verdict;          // of an answered one
};

// kNotFound names the text that was erased; kDamaged what cannot be read.
Result<Side> read_side(const RecordedAnswer& recorded);

}  // namespace grounds
