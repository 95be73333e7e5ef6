// How a scan runs: the bitsets are cut into tasks, workers take tasks in any order, each keeps its own
// k best and its own sums, and these are merged at the end. All of them are functions of sets under a
// total order, so no split of the work can show in the result.
#include "index/vector/scan_core.h"

#include <algorithm>
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

constexpr std::uint32_t kWordRows = 64;
constexpr std::uint32_t kRunWords = kBlockRows / kWordRows;
// From so many eligible rows in a word on it is cheaper to read all 64 in sequence than to pick those:
// a picked row costs four to five times a row in sequence (docs/performance.md).
constexpr int kDenseRows = 14;
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
      if (is_dense(bits)) {
        const std::uint32_t limit = std::min(task.end_word, word + kRunWords);
        std::uint32_t end = word + 1;
        while (end < limit && is_dense(source.words[end])) ++end;
        score_run(source, word, end);
        word = end;
        continue;
      }
      for (std::uint64_t rest = bits; rest != 0; rest &= rest - 1) {
        pending_[pending++] = word * kWordRows + lowest_bit(rest);
      }
      ++word;
      if (pending > kBlockRows - kWordRows) {
        score_pending(source, pending);
        pending = 0;
      }
    }
    if (pending != 0) score_pending(source, pending);
  }

  std::vector<Partial>& partials() { return partials_; }

 private:
  static bool is_dense(std::uint64_t bits) { return std::popcount(bits) >= kDenseRows; }
  static std::uint32_t lowest_bit(std::uint64_t bits) {
    return static_cast<std::uint32_t>(std::countr_zero(bits));
  }

  // All rows of these words, of which those that are not eligible are then dropped. A block of rows
  // stays in the cache for all queries.
  void score_run(const ScanSource& source, std::uint32_t first_word, std::uint32_t end_word) {
    const std::uint32_t first = first_word * kWordRows;
    const auto words = source.words.subspan(first_word, end_word - first_word);
    // Rows past the last eligible one may not exist.
    const std::uint32_t scored = static_cast<std::uint32_t>(words.size()) * kWordRows -
                                 static_cast<std::uint32_t>(std::countl_zero(words.back()));
    const bool all = std::ranges::all_of(words, [](std::uint64_t bits) { return ~bits == 0; });
    std::uint32_t count = 0;
    for (std::uint32_t w = 0; w < words.size() && !all; ++w) {
      for (std::uint64_t rest = words[w]; rest != 0; rest &= rest - 1) {
        kept_[count++] = w * kWordRows + lowest_bit(rest);
      }
    }
    const std::int8_t* rows = source.codes + std::size_t{first} * dimension_;
    for (std::size_t q = 0; q < queries_.size(); ++q) {
      kernel_.contiguous(queries_[q].data(), dimension_, rows, scored, scores_.data());
      if (all) {
        collect(source, partials_[q], scored, [&](std::uint32_t i) { return first + i; });
        continue;
      }
      for (std::uint32_t i = 0; i < count; ++i) scores_[i] = scores_[kept_[i]];
      collect(source, partials_[q], count, [&](std::uint32_t i) { return first + kept_[i]; });
    }
  }

  void score_pending(const ScanSource& source, std::uint32_t count) {
    for (std::size_t q = 0; q < queries_.size(); ++q) {
      kernel_.gather(queries_[q].data(), dimension_, source.codes, pending_.data(), count,
                     scores_.data());
      collect(source, partials_[q], count, [this](std::uint32_t i) { return pending_[i]; });
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
  std::array<std::uint32_t, kBlockRows> pending_{};  // eligible rows of sparse words
  std::array<std::uint32_t, kBlockRows> kept_{};     // eligible rows of a run, from its first
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
