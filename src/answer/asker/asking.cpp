#include "answer/asker/asking.h"

#include <algorithm>
#include <chrono>

#include "answer/asker/verdict.h"
#include "answer/backends/chat_reply.h"
#include "answer/backends/openai.h"
#include "answer/checks.h"
#include "answer/extractive.h"
#include "answer/figures.h"
#include "answer/gate.h"
#include "answer/question.h"
#include "base/log.h"
#include "base/utf8.h"

namespace grounds {
namespace {

using Steady = std::chrono::steady_clock;

std::int64_t since(Steady::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - start).count();
}

std::string withheld_text(std::string_view language) {
  return language == "zh" ? "该回答未能得到所引文档的完全支持，按规定不予显示。"
                          : "The answer is withheld: the documents it cites do not bear it out entirely.";
}

Samples read_samples(const Json& closed) {
  auto found = closed.find("samples");
  if (found == closed.end() || !found->is_object()) return {};
  return {found->value("wanted", 0), found->value("taken", 0), found->value("agreeing", 0)};
}

std::string backend_names(const std::map<std::string, BackendSettings>& backends) {
  std::string names = "extractive";
  for (const auto& [name, settings] : backends) names += ", " + name;
  return names;
}

}  // namespace

Status Asking::choose() {
  GROUNDS_RETURN_IF_ERROR(check_question(request_.question));
  std::size_t bytes = 0;
  for (const Message& message : request_.messages) {
    if (message.role != "user" && message.role != "assistant" && message.role != "system")
      return fail(ErrorCode::kUsage, "the role of a message must be user, assistant or system");
    if (!is_valid_utf8(message.content)) return fail(ErrorCode::kUsage, "a message is not UTF-8");
    bytes += message.content.size();
  }
  if (bytes > 4 * kMaxQuestionBytes)
    return fail(ErrorCode::kUsage, "the conversation is over " + std::to_string(4 * kMaxQuestionBytes) + " bytes",
                "leave out what is long past");
  inputs_.gate = kGateVersion;
  BackendInputs& model = inputs_.model;
  model.name = inputs_.backend = request_.backend;
  if (request_.backend != "extractive") {
    auto found = asker_.options_.backends.find(request_.backend);
    if (found == asker_.options_.backends.end())
      return fail(ErrorCode::kNotFound, "no backend '" + short_text(request_.backend, 100) + "'",
                  "backends: " + backend_names(asker_.options_.backends) + "; [backends.NAME] of grounds.toml adds one");
    backend_ = &found->second;
    model.kind = backend_->kind;
    model.endpoint = backend_->base_url;
    model.model = backend_->model;
    model.parameters = request_parameters(*backend_, request_.temperature);
    model.timeout_seconds = backend_->timeout_seconds;
    model.fallback = backend_->fallback;
  } else {
    model.parameters = {{"gate", kGateVersion}};
  }
  GROUNDS_ASSIGN_OR_RETURN(template_, asker_.templates_.find(request_.prompt_template, question_language(request_.question)));
  inputs_.template_id = template_.id();
  bool built_in = false;
  for (const PromptTemplate& each : built_in_templates()) built_in |= each.id() == inputs_.template_id;
  if (!built_in) inputs_.template_text = template_.text;
  inputs_.collection = request_.collection;
  inputs_.principal = request_.principal;
  inputs_.clock = {asker_.environment_.clock.now(), asker_.environment_.clock.zone()};
  inputs_.question = request_.question;
  inputs_.messages = request_.messages;
  inputs_.fresh = request_.fresh;
  inputs_.reuse = backend_ != nullptr && asker_.options_.reuse && !request_.fresh;
  inputs_.policy = asker_.options_.policy;
  inputs_.job = request_.job;
  inputs_.key = request_.key;
  return {};
}

