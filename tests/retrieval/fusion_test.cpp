// Ranking is a pure function of the chunks that take part: equal to scoring all of them by brute force,
// whatever the segments, the order of insertion and the threads.
#include "retrieval/fusion.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "base/canonical_json.h"
#include "index/generation/graphs.h"
#include "index/vector/scan.h"
#include "tests/index/generation/fixture.h"

namespace grounds::test {
namespace {

const Principal kAdmin{"local", {}, true, true};
const Principal kReader{"reader", {"everyone"}, false, false};

struct Document {
  std::string uri, content;
  int chunks;
  bool chinese, hidden;
};

std::vector<Document> random_documents(std::mt19937_64& random) {
  std::vector<Document> documents;
  // Few contents: many equal texts, hence many ties.
  for (int i = 0; i < 40; ++i)
    documents.push_back({"doc" + std::to_string(i), "word" + std::to_string(random() % 6), 1 + static_cast<int>(random() % 3),
                         random() % 3 == 0, random() % 5 == 0});
  return documents;
}

// A collection of two spaces, its documents committed in the given order, `per_commit` at a time.
std::shared_ptr<Workspace> build(Fixture& fixture, const std::vector<Document>& documents, std::size_t per_commit) {
  auto workspace = fixture.init();
  Collection collection = must(Catalog(*workspace).create_collection(
      "default", {{0, "*", "space-a", "{}", kDimension}, {0, "zh", "space-b", "{}", kDimension}}, Settings(), "test"));
  for (std::size_t i = 0; i < documents.size(); i += per_commit) {
    CommitBatch batch;
    batch.analyzer = "test";
    for (std::size_t j = i; j < std::min(i + per_commit, documents.size()); ++j) {
      const Document& document = documents[j];
      batch.versions.push_back(make_version(batch, collection.spaces[document.chinese ? 1 : 0].id, document.uri,
                                            document.content, document.chunks,
                                            {document.hidden ? "hr" : "everyone"}));
    }
    must(commit(*workspace, collection, std::move(batch)));
  }
  return workspace;
}

Query random_query(std::mt19937_64& random, const Settings& settings) {
  Query query;
  query.text = random() % 2 ? "an English question" : "一个中文问题";
  query.settings = settings;
  for (const char* space : {"space-a", "space-b"}) {
    auto& codes = query.codes[space];
    for (std::uint32_t d = 0; d < kDimension; ++d) codes.push_back(static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127));
  }
  for (std::uint64_t n = random() % 3; n-- > 0;) query.lexical.terms.push_back("word" + std::to_string(random() % 7));
  query.lexical.terms.push_back("piece");
  return query;
}

struct Scored {
  ChunkId id;
  std::int64_t score;
  std::int64_t space;
  std::vector<std::int8_t> codes;
  double unit;   // of its space's similarities; 0 if they are all equal
  double weight; // of its space
};

bool better(const Scored& a, const Scored& b) { return a.score != b.score ? a.score > b.score : a.id < b.id; }

double product(const Scored& a, const Scored& b) {
  double sum = 0;
  for (std::size_t d = 0; d < a.codes.size(); ++d) sum += static_cast<double>(a.codes[d]) * b.codes[d];
  return sum;
}

std::int64_t rounded(double value) { return static_cast<std::int64_t>(std::nearbyint(value * 1048576.0)); }

// The likeness to the best of its space, from all products two by two.
void add_feedback(std::vector<Scored>& scored, const Settings& settings) {
  const auto most = static_cast<std::size_t>(settings.integer("fusion.feedback_chunks"));
  std::ranges::sort(scored, better);
  const std::vector<Scored> before = scored;
  for (Scored& each : scored) {
    std::vector<Scored> best;
    for (const Scored& other : before)
      if (other.space == each.space && best.size() < most) best.push_back(other);
    const double count = static_cast<double>(best.size());
    double common = 0, own = 0;
    for (const Scored& one : best) {
      common += product(each, one);
      for (const Scored& other : best) own += product(one, other);
    }
    if (each.unit > 0)
      each.score += rounded(settings.real("fusion.feedback_weight") * each.weight * ((common - own / count) / (each.unit * count)));
  }
}

// Every eligible chunk scored from its definition: BM25 over its maximum (times how much of the question the best one
// has), the similarity standardised over the space, weighted, and the likeness to the best. For collections of so few
// chunks that every one is a candidate.
std::vector<Scored> brute_force(const Snapshot& snapshot, const Query& query) {
  std::vector<Hit> all;
  std::vector<std::int64_t> dots;
  std::vector<std::vector<std::int8_t>> rows;
  std::map<std::int64_t, std::vector<std::int64_t>> by_space;
  for (std::uint32_t v = 0; v < snapshot.views.size(); ++v) {
    const SegmentView& view = snapshot.views[v];
    auto ids = must(view.segment->ids());
    auto codes = must(view.segment->codes());
    const auto& wanted = query.codes.at(view.segment->header().space);
    for (std::uint32_t i = 0; i < ids.size(); ++i) {
      if (!view.eligible->test(i)) continue;
      auto row = codes.subspan(std::size_t{i} * kDimension, kDimension);
      std::int64_t sum = 0;
      for (std::uint32_t d = 0; d < kDimension; ++d) sum += static_cast<std::int64_t>(row[d]) * wanted[d];
      all.push_back({v, i, ids[i], 0});
      dots.push_back(sum);
      rows.emplace_back(row.begin(), row.end());
      by_space[snapshot.view_space[v]].push_back(sum);
    }
  }
  LexicalStatistics statistics = must(lexical_statistics(snapshot.views, query.lexical.terms));
  auto lexical = must(lexical_scores(snapshot.views, query.lexical, statistics, lexical_settings(query.settings), all));
  const std::int64_t best = lexical.empty() ? 0 : std::ranges::max(lexical);
  double attainable = 0;
  for (const std::string& term : query.lexical.terms) {
    const double others = static_cast<double>(statistics.chunks), df = static_cast<double>(statistics.document_frequency.at(term));
    if (df > 0) attainable += std::nearbyint(exact_log(1.0 + (others - df + 0.5) / (df + 0.5)) * 1048576.0);
  }
  double scale = best > 0 ? 1.0 / static_cast<double>(best) : 0.0;
  if (best > 0 && query.settings.text("fusion.weighting") == "coverage")
    scale = std::sqrt(2.0 * (static_cast<double>(best) / attainable)) / static_cast<double>(best);
  const double weight = query.settings.real("fusion.dense_weight");
  const bool chinese = query.text.front() != 'a';
  std::vector<Scored> scored;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::int64_t space = snapshot.view_space[all[i].segment];
    const auto& sample = by_space[space];
    double sum = 0, squares = 0;
    for (std::int64_t x : sample) {
      sum += static_cast<double>(x);
      squares += static_cast<double>(x) * static_cast<double>(x);
    }
    const double count = static_cast<double>(sample.size()), mean = sum / count;
    const double deviation = std::sqrt(squares / count - mean * mean);
    const auto [low, high] = std::ranges::minmax(sample);
    double unit = 0, offset = 0;
    if (sample.size() >= 30 && deviation > 0) {
      unit = deviation;
      offset = mean;
    } else if (high > low) {
      unit = (static_cast<double>(high) - static_cast<double>(low)) / 4.0;
      offset = static_cast<double>(low);
    }
    bool own_language = chinese == (space == snapshot.collection.spaces[1].id);
    const double language = own_language ? 1.0 : query.settings.real("fusion.foreign_weight");
    const double similarity = unit > 0 ? language * ((static_cast<double>(dots[i]) - offset) / unit) : 0.0;
    scored.push_back({all[i].id, rounded((1 - weight) * (static_cast<double>(lexical[i]) * scale) + weight * similarity),
                      space, rows[i], unit, language});
  }
  add_feedback(scored, query.settings);
  std::ranges::sort(scored, better);
  return scored;
}

