#include "embedding/wordpiece_tokenizer.h"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "base/utf8.h"
#include "embedding/added_tokens.h"
#include "embedding/bert_characters.h"
#include "embedding/bert_normalizer.h"
#include "embedding/special_tokens.h"

namespace grounds {
namespace {

// Pieces of the vocabulary, for longest-match look-up.
class PieceTable {
 public:
  void add(std::string_view piece, std::int64_t id) {
    longest_ = std::max(longest_, piece.size());
    ids_.emplace(piece, id);
  }
  void reserve(std::size_t pieces) { ids_.reserve(pieces); }
  // The longest piece that `text` starts with: its id and length in bytes; {-1, 0} if there is none.
  // Pieces end at character boundaries because they are valid UTF-8.
  std::pair<std::int64_t, std::size_t> longest_prefix(std::string_view text) const {
    for (std::size_t size = std::min(longest_, text.size()); size > 0; --size) {
      const bool boundary = size == text.size() || (static_cast<unsigned char>(text[size]) & 0xC0) != 0x80;
      if (!boundary) continue;
      if (const auto at = ids_.find(text.substr(0, size)); at != ids_.end()) return {at->second, size};
    }
    return {-1, 0};
  }

 private:
  std::unordered_map<std::string_view, std::int64_t> ids_;
  std::size_t longest_ = 0;
};

struct WordPieceModel {
  std::deque<std::string> pieces;   // owns what the tables view
  PieceTable initial, continuing;   // at the start of a word; after it, without the "##"
  std::int64_t unknown = 0;
  std::size_t longest_word = 100;   // characters; longer words are unknown
  BertNormalization normalization;
  AddedTokens added;
  SpecialTokens special;
  std::size_t size = 0;
};

class WordPieceTokenizer final : public Tokenizer {
 public:
  explicit WordPieceTokenizer(WordPieceModel model) : model_(std::move(model)) {}

  std::vector<TokenSpan> tokenize(std::string_view text) const override {
    std::vector<TokenSpan> tokens;
    std::vector<NormalizedCharacter> characters;
    Word word;
    for (const TextPiece& piece : model_.added.split(text)) {
      if (piece.id >= 0) {
        tokens.push_back({piece.id, piece.begin, piece.end});
        continue;
      }
      bert_normalize(text.substr(piece.begin, piece.end - piece.begin), piece.begin,
                     model_.normalization, &characters);
      for (const NormalizedCharacter& c : characters) {
        if (c.flags & kSeparator) {
          finish(&word, &tokens);
        } else if (c.flags & kPunctuation) {
          finish(&word, &tokens);
          word.add(c);
          finish(&word, &tokens);
        } else {
          word.add(c);
        }
      }
      finish(&word, &tokens);
    }
    return tokens;
  }

  std::size_t count(std::string_view text) const override { return tokenize(text).size(); }

  std::vector<std::int64_t> with_special_tokens(const std::vector<TokenSpan>& tokens) const override {
    std::vector<std::int64_t> ids = model_.special.before;
    ids.reserve(ids.size() + tokens.size() + model_.special.after.size());
    for (const TokenSpan& token : tokens) ids.push_back(token.id);
    ids.insert(ids.end(), model_.special.after.begin(), model_.special.after.end());
    return ids;
  }

  std::size_t vocabulary_size() const override { return model_.size; }

 private:
  // Cuts the word into pieces, or gives one unknown token for all of it; empties it.
  void finish(Word* word, std::vector<TokenSpan>* tokens) const {
    if (word->bytes.empty()) return;
    const std::size_t first = tokens->size();
    const std::string_view bytes = word->bytes;
    bool known = word->places.size() <= model_.longest_word;
    for (std::size_t position = 0; known && position < bytes.size();) {
      const PieceTable& table = position == 0 ? model_.initial : model_.continuing;
      const auto [id, size] = table.longest_prefix(bytes.substr(position));
      known = size > 0;
      if (known) tokens->push_back(word->span(id, position, position + size));
      position += size;
    }
    if (!known) {
      tokens->resize(first);
      tokens->push_back(word->span(model_.unknown, 0, bytes.size()));
    }
    word->clear();
  }

  WordPieceModel model_;
};

// Reads "normalizer": BertNormalizer, whose strip_accents follows lowercase if it is null.
Result<BertNormalization> read_normalizer(const Json& normalizer) {
  if (!normalizer.is_object() || normalizer.at("type") != "BertNormalizer")
    return fail(ErrorCode::kBadInput, "a WordPiece tokenizer without a BertNormalizer is not supported");
  BertNormalization rules;
  rules.clean_text = normalizer.at("clean_text").get<bool>();
  rules.handle_chinese_chars = normalizer.at("handle_chinese_chars").get<bool>();
  rules.lowercase = normalizer.at("lowercase").get<bool>();
  const Json strip = normalizer.value("strip_accents", Json());
  rules.strip_accents = strip.is_null() ? rules.lowercase : strip.get<bool>();
  return rules;
}

Result<WordPieceModel> read_model(const Json& json) {
  WordPieceModel result;
  const Json& model = json.at("model");
  const auto prefix = model.value("continuing_subword_prefix", std::string("##"));
  const auto& vocabulary = model.at("vocab").get_ref<const Json::object_t&>();
  result.initial.reserve(vocabulary.size());
  for (const auto& [piece, id] : vocabulary) {
    if (id.get<std::int64_t>() < 0) return fail(ErrorCode::kBadInput, "the piece '" + piece + "' has a negative id");
    result.size = std::max(result.size, static_cast<std::size_t>(id.get<std::int64_t>()) + 1);
    const std::string& kept = result.pieces.emplace_back(piece);
    result.initial.add(kept, id.get<std::int64_t>());
    if (kept.size() > prefix.size() && kept.starts_with(prefix))
      result.continuing.add(std::string_view(kept).substr(prefix.size()), id.get<std::int64_t>());
  }
  const auto unknown = model.value("unk_token", std::string("[UNK]"));
  if (!model.at("vocab").contains(unknown))
    return fail(ErrorCode::kBadInput, "the vocabulary has no unknown token '" + unknown + "'");
  result.unknown = model.at("vocab").at(unknown).get<std::int64_t>();
  result.longest_word = model.value("max_input_chars_per_word", std::size_t{100});
  GROUNDS_ASSIGN_OR_RETURN(result.normalization, read_normalizer(json.at("normalizer")));
  if (json.at("pre_tokenizer").at("type") != "BertPreTokenizer")
    return fail(ErrorCode::kBadInput, "a WordPiece tokenizer without a BertPreTokenizer is not supported");
  GROUNDS_ASSIGN_OR_RETURN(result.added, AddedTokens::from_json(json.value("added_tokens", Json())));
  result.size = std::max(result.size, result.added.size_of_vocabulary());
  GROUNDS_ASSIGN_OR_RETURN(result.special, special_tokens_from_json(json.value("post_processor", Json())));
  return result;
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> make_wordpiece_tokenizer(const Json& tokenizer_json) {
  try {
    GROUNDS_ASSIGN_OR_RETURN(WordPieceModel model, read_model(tokenizer_json));
    return std::make_shared<WordPieceTokenizer>(std::move(model));
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kBadInput, std::string("tokenizer.json: ") + error.what());
  }
}

}  // namespace grounds
