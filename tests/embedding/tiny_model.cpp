#include "tiny_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace grounds::testing {
namespace {

// As much of the protobuf wire format as an ONNX file needs (onnx.proto has the field numbers).
class Message {
 public:
  Message& number(int field, std::uint64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3);
    varint(value);
    return *this;
  }
  Message& bytes(int field, const std::string& value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 2);
    varint(value.size());
    data_ += value;
    return *this;
  }
  Message& message(int field, const Message& value) { return bytes(field, value.data_); }
  const std::string& data() const { return data_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) data_ += static_cast<char>(value | 0x80);
    data_ += static_cast<char>(value);
  }
  std::string data_;
};

Message node(const std::string& type, const std::string& a, const std::string& b, const std::string& out) {
  return Message().bytes(1, a).bytes(1, b).bytes(2, out).bytes(3, out).bytes(4, type);
}

Message matrix(const std::string& name, const std::vector<float>& values, int rows, int columns) {
  std::string raw(values.size() * sizeof(float), '\0');
  std::memcpy(raw.data(), values.data(), raw.size());
  return Message().number(1, static_cast<std::uint64_t>(rows)).number(1, static_cast<std::uint64_t>(columns)).number(2, 1).bytes(8, name).bytes(9, raw);
}

Message value(const std::string& name, int element_type, const std::vector<std::string>& dimensions) {
  Message shape;
  for (const std::string& dimension : dimensions) shape.message(1, Message().bytes(2, dimension));
  return Message().bytes(1, name).message(2, Message().message(1, Message().number(1, static_cast<std::uint64_t>(element_type)).message(2, shape)));
}

// SplitMix64, as numbers of [-1, 1).
std::vector<float> numbers(std::uint64_t& state, int count) {
  std::vector<float> result;
  for (int i = 0; i < count; ++i) {
    std::uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    result.push_back(static_cast<float>(static_cast<double>(z >> 11) / 4503599627370496.0 - 1));
  }
  return result;
}

}  // namespace

std::string TinyModel::onnx() const {
  std::uint64_t state = seed;
  const std::vector<float> table = numbers(state, vocabulary * dimension);
  std::vector<float> weight = numbers(state, dimension * dimension);
  if (planted != 0) weight[weight.size() / 2] = planted;
  const Message graph = Message()
                            .message(1, node("Gather", "table", "input_ids", "hidden"))
                            .message(1, node("MatMul", "hidden", "weight", "last_hidden_state"))
                            .bytes(2, "tiny")
                            .message(5, matrix("table", table, vocabulary, dimension))
                            .message(5, matrix("weight", weight, dimension, dimension))
                            .message(11, value("input_ids", 7, {"batch", "length"}))
                            .message(12, value("last_hidden_state", 1, {"batch", "length", "dimension"}));
  return Message().number(1, 8).message(7, graph).message(8, Message().bytes(1, "").number(2, 13)).data();
}

std::string TinyModel::tokenizer_json() const {
  std::string vocabulary_json;
  const auto add = [&](const std::string& piece) {
    static const std::string kQuote = "\"";
    vocabulary_json += (vocabulary_json.empty() ? "" : ",") + kQuote + piece + "\":" +
                       std::to_string(std::count(vocabulary_json.begin(), vocabulary_json.end(), ':'));
  };
  for (const char* piece : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "of", "contract", "invoice", "paid", ".",
                            "合", "同", "金", "额"})
    add(piece);
  for (char c = 'a'; c <= 'z'; ++c) add(std::string("##") + c);
  return R"({"version":"1.0","added_tokens":[],"normalizer":{"type":"BertNormalizer","clean_text":true,)"
         R"("handle_chinese_chars":true,"strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":)"
         R"("BertPreTokenizer"},"post_processor":{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]},)"
         R"("model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",)"
         R"("max_input_chars_per_word":100,"vocab":{)" +
         vocabulary_json + "}}}";
}

std::string TinyModel::entry_toml() const {
  return "dimension = " + std::to_string(declared_dimension) + "\nmax_tokens = " + std::to_string(max_tokens) +
         "\npooling = \"" + pooling + "\"\nquery_prefix = \"" + query_prefix + "\"\npassage_prefix = \"" +
         passage_prefix + "\"\n";
}

void TinyModel::write_folder(const TemporaryFolder& folder, const std::string& name) const {
  folder.write(name + "/" + name + ".onnx", onnx());
  folder.write(name + "/" + name + "-tokenizer.json", tokenizer_json());
  folder.write(name + "/model.toml", "name = \"" + name + "\"\nmodel_file = \"" + name + ".onnx\"\ntokenizer_file = \"" +
                                         name + "-tokenizer.json\"\n" + entry_toml());
}

}  // namespace grounds::testing
