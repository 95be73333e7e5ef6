#include "embedding/http_encoder.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <numeric>
#include <thread>

#include "base/log.h"
#include "base/utf8.h"
#include "embedding/canary.h"
#include "embedding/embeddings_protocol.h"
#include "embedding/estimating_tokenizer.h"
#include "embedding/file_hash.h"
#include "embedding/http_connection.h"

namespace grounds {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstWait{500}, kLongestWait{10'000}, kLongestAskedWait{60'000}, kNap{100};
constexpr int kMostTimeOuts = 2;
constexpr std::size_t kAnswerOverhead = 1 << 20, kBytesPerComponent = 40, kMostIdle = 8;
constexpr std::uint64_t kLongestKeyFile = 1 << 16;

using KeepGoing = std::function<bool()>;

bool may_succeed_later(int status) {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

// Connections that are open and unused.
class IdleConnections {
 public:
  explicit IdleConnections(EmbeddingsUrl url) : url_(std::move(url)) {}
  std::unique_ptr<HttpConnection> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<HttpConnection>(url_);
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  void give_back(std::unique_ptr<HttpConnection> connection) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMostIdle) idle_.push_back(std::move(connection));
  }

 private:
  EmbeddingsUrl url_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<HttpConnection>> idle_;
};

class HttpEncoder final : public Encoder {
 public:
  HttpEncoder(HttpModel model, EmbeddingsUrl url, std::string api_key, std::shared_ptr<const Tokenizer> tokenizer,
              ModelIdentity identity, HttpSeams seams)
      : model_(std::move(model)), url_(std::move(url)), api_key_(std::move(api_key)), tokenizer_(std::move(tokenizer)),
        identity_(std::move(identity)), seams_(std::move(seams)), connections_(url_) {
    const std::size_t special = tokenizer_->with_special_tokens({}).size(), most = static_cast<std::size_t>(model_.max_tokens);
    for (const TextRole role : {TextRole::kPassage, TextRole::kQuery}) {
      const std::size_t taken = special + tokenizer_->count(prefix(role));
      room_[role == TextRole::kQuery] = most > taken ? most - taken : 0;
    }
  }

  const ModelIdentity& identity() const override { return identity_; }
  const RuntimeIdentity& runtime() const override { return runtime_; }
  const Tokenizer& tokenizer() const override { return *tokenizer_; }
  std::size_t max_tokens(TextRole role) const override { return room_[role == TextRole::kQuery]; }

  Result<std::vector<float>> embed(std::string_view text, TextRole role) const override {
    GROUNDS_RETURN_IF_ERROR(check(text, role).map([](std::size_t) {}));
    const std::string one(text);
    GROUNDS_ASSIGN_OR_RETURN(EmbeddingsAnswer answer, ask({&one, 1}, role, {}));
    return std::move(answer.vectors[0]);
  }

  Result<std::vector<std::vector<float>>> embed_all(
      std::span<const std::string> texts, TextRole role,
      const std::function<bool(std::size_t)>& progress) const override;

  Status start() {
    GROUNDS_ASSIGN_OR_RETURN(EmbeddingsAnswer answer, ask_canaries({}));
    canaries_ = std::move(answer.vectors);
    runtime_ = {"embedding server, reports model '" + answer.model + "'", "remote", "remote",
                canary_of_served(canaries_, identity_.code_scale)};
    return {};
  }

 private:
  const std::string& prefix(TextRole role) const {
    return role == TextRole::kQuery ? identity_.query_prefix : identity_.passage_prefix;
  }
  // The text's tokens, prefix and special tokens included.
  Result<std::size_t> check(std::string_view text, TextRole role) const;
  // One request, and others if it failed in a way that may pass. Texts without their prefix.
  Result<EmbeddingsAnswer> ask(std::span<const std::string> texts, TextRole role, const KeepGoing& keep_going) const;
  Result<EmbeddingsAnswer> ask_canaries(const KeepGoing& keep_going) const {
    const std::vector<std::string> texts(std::begin(kCanaryTexts), std::end(kCanaryTexts));
    return ask(texts, TextRole::kPassage, keep_going);
  }
  Status compare_with_start(const KeepGoing& keep_going) const;
  // False if `keep_going` said so before the time was over.
  bool wait(milliseconds time, const KeepGoing& keep_going) const;
  milliseconds wait_before(int attempt) const;
  Error failed(const HttpAnswer& answer) const;
  Error failed(const HttpFailure& failure) const;
  Error error(ErrorCode code, const std::string& what, std::string hint) const {
    return {code, "the embedding server of model " + model_.name + " (" + url_.origin + url_.path + ") " + what, std::move(hint)};
  }

