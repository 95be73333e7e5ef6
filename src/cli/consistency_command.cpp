#include <chrono>
#include <cstdio>
#include <map>
#include <set>
#include <thread>

#include "base/utf8.h"
#include "cli/ledger_commands.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "ledger/compare/controls.h"
#include "server/compare_views.h"

namespace grounds::cli {
namespace {

constexpr std::uint64_t kMaxListBytes = 64ull << 20;

struct Options {
  std::string question, backend, watch, baseline;
  std::uint32_t times = 10;
  std::uint32_t every = 0;  // seconds
  bool fresh = false, update = false;
};

Result<AskRequest> request_of(Session& session, Engine& engine, const Options& options, const std::string& question) {
  GROUNDS_RETURN_IF_ERROR(check_question(question));
  AskRequest request;
  request.collection = session.collection;
  request.question = question;
  request.backend = options.backend.empty() ? engine.configuration().backend : options.backend;
  request.fresh = options.fresh;
  GROUNDS_ASSIGN_OR_RETURN(request.principal, session.principal());
  return request;
}

// The claims of an answer as one text: two answers with the same one say the same.
std::string key_of(const AnswerText& text) {
  return (text.verdict == Verdict::kNotFound ? "not found\n" : "") + claims_key(text.answer);
}

std::string prompt_of(Engine& engine, const std::string& answer_id) {
  auto recorded = engine.ledger().find(answer_id);
  if (!recorded) return {};
  auto prompt = recorded->texts.find("prompt");
  return prompt == recorded->texts.end() ? std::string() : prompt->second;
}

// Asks again and again, and says how many different answers came.
Result<int> ask_repeatedly(Session& session, const Options& options) {
  GROUNDS_RETURN_IF_ERROR(check_question(options.question));
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(AskRequest request, request_of(session, *engine, options, options.question));
  struct Group { std::string answer_id; std::uint64_t count = 0; };
  std::map<std::string, Group> groups;
  std::set<std::string> evidence, prompts, claims;
  ProgressLine progress(!session.quiet);
  for (std::uint32_t i = 0; i < options.times; ++i) {
    GROUNDS_ASSIGN_OR_RETURN(Answer answer, engine->asker().ask(request));
    Group& group = groups[answer.text.answer];
    if (group.count++ == 0) group.answer_id = answer.answer_id;
    evidence.insert(evidence_to_json(answer.evidence));
    prompts.insert(prompt_of(*engine, answer.answer_id));
    claims.insert(key_of(answer.text));
    progress.show(i + 1, options.times, std::to_string(i + 1) + " of " + std::to_string(options.times));
  }
  progress.clear();
  Json answers = Json::array();
  for (const auto& [text, group] : groups)
    answers.push_back({{"answer_id", group.answer_id}, {"count", group.count}, {"answer", text}});
  if (session.json) {
    print_json({{"asked", options.times}, {"distinct_answers", groups.size()}, {"distinct_claims", claims.size()},
                {"retrieval_identical", evidence.size() == 1}, {"prompt_identical", prompts.size() == 1},
                {"answers", std::move(answers)}});
  } else {
    print_line("asked " + std::to_string(options.times) + " times: " + std::to_string(groups.size()) +
               " distinct answer(s), " + std::to_string(claims.size()) + " distinct claim(s), evidence " +
               (evidence.size() == 1 ? "identical" : "different") + ", prompts " + (prompts.size() == 1 ? "identical" : "different"));
    for (const auto& [text, group] : groups)
      print_line(std::to_string(group.count) + "x " + shorten(text, 160) + dim("  " + group.answer_id));
  }
  return groups.size() == 1 ? kDone : kAnswerIsNo;
}

// Questions, one a line: as it stands, or a JSON object with "question". Blank lines and # are passed over.
Result<std::vector<std::string>> read_questions(const Session& session, const std::string& path) {
  GROUNDS_ASSIGN_OR_RETURN(std::string text, session.environment().file_system.read(path, kMaxListBytes));
  std::vector<std::string> questions;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line(trim(std::string_view(text).substr(at, end - at)));
    at = end + 1;
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    std::string question = line;
    if (line.starts_with('{')) {
      auto json = parse_json(line);
      if (!json || !json->contains("question") || !json->at("question").is_string())
        return fail(ErrorCode::kBadInput, path + ", line " + std::to_string(number) + " is no object with \"question\"");
      question = json->at("question").get<std::string>();
    }
    if (auto good = check_question(question); !good) return fail(std::move(good).error().in(path + ", line " + std::to_string(number)));
    questions.push_back(std::move(question));
  }
  if (questions.empty()) return fail(ErrorCode::kBadInput, path + " holds no question", "write one a line");
  return questions;
}

struct Watched {
  std::string answer_id, answer, claims;
};
using Baseline = std::map<std::string, Watched>;  // by question

Result<Baseline> read_baseline(const Session& session, const std::string& path) {
  GROUNDS_ASSIGN_OR_RETURN(std::string text, session.environment().file_system.read(path, kMaxListBytes));
  auto json = parse_json(text);
  Baseline baseline;
  try {
    if (!json) return fail(ErrorCode::kBadInput, path + ": " + json.error().message);
    for (const Json& each : json->at("questions"))
      baseline[each.at("question")] = {each.at("answer_id"), each.at("answer"), each.at("claims")};
  } catch (const Json::exception&) {
    return fail(ErrorCode::kBadInput, path + " is no baseline", "let grounds consistency --watch write it: name a file that is not there");
  }
  return baseline;
}

Status write_baseline(const Session& session, const std::string& path, const Baseline& baseline) {
  Json questions = Json::array();
  for (const auto& [question, watched] : baseline)
    questions.push_back({{"question", question}, {"answer_id", watched.answer_id}, {"answer", watched.answer}, {"claims", watched.claims}});
  return session.environment().file_system.write_durably(path, Json{{"questions", std::move(questions)}}.dump(1) + "\n");
}

// Why a watched answer changed; null where the earlier one is not in this ledger.
Json why(Session& session, Engine& engine, const std::string& before, const std::string& after) {
  auto recorded_a = engine.ledger().find(before), recorded_b = engine.ledger().find(after);
  if (!recorded_a || !recorded_b) return nullptr;
  auto a = read_side(*recorded_a), b = read_side(*recorded_b);
  auto viewer = session.principal();
  if (!a || !b || !viewer) return nullptr;
  auto comparison = compare_answers({engine.workspace(), engine.extracts(), engine.searcher()}, std::move(*a), std::move(*b),
                                    {engine.configuration().parties, *viewer});
  return comparison ? comparison_view(*comparison, 0) : Json(nullptr);
}

struct Round {
  bool changed = false, failed = false;
};

// One round over the list. A question that fails is named and the others are asked; no baseline with gaps is written.
Result<Round> watch_once(Session& session, Engine& engine, const Options& options, const std::vector<std::string>& questions) {
  const bool compare = !options.update && session.environment().file_system.status(options.baseline).has_value();
  Baseline baseline;
  if (compare) {
    GROUNDS_ASSIGN_OR_RETURN(baseline, read_baseline(session, options.baseline));
  }
  Baseline now;
  Json changed = Json::array(), fresh = Json::array(), failed = Json::array();
  std::size_t asked = 0;
  ProgressLine progress(!session.quiet);
  for (const std::string& question : questions) {
    GROUNDS_ASSIGN_OR_RETURN(AskRequest request, request_of(session, engine, options, question));
    auto answer = engine.asker().ask(request);
    ++asked;
    progress.show(asked, questions.size(), std::to_string(asked) + " of " + std::to_string(questions.size()));
    if (!answer) {
      // Nobody answers a question that is wrong in itself, or of a collection that is not there: no round is of use.
      const ErrorCode code = answer.error().code;
      if (code == ErrorCode::kUsage || code == ErrorCode::kNotFound) return fail(std::move(answer).error());
      failed.push_back({{"question", question}, {"error", answer.error().message}});
      continue;
    }
    const Watched& watched = now[question] = {answer->answer_id, answer->text.answer, key_of(answer->text)};
    auto before = baseline.find(question);
    if (compare && before == baseline.end()) fresh.push_back(question);
    if (before == baseline.end() || before->second.claims == watched.claims) continue;
    Json comparison = why(session, engine, before->second.answer_id, watched.answer_id);
    // The lists of claims are compared as they stand; a comparison also sees that one answer bears out the other's.
    if (comparison.is_object() && comparison["same_claims"] == true) continue;
    changed.push_back({{"question", question},
                       {"before", {{"answer_id", before->second.answer_id}, {"answer", before->second.answer}}},
                       {"after", {{"answer_id", watched.answer_id}, {"answer", watched.answer}}},
                       {"comparison", std::move(comparison)}});
  }
  progress.clear();
  const bool written = !compare && failed.empty();
  if (written) GROUNDS_RETURN_IF_ERROR(write_baseline(session, options.baseline, now));
  const Round round{!changed.empty(), !failed.empty()};
  if (session.json) {
    print_json({{"asked", questions.size()}, {"changed", std::move(changed)}, {"not_in_baseline", std::move(fresh)},
                {"failed", std::move(failed)}, {"baseline", options.baseline}, {"baseline_written", written}});
    return round;
  }
  for (const Json& each : changed) {
    print_line(bold(each["question"].get<std::string>()));
    print_line("  - " + shorten(each["before"]["answer"].get<std::string>(), 160));
    print_line("  + " + shorten(each["after"]["answer"].get<std::string>(), 160));
    if (const Json& comparison = each["comparison"]; comparison.is_object())
      print_line("  because of " + join_causes(comparison["answer_causes"].get<std::vector<std::vector<std::string>>>()) + " (" + comparison["basis"].get<std::string>() +
                 "), party " + comparison["party"].get<std::string>());
  }
  print_line(std::to_string(questions.size()) + " questions, " + std::to_string(changed.size()) + " with changed claims" +
             (failed.empty() ? "" : ", " + std::to_string(failed.size()) + " failed") +
             (compare ? "" : written ? "; baseline written to " + options.baseline : "; no baseline written"));
  for (const Json& each : failed)
    print_note("not answered: " + each["question"].get<std::string>() + ": " + each["error"].get<std::string>());
  return round;
}

Result<int> watch(Session& session, const Options& options) {
  if (options.baseline.empty())
    return fail(ErrorCode::kUsage, "--watch needs --baseline FILE", "the file is written if it is not there yet");
  GROUNDS_RETURN_IF_ERROR(check_output(session, options.baseline));
  GROUNDS_ASSIGN_OR_RETURN(std::vector<std::string> questions, read_questions(session, options.watch));
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  watch_interrupts();
  bool changed = false, failed = false;
  do {
    GROUNDS_ASSIGN_OR_RETURN(const Round round, watch_once(session, *engine, options, questions));
    changed |= round.changed;
    failed |= round.failed;
    std::fflush(stdout);  // who reads along learns of a round when it is over
    for (std::uint32_t waited = 0; waited < options.every * 10 && !interrupted(); ++waited)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
  } while (options.every > 0 && !interrupted());
  if (changed) return kAnswerIsNo;
  return failed ? exit_code(ErrorCode::kUnavailable) : kDone;
}

}  // namespace

