#include "server/compare_views.h"

#include "base/clock.h"

namespace grounds {
namespace {

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
Json time_or_null(UnixMillis time) { return time > 0 ? Json(format_time(time)) : Json(nullptr); }

Json version_view(const VersionFinding& version) {
  if (version.generation == 0) return nullptr;
  return {{"source_sha256", or_null(version.source_sha256)},
          {"parser", or_null(version.parser)},
          {"date", or_null(version.date)},
          {"generation", version.generation},
          {"time", time_or_null(version.time)},
          {"job", or_null(version.job)},
          {"by", or_null(version.actor)}};
}

Json documents_view(const Findings& found) {
  Json documents = Json::array();
  for (const DocumentFinding& document : found.documents)
    documents.push_back({{"uri", document.uri},
                         {"change", document.change},
                         {"decisive", document.decisive},
                         {"in_prompt", {{"a", document.in_prompt_a}, {"b", document.in_prompt_b}}},
                         {"a", version_view(document.a)},
                         {"b", version_view(document.b)},
                         {"diff", document.diff}});
  return documents;
}

Json keys_view(const std::vector<KeyFinding>& keys) {
  Json views = Json::array();
  for (const KeyFinding& key : keys)
    views.push_back({{"key", key.key}, {"a", key.a}, {"b", key.b}, {"time", time_or_null(key.time)}, {"by", or_null(key.actor)}});
  return views;
}

Json claims_view(const std::vector<Claim>& claims) {
  Json views = Json::array();
  for (const Claim& claim : claims) views.push_back(claim.surface);
  return views;
}

Json findings_view(const Comparison& comparison) {
  const Findings& found = comparison.evidence;
  Json view = {{"data", documents_view(found)},
               {"documents_changed", found.documents_changed},
               {"documents_suffice", found.documents_suffice},
               {"displaced", found.displaced},
               {"settings", keys_view(found.settings)},
               {"claims", {{"only_a", claims_view(comparison.claims.only_a)}, {"only_b", claims_view(comparison.claims.only_b)}}}};
  Json permissions = Json::array();
  for (const PermissionFinding& each : found.permissions)
    permissions.push_back({{"uri", each.uri},
                           {"a", each.groups_a},
                           {"b", each.groups_b},
                           {"generation", each.generation},
                           {"time", time_or_null(each.time)},
                           {"job", or_null(each.job)},
                           {"by", or_null(each.actor)}});
  view["permissions"] = std::move(permissions);
  for (const KeyFinding& each : found.others) view[each.key] = {{"a", each.a}, {"b", each.b}};
  return view;
}

Json side_view(const Side& side) {
  return {{"answer_id", or_null(side.answer_id)},
          {"time", time_or_null(side.time)},
          {"status", side.status},
          {"question", side.inputs.question},
          {"answer", side.answer},
          {"verdict", or_null(side.verdict)},
          {"generation", side.inputs.generation},
          {"backend", side.model.by_backend}};
}

}  // namespace

Json comparison_view(const Comparison& comparison, std::int64_t took_ms) {
  Json differing = Json::array();
  for (Factor factor : comparison.differing.list()) differing.push_back(factor_name(factor));
  return {{"a", side_view(comparison.a)},
          {"b", side_view(comparison.b)},
          {"same_answer", comparison.same_answer},
          {"same_claims", comparison.same_claims},
          {"same_prompt", comparison.same_prompt},
          {"same_evidence", comparison.same_evidence},
          {"baselines", {{"a", sameness_name(comparison.baseline_a)}, {"b", sameness_name(comparison.baseline_b)}}},
          {"differing", std::move(differing)},
          {"prompt_causes", comparison.prompt_causes},
          {"prompt_basis", basis_name(comparison.prompt_basis)},
          {"answer_cause", comparison.answer_cause},
          {"causes", comparison.causes},
          {"basis", basis_name(comparison.basis)},
          {"answer_causes", comparison.answer_causes},
          {"reason", comparison.reason.english},
          {"reason_zh", comparison.reason.chinese},
          {"decided_by", or_null(comparison.decided_by.english)},
          {"decided_by_zh", or_null(comparison.decided_by.chinese)},
          {"party", comparison.party},
          {"parties", comparison.parties},
          {"evidence", findings_view(comparison)},
          {"details", comparison.details},
          {"mixtures", comparison.mixtures},
          {"took_ms", took_ms},
          {"report", nullptr}};
}

Json expected_view(const ExpectedResult& result, const std::string& answer_id) {
  Json where = Json::object();
  if (!result.uri.empty()) where["uri"] = result.uri;
  for (const auto& [key, value] : result.where) where[key] = value;
  if (result.rank) where["rank"] = *result.rank;
  if (result.score) where["score"] = *result.score;
  if (result.vector_score) where["vector_score"] = *result.vector_score;
  if (result.lexical_score) where["lexical_score"] = *result.lexical_score;
  if (result.begin != result.end) where["begin"] = result.begin, where["end"] = result.end;
  return {{"answer_id", answer_id}, {"expected", result.expected}, {"stage", stage_name(result.stage)},
          {"where", std::move(where)}, {"hint", result.hint}};
}

}  // namespace grounds
