// Merging and pruning change no result: every retained generation is compared, for several principals, with
// what brute force over a model of the documents finds.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "index/generation/garbage.h"
#include "index/generation/retention.h"
#include "index/lexical/lexical_search.h"
#include "index/vector/scan.h"
#include "tests/index/generation/fixture.h"
#include "tests/index/lexical/oracle.h"

namespace grounds::test {
namespace {

using grounds::testing::OracleChunk;

struct Document {
  std::string content;
  int chunks = 1;
  std::set<std::string> groups;
};
using State = std::map<std::string, Document>;  // by uri

const char* const kWords[] = {"ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen"};

// Few words and small codes, so that scores tie often.
CommitVersion small_version(CommitBatch& batch, std::int64_t space, const std::string& uri, const Document& document) {
  CommitVersion version = make_version(batch, space, uri, document.content, document.chunks,
                                       {document.groups.begin(), document.groups.end()});
  for (CommitChunk& chunk : version.chunks) {
    for (std::size_t i = 0; i < chunk.codes.size(); ++i)
      chunk.codes[i] = static_cast<std::int8_t>(chunk.text_hash[i] % 5 - 2);
    auto& body = chunk.terms[static_cast<std::size_t>(Field::kBody)];
    body.clear();
    for (std::uint32_t i = 0; i < 3u + chunk.text_hash[8] % 4; ++i) body.push_back(token(kWords[chunk.text_hash[i] % 8], i));
    chunk.terms[static_cast<std::size_t>(Field::kTitle)] = {token(uri, 0)};
  }
  return version;
}

bool shares(const std::set<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::any_of(b, [&](const std::string& group) { return a.contains(group); });
}

// All chunks of a generation, with what a principal may rank.
std::vector<OracleChunk> oracle_chunks(const State& then, const State& now, const Principal& principal) {
  std::vector<OracleChunk> chunks;
  for (const auto& [uri, document] : then) {
    bool permitted = principal.admin;
    if (!permitted) {
      auto today = now.find(uri);
      permitted = shares(document.groups, principal.groups) &&
                  (principal.auditor || (today != now.end() && shares(today->second.groups, principal.groups)));
    }
    CommitBatch scratch;
    CommitVersion version = small_version(scratch, 1, uri, document);
    for (CommitChunk& chunk : version.chunks) {
      OracleChunk each;
      each.chunk.id = chunk.id;
      each.chunk.codes = chunk.codes;
      each.chunk.terms = chunk.terms;
      each.eligible = permitted;
      chunks.push_back(std::move(each));
    }
  }
  return chunks;
}

using Scored = std::vector<std::pair<std::int64_t, std::string>>;  // (-score, id)

Scored nearest(const std::vector<OracleChunk>& chunks, const std::vector<std::int8_t>& query, std::size_t k) {
  Scored all;
  for (const OracleChunk& each : chunks) {
    if (!each.eligible) continue;
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < query.size(); ++i) sum += query[i] * each.chunk.codes[i];
    all.emplace_back(-sum, each.chunk.id.hex());
  }
  std::ranges::sort(all);
  all.resize(std::min(all.size(), k));
  return all;
}

Scored scored(const std::vector<Hit>& hits) {
  Scored list;
  for (const Hit& hit : hits) list.emplace_back(-hit.score, hit.id.hex());
  return list;
}

void check_snapshot(const Snapshot& snapshot, const std::vector<OracleChunk>& chunks, std::mt19937_64& random) {
  std::set<std::string> want, have;
  for (const OracleChunk& each : chunks)
    if (each.eligible) want.insert(each.chunk.id.hex());
  for (const SegmentView& view : snapshot.views) {
    auto ids = must(view.segment->ids());
    for (std::uint32_t i = 0; i < ids.size(); ++i)
      if (view.eligible->test(i)) CHECK(have.insert(ids[i].hex()).second);
  }
  CHECK(have == want);

  std::vector<std::int8_t> codes(kDimension);
  for (auto& code : codes) code = static_cast<std::int8_t>(random() % 5) - 2;
  VectorResult vector = must(vector_search(snapshot.views, codes, 7, 1 + static_cast<int>(random() % 2)));
  CHECK(scored(vector.hits) == nearest(chunks, codes, 7));
  CHECK(vector.distribution.count == want.size());

  LexicalQuery query;
  query.terms = {kWords[random() % 8], kWords[random() % 8], "doc" + std::to_string(random() % 6)};
  std::ranges::sort(query.terms);
  query.terms.erase(std::ranges::unique(query.terms).begin(), query.terms.end());
  if (random() % 3 == 0) query.phrases.push_back({{kWords[random() % 8], 0}, {kWords[random() % 8], 1}});
  LexicalStatistics statistics = must(lexical_statistics(snapshot.views, query.terms));
  LexicalStatistics counted = grounds::testing::oracle_statistics(chunks, query.terms);
  CHECK(statistics == counted);
  auto hits = must(lexical_search(snapshot.views, query, statistics, LexicalSettings{}, 7));
  CHECK(grounds::testing::plain(hits) ==
        grounds::testing::oracle_search(chunks, query, counted, LexicalSettings{}, 7));
}

// Segments and chunk rows hold the same (id, created); the folders hold the files that are named, and no other.
void check_whole(Workspace& workspace, Database& database) {
  auto rows_of = [&](const char* sql) {
    std::set<std::string> rows;
    Statement statement = must(database.prepare(sql));
    while (must(statement.step())) rows.insert(statement.text(0));
    return rows;
  };
  std::set<std::string> stored, files, packs;
  Statement statement = must(database.prepare("SELECT file, created FROM segments"));
  while (must(statement.step())) {
    auto segment = must(Segment::open(workspace.file_system(), workspace.segment_path(statement.text(0))));
    must(segment->verify());
    auto ids = must(segment->ids());
    auto created = must(segment->created());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      std::string generation = statement.is_null(1) ? std::to_string(created[i]) : statement.text(1);
      CHECK(stored.insert(ids[i].hex() + "/" + generation).second);
    }
  }
  CHECK(stored == rows_of("SELECT lower(hex(chunk_id)) || '/' || created FROM chunks"));
  for (const DirectoryEntry& entry : must(workspace.file_system().list(workspace.directory() + "/segments"))) files.insert(entry.name);
  for (const DirectoryEntry& entry : must(workspace.file_system().list(workspace.directory() + "/extracts"))) packs.insert(entry.name);
  CHECK(files == rows_of("SELECT file FROM segments"));
  CHECK(packs == rows_of("SELECT file FROM packs"));
  CHECK(files.size() <= kMaxSegments);
}

