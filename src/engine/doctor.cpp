#include "engine/doctor.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <tuple>

#include "index/generation/erase.h"
#include "index/generation/garbage.h"

namespace grounds {
namespace {

using ChunkKey = std::pair<ChunkId, Generation>;

constexpr const char* kRestore = "restore the workspace from a backup, or ingest the documents again";

constexpr const char* kIntegrity = "PRAGMA integrity_check(20)";

class Examination {
 public:
  Examination(Engine& engine, Database& database) : engine_(engine), database_(database) {}

  Status run() {
    GROUNDS_RETURN_IF_ERROR(check_database());
    catalog_is_sound_ = !report_.damaged();
    if (!catalog_is_sound_) return {};  // rows cannot be trusted further
    GROUNDS_RETURN_IF_ERROR(check_segments());
    GROUNDS_RETURN_IF_ERROR(check_chunks());
    GROUNDS_RETURN_IF_ERROR(check_packs());
    GROUNDS_RETURN_IF_ERROR(check_extracts());
    GROUNDS_RETURN_IF_ERROR(check_counts());
    GROUNDS_RETURN_IF_ERROR(report_unfinished_erasures());
    GROUNDS_RETURN_IF_ERROR(check_templates());
    check_backends();
    return check_ledger();
  }

  // Files that no row names. The caller holds the lock under which commits write theirs.
  Status report_garbage() {
    GROUNDS_ASSIGN_OR_RETURN(std::vector<std::string> names, list_garbage(engine_.workspace(), database_));
    for (std::string& name : names)
      report_.findings.push_back({"garbage", std::move(name), "no commit published this file",
                                  "remove it: grounds doctor --fix"});
    return {};
  }

  // False if the catalog's own pages are damaged: its rows say nothing of the files then.
  bool catalog_is_sound() const { return catalog_is_sound_; }

  DoctorReport take() { return std::move(report_); }

 private:
  void damage(std::string subject, std::string detail, std::string hint = kRestore) {
    report_.findings.push_back({"damage", std::move(subject), std::move(detail), std::move(hint)});
  }

  // Calls `use` with each row of a query without parameters.
  template <class Use>
  Status each_row(const std::string& sql, Use use) {
    GROUNDS_ASSIGN_OR_RETURN(Statement statement, database_.prepare(sql));
    for (;;) {
      GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
      if (!row) return {};
      use(statement);
    }
  }

  Status check_database() {
    return each_row(kIntegrity, [&](const Statement& row) {
      if (row.text_view(0) != "ok") damage("catalog.db", row.text(0));
    });
  }

  // Its damage is no failure of the examination: everything else can still be read.
  void check_backends() {
    const std::string path = engine_.workspace().directory() + "/backends.db";
    if (!engine_.workspace().file_system().exists(path)) return;
    const char* const hint = "restore it from a backup, or remove it: budgets begin anew";
    auto database = Database::open(engine_.workspace().file_system(), path, DatabaseMode::kReadWrite);
    if (!database) return damage("backends.db", database.error().message, hint);
    auto check = database->prepare(kIntegrity);
    for (bool more = true; more;) {
      auto row = check ? check->step() : Result<bool>(fail(check.error()));
      if (!row) return damage("backends.db", row.error().message, hint);
      more = *row;
      if (more && check->text_view(0) != "ok") damage("backends.db", check->text(0), hint);
    }
  }

  Status check_templates() {
    GROUNDS_ASSIGN_OR_RETURN(const std::vector<PromptTemplate> templates, engine_.asker().templates().list());
    for (const PromptTemplate& each : templates)
      if (auto checked = TemplateStore::check(each); !checked)
        damage("templates/" + each.id() + ".txt", checked.error().message, "restore its file from a backup");
    return {};
  }

