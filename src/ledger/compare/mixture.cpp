#include "ledger/compare/mixture.h"

#include <algorithm>

#include "answer/asker/asker.h"
#include "answer/calendar.h"
#include "answer/templates.h"
#include "base/canonical_json.h"

namespace grounds {
namespace {

// Ranking and packing depend on these; the others only on how the prompt is written.
FactorSet ranking_factors() {
  FactorSet factors;
  for (Factor factor : {Factor::kQuestion, Factor::kHistory, Factor::kPermissions, Factor::kData, Factor::kParser,
                        Factor::kSettings, Factor::kEmbedding, Factor::kRerank})
    factors.insert(factor);
  return factors;
}

// "default.en@1" is name "default", language "en", version "1".
struct TemplateName {
  std::string name, language, version;
  static TemplateName parse(const std::string& id) {
    const std::size_t at = id.rfind('@'), dot = id.rfind('.', at);
    if (at == std::string::npos || dot == std::string::npos) return {id, "", ""};
    return {id.substr(0, dot), id.substr(dot + 1, at - dot - 1), id.substr(at + 1)};
  }
  std::string id() const { return name + "." + language + "@" + version; }
};

// The side's template in the language of the question that it is rendered for.
Result<PromptTemplate> template_of(const AnswerInputs& inputs, const std::string& language) {
  TemplateName name = TemplateName::parse(inputs.template_id);
  if (name.language == language) {
    auto own = recorded_template(inputs);
    if (!own) return fail(ErrorCode::kUnavailable, own.error().message);
    return own;
  }
  name.language = language;
  for (const PromptTemplate& each : built_in_templates())
    if (each.id() == name.id()) return each;
  return fail(ErrorCode::kUnavailable, "template " + name.id() + " is not in this version of grounds");
}

std::set<std::string> fingerprints(const Query& query) {
  std::set<std::string> names;
  for (const auto& [fingerprint, codes] : query.codes) names.insert(fingerprint);
  return names;
}

}  // namespace

Result<std::unique_ptr<Mixer>> Mixer::create(const CompareServices& services, const Side& a, const Side& b) {
  std::unique_ptr<Mixer> mixer(new Mixer(services, a, b));
  GROUNDS_RETURN_IF_ERROR(mixer->open());
  return mixer;
}

Status Mixer::open() {
  const Principal all{"", {}, true, true};
  for (int i : {0, 1}) {
    const AnswerInputs& inputs = sides_[i]->inputs;
    const std::string whose = sides_[i]->answer_id.empty() ? "today's answer" : "answer " + sides_[i]->answer_id;
    auto snapshot = services_.searcher.snapshots().get(inputs.collection, all, inputs.generation);
    if (snapshot && (*snapshot)->collection.id != inputs.collection_id)
      snapshot = fail(ErrorCode::kNotFound, "collection " + inputs.collection + " was deleted and made anew since");
    if (!snapshot) return fail(std::move(snapshot).error().in(whose));
    snapshots_[i] = std::move(*snapshot);
  }
  const AnswerInputs &a = sides_[0]->inputs, &b = sides_[1]->inputs;
  const DataState state_a{a.collection_id, a.generation}, state_b{b.collection_id, b.generation};
  if (!(state_a == state_b)) {
    GROUNDS_ASSIGN_OR_RETURN(changes_, document_changes(services_.workspace, state_a, state_b));
  }
  differing_ = find_differing();
  return {};
}

FactorSet Mixer::find_differing() const {
  const AnswerInputs &a = sides_[0]->inputs, &b = sides_[1]->inputs;
  FactorSet factors;
  if (a.question != b.question || a.query.text != b.query.text) factors.insert(Factor::kQuestion);
  if (sides_[0]->history != sides_[1]->history) factors.insert(Factor::kHistory);
  if (a.clock.zone != b.clock.zone || local_day(a.clock) != local_day(b.clock)) factors.insert(Factor::kTime);
  const bool same_access = (a.principal.admin && b.principal.admin) ||
                           (a.collection_id == b.collection_id && a.generation == b.generation &&
                            a.access_generation == b.access_generation && a.principal.admin == b.principal.admin);
  if (!same_access || a.principal.groups != b.principal.groups || a.principal.auditor != b.principal.auditor)
    factors.insert(Factor::kPermissions);
  for (const DocumentChange& change : changes_) factors.insert(change.factor);
  if (!(a.query.settings == b.query.settings) || a.query.mode != b.query.mode) factors.insert(Factor::kSettings);
  const TemplateName name_a = TemplateName::parse(a.template_id), name_b = TemplateName::parse(b.template_id);
  if (name_a.name != name_b.name || name_a.version != name_b.version ||
      (name_a.language == name_b.language && a.template_text != b.template_text))
    factors.insert(Factor::kTemplate);
  // Equal questions with other codes: another model, or the same one on another runtime.
  const std::set<std::string> spaces_a = fingerprints(a.query), spaces_b = fingerprints(b.query);
  bool other_codes = false;
  for (const auto& [fingerprint, codes] : a.query.codes)
    if (auto found = b.query.codes.find(fingerprint); found != b.query.codes.end() && a.query.text == b.query.text)
      other_codes |= found->second != codes;
  if (a.collection_id != b.collection_id || other_codes) factors.insert(Factor::kEmbedding);
  return factors;
}

Result<Mixer::Mixed> Mixer::mix_generations(FactorSet from_b, const std::set<std::string>* documents) {
  // Documents that another side decides than the one whose snapshot is the base.
  const int base = index(from_b, Factor::kData), other = 1 - base;
  Mixed mixed{std::make_shared<Snapshot>(*snapshots_[base]), {}};
  for (const DocumentChange& change : changes_) {
    int decided = index(from_b, change.factor);
    if (documents && !documents->contains(change.uri)) decided = 0;
    if (decided == base) continue;
    const std::int64_t id = change.a ? change.a->document : change.b->document;
    mixed.generations[id] = snapshots_[other]->generation;
  }
  if (mixed.generations.empty()) return mixed;
  Snapshot& snapshot = *mixed.snapshot;
  snapshot.views.clear();
  snapshot.view_space.clear();
  snapshot.permitted.clear();
  snapshot.graphs.clear();  // of other views
  for (std::size_t s = 0; s < snapshot.spaces.size(); ++s) {
    // By segment: its chunks that are live on the base's side and on the other's. A segment that one side
    // does not know (it is younger, or merged meanwhile) has none there.
    std::vector<std::pair<std::shared_ptr<const Segment>, std::array<std::shared_ptr<const Bitset>, 2>>> segments;
    for (int side : {base, other})
      for (const SegmentView& view : snapshots_[side]->views_of(snapshots_[side]->spaces[s])) {
        auto found = std::ranges::find(segments, view.segment, [](const auto& each) { return each.first; });
        if (found == segments.end()) {
          segments.push_back({view.segment, {}});
          found = std::prev(segments.end());
        }
        found->second[side == base ? 0 : 1] = view.live;
      }
    Snapshot::SpaceViews& views = snapshot.spaces[s];
    views.first = snapshot.views.size();
    views.count = segments.size();
    views.live = 0;
    for (auto& [segment, live] : segments) {
      GROUNDS_ASSIGN_OR_RETURN(std::span<const std::int64_t> owners, segment->documents());
      auto bits = std::make_shared<Bitset>(segment->size(), false);
      for (std::uint32_t i = 0; i < segment->size(); ++i) {
        const auto& source = live[mixed.generations.contains(owners[i]) ? 1 : 0];
        if (source && source->test(i)) bits->set(i);
      }
      views.live += bits->count();
      snapshot.views.push_back({segment, bits, bits});
      snapshot.view_space.push_back(views.space.id);
      snapshot.permitted.push_back(bits);
    }
  }
  return mixed;
}

Result<Mixer::Mixed> Mixer::mix_collections(FactorSet from_b) {
  const int base = index(from_b, Factor::kEmbedding);
  Mixed mixed{std::make_shared<Snapshot>(*snapshots_[base]), {}};
  std::set<std::int64_t> absent;
  for (const DocumentChange& change : changes_) {
    const int decided = index(from_b, change.factor);
    const auto& wanted = decided == 0 ? change.a : change.b;
    const auto& present = base == 0 ? change.a : change.b;
    if (decided == base) continue;
    if (wanted)
      return fail(ErrorCode::kUnavailable, "collection " + sides_[base]->inputs.collection + " never embedded that version of " + change.uri);
    if (present) absent.insert(present->document);
  }
  for (std::size_t v = 0; v < mixed.snapshot->views.size(); ++v) {
    SegmentView& view = mixed.snapshot->views[v];
    GROUNDS_ASSIGN_OR_RETURN(std::span<const std::int64_t> owners, view.segment->documents());
    auto bits = std::make_shared<Bitset>(*view.live);
    for (std::uint32_t i = 0; i < bits->size(); ++i)
      if (bits->test(i) && absent.contains(owners[i])) bits->clear(i);
    view.live = view.eligible = mixed.snapshot->permitted[v] = bits;
  }
  return mixed;
}

Result<Mixer::Mixed> Mixer::mix_snapshot(FactorSet from_b, const std::set<std::string>* documents) {
  const bool one_collection = sides_[0]->inputs.collection_id == sides_[1]->inputs.collection_id;
  auto mixed = one_collection ? mix_generations(from_b, documents) : mix_collections(from_b);
  if (mixed) GROUNDS_RETURN_IF_ERROR(apply_permissions(from_b, *mixed));
  return mixed;
}

// Documents that the principal of answer `asked` may read in a generation.
Result<const Mixer::DocumentSet*> Mixer::granted(int asked, Generation generation) {
  const std::pair key(asked, generation);
  if (auto found = granted_.find(key); found != granted_.end()) return &found->second;
  DocumentSet documents;
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, services_.workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      catalog->prepare("SELECT document FROM access WHERE \"group\" IN (SELECT value FROM json_each(?1)) AND created <= ?2 AND "
                       "(retired IS NULL OR retired > ?2)"));
  const std::string groups = Json(sides_[asked]->inputs.principal.groups).dump();
  statement.bind(groups, generation);
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return &granted_.emplace(key, std::move(documents)).first->second;
    documents.insert(statement.integer(0));
  }
}

