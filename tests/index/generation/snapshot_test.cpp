#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/index/generation/fixture.h"

namespace grounds::test {
namespace {

// What a collection must show, kept by brute force.
class Model {
 public:
  struct Document { std::string content; int chunks; std::set<std::string> groups; };
  using State = std::map<std::string, Document>;  // by uri

  void commit(State state) { states_.push_back(std::move(state)); }
  const State& at(Generation generation) const { return states_[generation]; }
  Generation newest() const { return states_.size() - 1; }

  // The chunk ids a principal with these groups sees in `generation`, permissions as of that and now.
  std::set<std::string> visible(Generation generation, const Principal& principal) const {
    std::set<std::string> ids;
    for (const auto& [uri, document] : states_[generation]) {
      if (!principal.admin) {
        auto now = states_.back().find(uri);
        bool then_ok = shares(document.groups, principal.groups);
        bool now_ok = principal.auditor || (now != states_.back().end() && shares(now->second.groups, principal.groups));
        if (!then_ok || !now_ok) continue;
      }
      CommitBatch scratch;
      CommitVersion version = make_version(scratch, 1, uri, document.content, document.chunks, {});
      for (const CommitChunk& chunk : version.chunks) ids.insert(chunk.id.hex());
    }
    return ids;
  }

 private:
  static bool shares(const std::set<std::string>& a, const std::vector<std::string>& b) {
    return std::ranges::any_of(b, [&](const std::string& group) { return a.contains(group); });
  }
  std::vector<State> states_{{}};  // generation 0: nothing
};

std::set<std::string> eligible(const Snapshot& snapshot) {
  std::set<std::string> ids;
  for (const SegmentView& view : snapshot.views) {
    auto all = must(view.segment->ids());
    for (std::uint32_t i = 0; i < all.size(); ++i)
      if (view.eligible->test(i)) CHECK(ids.insert(all[i].hex()).second);
  }
  return ids;
}

TEST_CASE("every snapshot shows exactly what its generation, its principal and the permissions of today allow") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Fixture fixture;
    auto workspace = fixture.init();
    Collection collection = Fixture::create(*workspace);
    const std::int64_t space = collection.spaces[0].id;
    Model model;
    Snapshots snapshots(*workspace);
    const std::vector<std::string> kGroups = {"everyone", "hr", "sales"};

    for (int step = 0; step < 30; ++step) {
      Model::State state = model.at(model.newest());
      CommitBatch batch;
      batch.analyzer = "test";
      std::set<std::string> touched;
      for (int change = 0; change < 1 + static_cast<int>(random() % 4); ++change) {
        std::string uri = "doc" + std::to_string(random() % 8);
        if (!touched.insert(uri).second) continue;
        std::set<std::string> groups;
        for (const std::string& group : kGroups)
          if (random() % 2) groups.insert(group);
        switch (random() % 4) {
          case 0:
          case 1: {
            // Few contents: a document often returns to one that it had before.
            Model::Document document{"text" + std::to_string(random() % 3), 1 + static_cast<int>(random() % 3), groups};
            batch.versions.push_back(make_version(batch, space, uri, document.content, document.chunks,
                                                  {groups.begin(), groups.end()}));
            state[uri] = document;
            break;
          }
          case 2:
            batch.deleted.push_back(uri);
            state.erase(uri);
            break;
          case 3:
            if (auto found = state.find(uri); found != state.end()) {
              batch.regrouped[uri] = {groups.begin(), groups.end()};
              found->second.groups = groups;
            }
            break;
        }
      }
      Generation before = model.newest();
      CommitResult result = must(commit(*workspace, collection, std::move(batch)));
      if (result.generation != before) {
        CHECK(result.generation == before + 1);
        model.commit(state);
      }
      if (random() % 5 == 0) workspace = must(Workspace::open({fixture.files, fixture.clock, fixture.random}, workspace->directory()));
    }

    Snapshots fresh(*workspace);
    for (Generation generation = 0; generation <= model.newest(); ++generation) {
      CAPTURE(generation);
      std::vector<Principal> principals = {{"local", {}, true, true}, {"a", {"everyone"}, false, false},
                                           {"b", {"hr", "sales"}, false, false}, {"c", {}, false, false},
                                           {"d", {"hr"}, false, true}};
      for (const Principal& principal : principals) {
        CAPTURE(principal.user);
        auto snapshot = must(fresh.get("default", principal, generation));
        CHECK(eligible(*snapshot) == model.visible(generation, principal));
      }
    }
    Collection last = must(Catalog(*workspace).find_collection("default"));
    CHECK(last.documents == model.at(model.newest()).size());
    CHECK(last.chunks == model.visible(model.newest(), {"local", {}, true, true}).size());
  }
}

