#include "ledger/compare/expected.h"

#include <algorithm>

#include "base/hash.h"
#include "base/utf8.h"
#include "ingest/sources/directory_source.h"
#include "ledger/compare/claims.h"
#include "ledger/compare/job_sources.h"

namespace grounds {
namespace {

// Chunks are ranked so far; beyond it a rank says no more than "far behind".
constexpr std::uint32_t kRanked = 1000;
// A chunk this far in front would be in a prompt of usual size.
constexpr std::uint32_t kUsualHits = 16;
constexpr std::uint64_t kMaxSourceBytes = 64ull << 20;

struct LiveVersion {
  std::int64_t version = 0, document = 0;
  std::string uri, source_sha256, extract_sha256, parser, title;
  Generation created = 0;
  std::optional<Generation> retired;
};

// Looks for the expected text; the cheap way first.
class Wanted {
 public:
  explicit Wanted(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }
  bool in_plainly(std::string_view text) const { return text.find(text_) != std::string_view::npos; }
  bool in(std::string_view text) const { return in_plainly(text) || says(text, text_); }

 private:
  std::string text_;
};

class Explaining {
 public:
  Explaining(const CompareServices& services, const Side& side, Wanted wanted, const ExpectedOptions& options)
      : services_(services), side_(side), wanted_(std::move(wanted)), options_(options) {}

  Result<ExpectedResult> run() {
    best_.expected = wanted_.text();
    if (wanted_.in(side_.answer)) {
      best_.stage = Stage::kAnswered;
      best_.hint = "the answer says it";
      return best_;
    }
    GROUNDS_ASSIGN_OR_RETURN(bool shown, look_into_prompt());
    if (shown) return best_;
    GROUNDS_RETURN_IF_ERROR(open_snapshot());
    GROUNDS_ASSIGN_OR_RETURN(std::vector<LiveVersion> live, versions(true));
    bool found = false;
    // First as it stands, then apart from case, width and white space.
    for (bool plainly : {true, false}) {
      for (const LiveVersion& version : live) {
        auto extract = services_.extracts.read(version.extract_sha256);
        if (!extract && extract.error().code == ErrorCode::kNotFound) continue;  // erased
        GROUNDS_RETURN_IF_ERROR(extract);
        if (!(plainly ? wanted_.in_plainly(*extract) : wanted_.in(*extract))) continue;
        found = true;
        GROUNDS_RETURN_IF_ERROR(judge(version, *extract));
      }
      if (found) return best_;
    }
    GROUNDS_ASSIGN_OR_RETURN(bool elsewhere, look_into_other_generations());
    if (best_.stage != Stage::kNotInSources) return best_;
    GROUNDS_RETURN_IF_ERROR(look_into_sources(live));
    if (best_.stage == Stage::kNotInSources && !elsewhere)
      best_.hint = "no source says it in these words; add a document that does, or look for another wording";
    return best_;
  }

 private:
  // Keeps what came furthest on the way; of two, the better ranked one.
  void offer(ExpectedResult result) {
    result.expected = wanted_.text();
    const bool further = result.stage > best_.stage;
    const bool closer = result.stage == best_.stage && result.rank && (!best_.rank || *result.rank < *best_.rank);
    if (further || closer || (best_.uri.empty() && result.stage == best_.stage)) best_ = std::move(result);
  }

  Result<bool> look_into_prompt() {
    GROUNDS_ASSIGN_OR_RETURN(auto mixer, Mixer::create(services_, side_, side_));
    GROUNDS_ASSIGN_OR_RETURN(MixedPrompt mixed, mixer->mix(FactorSet()));
    for (const EvidenceItem& item : mixed.evidence) {
      if (!wanted_.in(item.text) && !wanted_.in(item.table_header + "\n" + item.text)) continue;
      ExpectedResult result;
      result.stage = Stage::kModelMissed;
      result.uri = item.uri;
      result.begin = item.begin, result.end = item.end;
      result.rank = item.number;
      result.score = item.score, result.vector_score = item.vector_score, result.lexical_score = item.lexical_score;
      result.where = {{"evidence", std::to_string(item.number)}, {"backend", side_.model.by_backend}};
      result.hint = "excerpt " + std::to_string(item.number) + " of the prompt says it and the answer does not: " +
                    (side_.model.deterministic() ? "ask a model as backend, or word the question as the document does"
                                                 : "try another model or template, or fewer excerpts");
      offer(std::move(result));
      return true;
    }
    return false;
  }

