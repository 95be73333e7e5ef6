// What the subcommands of `eval` share.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/session.h"
#include "evaluation/findings.h"

namespace grounds::cli {

// key=value pairs of --set; kUsage.
Result<std::vector<std::pair<std::string, std::string>>> parse_settings(const std::vector<std::string>& given);
void print_findings(const Findings& findings);
std::string decimals(double value, int count = 4);

void add_eval_pages(CLI::App& eval, Session& session);

}  // namespace grounds::cli