TEST_CASE("a hybrid ranking equals brute force over all that the principal may read") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Fixture fixture;
    auto workspace = build(fixture, random_documents(random), 1 + random() % 7);
    Snapshots snapshots(*workspace);
    for (const Principal& principal : {kAdmin, kReader}) {
      auto snapshot = must(snapshots.get("default", principal));
      for (int q = 0; q < 10; ++q) {
        Settings settings;
        must(settings.set("fusion.dense_weight", std::to_string(static_cast<double>(random() % 11) / 10)));
        must(settings.set("fusion.weighting", random() % 2 ? "coverage" : "fixed"));
        must(settings.set("fusion.feedback_weight", std::to_string(static_cast<double>(random() % 4) / 10)));
        must(settings.set("fusion.feedback_chunks", std::to_string(1 + random() % 6)));
        Query query = random_query(random, settings);
        auto expected = brute_force(*snapshot, query);
        auto ranked = must(rank(*snapshot, query, 1000));
        REQUIRE(ranked.size() == expected.size());
        for (std::size_t i = 0; i < ranked.size(); ++i) {
          CHECK(ranked[i].score == expected[i].score);
          CHECK(ranked[i].id == expected[i].id);
        }
      }
    }
  }
}

TEST_CASE("segments, order of insertion and threads change nothing in any mode") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::vector<Document> documents = random_documents(random);
    Fixture first_fixture, second_fixture;
    auto first = build(first_fixture, documents, documents.size());
    std::ranges::shuffle(documents, random);
    auto second = build(second_fixture, documents, 3);
    Snapshots first_snapshots(*first), second_snapshots(*second);
    auto a = must(first_snapshots.get("default", kReader));
    auto b = must(second_snapshots.get("default", kReader));
    REQUIRE(a->views.size() < b->views.size());
    for (SearchMode mode : {SearchMode::kHybrid, SearchMode::kVector, SearchMode::kLexical})
      for (const char* method : {"score", "rank"}) {
        Settings settings;
        must(settings.set("fusion.method", method));
        Query query = random_query(random, settings);
        query.mode = mode;
        for (std::uint32_t k : {1u, 7u, 100u}) {
          auto one = must(rank(*a, query, k, 1)), two = must(rank(*b, query, k, 2));
          REQUIRE(one.size() == two.size());
          for (std::size_t i = 0; i < one.size(); ++i) {
            CHECK(one[i].id == two[i].id);
            CHECK(one[i].score == two[i].score);
            CHECK(one[i].vector_score == two[i].vector_score);
            CHECK(one[i].lexical_score == two[i].lexical_score);
          }
        }
      }
  }
}

