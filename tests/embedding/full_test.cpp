// The registry's own models: they must be installed (`grounds model pull NAME`). What is promised of every
// vector, on texts made here.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "embedding/encoder.h"

using namespace grounds;

namespace {

const FileSystem kFiles;
constexpr const char* kModels[] = {"bge-small-en-v1.5", "bge-small-zh-v1.5", "all-minilm-l6-v2", "e5-small-v2"};

std::shared_ptr<const Encoder> load(const std::string& name, EncoderOptions options) {
  const auto registry = ModelRegistry::load(kFiles);
  REQUIRE(registry);
  const auto encoder = load_encoder(*registry, name, options);
  REQUIRE_MESSAGE(encoder, (encoder ? "" : encoder.error().message + ": " + encoder.error().hint));
  return *encoder;
}

// Sentences of an office: shaped like text, of 5 to `longest` words.
std::vector<std::string> sentences(std::size_t count, unsigned longest, bool chinese, unsigned seed) {
  static const std::vector<std::string> kEnglish = {
      "the", "supplier", "delivers", "invoice", "of", "March", "2023", "before", "contract", "ends", "and", "revenue",
      "rose", "by", "12%", "in", "the", "region", "vacation", "policy", "requires", "approval", "from", "a", "manager",
      "server", "returns", "error", "429", "when", "limit", "is", "exceeded,", "net", "sales", "were", "$4.2bn"};
  static const std::vector<std::string> kChinese = {
      "合同", "金额", "为", "一百万元", "，", "交付", "日期", "是", "六月", "三十日", "。", "供应商", "应当", "提前", "通知",
      "员工", "每年", "享有", "年假", "十五天", "服务器", "返回", "错误", "代码", "当", "超过", "限制", "时", "销售额", "增长"};
  std::mt19937 random(seed);
  const auto& words = chinese ? kChinese : kEnglish;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = std::to_string(i);
    for (unsigned n = 5 + random() % (longest - 4); n > 0; --n) text += (chinese ? "" : " ") + words[random() % words.size()];
    texts.push_back(text);
  }
  return texts;
}

bool is_chinese_model(const std::string& name) { return name.find("-zh-") != std::string::npos; }

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

TEST_CASE("a thousand texts have bitwise the same vectors alone, shuffled, on 1 and 2 streams, after a restart") {
  const std::vector<std::string> texts = sentences(1000, 16, false, 1);
  const auto encoder = load("all-minilm-l6-v2", {Precision::kInt8, 2});
  const auto expected = encoder->embed_all(texts, TextRole::kPassage);
  REQUIRE(expected);

  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937(2));
  std::vector<std::string> shuffled;
  for (const std::size_t i : order) shuffled.push_back(texts[i]);
  const auto restarted = load("all-minilm-l6-v2", {Precision::kInt8, 1});
  const auto again = restarted->embed_all(shuffled, TextRole::kPassage);
  REQUIRE(again);
  std::size_t different = 0;
  for (std::size_t i = 0; i < order.size(); ++i) different += (*again)[i] != (*expected)[order[i]];
  CHECK(different == 0);
  for (std::size_t i = 0; i < texts.size(); ++i) different += *restarted->embed(texts[i], TextRole::kPassage) != (*expected)[i];
  CHECK(different == 0);
  CHECK(restarted->runtime() == encoder->runtime());
}

TEST_CASE("every model gives the same vectors after a restart, whatever was embedded before") {
  for (const std::string name : kModels) {
    const std::vector<std::string> texts = sentences(20, 60, is_chinese_model(name), 3);
    const auto expected = load(name, {Precision::kInt8, 2})->embed_all(texts, TextRole::kPassage);
    REQUIRE(expected);
    const auto restarted = load(name, {Precision::kInt8, 1});
    for (std::size_t i = texts.size(); i-- > 0;) {
      INFO(name, " text ", i);
      CHECK(*restarted->embed(texts[i], TextRole::kPassage) == (*expected)[i]);
    }
  }
}

TEST_CASE("int8 stays near f32: cosine at least 0.99, 0.997 on average") {
  for (const std::string name : kModels) {
    const std::vector<std::string> texts = sentences(40, 80, is_chinese_model(name), 4);
    const auto quantized = load(name, {Precision::kInt8, 2})->embed_all(texts, TextRole::kPassage);
    const auto exact = load(name, {Precision::kF32, 2})->embed_all(texts, TextRole::kPassage);
    REQUIRE(quantized);
    REQUIRE(exact);
    double lowest = 1, sum = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const double c = cosine((*quantized)[i], (*exact)[i]);
      lowest = std::min(lowest, c);
      sum += c;
    }
    INFO(name, ": mean ", sum / static_cast<double>(texts.size()), ", lowest ", lowest);
    CHECK(lowest >= 0.99);
    CHECK(sum / static_cast<double>(texts.size()) >= 0.997);
  }
}

TEST_CASE("each model finds the passage that answers") {
  for (const std::string name : kModels) {
    const bool chinese = is_chinese_model(name);
    const auto encoder = load(name, {Precision::kInt8, 2});
    const std::vector<std::string> passages = chinese
        ? std::vector<std::string>{"员工每年享有十五天带薪年假。", "服务器在请求过多时返回错误代码429。", "合同总金额为一百二十万元人民币。"}
        : std::vector<std::string>{"Employees have fifteen days of paid vacation a year.", "The server returns HTTP 429 when there are too many requests.", "The contract is worth 1.2 million dollars in total."};
    const std::vector<std::string> questions = chinese
        ? std::vector<std::string>{"一年有多少天假期？", "429是什么意思？", "合同值多少钱？"}
        : std::vector<std::string>{"How much holiday do I get?", "What does status 429 mean?", "What is the value of the agreement?"};
    const auto vectors = encoder->embed_all(passages, TextRole::kPassage);
    REQUIRE(vectors);
    for (std::size_t q = 0; q < questions.size(); ++q) {
      const auto question = encoder->embed(questions[q], TextRole::kQuery);
      REQUIRE(question);
      std::size_t best = 0;
      for (std::size_t p = 1; p < passages.size(); ++p)
        if (cosine(*question, (*vectors)[p]) > cosine(*question, (*vectors)[best])) best = p;
      INFO(name, ": ", questions[q]);
      CHECK(best == q);
    }
  }
}
