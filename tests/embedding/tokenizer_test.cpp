#include "embedding/tokenizer.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "base/canonical_json.h"
#include "temporary_folder.h"

using namespace grounds;
using grounds::testing::TemporaryFolder;

namespace {

const std::string kData = "tests/embedding/data/";
const FileSystem kFiles;

std::shared_ptr<const Tokenizer> load(const std::string& path) {
  auto tokenizer = load_tokenizer(kFiles, path);
  REQUIRE_MESSAGE(tokenizer, (tokenizer ? "" : tokenizer.error().message));
  return *tokenizer;
}

std::string show(const std::vector<TokenSpan>& tokens) {
  std::ostringstream out;
  for (const TokenSpan& t : tokens) out << t.id << "@" << t.begin << "-" << t.end << " ";
  return out.str();
}

std::string load_error(const std::string& json) {
  const TemporaryFolder folder;
  folder.write("tokenizer.json", json);
  const auto tokenizer = load_tokenizer(kFiles, folder.path("tokenizer.json"));
  REQUIRE_FALSE(tokenizer);
  CHECK(tokenizer.error().code == ErrorCode::kBadInput);
  return tokenizer.error().message;
}

std::string uncased_with(const std::string& from, const std::string& to) {
  std::string json = testing::read_file(kData + "uncased_tokenizer.json");
  const std::size_t at = json.find(from);
  REQUIRE(at != std::string::npos);
  return json.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("ids and offsets are those of the reference implementation") {
  for (const std::string variant : {"uncased", "cased", "raw"}) {
    const auto tokenizer = load(kData + variant + "_tokenizer.json");
    std::ifstream golden(kData + variant + "_golden.jsonl");
    int lines = 0;
    for (std::string line; std::getline(golden, line); ++lines) {
      const auto json = parse_json(line);
      REQUIRE(json);
      std::vector<TokenSpan> expected;
      for (const Json& token : (*json)["tokens"]) expected.push_back({token[0], token[1], token[2]});
      const auto text = (*json)["text"].get<std::string>();
      INFO(variant, " line ", lines, ": ", line);
      CHECK(show(tokenizer->tokenize(text)) == show(expected));
      CHECK(tokenizer->count(text) == expected.size());
    }
    CHECK(lines == 250);
  }
}

TEST_CASE("special tokens stand around the text, and inside it where it spells them") {
  const auto tokenizer = load(kData + "uncased_tokenizer.json");
  const auto tokens = tokenizer->tokenize("contract [SEP] revenue");
  REQUIRE(tokens.size() == 3);
  CHECK(tokens[1].id == 3);
  CHECK(tokens[1].begin == 9);
  CHECK(tokens[1].end == 14);
  const std::vector<std::int64_t> ids = tokenizer->with_special_tokens(tokens);
  CHECK(ids == std::vector<std::int64_t>{2, tokens[0].id, 3, tokens[2].id, 3});
  CHECK(tokenizer->with_special_tokens({}) == std::vector<std::int64_t>{2, 3});
}

TEST_CASE("offsets are those of the original bytes where the text changes length") {
  const auto tokenizer = load(kData + "uncased_tokenizer.json");
  // U+00AD is dropped, the E and its accent become one plain letter, the ideograph stands alone.
  const std::string text = "un\xC2\xAD" "believable CONTRACT";
  CHECK(show(tokenizer->tokenize(text)).find("-" + std::to_string(text.size())) != std::string::npos);
  for (const TokenSpan& token : tokenizer->tokenize(text)) CHECK(token.end <= text.size());
  CHECK(tokenizer->tokenize(text).size() == 4);
}

TEST_CASE("text without anything to read has no tokens") {
  const auto tokenizer = load(kData + "uncased_tokenizer.json");
  for (const char* text : {"", " ", "\t\n\xE3\x80\x80", "\x01\x02", "\xE2\x80\x8B"}) CHECK(tokenizer->count(text) == 0);
}

TEST_CASE("a word of more than 100 characters is one unknown token over all of it") {
  const auto tokenizer = load(kData + "uncased_tokenizer.json");
  const std::string word(101, 'a');
  const auto tokens = tokenizer->tokenize(word + " contract");
  REQUIRE(tokens.size() == 2);
  CHECK(show({tokens[0]}) == "1@0-101 ");
  CHECK(tokenizer->tokenize(std::string(100, 'a')).size() == 100);
}

TEST_CASE("ids are below the size of the vocabulary") {
  const auto tokenizer = load(kData + "uncased_tokenizer.json");
  for (const TokenSpan& token : tokenizer->tokenize("contract revenue [MASK] the of un"))
    CHECK(static_cast<std::size_t>(token.id) < tokenizer->vocabulary_size());
}

TEST_CASE("what a tokenizer.json asks for and is not supported is an error that names it") {
  CHECK(load_error("not json").find("tokenizer.json") != std::string::npos);
  CHECK(load_error("{}").find("\"model\"") != std::string::npos);
  CHECK(load_error(R"({"model":{"type":"BPE"}})").find("BPE") != std::string::npos);
  CHECK(load_error(uncased_with("BertPreTokenizer", "Whitespace")).find("BertPreTokenizer") != std::string::npos);
  CHECK(load_error(uncased_with("\"BertNormalizer\"", "\"NFKC\"")).find("BertNormalizer") != std::string::npos);
  CHECK(load_error(uncased_with("TemplateProcessing", "Surprise")).find("Surprise") != std::string::npos);
  CHECK(load_error(uncased_with("\"normalized\":false", "\"normalized\":true")).find("[PAD]") != std::string::npos);
  CHECK(load_error(uncased_with("\"unk_token\":\"[UNK]\"", "\"unk_token\":\"[HUH]\"")).find("[HUH]") != std::string::npos);
  CHECK(load_error(uncased_with("\"[PAD]\":0", "\"[PAD]\":\"zero\"")).find("tokenizer.json") != std::string::npos);
}

TEST_CASE("a tokenizer.json that is not there is not found") {
  const auto tokenizer = load_tokenizer(kFiles, "tests/embedding/data/nothing.json");
  REQUIRE_FALSE(tokenizer);
  CHECK(tokenizer.error().code == ErrorCode::kNotFound);
}
