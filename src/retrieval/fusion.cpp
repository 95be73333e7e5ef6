#include "retrieval/fusion.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "base/utf8.h"
#include "index/generation/graphs.h"
#include "index/vector/scan.h"

namespace grounds {
namespace {

constexpr double kOne = 1048576.0;  // 2^20: scores are stored as multiples of 2^-20
// With fewer chunks than this a mean and a deviation say little: the leg is scaled by its extremes.
constexpr std::uint64_t kFewChunks = 30;
// What the best of a standardised leg typically reaches, so that both scalings are alike.
constexpr double kTypicalMaximum = 4.0;
// Constant of reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009).
constexpr double kReciprocalRank = 60.0;

std::int64_t to_fixed(double value) { return static_cast<std::int64_t>(std::nearbyint(value * kOne)); }

// One space's similarities, put on a scale that is comparable between spaces and queries.
class Standardiser {
 public:
  Standardiser(const ScoreDistribution& distribution, double weight) : weight_(weight) {
    if (distribution.count == 0) return;
    double count = static_cast<double>(distribution.count);
    double mean = static_cast<double>(distribution.sum) / count;
    double variance = static_cast<double>(distribution.sum_of_squares) / count - mean * mean;
    double range = static_cast<double>(distribution.maximum) - distribution.minimum;
    if (distribution.count >= kFewChunks && variance > 0) {
      offset_ = mean;
      unit_ = std::sqrt(variance);
    } else if (range > 0) {
      offset_ = distribution.minimum;
      unit_ = range / kTypicalMaximum;
    }
  }
  double unit() const { return unit_; }  // 0 where all similarities are equal
  double weight() const { return weight_; }
  double operator()(std::int64_t dot) const {
    return unit_ > 0 ? weight_ * ((static_cast<double>(dot) - offset_) / unit_) : 0.0;
  }

 private:
  double weight_, offset_ = 0, unit_ = 0;
};

struct Candidates {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> places;  // (view, ordinal) -> index
  std::vector<RankedChunk> chunks;

  RankedChunk& at(const Snapshot& snapshot, std::uint32_t view, const Hit& hit) {
    auto [place, fresh] = places.try_emplace({view, hit.ordinal}, chunks.size());
    if (fresh) {
      RankedChunk chunk;
      chunk.view = view;
      chunk.ordinal = hit.ordinal;
      chunk.space = snapshot.view_space[view];
      chunk.id = hit.id;
      chunks.push_back(chunk);
    }
    return chunks[place->second];
  }
};

bool better(const RankedChunk& a, const RankedChunk& b) {
  if (a.score != b.score) return a.score > b.score;
  if (a.id != b.id) return a.id < b.id;
  return a.space < b.space;  // equal content in two spaces: never within one
}

std::vector<std::string> distinct_terms(std::vector<std::string> terms) {
  std::ranges::sort(terms);
  terms.erase(std::ranges::unique(terms).begin(), terms.end());
  return terms;
}

// What no BM25 score reaches: the sum of the idf of those terms that occur at all, repeats included, in its unit.
std::int64_t attainable_score(const std::vector<std::string>& terms, const LexicalStatistics& statistics) {
  std::int64_t sum = 0;
  for (const std::string& term : terms) {
    const auto found = statistics.document_frequency.find(term);
    if (found == statistics.document_frequency.end() || found->second == 0) continue;
    sum += to_fixed(inverse_document_frequency(statistics.chunks, found->second));
  }
  return sum;
}

// What BM25 scores are multiplied with, so that those of all questions are alike. Over the best one of the question
// ("fixed"); or ("coverage") that times sqrt(2 c), where c is the share of the question's weight, the sum of its terms'
// idf, that the best chunk reaches: about a half is usual. A question whose words no chunk holds together is then
// decided by the vectors.
double lexical_scale(std::int64_t best, std::int64_t attainable, bool by_coverage) {
  if (best <= 0) return 0.0;
  const double maximum = static_cast<double>(best);
  if (!by_coverage || attainable <= 0) return 1.0 / maximum;
  return std::sqrt(2.0 * (maximum / static_cast<double>(attainable))) / maximum;
}

// How alike each chunk is to the best ones of its space: its similarity to their mean, in the unit of the query's
// similarities, less what the best ones reach themselves (so it is mostly below 0). Pseudo-relevance feedback
// (Rocchio) over the candidates alone, without another scan. Space by space, so that the chunks of one language
// are not measured by those of another.
class Feedback {
 public:
  // `best`: codes of the best chunks of a space, at least one; `unit` above 0.
  Feedback(const std::vector<std::span<const std::int8_t>>& best, double unit) : sum_(best.front().size(), 0) {
    for (std::span<const std::int8_t> codes : best)
      for (std::size_t d = 0; d < sum_.size(); ++d) sum_[d] += codes[d];
    std::int64_t own = 0;
    for (std::int32_t value : sum_) own += std::int64_t{value} * value;
    const double count = static_cast<double>(best.size());
    own_ = static_cast<double>(own) / count;
    unit_ = unit * count;
  }
  double operator()(std::span<const std::int8_t> codes) const {
    std::int64_t product = 0;
    for (std::size_t d = 0; d < sum_.size(); ++d) product += std::int64_t{sum_[d]} * codes[d];
    return (static_cast<double>(product) - own_) / unit_;
  }

