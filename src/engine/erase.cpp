#include "engine/erase.h"

#include <algorithm>
#include <chrono>
#include <cctype>
#include <map>
#include <set>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "base/canonical_json.h"
#include "base/write_ahead_log.h"
#include "engine/quotations.h"
#include "index/generation/commit.h"
#include "index/generation/erase.h"
#include "index/generation/garbage.h"
#include "index/generation/retention.h"

namespace grounds {
namespace {

constexpr int kDeletions = 3;       // of a document that somebody ingests again meanwhile
constexpr int kLogAttempts = 50;    // to empty a log whose readers come and go
constexpr auto kLogPause = std::chrono::milliseconds(100);
constexpr std::size_t kIdentifierBytes = 5;
constexpr std::int64_t kVisitedRecords = 2000;

// Texts that are the asker's own: they stay where they say nothing of the document.
const std::vector<std::string> kAsked{"question", "history", "query"};

bool is_asked(const std::string& name) { return std::ranges::find(kAsked, name) != kAsked.end(); }

class Erasing {
 public:
  Erasing(Engine& engine, Collection collection, Erasure erasure)
      : engine_(engine), workspace_(engine.workspace()), collection_(std::move(collection)), erasure_(std::move(erasure)) {}

  Result<EraseReceipt> run() {
    GROUNDS_RETURN_IF_ERROR(read_traces());
    GROUNDS_RETURN_IF_ERROR(delete_and_destroy());
    const bool nothing = erasure_.versions == 0 && erasure_.answers.empty();
    if (nothing && !erasure_.after_pruning) return not_found();
    GROUNDS_ASSIGN_OR_RETURN(const std::uint64_t packs, compact_packs(workspace_, 0));
    GROUNDS_RETURN_IF_ERROR(remove_files());
    // Once more: what was asked before the document was gone may have come on record since.
    GROUNDS_RETURN_IF_ERROR(erase_answers());
    GROUNDS_ASSIGN_OR_RETURN(bool emptied, empty_databases());
    // What is pruned has no name any more: a pack that was rewritten may have held it.
    if (nothing && erasure_.answers.empty() && packs == 0) return not_found();
    EraseReceipt receipt;
    receipt.uri = erasure_.uri;
    receipt.collection = collection_.name;
    receipt.erasure = erasure_.id;
    receipt.versions = erasure_.versions;
    receipt.chunks = erasure_.chunks;
    receipt.segments_rewritten = erasure_.segments_rewritten;
    receipt.packs_rewritten = packs;
    receipt.texts = erasure_.texts;
    receipt.answers_that_quoted = erasure_.answers;
    receipt.logs_emptied = emptied;
    receipt.same_content = erasure_.same_content;
    for (const std::string& id : erasure_.answers) {
      auto recorded = engine_.ledger().find(id);
      if (recorded && !recorded->closed) receipt.answers_open.push_back(id);
    }
    GROUNDS_ASSIGN_OR_RETURN(receipt.backups_to_check, recorded_backups(workspace_, erasure_.first_ingested));
    erasure_.finished = emptied;
    GROUNDS_RETURN_IF_ERROR(save_erasure(workspace_, erasure_));
    return receipt;
  }

 private:
  Result<EraseReceipt> not_found() {
    GROUNDS_RETURN_IF_ERROR(discard_erasure(workspace_, erasure_));
    return fail(ErrorCode::kNotFound,
                "no document '" + erasure_.uri + "' in collection " + collection_.name + ", nor a past version or a record of one",
                "grounds docs list -c " + collection_.name + " shows the present ones");
  }

  // What the document said, as far as it is still there: of an erasure that goes on it may be gone.
  Status read_traces() {
    GROUNDS_ASSIGN_OR_RETURN(std::vector<std::string> hashes, own_extracts(workspace_, erasure_));
    std::vector<std::string> texts;
    for (const std::string& hash : hashes) {
      auto text = engine_.extracts().read(hash);
      if (!text && text.error().code != ErrorCode::kNotFound) return fail(std::move(text).error());
      if (!text) continue;
      for (Token& token : engine_.analyzer().analyze(*text)) terms_.insert(std::move(token.term));
      texts.push_back(std::move(*text));
    }
    quotations_ = std::make_unique<Quotations>(texts);
    // Nothing takes the files away between the reading of their names and their opening.
    GROUNDS_ASSIGN_OR_RETURN(FileLock pause, pause_garbage_collection(workspace_));
    GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
    GROUNDS_ASSIGN_OR_RETURN(others_, OtherChunks::read(workspace_, *catalog, erasure_));
    return {};
  }

  Status delete_and_destroy() {
    for (int attempt = 1;; ++attempt) {
      CommitBatch batch;
      batch.deleted.push_back(erasure_.uri);
      batch.actor = erasure_.actor;
      batch.analyzer = engine_.analyzer().identity();
      GROUNDS_RETURN_IF_ERROR(commit(workspace_, collection_, std::move(batch)));
      // The answers first: once the document is gone, nothing tells any more what quoted it.
      GROUNDS_RETURN_IF_ERROR(erase_answers());
      auto destroyed = destroy_document(workspace_, erasure_);
      if (destroyed) return {};
      if (destroyed.error().code != ErrorCode::kUnavailable || attempt == kDeletions) return destroyed;
    }
  }