CommitBatch random_batch(std::mt19937_64& random, std::int64_t space, State& state) {
  CommitBatch batch;
  batch.analyzer = "test";
  std::set<std::string> touched;
  for (std::uint64_t change = 0; change < 1 + random() % 3; ++change) {
    std::string uri = "doc" + std::to_string(random() % 12);
    if (!touched.insert(uri).second) continue;
    std::set<std::string> groups;
    for (const char* group : {"everyone", "hr", "sales"})
      if (random() % 2) groups.insert(group);
    switch (random() % 5) {
      case 0:
        batch.deleted.push_back(uri);
        state.erase(uri);
        break;
      case 1:
        if (auto found = state.find(uri); found != state.end()) {
          batch.regrouped[uri] = {groups.begin(), groups.end()};
          found->second.groups = groups;
        }
        break;
      default: {
        // Few contents: a document often returns to one that it had, and two documents may have equal texts.
        Document document{"text" + std::to_string(random() % 5), 1 + static_cast<int>(random() % 3), groups};
        batch.versions.push_back(small_version(batch, space, uri, document));
        state[uri] = document;
      }
    }
  }
  return batch;
}

const std::vector<Principal> kPrincipals = {{"local", {}, true, true}, {"a", {"everyone"}, false, false},
                                            {"b", {"hr", "sales"}, false, false}, {"c", {}, false, false},
                                            {"d", {"hr"}, false, true}};

std::set<Generation> pruned_generations(Database& database) {
  std::set<Generation> pruned;
  Statement statement = must(database.prepare("SELECT generation FROM generations WHERE pruned IS NOT NULL"));
  while (must(statement.step())) pruned.insert(static_cast<Generation>(statement.integer(0)));
  return pruned;
}

