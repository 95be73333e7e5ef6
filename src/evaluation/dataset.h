// A collection of questions with judgements over a corpus, as a BEIR folder holds it.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/file_system.h"
#include "evaluation/findings.h"
#include "evaluation/judgements.h"
#include "grounds/result.h"

namespace grounds {

struct EvaluationQuery {
  std::string id, text;
};

struct Dataset {
  std::string corpus_path;
  std::uint64_t documents = 0;             // distinct ids in the corpus
  std::uint64_t empty_documents = 0;       // of these, with nothing to find them by
  std::unordered_set<std::string> findable;  // the ids of the others
  std::uint64_t judged_pairs = 0;          // in the file of judgements, each pair once
  std::vector<EvaluationQuery> queries;    // those to ask: judged and not empty, in the order of the file
  Judgements judgements;                   // of these queries, by the same ids
  Findings findings;
};

struct DatasetPlace {
  std::string directory;                   // with corpus.jsonl, queries.jsonl and qrels/
  std::string qrels;                       // "": qrels/test.tsv of the folder
};

// The queries of JSON Lines with "_id" and "text", empty ones included; an id that was there before is a finding.
// kNotFound; kBadInput names the line.
Result<std::vector<EvaluationQuery>> read_queries(const FileSystem& file_system, const std::string& path,
                                                  Findings& findings);

// Reads queries and judgements, and the corpus for its ids. kNotFound names the file that is missing;
// kBadInput the line that cannot be read; kBadInput also if no query is left to ask.
Result<Dataset> read_dataset(const FileSystem& file_system, const DatasetPlace& place);

}  // namespace grounds
