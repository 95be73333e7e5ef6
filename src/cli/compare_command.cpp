#include <chrono>

#include "cli/ledger_commands.h"
#include "cli/other_build.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "ledger/compare/controls.h"
#include "server/compare_report.h"
#include "server/compare_views.h"

namespace grounds::cli {
namespace {

struct Options {
  std::string a, b, report, language = "en", expected, software;
  std::vector<std::string> sources;
  std::uint32_t controls = 0;
  bool check = false;
};

CompareServices services_of(Engine& engine) {
  return {engine.workspace(), engine.extracts(), engine.searcher()};
}

Result<Side> find_side(Engine& engine, const std::string& id) {
  GROUNDS_ASSIGN_OR_RETURN(RecordedAnswer recorded, engine.ledger().find(id));
  return read_side(recorded);
}

void print_documents(const Findings& found) {
  const bool any_decisive = !found.documents.empty() && found.documents.front().decisive;
  bool others = false;
  for (const DocumentFinding& document : found.documents) {
    if (any_decisive && !document.decisive && !others) {
      print_line("changed as well, and did not decide:");
      others = true;
    }
    const VersionFinding& last = document.b.generation > 0 ? document.b : document.a;
    print_line("  " + document.change + " " + bold(document.uri) + dim("  generation " + std::to_string(last.generation) + ", " +
                                                                     format_time(last.time) + ", by " + last.actor + ", job " + last.job));
    for (std::size_t at = 0; at < document.diff.size();) {
      const std::size_t end = std::min(document.diff.find('\n', at), document.diff.size());
      print_line("    " + document.diff.substr(at, end - at));
      at = end + 1;
    }
  }
  for (const PermissionFinding& each : found.permissions)
    print_line("  who may read " + bold(each.uri) + " changed in generation " + std::to_string(each.generation) + ", by " + each.actor);
  for (const KeyFinding& key : found.settings)
    print_line("  setting " + bold(key.key) + ": " + key.a + " -> " + key.b + (key.time > 0 ? dim("  " + format_time(key.time) + ", by " + key.actor) : ""));
  for (const KeyFinding& key : found.others)
    print_line("  " + bold(key.key) + ": " + shorten(key.a, 70) + " -> " + shorten(key.b, 70));
}

std::string shown_answer(const Side& side) { return side.status == "answered" ? side.answer : "(" + side.status + ")"; }

void print_sides(std::string_view what, const std::string& a, const std::string& b) {
  print_line("first " + std::string(what) + ": " + a);
  print_line("second " + std::string(what) + ": " + b);
}

void print_comparison(const Comparison& result) {
  auto name = [](const Side& side) { return side.answer_id.empty() ? std::string("today") : side.answer_id; };
  print_line(bold(name(result.a) + " and " + name(result.b)));
  const std::string &question_a = result.a.inputs.question, &question_b = result.b.inputs.question;
  if (question_a == question_b) print_line("question: " + question_a);
  else print_sides("question", question_a, question_b);
  if (result.same_answer) print_line("answer: " + shown_answer(result.a));
  else print_sides("answer", shown_answer(result.a), shown_answer(result.b));
  const bool asked = result.b.status != kNotAsked;
  print_line(std::string("answers: ") + (!asked ? "not compared, no model was asked" : result.same_answer ? "the same" : result.same_claims ? "different words, the same claims" : "different") +
             "; prompts: " + (result.same_prompt ? "the same" : "different"));
  if (!result.same_prompt) {
    const std::string causes = join_causes(result.prompt_causes);
    print_line("the prompts differ because of: " + bold(causes.empty() ? "undecidable" : causes) + " (" + std::string(basis_name(result.prompt_basis)) + ")");
  }
  if (!asked) {
    print_line(result.reason.english);
    print_line("what would decide it: " + result.decided_by.english);
  } else if (!result.same_answer) {
    print_line("the answers differ because of: " + bold(join_causes(result.answer_causes)) + " (" + std::string(basis_name(result.basis)) + "): " + result.reason.english);
    if (!result.decided_by.empty()) print_line("what would decide it: " + result.decided_by.english);
    print_line("party: " + bold(result.party));
  }
  print_documents(result.evidence);
  for (const std::string& detail : result.details) print_line("- " + detail);
}

Json runs_view(const ControlRuns& runs) {
  return {{"asked", runs.asked}, {"failed", runs.failed}, {"distinct_answers", runs.answers.size()}, {"distinct_claims", runs.claims.size()}};
}

// Asks both prompts again. A backend that is gone leaves the comparison as it was, with the reason.
Result<Json> run_both_controls(Engine& engine, Comparison& result, std::uint32_t times) {
  auto a = run_controls(engine.asker(), result.a.inputs, times);
  auto b = a ? run_controls(engine.asker(), result.b.inputs, times) : a;
  if (!b) {
    result.details.push_back("no controls: " + b.error().message);
    return Json{{"error", b.error().message}};
  }
  decide_by_controls(result, *a, *b, engine.configuration().parties);
  return Json{{"a", runs_view(*a)}, {"b", runs_view(*b)}};
}

// Replays both with another build. Where it gives the recorded prompts and this one does not, the two answers still came
// of one software: it is what this program cannot replay them for, and no cause of their difference. That build is asked
// for the causes.
Result<Json> replay_with_other_build(const Session& session, Comparison& result, const std::string& binary) {
  Json views = Json::object();
  bool all = true;
  for (auto [name, side] : {std::pair{"a", &result.a}, {"b", &result.b}}) {
    if (side->answer_id.empty()) continue;  // today's: nothing is recorded of it
    GROUNDS_ASSIGN_OR_RETURN(views[name], replay_with(session, binary, side->answer_id));
    all = all && is_identical(views[name]);
  }
  const bool differs = result.baseline_a == Sameness::kDifferent || result.baseline_b == Sameness::kDifferent;
  if (!all || !differs) return views;
  result.details.push_back(binary + " gives what is recorded: only this program's replay is changed by software; compare with that build");
  if (!result.b.answer_id.empty()) {
    GROUNDS_ASSIGN_OR_RETURN(views["comparison"], compare_with(session, binary, result.a.answer_id, result.b.answer_id));
  }
  return views;
}

// Prints; with `report` also writes the page. `check`: exit code 1 where the answers differ.
Result<int> show(Session& session, Engine& engine, Side a, Side b, const Options& options) {
  const auto started = std::chrono::steady_clock::now();
  GROUNDS_ASSIGN_OR_RETURN(Principal viewer, session.principal());
  GROUNDS_ASSIGN_OR_RETURN(Comparison result, compare_answers(services_of(engine), std::move(a), std::move(b),
                                                              {engine.configuration().parties, viewer}));
  Json controls;
  if (options.controls > 0) {
    GROUNDS_ASSIGN_OR_RETURN(controls, run_both_controls(engine, result, options.controls));
  }
  Json other_build;
  if (!options.software.empty()) {
    GROUNDS_ASSIGN_OR_RETURN(other_build, replay_with_other_build(session, result, options.software));
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started).count();
  Json view = comparison_view(result, took);
  if (!controls.is_null()) view["controls"] = std::move(controls);
  if (!other_build.is_null()) view["software"] = other_build;
  if (!options.report.empty()) {
    GROUNDS_RETURN_IF_ERROR(session.environment().file_system.write_durably(options.report, comparison_page(view, options.language)));
    view["report"] = options.report;
  }
  if (session.json) print_json(view);
  else print_comparison(result);
  if (!session.json && !other_build.is_null()) {
    for (const auto& [name, each] : other_build.items()) {
      if (name == "comparison") print_other_comparison(each);
      else print_other_build(each);
    }
  }
  if (!options.report.empty() && !session.quiet) print_note("report: " + options.report);
  return options.check && !result.same_answer ? kAnswerIsNo : kDone;
}

Result<int> compare(Session& session, const Options& options) {
  GROUNDS_RETURN_IF_ERROR(check_output(session, options.report));
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(Side a, find_side(*engine, options.a));
  GROUNDS_ASSIGN_OR_RETURN(Side b, find_side(*engine, options.b));
  return show(session, *engine, std::move(a), std::move(b), options);
}

Result<int> explain(Session& session, const Options& options) {
  if (!options.report.empty() && !options.expected.empty())
    return fail(ErrorCode::kUsage, "--report and --expected cannot be combined", "the report compares an answer with another, or with today");
  if (!options.software.empty() && !options.expected.empty())
    return fail(ErrorCode::kUsage, "--software and --expected cannot be combined", "grounds replay ID --software BINARY replays with another build");
  GROUNDS_RETURN_IF_ERROR(check_output(session, options.report));
  if (!options.sources.empty() && options.expected.empty())
    return fail(ErrorCode::kUsage, "--source goes with --expected", "grounds explain ID --expected TEXT --source FOLDER");
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(Side side, find_side(*engine, options.a));
  const CompareServices services = services_of(*engine);
  if (options.expected.empty()) {
    const Clock& clock = engine->workspace().clock();
    GROUNDS_ASSIGN_OR_RETURN(Side today, side_of_today(services, side, {clock.now(), clock.zone()}));
    return show(session, *engine, std::move(side), std::move(today), options);
  }
  GROUNDS_ASSIGN_OR_RETURN(ExpectedResult result, explain_expected(services, side, options.expected, {options.sources}));
  if (session.json) {
    print_json(expected_view(result, side.answer_id));
    return kDone;
  }
  print_line(bold(std::string(stage_name(result.stage))) + (result.uri.empty() ? "" : "  " + result.uri));
  for (const auto& [key, value] : result.where) print_line("  " + key + ": " + value);
  if (result.rank) print_line("  rank: " + std::to_string(*result.rank));
  print_line(result.hint);
  return kDone;
}

}  // namespace

void add_compare(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto add_report = [&](CLI::App& command) {
    command.add_option("--report", options->report, "Also write a page (HTML, one file) that says it to a manager");
    command.add_option("--software", options->software, "Also replay with this other build of grounds");
    command.add_option("--lang", options->language, "Language of the page: en or zh")->check(CLI::IsMember({"en", "zh"}))->capture_default_str();
  };
  CLI::App* compare_command = app.add_subcommand("compare", "Say why two recorded answers differ, and how far that is proven");
  compare_command->add_option("ID1", options->a, "Answer id")->required();
  compare_command->add_option("ID2", options->b, "Answer id")->required();
  compare_command->add_flag("--check", options->check, "Exit with 1 if the answers differ");
  compare_command->add_option("--controls", options->controls, "Put both prompts to their models again, so many times each")->check(CLI::Range(1, 1000));
  add_report(*compare_command);
  compare_command->footer(
      "Prompt causes are proven: each recorded prompt is assembled again, then with every set of inputs taken from\n"
      "the other answer; a set that gives the other prompt byte for byte is a cause. Without --controls no model is called.\n"
      "Example: grounds compare 01K... 01K... --report why.html   (ids: grounds answers list)");
  compare_command->callback([&session, options] {
    session.command = [&session, options] { return compare(session, *options); };
  });

  CLI::App* explain_command = app.add_subcommand("explain", "Compare an answer with today, or say where an expected statement was lost");
  explain_command->add_option("ID", options->a, "Answer id")->required();
  explain_command->add_option("--expected", options->expected, "What the answer should have said");
  explain_command->add_option("--source", options->sources, "Folder or file to look into (else those that were ingested; may be repeated)")->allow_extra_args(false);
  add_report(*explain_command);
  explain_command->footer("Example: grounds explain 01K... --expected \"1,577 units\"");
  explain_command->callback([&session, options] {
    session.command = [&session, options] { return explain(session, *options); };
  });
}

}  // namespace grounds::cli
