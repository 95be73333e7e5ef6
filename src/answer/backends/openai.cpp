#include "answer/backends/openai.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

#include "answer/backends/chat_reply.h"
#include "answer/backends/event_stream.h"
#include "answer/backends/http_call.h"
#include "answer/backends/reasoning.h"

namespace grounds {
namespace {

using Steady = std::chrono::steady_clock;

// Headers by which a vendor finds a call, or which say why it was refused. No cookies, no tokens.
constexpr auto kKeptHeaders = std::to_array<std::string_view>(
    {"content-type", "date", "retry-after", "x-request-id", "request-id", "x-correlation-id", "cf-ray", "openai-model",
     "openai-processing-ms", "openai-version", "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
     "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ds-trace-id", "x-dashscope-request-id"});
constexpr auto kRequestIds = std::to_array<std::string_view>(
    {"x-request-id", "request-id", "x-dashscope-request-id", "x-ds-trace-id", "x-correlation-id", "cf-ray"});

void keep_headers(const HttpReply& reply, const std::string& key, Attempt& attempt) {
  for (std::string_view name : kKeptHeaders) {
    auto found = reply.headers.find(std::string(name));
    if (found == reply.headers.end()) continue;
    std::string value = found->second;
    attempt.redacted |= redact(value, key);
    attempt.headers[found->first] = short_text(value);
  }
  for (std::string_view name : kRequestIds) {
    auto found = attempt.headers.find(std::string(name));
    if (found != attempt.headers.end() && attempt.vendor_request_id.empty()) attempt.vendor_request_id = found->second;
  }
}

Json request_json(const std::string& model, const std::string& prompt, const Json& parameters) {
  Json request = parameters;
  request["model"] = model;
  const Json message = {{"role", "user"}, {"content", prompt}};
  request["messages"] = Json::array({message});
  return request;
}

// One call and what it came to.
class Call {
 public:
  Call(const std::string& name, const BackendSettings& settings, const ModelQuestion& question, const std::string& key,
       Attempt& attempt)
      : name_(name), settings_(settings), question_(question), key_(key), attempt_(attempt) {}

  Result<ModelAnswer> run(const Endpoint& endpoint, std::int64_t time_left_ms) {
    HttpCall call;
    call.endpoint = endpoint;
    call.path = "/chat/completions";
    call.body = body();
    call.bearer = key_;
    call.timeout_ms = time_left_ms;
    call.connect_timeout_ms = std::int64_t{settings_.connect_timeout_seconds} * 1000;
    if (question_.on_delta && settings_.first_token_timeout_seconds > 0) {
      call.first_token_timeout_ms = std::int64_t{settings_.first_token_timeout_seconds} * 1000;
      call.has_first_token = [this] { return has_first_token_.load(); };
    }
    call.max_response_bytes = static_cast<std::size_t>(settings_.max_response_bytes);
    call.cancelled = question_.cancelled;
    if (question_.on_delta) call.on_bytes = [this](std::string_view bytes) { return take_stream(bytes); };
    attempt_.request = call.body;
    HttpReply reply = post_json(call);
    attempt_.sent = reply.sent;
    attempt_.status = reply.status;
    attempt_.latency_ms = reply.latency_ms;
    attempt_.first_byte_ms = reply.first_byte_ms;
    attempt_.response_bytes = reply.body.size();
    keep_headers(reply, key_, attempt_);
    retry_after = retry_after_ms(attempt_.headers.contains("retry-after") ? attempt_.headers["retry-after"] : "");
    Result<ModelAnswer> answer = conclude(reply);
    scrub(streamed_);
    const bool in_bytes = redact_json(reply.body, key_);
    // A key in pieces, over the events of a stream, or written in a way that was not seen through: out with all of it.
    const bool unseen = held_key_ && (!in_bytes || question_.on_delta);
    attempt_.redacted |= in_bytes || held_key_;
    attempt_.response = unseen ? "(left out: it held the API key)" : std::move(reply.body);
    return answer;
  }

  bool retryable = false;      // another attempt may do better
  bool has_streamed = false;   // something of it has been shown
  std::optional<std::int64_t> retry_after;

 private:
  std::string body() const {
    Json request = request_json(settings_.model, question_.prompt, question_.parameters);
    request["stream"] = static_cast<bool>(question_.on_delta);
    if (question_.on_delta) request["stream_options"] = {{"include_usage", true}};
    return canonical_text(request);
  }

  // Nothing of what the server said leaves this class with the key in it.
  void scrub(ChatReply& reply) {
    for (std::string* field : {&reply.id, &reply.model, &reply.fingerprint, &reply.finish_reason, &reply.reasoning, &reply.content})
      held_key_ |= redact_cut(*field, key_);
  }

