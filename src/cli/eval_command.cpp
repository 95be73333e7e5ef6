#include <algorithm>
#include <cstdio>

#include "answer/extractive.h"
#include "answer/gate.h"
#include "base/canonical_json.h"
#include "cli/eval_commands.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "evaluation/answer_views.h"
#include "evaluation/evaluated_collection.h"
#include "evaluation/html_report.h"
#include "evaluation/query_results.h"
#include "evaluation/query_runner.h"
#include "evaluation/run_file.h"
#include "evaluation/views.h"

namespace grounds::cli {

std::string decimals(double value, int count) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", count, value);
  return text;
}

void print_findings(const Findings& findings) {
  for (const Finding& finding : findings.all())
    print_line(dim("input: " + std::to_string(finding.count) + " " + std::string(finding_meaning(finding.kind)) +
                   " (" + finding.example + ")"));
}

Result<std::vector<std::pair<std::string, std::string>>> parse_settings(const std::vector<std::string>& given) {
  std::vector<std::pair<std::string, std::string>> settings;
  for (const std::string& each : given) {
    std::size_t equals = each.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorCode::kUsage, "'" + each + "' is not key=value", "e.g. --set fusion.dense_weight=0.3");
    settings.emplace_back(each.substr(0, equals), each.substr(equals + 1));
  }
  return settings;
}

