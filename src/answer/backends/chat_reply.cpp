#include "answer/backends/chat_reply.h"

#include "base/utf8.h"

namespace grounds {
namespace {

tl::unexpected<Error> malformed(const std::string& what) { return fail(ErrorCode::kBadInput, what); }

// A member that is a text, or missing, or null.
Status read_text(const Json& object, const char* key, std::string& into) {
  auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  if (!found->is_string()) return malformed(std::string("'") + key + "' is no text");
  into = found->get<std::string>();
  return {};
}

Status add_text(const Json& object, const char* key, std::string& to) {
  std::string more;
  GROUNDS_RETURN_IF_ERROR(read_text(object, key, more));
  to += more;
  return {};
}

// Numbers of tokens that can be true; a server may say anything.
Json sane_usage(const Json& object) {
  auto usage = object.find("usage");
  if (usage == object.end() || !usage->is_object()) return nullptr;
  Json sane = Json::object();
  for (const char* key : {"prompt_tokens", "completion_tokens", "total_tokens"}) {
    auto value = usage->find(key);
    if (value != usage->end() && value->is_number_unsigned() && value->get<std::uint64_t>() < 1'000'000'000)
      sane[key] = *value;
  }
  return sane.empty() ? Json(nullptr) : sane;
}

Result<Json> parse_object(std::string_view text) {
  auto json = parse_json(text);
  if (!json) return malformed("the response is not JSON");
  if (!json->is_object()) return malformed("the response is no JSON object");
  if (auto error = json->find("error"); error != json->end() && !error->is_null())
    return malformed("the server reports an error in place of an answer");
  return json;
}

Status read_names(const Json& json, ChatReply& reply) {
  std::string id = reply.id, model = reply.model, fingerprint = reply.fingerprint;
  GROUNDS_RETURN_IF_ERROR(read_text(json, "id", id));
  GROUNDS_RETURN_IF_ERROR(read_text(json, "model", model));
  GROUNDS_RETURN_IF_ERROR(read_text(json, "system_fingerprint", fingerprint));
  reply.id = short_text(id), reply.model = short_text(model), reply.fingerprint = short_text(fingerprint);
  if (Json usage = sane_usage(json); !usage.is_null()) reply.usage = std::move(usage);
  return {};
}

// The first choice, or null; kBadInput if "choices" is no list of objects.
Result<const Json*> first_choice(const Json& json) {
  auto choices = json.find("choices");
  if (choices == json.end() || !choices->is_array()) return malformed("the response has no 'choices'");
  if (choices->empty()) return nullptr;
  if (!choices->front().is_object()) return malformed("the response's choice is no object");
  return &choices->front();
}

Status read_message(const Json& message, ChatReply& reply) {
  GROUNDS_RETURN_IF_ERROR(add_text(message, "content", reply.content));
  GROUNDS_RETURN_IF_ERROR(add_text(message, "reasoning_content", reply.reasoning));
  if (!message.contains("reasoning_content")) GROUNDS_RETURN_IF_ERROR(add_text(message, "reasoning", reply.reasoning));
  return {};
}

Status read_finish(const Json& choice, ChatReply& reply) {
  std::string reason;
  GROUNDS_RETURN_IF_ERROR(read_text(choice, "finish_reason", reason));
  if (!reason.empty()) reply.finish_reason = short_text(reason, 40);
  return {};
}

}  // namespace

std::string short_text(std::string_view text, std::size_t limit) {
  std::string valid = replace_invalid_utf8(text);
  if (valid.size() > limit) valid.resize(floor_boundary(valid, limit));
  return valid;
}

Result<ChatReply> parse_chat_completion(std::string_view body) {
  GROUNDS_ASSIGN_OR_RETURN(Json json, parse_object(body));
  ChatReply reply;
  GROUNDS_RETURN_IF_ERROR(read_names(json, reply));
  GROUNDS_ASSIGN_OR_RETURN(const Json* choice, first_choice(json));
  if (choice == nullptr) return malformed("the response has no choice");
  GROUNDS_RETURN_IF_ERROR(read_finish(*choice, reply));
  auto message = choice->find("message");
  if (message == choice->end() || !message->is_object()) return malformed("the response's choice has no message");
  GROUNDS_RETURN_IF_ERROR(read_message(*message, reply));
  return reply;
}

Result<std::string> add_chat_chunk(ChatReply& reply, std::string_view data) {
  GROUNDS_ASSIGN_OR_RETURN(Json json, parse_object(data));
  GROUNDS_RETURN_IF_ERROR(read_names(json, reply));
  GROUNDS_ASSIGN_OR_RETURN(const Json* choice, first_choice(json));
  if (choice == nullptr) return std::string();
  GROUNDS_RETURN_IF_ERROR(read_finish(*choice, reply));
  auto delta = choice->find("delta");
  if (delta == choice->end() || delta->is_null()) return std::string();
  if (!delta->is_object()) return malformed("a chunk's delta is no object");
  const std::size_t before = reply.content.size();
  GROUNDS_RETURN_IF_ERROR(read_message(*delta, reply));
  return reply.content.substr(before);
}

}  // namespace grounds
