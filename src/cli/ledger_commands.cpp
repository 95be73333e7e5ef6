#include "cli/other_build.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "engine/doctor.h"
#include "engine/timestamp.h"
#include "ledger/compare/controls.h"
#include "ledger/signed_head.h"

namespace grounds::cli {
namespace {

struct Options {
  std::string id, head_file, software;
  bool segments = false;
  std::int64_t limit = 50;
  std::uint32_t times = 0;
  ExportOptions exported;
};

// The recorded prompt put to its model again.
Result<Json> replay_model(Engine& engine, const std::string& id, std::uint32_t times) {
  GROUNDS_ASSIGN_OR_RETURN(RecordedAnswer recorded, engine.ledger().find(id));
  GROUNDS_ASSIGN_OR_RETURN(AnswerInputs inputs, read_inputs(recorded));
  GROUNDS_ASSIGN_OR_RETURN(ControlRuns runs, run_controls(engine.asker(), inputs, times));
  auto response = read_response(recorded);
  const bool known = response.has_value();
  return Json{{"runs", runs.asked},
              {"failed", runs.failed},
              {"distinct", runs.answers.size()},
              {"distinct_claims", runs.claims.size()},
              {"matches_recorded", known ? Json(runs.answers.contains(response->answer)) : Json(nullptr)},
              {"claims_match_recorded", known ? Json(runs.claims.contains(claims_key(response->answer))) : Json(nullptr)}};
}

Result<int> replay_answer(Session& session, const Options& options) {
  const std::string& id = options.id;
  const std::uint32_t times = options.times;
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(ReplayResult result, engine->replay(id));
  Json view = replay_view(result);
  if (times > 0) {
    GROUNDS_ASSIGN_OR_RETURN(view["model"], replay_model(*engine, id, times));
  }
  if (!options.software.empty()) {
    GROUNDS_ASSIGN_OR_RETURN(view["software"], replay_with(session, options.software, id));
  }
  if (session.json) {
    print_json(view);
    return kDone;
  }
  std::vector<std::vector<std::string>> rows;
  for (auto [name, value] : {std::pair{"retrieval", result.retrieval}, {"prompt", result.prompt},
                             {"embedding", result.embedding}, {"analysis", result.analysis},
                             {"answer", result.answer}})
    rows.push_back({name, std::string(sameness_name(value))});
  print_line(bold("answer " + result.answer_id));
  print_line(format_table(rows));
  for (const std::string& detail : result.details) print_line("- " + detail);
  if (view.contains("model")) print_fields(view["model"]);
  if (view.contains("software")) print_other_build(view["software"]);
  return kDone;
}

Result<int> list_answers(Session& session, std::int64_t limit) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(auto answers, engine->ledger().list(limit));
  if (session.json) {
    Json views = Json::array();
    for (const auto& each : answers)
      views.push_back({{"answer_id", each.answer_id}, {"time", format_time(each.time)}, {"question", each.question},
                       {"closed", each.closed}});
    print_json({{"answers", std::move(views)}});
    return kDone;
  }
  std::vector<std::vector<std::string>> rows{{"ANSWER", "TIME", "STATE", "QUESTION"}};
  for (const auto& each : answers)
    rows.push_back({each.answer_id, format_time(each.time), each.closed ? "closed" : "interrupted",
                    shorten(each.question, 80)});
  print_line(answers.empty() ? "no answers yet" : format_table(rows));
  return kDone;
}

Result<int> show_answer(Session& session, const std::string& id) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(RecordedAnswer recorded, engine->ledger().find(id));
  Json view = record_view(recorded);
  if (session.json) print_json(view);
  else print_line(view.dump(2));
  return kDone;
}

Result<std::optional<LedgerHead>> read_head(const Session& session, const std::string& path) {
  if (path.empty()) return std::nullopt;
  GROUNDS_ASSIGN_OR_RETURN(std::string text, session.environment().file_system.read(path, 1 << 20));
  auto head = parse_signed_head(text);
  if (!head) return fail(std::move(head).error().in(path));
  return LedgerHead{head->head, head->records, head->time};
}

Result<int> anchor_ledger(Session& session) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(SignedHead head, engine->ledger().anchor());
  GROUNDS_ASSIGN_OR_RETURN(Json json, stamped_head(*engine, head));
  print_json(json);
  if (!session.quiet && stderr_is_terminal())
    print_note("keep this line outside of this machine; grounds verify --head FILE compares the ledger with it");
  return kDone;
}

Status write_line(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  if (std::fputc('\n', stdout) == EOF) return fail(ErrorCode::kUnavailable, "cannot write to standard output");
  return {};
}