  HttpModel model_;
  EmbeddingsUrl url_;
  std::string api_key_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  ModelIdentity identity_;
  HttpSeams seams_;
  RuntimeIdentity runtime_;
  std::vector<std::vector<float>> canaries_;  // as they were at the start
  mutable IdleConnections connections_;
  std::size_t room_[2] = {};  // by role: passage, query
};

Result<std::size_t> HttpEncoder::check(std::string_view text, TextRole role) const {
  if (!is_valid_utf8(text)) return fail(ErrorCode::kBadInput, "the text to embed is not valid UTF-8");
  if (trim(text).empty()) return fail(ErrorCode::kBadInput, "the text to embed is empty");
  const std::size_t count = tokenizer_->count(text);
  if (count == 0) return fail(ErrorCode::kBadInput, "the text to embed has no characters that the model reads");
  if (count > max_tokens(role))
    return fail(ErrorCode::kBadInput,
                "the text to embed has " + std::to_string(count) + (model_.tokenizer.empty() ? " tokens (estimated); " : " tokens; ") +
                    identity_.name + " takes " + std::to_string(max_tokens(role)),
                "split the text");
  return count + static_cast<std::size_t>(model_.max_tokens) - max_tokens(role);
}

Error HttpEncoder::failed(const HttpAnswer& answer) const {
  std::string reason = error_text(answer.body);
  // Some servers repeat the key they refuse.
  for (std::size_t at; !api_key_.empty() && (at = reason.find(api_key_)) != std::string::npos;) reason.replace(at, api_key_.size(), "***");
  std::string hint;
  if (answer.status == 401 || answer.status == 403) hint = "check api_key_file or api_key_env of [models." + model_.name + "]";
  else if (answer.status >= 300 && answer.status < 400) hint = "give the address it redirects to as base_url";
  else if (answer.status == 404 || answer.status == 405) hint = "check base_url and model of [models." + model_.name + "]";
  else if (answer.status == 413) hint = "lower max_batch of [models." + model_.name + "]";
  else if (answer.status == 429) hint = "try later, or lower concurrency of [models." + model_.name + "]";
  else if (answer.status >= 500) hint = "look into the server's log, and try again";
  return error(ErrorCode::kUnavailable, "answered " + std::to_string(answer.status) + (reason.empty() ? "" : ": " + reason), hint);
}

Error HttpEncoder::failed(const HttpFailure& failure) const {
  std::string hint = "try again; if it stays so, look into the server's log";
  if (failure.kind == HttpFailure::Kind::kUnreachable) hint = "start it, or correct base_url of [models." + model_.name + "]";
  if (failure.kind == HttpFailure::Kind::kTimedOut) hint = "raise timeout_seconds or lower max_batch of [models." + model_.name + "]";
  return error(ErrorCode::kUnavailable, failure.what, hint);
}

milliseconds HttpEncoder::wait_before(int attempt) const {
  const milliseconds longest = std::min(kLongestWait, kFirstWait * (1 << std::min(attempt, 10)));
  std::uint32_t random = 0;
  seams_.random->fill(std::as_writable_bytes(std::span(&random, 1)));
  // From half of it to all of it, so that clients that failed together do not come back together.
  return longest / 2 + milliseconds(random % static_cast<std::uint32_t>(longest.count() / 2 + 1));
}

bool HttpEncoder::wait(milliseconds time, const KeepGoing& keep_going) const {
  for (; time.count() > 0; time -= kNap) {
    if (keep_going && !keep_going()) return false;
    seams_.sleep(std::min(time, kNap));
  }
  return true;
}

