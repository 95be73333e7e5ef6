#include "ledger/compare/side.h"

#include <algorithm>

#include "base/canonical_json.h"

namespace grounds {
namespace {

std::string member(const Json& object, const char* key, std::string otherwise = {}) {
  auto found = object.find(key);
  return found == object.end() || !found->is_string() ? otherwise : found->get<std::string>();
}

ModelUse read_model(const RecordedAnswer& recorded) {
  ModelUse use;
  const Json& opened = recorded.opened.body;
  use.backend = use.by_backend = member(opened, "backend", "extractive");
  use.kind = use.by_kind = member(opened, "backend_kind", "extractive");
  use.endpoint = use.by_endpoint = member(opened, "endpoint");
  use.model = use.by_model = member(opened, "model");
  if (auto found = opened.find("parameters"); found != opened.end() && found->is_object()) use.parameters = *found;
  if (!recorded.closed) return use;
  const Json& closed = recorded.closed->body;
  use.reused_from = member(closed, "reused_from");
  if (auto by = closed.find("answered_by"); by != closed.end() && by->is_object()) {
    use.by_backend = member(*by, "backend", use.backend);
    use.by_kind = member(*by, "kind", use.kind);
    use.by_endpoint = member(*by, "endpoint");
    use.by_model = member(*by, "model");
    use.reported_model = member(*by, "reported_model");
    use.fingerprint = member(*by, "fingerprint");
    use.fallback = by->value("fallback", false);
    use.fallback_reason = member(*by, "reason");
  }
  if (auto attempts = closed.find("attempts"); attempts != closed.end() && attempts->is_array())
    for (const Json& attempt : *attempts)
      if (std::string id = member(attempt, "vendor_request_id"); !id.empty()) use.request_ids.push_back(id);
  return use;
}

}  // namespace

std::optional<double> ModelUse::temperature() const {
  auto found = parameters.find("temperature");
  if (found == parameters.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

Result<Side> read_side(const RecordedAnswer& recorded) {
  Side side;
  side.answer_id = recorded.answer_id;
  side.time = recorded.opened.time;
  side.software = member(recorded.opened.body, "software");
  GROUNDS_ASSIGN_OR_RETURN(side.inputs, read_inputs(recorded));
  side.history = history_text(side.inputs.messages);
  side.model = read_model(recorded);
  if (!recorded.closed) {
    side.status = "interrupted";
  } else if (member(recorded.closed->body, "status", "answered") != "answered") {
    side.status = "failed";
  } else if (auto response = recorded.texts.find("response"); response == recorded.texts.end()) {
    side.status = "erased";
  } else {
    GROUNDS_ASSIGN_OR_RETURN(Json answer, parse_json(response->second));
    side.answer = member(answer, "answer");
    side.verdict = member(answer, "verdict");
  }
  return side;
}

}  // namespace grounds
