#include "embedding/encoder_graph.h"

#include <doctest/doctest.h>

#include <openvino/openvino.hpp>
#include <openvino/opsets/opset13.hpp>
#include <random>

using namespace grounds;
namespace op = ov::opset13;

namespace {

constexpr std::int64_t kWidth = 8, kVocabulary = 20;

std::shared_ptr<op::Constant> random_matrix(std::mt19937& random, std::int64_t rows, std::int64_t columns) {
  std::uniform_real_distribution<float> any(-1, 1);
  std::vector<float> values(static_cast<std::size_t>(rows * columns));
  for (float& value : values) value = any(random);
  return op::Constant::create(ov::element::f32, {static_cast<std::size_t>(rows), static_cast<std::size_t>(columns)}, values);
}

std::shared_ptr<ov::Node> number(float value) { return op::Constant::create(ov::element::f32, {}, {value}); }

// Two layers of attention with a mask, a residual and a mean subtracted, then a product: as encoders are built.
std::shared_ptr<ov::Model> attention_model() {
  std::mt19937 random(5);
  const auto parameter = [](const char* name) {
    auto made = std::make_shared<op::Parameter>(ov::element::i64, ov::PartialShape{1, ov::Dimension(1, 16)});
    made->output(0).set_names({name});
    return made;
  };
  const auto ids = parameter("input_ids"), mask = parameter("attention_mask");
  const auto integers = [](std::vector<std::int64_t> values) {
    return op::Constant::create(ov::element::i64, {values.size()}, values);
  };
  const auto masked = std::make_shared<op::Multiply>(
      std::make_shared<op::Subtract>(number(1), std::make_shared<op::Convert>(std::make_shared<op::Unsqueeze>(mask, integers({1})), ov::element::f32)), number(-10000));
  std::shared_ptr<ov::Node> rows = std::make_shared<op::Gather>(random_matrix(random, kVocabulary, kWidth), ids, op::Constant::create(ov::element::i64, {}, {0}));
  for (int layer = 0; layer < 2; ++layer) {
    const auto product = [&] { return std::make_shared<op::MatMul>(rows, random_matrix(random, kWidth, kWidth)); };
    const auto q = product(), k = product(), v = product();
    const auto scores = std::make_shared<op::Add>(std::make_shared<op::MatMul>(q, k, false, true), masked);
    const auto mixed = std::make_shared<op::MatMul>(std::make_shared<ov::op::v8::Softmax>(scores, -1), v);
    const auto sum = std::make_shared<op::Add>(rows, std::make_shared<op::MatMul>(mixed, random_matrix(random, kWidth, kWidth)));
    rows = std::make_shared<op::Subtract>(sum, std::make_shared<op::ReduceMean>(sum, integers({-1}), true));
  }
  return std::make_shared<ov::Model>(ov::OutputVector{rows}, ov::ParameterVector{ids, mask});
}

std::vector<float> run(const std::shared_ptr<ov::Model>& model, std::vector<std::int64_t> ids) {
  ov::Core core;
  auto request = core.compile_model(model, "CPU", ov::hint::inference_precision(ov::element::f32)).create_infer_request();
  std::vector<std::int64_t> ones(ids.size(), 1);
  for (const auto& input : model->inputs())
    request.set_tensor(input, ov::Tensor(ov::element::i64, {1, ids.size()}, input.get_names().count("input_ids") ? ids.data() : ones.data()));
  request.infer();
  const auto out = request.get_output_tensor();
  return {out.data<float>(), out.data<float>() + out.get_size()};
}

const std::vector<std::int64_t> kIds{3, 1, 4, 1, 5, 9, 2};

}  // namespace

TEST_CASE("without the mask the rows are the same, and the input is gone") {
  const auto model = attention_model();
  const auto expected = run(model, kIds);
  CHECK(drop_attention_mask(model) == 2);
  CHECK(model->inputs().size() == 1);
  const auto found = run(model, kIds);
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-5));
}

TEST_CASE("the row that is pooled is the same when no other is computed") {
  const auto expected = run(attention_model(), kIds);
  const auto width = static_cast<std::size_t>(kWidth);
  REQUIRE(expected.size() == kIds.size() * width);
  for (const Pooling pooling : {Pooling::kCls, Pooling::kLastToken}) {
    const auto model = attention_model();
    CHECK(keep_pooled_row(model, pooling));
    const auto found = run(model, kIds);
    REQUIRE(found.size() == width);
    const std::size_t first = pooling == Pooling::kCls ? 0 : expected.size() - width;
    for (std::size_t i = 0; i < width; ++i) CHECK(found[i] == doctest::Approx(expected[first + i]).epsilon(1e-5));
  }
}

TEST_CASE("for the mean every row is computed") {
  const auto model = attention_model();
  CHECK_FALSE(keep_pooled_row(model, Pooling::kMean));
  CHECK(run(model, kIds).size() == kIds.size() * static_cast<std::size_t>(kWidth));
}
