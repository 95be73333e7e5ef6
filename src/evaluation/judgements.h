// Relevance judgements (qrels): which documents answer which query, and how well.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/file_system.h"
#include "evaluation/findings.h"
#include "grounds/result.h"

namespace grounds {

// Grade by document id; above 0 is relevant, as in trec_eval.
using JudgedDocuments = std::map<std::string, std::int32_t>;
// By query id.
using Judgements = std::map<std::string, JudgedDocuments>;

// Reads either form, told apart line by line by the number of fields:
//   BEIR: query-id <TAB> corpus-id <TAB> score, with or without that header line
//   TREC: query-id iteration document-id score, parted by spaces or tabs
// A pair that is judged twice is a finding. kNotFound; kBadInput names the file and line.
Result<Judgements> read_judgements(const FileSystem& file_system, const std::string& path, Findings& findings);

}  // namespace grounds
