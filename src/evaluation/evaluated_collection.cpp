#include "evaluation/evaluated_collection.h"

#include <algorithm>

#include "engine/ingest.h"
#include "evaluation/corpus_source.h"

namespace grounds {
namespace {

constexpr std::size_t kMaxNameLength = 64;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool needs_rebuild(std::string_view key) {
  auto rules = setting_rules();
  auto rule = std::ranges::find(rules, key, &SettingRule::key);
  return rule != rules.end() && rule->needs_rebuild;
}

Result<Collection> find_or_create(Engine& engine, const EvaluatedCollectionOptions& options) {
  Settings settings;
  for (const auto& [key, value] : options.settings) GROUNDS_RETURN_IF_ERROR(settings.set(key, value));
  auto found = engine.catalog().find_collection(options.name);
  if (!found && found.error().code == ErrorCode::kNotFound)
    return engine.create_collection(options.name, options.model, settings, options.actor);
  if (!found) return found;
  for (const auto& [key, value] : options.settings)
    if (needs_rebuild(key) && found->settings.text(key) != settings.text(key))
      return fail(ErrorCode::kUsage, "collection " + options.name + " was cut with " + key + "=" + found->settings.text(key) +
                                         ", not " + settings.text(key),
                  "name another collection with -c, which is then made with this setting");
  return found;
}

// Documents that nobody evaluates here: whose collection is this?
Status refuse_strangers(const std::vector<DocumentState>& states, const Dataset& dataset, const std::string& name) {
  std::uint64_t strangers = 0;
  std::string example;
  for (const DocumentState& state : states) {
    if (dataset.findable.contains(state.uri)) continue;
    if (strangers++ == 0) example = state.uri;
  }
  if (strangers == 0) return {};
  return fail(ErrorCode::kRefused, "collection " + name + " holds " + std::to_string(strangers) +
                                       " documents that are not in the corpus, such as " + example,
              "name another collection with -c; if this one is an old copy of the corpus: grounds collections delete " + name);
}

Status check_report(const IngestReport& report) {
  if (report.interrupted)
    return fail(ErrorCode::kUnavailable, "interrupted while the corpus was ingested; nothing was scored",
                "the same command goes on from there");
  if (report.failures.empty()) return {};
  const IngestFailure& first = report.failures.front();
  return fail(ErrorCode::kBadInput, std::to_string(report.failures.size()) +
                                        " documents of the corpus could not be ingested, so nothing was scored; the first: " +
                                        first.uri + ": " + first.stage + ": " + first.reason);
}

}  // namespace

std::string collection_name_of(const std::string& directory) {
  std::string path = directory;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  std::string name = path.substr(path.find_last_of('/') + 1);
  name = name.substr(0, kMaxNameLength);
  for (char& c : name)
    if (!is_name_character(c)) c = '_';
  return name.empty() || name == "." || name == ".." ? "corpus" : name;
}

Result<EvaluatedCollection> prepare_collection(Engine& engine, const Dataset& dataset,
                                               const EvaluatedCollectionOptions& options, const IngestObserver& observer) {
  GROUNDS_ASSIGN_OR_RETURN(auto source, CorpusSource::open(engine.workspace().file_system(), dataset.corpus_path));
  GROUNDS_ASSIGN_OR_RETURN(Collection collection, find_or_create(engine, options));
  GROUNDS_ASSIGN_OR_RETURN(auto before, engine.catalog().document_states(collection));
  GROUNDS_RETURN_IF_ERROR(refuse_strangers(before, dataset, options.name));
  IngestOptions ingest_options;
  ingest_options.actor = options.actor;
  EvaluatedCollection evaluated;
  GROUNDS_ASSIGN_OR_RETURN(evaluated.ingest, run_ingest(engine, options.name, *source, ingest_options, observer));
  GROUNDS_RETURN_IF_ERROR(check_report(evaluated.ingest));
  // Not what the job says it did, but what is there now.
  GROUNDS_ASSIGN_OR_RETURN(evaluated.collection, engine.catalog().find_collection(options.name));
  GROUNDS_ASSIGN_OR_RETURN(auto after, engine.catalog().document_states(evaluated.collection));
  GROUNDS_RETURN_IF_ERROR(refuse_strangers(after, dataset, options.name));
  const std::uint64_t expected = dataset.findable.size();
  if (after.size() != expected || evaluated.collection.documents != expected)
    return fail(ErrorCode::kDamaged, "collection " + options.name + " holds " + std::to_string(after.size()) +
                                         " documents, the corpus " + std::to_string(expected) + "; nothing was scored",
                "delete the collection and run the command again: grounds collections delete " + options.name);
  return evaluated;
}

}  // namespace grounds
