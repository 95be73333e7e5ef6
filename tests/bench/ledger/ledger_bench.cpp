// Benchmarks of the ledger. What an answer weighs here: a body of about 4 KB, a prompt of 8 KB.
//
// AppendPairs/W: W threads, each appending complete answers; items a second are durable pairs, cpu_us is
// the process's CPU per pair. Verify: items a second are records.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "ledger/ledger.h"

namespace {

using grounds::EntryContent;
using grounds::Json;
using grounds::Ledger;

EntryContent opened_content() {
  EntryContent content;
  content.body = {{"generation", 812}, {"model", "bge-small-en-v1.5"}, {"settings", {{"k", 10}, {"mode", "hybrid"}}}};
  for (int i = 0; i < 16; ++i)
    content.body["evidence"].push_back({{"chunk_id", "9f86d081884c7d659a2feaa0c55ad015"},
                                        {"uri", "finance/2025/quarterly-report-" + std::to_string(i) + ".docx"},
                                        {"version", std::string(64, 'a')},
                                        {"begin", 1000 * i},
                                        {"end", 1000 * i + 800},
                                        {"score", 734512 - i},
                                        {"vector_score", 812345},
                                        {"lexical_score", 3123456}});
  content.texts = {{"question", "What was the revenue of the northern region last year?"},
                   {"prompt", std::string(8000, 'p')}};
  return content;
}

EntryContent closed_content() {
  return {{{"verdict", "supported"}, {"usage", {{"prompt_tokens", 2100}, {"completion_tokens", 120}}}},
          {{"response", std::string(600, 'r')}}};
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Place {
  Place() : folder(std::filesystem::temp_directory_path() / ("grounds-ledger-bench-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    ledger = std::move(*Ledger::open(files, folder / "ledger.db", clock, random));
  }
  ~Place() { std::filesystem::remove_all(folder); }
  std::filesystem::path folder;
  grounds::FileSystem files;
  grounds::SystemClock clock;
  grounds::SystemRandom random;
  std::unique_ptr<Ledger> ledger;
};

void AppendPairs(benchmark::State& state) {
  const Place place;
  const auto writers = static_cast<int>(state.range(0));
  constexpr int kEach = 50;
  const EntryContent opened = opened_content(), closed = closed_content();
  std::int64_t pairs = 0;
  const double before = cpu_seconds();
  for (auto iteration : state) {
    std::vector<std::thread> threads;
    for (int t = 0; t < writers; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i)
          if (!place.ledger->append_complete(place.ledger->new_answer_id(), opened, closed)) std::abort();
      });
    for (std::thread& thread : threads) thread.join();
    pairs += writers * kEach;
  }
  state.SetItemsProcessed(pairs);
  state.counters["cpu_us"] = 1e6 * (cpu_seconds() - before) / static_cast<double>(pairs);
}
BENCHMARK(AppendPairs)->Arg(1)->Arg(8)->Arg(32)->UseRealTime()->Unit(benchmark::kMillisecond);

// Opened, then closed: two syncs an answer, as when a model is called in between.
void AppendOpenedThenClosed(benchmark::State& state) {
  const Place place;
  const auto writers = static_cast<int>(state.range(0));
  constexpr int kEach = 50;
  const EntryContent opened = opened_content(), closed = closed_content();
  std::int64_t pairs = 0;
  const double before = cpu_seconds();
  for (auto iteration : state) {
    std::vector<std::thread> threads;
    for (int t = 0; t < writers; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) {
          const std::string id = place.ledger->new_answer_id();
          if (!place.ledger->append_opened(id, opened) || !place.ledger->append_closed(id, closed)) std::abort();
        }
      });
    for (std::thread& thread : threads) thread.join();
    pairs += writers * kEach;
  }
  state.SetItemsProcessed(pairs);
  state.counters["cpu_us"] = 1e6 * (cpu_seconds() - before) / static_cast<double>(pairs);
}
BENCHMARK(AppendOpenedThenClosed)->Arg(1)->Arg(32)->UseRealTime()->Unit(benchmark::kMillisecond);

void Verify(benchmark::State& state) {
  const Place place;
  const EntryContent opened = opened_content(), closed = closed_content();
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 625; ++i)
        if (!place.ledger->append_complete(place.ledger->new_answer_id(), opened, closed)) std::abort();
    });
  for (std::thread& thread : threads) thread.join();
  std::int64_t records = 0;
  for (auto iteration : state) {
    const auto result = place.ledger->verify();
    if (!result || !result->ok) std::abort();
    records += result->records;
  }
  state.SetItemsProcessed(records);
}
BENCHMARK(Verify)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
