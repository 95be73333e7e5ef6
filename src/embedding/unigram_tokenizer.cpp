#include "embedding/unigram_tokenizer.h"

#include <algorithm>

#include "base/utf8.h"
#include "embedding/added_tokens.h"
#include "embedding/bert_characters.h"
#include "embedding/special_tokens.h"
#include "embedding/unigram_model.h"
#include "embedding/unigram_normalizer.h"

namespace grounds {
namespace {

enum class Prepend { kAlways, kFirst, kNever };

// "pre_tokenizer": WhitespaceSplit, Metaspace, or both in this order.
struct Splitting {
  bool at_white_space = false;
  bool metaspace = false;
  char32_t replacement = U'\u2581';  // stands for a space
  Prepend prepend = Prepend::kAlways;
  bool at_replacement = true;
};

struct Parts {
  UnigramModel model;
  std::vector<std::unique_ptr<const NormalizerStep>> normalizer;
  Splitting splitting;
  AddedTokens added;
  SpecialTokens special;
  std::size_t size = 0;
};

class UnigramTokenizer final : public Tokenizer {
 public:
  explicit UnigramTokenizer(Parts parts) : parts_(std::move(parts)) {}

  std::vector<TokenSpan> tokenize(std::string_view text) const override {
    std::vector<TokenSpan> tokens;
    for (const TextPiece& piece : parts_.added.split(text)) {
      if (piece.id >= 0) tokens.push_back({piece.id, piece.begin, piece.end});
      else tokenize_piece(text.substr(piece.begin, piece.end - piece.begin), piece.begin, &tokens);
    }
    return tokens;
  }
  std::size_t count(std::string_view text) const override { return tokenize(text).size(); }
  std::vector<std::int64_t> with_special_tokens(const std::vector<TokenSpan>& tokens) const override {
    std::vector<std::int64_t> ids = parts_.special.before;
    for (const TokenSpan& token : tokens) ids.push_back(token.id);
    ids.insert(ids.end(), parts_.special.after.begin(), parts_.special.after.end());
    return ids;
  }
  std::size_t vocabulary_size() const override { return parts_.size; }

 private:
  using Text = std::vector<NormalizedCharacter>;

  void tokenize_piece(std::string_view piece, std::uint32_t base, std::vector<TokenSpan>* tokens) const {
    Text text;
    for (std::size_t position = 0; position < piece.size();) {
      const auto begin = base + static_cast<std::uint32_t>(position);
      const char32_t character = next_code_point(piece, position);
      text.push_back({character, begin, base + static_cast<std::uint32_t>(position), character_flags(character)});
    }
    for (const auto& step : parts_.normalizer)
      if (!text.empty()) step->apply(&text);
    if (!parts_.splitting.at_white_space) return tokenize_stretch(text, tokens);
    Text stretch;
    for (const NormalizedCharacter& c : text) {
      if ((c.flags & kSeparator) == 0) {
        stretch.push_back(c);
      } else {
        tokenize_stretch(stretch, tokens);
        stretch.clear();
      }
    }
    tokenize_stretch(stretch, tokens);
  }

  // Metaspace: spaces become a visible character, one stands at the start, and each starts a word.
  void tokenize_stretch(Text text, std::vector<TokenSpan>* tokens) const {
    if (text.empty()) return;
    const Splitting& rules = parts_.splitting;
    if (rules.metaspace) {
      for (NormalizedCharacter& c : text)
        if (c.character == U' ') c.character = rules.replacement;
      const bool wanted = rules.prepend == Prepend::kAlways || (rules.prepend == Prepend::kFirst && text[0].begin == 0);
      if (wanted && text[0].character != rules.replacement)
        text.insert(text.begin(), {rules.replacement, text[0].begin, text[0].end, 0});
    }
    Word word;
    const auto finish = [&] {
      if (word.bytes.empty()) return;
      for (const Piece& piece : parts_.model.cut(word.bytes)) tokens->push_back(word.span(piece.id, piece.begin, piece.end));
      word.clear();
    };
    for (const NormalizedCharacter& c : text) {
      if (rules.metaspace && rules.at_replacement && c.character == rules.replacement) finish();
      word.add(c);
    }
    finish();
  }

  Parts parts_;
};

Status read_splitting(const Json& json, Splitting* out) {
  if (json.is_null()) return {};
  const auto type = json.at("type").get<std::string>();
  if (type == "Sequence") {
    for (const Json& step : json.at("pretokenizers")) GROUNDS_RETURN_IF_ERROR(read_splitting(step, out));
    return {};
  }
  if (type == "WhitespaceSplit" && !out->metaspace) {
    out->at_white_space = true;
    return {};
  }
  if (type != "Metaspace" || out->metaspace)
    return fail(ErrorCode::kBadInput, "pre_tokenizer '" + type + "' is not supported here with Unigram");
  out->metaspace = true;
  const auto replacement = json.at("replacement").get<std::string>();
  std::size_t position = 0;
  if (!replacement.empty()) out->replacement = next_code_point(replacement, position);
  if (position == 0 || position != replacement.size())
    return fail(ErrorCode::kBadInput, "Metaspace: the replacement is not one character");
  const auto scheme = json.value("prepend_scheme", std::string(json.value("add_prefix_space", true) ? "always" : "never"));
  if (scheme != "always" && scheme != "first" && scheme != "never")
    return fail(ErrorCode::kBadInput, "Metaspace: prepend_scheme '" + scheme + "' is not known");
  out->prepend = scheme == "always" ? Prepend::kAlways : scheme == "first" ? Prepend::kFirst : Prepend::kNever;
  out->at_replacement = json.value("split", true);
  return {};
}

Result<Parts> read_parts(const Json& json) {
  Parts parts;
  const Json& model = json.at("model");
  if (model.value("byte_fallback", false)) return fail(ErrorCode::kBadInput, "Unigram with byte_fallback is not supported");
  std::vector<std::pair<std::string, double>> pieces;
  for (const Json& piece : model.at("vocab")) pieces.emplace_back(piece.at(0).get<std::string>(), piece.at(1).get<double>());
  GROUNDS_ASSIGN_OR_RETURN(parts.model, UnigramModel::make(pieces, model.at("unk_id").get<std::int64_t>()));
  GROUNDS_ASSIGN_OR_RETURN(parts.normalizer, normalizer_steps(json.value("normalizer", Json())));
  GROUNDS_RETURN_IF_ERROR(read_splitting(json.value("pre_tokenizer", Json()), &parts.splitting));
  const Json added = json.value("added_tokens", Json());
  GROUNDS_ASSIGN_OR_RETURN(parts.added, AddedTokens::from_json(added));
  GROUNDS_ASSIGN_OR_RETURN(parts.special, special_tokens_from_json(json.value("post_processor", Json())));
  parts.size = std::max(parts.model.size(), parts.added.size_of_vocabulary());
  return parts;
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> make_unigram_tokenizer(const Json& tokenizer_json) {
  try {
    GROUNDS_ASSIGN_OR_RETURN(Parts parts, read_parts(tokenizer_json));
    return std::make_shared<UnigramTokenizer>(std::move(parts));
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kBadInput, std::string("tokenizer.json: ") + error.what());
  }
}

}  // namespace grounds
