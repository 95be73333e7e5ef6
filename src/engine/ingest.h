// Ingesting into an engine's workspace: the pipeline with the workspace's access rules and parsers.
#pragma once

#include "engine/engine.h"
#include "ingest/pipeline/pipeline.h"

namespace grounds {

// Runs the job; parser processes live as long as it does. Groups by the [[access]] rules of the
// configuration unless `options` say otherwise.
Result<IngestReport> run_ingest(Engine& engine, const std::string& collection, Source& source, IngestOptions options,
                                const IngestObserver& observer = {});

}  // namespace grounds
