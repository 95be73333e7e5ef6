#include <cstdio>
#include <map>

#include "cli/session.h"
#include "cli/terminal.h"
#include "engine/maintenance.h"
#include "index/generation/graphs.h"
#include "index/generation/rebuild.h"
#include "index/generation/stats.h"

namespace grounds::cli {
namespace {

struct Options {
  std::string text;
  bool query = false;
};

Json graphs_view(const GraphStats& graphs) {
  return {{"graphs", graphs.graphs},
          {"bytes", graphs.bytes},
          {"recall_at_10", graphs.recall.mean},
          {"worst_recall_at_10", graphs.recall.worst},
          {"queries", graphs.recall.queries}};
}

Json space_view(const SpaceStats& space, const std::map<std::int64_t, GraphStats>& graphs) {
  Json kinds = Json::object();
  for (const auto& [kind, bytes] : space.bytes_by_kind) kinds[kind] = bytes;
  const std::uint64_t chunks = space.chunks_live + space.chunks_retired;
  const auto own = graphs.find(space.space.id);
  return {{"language", space.space.language},
          {"approximate", own == graphs.end() ? Json(nullptr) : graphs_view(own->second)},
          {"fingerprint", space.space.fingerprint},
          {"dimension", space.space.dimension},
          {"segments", space.segments},
          {"chunks", {{"live", space.chunks_live}, {"retired", space.chunks_retired}}},
          {"bytes", space.bytes},
          {"bytes_per_chunk", chunks == 0 ? 0 : space.bytes / chunks},
          {"bytes_by_kind", std::move(kinds)}};
}

Json stats_view(const Collection& collection, const IndexStats& stats, const std::map<std::int64_t, GraphStats>& graphs) {
  Json spaces = Json::array();
  for (const SpaceStats& each : stats.spaces) spaces.push_back(space_view(each, graphs));
  return {{"collection", collection.name},
          {"mode", collection.settings.text("index.mode")},
          {"generation", stats.generation},
          {"generations",
           {{"retained", stats.generations_retained},
            {"pruned", stats.generations_pruned},
            {"oldest_retained", stats.oldest_retained}}},
          {"segments", stats.segments},
          {"merged_segments", stats.merged_segments},
          {"chunks", {{"live", stats.chunks_live}, {"retired", stats.chunks_retired}}},
          {"bytes", stats.segment_bytes},
          {"packs", {{"files", stats.packs}, {"bytes_uncompressed", stats.pack_bytes}}},
          {"spaces", std::move(spaces)}};
}

void print_graphs(const SpaceStats& space, const GraphStats& graphs) {
  char line[200];
  std::snprintf(line, sizeof line, "space %s, approximate: %llu graphs of %llu bytes; recall@10 against exact %.4f (worst %.1f) over %llu stored vectors",
                space.space.language.c_str(), static_cast<unsigned long long>(graphs.graphs),
                static_cast<unsigned long long>(graphs.bytes), graphs.recall.mean, graphs.recall.worst,
                static_cast<unsigned long long>(graphs.recall.queries));
  print_line(line);
}

void print_stats(const Collection& collection, const IndexStats& stats, const std::map<std::int64_t, GraphStats>& graphs) {
  print_line("collection " + bold(collection.name) + ": generation " + std::to_string(stats.generation) + ", " +
             std::to_string(stats.generations_retained) + " retained from " + std::to_string(stats.oldest_retained) +
             " on, " + std::to_string(stats.generations_pruned) + " pruned");
  std::vector<std::vector<std::string>> rows{{"SPACE", "SEGMENTS", "LIVE", "RETIRED", "CONTENT", "BYTES"}};
  for (const SpaceStats& space : stats.spaces) {
    rows.push_back({space.space.language, std::to_string(space.segments), std::to_string(space.chunks_live),
                    std::to_string(space.chunks_retired), "all", std::to_string(space.bytes)});
    for (const auto& [kind, bytes] : space.bytes_by_kind) rows.push_back({"", "", "", "", kind, std::to_string(bytes)});
  }
  print_line(format_table(rows));
  print_line(std::to_string(stats.packs) + " extract packs in the workspace, " + std::to_string(stats.pack_bytes) +
             " bytes uncompressed");
  for (const SpaceStats& space : stats.spaces)
    if (auto own = graphs.find(space.space.id); own != graphs.end()) print_graphs(space, own->second);
}

Result<int> show_stats(Session& session) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(Collection collection, engine->catalog().find_collection(session.collection));
  GROUNDS_ASSIGN_OR_RETURN(IndexStats stats, index_stats(engine->workspace(), collection));
  std::map<std::int64_t, GraphStats> graphs;
  if (is_approximate(collection.settings)) {
    GROUNDS_ASSIGN_OR_RETURN(const auto snapshot, engine->snapshots().get(session.collection, Principal{session.actor(), {}, true, true}));
    GROUNDS_ASSIGN_OR_RETURN(graphs, graph_stats(*snapshot));
  }
  if (session.json) print_json(stats_view(collection, stats, graphs));
  else print_stats(collection, stats, graphs);
  return kDone;
}

Result<int> merge(Session& session) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(MaintenanceReport report, maintain_collection(*engine, session.collection, MergeExtent::kAll));
  GROUNDS_RETURN_IF_ERROR(shrink_catalog(*engine));
  GROUNDS_ASSIGN_OR_RETURN(Collection collection, engine->catalog().find_collection(session.collection));
  GROUNDS_ASSIGN_OR_RETURN(IndexStats stats, index_stats(engine->workspace(), collection));
  if (session.json) {
    print_json({{"collection", collection.name},
                {"generation", collection.generation},
                {"segments_merged", report.merged.segments_taken},
                {"segments", stats.segments},
                {"chunks_removed", report.merged.chunks_dropped},
                {"versions_removed", report.versions_removed},
                {"generations_pruned", report.generations_pruned},
                {"packs_rewritten", report.packs_replaced},
                {"graphs_built", report.graphs_built},
                {"bytes", stats.segment_bytes}});
  } else {
    print_line("merged " + std::to_string(report.merged.segments_taken) + " segments; " +
               std::to_string(stats.segments) + " now, " + std::to_string(stats.segment_bytes) + " bytes");
    print_line("removed " + std::to_string(report.merged.chunks_dropped) + " chunks and " +
               std::to_string(report.versions_removed) + " versions of " + std::to_string(report.generations_pruned) +
               " generations pruned now, and of those pruned before");
    if (report.graphs_built > 0) print_line("made " + std::to_string(report.graphs_built) + " graphs for the approximate mode");
  }
  return kDone;
}