Status Asking::retrieve() {
  Searcher& searcher = asker_.searcher_;
  const UnixMillis started = inputs_.clock.now;
  GROUNDS_ASSIGN_OR_RETURN(auto snapshot, searcher.snapshot(request_.collection, request_.principal, request_.as_of));
  answer_.generation = inputs_.generation = snapshot->generation;
  inputs_.collection = snapshot->collection.name;
  inputs_.collection_id = snapshot->collection.id;
  inputs_.access_generation = snapshot->access_generation;
  inputs_.settings_version = snapshot->collection.settings_version;
  inputs_.graphs = snapshot->graph_hashes();
  GROUNDS_ASSIGN_OR_RETURN(inputs_.query, searcher.prepare(*snapshot, request_.question, SearchMode::kHybrid));
  for (const Snapshot::SpaceViews& views : snapshot->spaces) {
    if (!inputs_.query.codes.contains(views.space.fingerprint)) continue;
    GROUNDS_ASSIGN_OR_RETURN(auto encoder, searcher.encoders().get(views.space.identity));
    inputs_.models[views.space.fingerprint] = {views.space.identity, encoder->runtime().to_json()};
  }
  GROUNDS_ASSIGN_OR_RETURN(Assembly assembly, assemble(searcher, *snapshot, inputs_.query, request_.question, template_,
                                                       inputs_.clock, history_text(inputs_.messages)));
  inputs_.evidence_json = evidence_to_json(assembly.evidence);
  inputs_.prompt = std::move(assembly.prompt);
  answer_.evidence = std::move(assembly.evidence);
  outcome_.retrieval_ms = asker_.environment_.clock.now() - started;
  return {};
}

Result<Answer> Asking::run() {
  GROUNDS_RETURN_IF_ERROR(choose());
  Status retrieved = retrieve();
  // A document may be erased between the ranking and the reading of it: a new snapshot is without it.
  if (!retrieved && retrieved.error().code == ErrorCode::kUnavailable) retrieved = retrieve();
  if (!retrieved) {
    // Nothing was asked of a collection that is not there.
    if (retrieved.error().code == ErrorCode::kNotFound) return fail(std::move(retrieved).error());
    return record_failure(retrieved.error());
  }
  const UnixMillis before = asker_.environment_.clock.now();
  extractive_ = extractive_answer(request_.question, answer_.evidence, inputs_.clock, asker_.searcher_.analyzer(), {});
  if (backend_ == nullptr) {
    settle_extractive("");
    outcome_.model_ms = asker_.environment_.clock.now() - before;
    return finish_complete();
  }
  if (extractive_.verdict == Verdict::kNotFound) {
    // Too weak to answer from: a model could only make something up.
    settle_extractive("weak_evidence");
    outcome_.by = {inputs_.backend, inputs_.model.kind, inputs_.model.endpoint, inputs_.model.model, "", "", false, "weak_evidence"};
    return finish_complete();
  }
  return answer_by_model();
}

void Asking::settle_extractive(const std::string& reason) {
  outcome_.text = extractive_;
  outcome_.backend_verdict = extractive_.verdict;
  outcome_.check_verdict = apply_checks(outcome_.text, request_.question, answer_.evidence, asker_.searcher_.analyzer());
  outcome_.by = {"extractive", "extractive", "", "", "", "", backend_ != nullptr, reason};
}

Result<Answer> Asking::answer_by_model() {
  // The question's time is for its canaries, too; half of it they leave to the answer.
  const auto before = Steady::now();
  auto watched = asker_.canaries_.look(inputs_.backend, *backend_, false, {observer_.cancelled, std::int64_t{backend_->timeout_seconds} * 500});
  spent_ms_ = since(before);
  if (watched) {
    inputs_.epoch = watched->epoch;
    epoch_since_ = watched->since;
  } else {
    // Which answers are this model's is not known: none is given again.
    log_warning("the canaries of backend " + inputs_.backend + ": " + watched.error().message);
    inputs_.reuse = false;
  }
  const std::string key =
      reuse_key(request_bytes(inputs_.model.model, inputs_.prompt, inputs_.model.parameters), answer_.evidence,
                inputs_.model.endpoint, inputs_.model.model, canonical_text(inputs_.model.parameters));
  if (!inputs_.reuse) return call(key);
  for (int round = 0; round < 2; ++round) {
    GROUNDS_ASSIGN_OR_RETURN(std::optional<Answer> reused, reuse(key));
    if (reused) return std::move(*reused);
    // Who has waited for another's answer, and cannot use it, asks for himself.
    if (round == 1) break;
    bool first = false;
    std::shared_ptr<Flights::Flight> flight = asker_.flights_.join(key, &first);
    if (first) {
      // Whatever becomes of the call, those who wait for it are let go, and the next one may fly.
      struct Landing {
        Flights& flights;
        Flights::Flight& flight;
        const std::string& key;
        std::optional<Error> error = Error{ErrorCode::kInternal, "the question broke off", ""};
        ~Landing() {
          flights.leave(key);
          flight.land(std::move(error));
        }
      } landing{asker_.flights_, *flight, key};
      Result<Answer> answer = call(key);
      landing.error = answer ? std::nullopt : std::optional<Error>(answer.error());
      return answer;
    }
    if (!flight->wait(observer_.cancelled)) return record_failure({ErrorCode::kRefused, "cancelled: whoever asked has gone", ""});
    // Whoever asked first may have gone away; that concerns nobody else.
    if (auto error = flight->error(); error && error->code != ErrorCode::kRefused) return record_failure(*error);
  }
  return call(key);
}

