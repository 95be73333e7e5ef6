#include "ledger/compare/findings.h"

#include <algorithm>
#include <map>
#include <set>

#include "answer/calendar.h"
#include "base/canonical_json.h"
#include "ledger/compare/text_diff.h"

namespace grounds {
namespace {

constexpr std::size_t kMostDocuments = 20;

std::set<std::string> uris_of(const std::vector<EvidenceItem>& evidence) {
  std::set<std::string> uris;
  for (const EvidenceItem& item : evidence) uris.insert(item.uri);
  return uris;
}

// What of a document the prompt held.
std::string excerpts_of(const std::vector<EvidenceItem>& evidence, const std::string& uri) {
  std::set<std::string> texts;
  for (const EvidenceItem& item : evidence)
    if (item.uri == uri) texts.insert(item.text);
  std::string all;
  for (const std::string& text : texts) all += text + '\n';
  return all;
}

std::string change_name(const DocumentChange& change) {
  if (!change.a) return "added";
  if (!change.b) return "deleted";
  if (change.factor == Factor::kParser) return "reparsed";
  return change.factor == Factor::kSettings ? "rechunked" : "edited";
}

// Time, job and actor of a generation.
struct GenerationFacts {
  UnixMillis time = 0;
  std::string job, actor;
};

class Finder {
 public:
  Finder(const CompareServices& services, Database& catalog, const Side& a, const Side& b, const Principal& viewer)
      : services_(services), catalog_(catalog), a_(a), b_(b), viewer_(viewer) {}

  Result<GenerationFacts> generation(std::int64_t collection, Generation number) {
    GROUNDS_ASSIGN_OR_RETURN(Statement statement, catalog_.prepare("SELECT time, job, actor FROM generations WHERE collection = ? AND generation = ?"));
    statement.bind(collection, number);
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return GenerationFacts{};
    return GenerationFacts{statement.integer(0), statement.text(1), statement.text(2)};
  }

  Result<VersionFinding> version(const VersionFacts& facts, std::int64_t collection) {
    GROUNDS_ASSIGN_OR_RETURN(GenerationFacts made, generation(collection, facts.created));
    VersionFinding found{facts.source_sha256, facts.parser, facts.date, facts.created, made.time, made.job, made.actor};
    if (found.date.empty() && facts.source_modified > 0) found.date = format_time(facts.source_modified / 1'000'000).substr(0, 10);
    return found;
  }

  Result<DocumentFinding> document(const DocumentChange& change) {
    DocumentFinding found;
    found.uri = change.uri;
    found.change = change_name(change);
    const std::int64_t collection_a = a_.inputs.collection_id, collection_b = b_.inputs.collection_id;
    if (change.a) { GROUNDS_ASSIGN_OR_RETURN(found.a, version(*change.a, collection_a)); }
    if (change.b) { GROUNDS_ASSIGN_OR_RETURN(found.b, version(*change.b, collection_b)); }
    if (!change.b && change.a->retired && collection_a == collection_b) {
      GROUNDS_ASSIGN_OR_RETURN(GenerationFacts gone, generation(collection_b, *change.a->retired));
      found.b = {"", "", "", *change.a->retired, gone.time, gone.job, gone.actor};
    }
    GROUNDS_ASSIGN_OR_RETURN(found.diff, diff(change));
    return found;
  }

  // Groups of a document at a generation.
  Result<std::vector<std::string>> groups(std::int64_t collection, const std::string& uri, Generation number) {
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        catalog_.prepare("SELECT a.\"group\" FROM access a JOIN documents d ON d.id = a.document WHERE d.collection = ?1 AND "
                         "d.uri = ?2 AND a.created <= ?3 AND (a.retired IS NULL OR a.retired > ?3) ORDER BY 1"));
    statement.bind(collection, uri, number);
    std::vector<std::string> names;
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
      if (!row) return names;
      names.push_back(statement.text(0));
    }
  }