namespace {

struct Options {
  std::string beir, qrels, collection, model, mode = "hybrid";
  std::vector<std::string> settings;
  std::string run_out, queries_out, html_out, gate, features_out;
  bool per_query = false;
  std::string first, second;  // of `compare`, `score` and `answers`
  std::string backend;
};

using Row = std::vector<std::string>;

std::string signed_decimals(double value) { return (value < 0 ? "" : "+") + decimals(value); }

std::string interval_text(const Interval& interval) {
  return decimals(interval.low) + " to " + decimals(interval.high);
}

void print_summary(const Summary& summary) {
  std::vector<Row> rows{{"MEASURE", "MEAN", "95 % INTERVAL"}};
  for (Measure measure : kMeasures)
    rows.push_back({std::string(measure_name(measure)), decimals(summary.mean(measure)),
                    interval_text(summary.interval(measure))});
  print_line(format_table(rows));
}

void print_gate(const Gate& gate) {
  std::vector<Row> rows{{"GATE", "BASELINE", "NOW", "P", ""}};
  for (const GateMeasure& each : gate.measures)
    rows.push_back({std::string(measure_name(each.measure)), decimals(each.before), decimals(each.now),
                    each.p ? decimals(*each.p) : "-", each.dropped ? "dropped" : "holds"});
  print_line(format_table(rows));
}

Status write_output(const Session& session, const std::string& path, const std::string& content) {
  if (path.empty()) return {};
  return session.environment().file_system.write_durably(path, content);
}

Status init_workspace(const Session& session) {
  bool existed = false;
  GROUNDS_ASSIGN_OR_RETURN(auto workspace,
                           Workspace::init(session.environment(), session.workspace_directory(), &existed));
  GROUNDS_RETURN_IF_ERROR(Ledger::open(workspace->file_system(), workspace->ledger_path(), workspace->clock(),
                                       workspace->random()));
  if (!existed && !session.quiet) print_note("created workspace " + workspace->directory());
  return {};
}

Result<EvaluatedCollection> prepare(Session& session, Engine& engine, const Dataset& dataset,
                                    const EvaluatedCollectionOptions& options) {
  ProgressLine line(!session.quiet);
  return prepare_collection(engine, dataset, options, [&](const IngestProgress& progress) {
    line.show(progress.documents_done, progress.documents_total,
              "ingesting " + std::to_string(progress.documents_done) + "/" + std::to_string(progress.documents_total) +
                  " documents, " + std::to_string(progress.tokens) + " tokens");
    return !interrupted();
  });
}

Result<QueryRun> ask(Session& session, Engine& engine, const Dataset& dataset, const QueryRunOptions& options) {
  ProgressLine line(!session.quiet);
  return run_queries(engine.searcher(), engine.catalog(), dataset.queries, options,
                     [&](std::uint64_t done, std::uint64_t total) {
                       if (done % 16 == 0)
                         line.show(done, total, std::to_string(done) + "/" + std::to_string(total) + " queries");
                       return !interrupted();
                     });
}

double at_share(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

Result<int> run_beir(Session& session, const Options& options) {
  const FileSystem& files = session.environment().file_system;
  QueryRunOptions query_options;
  EvaluatedCollectionOptions collection_options;
  GROUNDS_ASSIGN_OR_RETURN(query_options.mode, parse_search_mode(options.mode));
  GROUNDS_ASSIGN_OR_RETURN(query_options.settings, parse_settings(options.settings));
  GROUNDS_RETURN_IF_ERROR(check_output(session, options.run_out));
  GROUNDS_RETURN_IF_ERROR(check_output(session, options.queries_out));
  GROUNDS_RETURN_IF_ERROR(check_output(session, options.html_out));
  std::optional<Baseline> baseline;
  if (!options.gate.empty()) {
    GROUNDS_ASSIGN_OR_RETURN(std::string text, files.read(options.gate));
    GROUNDS_ASSIGN_OR_RETURN(baseline, parse_baseline(text));
  }
  GROUNDS_ASSIGN_OR_RETURN(Dataset dataset, read_dataset(files, {options.beir, options.qrels}));
  const std::string name = collection_name_of(options.beir);
  collection_options.name = options.collection.empty() ? name : options.collection;
  collection_options.model = options.model;
  collection_options.settings = query_options.settings;
  collection_options.actor = session.actor();
  query_options.collection = collection_options.name;
  GROUNDS_ASSIGN_OR_RETURN(query_options.principal, session.principal());

  GROUNDS_RETURN_IF_ERROR(init_workspace(session));
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  watch_interrupts();
  GROUNDS_ASSIGN_OR_RETURN(EvaluatedCollection evaluated, prepare(session, *engine, dataset, collection_options));
  GROUNDS_ASSIGN_OR_RETURN(QueryRun run, ask(session, *engine, dataset, query_options));
  std::vector<QueryResult> results = evaluate_run(dataset.judgements, run.run);
  Summary summary = summarise(results);
  if (!options.run_out.empty()) {
    GROUNDS_ASSIGN_OR_RETURN(std::string text, format_run(run.run, "grounds-" + options.mode));
    GROUNDS_RETURN_IF_ERROR(write_output(session, options.run_out, text));
  }
  GROUNDS_RETURN_IF_ERROR(write_output(session, options.queries_out, format_query_results(results)));
  if (!options.html_out.empty()) {
    HtmlReport report{name + ", " + options.mode,
                      {{"documents", std::to_string(evaluated.collection.documents)},
                       {"chunks", std::to_string(evaluated.collection.chunks)},
                       {"queries", std::to_string(summary.queries)},
                       {"generation", std::to_string(run.generation)},
                       {"settings", run.settings.to_json()}},
                      dataset, run.run, results, summary};
    GROUNDS_RETURN_IF_ERROR(write_output(session, options.html_out, format_html(report)));
  }
  std::optional<Gate> gate;
  if (baseline) {
    GROUNDS_ASSIGN_OR_RETURN(gate, check_gate(*baseline, name, options.mode, results, summary));
  }
  const double p50 = at_share(run.milliseconds, 0.5), p99 = at_share(run.milliseconds, 0.99);
  if (session.json) {
    Json view = summary_view(summary);
    view["dataset"] = name;
    view["collection"] = evaluated.collection.name;
    view["mode"] = options.mode;
    view["generation"] = run.generation;
    view["depth"] = kEvaluationDepth;
    view["chunks"] = evaluated.collection.chunks;
    view["settings"] = run.settings.values();
    view["input"] = input_view(dataset);
    view["ingest"] = {{"added", evaluated.ingest.added}, {"unchanged", evaluated.ingest.unchanged},
                      {"updated", evaluated.ingest.updated}, {"seconds", evaluated.ingest.seconds}};
    view["query_ms"] = {{"p50", p50}, {"p99", p99}};
    if (options.per_query) view["per_query"] = per_query_view(results);
    if (gate) view["gate"] = gate_view(*gate);
    print_json(view);
  } else {
    print_line(bold(name) + ": " + std::to_string(summary.queries) + " queries over " +
               std::to_string(evaluated.collection.documents) + " documents (" +
               std::to_string(evaluated.collection.chunks) + " chunks), " + options.mode + ", generation " +
               std::to_string(run.generation));
    print_summary(summary);
    print_findings(dataset.findings);
    if (evaluated.ingest.added + evaluated.ingest.updated > 0)
      print_line(dim(std::to_string(evaluated.ingest.added + evaluated.ingest.updated) + " documents ingested in " +
                     decimals(evaluated.ingest.seconds, 1) + " s"));
    print_line(dim("a query took " + decimals(p50, 1) + " ms (median), " + decimals(p99, 1) + " ms (99 %)"));
    if (gate) print_gate(*gate);
  }
  return gate && !gate->passed ? kAnswerIsNo : kDone;
}

Result<int> run_score(Session& session, const Options& options) {
  const FileSystem& files = session.environment().file_system;
  GROUNDS_RETURN_IF_ERROR(check_output(session, options.queries_out));
  Findings findings;
  GROUNDS_ASSIGN_OR_RETURN(Judgements judgements, read_judgements(files, options.first, findings));
  GROUNDS_ASSIGN_OR_RETURN(Run run, read_run(files, options.second, findings));
  if (judgements.empty()) return fail(ErrorCode::kBadInput, options.first + " holds no judgements");
  for (const auto& [query, ranking] : run)
    if (!judgements.contains(query)) findings.add(FindingKind::kQueryWithoutJudgements, query);
  std::vector<QueryResult> results = evaluate_run(judgements, run);
  Summary summary = summarise(results);
  GROUNDS_RETURN_IF_ERROR(write_output(session, options.queries_out, format_query_results(results)));
  if (session.json) {
    Json view = summary_view(summary);
    view["input"] = {{"findings", findings_view(findings)}};
    if (options.per_query) view["per_query"] = per_query_view(results);
    print_json(view);
  } else {
    print_summary(summary);
    print_findings(findings);
  }
  return kDone;
}

Result<int> run_compare(Session& session, const Options& options) {
  const FileSystem& files = session.environment().file_system;
  GROUNDS_ASSIGN_OR_RETURN(std::vector<QueryResult> a, read_query_results(files, options.first));
  GROUNDS_ASSIGN_OR_RETURN(std::vector<QueryResult> b, read_query_results(files, options.second));
  GROUNDS_ASSIGN_OR_RETURN(Comparison comparison, compare_results(a, b));
  if (session.json) {
    print_json(comparison_view(comparison));
    return kDone;
  }
  std::vector<Row> rows{{"MEASURE", "A", "B", "B - A", "95 % INTERVAL", "P"}};
  for (const MeasureComparison& each : comparison.measures)
    rows.push_back({std::string(measure_name(each.measure)), decimals(each.a), decimals(each.b),
                    signed_decimals(each.test.difference), interval_text(each.test.ci95), decimals(each.test.p)});
  print_line(format_table(rows));
  print_line(dim(std::to_string(comparison.queries) + " queries in both; only in A: " +
                 std::to_string(comparison.only_in_a.size()) + ", only in B: " +
                 std::to_string(comparison.only_in_b.size())));
  return kDone;
}

std::string share_text(const Share& share) {
  std::string text = std::to_string(share.first) + " of " + std::to_string(share.second);
  if (share.second == 0) return text;
  return text + "  " + decimals(100.0 * static_cast<double>(share.first) / static_cast<double>(share.second), 1) + " %";
}

void print_answer_summary(const AnswerSummary& summary) {
  std::vector<Row> rows{{"ANSWERS", ""},
                        {"right", share_text(summary.right)},
                        {"hold an expected text", share_text(summary.contains)},
                        {"are an expected text", share_text(summary.exact)},
                        {"hold the expected amounts", share_text(summary.numeric)},
                        {"cite an expected document", share_text(summary.citation_recall)},
                        {"cited documents expected", share_text(summary.citation_precision)},
                        {"not found, and rightly", share_text(summary.abstained_rightly)},
                        {"not found, but it is there", share_text(summary.abstained_wrongly)}};
  for (Verdict verdict : kVerdicts)
    rows.push_back({"right if " + std::string(verdict_name(verdict)),
                    share_text(summary.by_verdict[static_cast<std::size_t>(verdict)])});
  print_line(format_table(rows));
}

// What the gate of the built-in backend saw, and whether a span holds the answer: what its weights are fitted to.
std::string features_line(const AnswerQuestion& question, const Answer& answer, const ClockInputs& clock, const Analyzer& analyzer) {
  Json spans = Json::array();
  for (SpanFeatures& each : span_features(question.question, answer.evidence, clock, analyzer)) {
    const EvidenceItem& item = answer.evidence.at(each.evidence - 1);
    const bool right = std::ranges::count(question.documents, item.uri) > 0;
    const bool holds = right && std::ranges::any_of(question.answers, [&](const std::string& text) { return item.text.find(text) != std::string::npos; });
    spans.push_back({{"evidence", each.evidence}, {"document", right}, {"holds", holds}, {"values", std::move(each.values)}});
  }
  return canonical_json({{"id", question.id}, {"question", question.question}, {"answerable", question.answerable},
                         {"features", kGateFeatures}, {"spans", std::move(spans)}}).value_or("");
}

Result<int> run_answers(Session& session, const Options& options) {
  GROUNDS_RETURN_IF_ERROR(check_output(session, options.features_out));
  Findings findings;
  GROUNDS_ASSIGN_OR_RETURN(auto questions,
                           read_answer_questions(session.environment().file_system, options.first, findings));
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  watch_interrupts();
  ProgressLine line(!session.quiet);
  std::uint64_t done = 0;
  std::string features;
  auto ask_one = [&](const AnswerQuestion& question) -> Result<GivenAnswer> {
    if (interrupted()) return fail(ErrorCode::kUnavailable, "interrupted; nothing was scored");
    line.show(done, questions.size(), std::to_string(done) + "/" + std::to_string(questions.size()) + " questions");
    ++done;
    AskRequest request;
    request.collection = options.collection.empty() ? session.collection : options.collection;
    request.question = question.question;
    request.backend = options.backend.empty() ? engine->configuration().backend : options.backend;
    request.principal = {"evaluation", question.groups, false, false};
    if (question.groups.empty()) request.principal.groups = {kEveryone};
    std::ranges::sort(request.principal.groups);
    GROUNDS_ASSIGN_OR_RETURN(Answer answer, engine->asker().ask(request));
    if (!options.features_out.empty())
      features += features_line(question, answer, {session.environment().clock.now(), session.environment().clock.zone()}, engine->searcher().analyzer()) + "\n";
    return GivenAnswer{answer.answer_id, std::move(answer.text)};
  };
  GROUNDS_ASSIGN_OR_RETURN(std::vector<ScoredAnswer> scores, score_questions(questions, ask_one));
  line.clear();
  GROUNDS_RETURN_IF_ERROR(write_output(session, options.features_out, features));
  AnswerSummary summary = summarise_answers(scores);
  if (session.json) {
    Json view = answer_summary_view(summary);
    view["input"] = {{"findings", findings_view(findings)}};
    if (options.per_query) view["answers"] = scored_answers_view(scores);
    print_json(view);
    return kDone;
  }
  print_answer_summary(summary);
  if (options.per_query)
    for (const ScoredAnswer& each : scores)
      if (!each.right()) print_line("wrong: " + each.id + " (" + std::string(verdict_name(each.verdict)) + "): " + shorten(each.answer, 120));
  print_findings(findings);
  return kDone;
}

}  // namespace

void add_eval(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* eval = app.add_subcommand("eval", "Measure how good the search is, on queries with known answers");
  eval->add_option("--beir", options->beir, "Folder with corpus.jsonl, queries.jsonl and qrels/test.tsv");
  eval->add_option("-c,--collection", options->collection, "Collection for the corpus (else named after the folder)");
  eval->add_option("--mode", options->mode, "hybrid, vector or lexical")->capture_default_str();
  eval->add_option("--qrels", options->qrels, "Other judgements than qrels/test.tsv, in BEIR or TREC form");
  eval->add_option("--model", options->model, "Embedding model of a new collection; none: lexical only");
  eval->add_option("--set", options->settings, "key=value: another setting for this run (may be repeated)")
      ->allow_extra_args(false);
  eval->add_option("--run-out", options->run_out, "Write the rankings in the form of TREC");
  eval->add_option("--html", options->html_out, "Write a page with plots and the queries that went worst");
  eval->add_option("--gate", options->gate, "Exit with 1 if a measure has dropped significantly against this output "
                                            "of --json --per-query");
  session.add_as_option(*eval);
  auto add_outputs = [&](CLI::App& command) {
    command.add_option("--queries-out", options->queries_out, "Write the measures by query, for `eval compare`");
    command.add_flag("--per-query", options->per_query, "Have the measures by query in --json, too");
  };
  add_outputs(*eval);
  eval->require_subcommand(0, 1);
  eval->footer(
      "Ingests the corpus into a collection of its own on first use, goes on where that was interrupted,\n"
      "and never scores a part of it. Measures are those of trec_eval; intervals are bootstrapped.");
  eval->callback([&session, options, eval] {
    if (!eval->get_subcommands().empty()) return;
    session.command = [&session, options]() -> Result<int> {
      if (options->beir.empty())
        return fail(ErrorCode::kUsage, "nothing to evaluate", "name a folder with --beir, or see: grounds eval --help");
      return run_beir(session, *options);
    };
  });

  CLI::App* answers = eval->add_subcommand("answers", "Ask questions whose answers are known, and score the answers");
  answers->add_option("FILE", options->first, "Questions as JSON Lines, as in samples/questions.jsonl")->required();
  answers->add_option("-c,--collection", options->collection, "Collection to ask (else default)");
  answers->add_option("--backend", options->backend, "Who answers (else answer.backend of grounds.toml)");
  answers->add_flag("--per-query", options->per_query, "Show the wrong answers; with --json all of them");
  answers->add_option("--features-out", options->features_out, "Write what the built-in backend's gate saw, for fit_answer_gate.py");
  answers->footer("Each answer is on record like any other. Questions with \"groups\" are asked by a member of these.");
  answers->callback([&session, options] {
    session.command = [&session, options] { return run_answers(session, *options); };
  });

  add_eval_pages(*eval, session);

  CLI::App* score = eval->add_subcommand("score", "Score a ranking made elsewhere");
  score->add_option("QRELS", options->first, "Judgements, in BEIR or TREC form")->required();
  score->add_option("RUN", options->second, "Rankings in the form of TREC")->required();
  add_outputs(*score);
  score->callback([&session, options] {
    session.command = [&session, options] { return run_score(session, *options); };
  });

  CLI::App* compare = eval->add_subcommand("compare", "Test whether two settings differ, query by query");
  compare->add_option("A", options->first, "Measures by query, written by --queries-out")->required();
  compare->add_option("B", options->second, "The same queries under another setting")->required();
  compare->callback([&session, options] {
    session.command = [&session, options] { return run_compare(session, *options); };
  });
}

}  // namespace grounds::cli
