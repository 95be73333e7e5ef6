#include "embedding/special_tokens.h"

namespace grounds {
namespace {

Result<SpecialTokens> from_template(const Json& processor) {
  SpecialTokens result;
  bool after_text = false;
  for (const Json& part : processor.at("single")) {
    if (part.contains("Sequence")) {
      if (after_text) return fail(ErrorCode::kBadInput, "post_processor: the text stands twice");
      after_text = true;
      continue;
    }
    const auto name = part.at("SpecialToken").at("id").get<std::string>();
    for (const Json& id : processor.at("special_tokens").at(name).at("ids"))
      (after_text ? result.after : result.before).push_back(id.get<std::int64_t>());
  }
  if (!after_text) return fail(ErrorCode::kBadInput, "post_processor: no place for the text");
  return result;
}

}  // namespace

Result<SpecialTokens> special_tokens_from_json(const Json& post_processor) {
  if (post_processor.is_null()) return SpecialTokens{};
  try {
    const auto type = post_processor.at("type").get<std::string>();
    if (type == "TemplateProcessing") return from_template(post_processor);
    if (type == "RobertaProcessing" && post_processor.value("trim_offsets", true))
      return fail(ErrorCode::kBadInput, "post_processor 'RobertaProcessing' with trim_offsets is not supported");
    if (type == "BertProcessing" || type == "RobertaProcessing")
      return SpecialTokens{{post_processor.at("cls").at(1).get<std::int64_t>()},
                           {post_processor.at("sep").at(1).get<std::int64_t>()}};
    return fail(ErrorCode::kBadInput, "post_processor '" + type + "' is not supported");
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kBadInput, std::string("post_processor: ") + error.what());
  }
}

}  // namespace grounds
