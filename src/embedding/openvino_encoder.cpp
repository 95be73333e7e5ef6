#include "embedding/openvino_encoder.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <openvino/openvino.hpp>
#include <thread>

#include "base/log.h"
#include "base/utf8.h"
#include "embedding/canary.h"
#include "embedding/instruction_set.h"
#include "embedding/pooling.h"

namespace grounds {
namespace {

// A request and the buffers its inputs are read from. Used by one thread at a time.
class Stream {
 public:
  Stream(ov::CompiledModel& model, std::size_t max_tokens)
      : request_(model.create_infer_request()),
        ids_(max_tokens), mask_(max_tokens, 1), zeros_(max_tokens, 0), positions_(max_tokens) {
    std::iota(positions_.begin(), positions_.end(), 0);
    for (const auto& input : model.inputs()) {
      const auto& names = input.get_names();
      const auto has = [&](const char* name) { return names.count(name) != 0; };
      inputs_.push_back(has("input_ids") ? &ids_ : has("attention_mask") ? &mask_ : has("position_ids") ? &positions_ : &zeros_);
    }
  }

  // A row of floats per token, or the pooled row alone; valid until the next run. Throws what OpenVINO throws.
  std::span<const float> run(const std::vector<std::int64_t>& ids) {
    std::copy(ids.begin(), ids.end(), ids_.begin());
    const ov::Shape shape{1, ids.size()};
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      request_.set_input_tensor(i, ov::Tensor(ov::element::i64, shape, inputs_[i]->data()));
    request_.infer();
    output_ = request_.get_output_tensor(0);
    return {output_.data<const float>(), output_.get_size()};
  }

 private:
  ov::InferRequest request_;
  std::vector<std::int64_t> ids_, mask_, zeros_, positions_;
  std::vector<std::vector<std::int64_t>*> inputs_;  // in the model's order
  ov::Tensor output_;
};

// Hands out streams; a caller waits while all are taken. Those that the model does not have from the start are made
// when somebody would wait for the first time.
class StreamPool {
 public:
  StreamPool(CompiledEncoder& compiled, int streams, std::size_t max_tokens)
      : compiled_(compiled), missing_(compiled.more ? streams - compiled.streams : 0), max_tokens_(max_tokens) {
    for (int i = 0; i < compiled.streams; ++i) free_.push_back(std::make_unique<Stream>(compiled.model, max_tokens));
  }
  // How many threads to put to a work of so many tokens.
  std::size_t threads_for(std::size_t tokens) const {
    const int made = compiled_.streams + (missing_ == 0 ? added_.load() : 0);
    const bool worth = missing_ > 0 && tokens > kTokensOfAStart;
    return static_cast<std::size_t>(worth ? compiled_.streams + missing_ : made);
  }
  std::unique_ptr<Stream> take() {
    std::unique_lock lock(mutex_);
    if (free_.empty() && missing_ > 0) add_streams(lock);
    changed_.wait(lock, [&] { return !free_.empty(); });
    auto stream = std::move(free_.back());
    free_.pop_back();
    return stream;
  }
  // Whether streams were added since the last time this was asked.
  bool added_streams() { return news_.exchange(false); }
  void give_back(std::unique_ptr<Stream> stream) {
    {
      const std::lock_guard lock(mutex_);
      free_.push_back(std::move(stream));
    }
    changed_.notify_one();
  }

 private:
  // Starting a stream takes about as long as so many tokens on one that is there.
  static constexpr std::size_t kTokensOfAStart = 512;

  void add_streams(std::unique_lock<std::mutex>& lock) {
    const int count = missing_.exchange(0);
    lock.unlock();
    std::vector<std::unique_ptr<Stream>> streams;
    try {
      auto model = compiled_.more(count);
      if (model) {
        more_ = std::move(*model);
        for (int i = 0; i < count; ++i) streams.push_back(std::make_unique<Stream>(more_, max_tokens_));
      } else {
        log_warning("embedding on one thread only: " + model.error().message);
      }
    } catch (const std::exception& error) {
      log_warning(std::string("embedding on one thread only: ") + error.what());
    }
    lock.lock();
    added_ = static_cast<int>(streams.size());
    news_ = true;
    std::move(streams.begin(), streams.end(), std::back_inserter(free_));
    changed_.notify_all();
  }