 private:
  std::vector<std::int32_t> sum_;
  double own_ = 0, unit_ = 1;
};

bool is_foreign(const Snapshot& snapshot, const Space& space, bool question_is_chinese) {
  return snapshot.spaces.size() > 1 && question_is_chinese != (space.language == "zh");
}

// The best chunks of one space by their vectors; in exact mode with the distribution over all of them.
Result<VectorResult> search_space(const Snapshot& snapshot, const Snapshot::SpaceViews& views, const Settings& settings,
                                  std::span<const std::int8_t> codes, std::uint32_t depth, int threads) {
  if (!is_approximate(settings)) return vector_search(snapshot.views_of(views), codes, depth, threads);
  VectorResult result;
  GROUNDS_ASSIGN_OR_RETURN(result.hits, approximate_search(snapshot.views_of(views), snapshot.graphs_of(views), codes, depth,
                                                           approximate_settings(settings), threads));
  return result;
}

bool is_positive(double score) { return score > 0; }
// A dot product below zero is a match all the same; 0 stands for none.
bool is_match(double score) { return score != 0; }

// Ranks of the chunks by one of their scores, from 1; chunks whose score is no match get no rank (0).
template <class Score>
std::vector<std::size_t> ranks_by(const std::vector<RankedChunk>& chunks, Score score, bool (*matches)(double) = is_positive) {
  std::vector<std::size_t> order, ranks(chunks.size(), 0);
  for (std::size_t i = 0; i < chunks.size(); ++i)
    if (matches(static_cast<double>(score(i)))) order.push_back(i);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    if (score(a) != score(b)) return score(a) > score(b);
    return chunks[a].id < chunks[b].id;
  });
  for (std::size_t i = 0; i < order.size(); ++i) ranks[order[i]] = i + 1;
  return ranks;
}

// Adds to each score what the chunk has in common with the `most` best of its space. `chunks`: best first.
Status add_feedback(const Snapshot& snapshot, const std::map<std::int64_t, Standardiser>& standardise, double weight,
                    std::size_t most, std::vector<RankedChunk>& chunks) {
  auto codes_of = [&](const RankedChunk& chunk) { return snapshot.views[chunk.view].segment->codes_of(chunk.ordinal); };
  for (const auto& [space, scale] : standardise) {
    if (!(scale.unit() > 0)) continue;
    std::vector<std::span<const std::int8_t>> best;
    for (const RankedChunk& chunk : chunks) {
      if (chunk.space != space || best.size() == most) continue;
      GROUNDS_ASSIGN_OR_RETURN(best.emplace_back(), codes_of(chunk));
    }
    if (best.empty()) continue;
    const Feedback feedback(best, scale.unit());
    for (RankedChunk& chunk : chunks) {
      if (chunk.space != space) continue;
      GROUNDS_ASSIGN_OR_RETURN(std::span<const std::int8_t> codes, codes_of(chunk));
      chunk.score += to_fixed(weight * scale.weight() * feedback(codes));
    }
  }
  return {};
}

