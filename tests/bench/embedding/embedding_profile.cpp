// embedding_profile: where the time of an int8 encoder goes, and what the processor could do at best. One thread.
//   embedding_profile MODEL TOKENS [ROUNDS]
// Prints time by kind of operation (OpenVINO's own counters; they cost a little themselves), the rate of
// multiply-adds in the matrix products, and the rate of a loop of VNNI instructions in registers measured between.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <openvino/frontend/manager.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/openvino.hpp>
#include <string>
#include <vector>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "embedding/encoder_graph.h"
#include "embedding/int8_pass.h"
#include "embedding/model.h"
#include "embedding/model_compiler.h"

using namespace grounds;
using Clock = std::chrono::steady_clock;

namespace {

#ifdef __x86_64__
// Sixteen independent sums, as many as it takes to keep the units busy; 64 multiply-adds an instruction.
__attribute__((target("avx512f,avx512vnni"))) double vnni_rate() {
  constexpr int kSums = 16, kLoops = 2'000'000;
  __m512i sums[kSums];
  for (__m512i& sum : sums) sum = _mm512_setzero_si512();
  __m512i a = _mm512_set1_epi32(0x01020304), b = _mm512_set1_epi32(0x04030201);
  const auto start = Clock::now();
  for (int i = 0; i < kLoops; ++i) {
    asm volatile("" : "+v"(a), "+v"(b));
    for (__m512i& sum : sums) sum = _mm512_dpbusd_epi32(sum, a, b);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  for (__m512i& sum : sums) asm volatile("" : "+v"(sum));  // the sums are needed
  return 64.0 * kSums * kLoops / seconds;
}
bool has_vnni() { return __builtin_cpu_supports("avx512vnni"); }
#else
double vnni_rate() { return 0; }
bool has_vnni() { return false; }
#endif

// Multiply-adds of products with constant weights for one token, before the pass rewrites them.
double weight_products(const std::shared_ptr<ov::Model>& model) {
  double sum = 0;
  for (const auto& node : model->get_ordered_ops())
    if (ov::is_type<ov::op::v0::MatMul>(node)) {
      const auto shape = node->input_value(1).get_partial_shape();
      if (shape.is_static() && shape.size() == 2) sum += static_cast<double>(shape[0].get_length()) * static_cast<double>(shape[1].get_length());
    }
  return sum;
}

int profile(const std::string& name, std::size_t tokens, int rounds) {
  const FileSystem files;
  const auto registry = ModelRegistry::load(files);
  if (!registry) return 1;
  const auto entry = registry->find(name);
  if (!entry) return 1;
  const auto reader = ov::frontend::FrontEndManager().load_by_framework("onnx");
  const auto model = reader->convert(reader->load(registry->folder_of(*entry) + "/" + entry->model_file));
  std::map<std::size_t, ov::PartialShape> shapes;
  for (std::size_t i = 0; i < model->inputs().size(); ++i) shapes[i] = ov::PartialShape{1, ov::Dimension(1, entry->max_tokens)};
  model->reshape(shapes);
  drop_attention_mask(model);
  const double macs = weight_products(model);
  if (!compress_to_int8(model)) return 1;
  ov::Core core;
  ov::AnyMap properties = compile_properties(core, Precision::kInt8, entry->dimension, 1);
  properties.insert(ov::enable_profiling(true));
  auto compiled = core.compile_model(model, "CPU", properties);
  auto request = compiled.create_infer_request();
  for (const auto& input : compiled.inputs()) {
    ov::Tensor tensor(ov::element::i64, ov::Shape{1, tokens});
    const bool ids = input.get_names().count("input_ids") != 0, mask = input.get_names().count("attention_mask") != 0;
    for (std::size_t i = 0; i < tokens; ++i) tensor.data<std::int64_t>()[i] = ids ? static_cast<std::int64_t>(1000 + i * 7 % 5000) : mask;
    request.set_tensor(input, tensor);
  }
  std::map<std::string, double> best;
  double best_wall = 1e9, best_rate = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    request.infer();
    const double wall = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
    if (has_vnni() && i % 16 == 0) best_rate = std::max(best_rate, vnni_rate());
    if (wall >= best_wall) continue;
    best_wall = wall;
    best.clear();
    for (const auto& node : request.get_profiling_info())
      if (node.status == ov::ProfilingInfo::Status::EXECUTED) best[node.node_type + " (" + node.exec_type + ")"] += static_cast<double>(node.real_time.count());
  }
  std::vector<std::pair<double, std::string>> sorted;
  double total = 0, products = 0;
  for (const auto& [kind, time] : best) {
    sorted.emplace_back(time, kind);
    total += time;
    if (kind.starts_with("FullyConnected")) products += time;
  }
  std::sort(sorted.rbegin(), sorted.rend());
  std::cout << name << ", " << tokens << " tokens, best of " << rounds << ": " << best_wall << " us, in operations " << total << " us\n";
  for (const auto& [time, kind] : sorted)
    if (time > 0.005 * total) std::cout << "  " << 100 * time / total << " %  " << time << " us  " << kind << "\n";
  const double rate = macs * static_cast<double>(tokens) / (products * 1e-6);
  std::cout << "  products with weights: " << macs / 1e6 << " M multiply-adds a token, " << rate / 1e9 << " G/s while in them, "
            << macs * static_cast<double>(tokens) / (best_wall * 1e-6) / 1e9 << " G/s over all\n";
  if (best_rate > 0)
    std::cout << "  VNNI in registers: " << best_rate / 1e9 << " G/s; the products reach " << 100 * rate / best_rate << " % of it, the whole "
              << 100 * macs * static_cast<double>(tokens) / (best_wall * 1e-6) / best_rate << " %\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: embedding_profile MODEL TOKENS [ROUNDS]\n";
    return 2;
  }
  try {
    return profile(argv[1], static_cast<std::size_t>(std::atoi(argv[2])), argc > 3 ? std::atoi(argv[3]) : 200);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 70;
  }
}
