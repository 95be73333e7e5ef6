#include "answer/gate.h"

#include <algorithm>

#include "answer/gate_weights.h"

namespace grounds {
namespace {

constexpr std::int64_t kOne = std::int64_t{1} << 20;

std::int32_t mille(std::int64_t fixed) { return static_cast<std::int32_t>(std::clamp<std::int64_t>(fixed * 1000 / kOne, -9999, 9999)); }
std::int32_t flag(bool set) { return set ? 1000 : 0; }

std::int64_t weighted(const GateFeatures& features, const std::array<std::int32_t, kGateFeatures.size()>& weights, std::int64_t bias) {
  std::int64_t sum = bias * 1000;
  for (std::size_t i = 0; i < features.size(); ++i) sum += static_cast<std::int64_t>(features[i]) * weights[i];
  return sum / 1000;
}

class Features {
 public:
  Features(const Question& question, std::span<const ItemMatch> items) : question_(question), items_(items), weights_(concept_weights(question, items)) {
    for (const ItemMatch& match : items) {
      vectors_ += match.item->vector_score;
      most_lexical_ = std::max(most_lexical_, match.item->lexical_score);
    }
    absent_ = missing_share([&](std::size_t c) { return std::any_of(items.begin(), items.end(), [&](const ItemMatch& m) { return m.anywhere[c] >= 500; }); });
  }

  GateFeatures of(const Candidate& best) const {
    const ItemMatch& match = items_[best.item];
    const EvidenceItem& item = *match.item;
    const auto count = static_cast<std::int64_t>(items_.size());
    std::int64_t other_fused = 0;
    std::int64_t siblings = 0;
    for (const ItemMatch& other : items_) {
      if (&other != &match) other_fused = std::max(other_fused, other.item->score);
      siblings += other.item->uri == item.uri;
    }
    const bool open = question_.asked == Asked::kAnything || question_.asked == Asked::kPlace || question_.asked == Asked::kYesNo;
    const auto head = std::find_if(question_.concepts.begin(), question_.concepts.end(), [](const Concept& c) { return c.head; });
    const bool head_met = head == question_.concepts.end() || best.met[static_cast<std::size_t>(head - question_.concepts.begin())] >= 400;
    return {mille(item.vector_score),
            mille(item.vector_score - vectors_ / count),
            static_cast<std::int32_t>(most_lexical_ > 0 ? item.lexical_score * 1000 / most_lexical_ : 0),
            mille(item.score),
            mille(item.score - other_fused),
            static_cast<std::int32_t>(1000 / std::max<std::uint32_t>(item.number, 1)),
            mille(item.term_coverage),
            static_cast<std::int32_t>(best.coverage),
            static_cast<std::int32_t>(best.own),
            flag(!open && best.kind == 2),
            flag(!open && best.kind == 0),
            flag((best.flaws & kFlawName) != 0),
            flag((best.flaws & kFlawTime) != 0),
            flag((best.flaws & (kFlawKind | kFlawRange)) != 0),
            flag((best.flaws & kFlawCode) != 0),
            absent_,
            missing_share([&](std::size_t c) { return match.document[c] >= 500; }),
            flag(head_met),
            pairs(match),
            static_cast<std::int32_t>(siblings * 1000 / count),
            static_cast<std::int32_t>(std::clamp<std::int64_t>(answer_strength(question_, items_, best), -1000, 1000)),
            static_cast<std::int32_t>(std::min<std::size_t>(question_.concepts.size(), 20) * 100),
            flag(open)};
  }

 private:
  template <class IsMet>
  std::int32_t missing_share(IsMet is_met) const {
    std::int64_t missing = 0, all = 0;
    for (std::size_t c = 0; c < question_.concepts.size(); ++c) {
      if (question_.concepts[c].weak) continue;
      all += weights_[c];
      if (!is_met(c)) missing += weights_[c];
    }
    return all == 0 ? 0 : static_cast<std::int32_t>(missing * 1000 / all);
  }

  // "jury duty", "试用期 工资": two words that stand together in the question do in the answer.
  std::int32_t pairs(const ItemMatch& match) const {
    std::int32_t together = 0, all = 0;
    for (std::size_t c = 0; c + 1 < question_.concepts.size(); ++c) {
      const Concept &a = question_.concepts[c], &b = question_.concepts[c + 1];
      if (a.weak || b.weak || b.begin < a.end || b.begin - a.end > 4) continue;
      ++all;
      together += std::any_of(match.own.begin(), match.own.end(), [&](const std::vector<int>& met) { return met[c] >= 500 && met[c + 1] >= 500; });
    }
    return all == 0 ? 500 : together * 1000 / all;
  }

  const Question& question_;
  std::span<const ItemMatch> items_;
  std::vector<std::int64_t> weights_;
  std::int64_t vectors_ = 0, most_lexical_ = 0;
  std::int32_t absent_ = 0;
};

}  // namespace

std::vector<RankedItem> rank_items(const Question& question, std::span<const ItemMatch> items, std::span<const Candidate> candidates) {
  std::vector<RankedItem> ranked;
  if (items.empty()) return ranked;
  const Features features(question, items);
  for (const Candidate& candidate : candidates) {
    if (std::any_of(ranked.begin(), ranked.end(), [&](const RankedItem& r) { return r.item == candidate.item; })) continue;
    RankedItem made{candidate.item, candidate, features.of(candidate), 0};
    made.preference = weighted(made.features, kPreferenceWeights, 0);
    ranked.push_back(std::move(made));
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const RankedItem& a, const RankedItem& b) {
    return a.preference != b.preference ? a.preference > b.preference : a.item < b.item;
  });
  return ranked;
}

bool is_sure(std::int64_t gate) { return gate > kSureAt; }

std::int64_t gate(std::span<const RankedItem> ranked) {
  return ranked.empty() ? -1000 : weighted(ranked.front().features, kGateWeights, kGateBias);
}

}  // namespace grounds
