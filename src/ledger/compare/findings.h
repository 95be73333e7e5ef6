// What a comparison found to have changed, with when, by whom and by which job.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/compare/mixture.h"

namespace grounds {

struct VersionFinding {
  std::string source_sha256, parser, date;   // the source's own date, else its modification day
  Generation generation = 0;                 // that brought it
  UnixMillis time = 0;                       // of that generation
  std::string job, actor;
};

struct DocumentFinding {
  std::string uri;
  std::string change;                        // "added", "deleted", "edited", "reparsed", "rechunked"
  bool in_prompt_a = false, in_prompt_b = false;
  bool decisive = false;                     // its change made the answers differ, as far as that is established
  VersionFinding a, b;                       // b of a deleted one: the generation that deleted it
  std::string diff;                          // of the extracts; "" where the reader may not see it
};

struct PermissionFinding {
  std::string uri;
  std::vector<std::string> groups_a, groups_b;
  Generation generation = 0;                 // that changed them
  UnixMillis time = 0;
  std::string job, actor;
};

struct KeyFinding {
  std::string key, a, b;
  UnixMillis time = 0;                       // 0: not known
  std::string actor;
};

struct Findings {
  std::vector<DocumentFinding> documents;    // the decisive ones first; those in no prompt only if there is no other
  std::size_t documents_changed = 0;         // in all, between the two states
  bool documents_suffice = false;            // swapping these documents alone gives the other prompt: proven
  std::vector<std::string> displaced;        // unchanged documents that entered or left the prompt thereby
  std::vector<PermissionFinding> permissions;
  std::vector<KeyFinding> settings;
  std::vector<KeyFinding> others;            // question, history, time, template, principal, embedding, model
};

// `viewer`: a reader who is no administrator is told of documents in the two prompts only, and sees no
// diff of what it may not read now.
Result<Findings> find_changes(const CompareServices& services, const Side& a, const Side& b,
                              const std::vector<DocumentChange>& changes, const std::vector<EvidenceItem>& evidence_a,
                              const std::vector<EvidenceItem>& evidence_b, const Principal& viewer);

}  // namespace grounds
