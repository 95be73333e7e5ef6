// How a scan runs: the views' bitsets are cut into tasks, workers take tasks in any order, each keeps
// its own k best and its own sums, and these are merged at the end. All of them are functions of sets
// under a total order, so no split of the work can show in the result.
#include "index/vector/scan.h"

#include <array>
#include <atomic>
#include <bit>
#include <new>
#include <string>
#include <system_error>
#include <thread>

#include "index/vector/kernel.h"
#include "index/vector/top_k.h"

namespace grounds {
namespace {

using Query = std::span<const std::int8_t>;

constexpr std::uint64_t kAllRows = ~std::uint64_t{0};
constexpr std::uint32_t kWordRows = 64;
constexpr std::uint32_t kTaskWords = 256;  // 16,384 rows: small against a scan, large against a fetch_add

// A view with its blocks fetched and its sizes checked.
struct Source {
  std::uint32_t view;
  std::span<const ChunkId> ids;
  const std::int8_t* codes;
  std::span<const std::uint64_t> words;
  std::shared_ptr<const Bitset> owner;  // of the words
};

struct Task {
  std::uint32_t source;
  std::uint32_t first_word, end_word;
};

void add(ScoreDistribution& to, const ScoreDistribution& other) {
  if (other.count == 0) return;
  to.minimum = to.count == 0 ? other.minimum : std::min(to.minimum, other.minimum);
  to.maximum = to.count == 0 ? other.maximum : std::max(to.maximum, other.maximum);
  to.count += other.count;
  to.sum += other.sum;
  to.sum_of_squares += other.sum_of_squares;
}

// What one worker has found for one query.
struct Partial {
  TopK top;
  ScoreDistribution distribution;
};

class Worker {
 public:
  Worker(std::span<const Source> sources, std::span<const Query> queries, std::size_t dimension,
         std::uint32_t k, const Kernel& kernel)
      : sources_(sources), queries_(queries), dimension_(dimension), kernel_(kernel),
        partials_(queries.size(), Partial{TopK(k), {}}) {}

  void run(const Task& task) {
    const Source& source = sources_[task.source];
    std::uint32_t pending = 0;
    for (std::uint32_t word = task.first_word; word < task.end_word;) {
      const std::uint64_t bits = source.words[word];
      if (bits == kAllRows) {
        const std::uint32_t limit = std::min<std::uint32_t>(task.end_word, word + kBlockRows / kWordRows);
        std::uint32_t end = word + 1;
        while (end < limit && source.words[end] == kAllRows) ++end;
        score_run(source, word * kWordRows, (end - word) * kWordRows);
        word = end;
        continue;
      }
      for (std::uint64_t rest = bits; rest != 0; rest &= rest - 1) {
        ordinals_[pending++] = word * kWordRows + static_cast<std::uint32_t>(std::countr_zero(rest));
      }
      ++word;
      if (pending > kBlockRows - kWordRows) {
        score_ordinals(source, pending);
        pending = 0;
      }
    }
    if (pending != 0) score_ordinals(source, pending);
  }

  std::vector<Partial>& partials() { return partials_; }

 private:
  // Rows [first, first + count), all eligible. A block stays in the cache for all queries.
  void score_run(const Source& source, std::uint32_t first, std::uint32_t count) {
    const std::int8_t* rows = source.codes + std::size_t{first} * dimension_;
    for (std::size_t q = 0; q < queries_.size(); ++q) {
      kernel_.contiguous(queries_[q].data(), dimension_, rows, count, scores_.data());
      collect(source, partials_[q], count, [first](std::uint32_t i) { return first + i; });
    }
  }

  void score_ordinals(const Source& source, std::uint32_t count) {
    for (std::size_t q = 0; q < queries_.size(); ++q) {
      kernel_.gather(queries_[q].data(), dimension_, source.codes, ordinals_.data(), count,
                     scores_.data());
      collect(source, partials_[q], count, [this](std::uint32_t i) { return ordinals_[i]; });
    }
  }

  template <class OrdinalOf>
  void collect(const Source& source, Partial& partial, std::uint32_t count, OrdinalOf ordinal_of) {
    const BlockSummary block = kernel_.summarise(scores_.data(), count);
    add(partial.distribution,
        {count, block.sum, block.sum_of_squares, block.minimum, block.maximum});
    std::int64_t threshold = partial.top.threshold();
    if (block.maximum < threshold) return;  // nearly always, once the heap is warm
    for (std::uint32_t i = 0; i < count; ++i) {
      if (scores_[i] < threshold) continue;
      const std::uint32_t ordinal = ordinal_of(i);
      partial.top.offer({source.view, ordinal, source.ids[ordinal], scores_[i]});
      threshold = partial.top.threshold();
    }
  }

