#include "retrieval/fusion.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/utf8.h"
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

// Ranks of the chunks by one of their scores, from 1; chunks without a match get no rank (0).
template <class Score>
std::vector<std::size_t> ranks_by(const std::vector<RankedChunk>& chunks, Score score) {
  std::vector<std::size_t> order, ranks(chunks.size(), 0);
  for (std::size_t i = 0; i < chunks.size(); ++i)
    if (score(i) > 0) order.push_back(i);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    if (score(a) != score(b)) return score(a) > score(b);
    return chunks[a].id < chunks[b].id;
  });
  for (std::size_t i = 0; i < order.size(); ++i) ranks[order[i]] = i + 1;
  return ranks;
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

  if (query.mode != SearchMode::kLexical) {
    for (const Snapshot::SpaceViews& views : snapshot.spaces) {
      auto codes = query.codes.find(views.space.fingerprint);
      if (codes == query.codes.end()) continue;
      GROUNDS_ASSIGN_OR_RETURN(VectorResult result,
                               vector_search(snapshot.views_of(views), codes->second, depth, threads));
      bool foreign = snapshot.spaces.size() > 1 && question_is_chinese != (views.space.language == "zh");
      standardise.emplace(views.space.id,
                          Standardiser(result.distribution, foreign ? settings.real("fusion.foreign_weight") : 1.0));
      for (const Hit& hit : result.hits)
        candidates.at(snapshot, static_cast<std::uint32_t>(views.first + hit.segment), hit).vector_score = hit.score;
    }
  }

  std::int64_t best_lexical = 0;
  if (query.mode != SearchMode::kVector && !query.lexical.terms.empty()) {
    std::vector<std::string> terms = distinct_terms(query.lexical.terms);
    GROUNDS_ASSIGN_OR_RETURN(LexicalStatistics statistics, lexical_statistics(snapshot.counted_views(settings), terms));
    LexicalSettings lexical = lexical_settings(settings);
    GROUNDS_ASSIGN_OR_RETURN(std::vector<Hit> hits,
                             lexical_search(snapshot.views, query.lexical, statistics, lexical, depth));
    if (!hits.empty()) best_lexical = hits.front().score;
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
  } else if (settings.text("fusion.method") == "rank" && query.mode == SearchMode::kHybrid) {
    std::vector<std::size_t> lexical = ranks_by(chunks, [&](std::size_t i) { return chunks[i].lexical_score; });
    std::vector<std::size_t> dense = ranks_by(chunks, [&](std::size_t i) { return similarity[i]; });
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      double score = 0;
      if (lexical[i]) score += (1 - weight) / (kReciprocalRank + static_cast<double>(lexical[i]));
      if (dense[i]) score += weight / (kReciprocalRank + static_cast<double>(dense[i]));
      chunks[i].score = to_fixed(score * kReciprocalRank);
    }
  } else {
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      double lexical = best_lexical > 0
                           ? static_cast<double>(chunks[i].lexical_score) / static_cast<double>(best_lexical)
                           : 0.0;
      chunks[i].score = to_fixed((1 - weight) * lexical + weight * similarity[i]);
    }
  }
  std::ranges::sort(chunks, better);
  if (chunks.size() > k) chunks.resize(k);
  return std::move(chunks);
}

}  // namespace grounds