  Status open_snapshot() {
    const AnswerInputs& inputs = side_.inputs;
    GROUNDS_ASSIGN_OR_RETURN(snapshot_, services_.searcher.snapshots().get(inputs.collection, inputs.principal,
                                                                           inputs.generation, inputs.access_generation));
    GROUNDS_ASSIGN_OR_RETURN(ranked_, rank(*snapshot_, inputs.query, kRanked));
    return {};
  }

  // Of the answer's collection: the versions live in its generation, or all others.
  Result<std::vector<LiveVersion>> versions(bool live) {
    GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, services_.workspace.catalog());
    GROUNDS_ASSIGN_OR_RETURN(
        Statement statement,
        catalog->prepare("SELECT v.id, d.id, d.uri, v.source_sha256, v.extract_sha256, v.parser, v.title, v.created, v.retired "
                         "FROM versions v JOIN documents d ON d.id = v.document WHERE d.collection = ?1 AND "
                         "(v.created <= ?2 AND (v.retired IS NULL OR v.retired > ?2)) = ?3 ORDER BY v.created DESC"));
    statement.bind(side_.inputs.collection_id, side_.inputs.generation, live ? 1 : 0);
    std::vector<LiveVersion> list;
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
      if (!row) return list;
      LiveVersion version{statement.integer(0), statement.integer(1), statement.text(2), statement.text(3),
                          statement.text(4),    statement.text(5),    statement.text(6),
                          static_cast<Generation>(statement.integer(7)), {}};
      if (!statement.is_null(8)) version.retired = static_cast<Generation>(statement.integer(8));
      list.push_back(std::move(version));
    }
  }

  bool eligible(const ChunkId& id) {
    for (const SegmentView& view : snapshot_->views) {
      auto ids = view.segment->ids();
      if (!ids) continue;
      auto [first, last] = std::ranges::equal_range(*ids, id);
      for (auto at = first; at != last; ++at)
        if (!view.eligible || view.eligible->test(static_cast<std::uint32_t>(at - ids->begin()))) return true;
    }
    return false;
  }

  bool indexed(const ChunkId& id) {
    return std::ranges::any_of(snapshot_->views, [&](const SegmentView& view) {
      auto ids = view.segment->ids();
      return ids && std::ranges::binary_search(*ids, id);
    });
  }

  // A live document says it: how far did its chunks come?
  Status judge(const LiveVersion& version, const std::string& extract) {
    GROUNDS_ASSIGN_OR_RETURN(std::vector<ChunkRow> chunks, Catalog(services_.workspace).chunks_of(version.version));
    const std::size_t at = extract.find(wanted_.text());
    bool any = false;
    for (const ChunkRow& chunk : chunks) {
      const std::string_view text = std::string_view(extract).substr(chunk.begin, chunk.end - chunk.begin);
      const bool holds_begin = at != std::string::npos && chunk.begin <= at && at < chunk.end;
      if (!holds_begin && !wanted_.in(text)) continue;
      any = true;
      offer(judge_chunk(version, chunk));
    }
    if (!any) {
      ExpectedResult result;
      result.stage = Stage::kNotIndexed;
      result.uri = version.uri;
      result.hint = "the document's text says it, in no chunk of its own: ingest the document again";
      offer(std::move(result));
    }
    return {};
  }