TEST_CASE("merging and pruning at any moment change no result of a retained generation") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Fixture fixture;
    auto workspace = fixture.init();
    Collection collection = Fixture::create(*workspace);
    change_setting(*workspace, "generations.retain", seed % 3 == 0 ? "all" : "9");
    std::vector<State> states{{}};
    auto snapshots = std::make_unique<Snapshots>(*workspace);
    const std::set<Generation> used = {3, 8, 21};
    std::shared_ptr<const Snapshot> held;
    Generation held_generation = 0;

    for (int step = 0; step < 60; ++step) {
      State state = states.back();
      CommitBatch batch = random_batch(random, collection.spaces[0].id, state);
      if (must(commit(*workspace, collection, std::move(batch))).generation == states.size()) states.push_back(state);
      const std::uint64_t choice = random() % 8;
      if (choice == 0)
        must(maintain(*workspace, "default", [&](const Collection&, std::int64_t&) { return Result<std::set<Generation>>(used); },
                      random() % 2 ? MergeExtent::kAll : MergeExtent::kTiers));
      if (choice == 1) must(merge_collection(*workspace, collection.id, MergeExtent::kAll));
      if (choice == 2) {
        workspace = must(Workspace::open({fixture.files, fixture.clock, fixture.random}, workspace->directory()));
        snapshots = std::make_unique<Snapshots>(*workspace);
        held = nullptr;
      }
      const Generation newest = states.size() - 1;
      if (held) check_snapshot(*held, oracle_chunks(states[held_generation], {}, kPrincipals[0]), random);
      if (random() % 4 == 0) {
        held_generation = newest;
        held = must(snapshots->get("default", kPrincipals[0], newest));
      }
      const Principal& principal = kPrincipals[random() % kPrincipals.size()];
      auto now = must(snapshots->get("default", principal));
      check_snapshot(*now, oracle_chunks(states.back(), states.back(), principal), random);
    }

    auto catalog = must(workspace->catalog());
    check_whole(*workspace, *catalog);
    const std::set<Generation> pruned = pruned_generations(*catalog);
    CHECK(pruned.empty() == (seed % 3 == 0));
    for (Generation each : used) CHECK(!pruned.contains(each));
    for (Generation generation = 0; generation < states.size(); ++generation) {
      CAPTURE(generation);
      for (const Principal& principal : kPrincipals) {
        CAPTURE(principal.user);
        auto snapshot = snapshots->get("default", principal, generation);
        if (pruned.contains(generation)) {
          REQUIRE(!snapshot);
          CHECK(snapshot.error().code == ErrorCode::kNotFound);
          CHECK(snapshot.error().message.find("pruned") != std::string::npos);
          continue;
        }
        check_snapshot(*must(std::move(snapshot)), oracle_chunks(states[generation], states.back(), principal), random);
      }
    }
  }
}

TEST_CASE("many small commits leave few segments") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  auto catalog = must(workspace->catalog());
  for (int i = 0; i < 300; ++i) {
    CommitBatch batch;
    batch.analyzer = "test";
    batch.versions.push_back(make_version(batch, collection.spaces[0].id, "doc" + std::to_string(i), "text", 1, {}));
    must(commit(*workspace, collection, std::move(batch)));
    Statement statement = must(catalog->prepare("SELECT count(*) FROM segments"));
    must(statement.step());
    CHECK(statement.integer(0) <= static_cast<std::int64_t>(kMaxSegments));
  }
  check_whole(*workspace, *catalog);
  must(merge_collection(*workspace, collection.id, MergeExtent::kAll));
  CHECK(must(fixture.files.list(workspace->directory() + "/segments")).size() == 1);
}

std::uint64_t disk_bytes(Workspace& workspace) {
  std::uint64_t sum = 0;
  for (const char* folder : {"/segments", "/extracts"})
    for (const DirectoryEntry& entry : must(workspace.file_system().list(workspace.directory() + folder))) sum += entry.status.size;
  return sum;
}

// Known failures, 13: what deleted documents took on the disk stays there.
// One document to each commit, with the terms of the analyzer it names.
Result<CommitResult> add_document(Workspace& workspace, const Collection& collection, const std::string& uri,
                                  const std::string& analyzer) {
  CommitBatch batch;
  batch.analyzer = analyzer;
  batch.versions.push_back(make_version(batch, collection.spaces[0].id, uri, "x", 2, {}));
  return commit(workspace, collection, std::move(batch));
}

