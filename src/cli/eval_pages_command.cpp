// `grounds eval pages`: whether the page that answers a question is among what a search finds.
#include <algorithm>

#include "cli/eval_commands.h"
#include "cli/terminal.h"
#include "evaluation/page_questions.h"
#include "evaluation/views.h"
#include "retrieval/searcher.h"

namespace grounds::cli {
namespace {

struct Options {
  std::string questions, evidence, collection, mode = "hybrid";
  std::vector<std::string> settings;
  std::uint32_t k = 10;
  bool per_query = false;
};

// Evidence in documents that the collection does not hold can never be found: that is said.
Status check_documents(Engine& engine, const std::string& name, const std::vector<PageQuestion>& questions,
                       const Principal& principal, Findings& findings) {
  GROUNDS_ASSIGN_OR_RETURN(Collection collection, engine.catalog().find_collection(name));
  GROUNDS_ASSIGN_OR_RETURN(auto documents, engine.catalog().list_documents(collection, principal));
  std::uint64_t known = 0;
  for (const PageQuestion& question : questions)
    for (const EvidencePage& page : question.pages) {
      bool found = std::ranges::any_of(documents, [&](const DocumentVersion& d) { return is_document(d.uri, page.document); });
      if (found) ++known;
      else findings.add(FindingKind::kUnknownDocument, page.document + ", evidence for " + question.id);
    }
  if (known > 0) return {};
  return fail(ErrorCode::kBadInput, "collection " + name + " holds none of the documents with evidence; nothing was scored",
              "ingest them first, e.g.: grounds ingest -c " + name + " pdfs/");
}

Result<int> run_pages(Session& session, const Options& options) {
  const std::string collection = options.collection.empty() ? session.collection : options.collection;
  GROUNDS_ASSIGN_OR_RETURN(SearchMode mode, parse_search_mode(options.mode));
  GROUNDS_ASSIGN_OR_RETURN(auto changes, parse_settings(options.settings));
  GROUNDS_ASSIGN_OR_RETURN(Principal principal, session.principal());
  Findings findings;
  GROUNDS_ASSIGN_OR_RETURN(
      std::vector<PageQuestion> questions,
      read_page_questions(session.environment().file_system, options.questions, options.evidence, findings));
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_RETURN_IF_ERROR(check_documents(*engine, collection, questions, principal, findings));
  GROUNDS_ASSIGN_OR_RETURN(auto snapshot, engine->searcher().snapshot(collection, principal, AsOf{}));
  Settings settings = snapshot->collection.settings;
  for (const auto& [key, value] : changes) GROUNDS_RETURN_IF_ERROR(settings.set(key, value));

  watch_interrupts();
  ProgressLine line(!session.quiet);
  std::vector<PageResult> results;
  for (const PageQuestion& question : questions) {
    if (interrupted()) return fail(ErrorCode::kUnavailable, "interrupted; nothing was scored");
    line.show(results.size(), questions.size(),
              std::to_string(results.size()) + "/" + std::to_string(questions.size()) + " questions");
    GROUNDS_ASSIGN_OR_RETURN(Query query, engine->searcher().prepare(*snapshot, question.text, mode));
    query.settings = settings;
    GROUNDS_ASSIGN_OR_RETURN(auto hits, engine->searcher().hits(*snapshot, query, options.k));
    std::vector<FoundPages> found;
    for (const SearchHit& hit : hits) found.push_back({hit.chunk.uri, hit.chunk.page_from, hit.chunk.page_to});
    results.push_back(score_pages(question, found));
  }
  line.clear();
  PageSummary summary = summarise_pages(results);
  if (session.json) {
    Json view = page_summary_view(summary);
    view["k"] = options.k;
    view["mode"] = options.mode;
    view["collection"] = collection;
    view["generation"] = snapshot->generation;
    view["settings"] = settings.values();
    view["input"] = {{"findings", findings_view(findings)}};
    if (options.per_query) view["per_query"] = page_results_view(results);
    print_json(view);
    return kDone;
  }
  const double count = static_cast<double>(summary.queries);
  auto row = [&](const char* name, std::uint64_t hits, const Interval* interval) -> std::vector<std::string> {
    return {name, std::to_string(hits) + " of " + std::to_string(summary.queries),
            decimals(static_cast<double>(hits) / count),
            interval ? decimals(interval->low) + " to " + decimals(interval->high) : ""};
  };
  const std::string within = " within " + std::to_string(options.k);
  print_line(format_table({{"QUESTIONS WITH", "", "SHARE", "95 % INTERVAL"},
                           row(("a page of the evidence" + within).c_str(), summary.pages, &summary.pages_ci95),
                           row(("its document" + within).c_str(), summary.documents, &summary.documents_ci95),
                           row("its document first", summary.documents_first, nullptr)}));
  print_line("mean of 1 / rank of the first page of the evidence: " + decimals(summary.page_mrr));
  if (options.per_query)
    for (const PageResult& each : results)
      if (!each.page_rank)
        print_line("missed: " + each.query + (each.document_rank ? " (document at " + std::to_string(*each.document_rank) + ")"
                                                                 : std::string(" (document, too)")));
  print_findings(findings);
  return kDone;
}

}  // namespace

void add_eval_pages(CLI::App& eval, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* pages = eval.add_subcommand("pages", "See whether searches find the pages that answer questions");
  pages->add_option("QUESTIONS", options->questions, "JSON Lines with \"_id\" and \"text\"")->required();
  pages->add_option("EVIDENCE", options->evidence,
                    "Tab-separated, with a header: query-id, doc_name, and page (from 1) or page_index0 (from 0)")
      ->required();
  pages->add_option("-c,--collection", options->collection, "Collection to search (else default)");
  pages->add_option("-k", options->k, "Results looked at for each question")->capture_default_str()->check(CLI::Range(1, 1000));
  pages->add_option("--mode", options->mode, "hybrid, vector or lexical")->capture_default_str();
  pages->add_option("--set", options->settings, "key=value: another setting for this run (may be repeated)")
      ->allow_extra_args(false);
  pages->add_flag("--per-query", options->per_query, "Show the questions whose page was missed; with --json all of them");
  session.add_as_option(*pages);
  pages->footer(
      "A document is named by its URI, or by its file's name with or without the extension.\n"
      "Example: grounds ingest -c reports pdfs/ && grounds eval pages -c reports questions.jsonl evidence.tsv");
  pages->callback([&session, options] {
    session.command = [&session, options] { return run_pages(session, *options); };
  });
}

}  // namespace grounds::cli
