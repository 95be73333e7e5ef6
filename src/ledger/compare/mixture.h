// Prompts from the inputs of two answers mixed: each factor from one or the other.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "grounds/result.h"
#include "index/generation/extract_store.h"
#include "index/generation/snapshot.h"
#include "ledger/compare/document_changes.h"
#include "ledger/compare/factors.h"
#include "ledger/compare/side.h"
#include "retrieval/searcher.h"

namespace grounds {

// What comparing needs of the process. All must outlive it.
struct CompareServices {
  Workspace& workspace;
  ExtractStore& extracts;
  Searcher& searcher;
};

struct MixedPrompt {
  std::vector<EvidenceItem> evidence;
  std::string prompt;
};

// Replays answers with some factors taken from the other one; calls no model that answers. Not thread-safe.
class Mixer {
 public:
  // kNotFound: a generation is pruned, or a collection is gone; the message says whose.
  static Result<std::unique_ptr<Mixer>> create(const CompareServices& services, const Side& a, const Side& b);

  // The factors in which the two records differ. A factor outside of it changes nothing when swapped.
  FactorSet differing() const { return differing_; }
  const std::vector<DocumentChange>& changes() const { return changes_; }

  // The first answer's inputs with those of `from_b` taken from the second. `documents`: of the data, only
  // these documents' (by URI) are taken from it. kUnavailable: this mixture cannot be made, and why.
  Result<MixedPrompt> mix(FactorSet from_b, const std::set<std::string>* documents = nullptr);
  // What the extractive backend answers to that.
  Result<std::string> answer(FactorSet from_b, const std::vector<EvidenceItem>& evidence);

 private:
  // One snapshot made of two: of every document the version that the factors say.
  struct Mixed {
    std::shared_ptr<Snapshot> snapshot;
    std::map<std::int64_t, Generation> generations;  // by document, where it is not the snapshot's own
  };
  Mixer(const CompareServices& services, const Side& a, const Side& b) : services_(services), sides_{&a, &b} {}
  const Side& side(FactorSet from_b, Factor factor) const { return *sides_[from_b.contains(factor) ? 1 : 0]; }
  int index(FactorSet from_b, Factor factor) const { return from_b.contains(factor) ? 1 : 0; }
  Status open();
  FactorSet find_differing() const;
  Result<Mixed> mix_snapshot(FactorSet from_b, const std::set<std::string>* documents);
  Result<Mixed> mix_generations(FactorSet from_b, const std::set<std::string>* documents);
  Result<Mixed> mix_collections(FactorSet from_b);
  using DocumentSet = std::unordered_set<std::int64_t>;
  // Whether a document of the mixture may be read, by id.
  using Readable = std::function<bool(std::int64_t)>;
  Result<Readable> readable(FactorSet from_b, const Mixed& mixed);
  Result<Readable> readable_across(const AnswerInputs& asked, const Mixed& mixed);
  Result<const DocumentSet*> granted(int asked, Generation generation);
  Result<const DocumentSet*> present(int asked);
  Status apply_permissions(FactorSet from_b, Mixed& mixed);
  Result<Query> mix_query(FactorSet from_b, const Snapshot& snapshot);
  Result<std::vector<SearchHit>> hits(const Mixed& mixed, const Query& query, std::uint32_t k);
  Result<std::vector<EvidenceItem>> evidence(FactorSet from_b, const std::set<std::string>* documents);
  Result<std::string> render(FactorSet from_b, const std::vector<EvidenceItem>& evidence) const;

  CompareServices services_;
  const Side* sides_[2];
  std::shared_ptr<const Snapshot> snapshots_[2];  // all documents, whoever asks
  std::vector<DocumentChange> changes_;
  FactorSet differing_;
  std::map<std::pair<int, Generation>, DocumentSet> granted_;  // by whose principal; what granted() and present() found
  std::map<int, DocumentSet> present_;
  std::map<FactorSet, std::vector<EvidenceItem>> kept_;  // by the factors that ranking depends on
};

}  // namespace grounds
