#include "server/compare_routes.h"

#include <chrono>

#include "server/compare_views.h"
#include "server/routes.h"

namespace grounds {
namespace {

// Whoever asks over HTTP without a key is one person: the records of that person's answers, no others.
Result<RecordedAnswer> find_own(Engine& engine, const std::string& answer_id) {
  GROUNDS_ASSIGN_OR_RETURN(RecordedAnswer recorded, engine.ledger().find(answer_id));
  const Json principal = recorded.opened.body.value("principal", Json::object());
  if (principal.value("user", std::string()) != anonymous().user)
    return fail(unknown_answer(answer_id));
  return recorded;
}

Result<std::pair<std::string, std::string>> read_ids(const std::string& body) {
  auto json = parse_json(body);
  if (!json) return fail(ErrorCode::kUsage, "the body is not JSON: " + json.error().message);
  if (!json->is_object()) return fail(ErrorCode::kUsage, "the body must be a JSON object");
  for (const auto& [key, value] : json->items()) {
    if (key != "a" && key != "b") return fail(ErrorCode::kUsage, "unknown field '" + key + "'");
    if (!value.is_string()) return fail(ErrorCode::kUsage, "'" + key + "' must be a text");
  }
  for (const char* key : {"a", "b"})
    if (!json->contains(key)) return fail(ErrorCode::kUsage, std::string("'") + key + "' is missing");
  return std::pair{json->at("a").get<std::string>(), json->at("b").get<std::string>()};
}

}  // namespace

Result<Json> compare_route(Engine& engine, const std::string& body) {
  const auto started = std::chrono::steady_clock::now();
  GROUNDS_ASSIGN_OR_RETURN(auto ids, read_ids(body));
  GROUNDS_ASSIGN_OR_RETURN(RecordedAnswer recorded_a, find_own(engine, ids.first));
  GROUNDS_ASSIGN_OR_RETURN(RecordedAnswer recorded_b, find_own(engine, ids.second));
  GROUNDS_ASSIGN_OR_RETURN(Side a, read_side(recorded_a));
  GROUNDS_ASSIGN_OR_RETURN(Side b, read_side(recorded_b));
  const CompareServices services{engine.workspace(), engine.extracts(), engine.searcher()};
  GROUNDS_ASSIGN_OR_RETURN(Comparison result, compare_answers(services, std::move(a), std::move(b),
                                                              {engine.configuration().parties, anonymous()}));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
  return comparison_view(result, took.count());
}

Result<Json> verify_answer_route(Engine& engine, const std::string& answer_id) {
  GROUNDS_ASSIGN_OR_RETURN(RecordedAnswer recorded, find_own(engine, answer_id));
  Json problems = Json::array();
  for (const LedgerProblem& problem : recorded.problems)
    problems.push_back({{"record", problem.record}, {"kind", problem.kind}, {"detail", problem.detail}});
  return Json{{"answer_id", recorded.answer_id},
              {"ok", recorded.problems.empty()},
              {"hash", recorded.closed ? recorded.closed->hash : recorded.opened.hash},
              {"erased", recorded.erased},
              {"problems", std::move(problems)}};
}

}  // namespace grounds