void delete_documents(Workspace& workspace, const Collection& collection, std::vector<std::string> uris) {
  CommitBatch batch;
  batch.deleted = std::move(uris);
  must(commit(workspace, collection, std::move(batch)));
}

Result<std::set<Generation>> nothing_used(const Collection&, std::int64_t&) { return std::set<Generation>{}; }

TEST_CASE("what is deleted leaves the disk once no retained generation shows it") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  change_setting(*workspace, "generations.retain", "0");
  const std::int64_t space = collection.spaces[0].id;
  auto commit_documents = [&](int first, int count, const std::string& content) {
    CommitBatch batch;
    batch.analyzer = "test";
    for (int i = first; i < first + count; ++i)
      batch.versions.push_back(make_version(batch, space, "doc" + std::to_string(i), content + std::to_string(i), 3, {"everyone"}));
    must(commit(*workspace, collection, std::move(batch)));
  };
  commit_documents(0, 40, "kept ");
  must(maintain(*workspace, "default", nothing_used, MergeExtent::kAll));
  const std::uint64_t baseline = disk_bytes(*workspace);
  for (int round = 0; round < 12; ++round) commit_documents(100 + 20 * round, 20, "passing ");
  for (int round = 0; round < 5; ++round) commit_documents(0, 40, "changed " + std::to_string(round));
  commit_documents(0, 40, "kept ");
  CommitBatch batch;
  batch.analyzer = "test";
  for (int i = 100; i < 340; ++i) batch.deleted.push_back("doc" + std::to_string(i));
  must(commit(*workspace, collection, std::move(batch)));
  CHECK(disk_bytes(*workspace) > 3 * baseline);
  must(maintain(*workspace, "default", nothing_used, MergeExtent::kAll));
  // The new segment holds a created generation for each chunk, as the merged baseline did not.
  CHECK(disk_bytes(*workspace) <= baseline + 40 * 3 * 8 + 256);
  auto catalog = must(workspace->catalog());
  check_whole(*workspace, *catalog);
  for (const char* table : {"chunks", "versions", "documents", "access", "extracts"}) {
    CAPTURE(std::string(table));
    Statement statement = must(catalog->prepare(std::string("SELECT count(*) FROM ") + table));
    must(statement.step());
    CHECK(statement.integer(0) == (std::string(table) == "chunks" ? 120 : std::string(table) == "extracts" ? 41 : 40));
  }
  ExtractStore extracts(*workspace);
  for (const DocumentVersion& document : must(Catalog(*workspace).list_documents(collection, kPrincipals[0])))
    CHECK(must(extracts.read(document.extract_sha256)).starts_with("kept "));
}

TEST_CASE("a pack that cannot be read stays, and the others are rewritten all the same") {
  for (bool gone : {false, true}) {
    CAPTURE(gone);
    Fixture fixture;
    auto workspace = fixture.init();
    Collection collection = Fixture::create(*workspace);
    for (int i = 0; i < 40; ++i) {
      CommitBatch batch;
      batch.analyzer = "test";
      batch.versions.push_back(make_version(batch, collection.spaces[0].id, "doc" + std::to_string(i), "text" + std::to_string(i), 2, {}));
      must(commit(*workspace, collection, std::move(batch)));
    }
    const auto packs = [&] { return must(fixture.files.list(workspace->directory() + "/extracts")); };
    REQUIRE(packs().size() == 40);
    const std::string damaged = workspace->extract_path(packs()[7].name);
    std::string bytes = must(fixture.files.read(damaged));
    bytes[20] = static_cast<char>(bytes[20] ^ 1);
    if (gone) must(fixture.files.remove(damaged));
    else must(fixture.files.write_durably(damaged, bytes));
    CHECK(must(maintain(*workspace, "default", nothing_used, MergeExtent::kAll)).packs_replaced == 39);
    CHECK(packs().size() == (gone ? 1 : 2));
    CHECK(fixture.files.exists(damaged) == !gone);
    CHECK(must(maintain(*workspace, "default", nothing_used, MergeExtent::kAll)).packs_replaced == 0);
    ExtractStore extracts(*workspace);
    int readable = 0;
    for (const DocumentVersion& document : must(Catalog(*workspace).list_documents(collection, kPrincipals[0])))
      readable += extracts.read(document.extract_sha256).has_value();
    CHECK(readable == 39);
  }
}

