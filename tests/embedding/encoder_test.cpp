// The whole way from a folder to vectors, on a model small enough to be made here.
#include "embedding/encoder.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <numeric>
#include <random>
#include <thread>

#include "temporary_folder.h"
#include "tiny_model.h"

using namespace grounds;
using grounds::testing::TemporaryFolder;
using grounds::testing::TinyModel;

namespace {

const FileSystem kFiles;

Result<std::shared_ptr<const Encoder>> try_load(const TemporaryFolder& folder, EncoderOptions options = {}) {
  const auto registry = ModelRegistry::load(kFiles, folder.path("models"));
  REQUIRE(registry);
  return load_encoder(*registry, folder.path("tiny"), options);
}

Error load_error(const TinyModel& model) {
  const TemporaryFolder folder;
  model.write_folder(folder, "tiny");
  const auto encoder = try_load(folder);
  REQUIRE_FALSE(encoder);
  return encoder.error();
}

// A model loaded from a folder that lives as long.
struct Loaded {
  explicit Loaded(const TinyModel& model = {}, EncoderOptions options = {}) {
    model.write_folder(folder, "tiny");
    auto loaded = try_load(folder, options);
    REQUIRE_MESSAGE(loaded, (loaded ? "" : loaded.error().message));
    encoder = *loaded;
  }
  TemporaryFolder folder;
  std::shared_ptr<const Encoder> encoder;
};

std::vector<std::string> some_texts(int count) {
  const char* words[] = {"the", "contract", "invoice", "of", "paid", "合同", "金额", ".", "unknown"};
  std::mt19937 random(3);
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) {
    std::string text = "contract";
    for (unsigned n = random() % 20; n > 0; --n) text += std::string(" ") + words[random() % std::size(words)];
    texts.push_back(text);
  }
  return texts;
}

std::string compiled_file(const TemporaryFolder& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder.path("tiny")))
    if (entry.path().extension() == ".compiled") return entry.path().string();
  return {};
}

}  // namespace

TEST_CASE("a text becomes a unit vector of the model's dimension") {
  const Loaded model;
  const auto vector = model.encoder->embed("the contract", TextRole::kPassage);
  REQUIRE(vector);
  CHECK(vector->size() == 64);
  CHECK(std::inner_product(vector->begin(), vector->end(), vector->begin(), 0.0) == doctest::Approx(1.0));
}

TEST_CASE("a vector is bitwise the same alone, among others, on one stream or two, and after loading again") {
  for (const Precision precision : {Precision::kInt8, Precision::kBf16, Precision::kF32}) {
    const Loaded model({}, {precision, 2});
    const std::vector<std::string> texts = some_texts(60);
    const auto together = model.encoder->embed_all(texts, TextRole::kPassage);
    REQUIRE(together);
    for (std::size_t i = 0; i < texts.size(); ++i) CHECK(*model.encoder->embed(texts[i], TextRole::kPassage) == (*together)[i]);
    const auto again = try_load(model.folder, {precision, 1});
    REQUIRE(again);
    CHECK((*again)->identity() == model.encoder->identity());
    CHECK((*again)->runtime() == model.encoder->runtime());
    CHECK(*(*again)->embed_all(texts, TextRole::kPassage) == *together);
  }
}