Result<EmbeddingsAnswer> HttpEncoder::ask(std::span<const std::string> texts, TextRole role, const KeepGoing& keep_going) const {
  std::vector<std::string> prefixed;
  for (const std::string& text : texts) prefixed.push_back(prefix(role) + text);
  const bool other_name = role == TextRole::kQuery && !model_.query_model.empty();
  const std::string body = embeddings_request(other_name ? model_.query_model : model_.model, prefixed, model_.base64);
  std::map<std::string, std::string> headers{{"Content-Type", "application/json"}, {"Accept", "application/json"}, {"User-Agent", "grounds"}};
  if (!api_key_.empty()) headers["Authorization"] = "Bearer " + api_key_;
  const HttpLimits limits{model_.timeout, kAnswerOverhead + texts.size() * static_cast<std::size_t>(identity_.dimension) * kBytesPerComponent};
  int time_outs = 0;
  for (int attempt = 0;; ++attempt) {
    auto connection = connections_.take();
    const auto answer = connection->post(url_.path, headers, body, limits, keep_going);
    // A server may close an idle connection just when it is used again: that is no failure of the server.
    if (!answer && answer.error().kind == HttpFailure::Kind::kBroken && answer.error().stale) {
      --attempt;
      continue;
    }
    if (answer) connections_.give_back(std::move(connection));
    if (answer && answer->status == 200) {
      auto read = read_embeddings(answer->body, texts.size(), static_cast<std::size_t>(identity_.dimension));
      if (!read) return fail(error(ErrorCode::kUnavailable, "is not to be used: " + read.error().message, "check base_url, model and dimension of [models." + model_.name + "]"));
      return read;
    }
    if (!answer && answer.error().kind == HttpFailure::Kind::kCancelled) return fail(ErrorCode::kUnavailable, "embedding was cancelled");
    time_outs += !answer && answer.error().kind == HttpFailure::Kind::kTimedOut;
    const bool again = answer ? may_succeed_later(answer->status)
                              : answer.error().kind == HttpFailure::Kind::kUnreachable || answer.error().kind == HttpFailure::Kind::kBroken ||
                                    (answer.error().kind == HttpFailure::Kind::kTimedOut && time_outs < kMostTimeOuts);
    const Error problem = answer ? failed(*answer) : failed(answer.error());
    if (!again || attempt >= model_.retries) return fail(problem);
    milliseconds pause = wait_before(attempt);
    if (answer && answer->retry_after) pause = std::max(pause, std::min<milliseconds>(*answer->retry_after, kLongestAskedWait));
    log_debug(problem.message + "; asking again in " + std::to_string(pause.count()) + " ms");
    if (!wait(pause, keep_going)) return fail(ErrorCode::kUnavailable, "embedding was cancelled");
  }
}

Status HttpEncoder::compare_with_start(const KeepGoing& keep_going) const {
  GROUNDS_ASSIGN_OR_RETURN(const EmbeddingsAnswer answer, ask_canaries(keep_going));
  const double cosine = lowest_cosine(canaries_, answer.vectors);
  if (cosine >= kDriftCosine) return {};
  return fail(error(ErrorCode::kRefused,
                    "gives other vectors than when this began: cosine " + std::to_string(cosine).substr(0, 6) +
                        " between then and now, for the same text; what was embedded in between is not kept",
                    "let it serve the former model again; for another one: grounds collections create NEW --model " + model_.name));
}