TEST_CASE("records are looked through without the catalog's lock, and those that come meanwhile under it") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  collection = change_setting(*workspace, "generations.retain", "1");
  for (const char* uri : {"a", "b", "c", "d", "e"}) must(add_document(*workspace, collection, uri, "test"));
  collection = must(Catalog(*workspace).find_collection("default"));
  std::vector<std::int64_t> asked_from;
  const auto in_use = [&](const Collection&, std::int64_t& seen) -> Result<std::set<Generation>> {
    asked_from.push_back(seen);
    seen = 17;
    if (asked_from.size() > 1) return std::set<Generation>{2};  // an answer that came meanwhile
    must(add_document(*workspace, collection, "f", "test"));    // nobody who commits waits
    return std::set<Generation>{1};
  };
  CHECK(must(prune_generations(*workspace, collection, in_use)) == 2);
  CHECK(asked_from == std::vector<std::int64_t>{0, 17});
  const auto is_kept = [&](Generation generation) { return Snapshots(*workspace).get("default", kPrincipals[0], generation).has_value(); };
  for (Generation generation : {1, 2, 5, 6}) CHECK(is_kept(generation));
  for (Generation generation : {3, 4}) CHECK(!is_kept(generation));
}

TEST_CASE("a deleted collection leaves the disk, and its namesake keeps what it has") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection first = Fixture::create(*workspace);
  CommitBatch batch;
  batch.analyzer = "test";
  batch.versions.push_back(make_version(batch, first.spaces[0].id, "a", "one", 2, {"everyone"}));
  batch.versions.push_back(make_version(batch, first.spaces[0].id, "b", "two", 2, {"everyone"}));
  must(commit(*workspace, first, std::move(batch)));
  must(Catalog(*workspace).delete_collection("default", "test"));
  Collection second = Fixture::create(*workspace);
  CommitBatch again;
  again.analyzer = "test";
  again.versions.push_back(make_version(again, second.spaces[0].id, "a", "one", 2, {"everyone"}));
  must(commit(*workspace, second, std::move(again)));
  must(maintain(*workspace, "default", nothing_used, MergeExtent::kAll));
  auto catalog = must(workspace->catalog());
  check_whole(*workspace, *catalog);
  CHECK(must(fixture.files.list(workspace->directory() + "/segments")).size() == 1);
  auto documents = must(Catalog(*workspace).list_documents(second, kPrincipals[0]));
  REQUIRE(documents.size() == 1);
  CHECK(must(ExtractStore(*workspace).read(documents[0].extract_sha256)) == "one piece 0\none piece 1\n");
}

TEST_CASE("a snapshot and an open pack outlive the files that a merge removes") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  for (const char* uri : {"a", "b"}) {
    CommitBatch batch;
    batch.analyzer = "test";
    batch.versions.push_back(make_version(batch, collection.spaces[0].id, uri, uri, 2, {"everyone"}));
    must(commit(*workspace, collection, std::move(batch)));
  }
  Snapshots snapshots(*workspace);
  auto held = must(snapshots.get("default", kPrincipals[0]));
  // Another process merges.
  auto other = must(Workspace::open({fixture.files, fixture.clock, fixture.random}, workspace->directory()));
  CHECK(must(merge_collection(*other, collection.id, MergeExtent::kAll)).segments_taken == 2);
  CHECK(must(fixture.files.list(workspace->directory() + "/segments")).size() == 1);
  for (const SegmentView& view : held->views) must(view.segment->verify());
  auto next = must(snapshots.get("default", kPrincipals[0]));
  CHECK(next->generation == held->generation);
  CHECK(next->views.size() == 1);
}