  tl::unexpected<Error> failed(const char* outcome, const std::string& what, bool may_retry) {
    attempt_.outcome = outcome;
    retryable = may_retry && !has_streamed;
    return fail(ErrorCode::kUnavailable, "backend " + name_ + ": " + what, "grounds answers show ID has what it sent");
  }

  bool show(std::string text) {
    unshown_ += text;
    held_key_ |= redact(unshown_, key_);
    // What may be the beginning of the key waits for what follows it.
    text = unshown_.substr(0, unshown_.size() - partial_secret(unshown_, key_));
    unshown_.erase(0, text.size());
    return pass(text);
  }

  bool show_rest() {
    held_key_ |= redact_cut(unshown_, key_);
    return pass(std::exchange(unshown_, {}));
  }

  bool pass(const std::string& text) {
    if (text.empty()) return true;
    has_streamed = true;
    return question_.on_delta(text);
  }

  bool take_stream(std::string_view bytes) {
    for (const std::string& data : events_.feed(bytes)) {
      if (data == "[DONE]") {
        done_ = true;
        continue;
      }
      auto more = add_chat_chunk(streamed_, data);
      if (!more) {
        broken_ = more.error().message;
        return false;
      }
      if (!streamed_.content.empty() || !streamed_.reasoning.empty()) has_first_token_ = true;
      if (!show(filter_.feed(*more))) {
        reader_gone_ = true;
        return false;
      }
    }
    return true;
  }

  Result<ModelAnswer> conclude(const HttpReply& reply) {
    const std::string seconds = std::to_string(settings_.timeout_seconds) + " s";
    if (!broken_.empty()) return failed("malformed", broken_, true);
    if (reader_gone_) return cancelled();
    switch (reply.failure) {
      case HttpFailure::kNone: break;
      case HttpFailure::kCancelled: return cancelled();
      case HttpFailure::kTimeout: return failed("timeout", "no complete answer within its " + seconds, false);
      case HttpFailure::kConnectTimeout:
        return failed("timeout", "no connection within " + std::to_string(settings_.connect_timeout_seconds) + " s", false);
      case HttpFailure::kFirstTokenTimeout:
        return failed("timeout", "nothing of an answer within " + std::to_string(settings_.first_token_timeout_seconds) + " s", false);
      case HttpFailure::kTooLarge:
        if (reply.status == 0) return failed("too_large", "the head of its response is over " + std::to_string(kMaxHeadBytes) + " bytes", false);
        return failed("too_large", "its answer is over " + std::to_string(settings_.max_response_bytes) + " bytes", false);
      case HttpFailure::kConnection:
        return failed("connection", reply.status == 0 ? "cannot be reached, or hung up without an answer" : "hung up in the middle of its answer", true);
    }
    if (reply.status != 200) return refused(reply.status);
    if (!question_.on_delta || !reply.headers.contains("content-type") ||
        !reply.headers.at("content-type").starts_with("text/event-stream"))
      return whole(reply.body);
    if (!done_ && streamed_.finish_reason.empty()) return failed("connection", "its stream ended in the middle", true);
    if (!show(filter_.finish()) || !show_rest()) return cancelled();
    return judge(streamed_);
  }

  tl::unexpected<Error> cancelled() {
    attempt_.outcome = "cancelled";
    return fail(ErrorCode::kRefused, "cancelled: whoever asked has gone");
  }

  tl::unexpected<Error> refused(int status) {
    const bool later = status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
    std::string what = "it answered with HTTP " + std::to_string(status);
    if (status == 401 || status == 403) what += ": the API key is missing, wrong or not allowed to";
    if (status == 404) what += ": base_url or model is wrong";
    return failed(status == 429 ? "rate_limited" : "http_error", what, later);
  }

  // A complete document; also from a server that does not stream though asked to.
  Result<ModelAnswer> whole(const std::string& document) {
    auto reply = parse_chat_completion(document);
    if (!reply) return failed("malformed", reply.error().message, true);
    Result<ModelAnswer> answer = judge(*reply);
    if (answer && question_.on_delta && (!show(answer->text) || !show_rest())) return cancelled();
    return answer;
  }