Result<std::vector<std::vector<float>>> HttpEncoder::embed_all(std::span<const std::string> texts, TextRole role,
                                                               const std::function<bool(std::size_t)>& progress) const {
  if (texts.empty()) return std::vector<std::vector<float>>{};
  std::vector<std::size_t> tokens(texts.size()), order(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto counted = check(texts[i], role);
    if (!counted) return fail(std::move(counted).error().in("text " + std::to_string(i)));
    tokens[i] = *counted;
  }
  // Texts of like length together: most servers pad a batch to its longest.
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return tokens[a] > tokens[b]; });

  const std::size_t batch = static_cast<std::size_t>(model_.max_batch), batches = (texts.size() + batch - 1) / batch;
  std::vector<std::vector<float>> results(texts.size());
  std::atomic<std::size_t> next = 0, tokens_done = 0;
  std::atomic<bool> stopped = false;
  std::mutex mutex;
  Status failure;
  const KeepGoing keep_going = [&] { return !stopped && (!progress || progress(tokens_done)); };
  const auto work = [&] {
    for (std::size_t at = next++; at < batches && !stopped; at = next++) {
      const std::span<const std::size_t> members = std::span(order).subspan(at * batch, std::min(batch, texts.size() - at * batch));
      std::vector<std::string> asked;
      for (const std::size_t i : members) asked.push_back(texts[i]);
      auto answer = ask(asked, role, keep_going);
      std::size_t count = 0;
      for (std::size_t i = 0; answer && i < members.size(); ++i) {
        results[members[i]] = std::move(answer->vectors[i]);
        count += tokens[members[i]];
      }
      const std::size_t done = tokens_done += count;
      if (answer && (!progress || progress(done))) continue;
      const std::lock_guard lock(mutex);
      if (failure) failure = answer ? fail(ErrorCode::kUnavailable, "embedding was cancelled") : fail(std::move(answer).error());
      stopped = true;
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < std::min<std::size_t>(static_cast<std::size_t>(model_.concurrency), batches); ++i) helpers.emplace_back(work);
    work();
  }
  GROUNDS_RETURN_IF_ERROR(std::move(failure));
  // After the texts: whatever stands between two looks at the same model is of that model.
  GROUNDS_RETURN_IF_ERROR(compare_with_start(keep_going));
  return results;
}

Result<std::string> read_api_key(const FileSystem& files, const HttpModel& model, const HttpSeams& seams) {
  std::string key, source;
  if (!model.api_key_file.empty()) {
    source = "api_key_file " + model.api_key_file;
    auto content = files.read(model.api_key_file, kLongestKeyFile);
    if (!content) return fail(std::move(content).error().in("[models." + model.name + "] api_key_file"));
    key = std::string(trim(*content));
  } else if (!model.api_key_env.empty()) {
    source = "environment variable " + model.api_key_env;
    key = std::string(trim(seams.environment(model.api_key_env).value_or("")));
  } else {
    return key;
  }
  const bool proper = std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (key.empty() || !proper)
    return fail(ErrorCode::kUsage, "[models." + model.name + "]: the " + source + (key.empty() ? " holds no key" : " holds more than a key"),
                "it should hold the key alone");
  return key;
}

}  // namespace

HttpSeams HttpSeams::system() {
  return {[](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            return value ? std::optional<std::string>(value) : std::nullopt;
          },
          std::make_shared<SystemRandom>(), [](milliseconds time) { std::this_thread::sleep_for(time); }};
}

Result<std::shared_ptr<const Encoder>> make_http_encoder(const FileSystem& files, const HttpModel& model, HttpSeams seams) {
  GROUNDS_RETURN_IF_ERROR(check_http_model(model));
  GROUNDS_ASSIGN_OR_RETURN(EmbeddingsUrl url, embeddings_url(model.base_url));
  GROUNDS_ASSIGN_OR_RETURN(std::string api_key, read_api_key(files, model, seams));
  if (!api_key.empty() && !url.encrypted && !url.loopback)
    log_warning("the key of model " + model.name + " goes over the network unencrypted: its base_url is http, not https");
  std::shared_ptr<const Tokenizer> tokenizer = make_estimating_tokenizer();
  std::string tokenizer_sha256(kEstimatedTokens);
  if (!model.tokenizer.empty()) {
    GROUNDS_ASSIGN_OR_RETURN(tokenizer_sha256, check_file(files, model.tokenizer, "", kLargestTokenizerFile));
    GROUNDS_ASSIGN_OR_RETURN(tokenizer, load_tokenizer(files, model.tokenizer));
  }
  auto encoder = std::make_shared<HttpEncoder>(model, std::move(url), std::move(api_key), std::move(tokenizer),
                                               http_identity(model, std::move(tokenizer_sha256)), std::move(seams));
  GROUNDS_RETURN_IF_ERROR(encoder->start());
  return encoder;
}

}  // namespace grounds
