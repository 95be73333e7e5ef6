#include "engine/engine.h"

#include <algorithm>
#include <filesystem>

#include "engine/canaries.h"
#include "index/generation/erase.h"

namespace grounds {
namespace {

Space space_of(const Encoder& encoder, std::string language) {
  const ModelIdentity& identity = encoder.identity();
  return {0, std::move(language), identity.fingerprint(), identity.to_json(),
          static_cast<std::uint32_t>(identity.dimension)};
}

// Links the folder of a model of the user's own into the folder of models, under its name: an identity holds the
// name, not the place, and collections find their models by it from anywhere. A link whose folder has gone is replaced.
Status link_own_model(const ModelRegistry& registry, const ModelEntry& entry) {
  namespace fs = std::filesystem;
  for (const ModelEntry& known : registry.entries())
    if (known.name == entry.name)
      return fail(ErrorCode::kUsage, entry.own_folder + ": the registry has a model called " + entry.name, "change the name in its model.toml");
  GROUNDS_RETURN_IF_ERROR(registry.file_system().make_directories(registry.folder()));
  const fs::path link = fs::path(registry.folder()) / entry.name;
  std::error_code error;
  const fs::path folder = fs::canonical(entry.own_folder, error);
  if (error) return fail(ErrorCode::kBadInput, entry.own_folder + ": " + error.message());
  if (fs::exists(link, error)) {
    if (fs::equivalent(link, folder, error)) return {};
    return fail(ErrorCode::kUsage, "another model is called " + entry.name + ": " + link.string(), "change the name in model.toml");
  }
  const fs::path temporary = link.string() + ".tmp";
  fs::remove(temporary, error);
  fs::create_directory_symlink(folder, temporary, error);
  if (!error) fs::rename(temporary, link, error);
  if (error) return fail(ErrorCode::kBadInput, "the model's folder cannot be linked as " + link.string() + ": " + error.message());
  return {};
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(const Environment& environment, const std::string& directory,
                                             const EnvironmentVariables& variables) {
  std::unique_ptr<Engine> engine(new Engine());
  GROUNDS_ASSIGN_OR_RETURN(engine->workspace_, Workspace::open(environment, directory));
  GROUNDS_ASSIGN_OR_RETURN(
      engine->configuration_,
      Configuration::load(environment.file_system, engine->workspace_->settings_path(), variables));
  GROUNDS_ASSIGN_OR_RETURN(engine->analyzer_, Analyzer::create());
  GROUNDS_ASSIGN_OR_RETURN(ModelRegistry registry, ModelRegistry::load(environment.file_system));
  GROUNDS_ASSIGN_OR_RETURN(engine->ledger_, Ledger::open(environment.file_system, engine->workspace_->ledger_path(),
                                                         environment.clock, environment.random));
  engine->snapshots_ = std::make_unique<Snapshots>(*engine->workspace_);
  engine->extracts_ = std::make_unique<ExtractStore>(*engine->workspace_);
  EncoderOptions options{engine->configuration_.precision, engine->configuration_.streams};
  for (const ModelEntry& entry : registry.entries())
    if (engine->configuration_.models.contains(entry.name))
      return fail(ErrorCode::kUsage, "[models." + entry.name + "] has the name of a model that runs here", "choose another name");
  engine->encoders_ = std::make_unique<EncoderPool>(
      std::move(registry), options, engine->configuration_.models,
      [workspace = engine->workspace_](const Encoder& encoder) { return compare_with_recorded(*workspace, encoder); });
  engine->searcher_ = std::make_unique<Searcher>(*engine->workspace_, *engine->snapshots_, *engine->extracts_,
                                                 *engine->encoders_, *engine->analyzer_);
  const std::string& folder = engine->workspace_->directory();
  engine->templates_ = std::make_unique<TemplateStore>(environment.file_system, folder + "/templates");
  engine->reuse_ = std::make_unique<ReuseIndex>(environment.file_system, folder + "/answers.db");
  engine->backend_store_ = std::make_unique<BackendStore>(environment.file_system, folder + "/backends.db");
  engine->gateway_ = std::make_unique<Gateway>(
      BackendEnvironment{environment.file_system, environment.clock, environment.random, variables}, *engine->backend_store_);
  const Configuration& configuration = engine->configuration_;
  engine->asker_ = std::make_unique<Asker>(
      *engine->searcher_, *engine->ledger_, *engine->gateway_, *engine->templates_, *engine->reuse_,
      AskerOptions{configuration.backends, configuration.reuse, configuration.reuse_max_age_seconds * 1000, configuration.policy,
                   configuration.numeric_samples});
  return engine;
}

Result<Collection> Engine::create_collection(const std::string& name, const std::string& model,
                                             const Settings& settings, const std::string& actor) {
  std::vector<Space> spaces;
  if (model == kNoModel) {
    spaces.push_back({0, "*", kNoModel, "{}", 0});
  } else if (!model.empty()) {
    GROUNDS_ASSIGN_OR_RETURN(auto encoder, encoders_->load(model));
    if (!encoders_->served().contains(model)) {
      GROUNDS_ASSIGN_OR_RETURN(const ModelEntry entry, encoders_->registry().find(model));
      if (!entry.own_folder.empty()) GROUNDS_RETURN_IF_ERROR(link_own_model(encoders_->registry(), entry));
    }
    spaces.push_back(space_of(*encoder, "*"));
  } else {
    GROUNDS_ASSIGN_OR_RETURN(auto english, encoders_->load(kDefaultEnglishModel));
    GROUNDS_ASSIGN_OR_RETURN(auto chinese, encoders_->load(kDefaultChineseModel));
    spaces.push_back(space_of(*english, "*"));
    spaces.push_back(space_of(*chinese, "zh"));
  }
  return catalog().create_collection(name, spaces, settings, actor);
}

Result<Collection> Engine::collection_for_ingest(const std::string& name, const std::string& actor) {
  auto found = catalog().find_collection(name);
  if (found || name != "default" || found.error().code != ErrorCode::kNotFound) return found;
  return create_collection(name, "", Settings(), actor);
}

Result<ReplayResult> Engine::replay(const std::string& answer_id) {
  GROUNDS_ASSIGN_OR_RETURN(RecordedAnswer recorded, ledger_->find(answer_id));
  GROUNDS_ASSIGN_OR_RETURN(ReplayResult result, grounds::replay(recorded, *searcher_));
  // A replay knows the program as the only thing that can differ; an erasure changes what its generation counts.
  const auto software = std::ranges::find(result.causes, "software");
  if (software == result.causes.end()) return result;
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_->catalog());
  const Json& body = recorded.opened.body;
  GROUNDS_ASSIGN_OR_RETURN(bool erased, erased_since(*catalog, body.value("collection_id", std::int64_t{0}),
                                                     body.value("generation", Generation{0}), recorded.opened.time));
  if (erased) {
    *software = "statistics_changed_by_erasure";
    result.details.push_back("a document that this generation counted was erased since");
  }
  return result;
}

}  // namespace grounds