Result<std::optional<Answer>> Asking::reuse(const std::string& key) {
  const UnixMillis now = asker_.environment_.clock.now();
  auto id = asker_.reuse_.find(key, std::max(now - asker_.options_.reuse_max_age_ms, epoch_since_));
  // The index can be lost without harm: then the model is asked.
  if (!id || !*id) return std::optional<Answer>();
  auto recorded = asker_.ledger_.find(**id);
  if (!recorded || !recorded->closed) return std::optional<Answer>();
  auto text = read_response(*recorded);
  if (!text) return std::optional<Answer>();
  const Json& body = recorded->closed->body;
  const Json by = body.value("answered_by", Json::object());
  outcome_.samples = read_samples(body);
  outcome_.backend_verdict = outcome_.samples.disagree() ? Verdict::kPartly : Verdict::kSupported;
  outcome_.text = {text->answer, outcome_.backend_verdict, {}, {}};
  outcome_.check_verdict = apply_checks(outcome_.text, request_.question, answer_.evidence, asker_.searcher_.analyzer());
  const auto member = [&](const char* name) {
    return by.contains(name) && by.at(name).is_string() ? by.at(name).get<std::string>() : std::string();
  };
  outcome_.by = {member("backend"), member("kind"), member("endpoint"), member("model"), member("reported_model"),
                 member("fingerprint"), false, ""};
  outcome_.finish_reason = body.contains("finish_reason") && body.at("finish_reason").is_string() ? body.at("finish_reason").get<std::string>() : "";
  outcome_.reused_from = **id;
  outcome_.model_ms = 0;
  GROUNDS_ASSIGN_OR_RETURN(Answer answer, finish_complete());
  return std::optional<Answer>(std::move(answer));
}

Result<Answer> Asking::call(const std::string& key) {
  const std::string id = asker_.ledger_.new_answer_id();
  const UnixMillis started = asker_.environment_.clock.now();
  // Law 7: whatever happens from here on, that it was asked is on record.
  auto opened = asker_.ledger_.append_opened(id, opened_entry(inputs_));
  if (!opened) return fail(unrecorded(opened.error()));
  bool answered = false;
  // An exception must not leave the record open: the answer would look interrupted for ever.
  try {
    show_evidence(id);
    answered = ask_chain();
    if (answered) apply_policy();
  } catch (const std::exception& exception) {
    answered = false;
    error_ = Error{ErrorCode::kInternal, std::string("the question broke off: ") + short_text(exception.what()), ""};
  }
  outcome_.model_ms = asker_.environment_.clock.now() - started;
  if (!answered) {
    outcome_.status = "failed";
    outcome_.error = error_code_name(error_->code);
    outcome_.error_message = error_->message;
  }
  auto closed = asker_.ledger_.append_closed(id, closed_entry(outcome_));
  if (!closed) return fail(unrecorded(closed.error()));
  if (!answered) {
    Error error = *error_;
    error.hint = "on record as " + id + (error.hint.empty() ? "" : "; " + error.hint);
    return fail(std::move(error));
  }
  // By the time it was asked: an answer that was under way when an epoch began is of the one before.
  if (may_be_reused()) (void)asker_.reuse_.add(key, id, opened->time);  // an index: without it the model is asked again
  return shown(id);
}

