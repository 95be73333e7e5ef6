#include "embedding/int8_pass.h"

#include <algorithm>
#include <cmath>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/multiply.hpp>
#include <openvino/op/subtract.hpp>
#include <vector>

namespace grounds {
namespace {

namespace op = ov::op::v0;

// A weight matrix by channels: element (channel, i) is at channel * channel_stride + i * element_stride.
struct Layout {
  std::size_t channels, depth, channel_stride, element_stride;
};

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
    const std::size_t first = channel * layout.channel_stride;
    float lowest = 0, highest = 0;
    for (std::size_t i = 0; i < layout.depth; ++i) {
      const float w = weights[first + i * layout.element_stride];
      if (!std::isfinite(w)) return false;
      lowest = std::min(lowest, w);
      highest = std::max(highest, w);
    }
    float scale = (highest - lowest) / 255.0f;
    if (scale == 0 || !std::isfinite(scale)) scale = 1;
    const float zero_point = std::clamp(std::nearbyint(-lowest / scale), 0.0f, 255.0f);
    for (std::size_t i = 0; i < layout.depth; ++i) {
      const std::size_t at = first + i * layout.element_stride;
      out->values[at] = static_cast<std::uint8_t>(
          std::clamp(std::nearbyint(weights[at] / scale + zero_point), 0.0f, 255.0f));
    }
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

}  // namespace

Result<int> compress_to_int8(const std::shared_ptr<ov::Model>& model) {
  int rewritten = 0;
  for (const auto& node : model->get_ordered_ops()) {
    const auto product = ov::as_type_ptr<op::MatMul>(node);
    if (!product) continue;
    const auto constant = constant_weight(product);
    if (!constant) continue;
    const ov::Shape shape = constant->get_shape();
    const bool transposed = product->get_transpose_b();  // then rows are output channels
    const Layout layout = transposed ? Layout{shape[0], shape[1], shape[1], 1} : Layout{shape[1], shape[0], 1, shape[1]};
    Quantized quantized;
    if (!quantize_weights(constant->cast_vector<float>(), layout, &quantized))
      return fail(ErrorCode::kBadInput, "a weight of the model is not a finite number (" + product->get_friendly_name() + ")");
    const ov::Shape per_channel = transposed ? ov::Shape{shape[0], 1} : ov::Shape{1, shape[1]};
    const auto values = op::Constant::create(ov::element::u8, shape, quantized.values);
    const auto zeros = op::Constant::create(ov::element::u8, per_channel, quantized.zero_points);
    const auto scales = op::Constant::create(ov::element::f32, per_channel, quantized.scales);
    const auto shifted = std::make_shared<ov::op::v1::Subtract>(
        std::make_shared<op::Convert>(values, ov::element::f32), std::make_shared<op::Convert>(zeros, ov::element::f32));
    product->input(1).replace_source_output(std::make_shared<ov::op::v1::Multiply>(shifted, scales)->output(0));
    ++rewritten;
  }
  if (rewritten == 0) return fail(ErrorCode::kBadInput, "the model has no matrix product with a constant weight");
  model->validate_nodes_and_infer_types();
  return rewritten;
}

}  // namespace grounds
