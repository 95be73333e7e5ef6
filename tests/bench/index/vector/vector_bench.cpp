// vector_bench: what vector search costs, beside a plain read of the same bytes.
//   vector_bench [Google Benchmark's flags]
//   vector_bench --export FOLDER ROWS    the vectors, for peers.py
// Where a benchmark has "ratio" counters, every repetition measures both things one after the other, so
// that other work on the machine hits both; ratio is that of the medians, ratio_best of the fastest
// tenths. Times are those of the thread's own processor time, which other programs lengthen least; with
// two threads they are of the clock. Environment: GROUNDS_BENCH_ROWS (default 1000000), the large size; GROUNDS_BENCH_GRAPH_ROWS
// (default 100000), that of the graph.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <random>
#include <set>
#include <string>

#include "bench_data.h"
#include "index/vector/approximate.h"
#include "index/vector/kernel.h"
#include "index/vector/scan.h"

namespace grounds::bench {
namespace {

BenchData* data = nullptr;  // main's, for the registered functions

std::uint32_t size_from(const char* variable, std::uint32_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10)) : otherwise;
}
std::uint32_t large() { return size_from("GROUNDS_BENCH_ROWS", 1000000); }
std::uint32_t graph_rows() { return size_from("GROUNDS_BENCH_GRAPH_ROWS", 100000); }

double now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <class Work>
double seconds(Work work, clockid_t clock = CLOCK_THREAD_CPUTIME_ID) {
  const double start = now(clock);
  work();
  return now(clock) - start;
}

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

// The times of one thing over all repetitions.
struct Times {
  std::vector<double> all;
  double median() const { return quantile(all, 0.5); }
  double best() const { return quantile(all, 0.1); }
};

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << result.error().message << "\n";
  std::exit(1);
}

SegmentView all_of(std::uint32_t rows) { return {data->segment(rows), nullptr, nullptr}; }

void search_all(const SegmentView& view, int threads, std::size_t turn) {
  const auto& queries = data->queries();
  auto result = vector_search(std::span(&view, 1), queries[turn % queries.size()], 10, threads);
  benchmark::DoNotOptimize(must(std::move(result)).distribution.sum);
}

void exact(benchmark::State& state, std::uint32_t rows) {
  const SegmentView view = all_of(rows);
  const auto codes = must(view.segment->codes());
  Times read, search;
  for (auto _ : state) {
    read.all.push_back(seconds([&] { benchmark::DoNotOptimize(plain_read(codes)); }));
    search.all.push_back(seconds([&] { search_all(view, 1, search.all.size()); }));
    state.SetIterationTime(search.all.back());
  }
  state.counters["read_ms"] = read.median() * 1e3;
  state.counters["search_ms"] = search.median() * 1e3;
  state.counters["best_ms"] = search.best() * 1e3;
  state.counters["ratio"] = search.median() / read.median();
  state.counters["ratio_best"] = search.best() / read.best();
}

// Two threads: how much faster than one, and that of the plain read.
void two_threads(benchmark::State& state, std::uint32_t rows) {
  const SegmentView view = all_of(rows);
  const auto codes = must(view.segment->codes());
  Times read[2], search[2];
  for (auto _ : state) {
    for (const int threads : {1, 2}) {
      Times& reads = read[threads - 1];
      Times& searches = search[threads - 1];
      reads.all.push_back(seconds([&] { benchmark::DoNotOptimize(plain_read(codes, threads)); },
                                  CLOCK_MONOTONIC));
      searches.all.push_back(seconds([&] { search_all(view, threads, searches.all.size()); },
                                     CLOCK_MONOTONIC));
    }
    state.SetIterationTime(search[1].all.back());
  }
  const double read_gain = read[0].best() / read[1].best();
  const double search_gain = search[0].best() / search[1].best();
  state.counters["search_ms"] = search[1].median() * 1e3;
  state.counters["best_ms"] = search[1].best() * 1e3;
  state.counters["read_gain"] = read_gain;
  state.counters["search_gain"] = search_gain;
  state.counters["gain_ratio"] = search_gain / read_gain;
}

// The kernels alone, each over the same blocks in turn.
void kernel_against_read(benchmark::State& state, const Kernel* kernel, std::uint32_t rows) {
  const auto codes = must(data->segment(rows)->codes());
  const auto& query = data->queries().front();
  std::vector<std::int32_t> scores(kBlockRows);
  Times read, scan;
  for (auto _ : state) {
    read.all.push_back(seconds([&] { benchmark::DoNotOptimize(plain_read(codes)); }));
    scan.all.push_back(seconds([&] {
      std::int64_t sum = 0;
      for (std::size_t row = 0; row + kBlockRows <= rows; row += kBlockRows) {
        kernel->contiguous(query.data(), kDimension, codes.data() + row * kDimension, kBlockRows,
                           scores.data());
        sum += kernel->summarise(scores.data(), kBlockRows).sum;
      }
      benchmark::DoNotOptimize(sum);
    }));
    state.SetIterationTime(scan.all.back());
  }
  state.counters["ratio"] = scan.median() / read.median();
  state.counters["ratio_best"] = scan.best() / read.best();
}