void add_consistency(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("consistency", "Ask a question several times, or watch a list of questions for changed answers");
  session.add_collection_option(*command);
  session.add_as_option(*command);
  CLI::Option* question = command->add_option("QUESTION", options->question);
  command->add_option("-n", options->times, "How many times")->check(CLI::Range(1, 1000))->capture_default_str();
  command->add_option("--backend", options->backend, "Who answers (else answer.backend of grounds.toml)");
  command->add_flag("--fresh", options->fresh, "Do not reuse recorded answers");
  CLI::Option* list = command->add_option("--watch", options->watch, "File of questions, one a line (text, or JSON with \"question\")")->excludes(question);
  command->add_option("--baseline", options->baseline, "Answers to hold them against; written if not there")->needs(list);
  command->add_flag("--update", options->update, "Take today's answers as the new baseline")->needs(list);
  command->add_option("--every", options->every, "Again after so many seconds, until Ctrl-C")->needs(list)->check(CLI::Range(1, 1'000'000));
  command->footer(
      "Exits with 1 if answers differ; with --watch, if what an answer claims differs from the baseline,\n"
      "else with 7 if a question could not be answered.\n"
      "Example: grounds consistency --watch questions.txt --baseline answers.json");
  command->callback([&session, options] {
    session.command = [&session, options]() -> Result<int> {
      if (!options->watch.empty()) return watch(session, *options);
      if (options->question.empty()) return fail(ErrorCode::kUsage, "the question is empty", "grounds consistency \"QUESTION\" -n 10, or --watch FILE");
      return ask_repeatedly(session, *options);
    };
  });
}

}  // namespace grounds::cli
