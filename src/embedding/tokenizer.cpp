#include "embedding/tokenizer.h"

#include "base/canonical_json.h"
#include "embedding/file_hash.h"
#include "embedding/unigram_tokenizer.h"
#include "embedding/wordpiece_tokenizer.h"

namespace grounds {
namespace {

Result<std::shared_ptr<const Tokenizer>> make_tokenizer(std::string_view text) {
  GROUNDS_ASSIGN_OR_RETURN(const Json json, parse_json(text));
  if (!json.is_object() || !json.contains("model") || !json["model"].is_object())
    return fail(ErrorCode::kBadInput, "not a tokenizer.json: there is no \"model\"");
  const auto type = json["model"].value("type", std::string("without a type"));
  if (type == "WordPiece") return make_wordpiece_tokenizer(json);
  if (type == "Unigram") return make_unigram_tokenizer(json);
  return fail(ErrorCode::kBadInput, "a tokenizer model '" + type + "' is not supported",
              "WordPiece and Unigram are");
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> load_tokenizer(const FileSystem& file_system,
                                                        const std::string& path) {
  GROUNDS_ASSIGN_OR_RETURN(const std::string text, file_system.read(path, kLargestTokenizerFile));
  auto tokenizer = make_tokenizer(text);
  if (!tokenizer) return fail(std::move(tokenizer).error().in(path));
  return tokenizer;
}

}  // namespace grounds