  Status check_segments() {
    struct Row { std::string file, fingerprint; std::int64_t space; std::optional<Generation> created; std::int64_t chunks; };
    std::vector<Row> rows;
    GROUNDS_RETURN_IF_ERROR(each_row(
        "SELECT g.file, s.fingerprint, s.id, g.created, g.chunks FROM segments g JOIN spaces s ON s.id = g.space",
        [&](const Statement& row) {
          Row each{row.text(0), row.text(1), row.integer(2), {}, row.integer(4)};
          if (!row.is_null(3)) each.created = static_cast<Generation>(row.integer(3));
          rows.push_back(std::move(each));
        }));
    for (const Row& row : rows) {
      ++report_.segments;
      const std::string path = engine_.workspace().segment_path(row.file);
      auto segment = Segment::open(engine_.workspace().file_system(), path);
      if (!segment) { damage("segments/" + row.file, segment.error().message); continue; }
      if (auto verified = (*segment)->verify(); !verified) { damage("segments/" + row.file, verified.error().message); continue; }
      if ((*segment)->header().space != row.fingerprint) damage("segments/" + row.file, "belongs to another embedding space");
      if ((*segment)->size() != static_cast<std::uint64_t>(row.chunks))
        damage("segments/" + row.file, "holds " + std::to_string((*segment)->size()) + " chunks, the catalog says " + std::to_string(row.chunks));
      GROUNDS_ASSIGN_OR_RETURN(auto ids, (*segment)->ids());
      GROUNDS_ASSIGN_OR_RETURN(auto created, (*segment)->created());
      std::set<ChunkKey>& stored = stored_[row.space];
      for (std::size_t i = 0; i < ids.size(); ++i) {
        Generation generation = row.created ? *row.created : i < created.size() ? created[i] : 0;
        if (!stored.insert({ids[i], generation}).second)
          damage("segments/" + row.file, "chunk " + ids[i].hex() + " is stored twice");
      }
    }
    return {};
  }

  Status check_chunks() {
    std::map<std::int64_t, std::set<ChunkKey>> missing = stored_;  // in a segment, not yet seen in the catalog
    GROUNDS_RETURN_IF_ERROR(each_row("SELECT space, chunk_id, created FROM chunks", [&](const Statement& row) {
      ++report_.chunks;
      ChunkId id;
      auto bytes = row.blob(1);
      if (bytes.size() == id.bytes.size()) std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
      if (missing[row.integer(0)].erase({id, static_cast<Generation>(row.integer(2))}) == 0)
        damage("chunk " + id.hex(), "is in the catalog but in no segment");
    }));
    for (const auto& [space, chunks] : missing)
      for (const auto& [id, created] : chunks)
        damage("chunk " + id.hex(), "is in a segment (created " + std::to_string(created) + ") but not in the catalog");
    return {};
  }

  Status check_packs() {
    std::vector<std::string> files;
    GROUNDS_RETURN_IF_ERROR(each_row("SELECT file FROM packs", [&](const Statement& row) { files.push_back(row.text(0)); }));
    for (const std::string& file : files) {
      ++report_.packs;
      auto pack = ExtractPack::open(engine_.workspace().file_system(), engine_.workspace().extract_path(file));
      if (!pack) damage("extracts/" + file, pack.error().message);
      else if (auto verified = (*pack)->verify(); !verified) damage("extracts/" + file, verified.error().message);
    }
    return {};
  }

  Status check_extracts() {
    std::vector<std::string> hashes;
    GROUNDS_RETURN_IF_ERROR(each_row("SELECT sha256 FROM extracts ORDER BY pack, \"offset\"",
                                     [&](const Statement& row) { hashes.push_back(row.text(0)); }));
    for (const std::string& hash : hashes)
      if (auto text = engine_.extracts().read(hash); !text) damage("extract " + hash, text.error().message);
    return each_row(
        "SELECT d.uri, v.created FROM versions v JOIN documents d ON d.id = v.document WHERE "
        "NOT EXISTS (SELECT 1 FROM extracts e WHERE e.sha256 = v.extract_sha256) OR "
        "NOT EXISTS (SELECT 1 FROM extracts e WHERE e.sha256 = v.map_sha256)",
        [&](const Statement& row) {
          damage(row.text(0), "the extract of its version of generation " + std::to_string(row.integer(1)) + " is not stored");
        });
  }

