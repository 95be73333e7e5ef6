#include "server/views.h"

#include "index/generation/graphs.h"

namespace grounds {
namespace {

Json page_or_null(int page) { return page > 0 ? Json(page) : Json(nullptr); }

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

// A stored JSON text as a value; stored by this program, so it parses.
Json stored(const std::string& text) { return Json::parse(text, nullptr, false); }

}  // namespace

bool sees_scores(const Principal& principal, const Collection& collection) {
  return principal.admin || collection.settings.text("statistics.scope") == "visible";
}

Json error_view(const Error& error) {
  return {{"error", {{"code", error_code_name(error.code)}, {"message", error.message}, {"hint", error.hint}}}};
}

Json collection_view(const Collection& collection) {
  Json models = Json::array();
  for (const Space& space : collection.spaces) {
    Json identity = stored(space.identity);
    models.push_back({{"language", space.language == "*" && collection.spaces.size() > 1 ? "other" : space.language},
                      {"model", identity.value("name", std::string("none"))},
                      {"fingerprint", space.fingerprint},
                      {"dimension", space.dimension},
                      {"identity", identity}});
  }
  return {{"name", collection.name},
          {"models", std::move(models)},
          {"generation", collection.generation},
          {"documents", collection.documents},
          {"chunks", collection.chunks},
          {"created", format_time(collection.created)},
          {"settings_version", collection.settings_version},
          {"settings", collection.settings.values()}};
}

Json document_view(const DocumentVersion& document) {
  return {{"uri", document.uri},
          {"title", document.title},
          {"date", document.date.empty() ? Json(nullptr) : Json(document.date)},
          {"groups", document.groups},
          {"chunks", document.chunks},
          {"bytes", document.source_bytes},
          {"source_sha256", document.source_sha256},
          {"extract_sha256", document.extract_sha256},
          {"parser", document.parser},
          {"language", document.language == "*" ? "other" : document.language},
          {"metadata", stored(document.metadata)},
          {"warnings", stored(document.warnings)},
          {"ingested", format_time(document.ingested)},
          {"created", document.created},
          {"retired", document.retired ? Json(*document.retired) : Json(nullptr)}};
}

namespace {

Json failures_view(const std::vector<IngestFailure>& failures) {
  Json views = Json::array();
  for (const IngestFailure& failure : failures)
    views.push_back({{"uri", failure.uri}, {"stage", failure.stage}, {"reason", failure.reason}});
  return views;
}

}  // namespace

Json job_view(const JobState& job) {
  Json counts = stored(job.counts);
  return {{"job", job.id},
          {"collection", job.collection},
          {"kind", job.kind},
          {"state", job.state},
          {"started", format_time(job.started)},
          {"finished", job.finished ? Json(format_time(*job.finished)) : Json(nullptr)},
          {"actor", job.actor},
          {"failed", job.failed},
          {"counts", counts.is_object() ? std::move(counts) : Json::object()}};
}

Json job_view(const JobState& job, const std::vector<IngestFailure>& failures) {
  Json view = job_view(job);
  view["failures"] = failures_view(failures);
  return view;
}

Json ingest_view(const IngestReport& report) {
  Json failures = failures_view(report.failures);
  return {{"collection", report.collection},
          {"job", report.job},
          {"generation", report.generation},
          {"documents",
           {{"added", report.added},
            {"updated", report.updated},
            {"renamed", report.renamed},
            {"deleted", report.deleted},
            {"unchanged", report.unchanged},
            {"regrouped", report.regrouped},
            {"failed", report.failures.size()}}},
          {"chunks", {{"live", report.chunks_live}, {"added", report.chunks_added}}},
          {"embedded", report.embedded},
          {"reused", report.reused},
          {"tokens", report.tokens},
          {"saturated", report.saturated},
          {"seconds", report.seconds},
          {"embedding_seconds", report.stages.embed},
          {"stages", {{"read", report.stages.read}, {"parse", report.stages.parse}, {"cut", report.stages.cut},
                      {"embed", report.stages.embed}, {"commit", report.stages.commit}}},
          {"dry_run", report.dry_run},
          {"interrupted", report.interrupted},
          {"failures", std::move(failures)}};
}

Json search_view(const SearchResponse& response, std::int64_t took_ms, bool with_scores) {
  Json results = Json::array();
  std::size_t rank = 0;
  for (const SearchHit& hit : response.hits) {
    auto score = [&](std::int64_t value) { return with_scores ? Json(value) : Json(nullptr); };
    results.push_back({{"rank", ++rank},
                       {"chunk_id", hit.ranked.id.hex()},
                       {"uri", hit.chunk.uri},
                       {"title", hit.chunk.title},
                       {"heading", hit.chunk.heading},
                       {"page_from", page_or_null(hit.chunk.page_from)},
                       {"page_to", page_or_null(hit.chunk.page_to)},
                       {"begin", hit.chunk.begin},
                       {"end", hit.chunk.end},
                       {"score", score(hit.ranked.score)},
                       {"vector_score", score(hit.ranked.vector_score)},
                       {"lexical_score", score(hit.ranked.lexical_score)},
                       {"text", hit.text}});
  }
  return {{"collection", response.snapshot->collection.name},
          {"query", response.query.text},
          {"generation", response.snapshot->generation},
          {"mode", search_mode_name(response.query.mode)},
          {"approximate", response.query.mode != SearchMode::kLexical && is_approximate(response.query.settings)},
          {"took_ms", took_ms},
          {"results", std::move(results)}};
}

Json evidence_view(const std::vector<EvidenceItem>& evidence) {
  Json items = Json::array();
  for (const EvidenceItem& item : evidence)
    items.push_back({{"number", item.number}, {"uri", item.uri}, {"title", item.title}, {"heading", item.heading},
                     {"date", text_or_null(item.date)}, {"page_from", page_or_null(item.page_from)},
                     {"page_to", page_or_null(item.page_to)}, {"begin", item.begin}, {"end", item.end}, {"text", item.text}});
  return items;
}

Json answer_view(const Answer& answer) {
  return {{"answer_id", answer.answer_id},
          {"answer", answer.text.answer},
          {"verdict", verdict_name(answer.text.verdict)},
          {"citations", citations_json(answer.text)},
          {"unsupported", answer.text.unsupported},
          {"generation", answer.generation},
          {"backend", answer.backend},
          {"model", answer.model.empty() ? Json(nullptr) : Json(answer.model)},
          {"reused", answer.reused},
          {"reused_from", text_or_null(answer.reused_from)},
          {"fallback", answer.fallback},
          {"backend_reason", text_or_null(answer.backend_reason)},
          {"finish_reason", text_or_null(answer.finish_reason)},
          {"withheld", answer.withheld},
          {"effective_query", answer.effective_query},
          {"template", answer.template_id},
          {"usage", answer.usage},
          {"samples", samples_json(answer.samples)},
          {"retrieval_ms", answer.retrieval_ms},
          {"model_ms", answer.model_ms}};
}

namespace {

// A text, or the texts of a list of parts.
Result<std::string> content_of(const Json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string text;
  if (!content.is_array()) return fail(ErrorCode::kUsage, "a message's content must be a text");
  for (const Json& part : content) {
    if (!part.is_object() || part.value("type", Json()) != "text" || !part.contains("text") || !part.at("text").is_string())
      return fail(ErrorCode::kUsage, "a message's content may hold parts of type text only");
    text += part.at("text").get<std::string>();
  }
  return text;
}

}  // namespace

Result<std::vector<Message>> parse_messages(const Json& list) {
  if (!list.is_array()) return fail(ErrorCode::kUsage, "'messages' must be a list of {\"role\",\"content\"}");
  std::vector<Message> messages;
  for (const Json& each : list) {
    if (!each.is_object() || !each.contains("role") || !each.at("role").is_string() || !each.contains("content"))
      return fail(ErrorCode::kUsage, "each of 'messages' must be {\"role\",\"content\"}");
    for (const auto& [key, value] : each.items())
      if (key != "role" && key != "content" && key != "name") return fail(ErrorCode::kUsage, "unknown field '" + key + "' in a message");
    GROUNDS_ASSIGN_OR_RETURN(std::string content, content_of(each.at("content")));
    messages.push_back({each.at("role").get<std::string>(), std::move(content)});
  }
  return messages;
}

Json record_view(const RecordedAnswer& recorded) {
  auto entry = [](const LedgerEntry& each) {
    return Json{{"sequence", each.sequence}, {"time", format_time(each.time)}, {"hash", each.hash},
                {"previous", each.previous}, {"body", each.body}};
  };
  Json texts = Json::object();
  for (const auto& [name, text] : recorded.texts) {
    // Texts that are JSON are shown as such.
    Json value = Json::parse(text, nullptr, false);
    texts[name] = (name == "question" || name == "prompt" || name == "error" || name == "template" || name.starts_with("attempt/") || value.is_discarded()) ? Json(text) : value;
  }
  Json problems = Json::array();
  for (const LedgerProblem& problem : recorded.problems)
    problems.push_back({{"record", problem.record}, {"kind", problem.kind}, {"detail", problem.detail}});
  return {{"answer_id", recorded.answer_id},
          {"state", recorded.closed ? recorded.closed->body.value("status", std::string("closed")) : "interrupted"},
          {"opened", entry(recorded.opened)},
          {"closed", recorded.closed ? entry(*recorded.closed) : Json(nullptr)},
          {"texts", std::move(texts)},
          {"erased", recorded.erased},
          {"problems", std::move(problems)}};
}

Json restricted_record_view(const RecordedAnswer& recorded, bool with_scores) {
  Json view = record_view(recorded);
  Json& texts = view["texts"];
  Json left_out = Json::array();
  const Json checks = recorded.closed ? recorded.closed->body.value("checks", Json::object()) : Json::object();
  const bool withheld = checks.is_object() && checks.value("withheld", false);
  if (withheld)
    for (const auto& [name, text] : recorded.texts)
      if (name == "response" || (name.starts_with("attempt/") && !name.ends_with("/request"))) texts.erase(name), left_out.push_back(name);
  if (auto evidence = texts.find("evidence"); !with_scores && evidence != texts.end() && evidence->is_array())
    for (Json& item : *evidence)
      for (const char* score : {"score", "vector_score", "lexical_score", "term_coverage"})
        if (item.is_object() && item.contains(score)) item[score] = nullptr;
  view["left_out"] = std::move(left_out);
  return view;
}

Json replay_view(const ReplayResult& replay) {
  return {{"answer_id", replay.answer_id},
          {"retrieval", sameness_name(replay.retrieval)},
          {"prompt", sameness_name(replay.prompt)},
          {"embedding", sameness_name(replay.embedding)},
          {"analysis", sameness_name(replay.analysis)},
          {"answer", sameness_name(replay.answer)},
          {"causes", replay.causes},
          {"details", replay.details}};
}

Json verify_view(const VerifyResult& result) {
  Json problems = Json::array();
  for (const LedgerProblem& problem : result.problems)
    problems.push_back({{"record", problem.record}, {"kind", problem.kind}, {"detail", problem.detail}});
  Json notes = Json::array();
  for (const LedgerProblem& note : result.notes)
    notes.push_back({{"record", note.record}, {"kind", note.kind}, {"detail", note.detail}});
  return {{"ok", result.ok},
          {"records", result.records},
          {"head", result.head},
          {"anchored", result.anchored ? Json(*result.anchored) : Json(nullptr)},
          {"unanchored_since", result.unanchored_since ? Json(format_time(*result.unanchored_since)) : Json(nullptr)},
          {"open_answers", result.open_answers},
          {"problem_count", result.problem_count},
          {"problems", std::move(problems)},
          {"notes", std::move(notes)}};
}

Json doctor_view(const DoctorReport& report) {
  Json findings = Json::array();
  for (const DoctorFinding& finding : report.findings)
    findings.push_back({{"severity", finding.severity}, {"subject", finding.subject}, {"detail", finding.detail},
                        {"hint", finding.hint}});
  return {{"ok", !report.damaged()},       {"findings", std::move(findings)}, {"segments", report.segments},
          {"chunks", report.chunks},       {"packs", report.packs},           {"documents", report.documents},
          {"records", report.records},     {"removed", report.removed}};
}

}  // namespace grounds
