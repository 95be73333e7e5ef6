// embedding_bench: what embedding costs, for each installed model of the registry.
//   embedding_bench [Google Benchmark's flags]
//   embedding_bench COMMAND ...      for the scripts: see commands.h
// Texts: the lines of the file GROUNDS_BENCH_TEXTS, else sentences made here of 20 to 130 words.
//   embed/MODEL/threads:N   tokens/s by the clock, and by processor time (that of all threads)
//   query/MODEL             a question of about 16 tokens, p50 and p99 of the calls
//   tokenize/MODEL          tokens/s
//   start/MODEL             a new process each, from its call to load a model to that model being ready
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>

#include "commands.h"

namespace grounds::bench {
namespace {

using Clock = std::chrono::steady_clock;
const FileSystem kFiles;

std::vector<std::string> made_texts(bool chinese) {
  static constexpr std::array<const char*, 24> kEnglish = {
      "supplier", "delivers", "the", "invoice", "of", "March", "before", "contract", "ends", "and", "revenue", "rose",
      "by", "12%", "in", "region", "vacation", "policy", "requires", "approval", "from", "a", "manager", "server"};
  static constexpr std::array<const char*, 12> kChinese = {"合同", "金额", "为", "交付", "日期", "是",
                                                           "供应商", "应当", "提前", "通知", "，", "销售额"};
  std::mt19937 random(1);
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i) {
    std::string text = std::to_string(i);
    for (unsigned n = 20 + random() % 111; n > 0; --n)
      text += chinese ? std::string(kChinese[random() % kChinese.size()]) : std::string(" ") + kEnglish[random() % kEnglish.size()];
    texts.push_back(std::move(text));
  }
  return texts;
}

std::vector<std::string> texts_for(const std::string& model) {
  const char* path = std::getenv("GROUNDS_BENCH_TEXTS");
  if (!path) return made_texts(model.find("-zh-") != std::string::npos);
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::shared_ptr<const Encoder> encoder_of(benchmark::State& state, const std::string& model, int streams) {
  auto encoder = load(kFiles, model, "int8", streams);
  if (encoder) return *encoder;
  state.SkipWithError(encoder.error().message.c_str());
  return nullptr;
}

void embed(benchmark::State& state, const std::string& model, int threads) {
  const auto encoder = encoder_of(state, model, threads);
  if (!encoder) return;
  const std::vector<std::string> texts = texts_for(model);
  MostTokens tokens;
  double best = 1e9, best_cpu = 1e9;
  for (auto _ : state) {
    const auto begun = Clock::now();
    const double cpu = cpu_seconds();
    const auto vectors = encoder->embed_all(texts, TextRole::kPassage, [&](std::size_t done) { return tokens.note(done); });
    if (!vectors) return state.SkipWithError(vectors.error().message.c_str());
    best_cpu = std::min(best_cpu, cpu_seconds() - cpu);
    const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    best = std::min(best, seconds);
    state.SetIterationTime(seconds);
  }
  state.counters["tokens"] = static_cast<double>(tokens.value());
  state.counters["tokens_per_second"] = static_cast<double>(tokens.value()) / best;
  state.counters["tokens_per_cpu_second"] = static_cast<double>(tokens.value()) / best_cpu;
}

void query(benchmark::State& state, const std::string& model) {
  const auto encoder = encoder_of(state, model, 1);
  if (!encoder) return;
  const bool chinese = model.find("-zh-") != std::string::npos;
  std::vector<double> times;
  for (auto _ : state) {
    const std::string text = (chinese ? "哪些供应商合同将到期" : "which contracts end in ") + std::to_string(times.size());
    const auto begun = Clock::now();
    benchmark::DoNotOptimize(encoder->embed(text, TextRole::kQuery));
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
    state.SetIterationTime(times.back() * 1e-3);
  }
  std::sort(times.begin(), times.end());
  state.counters["p50_ms"] = times[times.size() / 2];
  state.counters["p99_ms"] = times[times.size() * 99 / 100];
}

void tokenize(benchmark::State& state, const std::string& model) {
  const auto encoder = encoder_of(state, model, 1);
  if (!encoder) return;
  const std::vector<std::string> texts = texts_for(model);
  std::size_t tokens = 0;
  for (auto _ : state)
    for (const std::string& text : texts) tokens += encoder->tokenizer().tokenize(text).size();
  state.SetItemsProcessed(static_cast<std::int64_t>(tokens));
}

// The number after `"name":`, 0 if there is none.
double number(const std::string& json, const std::string& name) {
  const std::size_t at = json.find("\"" + name + "\":");
  return at == std::string::npos ? 0 : std::atof(json.c_str() + at + name.size() + 3);
}

void start(benchmark::State& state, const std::string& model) {
  char program[4096];
  const ssize_t length = readlink("/proc/self/exe", program, sizeof program);
  const std::string command = "'" + std::string(program, static_cast<std::size_t>(std::max<ssize_t>(length, 0))) + "' start '" + model + "'";
  double cpu = 1e9, kilobytes = 0;
  for (auto _ : state) {
    std::string output(4096, '\0');
    FILE* pipe = popen(command.c_str(), "r");
    if (!pipe) return state.SkipWithError("a process cannot be started");
    output.resize(std::fread(output.data(), 1, output.size(), pipe));
    if (pclose(pipe) != 0) return state.SkipWithError("the model cannot be loaded");
    state.SetIterationTime(number(output, "ready_seconds"));
    cpu = std::min(cpu, number(output, "ready_cpu_seconds"));
    kilobytes = number(output.substr(output.find("after_queries_kb")), "VmRSS");
  }
  state.counters["cpu_ms"] = cpu * 1e3;
  state.counters["resident_mb"] = kilobytes / 1e3;
}

int run_all(int* argc, char** argv) {
  benchmark::Initialize(argc, argv);
  if (benchmark::ReportUnrecognizedArguments(*argc, argv)) return 2;
  const auto registry = ModelRegistry::load(kFiles);
  if (!registry) {
    std::cerr << registry.error().message << "\n";
    return 1;
  }
  const auto add = [](const std::string& name, auto function, int iterations) {
    benchmark::RegisterBenchmark(name.c_str(), function)->UseManualTime()->Iterations(iterations)->Unit(benchmark::kMillisecond);
  };
  for (const ModelEntry& entry : registry->entries()) {
    const std::string name = entry.name;
    if (!registry->installed(entry)) continue;
    for (const int threads : {1, 2})
      add("embed/" + name + "/threads:" + std::to_string(threads), [=](auto& state) { embed(state, name, threads); }, 4);
    add("query/" + name, [=](auto& state) { query(state, name); }, 500);
    add("start/" + name, [=](auto& state) { start(state, name); }, 5);
    benchmark::RegisterBenchmark(("tokenize/" + name).c_str(), [=](auto& state) { tokenize(state, name); })
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace grounds::bench

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  if (const auto code = grounds::bench::run_command({argv + 1, argv + argc})) return *code;
  return grounds::bench::run_all(&argc, argv);
}
