// `grounds backends`: what is known of the language models.
#pragma once

#include "cli/session.h"

namespace grounds::cli {

void add_backends(CLI::App& app, Session& session);

}  // namespace grounds::cli