TEST_CASE("the model does what its matrices say, for each pooling") {
  // In f32: rows of the table times the weight, computed here from the ONNX file's numbers.
  for (const std::string pooling : {"cls", "mean", "last"}) {
    TinyModel tiny;
    tiny.pooling = pooling;
    const Loaded model(tiny, {Precision::kF32, 1});
    const std::string onnx = tiny.onnx();
    const auto floats = [&](const std::string& name, std::size_t count) {
      // The fields name (8) and raw_data (9) of a TensorProto; then the size, a varint.
      const std::string mark = std::string("\x42") + static_cast<char>(name.size()) + name + "\x4a";
      std::size_t at = onnx.find(mark);
      REQUIRE(at != std::string::npos);
      for (at += mark.size(); onnx[at] & '\x80'; ++at) {
      }
      std::vector<float> values(count);
      std::memcpy(values.data(), onnx.data() + at + 1, count * sizeof(float));
      return values;
    };
    const auto table = floats("table", 40 * 64), weight = floats("weight", 64 * 64);
    const Tokenizer& tokenizer = model.encoder->tokenizer();
    auto ids = tokenizer.with_special_tokens(tokenizer.tokenize("the contract of"));
    REQUIRE(ids.size() == 5);
    if (pooling == "cls") ids = {ids.front()};
    if (pooling == "last") ids = {ids.back()};
    std::vector<double> expected(64);
    for (const std::int64_t id : ids)
      for (std::size_t i = 0; i < 64; ++i)
        for (std::size_t j = 0; j < 64; ++j)
          expected[j] += table[static_cast<std::size_t>(id) * 64 + i] * weight[i * 64 + j];
    const double norm = std::sqrt(std::inner_product(expected.begin(), expected.end(), expected.begin(), 0.0));
    const auto vector = model.encoder->embed("the contract of", TextRole::kPassage);
    REQUIRE(vector);
    INFO(pooling);
    for (std::size_t j = 0; j < 64; ++j) CHECK((*vector)[j] == doctest::Approx(expected[j] / norm).epsilon(1e-4));
  }
}

TEST_CASE("int8 is close to f32") {
  const Loaded quantized({}, {Precision::kInt8, 1}), exact({}, {Precision::kF32, 1});
  for (const std::string& text : some_texts(20)) {
    const auto a = quantized.encoder->embed(text, TextRole::kPassage), b = exact.encoder->embed(text, TextRole::kPassage);
    REQUIRE(a);
    REQUIRE(b);
    const double cosine = std::inner_product(a->begin(), a->end(), b->begin(), 0.0);
    CHECK(cosine > 0.999);
    CHECK(*a != *b);  // or int8 would not have been used
  }
}

TEST_CASE("prefixes are of the role, and take their room") {
  TinyModel tiny;
  tiny.query_prefix = "the invoice: ";
  const Loaded model(tiny), plain;
  CHECK(*model.encoder->embed("contract", TextRole::kQuery) == *plain.encoder->embed("the invoice: contract", TextRole::kPassage));
  CHECK(*model.encoder->embed("contract", TextRole::kPassage) == *plain.encoder->embed("contract", TextRole::kPassage));
  CHECK(model.encoder->max_tokens(TextRole::kPassage) == 62);
  CHECK(model.encoder->max_tokens(TextRole::kQuery) == 59);
}

TEST_CASE("the longest text is embedded, and one token more is refused") {
  const Loaded model;
  std::string text = "contract";
  for (int i = 1; i < 62; ++i) text += " contract";
  CHECK(model.encoder->embed(text, TextRole::kPassage));
  const auto longer = model.encoder->embed(text + " contract", TextRole::kPassage);
  REQUIRE_FALSE(longer);
  CHECK(longer.error().code == ErrorCode::kBadInput);
  CHECK(longer.error().message.find("63 tokens") != std::string::npos);
}

TEST_CASE("texts that cannot be embedded are refused") {
  const Loaded model;
  const std::string ten_megabytes(10 << 20, 'x'), many_words = [] {
    std::string text;
    while (text.size() < 10 << 20) text += "contract ";
    return text;
  }();
  CHECK(model.encoder->embed(ten_megabytes, TextRole::kPassage));  // one word, unknown
  const std::vector<std::string> bad = {"", " ", "\t\n ", "\xE3\x80\x80", "\x01\xE2\x80\x8B", "\xFF", "\xED\xA0\x80",
                                        "a\xED\xBF\xBF", "\xC3", many_words};
  for (const std::string& text : bad) {
    INFO("text of ", text.size(), " bytes: ", text.substr(0, 10));
    const auto vector = model.encoder->embed(text, TextRole::kPassage);
    REQUIRE_FALSE(vector);
    CHECK(vector.error().code == ErrorCode::kBadInput);
    const std::vector<std::string> among{"contract", text, "invoice"};
    const auto vectors = model.encoder->embed_all(among, TextRole::kPassage);
    REQUIRE_FALSE(vectors);
    CHECK(vectors.error().message.find("text 1") != std::string::npos);
  }
}

