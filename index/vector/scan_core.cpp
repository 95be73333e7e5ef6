// How a scan runs: the bitsets are cut into tasks, workers take tasks in any order, each keeps its own
// k best and its own sums, and these are merged at the end. All of them are functions of sets under a
// total order, so no split of the work can show in the result.
#include "index/vector/scan_core.h"

#include <array>
#include <atomic>
#include <bit>
#include <new>
#include <system_error>
#include <thread>

#include "index/vector/top_k.h"

namespace grounds {
namespace {

using Query = std::span<const std::int8_t>;

constexpr std::uint64_t kAllRows = ~std::uint64_t{0};
constexpr std::uint32_t kWordRows = 64;
constexpr std::uint32_t kTaskWords = 256;  // 16,384 rows: small against a scan, large against a fetch_add

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
  Worker(std::span<const ScanSource> sources, std::span<const Query> queries, std::size_t dimension,
         std::uint32_t k, const Kernel& kernel)
      : sources_(sources), queries_(queries), dimension_(dimension), kernel_(kernel),
        partials_(queries.size(), Partial{TopK(k), {}}) {}

  void run(const Task& task) {
    const ScanSource& source = sources_[task.source];
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
  void score_run(const ScanSource& source, std::uint32_t first, std::uint32_t count) {
    const std::int8_t* rows = source.codes + std::size_t{first} * dimension_;
    for (std::size_t q = 0; q < queries_.size(); ++q) {
      kernel_.contiguous(queries_[q].data(), dimension_, rows, count, scores_.data());
      collect(source, partials_[q], count, [first](std::uint32_t i) { return first + i; });
    }
  }

  void score_ordinals(const ScanSource& source, std::uint32_t count) {
    for (std::size_t q = 0; q < queries_.size(); ++q) {
      kernel_.gather(queries_[q].data(), dimension_, source.codes, ordinals_.data(), count,
                     scores_.data());
      collect(source, partials_[q], count, [this](std::uint32_t i) { return ordinals_[i]; });
    }
  }

  template <class OrdinalOf>
  void collect(const ScanSource& source, Partial& partial, std::uint32_t count, OrdinalOf ordinal_of) {
    const BlockSummary block = kernel_.summarise(scores_.data(), count);
    add(partial.distribution,
        {count, block.sum, block.sum_of_squares, block.minimum, block.maximum});
    std::int64_t threshold = partial.top.threshold();
    if (block.maximum < threshold) return;  // nearly always, once the heap is warm
    for (std::uint32_t i = 0; i < count; ++i) {
      if (scores_[i] < threshold) continue;
      const std::uint32_t ordinal = ordinal_of(i);
      const ChunkId id = source.ids.empty() ? ChunkId{} : source.ids[ordinal];
      partial.top.offer({source.view, ordinal, id, scores_[i]});
      threshold = partial.top.threshold();
    }
  }

  std::span<const ScanSource> sources_;
  std::span<const Query> queries_;
  std::size_t dimension_;
  const Kernel& kernel_;
  std::vector<Partial> partials_;
  std::array<std::uint32_t, kBlockRows> ordinals_{};
  std::array<std::int32_t, kBlockRows> scores_{};
};

std::vector<Task> cut(std::span<const ScanSource> sources, int threads) {
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

}  // namespace

std::vector<VectorResult> scan(std::span<const ScanSource> sources, std::span<const Query> queries,
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

}  // namespace grounds