  ExpectedResult judge_chunk(const LiveVersion& version, const ChunkRow& chunk) {
    ExpectedResult result;
    result.uri = version.uri;
    result.begin = chunk.begin, result.end = chunk.end;
    result.where["chunk_id"] = chunk.id.hex();
    if (!indexed(chunk.id)) {
      result.stage = Stage::kNotIndexed;
      result.hint = "the chunk is in no segment: run grounds doctor";
      return result;
    }
    if (!eligible(chunk.id)) {
      result.stage = Stage::kNotPermitted;
      for (const std::string& group : side_.inputs.principal.groups) {
        std::string& groups = result.where["groups"];
        groups += (groups.empty() ? "" : ",") + group;
      }
      result.where["user"] = side_.inputs.principal.user;
      result.hint = "who asked may not read " + version.uri + ": see grounds docs show " + version.uri + " and [[access]] in grounds.toml";
      return result;
    }
    const auto most = static_cast<std::uint32_t>(side_.inputs.query.settings.integer("evidence.max_chunks"));
    auto ranked = std::ranges::find(ranked_, chunk.id, &RankedChunk::id);
    result.stage = Stage::kNotRetrieved;
    result.hint = "it is not among the best " + std::to_string(kRanked) + " chunks: the question and the document share too little";
    if (ranked == ranked_.end()) return result;
    const auto rank = static_cast<std::uint32_t>(ranked - ranked_.begin() + 1);
    result.rank = rank;
    result.score = ranked->score, result.vector_score = ranked->vector_score, result.lexical_score = ranked->lexical_score;
    if (rank <= std::max(most * 2, kUsualHits)) {
      result.stage = Stage::kPackedOut;
      const std::string setting = rank > most ? "evidence.max_chunks" : "evidence.max_tokens";
      result.where["setting"] = setting;
      result.where["value"] = side_.inputs.query.settings.text(setting);
      result.hint = "found at rank " + std::to_string(rank) + ", and left out by " + setting + " = " +
                    side_.inputs.query.settings.text(setting) + ": raise it";
    } else {
      result.hint = "ranked " + std::to_string(rank) + ", behind what the prompt takes: word the question as the document "
                    "does, or see lexical.* and fusion.* in grounds collections show";
    }
    return result;
  }

  // Another state of the collection says it.
  Result<bool> look_into_other_generations() {
    GROUNDS_ASSIGN_OR_RETURN(std::vector<LiveVersion> others, versions(false));
    bool gone = false;
    for (const LiveVersion& version : others) {
      auto extract = services_.extracts.read(version.extract_sha256);
      if (!extract || !wanted_.in(*extract)) continue;  // pruned or erased: nothing can be said of it
      ExpectedResult result;
      result.uri = version.uri;
      result.where["created"] = std::to_string(version.created);
      if (version.retired) result.where["retired"] = std::to_string(*version.retired);
      if (version.created > side_.inputs.generation) {
        result.stage = Stage::kNotIndexed;
        result.hint = "it came with generation " + std::to_string(version.created) + "; the answer was made from generation " +
                      std::to_string(side_.inputs.generation) + ": ask again";
      } else {
        gone = true;
        result.hint = version.uri + " said it until generation " + std::to_string(*version.retired) +
                      ", when it was changed or deleted: see grounds docs history " + version.uri;
      }
      offer(std::move(result));
    }
    return gone;
  }