  Result<ModelAnswer> judge(ChatReply& reply) {
    scrub(reply);
    SplitText split = split_reasoning(reply.content);
    attempt_.reasoning = reply.reasoning + split.reasoning;
    // Taking the reasoning out may have put the key together.
    held_key_ |= redact(split.answer, key_);
    held_key_ |= redact(attempt_.reasoning, key_);
    attempt_.reported_model = reply.model;
    attempt_.fingerprint = reply.fingerprint;
    attempt_.finish_reason = reply.finish_reason;
    attempt_.usage = reply.usage;
    if (attempt_.vendor_request_id.empty()) attempt_.vendor_request_id = reply.id;
    if (split.answer.empty() && reply.finish_reason == "content_filter")
      return failed("content_filter", "its content filter withheld the answer", false);
    if (split.answer.empty()) return failed("empty", "its answer is empty", true);
    attempt_.outcome = "answered";
    return ModelAnswer{std::move(split.answer), reply.finish_reason, reply.model, reply.fingerprint, reply.usage};
  }

  const std::string& name_;
  const BackendSettings& settings_;
  const ModelQuestion& question_;
  const std::string& key_;
  Attempt& attempt_;
  EventStreamReader events_;
  ReasoningFilter filter_;
  ChatReply streamed_;
  std::string broken_, unshown_;
  bool done_ = false, reader_gone_ = false;
  bool held_key_ = false;      // the server sent the key back
  std::atomic<bool> has_first_token_ = false;
};

// False if cancelled meanwhile.
bool pause(std::int64_t milliseconds, const std::function<bool()>& cancelled) {
  const auto end = Steady::now() + std::chrono::milliseconds(milliseconds);
  while (Steady::now() < end) {
    if (cancelled && cancelled()) return false;
    std::this_thread::sleep_for(std::min<Steady::duration>(end - Steady::now(), std::chrono::milliseconds(20)));
  }
  return true;
}

}  // namespace

std::string canonical_text(const Json& json) {
  if (auto text = canonical_json(json)) return std::move(*text);
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto valid = parse_json(text);
  if (!valid) return text;
  auto canonical = canonical_json(*valid);
  return canonical ? std::move(*canonical) : text;
}

std::string request_bytes(const std::string& model, const std::string& prompt, const Json& parameters) {
  return canonical_text(request_json(model, prompt, parameters));
}

std::optional<std::int64_t> retry_after_ms(const std::string& header) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error != std::errc{} || end != header.data() + header.size() || seconds < 0 || seconds > 86'400) return std::nullopt;
  return seconds * 1000;
}

std::int64_t retry_pause_ms(int retry, RandomSource& random) {
  std::array<std::byte, 2> bytes{};
  random.fill(bytes);
  const auto share = std::to_integer<std::int64_t>(bytes[0]) * 256 + std::to_integer<std::int64_t>(bytes[1]);
  const std::int64_t whole = std::min<std::int64_t>(250LL << std::min(retry - 1, 5), 8'000);
  return whole / 2 + whole / 2 * share / 65'535;
}

Result<ModelAnswer> ask_model(const std::string& name, const BackendSettings& settings, const ModelQuestion& question,
                              const BackendEnvironment& environment, std::vector<Attempt>& attempts, AttemptGuard* guard) {
  const auto start = Steady::now();
  const auto left_ms = [&] {
    const auto used = question.spent_ms + std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - start).count();
    return std::int64_t{settings.timeout_seconds} * 1000 - used;
  };
  GROUNDS_ASSIGN_OR_RETURN(Endpoint endpoint, parse_endpoint(settings.base_url));
  std::int64_t waited = 0;
  for (int retry = 0;; ++retry) {
    Attempt& attempt = attempts.emplace_back();
    attempt.number = static_cast<int>(attempts.size());
    attempt.backend = name, attempt.endpoint = settings.base_url, attempt.model = settings.model;
    attempt.started = environment.clock.now();
    attempt.waited_ms = waited;
    attempt.queued_ms = retry == 0 ? question.queued_ms : 0;
    attempt.streamed = static_cast<bool>(question.on_delta);
    auto key = read_api_key(settings, environment.file_system, environment.variables);
    if (!key) {
      attempt.outcome = "no_key";
      return fail(std::move(key).error().in("backend " + name));
    }
    if (guard != nullptr) GROUNDS_RETURN_IF_ERROR(guard->before(attempt));
    Call call(name, settings, question, *key, attempt);
    attempt.allowed_ms = std::max<std::int64_t>(left_ms(), 1);
    Result<ModelAnswer> answer = call.run(endpoint, attempt.allowed_ms);
    if (guard != nullptr) guard->after(attempt, answer ? answer->text.size() + attempt.reasoning.size() : 0);
    if (answer || !call.retryable || retry >= settings.retries) return answer;
    waited = std::max(call.retry_after.value_or(0), retry_pause_ms(retry + 1, environment.random));
    // Waiting beyond the time that is left helps nobody: the fallback is asked at once.
    if (waited >= left_ms()) return answer;
    if (!pause(waited, question.cancelled)) return fail(ErrorCode::kRefused, "cancelled: whoever asked has gone");
  }
}

}  // namespace grounds
