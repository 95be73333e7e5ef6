// Replay: an answer's record in, the same steps done again, and every byte compared.
#pragma once

#include <string>
#include <vector>

#include "grounds/result.h"
#include "ledger/ledger.h"
#include "retrieval/searcher.h"

namespace grounds {

enum class Sameness { kIdentical, kDifferent, kPruned, kErased, kNotReplayable };
std::string_view sameness_name(Sameness sameness);  // "identical", "different", ...

struct ReplayResult {
  std::string answer_id;
  Sameness retrieval = Sameness::kNotReplayable;  // evidence from the recorded codes and terms
  Sameness prompt = Sameness::kNotReplayable;     // rendered from that evidence
  Sameness embedding = Sameness::kNotReplayable;  // the question embedded anew
  Sameness analysis = Sameness::kNotReplayable;   // the question analysed anew
  Sameness answer = Sameness::kNotReplayable;     // of the extractive backend, which is deterministic
  // Why something differs, as far as it is known: "software", "embedding", "analysis", "damaged".
  std::vector<std::string> causes;
  std::vector<std::string> details;               // one line each, for a person

  // True if all that can be replayed is identical.
  bool identical() const;
};

// Replays with the recorded principal, generations and settings; calls no model. Errors are those of the
// workspace (damaged files); a difference is a result, not an error.
Result<ReplayResult> replay(const RecordedAnswer& recorded, Searcher& searcher);

}  // namespace grounds
