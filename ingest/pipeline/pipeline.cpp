#include "ingest/pipeline/pipeline.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "base/canonical_json.h"
#include "base/hash.h"
#include "ingest/pipeline/bounded_queue.h"
#include "ingest/pipeline/document.h"
#include "ingest/pipeline/embedder.h"
#include "ingest/pipeline/job_log.h"
#include "ingest/pipeline/plan.h"

namespace grounds {
namespace {

// Documents are embedded in batches of so many chunks: enough for the longest-first schedule to balance
// the streams, small enough to commit every few seconds.
constexpr std::size_t kEmbedChunks = 256;
constexpr std::size_t kQueuedDocuments = 64;
constexpr std::uint64_t kMaxPackBytes = 64 << 20;
// A folder of so many documents may be emptied without a question; of more it looks like a mistake.
constexpr std::size_t kUnaskedDeletions = 10;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// What came of one planned document.
struct Outcome {
  PlannedItem planned;
  std::string source_sha256;
  bool unchanged = false;
  double read_seconds = 0;
  std::optional<PreparedDocument> document;
  std::optional<IngestFailure> failure;
  std::optional<Error> refusal;  // of the model, not of the document: ends the job
};

class Job {
 public:
  Job(const IngestServices& services, const Collection& collection, Source& source, const IngestOptions& options,
      const IngestObserver& observer)
      : services_(services), collection_(collection), source_(source), options_(options), observer_(observer) {}

  Result<IngestReport> run() {
    Catalog catalog(services_.workspace);
    GROUNDS_ASSIGN_OR_RETURN(std::vector<DocumentState> states, catalog.document_states(collection_));
    plan_.emplace(source_, std::move(states), collection_, options_);
    report_.collection = collection_.name;
    report_.dry_run = options_.dry_run;
    if (options_.dry_run) return dry_run();
    GROUNDS_ASSIGN_OR_RETURN(JobLog log, JobLog::start(services_.workspace, collection_,
                                                       options_.make_equal ? "sync" : "ingest", options_.actor));
    log_ = &log;
    report_.job = log.id();
    if (options_.started) options_.started(report_.job);
    Status status = work();
    report_.seconds = seconds_since(started_);
    if (status) status = finish();
    GROUNDS_RETURN_IF_ERROR(log.finish(report_, status));
    if (!status) return fail(std::move(status).error());
    return report_;
  }

 private:
  Status work() {
    GROUNDS_ASSIGN_OR_RETURN(auto snapshot, everything());
    GROUNDS_RETURN_IF_ERROR(snapshot->check_analyzer(services_.analyzer.identity()));
    embedder_.emplace(services_.workspace, services_.encoders, services_.snapshots, std::move(snapshot));
    start_threads();
    Status status = take_outcomes();
    stop_threads();
    GROUNDS_RETURN_IF_ERROR(status);
    GROUNDS_RETURN_IF_ERROR(embed_pending());
    take_passed();
    // Deletions come last; but the old name of a renamed document went with the commit of the new one.
    if (report_.interrupted && options_.atomic) return {};
    if (!report_.interrupted) GROUNDS_RETURN_IF_ERROR(plan_deletions());
    return commit_batch();
  }

  // What the plan has passed over since the last time.
  void take_passed() {
    Plan::Passed passed = plan_->take_passed();
    total_ = std::max(passed.listed, options_.expected_documents);
    passed_unchanged_ = passed.unchanged;
    for (auto& [uri, groups] : passed.regrouped) batch_.regrouped.emplace(uri, std::move(groups));
    for (IngestFailure& failure : passed.failures) report_.failures.push_back(std::move(failure));
  }

  Status plan_deletions() {
    if (!options_.make_equal) return {};
    if (plan_->source_failed())
      return fail(ErrorCode::kNotFound, "nothing of the source can be read: " + report_.failures.front().reason,
                  "nothing was deleted; make the source readable and run sync again");
    const std::vector<const DocumentState*> missing = plan_->missing();
    if (!options_.allow_empty && plan_->source_is_empty() && missing.size() > kUnaskedDeletions)
      return fail(ErrorCode::kRefused,
                  "the source holds no document, and the collection " + std::to_string(missing.size()) + ": all would be deleted",
                  "nothing was deleted; if a drive is not mounted, mount it; if this is meant: --allow-empty");
    for (const DocumentState* state : missing) batch_.deleted.push_back(state->uri);
    return {};
  }

