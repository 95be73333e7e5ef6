// A rebuild gives the segments that an ingest would give, and never changes what a past generation shows.
#include <map>

#include "index/analysis/chunk_terms.h"
#include "index/generation/rebuild.h"
#include "index/generation/stats.h"
#include "tests/index/generation/fixture.h"

namespace grounds::test {
namespace {

const Principal kAdmin{"local", {}, true, true};

// Another version of the analyzer: the same words, reversed.
class ReversingAnalyzer final : public Analyzer {
 public:
  explicit ReversingAnalyzer(std::shared_ptr<const Analyzer> real) : real_(std::move(real)) {}
  const std::string& identity() const override { return identity_; }
  std::vector<Token> analyze(std::string_view text) const override {
    std::vector<Token> tokens = real_->analyze(text);
    for (Token& each : tokens) std::ranges::reverse(each.term);
    return tokens;
  }
  std::vector<Token> analyze_query(std::string_view text) const override { return analyze(text); }
  std::vector<Token> analyze_phrase(std::string_view text) const override { return analyze(text); }

 private:
  std::string identity_ = "reversing/1";
  std::shared_ptr<const Analyzer> real_;
};

void add_document(Workspace& workspace, const Collection& collection, const Analyzer& analyzer, const std::string& uri,
                  const std::string& content) {
  CommitBatch batch;
  batch.analyzer = analyzer.identity();
  CommitVersion version = make_version(batch, collection.spaces[0].id, uri, content, 3, {"everyone"});
  int number = 0;
  for (CommitChunk& chunk : version.chunks) {
    chunk.heading = number == 1 ? "Second heading" : "";
    chunk.table_header = number == 2 ? "column" : "";
    chunk.terms = ChunkTerms(analyzer, version.title, uri)
                      .of_chunk(chunk.heading, chunk.table_header, content + " piece " + std::to_string(number++));
  }
  batch.versions.push_back(std::move(version));
  must(commit(workspace, collection, std::move(batch)));
}

// Per chunk: its terms and codes, as the segments of a generation have them.
std::map<std::string, std::string> content(Workspace& workspace, Generation generation) {
  std::map<std::string, std::string> chunks;
  auto snapshot = must(Snapshots(workspace).get("default", kAdmin, generation));
  for (const SegmentView& view : snapshot->views) {
    must(view.segment->verify());
    auto ids = must(view.segment->ids());
    for (std::uint32_t i = 0; i < ids.size(); ++i) {
      if (!view.live->test(i)) continue;
      std::string& text = chunks[ids[i].hex()];
      for (const std::string& term : must(view.segment->terms_of(i))) {
        text += term + " ";
        for (std::uint32_t position : must(view.segment->body_positions(term, i))) text += std::to_string(position) + ",";
      }
      for (std::int8_t code : must(view.segment->codes_of(i))) text += std::to_string(code) + ";";
    }
  }
  return chunks;
}

struct Rebuilt {
  Fixture fixture;
  std::shared_ptr<const Analyzer> analyzer = must(Analyzer::create());
  std::shared_ptr<Workspace> workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  std::map<Generation, std::map<std::string, std::string>> before;

  Rebuilt() {
    add_document(*workspace, collection, *analyzer, "first.md", "The quick brown foxes jumped");
    add_document(*workspace, collection, *analyzer, "second.md", "最大连接数 max_connections");
    add_document(*workspace, collection, *analyzer, "first.md", "The slow brown foxes slept");
    for (Generation generation = 1; generation <= 3; ++generation) before[generation] = content(*workspace, generation);
    collection = must(Catalog(*workspace).find_collection("default"));
  }
};

TEST_CASE("a rebuild with the same analyzer gives equal segments and no generation") {
  Rebuilt made;
  RebuildReport report = must(rebuild(*made.workspace, made.collection, *made.analyzer, "test"));
  CHECK(!report.new_generation);
  CHECK(report.generation == 3);
  CHECK(report.chunks == 9);
  for (const auto& [generation, chunks] : made.before) CHECK(content(*made.workspace, generation) == chunks);
  CHECK(must(made.fixture.files.list(made.workspace->directory() + "/segments")).size() == 1);
}

TEST_CASE("a rebuild repairs postings that were damaged") {
  Rebuilt made;
  const std::string path = made.workspace->segment_path(
      must(made.fixture.files.list(made.workspace->directory() + "/segments")).front().name);
  std::string bytes = must(made.fixture.files.read(path));
  // The term "quick" stands in the dictionary as it is.
  const std::size_t at = bytes.find("quick");
  REQUIRE(at != std::string::npos);
  bytes[at] = 'Q';
  must(made.fixture.files.write_durably(path, bytes));
  CHECK(!must(Segment::open(made.fixture.files, path))->verify());
  must(rebuild(*made.workspace, made.collection, *made.analyzer, "test"));
  for (const auto& [generation, chunks] : made.before) CHECK(content(*made.workspace, generation) == chunks);
}

TEST_CASE("with another analyzer commits are refused until a rebuild makes a generation with its terms") {
  Rebuilt made;
  const ReversingAnalyzer reversing(made.analyzer);
  CommitBatch batch;
  batch.analyzer = reversing.identity();
  batch.versions.push_back(make_version(batch, made.collection.spaces[0].id, "third.md", "text", 1, {}));
  auto refused = commit(*made.workspace, made.collection, std::move(batch));
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::kRefused);
  CHECK(refused.error().hint.find("index rebuild") != std::string::npos);

  RebuildReport report = must(rebuild(*made.workspace, made.collection, reversing, "test"));
  CHECK(report.new_generation);
  CHECK(report.generation == 4);
  CHECK(report.chunks == 6);
  for (const auto& [generation, chunks] : made.before) CHECK(content(*made.workspace, generation) == chunks);
  auto now = content(*made.workspace, 4);
  CHECK(now.size() == 6);
  CHECK(now != made.before[3]);
  for (const auto& [id, text] : now) CHECK(made.before[3].contains(id));
  auto snapshot = must(Snapshots(*made.workspace).get("default", kAdmin));
  CHECK(snapshot->collection.documents == 2);
  CHECK(snapshot->collection.chunks == 6);
  for (const SegmentView& view : snapshot->views) CHECK(view.segment->header().analyzer == reversing.identity());

  add_document(*made.workspace, made.collection, reversing, "third.md", "Something else");
  // Again with the same one: what the old analyzer's generations show stays theirs.
  Collection collection = must(Catalog(*made.workspace).find_collection("default"));
  CHECK(!must(rebuild(*made.workspace, collection, reversing, "test")).new_generation);
  for (const auto& [generation, chunks] : made.before) CHECK(content(*made.workspace, generation) == chunks);
  CHECK(content(*made.workspace, 4) == now);
  IndexStats stats = must(index_stats(*made.workspace, collection));
  CHECK(stats.chunks_live == 9);
  CHECK(stats.chunks_retired == 9);
  CHECK(stats.generations_retained == 5);
}

}  // namespace
}  // namespace grounds::test