// Documents that were there when answer `asked` was given.
Result<const Mixer::DocumentSet*> Mixer::present(int asked) {
  if (auto found = present_.find(asked); found != present_.end()) return &found->second;
  DocumentSet documents;
  const AnswerInputs& inputs = sides_[asked]->inputs;
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, services_.workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      catalog->prepare("SELECT v.document FROM documents d JOIN versions v ON v.document = d.id WHERE d.collection = ?1 AND "
                       "v.created <= ?2 AND (v.retired IS NULL OR v.retired > ?2)"));
  statement.bind(inputs.collection_id, inputs.generation);
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return &present_.emplace(asked, std::move(documents)).first->second;
    documents.insert(statement.integer(0));
  }
}

// Who may read a document is asked of the generation that the permissions come from. A document that was
// not there then brings its permissions along with the generation that its text comes from: adding and
// deleting documents is a change of the data.
Result<Mixer::Readable> Mixer::readable(FactorSet from_b, const Mixed& mixed) {
  const int whose = index(from_b, Factor::kPermissions);
  const AnswerInputs& asked = sides_[whose]->inputs;
  if (mixed.snapshot->collection.id != asked.collection_id) return readable_across(asked, mixed);
  const Generation own = mixed.snapshot->generation;
  const Generation other = mixed.generations.empty() ? own : mixed.generations.begin()->second;
  GROUNDS_ASSIGN_OR_RETURN(const DocumentSet* was_there, present(whose));
  GROUNDS_ASSIGN_OR_RETURN(const DocumentSet* then, granted(whose, asked.generation));
  GROUNDS_ASSIGN_OR_RETURN(const DocumentSet* with_own, granted(whose, own));
  GROUNDS_ASSIGN_OR_RETURN(const DocumentSet* with_other, granted(whose, other));
  // A question about the past needs the permission of the day it is asked as well.
  const DocumentSet* later = nullptr;
  if (!asked.principal.auditor && asked.access_generation > asked.generation) {
    GROUNDS_ASSIGN_OR_RETURN(later, granted(whose, asked.access_generation));
  }
  return Readable([=, &mixed](std::int64_t id) {
    const DocumentSet* with_text = mixed.generations.contains(id) ? with_other : with_own;
    return (was_there->contains(id) ? then : with_text)->contains(id) && (later == nullptr || later->contains(id));
  });
}