TEST_CASE("a principal in no group reads nothing") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  CommitBatch batch;
  batch.versions.push_back(make_version(batch, collection.spaces[0].id, "a", "text", 2, {"everyone"}));
  must(commit(*workspace, collection, std::move(batch)));
  Snapshots snapshots(*workspace);
  CHECK(eligible(*must(snapshots.get("default", {"nobody", {}, false, false}))).empty());
  CHECK(eligible(*must(snapshots.get("default", {"anyone", {"everyone"}, false, false}))).size() == 2);
}

TEST_CASE("a snapshot keeps its generation while others are committed") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  Snapshots snapshots(*workspace);
  const Principal admin{"local", {}, true, true};
  CommitBatch first;
  first.versions.push_back(make_version(first, collection.spaces[0].id, "a", "one", 1, {"everyone"}));
  must(commit(*workspace, collection, std::move(first)));
  auto held = must(snapshots.get("default", admin));
  auto before = eligible(*held);
  CommitBatch second;
  second.deleted = {"a"};
  second.versions.push_back(make_version(second, collection.spaces[0].id, "b", "two", 3, {"everyone"}));
  must(commit(*workspace, collection, std::move(second)));
  CHECK(eligible(*held) == before);
  CHECK(eligible(*must(snapshots.get("default", admin))).size() == 3);
  CHECK(eligible(*must(snapshots.get("default", admin, 1))) == before);
}

TEST_CASE("another process's commit is seen by the next snapshot") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  Snapshots snapshots(*workspace);
  const Principal admin{"local", {}, true, true};
  CHECK(must(snapshots.get("default", admin))->generation == 0);
  // A second workspace object shares nothing with the first but the files.
  auto other = must(Workspace::open({fixture.files, fixture.clock, fixture.random}, workspace->directory()));
  CommitBatch batch;
  batch.versions.push_back(make_version(batch, collection.spaces[0].id, "a", "one", 1, {"everyone"}));
  must(commit(*other, collection, std::move(batch)));
  CHECK(eligible(*must(snapshots.get("default", admin))).size() == 1);
}

TEST_CASE("a generation that never was is not found, and a lost segment is damage") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  CommitBatch batch;
  batch.versions.push_back(make_version(batch, collection.spaces[0].id, "a", "one", 1, {"everyone"}));
  must(commit(*workspace, collection, std::move(batch)));
  const Principal admin{"local", {}, true, true};
  auto missing = Snapshots(*workspace).get("default", admin, 9);
  REQUIRE(!missing);
  CHECK(missing.error().code == ErrorCode::kNotFound);
  for (const DirectoryEntry& entry : must(fixture.files.list(workspace->directory() + "/segments")))
    must(fixture.files.remove(workspace->segment_path(entry.name)));
  auto lost = Snapshots(*workspace).get("default", admin);
  REQUIRE(!lost);
  CHECK(lost.error().code == ErrorCode::kDamaged);
}

TEST_CASE("commit times strictly increase even if the clock goes back") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  for (const char* uri : {"a", "b"}) {
    CommitBatch batch;
    batch.versions.push_back(make_version(batch, collection.spaces[0].id, uri, uri, 1, {"everyone"}));
    must(commit(*workspace, collection, std::move(batch)));
    fixture.clock.advance(-1000);
  }
  Catalog catalog(*workspace);
  CHECK(must(catalog.generation_at(collection, 1'700'000'000'000)) == 1);
  CHECK(must(catalog.generation_at(collection, 1'700'000'000'001)) == 2);
  CHECK(!catalog.generation_at(collection, 1'600'000'000'000));
}

TEST_CASE("a batch that changes nothing makes no generation") {
  Fixture fixture;
  auto workspace = fixture.init();
  Collection collection = Fixture::create(*workspace);
  CommitBatch batch;
  batch.deleted = {"never there"};
  batch.regrouped["nor this"] = {"hr"};
  CHECK(must(commit(*workspace, collection, std::move(batch))).generation == 0);
  CHECK(must(fixture.files.list(workspace->directory() + "/segments")).empty());
}

MetadataFilter filter(std::vector<std::string> conditions) { return must(MetadataFilter::parse(conditions)); }

TEST_CASE("a filter's forms hold as they say") {
  const Json metadata = {{"year", 2021}, {"team", "sales"}, {"tags", {"a", "b"}}, {"open", true}, {"code", "10"}};
  const auto holds = [&](const char* condition) {
    return filter({condition}).matches("reports/q1.md", "Report", "2021-03-04", metadata);
  };
  for (const char* condition :
       {"year=2021", "year=2021.0", "year=2020..2021", "year=2021..", "year=..2021", "team=sales", "team=sa*", "tags=b",
        "open=true", "code=9..11", "uri=reports/*", "uri=reports/q1.md", "title=Rep*", "date=2021-01-01..2021-12-31"}) {
    CAPTURE(std::string(condition));
    CHECK(holds(condition));
  }
  for (const char* condition : {"year=2020", "year=2022..", "year=..2020", "team=Sales", "tags=c", "open=false",
                                "none=1", "none=..5", "uri=report", "date=2022..", "team=sales*x"}) {
    CAPTURE(std::string(condition));
    CHECK(!holds(condition));
  }
  for (const char* bad : {"", "year", "=5", "year=", "year=.."}) {
    CAPTURE(std::string(bad));
    std::vector<std::string> conditions = {bad};
    CHECK(MetadataFilter::parse(conditions).error().code == ErrorCode::kUsage);
  }
  CHECK(filter({"a=1", "b=2"}).canonical() == filter({"b=2", "a=1", "b=2"}).canonical());
}

