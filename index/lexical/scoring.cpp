#include "index/lexical/scoring.h"

#include <algorithm>

#include "index/segment/postings.h"

namespace grounds {

using namespace segment_format;

namespace {

constexpr std::uint32_t kTabulatedLengths = 2048;

}  // namespace

double inverse_document_frequency(std::uint64_t chunks, std::uint64_t document_frequency) {
  const double df = static_cast<double>(document_frequency);
  const double others = static_cast<double>(std::max(chunks, document_frequency) - document_frequency);
  return exact_log(1.0 + (others + 0.5) / (df + 0.5));
}

Status check(const LexicalSettings& settings) {
  if (!(settings.k1 >= 0 && settings.k1 <= 1000)) return fail(ErrorCode::kUsage, "k1 must be a number from 0 to 1000");
  if (!(settings.b >= 0 && settings.b <= 1)) return fail(ErrorCode::kUsage, "b must be a number from 0 to 1");
  for (const std::uint32_t weight : settings.weights) {
    if (weight > kMaxFieldWeight) return fail(ErrorCode::kUsage, "a field's weight must be a whole number from 0 to 255");
  }
  return {};
}

Result<Scoring> Scoring::create(const LexicalSettings& settings, const LexicalStatistics& statistics,
                                const std::vector<std::string>& terms) {
  GROUNDS_RETURN_IF_ERROR(check(settings));
  Scoring scoring(settings, statistics);
  std::vector<std::string> sorted(terms);
  std::sort(sorted.begin(), sorted.end());
  for (std::string& term : sorted) {
    if (!scoring.terms_.empty() && scoring.terms_.back().term == term) {
      ++scoring.terms_.back().count;
      continue;
    }
    const auto frequency = statistics.document_frequency.find(term);
    if (frequency == statistics.document_frequency.end()) {
      return fail(ErrorCode::kInternal, "the statistics of the query lack one of its terms");
    }
    constexpr double kUnit = 1048576.0;  // 2^20: scaling is exact
    const double factor = inverse_document_frequency(statistics.chunks, frequency->second) * kUnit;
    scoring.terms_.push_back({std::move(term), 1, factor});
  }
  return scoring;
}

Scoring::Scoring(const LexicalSettings& settings, const LexicalStatistics& statistics) : settings_(settings) {
  std::uint64_t total = 0;
  for (std::size_t f = 0; f < kFieldCount; ++f) total += statistics.total_length[f] * settings.weights[f];
  if (total > 0 && statistics.chunks > 0) average_length_ = static_cast<double>(total) / static_cast<double>(statistics.chunks);
  norms_.reserve(kTabulatedLengths);
  for (std::uint32_t length = 0; length < kTabulatedLengths; ++length) norms_.push_back(compute_norm(length));
}

double Scoring::compute_norm(std::uint32_t length) const {
  return settings_.k1 * ((1.0 - settings_.b) + settings_.b * (static_cast<double>(length) / average_length_));
}

std::int32_t Scoring::bound(const ScoredTerm& term, const std::array<Impact, 2>& impacts) const {
  std::int32_t bound = 0;
  for (const Impact& impact : impacts) {
    std::uint64_t frequency = 0;
    std::uint32_t length = 0;
    for (std::size_t f = 0; f < kFieldCount; ++f) {
      const std::uint64_t most = impact.frequency[f] == kUnbounded ? kMaxFieldTokens : dequantize(impact.frequency[f]);
      frequency += most * settings_.weights[f];
      length += dequantize(impact.length[f]) * settings_.weights[f];
    }
    bound = std::max(bound, contribution(term.factor, static_cast<std::uint32_t>(frequency), norm(length)));
  }
  return bound;
}

}  // namespace grounds