// The same where the permissions come from another collection: documents are the same by URI.
Result<Mixer::Readable> Mixer::readable_across(const AnswerInputs& asked, const Mixed& mixed) {
  constexpr const char* kRowsAt =
      "EXISTS (SELECT 1 FROM access x, json_each(?1) j WHERE x.document = {d}.id AND x.\"group\" = j.value AND "
      "x.created <= {g} AND (x.retired IS NULL OR x.retired > {g}))";
  auto rows_at = [&](const char* document, const char* generation) {
    std::string sql(kRowsAt);
    for (std::size_t at; (at = sql.find("{d}")) != std::string::npos;) sql.replace(at, 3, document);
    for (std::size_t at; (at = sql.find("{g}")) != std::string::npos;) sql.replace(at, 3, generation);
    return sql;
  };
  // m: the document as the mixture has it; p: the same document where the permissions come from.
  const std::string sql =
      "SELECT m.id, EXISTS (SELECT 1 FROM versions v WHERE v.document = p.id AND v.created <= ?4 AND "
      "(v.retired IS NULL OR v.retired > ?4)), " +
      rows_at("p", "?4") + ", " + rows_at("p", "?5") + ", " + rows_at("m", "?6") + ", " + rows_at("m", "?7") +
      " FROM documents m LEFT JOIN documents p ON p.collection = ?3 AND p.uri = m.uri WHERE m.collection = ?2";
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, services_.workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Statement statement, catalog->prepare(sql));
  const std::string groups = Json(asked.principal.groups).dump();
  const Generation own = mixed.snapshot->generation;
  const Generation other = mixed.generations.empty() ? own : mixed.generations.begin()->second;
  statement.bind(groups, mixed.snapshot->collection.id, asked.collection_id, asked.generation, asked.access_generation,
                 own, other);
  // A question about the past needs the permission of the day it is asked as well.
  const bool asked_later = !asked.principal.auditor && asked.access_generation > asked.generation;
  DocumentSet documents;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) break;
    const std::int64_t id = statement.integer(0);
    const bool was_there = statement.integer(1) != 0;
    const bool with_text = statement.integer(mixed.generations.contains(id) ? 5 : 4) != 0;
    const bool then = was_there ? statement.integer(2) != 0 : with_text;
    if (then && (!asked_later || statement.integer(3) != 0)) documents.insert(id);
  }
  return Readable([documents = std::move(documents)](std::int64_t id) { return documents.contains(id); });
}