Result<int> export_ledger(Session& session, const ExportOptions& options) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  // The last line is the head, which may get a time stamp before it is printed.
  std::string held;
  GROUNDS_ASSIGN_OR_RETURN(SignedHead head, engine->ledger().export_records(options, [&](std::string_view line) -> Status {
    if (!held.empty()) GROUNDS_RETURN_IF_ERROR(write_line(held));
    held = line;
    return {};
  }));
  auto stamped = stamped_head(*engine, head);
  if (stamped) {
    GROUNDS_ASSIGN_OR_RETURN(held, canonical_json(*stamped));
  }
  GROUNDS_RETURN_IF_ERROR(write_line(held));
  if (!stamped) return fail(std::move(stamped).error());
  return kDone;
}

Result<int> verify_ledger(Session& session, const std::string& head_file, bool segments) {
  GROUNDS_ASSIGN_OR_RETURN(std::optional<LedgerHead> head, read_head(session, head_file));
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(VerifyResult result, engine->ledger().verify(head));
  if (segments) {  // what doctor finds of the files that answers were made from
    GROUNDS_ASSIGN_OR_RETURN(const DoctorReport report, examine(*engine, false));
    for (const DoctorFinding& finding : report.findings) {
      if (finding.severity != "damage" || finding.subject.starts_with("ledger record")) continue;
      result.problems.push_back({0, "data", finding.subject + ": " + finding.detail});
      ++result.problem_count;
    }
  }
  const bool chain_stands = result.ok;
  result.ok = result.ok && result.problem_count == 0;
  if (session.json) {
    print_json(verify_view(result));
  } else {
    for (const LedgerProblem& problem : result.problems)
      print_line((problem.record > 0 ? "record " + std::to_string(problem.record) + ": " + problem.kind : "damaged") + ": " + problem.detail);
    print_line((chain_stands ? "the chain of " : "damaged: the chain of ") + std::to_string(result.records) +
               " records " + (chain_stands ? "verifies; head " + result.head : "does not verify"));
    if (result.unanchored_since)
      print_line("no head kept elsewhere covers what was recorded since " + format_time(*result.unanchored_since) +
                 "; grounds anchor makes one");
  }
  return result.ok ? kDone : kAnswerIsNo;
}

}  // namespace

void add_ledger_commands(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* replay = app.add_subcommand("replay", "Do an answer's retrieval and prompt again and compare every byte");
  replay->add_option("ID", options->id, "Answer id")->required();
  replay->add_option("--model", options->times, "Also put the recorded prompt to its model again, so many times")->check(CLI::Range(1, 1000));
  replay->add_option("--software", options->software, "Also replay it with this other build of grounds");
  replay->footer("Example: grounds replay 01K... --model 5   (ids: grounds answers list)");
  replay->callback([&session, options] {
    session.command = [&session, options] { return replay_answer(session, *options); };
  });

  CLI::App* answers = app.add_subcommand("answers", "List and show recorded answers");
  answers->require_subcommand(1);
  CLI::App* list = answers->add_subcommand("list", "List answers, newest first");
  list->add_option("--limit", options->limit, "Most answers to list")->check(CLI::PositiveNumber)->capture_default_str();
  list->callback([&session, options] {
    session.command = [&session, options] { return list_answers(session, options->limit); };
  });
  CLI::App* show = answers->add_subcommand("show", "Show the record of one answer");
  show->add_option("ID", options->id, "Answer id")->required();
  show->callback([&session, options] {
    session.command = [&session, options] { return show_answer(session, options->id); };
  });

  CLI::App* verify = app.add_subcommand("verify", "Recompute the ledger's chain and commitments");
  verify->add_option("--head", options->head_file, "Also check that the chain contains this head, kept elsewhere");
  verify->add_flag("--segments", options->segments, "Also check every byte of the data that answers are replayed from, as doctor does");
  verify->callback([&session, options] {
    session.command = [&session, options] { return verify_ledger(session, options->head_file, options->segments); };
  });

  app.add_subcommand("anchor", "Sign the head of the ledger, to be kept elsewhere")->callback([&session] {
    session.command = [&session] { return anchor_ledger(session); };
  });
  CLI::App* exported = app.add_subcommand("export", "Print all records as JSON Lines, the signed head last");
  exported->add_option("--since", options->exported.after_record, "Leave out the records up to this number")
      ->check(CLI::NonNegativeNumber);
  exported->add_flag("!--no-texts", options->exported.texts, "Leave out questions, prompts and answers");
  exported->footer("samples/verify_export.py checks such a file without this program.");
  exported->callback([&session, options] {
    session.command = [&session, options] { return export_ledger(session, options->exported); };
  });
}

}  // namespace grounds::cli