TEST_CASE("no texts give no vectors") {
  const Loaded model;
  const auto vectors = model.encoder->embed_all({}, TextRole::kPassage);
  REQUIRE(vectors);
  CHECK(vectors->empty());
}

TEST_CASE("progress counts every token, and can cancel") {
  const Loaded model;
  const std::vector<std::string> texts = some_texts(30);
  std::size_t expected = 0;
  for (const std::string& text : texts) expected += model.encoder->tokenizer().count(text) + 2;
  std::atomic<std::size_t> most = 0;
  REQUIRE(model.encoder->embed_all(texts, TextRole::kPassage, [&](std::size_t tokens) {
    std::size_t seen = most;
    while (seen < tokens && !most.compare_exchange_weak(seen, tokens)) {
    }
    return true;
  }));
  CHECK(most == expected);
  const auto cancelled = model.encoder->embed_all(texts, TextRole::kPassage, [](std::size_t) { return false; });
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().code == ErrorCode::kUnavailable);
}

TEST_CASE("many threads may embed at once") {
  const Loaded model({}, {Precision::kInt8, 2});
  const std::vector<std::string> texts = some_texts(40);
  const auto expected = model.encoder->embed_all(texts, TextRole::kPassage);
  REQUIRE(expected);
  std::atomic<int> different = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (std::size_t i = 0; i < texts.size(); ++i) different += *model.encoder->embed(texts[i], TextRole::kPassage) != (*expected)[i];
      });
  }
  CHECK(different == 0);
}

TEST_CASE("a model that is not installed names the command that gets it") {
  const TemporaryFolder folder;
  const auto registry = ModelRegistry::load(kFiles, folder.path("models"));
  REQUIRE(registry);
  const auto encoder = load_encoder(*registry, "bge-small-en-v1.5");
  REQUIRE_FALSE(encoder);
  CHECK(encoder.error().code == ErrorCode::kNotFound);
  CHECK(encoder.error().hint == "grounds model pull bge-small-en-v1.5");
}

TEST_CASE("a file that is no ONNX model is refused, and nothing is kept") {
  for (const std::string& content : {std::string(), std::string("<html>not found</html>"), std::string(5000, '\0'),
                                     TinyModel().onnx().substr(0, 9000)}) {
    const TemporaryFolder folder;
    TinyModel().write_folder(folder, "tiny");
    folder.write("tiny/tiny.onnx", content);
    const auto encoder = try_load(folder);
    REQUIRE_FALSE(encoder);
    CHECK(encoder.error().code == ErrorCode::kBadInput);
    CHECK(encoder.error().message.find("tiny.onnx") != std::string::npos);
    CHECK(compiled_file(folder).empty());
  }
}

TEST_CASE("a tokenizer of another model is refused") {
  TinyModel small, large;
  small.vocabulary = 39;
  large.vocabulary = 3000;
  for (const TinyModel& tiny : {small, large}) {
    const Error error = load_error(tiny);
    CHECK(error.code == ErrorCode::kBadInput);
    CHECK(error.message.find("tokenizer 40") != std::string::npos);
  }
}

TEST_CASE("weights that are not finite are refused at every precision") {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (const Precision precision : {Precision::kInt8, Precision::kF32}) {
      TinyModel tiny;
      tiny.planted = bad;
      const TemporaryFolder folder;
      tiny.write_folder(folder, "tiny");
      const auto encoder = try_load(folder, {precision, 1});
      REQUIRE_FALSE(encoder);
      CHECK(encoder.error().message.find("finite") != std::string::npos);
    }
}

TEST_CASE("a dimension that is not the model's is refused") {
  TinyModel tiny;
  tiny.declared_dimension = 32;
  const Error error = load_error(tiny);
  CHECK(error.code == ErrorCode::kBadInput);
  CHECK(error.message.find("dimension 64, not 32") != std::string::npos);
}