Status Mixer::apply_permissions(FactorSet from_b, Mixed& mixed) {
  if (side(from_b, Factor::kPermissions).inputs.principal.admin) return {};
  GROUNDS_ASSIGN_OR_RETURN(Readable may_read, readable(from_b, mixed));
  for (std::size_t v = 0; v < mixed.snapshot->views.size(); ++v) {
    SegmentView& view = mixed.snapshot->views[v];
    GROUNDS_ASSIGN_OR_RETURN(std::span<const std::int64_t> owners, view.segment->documents());
    auto bits = view.live ? std::make_shared<Bitset>(*view.live) : std::make_shared<Bitset>(view.segment->size(), true);
    for (std::uint32_t i = 0; i < bits->size(); ++i)
      if (bits->test(i) && !may_read(owners[i])) bits->clear(i);
    view.eligible = mixed.snapshot->permitted[v] = bits;
  }
  return {};
}

Result<Query> Mixer::mix_query(FactorSet from_b, const Snapshot& snapshot) {
  const Side& asked = side(from_b, Factor::kQuestion);
  const Side& embedded = side(from_b, Factor::kEmbedding);
  Query query = asked.inputs.query;
  query.settings = side(from_b, Factor::kSettings).inputs.query.settings;
  query.mode = side(from_b, Factor::kSettings).inputs.query.mode;
  // Recorded codes of this text by this embedding; if a space needs others, they are made now.
  if (embedded.inputs.query.text == query.text) query.codes = embedded.inputs.query.codes;
  else if (differing_.contains(Factor::kEmbedding) && &asked != &embedded) query.codes.clear();
  if (query.mode == SearchMode::kLexical) {
    query.codes.clear();
    return query;
  }
  for (const Snapshot::SpaceViews& views : snapshot.spaces) {
    if (views.space.dimension == 0 || views.live == 0 || query.codes.contains(views.space.fingerprint)) continue;
    auto fresh = services_.searcher.prepare(snapshot, query.text, query.mode);
    if (!fresh) return fail(ErrorCode::kUnavailable, "the question cannot be embedded: " + fresh.error().message);
    for (auto& [fingerprint, codes] : fresh->codes) query.codes.try_emplace(fingerprint, std::move(codes));
  }
  return query;
}

