#include "embedding/int8_pass.h"

#include <algorithm>
#include <cmath>
#include <openvino/core/graph_util.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/multiply.hpp>
#include <openvino/op/subtract.hpp>
#include <openvino/op/util/gather_base.hpp>
#include <vector>

namespace grounds {
namespace {

namespace op = ov::op::v0;

// Smaller tables (positions, token types) stay as they are.
constexpr std::size_t kSmallestTable = 4096;

// Where channel c has its i-th weight in the source: at c * channel_stride + i * element_stride.
struct Layout {
  std::size_t channels, depth, channel_stride, element_stride;
};

// A row per output channel, which is how the kernels want it: no copy is then made when a model is loaded.
struct Quantized {
  std::vector<std::uint8_t> values, zero_points;
  std::vector<float> scales;
};

// Asymmetric, per output channel: value = (u8 - zero point) * scale. The range always holds zero, so that
// the zero point fits. False if a weight is not finite.
bool quantize_weights(const std::vector<float>& weights, const Layout& layout, Quantized* out) {
  out->values.resize(weights.size());
  out->zero_points.resize(layout.channels);
  out->scales.resize(layout.channels);
  for (std::size_t channel = 0; channel < layout.channels; ++channel) {
    const float* source = weights.data() + channel * layout.channel_stride;
    std::uint8_t* row = out->values.data() + channel * layout.depth;
    float lowest = 0, highest = 0;
    for (std::size_t i = 0; i < layout.depth; ++i) {
      const float w = source[i * layout.element_stride];
      if (!std::isfinite(w)) return false;
      lowest = std::min(lowest, w);
      highest = std::max(highest, w);
    }
    float scale = (highest - lowest) / 255.0f;
    if (scale == 0 || !std::isfinite(scale)) scale = 1;
    const float zero_point = std::clamp(std::nearbyint(-lowest / scale), 0.0f, 255.0f);
    for (std::size_t i = 0; i < layout.depth; ++i)
      row[i] = static_cast<std::uint8_t>(
          std::clamp(std::nearbyint(source[i * layout.element_stride] / scale + zero_point), 0.0f, 255.0f));
    out->scales[channel] = scale;
    out->zero_points[channel] = static_cast<std::uint8_t>(zero_point);
  }
  return true;
}

// The weight as a constant of the graph, past a conversion to f32; null if there is none.
std::shared_ptr<op::Constant> constant_weight(const std::shared_ptr<op::MatMul>& product) {
  auto source = product->input_value(1).get_node_shared_ptr();
  if (const auto convert = ov::as_type_ptr<op::Convert>(source))
    source = convert->input_value(0).get_node_shared_ptr();
  auto constant = ov::as_type_ptr<op::Constant>(source);
  if (!constant || constant->get_shape().size() != 2 || !constant->get_element_type().is_real()) return nullptr;
  return constant;
}

// (u8 - zero point) * scale, in the pattern that the CPU plugin recognises.
ov::Output<ov::Node> decompressed(const Quantized& quantized, const Layout& layout) {
  const ov::Shape matrix{layout.channels, layout.depth}, column{layout.channels, 1};
  const auto to_float = [](const std::shared_ptr<ov::Node>& node) {
    return std::make_shared<op::Convert>(node, ov::element::f32);
  };
  const auto shifted = std::make_shared<ov::op::v1::Subtract>(
      to_float(op::Constant::create(ov::element::u8, matrix, quantized.values)),
      to_float(op::Constant::create(ov::element::u8, column, quantized.zero_points)));
  return std::make_shared<ov::op::v1::Multiply>(shifted, op::Constant::create(ov::element::f32, column, quantized.scales))
      ->output(0);
}

// The table that rows are looked up in, as u8: the largest constant of most encoders. False if a value in it
// is not finite.
bool compress_table(const std::shared_ptr<ov::op::util::GatherBase>& gather) {
  const auto table = ov::as_type_ptr<op::Constant>(gather->input_value(0).get_node_shared_ptr());
  if (!table || !table->get_element_type().is_real() || table->get_shape().size() != 2) return true;
  const Layout layout{table->get_shape()[0], table->get_shape()[1], table->get_shape()[1], 1};
  if (layout.channels < kSmallestTable) return true;
  Quantized quantized;
  if (!quantize_weights(table->cast_vector<float>(), layout, &quantized)) return false;
  gather->input(0).replace_source_output(decompressed(quantized, layout));
  return true;
}

}  // namespace

Result<int> compress_to_int8(const std::shared_ptr<ov::Model>& model) {
  int rewritten = 0;
  for (const auto& node : model->get_ordered_ops()) {
    if (const auto gather = std::dynamic_pointer_cast<ov::op::util::GatherBase>(node))
      if (!compress_table(gather))
        return fail(ErrorCode::kBadInput, "a value of the model's tables is not a finite number");
    const auto product = ov::as_type_ptr<op::MatMul>(node);
    const auto constant = product ? constant_weight(product) : nullptr;
    if (!constant) continue;
    const ov::Shape shape = constant->get_shape();
    const Layout layout = product->get_transpose_b() ? Layout{shape[0], shape[1], shape[1], 1}
                                                     : Layout{shape[1], shape[0], 1, shape[1]};
    Quantized quantized;
    if (!quantize_weights(constant->cast_vector<float>(), layout, &quantized))
      return fail(ErrorCode::kBadInput,
                  "a weight of the model is not a finite number (" + product->get_friendly_name() + ")");
    const auto replacement = std::make_shared<op::MatMul>(product->input_value(0), decompressed(quantized, layout),
                                                          product->get_transpose_a(), true);
    replacement->set_friendly_name(product->get_friendly_name());
    ov::replace_node(product, replacement);
    ++rewritten;
  }
  if (rewritten == 0) return fail(ErrorCode::kBadInput, "the model has no matrix product with a constant weight");
  model->validate_nodes_and_infer_types();
  return rewritten;
}

}  // namespace grounds