  // Evidence, questions and conversations of the records after `after`, as docs/formats/ledger.md describes them, in
  // pieces: nobody waits for it. Returns the last record there is.
  template <class Visit>
  Result<std::int64_t> visit_texts(std::int64_t after, const Visit& visit) {
    GROUNDS_ASSIGN_OR_RETURN(Database ledger, Database::open(workspace_.file_system(), workspace_.ledger_path(), DatabaseMode::kReadOnly));
    std::int64_t last = 0;
    {
      GROUNDS_ASSIGN_OR_RETURN(Statement newest, ledger.prepare("SELECT coalesce(max(sequence), 0) FROM entries"));
      GROUNDS_RETURN_IF_ERROR(newest.step());
      last = newest.integer(0);
    }
    GROUNDS_ASSIGN_OR_RETURN(
        Statement rows, ledger.prepare("SELECT answer_id, name, text FROM texts WHERE sequence > ? AND sequence <= ? AND text IS NOT "
                                       "NULL AND name IN ('evidence', 'question', 'history') ORDER BY sequence, name"));
    for (; after < last; after = std::min(after + kVisitedRecords, last)) {
      rows.bind(after, std::min(after + kVisitedRecords, last));
      for (;;) {
        GROUNDS_ASSIGN_OR_RETURN(bool row, rows.step());
        if (!row) break;
        visit(rows.text(0), rows.text_view(1), rows.text_view(2));
      }
      rows.reset();
    }
    return last;
  }

  Status erase_answers() {
    const std::string member = "\"uri\":" + *canonical_json(Json(erasure_.uri));
    std::set<std::string> citing, quoting;  // answers whose evidence has the document; whose asker quotes it
    GROUNDS_ASSIGN_OR_RETURN(
        seen_, visit_texts(seen_, [&](std::string id, std::string_view name, std::string_view text) {
          if (name == "evidence") {
            if (text.find(member) != std::string_view::npos) citing.insert(std::move(id));
          } else if (quotations_->quoted_in(text) || names(text, true)) {
            quoting.insert(std::move(id));
          }
        }));
    std::set<std::string> answers(erasure_.answers.begin(), erasure_.answers.end());
    for (const std::string& id : citing) {
      auto recorded = engine_.ledger().find(id);
      // One that cannot be read is erased rather than kept.
      if (recorded && recorded->opened.body.value("collection_id", std::int64_t{0}) != erasure_.collection) continue;
      answers.insert(id);
    }
    answers.insert(quoting.begin(), quoting.end());
    // On record before anything goes: after a crash only the list tells which answers there were.
    if (answers.size() != erasure_.answers.size()) {
      erasure_.answers.assign(answers.begin(), answers.end());
      GROUNDS_RETURN_IF_ERROR(save_erasure(workspace_, erasure_));
    }
    std::map<std::vector<std::string>, std::vector<std::string>> by_texts;  // names of texts -> answers
    for (const std::string& id : erasure_.answers) {
      GROUNDS_ASSIGN_OR_RETURN(std::vector<std::string> doomed, texts_to_erase(id, quoting.contains(id)));
      if (!doomed.empty()) by_texts[std::move(doomed)].push_back(id);
    }
    for (const auto& [texts, ids] : by_texts) {
      GROUNDS_ASSIGN_OR_RETURN(ErasureReceipt receipt,
                               engine_.ledger().erase_texts(ids, texts, "erasure " + erasure_.id));
      erasure_.texts += static_cast<std::uint64_t>(receipt.texts);
    }
    return save_erasure(workspace_, erasure_);
  }

  // The names of an answer's texts that go; none if they are gone.
  Result<std::vector<std::string>> texts_to_erase(const std::string& id, bool quoting) {
    auto recorded = engine_.ledger().find(id);
    if (!recorded) {
      if (recorded.error().code == ErrorCode::kNotFound) return std::vector<std::string>();
      return fail(std::move(recorded).error());
    }
    bool asked = quoting;
    for (const std::string& name : kAsked)
      if (auto found = recorded->texts.find(name); found != recorded->texts.end() && name != "query")
        asked = asked || quotations_->quoted_in(found->second) || names(found->second, false);
    std::vector<std::string> doomed;
    for (const auto& [name, text] : recorded->texts)
      if (name != "template" && (asked || !is_asked(name))) doomed.push_back(name);
    // A text that was changed by hand is not shown, and goes all the same.
    for (const LedgerProblem& problem : recorded->problems)
      if (problem.kind == "commitment")
        for (const auto* entry : {&recorded->opened, recorded->closed ? &*recorded->closed : nullptr})
          if (entry != nullptr)
            for (const auto& [name, commitment] : entry->commitments)
              if (!recorded->texts.contains(name) && std::ranges::find(recorded->erased, name) == recorded->erased.end())
                doomed.push_back(name);
    std::ranges::sort(doomed);
    doomed.erase(std::unique(doomed.begin(), doomed.end()), doomed.end());
    return doomed;
  }