// The sum of what both ranks are worth, in [0, 1]: `dense` may be of several spaces, each with its own ranks.
double reciprocal_ranks(std::size_t lexical, std::size_t dense, double dense_weight, double space_weight) {
  double score = 0;
  if (lexical) score += (1 - dense_weight) / (kReciprocalRank + static_cast<double>(lexical));
  if (dense) score += dense_weight * space_weight / (kReciprocalRank + static_cast<double>(dense));
  return score * kReciprocalRank;
}

}  // namespace

LexicalSettings lexical_settings(const Settings& settings) {
  LexicalSettings lexical;
  lexical.k1 = settings.real("lexical.k1");
  lexical.b = settings.real("lexical.b");
  auto weight = [&](const char* key) { return static_cast<std::uint32_t>(settings.integer(key)); };
  lexical.weights = {weight("lexical.weight_title"), weight("lexical.weight_heading"), weight("lexical.weight_body"),
                     weight("lexical.weight_file_name")};
  return lexical;
}

Result<std::vector<RankedChunk>> rank(const Snapshot& snapshot, const Query& query, std::uint32_t k, int threads) {
  const Settings& settings = query.settings;
  const std::uint32_t depth =
      query.mode == SearchMode::kHybrid
          ? std::max(k, static_cast<std::uint32_t>(settings.integer("search.candidates")))
          : k;
  const bool question_is_chinese = is_chinese(query.text);
  Candidates candidates;
  std::map<std::int64_t, Standardiser> standardise;  // by space
  std::map<std::int64_t, double> space_weight;

  if (query.mode != SearchMode::kLexical) {
    for (const Snapshot::SpaceViews& views : snapshot.spaces) {
      auto codes = query.codes.find(views.space.fingerprint);
      if (codes == query.codes.end()) continue;
      GROUNDS_ASSIGN_OR_RETURN(VectorResult result,
                               search_space(snapshot, views, settings, codes->second, depth, threads));
      const bool foreign = is_foreign(snapshot, views.space, question_is_chinese);
      const double space_share = foreign ? settings.real("fusion.foreign_weight") : 1.0;
      space_weight[views.space.id] = space_share;
      standardise.emplace(views.space.id, Standardiser(result.distribution, space_share));
      for (const Hit& hit : result.hits)
        candidates.at(snapshot, static_cast<std::uint32_t>(views.first + hit.segment), hit).vector_score = hit.score;
    }
  }

  std::int64_t best_lexical = 0, attainable = 0;
  if (query.mode != SearchMode::kVector && !query.lexical.terms.empty()) {
    std::vector<std::string> terms = distinct_terms(query.lexical.terms);
    GROUNDS_ASSIGN_OR_RETURN(LexicalStatistics statistics, lexical_statistics(snapshot.counted_views(settings), terms));
    LexicalSettings lexical = lexical_settings(settings);
    GROUNDS_ASSIGN_OR_RETURN(std::vector<Hit> hits,
                             lexical_search(snapshot.views, query.lexical, statistics, lexical, depth));
    if (!hits.empty()) best_lexical = hits.front().score;
    attainable = attainable_score(query.lexical.terms, statistics);
    // A phrase in quotes must be there: what only the vector leg found may not have it.
    if (!query.lexical.phrases.empty()) candidates = {};
    for (const Hit& hit : hits) candidates.at(snapshot, hit.segment, hit);
    // Exact scores for all candidates, also those only the vector leg found.
    std::vector<Hit> all;
    for (const RankedChunk& chunk : candidates.chunks) all.push_back({chunk.view, chunk.ordinal, chunk.id, 0});
    GROUNDS_ASSIGN_OR_RETURN(std::vector<std::int64_t> scores,
                             lexical_scores(snapshot.views, query.lexical, statistics, lexical, all));
    for (std::size_t i = 0; i < scores.size(); ++i) candidates.chunks[i].lexical_score = scores[i];
  }

  std::vector<RankedChunk>& chunks = candidates.chunks;
  std::vector<double> similarity(chunks.size(), 0.0);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    RankedChunk& chunk = chunks[i];
    auto scale = standardise.find(chunk.space);
    if (scale == standardise.end()) continue;
    const SegmentView& view = snapshot.views[chunk.view];
    const auto& codes = query.codes.at(view.segment->header().space);
    GROUNDS_ASSIGN_OR_RETURN(std::span<const std::int8_t> row, view.segment->codes_of(chunk.ordinal));
    chunk.vector_score = dot(row, codes);
    similarity[i] = scale->second(chunk.vector_score);
  }

  const double weight = query.mode == SearchMode::kVector    ? 1.0
                        : query.mode == SearchMode::kLexical ? 0.0
                                                             : settings.real("fusion.dense_weight");
  if (query.mode == SearchMode::kLexical) {
    for (RankedChunk& chunk : chunks) chunk.score = chunk.lexical_score;
  } else if (is_approximate(settings)) {
    // There is no distribution to standardise by: ranks, each space's its own.
    const std::vector<std::size_t> lexical = ranks_by(chunks, [&](std::size_t i) { return chunks[i].lexical_score; });
    std::vector<std::size_t> dense(chunks.size(), 0);
    for (const auto& each : space_weight) {
      const std::int64_t space = each.first;
      const std::vector<std::size_t> own =
          ranks_by(chunks, [&](std::size_t i) { return chunks[i].space == space ? chunks[i].vector_score : 0; }, is_match);
      std::ranges::transform(dense, own, dense.begin(), std::plus());
    }
    for (std::size_t i = 0; i < chunks.size(); ++i)
      chunks[i].score = to_fixed(reciprocal_ranks(lexical[i], dense[i], weight, dense[i] ? space_weight.at(chunks[i].space) : 1));
  } else if (settings.text("fusion.method") == "rank" && query.mode == SearchMode::kHybrid) {
    std::vector<std::size_t> lexical = ranks_by(chunks, [&](std::size_t i) { return chunks[i].lexical_score; });
    std::vector<std::size_t> dense = ranks_by(chunks, [&](std::size_t i) { return similarity[i]; });
    for (std::size_t i = 0; i < chunks.size(); ++i)
      chunks[i].score = to_fixed(reciprocal_ranks(lexical[i], dense[i], weight, 1));
  } else {
    const double scale = lexical_scale(best_lexical, attainable, settings.text("fusion.weighting") == "coverage");
    for (std::size_t i = 0; i < chunks.size(); ++i)
      chunks[i].score = to_fixed((1 - weight) * (static_cast<double>(chunks[i].lexical_score) * scale) + weight * similarity[i]);
    const double feedback = settings.real("fusion.feedback_weight");
    if (query.mode == SearchMode::kHybrid && feedback > 0) {
      std::ranges::sort(chunks, better);
      const auto most = static_cast<std::size_t>(settings.integer("fusion.feedback_chunks"));
      GROUNDS_RETURN_IF_ERROR(add_feedback(snapshot, standardise, feedback, most, chunks));
    }
  }
  std::ranges::sort(chunks, better);
  if (chunks.size() > k) chunks.resize(k);
  return std::move(chunks);
}

}  // namespace grounds
