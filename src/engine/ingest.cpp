#include "engine/ingest.h"

#include <algorithm>
#include <thread>

#include "base/log.h"
#include "engine/maintenance.h"
#include "ingest/sources/glob.h"

namespace grounds {
namespace {

// What there is to tell while the upkeep goes on.
IngestProgress all_done(const IngestReport& report) {
  IngestProgress progress;
  progress.documents_total = progress.documents_done = report.added + report.updated + report.renamed + report.unchanged;
  progress.chunks = report.chunks_added;
  progress.tokens = report.tokens;
  progress.seconds = report.seconds;
  return progress;
}

}  // namespace

Result<IngestReport> run_ingest(Engine& engine, const std::string& collection_name, Source& source,
                                IngestOptions options, const IngestObserver& observer) {
  GROUNDS_ASSIGN_OR_RETURN(Collection collection, engine.collection_for_ingest(collection_name, options.actor));
  // A server that is away, or has drifted, ends the job before it begins: not once for each document.
  for (const Space& space : collection.spaces) {
    if (space.dimension == 0) continue;
    GROUNDS_ASSIGN_OR_RETURN(const ModelIdentity identity, ModelIdentity::from_json(space.identity));
    if (engine.encoders().served().contains(identity.name)) GROUNDS_RETURN_IF_ERROR(engine.encoders().get(space.identity));
  }
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  GROUNDS_ASSIGN_OR_RETURN(auto parsers, ParserPool::start(cores));
  options.commit_chunks = static_cast<std::size_t>(engine.configuration().commit_chunks);
  options.commit_seconds = engine.configuration().commit_seconds;
  options.atomic_chunks = static_cast<std::size_t>(engine.configuration().atomic_chunks);
  const std::vector<AccessRule>& rules = engine.configuration().access;
  options.groups_of = [&rules](const std::string& uri) -> std::optional<std::vector<std::string>> {
    for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule)  // the last matching rule counts
      if (sources::glob_match(rule->path, uri)) return rule->groups;
    return std::nullopt;
  };
  IngestServices services{engine.workspace(), engine.snapshots(), engine.encoders(), engine.analyzer(), *parsers};
  GROUNDS_ASSIGN_OR_RETURN(IngestReport report, ingest(services, collection, source, options, observer));
  // What was ingested stands, whatever comes of this.
  if (!options.dry_run)
    if (auto done = maintain_collection(engine, collection_name, MergeExtent::kTiers,
                                        [&](std::uint32_t) { return !observer || observer(all_done(report)); });
        !done)
      log_warning("collection " + collection_name + " was not merged and pruned: " + done.error().message);
  return report;
}

}  // namespace grounds
