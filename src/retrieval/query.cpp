#include "retrieval/query.h"

#include "base/canonical_json.h"
#include "base/hash.h"
#include "base/utf8.h"

namespace grounds {
namespace {

std::string codes_to_hex(const std::vector<std::int8_t>& codes) {
  return to_hex({reinterpret_cast<const std::uint8_t*>(codes.data()), codes.size()});
}

// The longest beginning of `text` that fits the model.
std::string_view fit(const Encoder& encoder, std::string_view text) {
  std::vector<TokenSpan> tokens = encoder.tokenizer().tokenize(text);
  std::size_t most = encoder.max_tokens(TextRole::kQuery);
  if (tokens.size() <= most) return text;
  return text.substr(0, floor_boundary(text, tokens[most - 1].end));
}

}  // namespace

std::string_view search_mode_name(SearchMode mode) {
  switch (mode) {
    case SearchMode::kHybrid: return "hybrid";
    case SearchMode::kVector: return "vector";
    case SearchMode::kLexical: return "lexical";
  }
  return "";
}

Result<SearchMode> parse_search_mode(std::string_view name) {
  for (SearchMode mode : {SearchMode::kHybrid, SearchMode::kVector, SearchMode::kLexical})
    if (search_mode_name(mode) == name) return mode;
  return fail(ErrorCode::kUsage, "unknown search mode '" + std::string(name) + "'", "modes: hybrid, vector, lexical");
}

std::string Query::to_json() const {
  Json json;
  json["text"] = text;
  json["mode"] = search_mode_name(mode);
  json["codes"] = Json::object();
  for (const auto& [fingerprint, values] : codes) json["codes"][fingerprint] = codes_to_hex(values);
  json["terms"] = lexical.terms;
  json["phrases"] = Json::array();
  for (const LexicalPhrase& phrase : lexical.phrases) {
    Json& terms = json["phrases"].emplace_back(Json::array());
    for (const PhraseTerm& each : phrase) terms.push_back({{"term", each.term}, {"position", each.position}});
  }
  json["settings"] = settings.values();
  json["analyzer"] = analyzer;
  return *canonical_json(json);  // strings, all valid UTF-8, and small numbers
}

Result<Query> Query::from_json(std::string_view text) {
  GROUNDS_ASSIGN_OR_RETURN(Json json, parse_json(text));
  Query query;
  try {
    query.text = json.at("text").get<std::string>();
    GROUNDS_ASSIGN_OR_RETURN(query.mode, parse_search_mode(json.at("mode").get<std::string>()));
    for (const auto& [fingerprint, hex] : json.at("codes").items()) {
      GROUNDS_ASSIGN_OR_RETURN(std::string bytes, from_hex(hex.get<std::string>()));
      query.codes[fingerprint].assign(bytes.begin(), bytes.end());
    }
    query.lexical.terms = json.at("terms").get<std::vector<std::string>>();
    for (const Json& terms : json.at("phrases")) {
      LexicalPhrase& phrase = query.lexical.phrases.emplace_back();
      for (const Json& each : terms) phrase.push_back({each.at("term"), each.at("position")});
    }
    GROUNDS_ASSIGN_OR_RETURN(query.settings, Settings::from_json(json.at("settings").dump()));
    query.analyzer = json.at("analyzer").get<std::string>();
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kDamaged, std::string("a recorded query cannot be read: ") + error.what());
  }
  return query;
}

Status check_question(std::string_view question) {
  if (question.size() > kMaxQuestionBytes)
    return fail(ErrorCode::kUsage,
                "the question is " + std::to_string(question.size()) + " bytes long; at most " +
                    std::to_string(kMaxQuestionBytes) + " are taken",
                "ask a shorter question; long texts belong into documents");
  if (!is_valid_utf8(question))
    return fail(ErrorCode::kUsage, "the question is not valid UTF-8", "check the terminal's or client's encoding");
  if (trim(question).empty())
    return fail(ErrorCode::kUsage, "the question is empty", "say what is asked: grounds ask \"...\"");
  return {};
}

Result<Query> prepare_query(const Snapshot& snapshot, std::string_view text, SearchMode mode,
                            QuotedPhrases quoted, const EncoderPool& encoders, const Analyzer& analyzer) {
  GROUNDS_RETURN_IF_ERROR(check_question(text));
  Query query;
  query.text = std::string(trim(text));
  query.mode = mode;
  query.settings = snapshot.collection.settings;
  query.analyzer = analyzer.identity();
  if (mode != SearchMode::kVector) query.lexical = lexical_query(analyzer, query.text);
  if (quoted == QuotedPhrases::kAreWords) query.lexical.phrases.clear();
  if (mode == SearchMode::kLexical) return query;
  for (const Snapshot::SpaceViews& views : snapshot.spaces) {
    if (views.space.dimension == 0 || views.live == 0) continue;
    GROUNDS_ASSIGN_OR_RETURN(auto encoder, encoders.get(views.space.identity));
    auto vector = encoder->embed(fit(*encoder, query.text), TextRole::kQuery);
    if (!vector) return fail(std::move(vector).error().in("embedding the question"));
    query.codes[views.space.fingerprint] = quantize(*vector, encoder->identity().code_scale);
  }
  return query;
}

}  // namespace grounds