TEST_CASE("a filter shows the documents whose version of the generation passes it, and no forbidden one") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Fixture fixture;
    auto workspace = fixture.init();
    Collection collection = Fixture::create(*workspace);
    struct Document { int year; std::string content; bool open; };
    std::vector<std::map<std::string, Document>> states{{}};
    for (int step = 0; step < 20; ++step) {
      auto state = states.back();
      CommitBatch batch;
      batch.analyzer = "test";
      const std::string uri = (random() % 2 ? "a/doc" : "b/doc") + std::to_string(random() % 5);
      Document document{2000 + static_cast<int>(random() % 6), "text" + std::to_string(step), random() % 2 == 0};
      batch.versions.push_back(make_version(batch, collection.spaces[0].id, uri, document.content, 2,
                                            {document.open ? "everyone" : "hr"}));
      batch.versions.back().metadata = "{\"year\":" + std::to_string(document.year) + "}";
      state[uri] = document;
      must(commit(*workspace, collection, std::move(batch)));
      states.push_back(state);
    }
    Snapshots snapshots(*workspace);
    for (int trial = 0; trial < 40; ++trial) {
      const Generation generation = random() % states.size();
      const int low = 2000 + static_cast<int>(random() % 6);
      const bool admin = random() % 2 == 0, with_uri = random() % 2 == 0;
      const Principal principal = admin ? Principal{"local", {}, true, true} : Principal{"a", {"everyone"}, false, false};
      std::vector<std::string> conditions = {"year=" + std::to_string(low) + ".." + std::to_string(low + 2)};
      if (with_uri) conditions.push_back("uri=a/*");
      std::set<std::string> want, permitted;
      for (const auto& [uri, document] : states[generation]) {
        if (!admin && (!document.open || !states.back()[uri].open)) continue;
        CommitBatch scratch;
        for (const CommitChunk& chunk : make_version(scratch, 1, uri, document.content, 2, {}).chunks) {
          permitted.insert(chunk.id.hex());
          if (document.year >= low && document.year <= low + 2 && (!with_uri || uri.starts_with("a/"))) want.insert(chunk.id.hex());
        }
      }
      auto snapshot = must(snapshots.get("default", principal, generation, {}, filter(conditions)));
      CHECK(eligible(*snapshot) == want);
      // Statistics are over all that is live, or over all that may be read: not over what passes the filter.
      Settings settings;
      std::uint64_t all = 0, visible = 0;
      for (const SegmentView& view : snapshot->counted_views(settings)) all += view.live->count();
      must(settings.set("statistics.scope", "visible"));
      for (const SegmentView& view : snapshot->counted_views(settings)) visible += view.live->count();
      CHECK(all == 2 * states[generation].size());
      CHECK(visible == permitted.size());
    }
  }
}

TEST_CASE("a filter takes no two different values for equal, and nan for no number") {
  const Json metadata = {{"id", "110101199003071234"}, {"version", "1.1"}, {"year", 2020}};
  auto holds = [&](const char* condition) { return filter({condition}).matches("", "", "", metadata); };
  CHECK(holds("id=110101199003071234"));
  CHECK(!holds("id=110101199003071235"));
  CHECK(!holds("version=1.10"));
  CHECK(holds("year=2020"));
  CHECK(!holds("year=nan"));
  CHECK(holds("year=2019..2021"));
  CHECK(!holds("year=nan..2019"));
}

TEST_CASE("a filter's range parts numbers that no double can") {
  for (const Json& metadata : {Json{{"id", "110101199003071234"}}, Json{{"id", 110101199003071234}}}) {
    auto holds = [&](const char* condition) { return filter({condition}).matches("", "", "", metadata); };
    CHECK(holds("id=110101199003071234..110101199003071234"));
    CHECK(holds("id=110101199003071233.5..110101199003071234.5"));
    CHECK(!holds("id=110101199003071235.."));
    CHECK(!holds("id=..110101199003071233"));
    CHECK(!holds("id=..110101199003071233.999"));
  }
  CHECK(filter({"id=110101199003071234.0"}).matches("", "", "", Json{{"id", 110101199003071234}}));
  CHECK(!filter({"id=110101199003071235"}).matches("", "", "", Json{{"id", 110101199003071234}}));
}

}  // namespace
}  // namespace grounds::test
