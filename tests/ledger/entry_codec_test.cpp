#include "ledger/entry_codec.h"

#include "support.h"

using namespace grounds;
using namespace grounds::test;

namespace {

const std::string kId = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

PreparedEntry prepared(EntryContent content) {
  SeededRandom random(3);
  return must(prepare_entry(kId, EntryKind::kOpened, std::move(content), random));
}

}  // namespace

TEST_CASE("the bytes that are hashed are the canonical JSON of the entry") {
  SeededRandom random(3);
  std::mt19937_64 numbers(5);
  const PreparedEntry entry = prepared(random_content(numbers, {"question", "prompt"}));
  const EntryColumns columns{.sequence = 17,
                             .answer_id = entry.answer_id,
                             .kind = "opened",
                             .time = 1'767'225'600'000,
                             .hash_alg = kHashAlgorithm,
                             .previous = kNoHash,
                             .hash = {},
                             .commitments = entry.commitments_bytes,
                             .body = entry.body_bytes};
  Json object = {{"answer_id", kId},          {"body", entry.body},
                 {"hash_alg", "sha256"},      {"kind", "opened"},
                 {"previous", std::string(kNoHash)}, {"sequence", 17},
                 {"time", 1'767'225'600'000}, {"commitments", Json::object()}};
  for (const PreparedText& text : entry.texts) object["commitments"][text.name] = text.commitment;
  CHECK(entry_bytes(columns) == must(canonical_json(object)));
  CHECK(entry_hash(columns) == sha256_hex(must(canonical_json(object))));
}

TEST_CASE("every text has a salt of its own, and commitments hide equal texts") {
  const PreparedEntry entry = prepared({Json::object(), {{"a", "same"}, {"b", "same"}}});
  REQUIRE(entry.texts.size() == 2);
  CHECK(entry.texts[0].salt != entry.texts[1].salt);
  CHECK(entry.texts[0].commitment != entry.texts[1].commitment);
}

TEST_CASE("content that could not be read back is refused at the door") {
  SeededRandom random(3);
  const auto code = [&](const std::string& id, EntryContent content) {
    const auto result = prepare_entry(id, EntryKind::kOpened, std::move(content), random);
    REQUIRE_FALSE(result);
    return result.error().code;
  };
  CHECK(code("not-an-id", {Json::object(), {}}) == ErrorCode::kUsage);
  CHECK(code(kId, {Json::array(), {}}) == ErrorCode::kBadInput);
  CHECK(code(kId, {{{"a", std::numeric_limits<double>::quiet_NaN()}}, {}}) == ErrorCode::kBadInput);
  CHECK(code(kId, {{{"a", "\xff"}}, {}}) == ErrorCode::kBadInput);
  CHECK(code(kId, {Json::object(), {{"question", "\xc3"}}}) == ErrorCode::kBadInput);
  CHECK(code(kId, {Json::object(), {{"a name", "x"}}}) == ErrorCode::kUsage);
  CHECK(code(kId, {Json::object(), {{"", "x"}}}) == ErrorCode::kUsage);
  Json deep = Json::object();
  for (int i = 0; i < 65; ++i) deep = {{"a", deep}};
  CHECK(code(kId, {deep, {}}) == ErrorCode::kBadInput);
}

TEST_CASE("the deepest body that is taken is also read back") {
  Json deep = Json::object();
  for (int i = 0; i < 63; ++i) deep = {{"a", deep}};
  const PreparedEntry entry = prepared({deep, {}});
  const EntryColumns columns{.sequence = 1,
                             .answer_id = entry.answer_id,
                             .kind = "opened",
                             .time = 0,
                             .hash_alg = kHashAlgorithm,
                             .previous = kNoHash,
                             .hash = kNoHash,
                             .commitments = "{}",
                             .body = entry.body_bytes};
  CHECK(must(decode_entry(columns)).body == deep);
}

TEST_CASE("commitments are read in their one form only") {
  const std::string hash(64, 'a');
  const std::string text = "{\"a\":\"" + hash + "\",\"b\":\"" + hash + "\"}";  // views into it are returned
  const auto parsed = parse_commitments(text);
  REQUIRE(parsed);
  CHECK(parsed->size() == 2);
  CHECK((*parsed)[1].first == "b");
  CHECK(parse_commitments("{}"));
  for (const std::string& other :
       {std::string(), std::string("{"), std::string("[]"), "{\"b\":\"" + hash + "\",\"a\":\"" + hash + "\"}",
        "{\"a\":\"" + hash + "\",\"a\":\"" + hash + "\"}", "{\"a\":\"" + hash + "\",}", "{\"a\": \"" + hash + "\"}",
        "{\"a\":\"" + hash.substr(1) + "\"}", "{\"a\":\"" + std::string(64, 'A') + "\"}", "{\"a\":\"" + hash + "\"} "}) {
    INFO(other);
    CHECK_FALSE(parse_commitments(other));
  }
}