  CompiledEncoder& compiled_;
  std::atomic<int> missing_;   // streams still to be made
  std::atomic<int> added_ = 0;
  std::atomic<bool> news_ = false;
  std::size_t max_tokens_;
  std::mutex mutex_;
  std::condition_variable changed_;
  ov::CompiledModel more_;     // what the added streams run; before them, as they end before it
  std::vector<std::unique_ptr<Stream>> free_;
};

class BorrowedStream {
 public:
  explicit BorrowedStream(StreamPool& pool) : pool_(pool), stream_(pool.take()) {}
  ~BorrowedStream() { pool_.give_back(std::move(stream_)); }
  BorrowedStream(const BorrowedStream&) = delete;
  BorrowedStream& operator=(const BorrowedStream&) = delete;
  Stream& operator*() { return *stream_; }

 private:
  StreamPool& pool_;
  std::unique_ptr<Stream> stream_;
};

// Weights were copied into the kernels' own layout by now: lets go of the file's pages. Those still in use
// (the table of token vectors) come back when they are touched.
void release_pages(const MappedFile& mapping) {
  const std::span<const std::byte> bytes = mapping.bytes();
  if (!bytes.empty()) ::madvise(const_cast<std::byte*>(bytes.data()), bytes.size(), MADV_DONTNEED);
}

class OpenVinoEncoder final : public Encoder {
 public:
  OpenVinoEncoder(CompiledEncoder compiled, int streams, std::size_t max_tokens,
                  std::shared_ptr<const Tokenizer> tokenizer, ModelIdentity identity)
      : compiled_(std::move(compiled)),
        streams_(streams),
        max_tokens_(max_tokens),
        tokenizer_(std::move(tokenizer)),
        identity_(std::move(identity)),
        pool_(compiled_, streams, max_tokens) {
    const std::size_t special = tokenizer_->with_special_tokens({}).size();
    for (const TextRole role : {TextRole::kPassage, TextRole::kQuery}) {
      const std::size_t taken = special + tokenizer_->count(prefix(role));
      room_[role == TextRole::kQuery] = max_tokens > taken ? max_tokens - taken : 0;
    }
  }

  const ModelIdentity& identity() const override { return identity_; }
  const RuntimeIdentity& runtime() const override { return runtime_; }
  const Tokenizer& tokenizer() const override { return *tokenizer_; }
  std::size_t max_tokens(TextRole role) const override { return room_[role == TextRole::kQuery]; }

  Result<std::vector<float>> embed(std::string_view text, TextRole role) const override {
    GROUNDS_ASSIGN_OR_RETURN(const std::vector<std::int64_t> ids, ids_of(text, role));
    BorrowedStream stream(pool_);
    return infer(*stream, ids);
  }

  Result<std::vector<std::vector<float>>> embed_all(
      std::span<const std::string> texts, TextRole role,
      const std::function<bool(std::size_t)>& progress) const override;

  // Runs the canary texts: fills the runtime identity, and finds a model that gives no proper vectors.
  Status start();

 private:
  const std::string& prefix(TextRole role) const {
    return role == TextRole::kQuery ? identity_.query_prefix : identity_.passage_prefix;
  }

  Result<std::vector<std::int64_t>> ids_of(std::string_view text, TextRole role) const;
  Result<std::vector<float>> infer(Stream& stream, const std::vector<std::int64_t>& ids) const;

