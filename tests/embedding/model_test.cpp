#include "embedding/model.h"

#include <doctest/doctest.h>

#include <set>

#include "temporary_folder.h"
#include "tiny_model.h"

using namespace grounds;
using grounds::testing::TemporaryFolder;
using grounds::testing::TinyModel;

namespace {

const FileSystem kFiles;

ModelIdentity some_identity() {
  return {"bge", std::string(64, 'a'), std::string(64, 'b'), Pooling::kMean, "查询：", "passage: ", Precision::kInt8, 601.5, 384};
}

std::string own_folder_error(const std::string& from, const std::string& to) {
  const TemporaryFolder folder;
  TinyModel().write_folder(folder, "tiny");
  std::string toml = testing::read_file(folder.path("tiny/model.toml"));
  const std::size_t at = toml.find(from);
  REQUIRE(at != std::string::npos);
  folder.write("tiny/model.toml", toml.replace(at, from.size(), to));
  const auto registry = ModelRegistry::load(kFiles, folder.path());
  REQUIRE(registry);
  const auto entry = registry->find(folder.path("tiny"));
  REQUIRE_FALSE(entry);
  CHECK(entry.error().code == ErrorCode::kBadInput);
  CHECK(entry.error().message.find("model.toml") != std::string::npos);
  return entry.error().message;
}

}  // namespace

TEST_CASE("an identity survives being written and read") {
  const ModelIdentity identity = some_identity();
  const auto read = ModelIdentity::from_json(identity.to_json());
  REQUIRE(read);
  CHECK(*read == identity);
  CHECK(read->fingerprint() == identity.fingerprint());
  CHECK(identity.fingerprint().size() == 64);
}

TEST_CASE("every part of an identity changes its fingerprint") {
  std::set<std::string> fingerprints{some_identity().fingerprint()};
  const auto changed = [&](auto change) {
    ModelIdentity identity = some_identity();
    change(identity);
    CHECK(fingerprints.insert(identity.fingerprint()).second);
  };
  changed([](ModelIdentity& i) { i.name = "other"; });
  changed([](ModelIdentity& i) { i.model_sha256[0] = 'c'; });
  changed([](ModelIdentity& i) { i.tokenizer_sha256[0] = 'c'; });
  changed([](ModelIdentity& i) { i.pooling = Pooling::kCls; });
  changed([](ModelIdentity& i) { i.query_prefix = ""; });
  changed([](ModelIdentity& i) { i.passage_prefix = ""; });
  changed([](ModelIdentity& i) { i.precision = Precision::kBf16; });
  changed([](ModelIdentity& i) { i.code_scale = 601.25; });
  changed([](ModelIdentity& i) { i.dimension = 385; });
}

TEST_CASE("an identity that lacks a part is damaged") {
  for (const char* text : {"{}", R"({"name":"x"})", "[]", "3"}) {
    const auto identity = ModelIdentity::from_json(text);
    REQUIRE_FALSE(identity);
    CHECK(identity.error().code == ErrorCode::kDamaged);
  }
}

TEST_CASE("the registry names four models, each with all that decides its vectors") {
  const auto registry = ModelRegistry::load(kFiles, "/nowhere");
  REQUIRE(registry);
  for (const char* name : {"bge-small-en-v1.5", "bge-small-zh-v1.5", "all-minilm-l6-v2", "e5-small-v2"}) {
    const auto entry = registry->find(name);
    REQUIRE(entry);
    CHECK(entry->package_sha256.size() == 64);
    CHECK(entry->code_scale > 0);
    CHECK_FALSE(entry->languages.empty());
    CHECK_FALSE(entry->licence.empty());
    CHECK_FALSE(registry->installed(*entry));
    CHECK(registry->folder_of(*entry) == std::string("/nowhere/") + name);
  }
}

TEST_CASE("an unknown model is not found, and the answer names those that are known") {
  const auto registry = ModelRegistry::load(kFiles, "/nowhere");
  REQUIRE(registry);
  for (const char* name : {"", "bge", "../..", "/nowhere"}) {
    const auto entry = registry->find(name);
    REQUIRE_FALSE(entry);
    CHECK(entry.error().code == ErrorCode::kNotFound);
    CHECK(entry.error().hint.find("bge-small-zh-v1.5") != std::string::npos);
  }
}

TEST_CASE("a folder with a model.toml is a model") {
  const TemporaryFolder folder;
  TinyModel().write_folder(folder, "tiny");
  const auto registry = ModelRegistry::load(kFiles, folder.path("models"));
  REQUIRE(registry);
  const auto entry = registry->find(folder.path("tiny"));
  REQUIRE(entry);
  CHECK(entry->name == "tiny");
  CHECK(entry->pooling == Pooling::kMean);
  CHECK(registry->installed(*entry));
  CHECK(registry->folder_of(*entry) == folder.path("tiny"));
}

TEST_CASE("a wrong model.toml is refused, naming the key") {
  CHECK(own_folder_error("dimension = 64", "dimension = 0").find("'dimension'") != std::string::npos);
  CHECK(own_folder_error("dimension = 64", "dimension = \"64\"").find("'dimension'") != std::string::npos);
  CHECK(own_folder_error("max_tokens = 64\n", "").find("'max_tokens'") != std::string::npos);
  CHECK(own_folder_error("\"mean\"", "\"max\"").find("'pooling'") != std::string::npos);
  CHECK(own_folder_error("\"tiny.onnx\"", "\"../tiny.onnx\"").find("'model_file'") != std::string::npos);
  CHECK(own_folder_error("query_prefix", "query_prefx").find("'query_prefx'") != std::string::npos);
  CHECK(own_folder_error("name = \"tiny\"", "name = \"a/b\"").find("'name'") != std::string::npos);
  CHECK(own_folder_error("dimension = 64", "code_scale = -1.0\ndimension = 64").find("'code_scale'") != std::string::npos);
  CHECK(own_folder_error("name = \"tiny\"", "model_sha256 = \"XYZ\"\nname = \"tiny\"").find("'model_sha256'") != std::string::npos);
  CHECK(own_folder_error("name = \"tiny\"", "name = = 3").find("line 1") != std::string::npos);
}

TEST_CASE("precisions and poolings have names") {
  for (const char* name : {"int8", "bf16", "f32"}) CHECK(precision_name(*parse_precision(name)) == name);
  for (const char* name : {"cls", "mean", "last"}) CHECK(pooling_name(*parse_pooling(name)) == name);
  CHECK(parse_precision("int4").error().code == ErrorCode::kUsage);
}
