#include "embedding/int8_pass.h"

#include <doctest/doctest.h>

#include <limits>
#include <openvino/openvino.hpp>
#include <openvino/opsets/opset13.hpp>
#include <random>

using namespace grounds;
namespace op = ov::opset13;

namespace {

constexpr std::size_t kIn = 48, kOut = 32;

// y = x W, with W stored transposed or not.
std::shared_ptr<ov::Model> product_model(const std::vector<float>& weights, bool transposed) {
  const auto x = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{-1, static_cast<std::int64_t>(kIn)});
  const ov::Shape shape = transposed ? ov::Shape{kOut, kIn} : ov::Shape{kIn, kOut};
  const auto w = op::Constant::create(ov::element::f32, shape, weights);
  const auto product = std::make_shared<op::MatMul>(x, w, false, transposed);
  return std::make_shared<ov::Model>(ov::OutputVector{product}, ov::ParameterVector{x});
}

// W as the rewritten model has it: the identity matrix through the model, run by the reference plugin in f32.
std::vector<float> weights_of(const std::shared_ptr<ov::Model>& model) {
  ov::Core core;
  auto request = core.compile_model(model, "CPU", ov::hint::inference_precision(ov::element::f32),
                                    ov::hint::dynamic_quantization_group_size(0)).create_infer_request();
  std::vector<float> identity(kIn * kIn);
  for (std::size_t i = 0; i < kIn; ++i) identity[i * kIn + i] = 1;
  request.set_input_tensor(ov::Tensor(ov::element::f32, {kIn, kIn}, identity.data()));
  request.infer();
  const auto out = request.get_output_tensor();
  return {out.data<float>(), out.data<float>() + out.get_size()};
}

std::vector<float> random_weights(std::uint64_t seed, float low, float high) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> any(low, high);
  std::vector<float> weights(kIn * kOut);
  for (float& w : weights) w = any(random);
  return weights;
}

}  // namespace

TEST_CASE("each weight stays within half a step of its channel") {
  for (const bool transposed : {false, true})
    for (const auto& [low, high] : {std::pair(-1.0f, 1.0f), {0.5f, 2.0f}, {-3.0f, -1.0f}, {0.0f, 0.0f}}) {
      const auto weights = random_weights(11, low, high);
      const auto model = product_model(weights, transposed);
      const auto rewritten = compress_to_int8(model);
      REQUIRE(rewritten);
      CHECK(*rewritten == 1);
      const auto found = weights_of(model);
      for (std::size_t channel = 0; channel < kOut; ++channel) {
        const auto weight = [&](std::size_t i) { return weights[transposed ? channel * kIn + i : i * kOut + channel]; };
        float lowest = 0, highest = 0;
        for (std::size_t i = 0; i < kIn; ++i) {
          lowest = std::min(lowest, weight(i));
          highest = std::max(highest, weight(i));
        }
        // Half a step, and as much again at the ends of the range, where the zero point was rounded.
        const float step = (highest - lowest) / 255;
        for (std::size_t i = 0; i < kIn; ++i) {
          INFO("transposed ", transposed, " range ", low, " ", high, " channel ", channel, " element ", i);
          CHECK(std::abs(found[i * kOut + channel] - weight(i)) <= step * 1.001f);
        }
      }
    }
}

TEST_CASE("zero weights stay zero exactly") {
  auto weights = random_weights(12, -1, 2);
  for (std::size_t i = 0; i < weights.size(); i += 3) weights[i] = 0;
  const auto model = product_model(weights, true);
  REQUIRE(compress_to_int8(model));
  const auto found = weights_of(model);
  for (std::size_t channel = 0; channel < kOut; ++channel)
    for (std::size_t i = 0; i < kIn; ++i)
      if (weights[channel * kIn + i] == 0) CHECK(found[i * kOut + channel] == 0.0f);
}

TEST_CASE("a weight that is not finite is refused") {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto weights = random_weights(13, -1, 1);
    weights[100] = bad;
    const auto rewritten = compress_to_int8(product_model(weights, false));
    REQUIRE_FALSE(rewritten);
    CHECK(rewritten.error().code == ErrorCode::kBadInput);
  }
}

TEST_CASE("a model without a product with constant weights is refused") {
  const auto x = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{-1, 4});
  const auto model = std::make_shared<ov::Model>(ov::OutputVector{std::make_shared<op::Relu>(x)}, ov::ParameterVector{x});
  CHECK(compress_to_int8(model).error().code == ErrorCode::kBadInput);
}