  Status take_outcomes() {
    while (std::optional<Outcome> outcome = outcomes_->pop()) {
      if (outcome->refusal) return fail(std::move(*outcome->refusal));
      ++done_;
      report_.stages.read += outcome->read_seconds;
      take_passed();
      // By content, under another name: what it had under the old one goes in the same commit, or, if the
      // new one cannot be had, stays.
      const DocumentState* replaced = outcome->unchanged ? nullptr : plan_->take_renamed(outcome->source_sha256);
      if (outcome->failure) {
        report_.failures.push_back(std::move(*outcome->failure));
      } else if (outcome->unchanged) {
        note_unchanged(outcome->planned);
      } else {
        if (replaced && !outcome->planned.current) ++report_.renamed;
        if (replaced) {
          outcome->document->replaces = replaced->uri;
          outcome->document->version.groups = groups_after_rename(outcome->planned, *replaced);
        }
        report_.stages.parse += outcome->document->parse_seconds;
        report_.stages.cut += outcome->document->cut_seconds;
        pending_chunks_ += outcome->document->version.chunks.size();
        pending_.push_back(std::move(*outcome->document));
      }
      if (pending_chunks_ >= std::min(kEmbedChunks, options_.commit_chunks) || (overdue() && pending_chunks_ > 0)) GROUNDS_RETURN_IF_ERROR(embed_pending());
      if (options_.atomic) GROUNDS_RETURN_IF_ERROR(check_atomic());
      else if (batch_chunks_ >= options_.commit_chunks || batch_.extracts.bytes() > kMaxPackBytes ||
               (overdue() && !batch_.versions.empty()))
        GROUNDS_RETURN_IF_ERROR(commit_batch());
      if (!tell(0)) {
        report_.interrupted = true;
        return {};
      }
    }
    return {};
  }

  // Embeds what is pending and adds it to the batch.
  Status embed_pending() {
    auto start = std::chrono::steady_clock::now();
    Status status = embedder_->embed(pending_, [&](std::size_t tokens) { return tell(tokens); });
    report_.stages.embed += seconds_since(start);
    if (!status) {
      // Asked to stop in the middle: what is committed stands, the rest is for the next time.
      if (cancelled_) {
        report_.interrupted = true;
        pending_.clear();
        pending_chunks_ = 0;
        return {};
      }
      if (status.error().code != ErrorCode::kBadInput) return status;
      GROUNDS_RETURN_IF_ERROR(embed_one_by_one());
    }
    for (PreparedDocument& document : pending_) {
      document.version.extract_sha256 = batch_.extracts.add(document.text);
      document.version.map_sha256 = batch_.extracts.add(document.map);
      batch_chunks_ += document.version.chunks.size();
      if (document.replaces) batch_.deleted.push_back(std::move(*document.replaces));
      batch_.versions.push_back(std::move(document.version));
    }
    pending_.clear();
    pending_chunks_ = 0;
    return {};
  }

  // A text that the model refuses costs its own document, not the batch.
  Status embed_one_by_one() {
    std::vector<PreparedDocument> good;
    for (PreparedDocument& document : pending_) {
      std::vector<PreparedDocument> one;
      one.push_back(std::move(document));
      Status status = embedder_->embed(one, {});
      if (status) good.push_back(std::move(one.front()));
      else if (status.error().code == ErrorCode::kBadInput)
        report_.failures.push_back({one.front().version.uri, "embed", status.error().message});
      else
        return status;
    }
    pending_ = std::move(good);
    return {};
  }

  Status check_atomic() const {
    if (batch_chunks_ <= options_.atomic_chunks) return {};
    return fail(ErrorCode::kRefused,
                "the changes are more than " + std::to_string(options_.atomic_chunks) +
                    " chunks, which is as many as can be published at once",
                "nothing was changed; leave --atomic out, or raise ingest.atomic_chunks");
  }