  // What the newest generation says it holds, against the rows themselves.
  Status check_counts() {
    GROUNDS_RETURN_IF_ERROR(each_row(
        "SELECT d.uri, count(*) FROM versions v JOIN documents d ON d.id = v.document WHERE v.retired IS NULL "
        "GROUP BY v.document HAVING count(*) > 1",
        [&](const Statement& row) { damage(row.text(0), "has " + std::to_string(row.integer(1)) + " live versions"); }));
    GROUNDS_RETURN_IF_ERROR(each_row("SELECT count(*) FROM versions WHERE retired IS NULL", [&](const Statement& row) {
      report_.documents = static_cast<std::uint64_t>(row.integer(0));
    }));
    return each_row(
        "SELECT c.name, g.documents, g.chunks, "
        "(SELECT count(*) FROM versions v JOIN documents d ON d.id = v.document WHERE d.collection = c.id AND v.retired IS NULL), "
        "(SELECT count(*) FROM chunks k JOIN spaces s ON s.id = k.space WHERE s.collection = c.id AND k.retired IS NULL) "
        "FROM collections c JOIN generations g ON g.collection = c.id AND g.generation = "
        "(SELECT max(generation) FROM generations WHERE collection = c.id)",
        [&](const Statement& row) {
          if (row.integer(1) != row.integer(3) || row.integer(2) != row.integer(4))
            damage("collection " + row.text(0),
                   "its generation counts " + std::to_string(row.integer(1)) + " documents and " +
                       std::to_string(row.integer(2)) + " chunks, the catalog holds " + std::to_string(row.integer(3)) +
                       " and " + std::to_string(row.integer(4)));
        });
  }

  Status report_unfinished_erasures() {
    GROUNDS_ASSIGN_OR_RETURN(std::vector<Erasure> erasures, unfinished_erasures(database_));
    for (const Erasure& erasure : erasures) {
      std::string name;
      GROUNDS_RETURN_IF_ERROR(each_row("SELECT name FROM collections WHERE id = " + std::to_string(erasure.collection),
                                       [&](const Statement& row) { name = row.text(0); }));
      report_.findings.push_back({"unfinished", erasure.uri, "its erasure was interrupted",
                                  "run again: grounds erase '" + erasure.uri + "' -c " + name});
    }
    return {};
  }

  Status check_ledger() {
    GROUNDS_ASSIGN_OR_RETURN(VerifyResult verified, engine_.ledger().verify());
    report_.records = static_cast<std::uint64_t>(verified.records);
    report_.ledger_problems = static_cast<std::uint64_t>(verified.problem_count);
    for (const LedgerProblem& problem : verified.problems)
      damage(std::string(DoctorReport::kLedgerRecord) + std::to_string(problem.record), problem.kind + ": " + problem.detail,
             "keep the file as evidence; compare it with an anchored head (grounds verify --head FILE)");
    return {};
  }

  Engine& engine_;
  Database& database_;
  DoctorReport report_;
  bool catalog_is_sound_ = false;
  std::map<std::int64_t, std::set<ChunkKey>> stored_;  // by space, what the segments hold
};

}  // namespace

bool DoctorReport::damaged() const {
  return std::ranges::any_of(findings, [](const DoctorFinding& finding) { return finding.severity == "damage"; });
}

Result<DoctorReport> examine(Engine& engine, bool fix) {
  DoctorReport report;
  bool sound = false;
  {
    GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, engine.workspace().catalog());
    // Under the lock: no commit can be between writing its files and publishing them. Rolled back at the end.
    GROUNDS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*catalog));
    Examination examination(engine, *catalog);
    GROUNDS_RETURN_IF_ERROR(examination.run());
    sound = examination.catalog_is_sound();
    if (sound && !fix) GROUNDS_RETURN_IF_ERROR(examination.report_garbage());
    report = examination.take();
  }
  if (sound && fix) {
    GROUNDS_ASSIGN_OR_RETURN(report.removed, collect_garbage(engine.workspace(), WhilePaused::kWait));
  }
  return report;
}

}  // namespace grounds
