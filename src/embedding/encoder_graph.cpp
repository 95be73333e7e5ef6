#include "embedding/encoder_graph.h"

#include <algorithm>
#include <limits>
#include <map>
#include <openvino/opsets/opset13.hpp>
#include <set>

namespace grounds {
namespace {

namespace op = ov::opset13;

// True if the parameter `name` is among what the node is computed from.
class Origins {
 public:
  explicit Origins(std::string name) : name_(std::move(name)) {}
  bool of(const ov::Node* node) {
    if (const auto known = known_.find(node); known != known_.end()) return known->second;
    bool found = ov::is_type<op::Parameter>(node) && node->output(0).get_names().count(name_) != 0;
    for (const auto& input : node->input_values()) found = of(input.get_node()) || found;
    return known_[node] = found;
  }

 private:
  std::string name_;
  std::map<const ov::Node*, bool> known_;
};

bool is_softmax(const ov::Node* node) {
  return ov::is_type<ov::op::v8::Softmax>(node) || ov::is_type<ov::op::v1::Softmax>(node);
}

// A row per token: 1 x length x something.
bool has_rows(const ov::PartialShape& shape) {
  return shape.rank().is_static() && shape.size() == 3 && shape[1].is_dynamic() && shape[2].is_static();
}

// Each row of the node's output is computed from the same row of its inputs that have rows.
bool is_row_by_row(const ov::Node* node) {
  if (node->get_output_size() != 1 || !has_rows(node->get_output_partial_shape(0))) return false;
  if (ov::is_type<op::MatMul>(node))
    return node->get_input_partial_shape(1).is_static() && has_rows(node->get_input_partial_shape(0)) &&
           !ov::as_type<const op::MatMul>(node)->get_transpose_a();
  if (const auto* mean = ov::as_type<const op::ReduceMean>(node)) {
    const auto axes = ov::as_type_ptr<op::Constant>(mean->input_value(1).get_node_shared_ptr());
    return axes && mean->get_keep_dims() && axes->cast_vector<std::int64_t>() == std::vector<std::int64_t>{-1};
  }
  const bool by_element = ov::is_type<op::Add>(node) || ov::is_type<op::Subtract>(node) ||
                          ov::is_type<op::Multiply>(node) || ov::is_type<op::Divide>(node) ||
                          ov::is_type<op::Power>(node) || ov::is_type<op::Sqrt>(node) ||
                          ov::is_type<op::Erf>(node) || ov::is_type<op::Tanh>(node) ||
                          ov::is_type<op::Gelu>(node) || ov::is_type<op::Convert>(node);
  // What is no row must be the same for all rows.
  const auto inputs = node->inputs();
  return by_element && std::all_of(inputs.begin(), inputs.end(), [](const auto& input) {
    return has_rows(input.get_partial_shape()) ||
           (input.get_partial_shape().is_static() && input.get_partial_shape().size() <= 1);
  });
}

std::shared_ptr<ov::Node> one_row(const ov::Output<ov::Node>& rows, bool first) {
  const auto number = [](std::int64_t value) { return op::Constant::create(ov::element::i64, {1}, {value}); };
  const std::int64_t begin = first ? 0 : -1;
  const std::int64_t end = first ? 1 : std::numeric_limits<std::int64_t>::max();
  return std::make_shared<op::Slice>(rows, number(begin), number(end), number(1), number(1));
}

}  // namespace

int drop_attention_mask(const std::shared_ptr<ov::Model>& model) {
  Origins from_mask("attention_mask"), from_text("input_ids");
  int dropped = 0;
  for (const auto& node : model->get_ordered_ops()) {
    if (!is_softmax(node.get())) continue;
    const auto scores = ov::as_type_ptr<op::Add>(node->input_value(0).get_node_shared_ptr());
    if (!scores) continue;
    for (std::size_t side = 0; side < 2; ++side) {
      const auto* mask = scores->get_input_node_ptr(side);
      if (!from_mask.of(mask) || from_text.of(mask)) continue;
      node->input(0).replace_source_output(scores->input_value(1 - side));
      ++dropped;
      break;
    }
  }
  model->validate_nodes_and_infer_types();
  const auto results = model->get_results();
  const bool needed = std::any_of(results.begin(), results.end(), [&](const auto& result) {
    return Origins("attention_mask").of(result.get());
  });
  if (needed) return dropped;
  const auto parameters = model->get_parameters();
  for (const auto& parameter : parameters)
    if (parameter->output(0).get_names().count("attention_mask") != 0) model->remove_parameter(parameter);
  return dropped;
}

bool keep_pooled_row(const std::shared_ptr<ov::Model>& model, Pooling pooling) {
  if (pooling == Pooling::kMean || model->get_results().size() != 1) return false;
  // From the end backwards: a node is cut to one row if everything that uses it is.
  const auto nodes = model->get_ordered_ops();
  std::set<const ov::Node*> cut{model->get_results()[0].get()};
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    if (!is_row_by_row(node->get())) continue;
    const auto users = (*node)->output(0).get_target_inputs();
    if (std::all_of(users.begin(), users.end(), [&](const auto& user) { return cut.count(user.get_node()) != 0; }))
      cut.insert(node->get());
  }
  if (cut.size() == 1) return false;
  std::map<ov::Output<ov::Node>, std::shared_ptr<ov::Node>> slices;
  for (const auto& node : nodes) {
    if (cut.count(node.get()) == 0) continue;
    for (auto& input : node->inputs()) {
      const auto source = input.get_source_output();
      if (!has_rows(source.get_partial_shape()) || cut.count(source.get_node()) != 0) continue;
      auto& slice = slices[source];
      if (!slice) slice = one_row(source, pooling == Pooling::kCls);
      input.replace_source_output(slice->output(0));
    }
  }
  model->validate_nodes_and_infer_types();
  return true;
}

}  // namespace grounds