  Status commit_batch() {
    const auto start = std::chrono::steady_clock::now();
    last_commit_ = start;
    const std::size_t chunks = batch_chunks_;
    CommitBatch batch = std::move(batch_);
    batch_ = CommitBatch{};
    batch_chunks_ = 0;
    batch.job = report_.job;
    batch.actor = options_.actor;
    batch.analyzer = services_.analyzer.identity();
    GROUNDS_ASSIGN_OR_RETURN(batch.runtime, runtimes());
    GROUNDS_ASSIGN_OR_RETURN(CommitResult result, commit(services_.workspace, collection_, std::move(batch)));
    report_.added += result.added;
    report_.updated += result.updated;
    report_.deleted += result.deleted;
    report_.regrouped += result.regrouped;
    report_.chunks_added += chunks;
    GROUNDS_ASSIGN_OR_RETURN(auto snapshot, everything());
    embedder_->refresh(std::move(snapshot));
    report_.stages.commit += seconds_since(start);
    return {};
  }

  Status finish() {
    Catalog catalog(services_.workspace);
    GROUNDS_ASSIGN_OR_RETURN(Collection now, catalog.find_collection(collection_.name));
    report_.generation = now.generation;
    report_.chunks_live = now.chunks;
    report_.embedded = embedder_->embedded();
    report_.reused = embedder_->reused();
    report_.tokens = embedder_->tokens();
    report_.saturated = embedder_->saturated();
    // A rename is one deletion and one addition of the same content.
    count_renames();
    report_.unchanged += passed_unchanged_;
    return {};
  }

  void count_renames() {
    report_.renamed = std::min({report_.renamed, report_.added, report_.deleted});
    report_.added -= report_.renamed;
    report_.deleted -= report_.renamed;
  }

  // Reads and hashes what would be read, and counts.
  Result<IngestReport> dry_run() {
    while (std::optional<PlannedItem> planned = plan_->next()) {
      auto content = source_.read(planned->item, options_.max_source_bytes);
      if (!content) {
        report_.failures.push_back({planned->item.uri, "read", content.error().message});
        continue;
      }
      std::string hash = sha256_hex(content->bytes);
      if (same_as_before(*planned, hash)) {
        note_unchanged(*planned);
      } else if (planned->current) {
        ++report_.updated;
      } else {
        ++report_.added;
        if (const DocumentState* renamed = plan_->take_renamed(hash)) {
          ++report_.renamed;
          batch_.deleted.push_back(renamed->uri);
        }
      }
    }
    take_passed();
    GROUNDS_RETURN_IF_ERROR(plan_deletions());
    report_.unchanged += passed_unchanged_;
    report_.regrouped = batch_.regrouped.size();
    report_.deleted = batch_.deleted.size();
    count_renames();
    report_.generation = collection_.generation;
    report_.chunks_live = collection_.chunks;
    report_.seconds = seconds_since(started_);
    return report_;
  }

  bool same_as_before(const PlannedItem& planned, const std::string& source_sha256) const {
    return planned.current && planned.current->source_sha256 == source_sha256 &&
           planned.current->chunking == document_rules(collection_.settings) &&
           describes_the_same(planned.item, *planned.current);
  }

  void note_unchanged(const PlannedItem& planned) {
    ++report_.unchanged;
    if (planned.groups != planned.current->groups) batch_.regrouped.emplace(planned.item.uri, planned.groups);
  }

  // One worker's loop: takes the next planned document until there are no more.
  void prepare_documents() {
    while (!stop_) {
      std::optional<PlannedItem> planned = plan_->next();
      if (!planned || !outcomes_->push(prepare(std::move(*planned)))) return;
    }
  }

