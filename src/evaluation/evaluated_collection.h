// The collection that a corpus is evaluated in: made on first use, completed if it is not, never scored
// unless it holds exactly the corpus.
#pragma once

#include <string>

#include "engine/engine.h"
#include "evaluation/dataset.h"
#include "ingest/pipeline/ingest_report.h"

namespace grounds {

struct EvaluatedCollectionOptions {
  std::string name;
  std::string model;      // of a new collection; as Engine::create_collection
  // Key and value pairs: they make up a new collection, and must agree with one that is there where they
  // change its chunks (kUsage).
  std::vector<std::pair<std::string, std::string>> settings;
  std::string actor;
};

// "rgb/beir_zh/" -> "beir_zh": the last part of the path, other characters than a name may have as '_'.
std::string collection_name_of(const std::string& directory);

struct EvaluatedCollection {
  Collection collection;
  IngestReport ingest;    // what was still to do
};

// kRefused if the collection holds documents that are not in the corpus: it is somebody's. kUnavailable
// if the observer stopped it; the next call goes on from there. kBadInput if a document could not be
// ingested.
Result<EvaluatedCollection> prepare_collection(Engine& engine, const Dataset& dataset,
                                               const EvaluatedCollectionOptions& options,
                                               const IngestObserver& observer = {});

}  // namespace grounds
