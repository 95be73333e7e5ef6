#include "embedding/model_compiler.h"

#include <algorithm>
#include <openvino/frontend/manager.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/util/gather_base.hpp>
#include <openvino/openvino.hpp>

#include "embedding/encoder_graph.h"
#include "embedding/int8_pass.h"

namespace grounds {
namespace {

// A table may have a few rows more than the vocabulary: they are padded to round numbers.
constexpr std::size_t kMostPadding = 1024;

constexpr const char* kInputNames[] = {"input_ids", "attention_mask", "token_type_ids", "position_ids"};

// Rows of the table that input_ids are looked up in; 0 if it is not found.
std::size_t table_rows(const std::shared_ptr<ov::Model>& model) {
  for (const auto& node : model->get_ordered_ops()) {
    const auto gather = std::dynamic_pointer_cast<ov::op::util::GatherBase>(node);
    if (!gather) continue;
    auto indices = gather->input_value(1);
    while (ov::as_type_ptr<ov::op::v0::Convert>(indices.get_node_shared_ptr()))
      indices = indices.get_node()->input_value(0);
    if (indices.get_names().count("input_ids") == 0) continue;
    const auto shape = gather->input_value(0).get_partial_shape();
    if (shape.is_static() && shape.size() == 2) return shape[0].get_length() < 0 ? 0 : static_cast<std::size_t>(shape[0].get_length());
  }
  return 0;
}

Status check_inputs(const std::shared_ptr<ov::Model>& model) {
  bool ids = false;
  for (const auto& input : model->inputs()) {
    const auto& names = input.get_names();
    const auto known = std::find_if(std::begin(kInputNames), std::end(kInputNames),
                                    [&](const char* name) { return names.count(name) != 0; });
    if (known == std::end(kInputNames))
      return fail(ErrorCode::kBadInput, "the model has an input '" + (names.empty() ? std::string() : *names.begin()) +
                                            "' that no text encoder has");
    if (input.get_element_type() != ov::element::i64)
      return fail(ErrorCode::kBadInput, "the model's input '" + std::string(*known) + "' is not of 64-bit integers");
    ids = ids || *known == kInputNames[0];
  }
  if (!ids) return fail(ErrorCode::kBadInput, "the model has no input 'input_ids'");
  return {};
}

// Leaves one output: a row per token. The model may have others (a pooled one, say).
Status keep_token_output(const std::shared_ptr<ov::Model>& model, int dimension) {
  std::vector<ov::Output<ov::Node>> rows;
  for (const auto& output : model->outputs())
    if (output.get_partial_shape().rank().is_static() && output.get_partial_shape().size() == 3) rows.push_back(output);
  if (rows.empty()) return fail(ErrorCode::kBadInput, "the model has no output with a row per token");
  const auto last = rows[0].get_partial_shape()[2];
  if (last.is_static() && last.get_length() != dimension)
    return fail(ErrorCode::kBadInput, "the model gives vectors of dimension " + std::to_string(last.get_length()) +
                                          ", not " + std::to_string(dimension));
  const auto kept = rows[0].get_node_shared_ptr();
  const auto results = model->get_results();
  for (const auto& result : results)
    if (result != kept) model->remove_result(result);
  return {};
}

Result<std::shared_ptr<ov::Model>> read_onnx(const std::string& path) {
  try {
    // Not core.read_model: that would try every format it knows.
    const auto reader = ov::frontend::FrontEndManager().load_by_framework("onnx");
    return reader->convert(reader->load(path));
  } catch (const std::exception& error) {
    return fail(ErrorCode::kBadInput, "not an ONNX model that OpenVINO reads");
  }
}

Result<ov::CompiledModel> compile(const CompileRequest& request, int streams) {
  try {
    GROUNDS_ASSIGN_OR_RETURN(const auto model, read_onnx(request.onnx_path));
    GROUNDS_RETURN_IF_ERROR(check_inputs(model));
    GROUNDS_RETURN_IF_ERROR(keep_token_output(model, request.dimension));
    const std::size_t rows = table_rows(model);
    if (rows != 0 && (rows < request.vocabulary_size || rows > request.vocabulary_size + kMostPadding))
      return fail(ErrorCode::kBadInput, "the model has a table of " + std::to_string(rows) +
                                            " tokens, the tokenizer " + std::to_string(request.vocabulary_size) +
                                            ": they do not belong together");
    std::map<std::size_t, ov::PartialShape> shapes;
    for (std::size_t i = 0; i < model->inputs().size(); ++i)
      shapes[i] = ov::PartialShape{1, ov::Dimension(1, static_cast<std::int64_t>(request.max_tokens))};
    model->reshape(shapes);
    drop_attention_mask(model);
    keep_pooled_row(model, request.pooling);
    if (request.precision == Precision::kInt8) {
      GROUNDS_RETURN_IF_ERROR(compress_to_int8(model));
    }
    ov::Core core;
    return core.compile_model(model, "CPU", compile_properties(core, request.precision, request.dimension, streams));
  } catch (const std::exception& error) {
    return fail(ErrorCode::kBadInput, std::string("OpenVINO cannot compile it: ") + error.what());
  }
}

// So many activations of a row share a scale. Shorter groups are nearer to f32: 128 costs no time beside whole rows,
// 64 costs 6 %, 32 costs 17 % (docs/performance.md). Rows that are not whole groups are one.
std::uint64_t activation_group(int dimension) {
  constexpr int kGroup = 128;
  return static_cast<std::uint64_t>(dimension % kGroup == 0 ? kGroup : dimension);
}

}  // namespace

ov::AnyMap compile_properties(ov::Core& core, Precision precision, int dimension, int streams) {
  const auto capabilities = core.get_property("CPU", ov::device::capabilities);
  const bool has_bf16 = std::find(capabilities.begin(), capabilities.end(), "BF16") != capabilities.end();
  const bool use_bf16 = precision != Precision::kF32 && has_bf16;
  return {ov::hint::inference_precision(use_bf16 ? ov::element::bf16 : ov::element::f32),
          ov::num_streams(streams),
          ov::inference_num_threads(streams),
          ov::hint::enable_cpu_pinning(false),
          ov::hint::dynamic_quantization_group_size(
              precision == Precision::kInt8 ? activation_group(dimension) : 0)};
}

Result<ov::CompiledModel> compile_encoder(const CompileRequest& request, int streams) {
  auto compiled = compile(request, streams);
  if (!compiled) return fail(std::move(compiled).error().in(request.onnx_path));
  return compiled;
}

}  // namespace grounds
