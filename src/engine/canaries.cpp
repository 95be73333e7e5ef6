#include "engine/canaries.h"

#include "base/canonical_json.h"
#include "base/log.h"
#include "embedding/canary.h"

namespace grounds {
namespace {

constexpr int kMostGenerations = 1000;  // looked through, the newest first; deletions alone record no runtime

struct Recorded {
  std::string canary, library, instruction_set;
};

Result<std::optional<Recorded>> last_recorded(Workspace& workspace, const std::string& fingerprint) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      catalog->prepare("SELECT runtime FROM generations WHERE runtime <> '{}' AND collection IN "
                       "(SELECT collection FROM spaces WHERE fingerprint = ?) ORDER BY time DESC, generation DESC"));
  statement.bind(fingerprint);
  for (int i = 0; i < kMostGenerations; ++i) {
    GROUNDS_ASSIGN_OR_RETURN(const bool row, statement.step());
    if (!row) break;
    GROUNDS_ASSIGN_OR_RETURN(const Json json, parse_json(statement.text(0)));
    if (!json.is_object() || !json.contains(fingerprint) || !json[fingerprint].is_object()) continue;
    const Json& runtime = json[fingerprint];
    const auto text = [&](const char* key) {
      return runtime.contains(key) && runtime[key].is_string() ? runtime[key].get<std::string>() : std::string();
    };
    return Recorded{text("canary"), text("library"), text("instruction_set")};
  }
  return std::nullopt;
}

}  // namespace

Status compare_with_recorded(Workspace& workspace, const Encoder& encoder) {
  const ModelIdentity& identity = encoder.identity();
  const RuntimeIdentity& now = encoder.runtime();
  GROUNDS_ASSIGN_OR_RETURN(const auto recorded, last_recorded(workspace, identity.fingerprint()));
  if (!recorded) return {};
  switch (compare_canaries(recorded->canary, now.canary)) {
    case CanaryVerdict::kSame:
    case CanaryVerdict::kUnknown: return {};
    case CanaryVerdict::kDiffers:
      log_warning("the model " + identity.name + " gives slightly other codes here (" + now.library + ", " + now.instruction_set +
                  ") than where the collection was last written (" + recorded->library + ", " + recorded->instruction_set +
                  "): near ties may rank otherwise");
      return {};
    case CanaryVerdict::kDrifted:
      return fail(ErrorCode::kRefused,
                  "the server behind model " + identity.name + " gives other vectors than when the collection was last written (" +
                      recorded->library + " then, " + now.library + " now): it serves another model, or serves it otherwise",
                  "let it serve the former model again, or embed anew: grounds collections create NEW --model " + identity.name);
  }
  return {};
}

}  // namespace grounds