// Only what is complete, from the backend asked for, and what most samples say.
bool Asking::may_be_reused() const {
  if (outcome_.by.fallback || outcome_.finish_reason != "stop") return false;
  return !wants_samples_ || (outcome_.samples.taken > 0 && outcome_.samples.settled() && !shown_early_);
}

bool Asking::ask_chain() {
  if (ask_one(inputs_.backend, *backend_)) return true;
  for (const std::string& name : backend_->fallback) {
    if (has_streamed_ || gone_) return false;
    if (name == "extractive") {
      settle_extractive(failure_);
      return true;
    }
    auto found = asker_.options_.backends.find(name);
    if (found != asker_.options_.backends.end() && ask_one(name, found->second)) return true;
  }
  return false;
}

bool Asking::ask_one(const std::string& name, const BackendSettings& settings) {
  ModelQuestion question;
  question.prompt = inputs_.prompt;
  question.parameters = name == inputs_.backend ? inputs_.model.parameters : request_parameters(settings, request_.temperature);
  question.cancelled = observer_.cancelled;
  // What samples will be taken of cannot be shown before: most of them may say something else.
  const bool buffered = withholds() || (inputs_.reuse && samples() && asks_for_figures());
  if (observer_.on_delta && !buffered)
    question.on_delta = [this](std::string_view piece) {
      has_streamed_ = true;
      return observer_.on_delta(piece);
    };
  const auto before = Steady::now();
  if (name == inputs_.backend) question.spent_ms = spent_ms_;
  auto answer = asker_.gateway_.ask(name, settings, question, outcome_.attempts);
  if (name == inputs_.backend) spent_ms_ += since(before);
  if (answer) {
    if (name == inputs_.backend) take_samples(std::move(*answer));
    else settle_model(name, settings, std::move(*answer));
    return true;
  }
  // A budget that is used up is refused, too, but somebody waits for the answer still.
  gone_ = answer.error().code == ErrorCode::kRefused && outcome_.attempts.back().outcome != "over_budget";
  if (!error_ || gone_) {
    error_ = answer.error();
    failure_ = name + ": " + (outcome_.attempts.empty() ? "" : outcome_.attempts.back().outcome);
  }
  return false;
}

bool Asking::samples() const {
  const Json& parameters = inputs_.model.parameters;
  auto temperature = parameters.find("temperature");
  // Servers that are not told sample.
  return asker_.options_.numeric_samples > 1 && (temperature == parameters.end() || !temperature->is_number() || temperature->get<double>() > 0);
}

bool Asking::asks_for_figures() const {
  // What the documents say to it, quoted, tells more than the words of the question.
  if (!figures_of(extractive_.answer).empty()) return true;
  const Question question = analyse_question(request_.question, inputs_.clock, asker_.searcher_.analyzer());
  switch (question.asked) {
    case Asked::kDate:
    case Asked::kCount:
    case Asked::kAmount:
    case Asked::kDuration: return true;
    default: return question.aggregate || question.money || question.computed || !question.unit.empty();
  }
}

void Asking::take_samples(ModelAnswer first) {
  wants_samples_ = samples() && first.finish_reason == "stop" && !figures_of(first.text).empty();
  // An answer that nobody will be given again is one sample, and says what it says.
  if (!wants_samples_ || !inputs_.reuse) return settle_model(inputs_.backend, *backend_, std::move(first));
  std::vector<ModelAnswer> answers{std::move(first)};
  std::vector<std::string> texts{answers.front().text};
  // Whoever asked waits for them all, and no longer than for one answer.
  for (int sample = 2; sample <= asker_.options_.numeric_samples && spent_ms_ < std::int64_t{backend_->timeout_seconds} * 1000; ++sample) {
    ModelQuestion question;
    question.prompt = inputs_.prompt;
    question.parameters = inputs_.model.parameters;
    question.cancelled = observer_.cancelled;
    question.spent_ms = spent_ms_;
    const std::size_t before = outcome_.attempts.size();
    const auto start = Steady::now();
    auto answer = asker_.gateway_.ask(inputs_.backend, *backend_, question, outcome_.attempts);
    spent_ms_ += since(start);
    for (std::size_t i = before; i < outcome_.attempts.size(); ++i) outcome_.attempts[i].sample = sample;
    if (!answer || !answer->complete()) break;  // what there is has to do; it is not given again
    texts.push_back(answer->text);
    answers.push_back(std::move(*answer));
  }
  const Vote result = vote(texts);
  outcome_.samples = {asker_.options_.numeric_samples, static_cast<int>(texts.size()), result.agreeing};
  shown_early_ = has_streamed_ && result.chosen != 0;
  // What was shown is what was answered.
  if (shown_early_) outcome_.samples.agreeing = result.with_first;
  settle_model(inputs_.backend, *backend_, std::move(answers[shown_early_ ? 0 : result.chosen]));
}