TEST_CASE("while the removal of files is paused a merge leaves the old ones, and the next removal takes them") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  for (const char* uri : {"a", "b"}) {
    CommitBatch batch;
    batch.analyzer = "test";
    batch.versions.push_back(make_version(batch, collection.spaces[0].id, uri, uri, 2, {"everyone"}));
    must(commit(*workspace, collection, std::move(batch)));
  }
  {
    FileLock pause = must(pause_garbage_collection(*workspace));
    must(merge_collection(*workspace, collection.id, MergeExtent::kAll));
    CHECK(must(fixture.files.list(workspace->directory() + "/segments")).size() == 3);
    CHECK(must(collect_garbage(*workspace)) == 0);
  }
  CHECK(must(collect_garbage(*workspace)) == 2);
  CHECK(must(fixture.files.list(workspace->directory() + "/segments")).size() == 1);
}

TEST_CASE("segments of another analyzer are never merged with the others") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  for (const char* uri : {"a", "b"}) must(add_document(*workspace, collection, uri, "old"));
  // As in a row of format 1, where only the file says it.
  must(must(workspace->catalog())->run("UPDATE segments SET analyzer = ''"));
  delete_documents(*workspace, collection, {"a", "b"});
  for (const char* uri : {"c", "d"}) must(add_document(*workspace, collection, uri, "new"));
  must(merge_collection(*workspace, collection.id, MergeExtent::kAll));
  std::multiset<std::string> analyzers;
  for (const DirectoryEntry& each : must(fixture.files.list(workspace->directory() + "/segments")))
    analyzers.insert(must(Segment::open(fixture.files, workspace->segment_path(each.name)))->header().analyzer);
  CHECK(analyzers == std::multiset<std::string>{"new", "old"});
}

TEST_CASE("a commit is held against the analyzer of what is live, whatever else is kept, in any segments") {
  for (bool says_file_only : {false, true}) {
    for (bool merged : {false, true}) {
      CAPTURE(says_file_only);
      CAPTURE(merged);
      Fixture fixture;
      auto workspace = fixture.init();
      Collection collection = Fixture::create(*workspace);
      for (const char* uri : {"a", "b"}) must(add_document(*workspace, collection, uri, "old"));
      CHECK(!add_document(*workspace, collection, "x", "new"));
      delete_documents(*workspace, collection, {"a", "b"});
      // Nothing is live: either would do.
      for (const char* uri : {"c", "a"}) must(add_document(*workspace, collection, uri, "new"));
      if (merged) must(merge_collection(*workspace, collection.id, MergeExtent::kAll));
      if (says_file_only) must(must(workspace->catalog())->run("UPDATE segments SET analyzer = ''"));
      // "a" is there as both analyzers have it; only the new one's terms are live.
      auto refused = add_document(*workspace, collection, "d", "old");
      REQUIRE(!refused);
      CHECK(refused.error().code == ErrorCode::kRefused);
      CHECK(refused.error().hint.find("index rebuild") != std::string::npos);
      must(add_document(*workspace, collection, "d", "new"));
    }
  }
}

TEST_CASE("segments of another analyzer are refused while they show something, and then in no one's way") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  const auto add = [&](const std::string& uri, const std::string& analyzer) {
    CommitBatch batch;
    batch.analyzer = analyzer;
    batch.versions.push_back(make_version(batch, collection.spaces[0].id, uri, "x", 2, {}));
    return commit(*workspace, collection, std::move(batch));
  };
  must(add("a", "old"));
  const auto newest = [&] { return must(Snapshots(*workspace).get("default", kPrincipals[0])); };
  CHECK(newest()->check_analyzer("old"));
  const Status refused = newest()->check_analyzer("new");
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::kRefused);
  CHECK(refused.error().hint.find("index rebuild") != std::string::npos);
  CHECK(!add("b", "new"));
  CommitBatch deletion;
  deletion.deleted = {"a"};
  const Generation before = must(commit(*workspace, collection, std::move(deletion))).generation - 1;
  // The old segment is kept for the generation before.
  CHECK(newest()->check_analyzer("new"));
  must(add("b", "new"));
  CHECK(newest()->check_analyzer("new"));
  CHECK(!newest()->check_analyzer("old"));
  CHECK(must(Snapshots(*workspace).get("default", kPrincipals[0], before))->check_analyzer("old"));
}

}  // namespace
}  // namespace grounds::test