void batch(benchmark::State& state, std::uint32_t rows, std::size_t count) {
  const SegmentView view = all_of(rows);
  const auto& stored = data->queries();
  const std::vector<std::span<const std::int8_t>> queries(stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(count));
  Times times;
  for (auto _ : state) {
    times.all.push_back(seconds([&] {
      benchmark::DoNotOptimize(must(vector_search_batch(std::span(&view, 1), queries, 10)));
    }));
    state.SetIterationTime(times.all.back());
  }
  state.counters["ms_a_query"] = times.median() * 1e3 / static_cast<double>(count);
  state.counters["best_ms_a_query"] = times.best() * 1e3 / static_cast<double>(count);
}

Bitset one_in(std::uint32_t rows, std::uint32_t parts) {
  std::mt19937 random(1);
  Bitset bits(rows);
  for (std::uint32_t i = 0; i < rows; ++i) {
    if (random() % 1000 < 1000 / parts) bits.set(i);
  }
  return bits;
}

void filtered(benchmark::State& state, std::uint32_t rows, std::uint32_t parts) {
  SegmentView view = all_of(rows);
  view.eligible = std::make_shared<const Bitset>(one_in(rows, parts));
  Times times;
  for (auto _ : state) {
    times.all.push_back(seconds([&] { search_all(view, 1, times.all.size()); }));
    state.SetIterationTime(times.all.back());
  }
  state.counters["median_ms"] = times.median() * 1e3;
  state.counters["best_ms"] = times.best() * 1e3;
}

// The graph is built once, by the benchmark that measures this, and used by those after it.
std::shared_ptr<const Graph>& graph() {
  static std::shared_ptr<const Graph> built;
  return built;
}

void build_graph(benchmark::State& state) {
  const auto segment = data->segment(graph_rows());
  for (auto _ : state) {
    state.SetIterationTime(seconds([&] { graph() = must(Graph::build(segment, {})); }));
  }
  state.counters["bytes_a_chunk"] =
      static_cast<double>(graph()->memory_bytes()) / static_cast<double>(segment->size());
}

// parts: one chunk in so many passes the filter.
void search_graph(benchmark::State& state, std::uint32_t breadth, std::uint32_t parts) {
  const auto segment = data->segment(graph_rows());
  if (!graph()) graph() = must(Graph::build(segment, {}));
  SegmentView view{segment, nullptr, nullptr};
  if (parts > 1) view.eligible = std::make_shared<const Bitset>(one_in(segment->size(), parts));
  const std::span<const SegmentView> views(&view, 1);
  const std::vector<std::span<const std::int8_t>> queries(data->queries().begin(), data->queries().end());
  ApproximateSettings settings;
  settings.breadth = breadth;
  settings.always_exact = 0;
  settings.exact_below_percent = 0;
  Times times;
  for (auto _ : state) {
    times.all.push_back(seconds([&] {
      const auto& query = queries[times.all.size() % queries.size()];
      benchmark::DoNotOptimize(must(approximate_search(views, std::span(&graph(), 1), query, 10, settings)));
    }));
    state.SetIterationTime(times.all.back());
  }
  const Recall recall = must(measure_recall(views, std::span(&graph(), 1), queries, 10, settings));
  state.counters["median_ms"] = times.median() * 1e3;
  state.counters["best_ms"] = times.best() * 1e3;
  state.counters["recall_at_10"] = recall.mean;
}

void register_all() {
  const auto add = [](const std::string& name, auto function, int iterations) {
    benchmark::RegisterBenchmark(name.c_str(), function)
        ->UseManualTime()->Iterations(iterations)->Unit(benchmark::kMillisecond);
  };
  for (const std::uint32_t rows : std::set{10000U, 100000U, large()}) {
    const int iterations = rows > 200000 ? 40 : 400;
    add("exact/" + std::to_string(rows), [rows](auto& state) { exact(state, rows); }, iterations);
  }
  add("exact_two_threads", [](auto& state) { two_threads(state, large()); }, 40);
  for (const Kernel& kernel : available_kernels()) {
    const auto run = [&kernel](auto& state) { kernel_against_read(state, &kernel, large()); };
    add("kernel/" + std::string(kernel.name), run, 20);
  }
  for (const std::size_t count : {1U, 4U, 16U, 64U}) {
    add("batch/" + std::to_string(count), [count](auto& state) { batch(state, large(), count); }, 10);
  }
  for (const std::uint32_t parts : {1000U, 100U, 10U, 5U, 4U, 3U, 2U}) {
    add("filtered/one_in_" + std::to_string(parts),
        [parts](auto& state) { filtered(state, large(), parts); }, 60);
  }
  add("graph_build", build_graph, 1);
  for (const std::uint32_t breadth : {16U, 32U, 64U, 128U, 256U}) {
    add("graph_search/breadth_" + std::to_string(breadth),
        [breadth](auto& state) { search_graph(state, breadth, 1); }, 1000);
  }
  for (const std::uint32_t parts : {2U, 5U, 10U, 20U}) {
    add("graph_search/breadth_128/one_in_" + std::to_string(parts),
        [parts](auto& state) { search_graph(state, 128, parts); }, 200);
    add("graph_scanned/one_in_" + std::to_string(parts),
        [parts](auto& state) { filtered(state, graph_rows(), parts); }, 200);
  }
}

}  // namespace
}  // namespace grounds::bench

int main(int argc, char** argv) {
  grounds::bench::BenchData data;
  grounds::bench::data = &data;
  if (argc == 4 && std::string(argv[1]) == "--export") {
    return data.export_to(argv[2], static_cast<std::uint32_t>(std::stoul(argv[3]))) ? 0 : 1;
  }
  grounds::bench::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  grounds::bench::graph().reset();
}