void Asking::settle_model(const std::string& name, const BackendSettings& settings, ModelAnswer answer) {
  outcome_.text = {std::move(answer.text), Verdict::kSupported, {}, {}};
  // A cut answer may have lost what mattered, and one of several that differ may be any of them.
  if (answer.finish_reason != "stop" || outcome_.samples.disagree()) outcome_.text.verdict = Verdict::kPartly;
  outcome_.backend_verdict = outcome_.text.verdict;
  outcome_.check_verdict = apply_checks(outcome_.text, request_.question, answer_.evidence, asker_.searcher_.analyzer());
  const bool fallback = name != inputs_.backend;
  outcome_.by = {name, settings.kind, settings.base_url, settings.model, answer.model, answer.fingerprint, fallback,
                 fallback ? failure_ : ""};
  outcome_.finish_reason = answer.finish_reason;
  outcome_.usage = std::move(answer.usage);
}

Result<Answer> Asking::finish_complete() {
  apply_policy();
  const std::string id = asker_.ledger_.new_answer_id();
  auto recorded = asker_.ledger_.append_complete(id, opened_entry(inputs_), closed_entry(outcome_));
  if (!recorded) return fail(unrecorded(recorded.error()));
  show_evidence(id);
  return shown(id);
}

Result<Answer> Asking::record_failure(const Error& error) {
  outcome_.status = "failed";
  outcome_.error = error_code_name(error.code);
  outcome_.error_message = error.message;
  const std::string id = asker_.ledger_.new_answer_id();
  auto recorded = asker_.ledger_.append_complete(id, opened_entry(inputs_), closed_entry(outcome_));
  if (!recorded) return fail(unrecorded(recorded.error()));
  return fail(error);
}

void Asking::apply_policy() {
  const Verdict verdict = outcome_.text.verdict;
  // What claims nothing is shown only if it is this program's own or the agreed phrase, whatever the checks made of it.
  const bool nothing_found = verdict == Verdict::kNotFound && (says_not_found(outcome_.text.answer) || outcome_.text.answer == extractive_.answer);
  outcome_.withheld = withholds() && verdict != Verdict::kSupported && !nothing_found;
}

Error Asking::unrecorded(const Error& error) const {
  return {ErrorCode::kUnavailable, "the answer could not be recorded and is withheld: " + error.message,
          error.hint.empty() ? "free space on the disk that holds the ledger, then ask again" : error.hint};
}

void Asking::show_evidence(const std::string& id) {
  if (observer_.on_evidence) observer_.on_evidence(id, answer_.evidence);
}

Result<Answer> Asking::shown(const std::string& id) {
  answer_.answer_id = id;
  answer_.text = outcome_.text;
  answer_.backend = outcome_.by.backend;
  answer_.model = outcome_.by.reported_model.empty() ? outcome_.by.model : outcome_.by.reported_model;
  answer_.backend_reason = outcome_.by.reason;
  answer_.fallback = outcome_.by.fallback;
  answer_.reused = !outcome_.reused_from.empty();
  answer_.reused_from = outcome_.reused_from;
  answer_.finish_reason = outcome_.finish_reason;
  answer_.usage = outcome_.usage;
  answer_.samples = outcome_.samples;
  answer_.effective_query = inputs_.query.text;
  answer_.template_id = inputs_.template_id;
  answer_.retrieval_ms = outcome_.retrieval_ms;
  answer_.model_ms = outcome_.model_ms;
  answer_.withheld = outcome_.withheld;
  if (answer_.withheld) {
    answer_.text.answer = withheld_text(template_.language);
    answer_.text.citations.clear();
    answer_.text.unsupported.clear();
  }
  if (observer_.on_delta && !has_streamed_) observer_.on_delta(answer_.text.answer);
  return std::move(answer_);
}

}  // namespace grounds
