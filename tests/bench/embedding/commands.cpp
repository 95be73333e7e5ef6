#include "commands.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "embedding/model_pull.h"

namespace grounds::bench {
namespace {

std::vector<std::string> read_lines() {
  std::vector<std::string> lines;
  for (std::string line; std::getline(std::cin, line);) lines.push_back(line);
  return lines;
}

int report(const Error& error) {
  std::cerr << error.message << (error.hint.empty() ? "" : " (" + error.hint + ")") << "\n";
  return exit_code(error.code);
}

int tokenize(const std::string& path) {
  const FileSystem files;
  const auto tokenizer = load_tokenizer(files, path);
  if (!tokenizer) return report(tokenizer.error());
  for (std::string line; std::getline(std::cin, line);) {
    std::string out;
    for (const TokenSpan& token : (*tokenizer)->tokenize(line))
      out += std::to_string(token.id) + ":" + std::to_string(token.begin) + ":" + std::to_string(token.end) + " ";
    out += "\n";
    std::cout << out;
  }
  return 0;
}

int speed(const std::string& model, const std::string& precision, int streams, int repeats) {
  using Clock = std::chrono::steady_clock;
  const FileSystem files;
  const auto begun = Clock::now();
  const auto encoder = load(files, model, precision, streams);
  if (!encoder) return report(encoder.error());
  const double ready = std::chrono::duration<double>(Clock::now() - begun).count();
  const std::vector<std::string> texts = read_lines();
  MostTokens tokens;
  double best = 1e9, best_cpu = 1e9;
  for (int i = 0; i < repeats + 1; ++i) {  // the first warms up
    const auto start = Clock::now();
    const double cpu_start = cpu_seconds();
    const auto vectors = (*encoder)->embed_all(texts, TextRole::kPassage, [&](std::size_t done) { return tokens.note(done); });
    if (!vectors) return report(vectors.error());
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const double cpu = cpu_seconds() - cpu_start;
    if (i > 0) best = std::min(best, seconds);
    if (i > 0) best_cpu = std::min(best_cpu, cpu);
  }
  std::cout << "{\"model\":\"" << model << "\",\"precision\":\"" << precision << "\",\"streams\":" << streams
            << ",\"tokens\":" << tokens.value() << ",\"tokens_per_second\":" << static_cast<double>(tokens.value()) / best
            << ",\"tokens_per_cpu_second\":" << static_cast<double>(tokens.value()) / best_cpu
            << ",\"ready_seconds\":" << ready << ",\"runtime\":" << (*encoder)->runtime().to_json() << "}\n";
  return 0;
}

// "VmRSS: 1 kB; RssAnon: ..." of this process.
std::string memory() {
  std::ifstream status("/proc/self/status");
  std::string result;
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS") || line.starts_with("VmHWM") || line.starts_with("Rss")) {
      const std::size_t digits = line.find_first_of("0123456789");
      result += (result.empty() ? "\"" : ",\"") + line.substr(0, line.find(':')) + "\":" +
                line.substr(digits, line.find(' ', digits) - digits);
    }
  return "{" + result + "}";
}

int start(const std::string& model) {
  using Clock = std::chrono::steady_clock;
  const FileSystem files;
  const auto begun = Clock::now();
  const double cpu_begun = cpu_seconds();
  const auto encoder = load(files, model, "int8", 0);
  if (!encoder) return report(encoder.error());
  const double ready = std::chrono::duration<double>(Clock::now() - begun).count(), ready_cpu = cpu_seconds() - cpu_begun;
  const std::string ready_memory = memory();
  std::vector<double> times;
  for (int i = 0; i < 200; ++i) {
    const auto from = Clock::now();
    const auto vector = (*encoder)->embed("which contracts with suppliers end in " + std::to_string(i), TextRole::kQuery);
    if (!vector) return report(vector.error());
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - from).count());
  }
  const double first = times[0];
  std::sort(times.begin(), times.end());
  std::cout << "{\"ready_seconds\":" << ready << ",\"ready_cpu_seconds\":" << ready_cpu << ",\"first_query_ms\":" << first
            << ",\"query_p50_ms\":" << times[100] << ",\"query_p99_ms\":" << times[198]
            << ",\"ready_kb\":" << ready_memory << ",\"after_queries_kb\":" << memory() << "}\n";
  return 0;
}

int pull(const std::string& model) {
  const FileSystem files;
  const auto registry = ModelRegistry::load(files);
  if (!registry) return report(registry.error());
  const auto outcome = pull_model(*registry, model, [](std::string_view step) { std::cerr << step << "\n"; });
  if (!outcome) return report(outcome.error());
  std::cout << outcome->folder << (outcome->already_there ? " (was there)\n" : "\n");
  return 0;
}

int vectors(const std::string& model, const std::string& precision, const std::string& role) {
  const FileSystem files;
  const auto encoder = load(files, model, precision, 0);
  if (!encoder) return report(encoder.error());
  const std::vector<std::string> texts = read_lines();
  const auto result = (*encoder)->embed_all(texts, role == "query" ? TextRole::kQuery : TextRole::kPassage);
  if (!result) return report(result.error());
  for (const auto& vector : *result)
    std::cout.write(reinterpret_cast<const char*>(vector.data()), static_cast<std::streamsize>(vector.size() * sizeof(float)));
  return 0;
}

}  // namespace

Result<std::shared_ptr<const Encoder>> load(const FileSystem& files, const std::string& model,
                                            const std::string& precision, int streams) {
  GROUNDS_ASSIGN_OR_RETURN(const ModelRegistry registry, ModelRegistry::load(files));
  EncoderOptions options;
  options.streams = streams;
  GROUNDS_ASSIGN_OR_RETURN(options.precision, parse_precision(precision));
  return load_encoder(registry, model, options);
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::optional<int> run_command(const std::vector<std::string>& arguments) {
  const auto is = [&](const char* name, std::size_t count) { return arguments.size() == count && arguments[0] == name; };
  if (is("tokenize", 2)) return tokenize(arguments[1]);
  if (is("speed", 5)) return speed(arguments[1], arguments[2], std::atoi(arguments[3].c_str()), std::atoi(arguments[4].c_str()));
  if (is("pull", 2)) return pull(arguments[1]);
  if (is("start", 2)) return start(arguments[1]);
  if (is("vectors", 4)) return vectors(arguments[1], arguments[2], arguments[3]);
  return std::nullopt;
}

}  // namespace grounds::bench
