#include "cli/session.h"
#include "cli/terminal.h"

namespace grounds::cli {
namespace {

struct Options {
  std::string question, backend, prompt_template, as_of;
  bool require = false;
};

void print_answer(const Answer& answer) {
  print_line(answer.text.answer);
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
                 std::to_string(answer.retrieval_ms + answer.model_ms) + " ms"));
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
      GROUNDS_ASSIGN_OR_RETURN(Answer answer, engine->asker().ask(request));
      if (session.json) print_json(answer_view(answer));
      else print_answer(answer);
      return options->require && answer.text.verdict == Verdict::kNotFound ? kAnswerIsNo : kDone;
    };
  });
}

}  // namespace grounds::cli