TEST_CASE("files with another hash than model.toml says are damaged") {
  for (const char* key : {"model_sha256", "tokenizer_sha256"}) {
    const TemporaryFolder folder;
    TinyModel().write_folder(folder, "tiny");
    folder.write("tiny/model.toml", std::string(key) + " = \"" + std::string(64, '0') + "\"\n" + testing::read_file(folder.path("tiny/model.toml")));
    const auto encoder = try_load(folder);
    REQUIRE_FALSE(encoder);
    CHECK(encoder.error().code == ErrorCode::kDamaged);
    CHECK(encoder.error().message.find("SHA-256") != std::string::npos);
  }
}

TEST_CASE("another file is another identity") {
  const Loaded one;
  TinyModel tiny;
  tiny.seed = 2;
  const Loaded other(tiny);
  CHECK(one.encoder->identity() != other.encoder->identity());
  CHECK(one.encoder->identity().fingerprint() != other.encoder->identity().fingerprint());
  CHECK(one.encoder->runtime().canary != other.encoder->runtime().canary);
}

TEST_CASE("a compiled model is kept, used again, and made anew when it is damaged") {
  const Loaded model;
  const std::string path = compiled_file(model.folder);
  REQUIRE_FALSE(path.empty());
  const std::string whole = testing::read_file(path);
  const auto vector = *model.encoder->embed("the contract", TextRole::kPassage);
  const auto rewrite = [&](const std::string& content) { std::ofstream(path, std::ios::binary) << content; };

  std::string damaged = whole;
  damaged[whole.size() / 2] ^= 1;
  std::string other_key = whole;
  other_key[40] ^= 1;
  for (const std::string& content : {damaged, other_key, whole.substr(0, whole.size() - 1), whole.substr(0, 100),
                                     std::string(), whole + "x", std::string("x") + whole}) {
    rewrite(content);
    const auto again = try_load(model.folder);
    REQUIRE(again);
    CHECK(*(*again)->embed("the contract", TextRole::kPassage) == vector);
    const std::string remade = testing::read_file(path);
    CHECK(remade.size() == whole.size());
    CHECK(remade != content);
    REQUIRE(try_load(model.folder));
    CHECK(testing::read_file(path) == remade);
  }
}

TEST_CASE("compiled models of other versions are removed once they are a week old") {
  const Loaded model;
  const std::filesystem::path kept = compiled_file(model.folder);
  const std::string prefix = kept.filename().string().substr(0, kept.filename().string().rfind('-') + 1);
  const auto put = [&](const std::string& name, int days) {
    const std::filesystem::path path = kept.parent_path() / name;
    std::ofstream(path) << "another version's";
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * days));
    return path;
  };
  const auto old = put(prefix + "00000000aaaaaaaa.compiled", 8), recent = put(prefix + "00000000bbbbbbbb.compiled", 6);
  const auto other_processor = put("int8-other-00000000cccccccc.compiled", 8);
  std::filesystem::remove(kept);
  REQUIRE(try_load(model.folder));
  CHECK(std::filesystem::exists(kept));
  CHECK_FALSE(std::filesystem::exists(old));
  CHECK(std::filesystem::exists(recent));
  CHECK(std::filesystem::exists(other_processor));
}

TEST_CASE("a folder that cannot be written costs the compiled model, not the start") {
  struct NoWriting final : IoObserver {
    IoDecision before(const IoCall& call) override {
      IoDecision decision;
      if (call.operation == IoOperation::kWrite) decision.error = ENOSPC;
      return decision;
    }
    void after(const IoCall&, int) override {}
  };
  const FileSystem read_only(std::make_shared<NoWriting>());
  const TemporaryFolder folder;
  TinyModel().write_folder(folder, "tiny");
  const auto registry = ModelRegistry::load(read_only, folder.path("models"));
  REQUIRE(registry);
  CHECK(load_encoder(*registry, folder.path("tiny")));
  CHECK(compiled_file(folder).empty());
}
