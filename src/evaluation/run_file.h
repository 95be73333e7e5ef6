// Runs in the form of TREC: "query Q0 document rank score tag", a document a line.
#pragma once

#include <string>
#include <string_view>

#include "base/file_system.h"
#include "evaluation/findings.h"
#include "evaluation/measures.h"
#include "grounds/result.h"

namespace grounds {

// Each ranking in trec_eval's order, ranks from 1; scores keep their value through text and back.
// kBadInput if an id holds white space, which the form cannot carry.
Result<std::string> format_run(const Run& run, std::string_view tag);
// kBadInput names the line: one that is not of six fields, a score that is no finite number, a document twice.
Result<Run> read_run(const FileSystem& file_system, const std::string& path, Findings& findings);

}  // namespace grounds
