#include "tests/index/lexical/oracle.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace grounds::testing {

namespace {

std::uint64_t length_of(const std::vector<Token>& tokens) {
  std::set<std::uint32_t> positions;
  for (const Token& token : tokens) positions.insert(token.position);
  return positions.size();
}

bool has(const NewChunk& chunk, const std::string& term) {
  return std::any_of(chunk.terms.begin(), chunk.terms.end(), [&](const auto& tokens) {
    return std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) { return token.term == term; });
  });
}

}  // namespace

LexicalStatistics oracle_statistics(const std::vector<OracleChunk>& chunks, const std::vector<std::string>& terms) {
  LexicalStatistics statistics;
  for (const std::string& term : terms) statistics.document_frequency[term] = 0;
  for (const OracleChunk& one : chunks) {
    if (!one.live) continue;
    ++statistics.chunks;
    for (std::size_t f = 0; f < kFieldCount; ++f) statistics.total_length[f] += length_of(one.chunk.terms[f]);
    for (auto& [term, frequency] : statistics.document_frequency) frequency += has(one.chunk, term);
  }
  return statistics;
}

std::int64_t oracle_score(const NewChunk& chunk, const LexicalQuery& query, const LexicalStatistics& statistics,
                          const LexicalSettings& settings) {
  std::uint64_t total = 0, length = 0;
  for (std::size_t f = 0; f < kFieldCount; ++f) {
    total += statistics.total_length[f] * settings.weights[f];
    length += length_of(chunk.terms[f]) * settings.weights[f];
  }
  const double average = total == 0 ? 1 : static_cast<double>(total) / static_cast<double>(statistics.chunks);
  const double norm = settings.k1 * ((1 - settings.b) + settings.b * (static_cast<double>(length) / average));
  std::int64_t score = 0;
  for (const std::string& term : query.terms) {
    std::uint64_t tf = 0;
    for (std::size_t f = 0; f < kFieldCount; ++f) {
      tf += settings.weights[f] * static_cast<std::uint64_t>(std::count_if(
                chunk.terms[f].begin(), chunk.terms[f].end(), [&](const Token& token) { return token.term == term; }));
    }
    if (tf == 0) continue;
    const double df = static_cast<double>(statistics.document_frequency.at(term));
    const double idf = exact_log(1 + (static_cast<double>(statistics.chunks) - df + 0.5) / (df + 0.5));
    const double value = std::nearbyint(idf * 1048576 / (1 + norm * (1 / static_cast<double>(tf))));
    score += std::max<std::int64_t>(1, static_cast<std::int64_t>(value));
  }
  return score;
}

bool oracle_holds(const NewChunk& chunk, const LexicalPhrase& phrase) {
  const std::vector<Token>& body = chunk.terms[static_cast<std::size_t>(Field::kBody)];
  const auto stands_at = [&](const std::string& term, std::int64_t position) {
    return std::any_of(body.begin(), body.end(), [&](const Token& token) { return token.position == position && token.term == term; });
  };
  std::map<std::uint32_t, std::vector<std::string>> places;
  for (const PhraseTerm& term : phrase) places[term.position].push_back(term.term);
  for (std::int64_t start = -50; start < 500; ++start) {
    if (std::all_of(places.begin(), places.end(), [&](const auto& place) {
          return std::any_of(place.second.begin(), place.second.end(), [&](const std::string& term) { return stands_at(term, start + place.first); });
        })) {
      return true;
    }
  }
  return places.empty();
}

std::vector<OracleHit> oracle_search(const std::vector<OracleChunk>& chunks, const LexicalQuery& query,
                                     const LexicalStatistics& statistics, const LexicalSettings& settings, std::uint32_t k) {
  std::vector<OracleHit> hits;
  for (const OracleChunk& one : chunks) {
    if (!one.eligible) continue;
    const std::int64_t score = oracle_score(one.chunk, query, statistics, settings);
    if (score == 0) continue;
    if (!std::all_of(query.phrases.begin(), query.phrases.end(), [&](const LexicalPhrase& p) { return oracle_holds(one.chunk, p); })) continue;
    hits.push_back({one.chunk.id, score});
  }
  std::sort(hits.begin(), hits.end(), [](const OracleHit& a, const OracleHit& b) { return a.score != b.score ? a.score > b.score : a.id < b.id; });
  if (hits.size() > k) hits.resize(k);
  return hits;
}

std::vector<SegmentView> split(const FileSystem& files, const TemporaryFolder& folder, const std::string& name,
                               const std::vector<OracleChunk>& chunks, std::size_t count, std::mt19937_64& random) {
  std::vector<std::vector<OracleChunk>> parts(count);
  for (const OracleChunk& one : chunks) parts[random() % count].push_back(one);
  std::vector<SegmentView> views;
  for (std::size_t s = 0; s < count; ++s) {
    std::vector<OracleChunk>& part = parts[s];
    std::sort(part.begin(), part.end(), [](const OracleChunk& a, const OracleChunk& b) { return a.chunk.id < b.chunk.id; });
    std::vector<NewChunk> fresh;
    Bitset live(static_cast<std::uint32_t>(part.size())), eligible(static_cast<std::uint32_t>(part.size()));
    for (std::uint32_t i = 0; i < part.size(); ++i) {
      fresh.push_back(part[i].chunk);
      if (part[i].live) live.set(i);
      if (part[i].eligible) eligible.set(i);
    }
    const std::string path = folder.file(name + "-" + std::to_string(s));
    REQUIRE(write_segment(files, path, {"none", 0, "a"}, fresh));
    const bool all = live.count() == live.size() && random() % 2 == 0;
    views.push_back({Segment::open(files, path).value(), all ? nullptr : std::make_shared<const Bitset>(live),
                     std::make_shared<const Bitset>(eligible)});
  }
  return views;
}

std::vector<OracleHit> plain(const std::vector<Hit>& hits) {
  std::vector<OracleHit> all;
  for (const Hit& hit : hits) all.push_back({hit.id, hit.score});
  return all;
}

}  // namespace grounds::testing
