// The parser process's loop: requests from the pool in, extracts out.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ingest/external_tool.h"
#include "ingest/extract.h"

namespace grounds::worker {

// `run_tool` asks the pool.
using Parse = std::function<Result<Extract>(std::string_view name, std::string_view bytes, const RunTool& run_tool)>;

// Says that it is ready, then answers requests until the other end closes. Gives the exit code.
int serve(int input, int output, const Parse& parse);

}  // namespace grounds::worker
