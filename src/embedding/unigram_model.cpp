#include "embedding/unigram_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/utf8.h"

namespace grounds {
namespace {

// How much less likely an unknown character is than the least likely piece.
constexpr double kUnknownPenalty = 10.0;

struct Entry {
  std::string_view text;
  std::int32_t id;
};

}  // namespace

Result<UnigramModel> UnigramModel::make(const std::vector<std::pair<std::string, double>>& pieces, std::int64_t unknown) {
  if (unknown < 0 || static_cast<std::size_t>(unknown) >= pieces.size())
    return fail(ErrorCode::kBadInput, "unk_id is no piece of the vocabulary");
  UnigramModel model;
  model.unknown_ = unknown;
  double lowest = std::numeric_limits<double>::infinity();
  std::vector<Entry> entries;
  for (const auto& [text, score] : pieces) {
    if (!std::isfinite(score)) return fail(ErrorCode::kBadInput, "a piece has a score that is not finite");
    lowest = std::min(lowest, score);
    model.scores_.push_back(score);
    if (!text.empty()) entries.push_back({text, static_cast<std::int32_t>(model.scores_.size() - 1)});
  }
  model.unknown_score_ = lowest - kUnknownPenalty;
  // Of equal pieces the last counts, as in the reference.
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.text < b.text; });

  // Breadth first: a stretch of sorted entries that share their first `depth` bytes is a node.
  struct Stretch {
    std::size_t begin, end, depth, node;
  };
  model.nodes_.emplace_back();
  std::vector<Stretch> stretches{{0, entries.size(), 0, 0}};
  for (std::size_t next = 0; next < stretches.size(); ++next) {
    auto [at, end, depth, node] = stretches[next];
    for (; at < end && entries[at].text.size() == depth; ++at) model.nodes_[node].id = entries[at].id;
    model.nodes_[node].first_child = static_cast<std::uint32_t>(model.nodes_.size());
    while (at < end) {
      const char label = entries[at].text[depth];
      std::size_t last = at;
      while (last < end && entries[last].text[depth] == label) ++last;
      stretches.push_back({at, last, depth + 1, model.nodes_.size()});
      model.nodes_.emplace_back().label = static_cast<std::uint8_t>(label);
      ++model.nodes_[node].children;
      at = last;
    }
  }
  return model;
}

const UnigramModel::Node* UnigramModel::child(const Node& node, std::uint8_t label) const {
  const auto begin = nodes_.begin() + node.first_child, end = begin + node.children;
  const auto at = std::lower_bound(begin, end, label, [](const Node& n, std::uint8_t l) { return n.label < l; });
  return at != end && at->label == label ? &*at : nullptr;
}

std::int64_t UnigramModel::find(std::string_view piece) const {
  const Node* node = &nodes_[0];
  for (const char c : piece)
    if (!(node = child(*node, static_cast<std::uint8_t>(c)))) return -1;
  return node->id;
}

std::vector<Piece> UnigramModel::cut(std::string_view word) const {
  struct Best {
    double score = 0;
    std::int64_t id = -1;  // of the last piece on the best path that ends here; -1: none does
    std::size_t begin = 0;
  };
  std::vector<Best> best(word.size() + 1);
  for (std::size_t begin = 0; begin < word.size();) {
    std::size_t next = begin;
    next_code_point(word, next);
    const double so_far = best[begin].score;
    const auto offer = [&](std::size_t end, std::int64_t id, double score) {
      Best& target = best[end];
      if (target.id < 0 || so_far + score > target.score) target = {so_far + score, id, begin};
    };
    bool single = false;
    const Node* node = &nodes_[0];
    for (std::size_t end = begin; end < word.size() && (node = child(*node, static_cast<std::uint8_t>(word[end])));) {
      ++end;
      if (node->id < 0) continue;
      offer(end, node->id, scores_[static_cast<std::size_t>(node->id)]);
      single = single || end == next;
    }
    if (!single) offer(next, unknown_, unknown_score_);
    begin = next;
  }
  std::vector<Piece> pieces;
  for (std::size_t end = word.size(); end > 0; end = best[end].begin) {
    const Piece piece{best[end].id, best[end].begin, end};
    if (piece.id == unknown_ && !pieces.empty() && pieces.back().id == unknown_) pieces.back().begin = piece.begin;
    else pieces.push_back(piece);
  }
  std::reverse(pieces.begin(), pieces.end());
  // The reference looks fused unknowns up again by their text.
  for (Piece& piece : pieces)
    if (piece.id == unknown_)
      if (const std::int64_t id = find(word.substr(piece.begin, piece.end - piece.begin)); id >= 0) piece.id = id;
  return pieces;
}

}  // namespace grounds