  Result<PermissionFinding> permission(const std::string& uri) {
    PermissionFinding found;
    found.uri = uri;
    const AnswerInputs &a = a_.inputs, &b = b_.inputs;
    GROUNDS_ASSIGN_OR_RETURN(found.groups_a, groups(a.collection_id, uri, a.generation));
    GROUNDS_ASSIGN_OR_RETURN(found.groups_b, groups(b.collection_id, uri, b.generation));
    if (a.collection_id != b.collection_id) return found;
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        catalog_.prepare("SELECT max(max(x.created, coalesce(x.retired, 0))) FROM access x JOIN documents d ON d.id = x.document "
                         "WHERE d.collection = ?1 AND d.uri = ?2 AND x.created <= ?3"));
    statement.bind(a.collection_id, uri, std::max(a.generation, b.generation));
    GROUNDS_RETURN_IF_ERROR(statement.step());
    if (statement.is_null(0)) return found;
    found.generation = static_cast<Generation>(statement.integer(0));
    GROUNDS_ASSIGN_OR_RETURN(GenerationFacts made, generation(a.collection_id, found.generation));
    found.time = made.time, found.job = made.job, found.actor = made.actor;
    return found;
  }

  // When a setting got its value and by whom: the first version after the one answer's that has the other's.
  Result<KeyFinding> setting(const std::string& key, const std::string& value_a, const std::string& value_b) {
    KeyFinding found{key, value_a, value_b, 0, ""};
    if (a_.inputs.collection_id != b_.inputs.collection_id) return found;
    const bool forward = a_.inputs.settings_version <= b_.inputs.settings_version;
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        catalog_.prepare("SELECT body, changed, actor FROM settings WHERE collection = ? AND version > ? AND version <= ? ORDER BY version DESC"));
    const auto [low, high] = std::minmax(a_.inputs.settings_version, b_.inputs.settings_version);
    statement.bind(a_.inputs.collection_id, low, high);
    const std::string& later = forward ? value_b : value_a;
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
      if (!row) return found;
      GROUNDS_ASSIGN_OR_RETURN(Json body, parse_json(statement.text(0)));
      if (body.value(key, std::string()) != later) return found;
      found.time = statement.integer(1), found.actor = statement.text(2);
    }
  }

 private:
  Result<std::string> diff(const DocumentChange& change) {
    if (!viewer_.admin) {
      auto collection = Catalog(services_.workspace).find_collection(b_.inputs.collection);
      if (!collection || !Catalog(services_.workspace).find_document(*collection, change.uri, viewer_)) return std::string();
    }
    std::string before, after;
    if (change.a) { GROUNDS_ASSIGN_OR_RETURN(before, text(change.a->extract_sha256)); }
    if (change.b) { GROUNDS_ASSIGN_OR_RETURN(after, text(change.b->extract_sha256)); }
    return text_diff(before, after);
  }

  // An erased text is no reason to know nothing else.
  Result<std::string> text(const std::string& sha256) {
    auto read = services_.extracts.read(sha256);
    if (!read && read.error().code == ErrorCode::kNotFound) return std::string();
    return read;
  }

  const CompareServices& services_;
  Database& catalog_;
  const Side &a_, &b_;
  const Principal& viewer_;
};

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ",") + name;
  return all;
}

std::string principal_text(const Principal& principal) {
  return principal.user + " [" + joined(principal.groups) + "]" + (principal.admin ? " admin" : "") + (principal.auditor ? " auditor" : "");
}

std::string day_text(const ClockInputs& clock) {
  auto day = local_day(clock);
  return (day ? format_day(*day) : std::string("?")) + " " + clock.zone;
}

std::string models_text(const AnswerInputs& inputs) {
  std::string names;
  for (const auto& [fingerprint, model] : inputs.models) {
    auto identity = parse_json(model.first);
    const std::string name = identity ? identity->value("name", std::string("?")) : "?";
    names += (names.empty() ? "" : ", ") + name + " " + fingerprint.substr(0, 12);
  }
  return names.empty() ? "none" : names;
}

std::string model_text(const ModelUse& model) {
  std::string text = model.by_backend;
  if (!model.by_model.empty()) text += " " + model.by_model;
  if (!model.reported_model.empty()) text += " (reported: " + model.reported_model + ")";
  if (!model.fingerprint.empty()) text += " " + model.fingerprint;
  if (model.fallback) text += " [fallback: " + model.fallback_reason + "]";
  return text;
}