  struct Failure { std::string stage, reason; };
  // The last failure of this document, if no later job took it.
  Result<std::optional<Failure>> last_failure(const std::string& uri) {
    GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, services_.workspace.catalog());
    GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                             catalog->prepare("SELECT f.stage, f.reason FROM failures f JOIN jobs j ON j.id = f.job "
                                              "WHERE j.collection = ? AND f.uri = ? ORDER BY j.id DESC LIMIT 1"));
    statement.bind(side_.inputs.collection_id, uri);
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return std::nullopt;
    return Failure{statement.text(0), statement.text(1)};
  }

  // What the files themselves say, before any parser: markup, metadata and refused documents included.
  Status look_into_sources(const std::vector<LiveVersion>& live) {
    std::vector<std::string> roots = options_.sources;
    if (roots.empty()) {
      GROUNDS_ASSIGN_OR_RETURN(roots, job_sources(services_.workspace, side_.inputs.collection_id));
    }
    std::erase_if(roots, [&](const std::string& root) { return !services_.workspace.file_system().status(root).has_value(); });
    if (roots.empty()) return {};
    auto source = open_directories(services_.workspace.file_system(), roots, DirectoryOptions{{}, {}, true, false});
    while (auto item = source->next()) {
      if (!*item || (*item)->size > kMaxSourceBytes) continue;
      auto content = source->read(**item, kMaxSourceBytes);
      if (!content || !source_says(content->bytes)) continue;
      GROUNDS_RETURN_IF_ERROR(judge_source((*item)->uri, content->bytes, live));
    }
    return {};
  }

  bool source_says(const std::string& bytes) const {
    // Read as UTF-8 whatever it is: parsers and decoders belong into the worker process (design, law 9).
    return wanted_.in_plainly(bytes) || wanted_.in(replace_invalid_utf8(bytes));
  }

  Status judge_source(const std::string& uri, const std::string& bytes, const std::vector<LiveVersion>& live) {
    ExpectedResult result;
    result.uri = uri;
    GROUNDS_ASSIGN_OR_RETURN(std::optional<Failure> failure, last_failure(uri));
    auto version = std::ranges::find(live, uri, &LiveVersion::uri);
    const bool same = version != live.end() && version->source_sha256 == sha256_hex(bytes);
    if (same) {
      result.stage = Stage::kLostInParsing;
      result.where["parser"] = version->parser;
      result.hint = "the file says it and the text taken from it does not: see grounds docs extract " + uri;
    } else if (failure && (failure->stage == "parse" || failure->stage == "chunk")) {
      result.stage = Stage::kLostInParsing;
      result.where = {{"failed", failure->stage}, {"reason", failure->reason}};
      result.hint = "the document could not be read: " + failure->reason;
    } else if (failure) {
      result.stage = Stage::kNotIndexed;
      result.where = {{"failed", failure->stage}, {"reason", failure->reason}};
      result.hint = "the document was not taken in: " + failure->reason;
    } else {
      result.stage = Stage::kNotIndexed;
      result.hint = version != live.end() ? "the file changed since it was ingested: run grounds sync"
                                          : "the file says it and was not in the collection: run grounds ingest, or see --include and --exclude";
    }
    offer(std::move(result));
    return {};
  }

  const CompareServices& services_;
  const Side& side_;
  const Wanted wanted_;
  const ExpectedOptions& options_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::vector<RankedChunk> ranked_;
  ExpectedResult best_;
};

}  // namespace

std::string_view stage_name(Stage stage) {
  switch (stage) {
    case Stage::kNotInSources: return "not_in_sources";
    case Stage::kLostInParsing: return "lost_in_parsing";
    case Stage::kNotIndexed: return "not_indexed";
    case Stage::kNotPermitted: return "not_permitted";
    case Stage::kNotRetrieved: return "not_retrieved";
    case Stage::kPackedOut: return "packed_out";
    case Stage::kModelMissed: return "model_missed";
    case Stage::kAnswered: return "answered";
  }
  return "";
}

Result<ExpectedResult> explain_expected(const CompareServices& services, const Side& side, const std::string& expected,
                                        const ExpectedOptions& options) {
  const std::string text(trim(expected));
  if (text.empty()) return fail(ErrorCode::kUsage, "--expected is empty", "say what the answer should have said");
  if (!is_valid_utf8(text)) return fail(ErrorCode::kUsage, "--expected is not valid UTF-8");
  return Explaining(services, side, Wanted(text), options).run();
}

}  // namespace grounds
