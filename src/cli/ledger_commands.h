// The commands about recorded answers, besides those that session.h declares.
#pragma once

#include "cli/session.h"

namespace grounds::cli {

void add_compare(CLI::App& app, Session& session);      // compare, explain
void add_consistency(CLI::App& app, Session& session);
void add_erase(CLI::App& app, Session& session);
void add_ledger(CLI::App& app, Session& session);       // ledger prune

}  // namespace grounds::cli