  std::span<const Source> sources_;
  std::span<const Query> queries_;
  std::size_t dimension_;
  const Kernel& kernel_;
  std::vector<Partial> partials_;
  std::array<std::uint32_t, kBlockRows> ordinals_{};
  std::array<std::int32_t, kBlockRows> scores_{};
};

bool any(std::span<const std::uint64_t> words) {
  for (const std::uint64_t word : words) {
    if (word != 0) return true;
  }
  return false;
}

Result<std::vector<Source>> open_sources(std::span<const SegmentView> views, std::size_t dimension) {
  std::vector<Source> sources;
  for (std::uint32_t v = 0; v < views.size(); ++v) {
    const auto& [segment, live, eligible] = views[v];
    if (!segment || (eligible && eligible->size() != segment->size())) {
      return fail(ErrorCode::kInternal, "a view's bitset does not fit its segment");
    }
    if (segment->size() == 0 || (eligible && !any(eligible->words()))) continue;
    if (segment->header().dimension != dimension) {
      return fail(ErrorCode::kUsage,
                  segment->path() + ": holds vectors of dimension " +
                      std::to_string(segment->header().dimension) + ", the query has " +
                      std::to_string(dimension),
                  "search each space with a query embedded by its own model");
    }
    GROUNDS_ASSIGN_OR_RETURN(const auto ids, segment->ids());
    GROUNDS_ASSIGN_OR_RETURN(const auto codes, segment->codes());
    if (ids.size() != segment->size() || codes.size() != ids.size() * dimension) {
      return fail(ErrorCode::kDamaged, segment->path() + ": its blocks do not agree on its size",
                  "run `grounds doctor`");
    }
    auto rows = eligible ? eligible : std::make_shared<const Bitset>(segment->size(), true);
    sources.push_back({v, ids, codes.data(), rows->words(), rows});
  }
  return sources;
}

std::vector<Task> cut(std::span<const Source> sources, int threads) {
  std::vector<Task> tasks;
  for (std::uint32_t s = 0; s < sources.size(); ++s) {
    const auto words = static_cast<std::uint32_t>(sources[s].words.size());
    const std::uint32_t step = threads == 1 ? words : kTaskWords;
    for (std::uint32_t first = 0; first < words; first += step) {
      tasks.push_back({s, first, std::min(words, first + step)});
    }
  }
  return tasks;
}

// Runs all tasks on `workers`, the first of them in this thread. If the system has no thread to give,
// those that run do all the work.
void run_all(std::span<Worker> workers, std::span<const Task> tasks) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> out_of_memory{false};
  const auto work = [&](Worker& worker) {
    try {
      for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < tasks.size();) {
        worker.run(tasks[i]);
      }
    } catch (const std::bad_alloc&) {
      out_of_memory = true;
    }
  };
  {
    std::vector<std::jthread> threads;
    threads.reserve(workers.size() - 1);
    try {
      for (Worker& worker : workers.subspan(1)) threads.emplace_back([&] { work(worker); });
    } catch (const std::system_error&) {
      // Fewer threads.
    }
    work(workers[0]);
  }
  if (out_of_memory) throw std::bad_alloc();
}

std::vector<VectorResult> scan(std::span<const Source> sources, std::span<const Query> queries,
                               std::uint32_t k, int threads, const Kernel& kernel) {
  const std::vector<Task> tasks = cut(sources, threads);
  const std::size_t dimension = queries.front().size();
  const auto worker_count = std::clamp<std::size_t>(tasks.size(), 1, static_cast<std::size_t>(threads));
  std::vector<Worker> workers(worker_count, Worker(sources, queries, dimension, k, kernel));
  run_all(workers, tasks);
  std::vector<VectorResult> results(queries.size());
  for (std::size_t q = 0; q < queries.size(); ++q) {
    Partial& all = workers[0].partials()[q];
    for (Worker& worker : std::span(workers).subspan(1)) {
      all.top.merge(worker.partials()[q].top);
      add(all.distribution, worker.partials()[q].distribution);
    }
    results[q] = {all.top.take_sorted(), all.distribution};
  }
  return results;
}

}  // namespace

Result<std::vector<VectorResult>> vector_search_batch(std::span<const SegmentView> views,
                                                      std::span<const Query> queries,
                                                      std::uint32_t k, int threads,
                                                      const Kernel* kernel) {
  if (threads < 1) return fail(ErrorCode::kUsage, "a search needs at least one thread");
  if (queries.empty()) return std::vector<VectorResult>{};
  for (const Query& query : queries) {
    if (query.empty() || query.size() > kMaxDimension || query.size() != queries.front().size()) {
      return fail(ErrorCode::kUsage,
                  "a query vector has dimension " + std::to_string(query.size()),
                  "all queries of a search have one dimension, from 1 to " +
                      std::to_string(kMaxDimension));
    }
  }
  GROUNDS_ASSIGN_OR_RETURN(const std::vector<Source> sources,
                           open_sources(views, queries.front().size()));
  try {
    return scan(sources, queries, k, threads, kernel ? *kernel : best_kernel());
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kUnavailable, "not enough memory for a search's results",
                "ask for fewer results, or free memory");
  }
}

Result<VectorResult> vector_search(std::span<const SegmentView> views, Query query, std::uint32_t k,
                                   int threads) {
  GROUNDS_ASSIGN_OR_RETURN(std::vector<VectorResult> results,
                           vector_search_batch(views, std::span(&query, 1), k, threads));
  return std::move(results.front());
}

}  // namespace grounds