// Reciprocal ranks over all that may be read: each space's own for the vectors, one for the terms.
std::vector<Scored> brute_force_of_ranks(const Snapshot& snapshot, const Query& query) {
  std::vector<Hit> all;
  std::vector<std::int64_t> dots;
  for (std::uint32_t v = 0; v < snapshot.views.size(); ++v) {
    auto ids = must(snapshot.views[v].segment->ids());
    auto codes = must(snapshot.views[v].segment->codes());
    const auto& wanted = query.codes.at(snapshot.views[v].segment->header().space);
    for (std::uint32_t i = 0; i < ids.size(); ++i) {
      if (!snapshot.views[v].eligible->test(i)) continue;
      all.push_back({v, i, ids[i], 0});
      dots.push_back(0);
      for (std::uint32_t d = 0; d < kDimension; ++d)
        dots.back() += static_cast<std::int64_t>(codes[std::size_t{i} * kDimension + d]) * wanted[d];
    }
  }
  LexicalStatistics statistics = must(lexical_statistics(snapshot.views, query.lexical.terms));
  auto lexical = must(lexical_scores(snapshot.views, query.lexical, statistics, lexical_settings(query.settings), all));
  const auto rank_of = [&](std::size_t i, const std::vector<std::int64_t>& scores, bool one_space) {
    double rank = 1;
    for (std::size_t j = 0; j < all.size(); ++j)
      if (!one_space || snapshot.view_space[all[j].segment] == snapshot.view_space[all[i].segment])
        rank += scores[j] > scores[i] || (scores[j] == scores[i] && all[j].id < all[i].id);
    return rank;
  };
  const double weight = query.mode == SearchMode::kVector ? 1 : query.settings.real("fusion.dense_weight");
  const bool chinese = query.text.front() != 'a';
  std::vector<Scored> scored;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool own = chinese == (snapshot.view_space[all[i].segment] == snapshot.collection.spaces[1].id);
    const double share = own ? 1 : query.settings.real("fusion.foreign_weight");
    double score = 0;
    if (query.mode != SearchMode::kVector && lexical[i] > 0) score += (1 - weight) / (60 + rank_of(i, lexical, false));
    if (dots[i] != 0) score += weight * share / (60 + rank_of(i, dots, true));
    scored.push_back({all[i].id, static_cast<std::int64_t>(std::nearbyint(score * 60 * 1048576.0)), 0, {}, 0, 0});
  }
  std::ranges::sort(scored, [](const Scored& a, const Scored& b) { return a.score != b.score ? a.score > b.score : a.id < b.id; });
  return scored;
}