  CompiledEncoder compiled_;
  int streams_;
  std::size_t max_tokens_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  ModelIdentity identity_;
  RuntimeIdentity runtime_;
  mutable StreamPool pool_;
  std::size_t room_[2] = {};  // by role: passage, query
};

Result<std::vector<std::int64_t>> OpenVinoEncoder::ids_of(std::string_view text, TextRole role) const {
  if (!is_valid_utf8(text)) return fail(ErrorCode::kBadInput, "the text to embed is not valid UTF-8");
  if (trim(text).empty()) return fail(ErrorCode::kBadInput, "the text to embed is empty");
  auto tokens = tokenizer_->tokenize(prefix(role).empty() ? std::string(text) : prefix(role) + std::string(text));
  const std::size_t before = max_tokens_ - tokenizer_->with_special_tokens({}).size() - max_tokens(role);
  if (tokens.size() <= before)
    return fail(ErrorCode::kBadInput, "the text to embed has no characters that the model reads");
  if (tokens.size() - before > max_tokens(role))
    return fail(ErrorCode::kBadInput,
                "the text to embed has " + std::to_string(tokens.size() - before) + " tokens; " +
                    identity_.name + " takes " + std::to_string(max_tokens(role)),
                "split the text");
  return tokenizer_->with_special_tokens(tokens);
}

Result<std::vector<float>> OpenVinoEncoder::infer(Stream& stream, const std::vector<std::int64_t>& ids) const {
  const auto dimension = static_cast<std::size_t>(identity_.dimension);
  try {
    const std::span<const float> rows = stream.run(ids);
    // Pooling one row, the model was cut to compute no other (keep_pooled_row).
    const bool one_row = identity_.pooling != Pooling::kMean && rows.size() == dimension;
    if (!one_row && rows.size() != ids.size() * dimension)
      return fail(ErrorCode::kBadInput, "the model " + identity_.name + " gives vectors of dimension " +
                                            std::to_string(rows.size() / ids.size()) + ", not " +
                                            std::to_string(dimension));
    std::vector<float> vector = pool_and_normalize(rows, dimension, identity_.pooling);
    if (vector.empty())
      return fail(ErrorCode::kDamaged, "the model " + identity_.name + " gave a vector that is not finite");
    return vector;
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInternal, "the model " + identity_.name + " failed: " + error.what());
  }
}

Result<std::vector<std::vector<float>>> OpenVinoEncoder::embed_all(
    std::span<const std::string> texts, TextRole role,
    const std::function<bool(std::size_t)>& progress) const {
  std::vector<std::vector<float>> results(texts.size());
  std::atomic<std::size_t> next = 0, tokens_done = 0;
  std::atomic<bool> stopped = false;
  std::mutex mutex;
  Status failure;
  const auto stop_with = [&](Error error) {
    const std::lock_guard lock(mutex);
    if (failure) failure = fail(std::move(error));
    stopped = true;
  };
  const auto on_threads = [&](std::size_t most, const auto& work) {
    std::vector<std::jthread> helpers;
    const std::size_t threads = std::min(most, texts.size());
    for (std::size_t i = 1; i < threads; ++i) helpers.emplace_back(work);
    if (threads > 0) work();
  };

  std::vector<std::vector<std::int64_t>> ids(texts.size());
  on_threads(static_cast<std::size_t>(streams_), [&] {
    for (std::size_t at = next++; at < texts.size() && !stopped; at = next++) {
      auto found = ids_of(texts[at], role);
      if (!found) return stop_with(std::move(found).error().in("text " + std::to_string(at)));
      ids[at] = std::move(*found);
    }
  });
  GROUNDS_RETURN_IF_ERROR(std::move(failure));

  // Longest first, so that no thread is left with a long text at the end; and by tokens, not bytes, since a
  // sequence as long as the one before costs about a tenth less (the library lays out its buffers by length).
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return ids[a].size() > ids[b].size(); });
  next = 0;
  std::size_t tokens = 0;
  for (const auto& each : ids) tokens += each.size();
  on_threads(pool_.threads_for(tokens), [&] {
    BorrowedStream stream(pool_);
    for (std::size_t at = next++; at < order.size() && !stopped; at = next++) {
      const std::size_t index = order[at];
      auto vector = infer(*stream, ids[index]);
      if (!vector) return stop_with(std::move(vector).error().in("text " + std::to_string(index)));
      results[index] = std::move(*vector);
      const std::size_t done = tokens_done += ids[index].size();
      if (progress && !progress(done))
        return stop_with(Error{ErrorCode::kUnavailable, "embedding was cancelled", ""});
    }
  });
  GROUNDS_RETURN_IF_ERROR(std::move(failure));
  if (pool_.added_streams()) release_pages(compiled_.mapping);
  return results;
}

Status OpenVinoEncoder::start() {
  try {
    runtime_.library = std::string("OpenVINO ") + ov::get_openvino_version().buildNumber;
    runtime_.instruction_set = instruction_set();
    const auto type = compiled_.model.get_property(ov::hint::inference_precision);
    runtime_.effective_precision = type.get_type_name();
    if (identity_.precision == Precision::kInt8) runtime_.effective_precision = "int8/" + runtime_.effective_precision;
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInternal, std::string("OpenVINO does not tell its precision: ") + error.what());
  }
  std::vector<std::vector<float>> canaries;
  for (const std::string_view text : kCanaryTexts) {
    GROUNDS_ASSIGN_OR_RETURN(std::vector<float> vector, embed(text, TextRole::kPassage));
    canaries.push_back(std::move(vector));
  }
  runtime_.canary = canary_of_codes(canaries, identity_.code_scale);
  release_pages(compiled_.mapping);
  return {};
}

}  // namespace

Result<std::shared_ptr<const Encoder>> make_openvino_encoder(CompiledEncoder compiled, int streams,
                                                             std::size_t max_tokens,
                                                             std::shared_ptr<const Tokenizer> tokenizer,
                                                             ModelIdentity identity) {
  try {
    auto encoder = std::make_shared<OpenVinoEncoder>(std::move(compiled), streams, max_tokens,
                                                     std::move(tokenizer), std::move(identity));
    GROUNDS_RETURN_IF_ERROR(encoder->start());
    return encoder;
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInternal, std::string("OpenVINO cannot start the model: ") + error.what());
  }
}

}  // namespace grounds