  // Whether the text has a term that nothing but the document holds; `identifiers`: one with a digit, not too short.
  bool names(std::string_view text, bool identifiers) {
    if (terms_.empty()) return false;
    return std::ranges::any_of(engine_.analyzer().analyze_query(text), [&](const Token& token) {
      const std::string& term = token.term;
      if (identifiers && (term.size() < kIdentifierBytes || std::ranges::none_of(term, [](unsigned char c) { return std::isdigit(c) != 0; })))
        return false;
      if (!terms_.contains(term)) return false;
      auto [known, added] = held_elsewhere_.try_emplace(term, false);
      if (added) {
        const Result<bool> held = others_.hold(term);
        known->second = held && *held;
      }
      return !known->second;
    });
  }

  // Durably: a file whose removal was not synced is back after a loss of power.
  Status remove_files() {
    GROUNDS_RETURN_IF_ERROR(collect_garbage(workspace_, WhilePaused::kWait));
    for (const char* folder : {"/segments", "/extracts"})
      GROUNDS_RETURN_IF_ERROR(workspace_.file_system().sync_directory(workspace_.directory() + folder));
    return {};
  }

  // Freed pages are written anew, and neither database has a log with old ones.
  Result<bool> empty_databases() {
    {
      GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace_.catalog());
      GROUNDS_RETURN_IF_ERROR(catalog->execute("VACUUM"));
    }
    const auto empty = [&](const std::string& path) -> Result<bool> {
      for (int attempt = 1;; ++attempt) {
        GROUNDS_ASSIGN_OR_RETURN(bool emptied, empty_log(workspace_.file_system(), path));
        if (emptied || attempt == kLogAttempts) return emptied;
        std::this_thread::sleep_for(kLogPause);
      }
    };
    GROUNDS_ASSIGN_OR_RETURN(bool catalog, empty(workspace_.catalog_path()));
    GROUNDS_ASSIGN_OR_RETURN(bool ledger, empty(workspace_.ledger_path()));
    return catalog && ledger;
  }

  Engine& engine_;
  Workspace& workspace_;
  const Collection collection_;
  Erasure erasure_;
  OtherChunks others_;
  std::unique_ptr<Quotations> quotations_;
  std::unordered_set<std::string> terms_;                 // of the document
  std::unordered_map<std::string, bool> held_elsewhere_;  // of those that were looked up
  std::int64_t seen_ = 0;                                 // the last record that was looked through
};

template <class T>
void add(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
  std::ranges::sort(to);
  to.erase(std::unique(to.begin(), to.end()), to.end());
}

// The receipt of an earlier name's erasure, in that of the document.
void add_receipt(EraseReceipt& to, const EraseReceipt& earlier) {
  to.earlier_names.push_back(earlier.uri);
  to.versions += earlier.versions;
  to.chunks += earlier.chunks;
  to.segments_rewritten += earlier.segments_rewritten;
  to.packs_rewritten += earlier.packs_rewritten;
  to.texts += earlier.texts;
  add(to.answers_that_quoted, earlier.answers_that_quoted);
  add(to.answers_open, earlier.answers_open);
  add(to.backups_to_check, earlier.backups_to_check);
  to.logs_emptied = to.logs_emptied && earlier.logs_emptied;
}

}  // namespace

Result<EraseReceipt> erase_document(Engine& engine, const std::string& name, const std::string& uri,
                                    const std::string& actor) {
  GROUNDS_ASSIGN_OR_RETURN(Collection collection, engine.catalog().find_collection(name));
  GROUNDS_ASSIGN_OR_RETURN(Erasure erasure, begin_erasure(engine.workspace(), collection, uri, actor));
  // What a deleted collection has of the same content is no reference to it.
  GROUNDS_RETURN_IF_ERROR(remove_deleted_collections(engine.workspace()));
  // The earlier names first: while the document's own erasure is unfinished, it names them.
  std::vector<EraseReceipt> earlier;
  for (const std::string& name_then : erasure.earlier_names) {
    GROUNDS_ASSIGN_OR_RETURN(const bool live, is_live(engine.workspace(), collection.id, name_then));
    if (live) {  // somebody has ingested it anew
      erasure.same_content.emplace_back(name, name_then);
      continue;
    }
    GROUNDS_ASSIGN_OR_RETURN(Erasure begun, begin_erasure(engine.workspace(), collection, name_then, actor));
    auto receipt = Erasing(engine, collection, std::move(begun)).run();
    if (receipt) earlier.push_back(std::move(*receipt));
    else if (receipt.error().code != ErrorCode::kNotFound) return receipt;  // not found: it went before the interruption
  }
  GROUNDS_ASSIGN_OR_RETURN(EraseReceipt receipt, Erasing(engine, std::move(collection), std::move(erasure)).run());
  for (const EraseReceipt& each : earlier) add_receipt(receipt, each);
  return receipt;
}

}  // namespace grounds