TEST_CASE("in approximate mode scores are reciprocal ranks, with graphs and without") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Fixture fixture;
    auto workspace = build(fixture, random_documents(random), 20);
    for (const char* scan_below : {"100000", "0"}) {
      CAPTURE(std::string(scan_below));
      // A walk of this breadth goes through all of so small a graph.
      change_setting(*workspace, "index.mode", "approximate");
      change_setting(*workspace, "index.breadth", "1000");
      Collection collection = change_setting(*workspace, "index.scan_below", scan_below);
      const bool with_graphs = std::string(scan_below) == "0";
      CHECK((must(build_graphs(*workspace, collection)).built > 0) == with_graphs);
      Snapshots snapshots(*workspace);
      for (const Principal& principal : {kAdmin, kReader}) {
        auto snapshot = must(snapshots.get("default", principal));
        CHECK(snapshot->graph_hashes().empty() == !with_graphs);
        for (SearchMode mode : {SearchMode::kHybrid, SearchMode::kVector}) {
          Query query = random_query(random, snapshot->collection.settings);
          query.mode = mode;
          const auto expected = brute_force_of_ranks(*snapshot, query);
          const auto ranked = must(rank(*snapshot, query, 1000));
          REQUIRE(ranked.size() == expected.size());
          for (std::size_t i = 0; i < ranked.size(); ++i) {
            CHECK(ranked[i].score == expected[i].score);
            CHECK(ranked[i].id == expected[i].id);
          }
        }
      }
    }
  }
}

TEST_CASE("a shorter list is the beginning of a longer one") {
  std::mt19937_64 random(9);
  Fixture fixture;
  auto workspace = build(fixture, random_documents(random), 5);
  Snapshots snapshots(*workspace);
  auto snapshot = must(snapshots.get("default", kAdmin));
  Query query = random_query(random, Settings());
  auto longest = must(rank(*snapshot, query, 60));
  for (std::uint32_t k = 1; k < 60; k += 7) {
    auto shorter = must(rank(*snapshot, query, k));
    for (std::size_t i = 0; i < shorter.size(); ++i) CHECK(shorter[i].id == longest[i].id);
  }
}

TEST_CASE("what a principal may not read takes part in no score of what it may") {
  std::mt19937_64 random(11);
  std::vector<Document> documents = random_documents(random);
  std::vector<Document> open_ones;
  std::ranges::copy_if(documents, std::back_inserter(open_ones), [](const Document& d) { return !d.hidden; });
  Fixture with_fixture, without_fixture;
  auto with = build(with_fixture, documents, 4), without = build(without_fixture, open_ones, 4);
  Snapshots with_snapshots(*with), without_snapshots(*without);
  auto a = must(with_snapshots.get("default", kReader)), b = must(without_snapshots.get("default", kReader));
  Query query = random_query(random, Settings());
  query.mode = SearchMode::kVector;  // lexical statistics are generation-wide, as documented
  auto one = must(rank(*a, query, 500)), two = must(rank(*b, query, 500));
  REQUIRE(one.size() == two.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    CHECK(one[i].id == two[i].id);
    CHECK(one[i].score == two[i].score);
  }
}

TEST_CASE("a query recorded before a setting existed ranks as it did then") {
  std::mt19937_64 random(13);
  Fixture fixture;
  auto workspace = build(fixture, random_documents(random), 5);
  Snapshots snapshots(*workspace);
  auto snapshot = must(snapshots.get("default", kAdmin));
  Query query = random_query(random, Settings());
  Json json = parse_json(query.to_json()).value();
  for (const char* key : {"fusion.weighting", "fusion.feedback_weight", "fusion.feedback_chunks"}) json["settings"].erase(key);
  Query recorded = must(Query::from_json(json.dump()));
  must(query.settings.set("fusion.weighting", "fixed"));
  must(query.settings.set("fusion.feedback_weight", "0"));
  auto expected = brute_force(*snapshot, query);
  auto ranked = must(rank(*snapshot, recorded, 1000));
  REQUIRE(ranked.size() == expected.size());
  for (std::size_t i = 0; i < ranked.size(); ++i) CHECK(ranked[i].score == expected[i].score);
}

TEST_CASE("a question whose words no chunk holds together is decided by the vectors") {
  std::mt19937_64 random(17);
  Fixture fixture;
  auto workspace = build(fixture, random_documents(random), 5);
  Snapshots snapshots(*workspace);
  auto snapshot = must(snapshots.get("default", kAdmin));
  Settings settings;
  must(settings.set("fusion.feedback_weight", "0"));
  Query query = random_query(random, settings);
  auto spread = [&](std::vector<std::string> terms) {  // what the words can make a difference of
    query.lexical.terms = std::move(terms);
    Query without = query;
    must(without.settings.set("fusion.dense_weight", "0"));
    return must(rank(*snapshot, without, 1)).front().score;
  };
  CHECK(spread({"word1", "word2", "word3", "word4"}) < spread({"word1"}));
}

}  // namespace
}  // namespace grounds::test
