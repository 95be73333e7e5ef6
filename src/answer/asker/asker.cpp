#include "answer/asker/asker.h"

#include "answer/asker/asking.h"

namespace grounds {

Result<Answer> Asker::ask(const AskRequest& request, const AskObserver& observer) {
  return Asking(*this, request, observer).run();
}

Result<ModelAnswer> Asker::call_again(const AnswerInputs& inputs, std::vector<Attempt>& attempts) {
  if (inputs.model.kind == "extractive")
    return fail(ErrorCode::kUsage, "the answer came from the extractive backend, which is no model", "grounds replay ID compares it byte for byte");
  auto found = options_.backends.find(inputs.backend);
  if (found == options_.backends.end())
    return fail(ErrorCode::kUsage, "backend '" + inputs.backend + "' is not configured any more",
                "put [backends." + inputs.backend + "] back into grounds.toml");
  BackendSettings settings = found->second;
  if (settings.base_url != inputs.model.endpoint || settings.model != inputs.model.model)
    return fail(ErrorCode::kUsage, "backend '" + inputs.backend + "' is another one now: it was model " + inputs.model.model +
                                       " at " + inputs.model.endpoint,
                "configure it as it was");
  ModelQuestion question;
  question.prompt = inputs.prompt;
  question.parameters = inputs.model.parameters;
  return gateway_.ask(inputs.backend, settings, question, attempts);
}

Result<std::string> Asker::withdraw(const std::string& answer_id, const std::string& by) {
  GROUNDS_ASSIGN_OR_RETURN(RecordedAnswer recorded, ledger_.find(answer_id));
  std::string original = answer_id;
  if (recorded.closed) {
    const Json& body = recorded.closed->body;
    if (auto from = body.find("reused_from"); from != body.end() && from->is_string()) original = from->get<std::string>();
  }
  GROUNDS_ASSIGN_OR_RETURN(const bool reusable, reuse_.is_reusable(original));
  if (!reusable)
    return fail(ErrorCode::kUsage, "answer " + answer_id + " is not one that is reused, or is withdrawn already",
                "answers of a language model that are complete are reused");
  EntryContent opened, closed;
  opened.body = {{"event", "withdrawal"}, {"withdraws", original}, {"by", by}};
  opened.texts = {{"question", "(withdrawal of " + original + ")"}};
  closed.body = {{"event", "withdrawal"}, {"status", "withdrawal"}};
  // On record first: a withdrawal that took effect and is not on record could not be explained. Where the second step
  // fails the caller hears of it, and does it again.
  GROUNDS_RETURN_IF_ERROR(ledger_.append_complete(ledger_.new_answer_id(), std::move(opened), std::move(closed)));
  GROUNDS_RETURN_IF_ERROR(reuse_.withdraw(original, environment_.clock.now()));
  return original;
}

}  // namespace grounds
