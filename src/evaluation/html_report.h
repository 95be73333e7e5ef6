// An evaluation as one HTML page: no scripts, nothing loaded from elsewhere.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "evaluation/dataset.h"
#include "evaluation/measures.h"
#include "evaluation/summary.h"

namespace grounds {

struct HtmlReport {
  std::string title;                                   // "cranfield, hybrid"
  std::vector<std::pair<std::string, std::string>> facts;  // "documents": "1,398"
  const Dataset& dataset;
  const Run& run;
  const std::vector<QueryResult>& results;             // by query id
  const Summary& summary;
};

// Means with their intervals and the distribution of nDCG@10 as plots, the queries that went worst with
// what was found instead, and what was odd in the input. The same evaluation gives the same bytes.
std::string format_html(const HtmlReport& report);

std::string escape_html(std::string_view text);

}  // namespace grounds