Result<std::vector<SearchHit>> Mixer::hits(const Mixed& mixed, const Query& query, std::uint32_t k) {
  const Snapshot& snapshot = *mixed.snapshot;
  GROUNDS_ASSIGN_OR_RETURN(std::vector<RankedChunk> ranked, rank(snapshot, query, k));
  Catalog catalog(services_.workspace);
  std::vector<SearchHit> hits;
  for (const RankedChunk& each : ranked) {
    GROUNDS_ASSIGN_OR_RETURN(std::span<const std::int64_t> owners, snapshot.views[each.view].segment->documents());
    auto other = mixed.generations.find(owners[each.ordinal]);
    SearchHit hit;
    hit.ranked = each;
    GROUNDS_ASSIGN_OR_RETURN(
        hit.chunk, catalog.chunk(each.space, each.id, other == mixed.generations.end() ? snapshot.generation : other->second));
    GROUNDS_ASSIGN_OR_RETURN(hit.text,
                             services_.extracts.read(hit.chunk.extract_sha256, hit.chunk.begin, hit.chunk.end));
    hits.push_back(std::move(hit));
  }
  return hits;
}

Result<std::vector<EvidenceItem>> Mixer::evidence(FactorSet from_b, const std::set<std::string>* documents) {
  const FactorSet key = from_b & ranking_factors();
  if (!documents)
    if (auto found = kept_.find(key); found != kept_.end()) return found->second;
  GROUNDS_ASSIGN_OR_RETURN(Mixed mixed, mix_snapshot(from_b, documents));
  GROUNDS_ASSIGN_OR_RETURN(Query query, mix_query(from_b, *mixed.snapshot));
  const auto k = static_cast<std::uint32_t>(query.settings.integer("evidence.max_chunks")) * 2;  // as assemble()
  GROUNDS_ASSIGN_OR_RETURN(std::vector<SearchHit> found, hits(mixed, query, k));
  GROUNDS_ASSIGN_OR_RETURN(std::vector<EvidenceItem> items,
                           make_evidence(*mixed.snapshot, query, found, services_.searcher.analyzer()));
  if (!documents) kept_[key] = items;
  return items;
}

Result<std::string> Mixer::render(FactorSet from_b, const std::vector<EvidenceItem>& evidence) const {
  const Side& asked = side(from_b, Factor::kQuestion);
  const std::string language = TemplateName::parse(asked.inputs.template_id).language;
  GROUNDS_ASSIGN_OR_RETURN(PromptTemplate prompt_template, template_of(side(from_b, Factor::kTemplate).inputs, language));
  return render_prompt(prompt_template, asked.inputs.question, evidence, side(from_b, Factor::kTime).inputs.clock,
                       side(from_b, Factor::kHistory).history);
}

Result<MixedPrompt> Mixer::mix(FactorSet from_b, const std::set<std::string>* documents) {
  MixedPrompt mixed;
  GROUNDS_ASSIGN_OR_RETURN(mixed.evidence, evidence(from_b, documents));
  GROUNDS_ASSIGN_OR_RETURN(mixed.prompt, render(from_b, mixed.evidence));
  return mixed;
}

Result<std::string> Mixer::answer(FactorSet from_b, const std::vector<EvidenceItem>& evidence) {
  return answer_extractively(side(from_b, Factor::kQuestion).inputs.question, evidence,
                             side(from_b, Factor::kTime).inputs.clock, services_.searcher.analyzer(),
                             side(from_b, Factor::kSettings).inputs.query.settings)
      .answer;
}

}  // namespace grounds
