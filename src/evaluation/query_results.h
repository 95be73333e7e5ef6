// Results by query as a file: a header line, then a line a query, fields parted by tabs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "evaluation/measures.h"
#include "grounds/result.h"

namespace grounds {

// "query_id <TAB> ndcg@10 <TAB> ...": values read back to the same double.
std::string format_query_results(std::span<const QueryResult> results);
// By query id. kBadInput names the line; also a query twice, and a file without queries.
Result<std::vector<QueryResult>> read_query_results(const FileSystem& file_system, const std::string& path);

}  // namespace grounds