void find_others(const Side& a, const Side& b, std::vector<KeyFinding>& others) {
  auto add = [&](const char* key, const std::string& value_a, const std::string& value_b) {
    if (value_a != value_b) others.push_back({key, value_a, value_b, 0, ""});
  };
  add("question", a.inputs.question, b.inputs.question);
  add("effective_query", a.inputs.query.text == a.inputs.question ? "" : a.inputs.query.text,
      b.inputs.query.text == b.inputs.question ? "" : b.inputs.query.text);
  add("history", a.history, b.history);
  add("time", day_text(a.inputs.clock), day_text(b.inputs.clock));
  add("principal", principal_text(a.inputs.principal), principal_text(b.inputs.principal));
  add("template", a.inputs.template_id, b.inputs.template_id);
  add("collection", a.inputs.collection, b.inputs.collection);
  add("embedding", models_text(a.inputs), models_text(b.inputs));
  add("model", model_text(a.model), model_text(b.model));
  add("parameters", a.model.parameters.dump(), b.model.parameters.dump());
  add("request_ids", joined(a.model.request_ids), joined(b.model.request_ids));
  add("software", a.software, b.software);
}

}  // namespace

Result<Findings> find_changes(const CompareServices& services, const Side& a, const Side& b,
                              const std::vector<DocumentChange>& changes, const std::vector<EvidenceItem>& evidence_a,
                              const std::vector<EvidenceItem>& evidence_b, const Principal& viewer) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, services.workspace.catalog());
  Finder finder(services, *catalog, a, b, viewer);
  Findings findings;
  findings.documents_changed = viewer.admin ? changes.size() : 0;
  const std::set<std::string> in_a = uris_of(evidence_a), in_b = uris_of(evidence_b);
  std::set<std::string> changed;
  auto add = [&](const DocumentChange& change) -> Status {
    GROUNDS_ASSIGN_OR_RETURN(DocumentFinding found, finder.document(change));
    found.in_prompt_a = in_a.contains(change.uri);
    found.in_prompt_b = in_b.contains(change.uri);
    findings.documents.push_back(std::move(found));
    return {};
  };
  for (const DocumentChange& change : changes) {
    changed.insert(change.uri);
    // Changed elsewhere than in what the prompts hold: not what made them differ.
    const bool shown = in_a.contains(change.uri) || in_b.contains(change.uri);
    if (!shown || excerpts_of(evidence_a, change.uri) == excerpts_of(evidence_b, change.uri)) continue;
    GROUNDS_RETURN_IF_ERROR(add(change));
  }
  if (findings.documents.empty() && viewer.admin)
    for (const DocumentChange& change : changes) {
      if (findings.documents.size() == kMostDocuments) break;
      GROUNDS_RETURN_IF_ERROR(add(change));
    }
  std::set<std::string> all = in_a;
  all.insert(in_b.begin(), in_b.end());
  for (const std::string& uri : all) {
    if (in_a.contains(uri) != in_b.contains(uri) && !changed.contains(uri)) findings.displaced.push_back(uri);
    if (changed.contains(uri)) continue;
    GROUNDS_ASSIGN_OR_RETURN(PermissionFinding found, finder.permission(uri));
    if (found.groups_a != found.groups_b) findings.permissions.push_back(std::move(found));
  }
  const auto &settings_a = a.inputs.query.settings.values(), &settings_b = b.inputs.query.settings.values();
  for (const auto& [key, value] : settings_a) {
    auto other = settings_b.find(key);
    if (other == settings_b.end() || other->second == value) continue;
    GROUNDS_ASSIGN_OR_RETURN(KeyFinding found, finder.setting(key, value, other->second));
    findings.settings.push_back(std::move(found));
  }
  if (a.inputs.query.mode != b.inputs.query.mode)
    findings.settings.push_back({"mode", std::string(search_mode_name(a.inputs.query.mode)), std::string(search_mode_name(b.inputs.query.mode)), 0, ""});
  find_others(a, b, findings.others);
  return findings;
}

}  // namespace grounds