  Outcome prepare(PlannedItem planned) {
    Outcome outcome;
    const SourceItem& item = planned.item;
    const auto start = std::chrono::steady_clock::now();
    auto content = source_.read(item, options_.max_source_bytes);
    outcome.read_seconds = seconds_since(start);
    if (!content) {
      outcome.failure = IngestFailure{item.uri, "read", content.error().message};
      return outcome;
    }
    outcome.source_sha256 = sha256_hex(content->bytes);
    if (same_as_before(planned, outcome.source_sha256)) {
      outcome.unchanged = true;
    } else {
      DocumentSource source{item.uri, content->name.empty() ? item.name : content->name, item.title, item.metadata.empty() ? "{}" : item.metadata,
                            item.modified_ns, planned.groups};
      auto document = prepare_document(source, std::move(content->bytes), outcome.source_sha256, collection_,
                                       services_.parsers, services_.encoders, services_.analyzer);
      if (document) outcome.document = std::move(*document);
      else if (document.error().error.code == ErrorCode::kRefused) outcome.refusal = document.error().error;
      else outcome.failure = IngestFailure{item.uri, document.error().stage, document.error().error.message};
    }
    outcome.planned = std::move(planned);
    return outcome;
  }

  void start_threads() {
    outcomes_.emplace(kQueuedDocuments);
    unsigned count = options_.threads > 0 ? static_cast<unsigned>(options_.threads)
                                          : std::max(1u, std::thread::hardware_concurrency());
    running_ = count;
    for (unsigned i = 0; i < count; ++i)
      threads_.emplace_back([this] {
        prepare_documents();
        if (--running_ == 0) outcomes_->close();
      });
  }

  // Whether all is done or not: a thread that waits for room in the queue is woken by closing it.
  void stop_threads() {
    stop_ = true;
    outcomes_->close();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  // Called from the job's thread and, while it embeds, from the streams'.
  bool tell(std::size_t tokens) {
    std::lock_guard lock(tell_mutex_);
    if (log_->cancel_requested()) cancelled_ = true;
    if (!observer_) return !cancelled_;
    IngestProgress progress;
    progress.documents_done = done_ + passed_unchanged_;
    progress.documents_total = total_;
    progress.chunks = report_.chunks_added + batch_chunks_ + pending_chunks_;
    progress.tokens = embedder_->tokens() + tokens;
    progress.seconds = seconds_since(started_);
    if (!cancelled_ && observer_(progress)) return true;
    cancelled_ = true;
    return false;
  }

  bool overdue() const { return seconds_since(last_commit_) >= options_.commit_seconds; }

  Result<std::shared_ptr<const Snapshot>> everything() {
    return services_.snapshots.get(collection_.name, Principal{"ingest", {}, true, true});
  }

  // The runtimes of the encoders this commit was made with, by space.
  Result<std::string> runtimes() {
    Json json = Json::object();
    for (const Space& space : collection_.spaces) {
      if (space.dimension == 0 || embedder_->embedded() == 0) continue;
      GROUNDS_ASSIGN_OR_RETURN(auto encoder, services_.encoders.get(space.identity));
      GROUNDS_ASSIGN_OR_RETURN(json[space.fingerprint], parse_json(encoder->runtime().to_json()));
    }
    return canonical_json(json);
  }

  const IngestServices& services_;
  const Collection& collection_;
  Source& source_;
  const IngestOptions& options_;
  const IngestObserver& observer_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();

  std::optional<Plan> plan_;
  JobLog* log_ = nullptr;                          // while the job is at work
  IngestReport report_;
  std::uint64_t total_ = 0, done_ = 0, passed_unchanged_ = 0;
  std::optional<Embedder> embedder_;
  std::vector<PreparedDocument> pending_;          // to be embedded
  std::size_t pending_chunks_ = 0;
  CommitBatch batch_;                              // embedded, to be committed
  std::size_t batch_chunks_ = 0;
  std::chrono::steady_clock::time_point last_commit_ = std::chrono::steady_clock::now();

  std::vector<std::thread> threads_;
  std::atomic<unsigned> running_ = 0;
  std::atomic<bool> stop_ = false;                 // no more documents are to be prepared
  std::atomic<bool> cancelled_ = false;            // the observer asked to stop
  std::mutex tell_mutex_;
  std::optional<BoundedQueue<Outcome>> outcomes_;
};

}  // namespace

Result<IngestReport> ingest(const IngestServices& services, const Collection& collection, Source& source,
                            const IngestOptions& options, const IngestObserver& observer) {
  return Job(services, collection, source, options, observer).run();
}

}  // namespace grounds
