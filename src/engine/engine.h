// An open workspace with all that works on it. What the command line and the server share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "answer/asker/asker.h"
#include "embedding/encoder_pool.h"
#include "engine/configuration.h"
#include "grounds/result.h"
#include "index/analysis/analyzer.h"
#include "index/generation/catalog.h"
#include "index/generation/extract_store.h"
#include "index/generation/snapshot.h"
#include "index/generation/workspace.h"
#include "ledger/ledger.h"
#include "ledger/replay/replay.h"
#include "retrieval/searcher.h"

namespace grounds {

inline constexpr const char* kDefaultEnglishModel = "bge-small-en-v1.5";
inline constexpr const char* kDefaultChineseModel = "bge-small-zh-v1.5";
inline constexpr const char* kNoModel = "none";

// Thread-safe. Models are loaded when first needed.
class Engine {
 public:
  using EnvironmentVariables = std::function<std::optional<std::string>(const std::string&)>;
  static Result<std::unique_ptr<Engine>> open(const Environment& environment, const std::string& directory,
                                              const EnvironmentVariables& variables);

  // `model`: "" for the two default spaces, "none" for lexical only, else one model for all documents.
  Result<Collection> create_collection(const std::string& name, const std::string& model, const Settings& settings,
                                       const std::string& actor);
  // The collection; "default" is made on first use, any other must be there.
  Result<Collection> collection_for_ingest(const std::string& name, const std::string& actor);

  Workspace& workspace() { return *workspace_; }
  Catalog catalog() { return Catalog(*workspace_); }
  Snapshots& snapshots() { return *snapshots_; }
  ExtractStore& extracts() { return *extracts_; }
  const EncoderPool& encoders() const { return *encoders_; }
  const Analyzer& analyzer() const { return *analyzer_; }
  const Configuration& configuration() const { return configuration_; }
  Searcher& searcher() { return *searcher_; }
  Ledger& ledger() { return *ledger_; }
  Asker& asker() { return *asker_; }

  Result<ReplayResult> replay(const std::string& answer_id);

 private:
  Engine() = default;
  Configuration configuration_;
  std::shared_ptr<Workspace> workspace_;
  std::shared_ptr<const Analyzer> analyzer_;
  std::unique_ptr<Snapshots> snapshots_;
  std::unique_ptr<ExtractStore> extracts_;
  std::unique_ptr<EncoderPool> encoders_;
  std::unique_ptr<Searcher> searcher_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<TemplateStore> templates_;
  std::unique_ptr<ReuseIndex> reuse_;
  std::unique_ptr<BackendStore> backend_store_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<Asker> asker_;
};

}  // namespace grounds
