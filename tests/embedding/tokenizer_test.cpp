#include "embedding/tokenizer.h"

#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <random>
#include <sstream>

#include "base/canonical_json.h"
#include "embedding/charsmap.h"
#include "embedding/unigram_model.h"
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
  for (const std::string variant : {"uncased", "cased", "raw", "unigram", "unigram_spaces"}) {
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

TEST_CASE("what a Unigram tokenizer.json asks for and is not supported is an error that names it") {
  const std::string whole = testing::read_file(kData + "unigram_tokenizer.json");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string json = whole;
    const std::size_t at = json.find(from);
    REQUIRE(at != std::string::npos);
    return load_error(json.replace(at, from.size(), to));
  };
  CHECK(with("\"WhitespaceSplit\"", "\"ByteLevel\"").find("ByteLevel") != std::string::npos);
  CHECK(with("\"Precompiled\"", "\"NFKC\"").find("NFKC") != std::string::npos);
  CHECK(with("\"byte_fallback\": false", "\"byte_fallback\": true").find("byte_fallback") != std::string::npos);
  CHECK(with("\"trim_offsets\": false", "\"trim_offsets\": true").find("trim_offsets") != std::string::npos);
  CHECK(with("\"unk_id\": 3", "\"unk_id\": 30000").find("unk_id") != std::string::npos);
  CHECK(with("\"precompiled_charsmap\": \"", "\"precompiled_charsmap\": \"!").find("base64") != std::string::npos);
  CHECK(with("\"precompiled_charsmap\": \"", "\"precompiled_charsmap\": \"////").find("damaged") != std::string::npos);
}

TEST_CASE("a charsmap of any bytes is read within its bounds") {
  // The offsets in a damaged double array point anywhere.
  std::mt19937_64 random(9);
  for (int round = 0; round < 300; ++round) {
    static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text = "gAAAAA";  // an array of 32 units
    while (text.size() < 240) text += kDigits[random() % 64];
    const auto map = Charsmap::from_base64(text);
    REQUIRE(map);
    for (int first = 1; first < 256; ++first) {
      const std::string stretch{static_cast<char>(first), static_cast<char>(random()), static_cast<char>(random())};
      if (const auto found = map->replacement(stretch)) CHECK(found->size() < 240);
    }
  }
}

TEST_CASE("Unigram finds the best cut of all") {
  // Scores and pieces at random over two letters; the oracle tries every cut.
  std::mt19937 random(6);
  std::vector<std::pair<std::string, double>> pieces{{"<unk>", 0.0}};
  for (const char* piece : {"a", "b", "aa", "ab", "ba", "aba", "bab", "abab", "bbb"})
    pieces.emplace_back(piece, -1.0 - static_cast<double>(random() % 1000) / 100);
  const auto model = UnigramModel::make(pieces, 0);
  REQUIRE(model);
  for (int round = 0; round < 200; ++round) {
    std::string word;
    for (unsigned n = 1 + random() % 9; n > 0; --n) word += static_cast<char>('a' + random() % 2);
    const std::function<double(std::size_t)> best = [&](std::size_t begin) {
      if (begin == word.size()) return 0.0;
      double highest = -1e9;
      for (const auto& [piece, score] : pieces)
        if (word.compare(begin, piece.size(), piece) == 0) highest = std::max(highest, score + best(begin + piece.size()));
      return highest;
    };
    double found = 0;
    std::size_t end = 0;
    for (const Piece& piece : model->cut(word)) {
      CHECK(piece.begin == end);
      end = piece.end;
      found += pieces[static_cast<std::size_t>(piece.id)].second;
    }
    INFO(word);
    CHECK(end == word.size());
    CHECK(found == doctest::Approx(best(0)));
  }
}

TEST_CASE("a tokenizer.json that is not there is not found") {
  const auto tokenizer = load_tokenizer(kFiles, "tests/embedding/data/nothing.json");
  REQUIRE_FALSE(tokenizer);
  CHECK(tokenizer.error().code == ErrorCode::kNotFound);
}