Result<int> rebuild_index(Session& session) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(Collection collection, engine->catalog().find_collection(session.collection));
  GROUNDS_ASSIGN_OR_RETURN(RebuildReport report,
                           rebuild(engine->workspace(), collection, engine->analyzer(), session.actor()));
  GROUNDS_RETURN_IF_ERROR(build_graphs(engine->workspace(), collection));
  if (session.json) {
    print_json({{"collection", collection.name},
                {"generation", report.generation},
                {"new_generation", report.new_generation},
                {"chunks", report.chunks},
                {"analyzer", engine->analyzer().identity()}});
  } else {
    print_line("rebuilt " + std::to_string(report.chunks) + " chunks" +
               (report.new_generation ? " as generation " + std::to_string(report.generation) +
                                            ": the analyzer is another one than before"
                                      : "; the generation stays " + std::to_string(report.generation)));
  }
  return kDone;
}

// What a token is, seen from its term.
std::string kind_of(const Token& token) {
  bool digits = false, letters = false, other = false, wide = false;
  for (unsigned char c : token.term) {
    if (c >= 0x80) wide = true;
    else if (c >= '0' && c <= '9') digits = true;
    else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) letters = true;
    else other = true;
  }
  if (other || (digits && (letters || wide))) return "identifier";
  if (digits) return "number";
  if (!wide) return "word";
  return token.term.size() >= 3 && static_cast<unsigned char>(token.term.front()) >= 0xE3 ? "cjk" : "word";
}

Result<int> analyze(Session& session, const Options& options) {
  GROUNDS_ASSIGN_OR_RETURN(auto analyzer, Analyzer::create());
  const std::vector<Token> tokens =
      options.query ? analyzer->analyze_query(options.text) : analyzer->analyze(options.text);
  if (session.json) {
    Json list = Json::array();
    for (const Token& each : tokens)
      list.push_back({{"term", each.term}, {"position", each.position}, {"begin", each.begin}, {"end", each.end}, {"kind", kind_of(each)}});
    print_json({{"analyzer", analyzer->identity()}, {"as", options.query ? "query" : "document"}, {"tokens", std::move(list)}});
    return kDone;
  }
  std::vector<std::vector<std::string>> rows{{"TERM", "KIND", "POSITION", "BYTES"}};
  for (const Token& each : tokens)
    rows.push_back({each.term, kind_of(each), std::to_string(each.position),
                    std::to_string(each.begin) + "-" + std::to_string(each.end)});
  print_line(tokens.empty() ? "no terms" : format_table(rows));
  return kDone;
}

}  // namespace

void add_index(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("index", "Look into the index of a collection, merge and rebuild it");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();
  auto add = [&](const char* name, const char* help, const char* example, auto action) {
    CLI::App* command = group->add_subcommand(name, help);
    command->footer(std::string("Example: ") + example);
    command->callback([&session, action] { session.command = [&session, action] { return action(session); }; });
    return command;
  };
  session.add_collection_option(*add("stats", "Show segments, bytes by kind, live and retired chunks, and generations",
                                     "grounds index stats -c handbook --json", show_stats));
  session.add_collection_option(*add("merge",
                                     "Prune old generations, merge all segments, and give disk space back",
                                     "grounds index merge -c handbook", merge));
  session.add_collection_option(*add("rebuild",
                                     "Analyse all texts again and write the segments anew; a new generation if this "
                                     "program's analyzer is another one",
                                     "grounds index rebuild -c handbook", rebuild_index));
  CLI::App* command = add("analyze", "Show the terms that a text is indexed under",
                          "grounds index analyze \"max_connections is 151\"",
                          [options](Session& each) { return analyze(each, *options); });
  command->add_option("TEXT", options->text)->required();
  command->add_flag("--query", options->query, "As a question, not as a document");
}

}  // namespace grounds::cli
