#include "cli/session.h"
#include "cli/terminal.h"

namespace grounds::cli {
namespace {

struct Options {
  std::string question, backend, prompt_template, as_of, messages;
  double temperature = -1;
  bool require = false, fresh = false;
};

// [{"role": "user", "content": "..."}, ...]: the conversation before the question.
Result<std::vector<Message>> read_messages(const Session& session, const std::string& path) {
  std::vector<Message> messages;
  if (path.empty()) return messages;
  GROUNDS_ASSIGN_OR_RETURN(std::string text, session.environment().file_system.read(path, 1 << 20));
  auto json = parse_json(text);
  if (!json) return fail(ErrorCode::kUsage, path + " is not JSON: " + json.error().message);
  return parse_messages(*json);
}

// Pieces of an answer as they come, for a person who watches.
class Live {
 public:
  AskObserver observer() {
    AskObserver observer;
    observer.cancelled = [] { return interrupted(); };
    if (stdout_is_terminal())
      observer.on_delta = [this](std::string_view piece) {
        print_piece(piece);
        printed_ = true;
        return !interrupted();
      };
    return observer;
  }
  bool printed() const { return printed_; }

 private:
  bool printed_ = false;
};

void print_answer(const Answer& answer, bool text_is_there) {
  print_line(text_is_there ? std::string() : answer.text.answer);
  if (!answer.text.citations.empty()) print_line("");
  for (const Citation& citation : answer.text.citations) {
    std::string where = citation.uri;
    if (citation.page > 0) where += ", page " + std::to_string(citation.page);
    print_line(citation.marker + " " + bold(where) + dim("  bytes " + std::to_string(citation.begin) + "-" +
                                                         std::to_string(citation.end)));
    print_line("    " + shorten(citation.quote, 200));
  }
  print_line("");
  print_line(dim("answer " + answer.answer_id + " · " + std::string(verdict_name(answer.text.verdict)) +
                 " · generation " + std::to_string(answer.generation) + " · " + answer.backend + " · " +
                 std::to_string(answer.retrieval_ms + answer.model_ms) + " ms" +
                 (answer.reused ? " · reuses " + answer.reused_from : "")));
  if (answer.fallback) print_note("answered by " + answer.backend + " in place of the backend asked for (" + answer.backend_reason + ")");
  if (answer.samples.disagree())
    print_note("asked " + std::to_string(answer.samples.taken) + " times, the model gave these numbers " + std::to_string(answer.samples.agreeing) + " times");
  if (answer.finish_reason == "length") print_note("the model stopped at its limit: the answer is cut short");
  if (answer.finish_reason == "content_filter") print_note("the model's content filter cut the answer");
  for (const std::string& each : answer.text.unsupported) print_note("not borne out by the documents: " + shorten(each, 160));
}

}  // namespace

void add_ask(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("ask", "Answer a question from the documents, with citations, on record");
  auto options = std::make_shared<Options>();
  session.add_collection_option(*command);
  session.add_as_option(*command);
  command->add_option("QUESTION", options->question)->required();
  command->add_option("--backend", options->backend, "Who answers (else answer.backend of grounds.toml)");
  command->add_option("--template", options->prompt_template, "Prompt template, NAME or NAME@VERSION");
  command->add_option("--as-of", options->as_of, "A generation, a date or a time: answer from what was there then");
  command->add_option("--messages", options->messages, "The conversation so far: a file with [{\"role\",\"content\"}]");
  command->add_option("--temperature", options->temperature, "For a language model; else its backend's setting")->check(CLI::Range(0.0, 2.0));
  command->add_flag("--fresh", options->fresh, "Ask anew, though an equal question has an answer on record");
  command->footer("Example: grounds ask 'How many days of leave do I have?' --backend local --fresh");
  command->add_flag("--require", options->require, "Exit with 1 if the documents do not say");
  command->callback([&session, options] {
    session.command = [&session, options]() -> Result<int> {
      AskRequest request;
      request.collection = session.collection;
      request.question = options->question;
      request.prompt_template = options->prompt_template;
      GROUNDS_RETURN_IF_ERROR(check_question(request.question));
      GROUNDS_ASSIGN_OR_RETURN(request.as_of, parse_as_of(options->as_of));
      GROUNDS_ASSIGN_OR_RETURN(request.principal, session.principal());
      GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
      request.backend = options->backend.empty() ? engine->configuration().backend : options->backend;
      request.fresh = options->fresh;
      if (options->temperature >= 0) request.temperature = options->temperature;
      GROUNDS_ASSIGN_OR_RETURN(request.messages, read_messages(session, options->messages));
      watch_interrupts();
      Live live;
      GROUNDS_ASSIGN_OR_RETURN(Answer answer, engine->asker().ask(request, session.json ? AskObserver{{}, {}, [] { return interrupted(); }}
                                                                                        : live.observer()));
      if (session.json) print_json(answer_view(answer));
      else print_answer(answer, live.printed());
      return options->require && answer.text.verdict == Verdict::kNotFound ? kAnswerIsNo : kDone;
    };
  });
}

}  // namespace grounds::cli
