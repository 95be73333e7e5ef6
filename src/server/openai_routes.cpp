#include "server/openai_routes.h"

#include <openssl/evp.h>

#include <bit>
#include <cstring>

#include "answer/backends/event_stream.h"
#include "server/body.h"

namespace grounds {
namespace {

constexpr std::size_t kMaxInputs = 256;

Json usage_view(const Answer& answer) {
  const auto count = [&](const char* key) { return answer.usage.is_object() ? answer.usage.value(key, std::uint64_t{0}) : std::uint64_t{0}; };
  return {{"prompt_tokens", count("prompt_tokens")}, {"completion_tokens", count("completion_tokens")}, {"total_tokens", count("total_tokens")}};
}

std::string finish_reason(const Answer& answer) {
  if (answer.finish_reason == "content_filter") return answer.finish_reason;
  // Whatever else a model names ("", "tool_calls"), its answer may not be whole; without a model nothing was cut.
  const bool uncalled = answer.model.empty() || answer.backend_reason == "weak_evidence";
  return answer.finish_reason == "stop" || uncalled ? "stop" : "length";
}

// What an answer of this program has beyond those of others.
void add_account(Json& view, const Answer& answer) {
  view["citations"] = citations_json(answer.text);
  view["verdict"] = verdict_name(answer.text.verdict);
  view["answer_id"] = answer.answer_id;
  view["grounds"] = answer_view(answer);
}

Json chunk_view(const std::string& model, UnixMillis now, const std::string& id, Json delta, Json finish) {
  return {{"id", id}, {"object", "chat.completion.chunk"}, {"created", now / 1000}, {"model", model},
          {"choices", Json::array({Json{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish)}}})}};
}

std::string event(const Json& json) { return format_event("", json.dump(-1, ' ', false, Json::error_handler_t::replace)); }

// A vector as OpenAI's client asks for it: base64 of float32, little-endian.
std::string base64_floats(const std::vector<float>& vector) {
  static_assert(std::endian::native == std::endian::little);
  std::string out(4 * ((vector.size() * 4 + 2) / 3), '\0');
  std::string bytes(vector.size() * 4, '\0');
  std::memcpy(bytes.data(), vector.data(), bytes.size());
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return out;
}

Result<std::vector<std::string>> inputs_of(const Json* input) {
  std::vector<std::string> texts;
  if (input && input->is_string()) texts.push_back(input->get<std::string>());
  else if (input && input->is_array())
    for (const Json& each : *input) {
      if (!each.is_string()) return fail(ErrorCode::kUsage, "'input' must be a text or a list of texts; tokens are not taken");
      texts.push_back(each.get<std::string>());
    }
  if (texts.empty()) return fail(ErrorCode::kUsage, "'input' must be a text or a list of texts");
  if (texts.size() > kMaxInputs) return fail(ErrorCode::kUsage, "'input' holds over " + std::to_string(kMaxInputs) + " texts", "send several requests");
  for (const std::string& text : texts)
    if (text.empty()) return fail(ErrorCode::kUsage, "'input' holds an empty text");
  return texts;
}

}  // namespace

Result<ChatRequest> parse_chat(Engine& engine, const std::string& text) {
  GROUNDS_ASSIGN_OR_RETURN(Body body, Body::parse(text));
  ChatRequest chat;
  AskRequest& request = chat.ask.request;
  chat.model = request.collection = body.required("model");
  GROUNDS_ASSIGN_OR_RETURN(request.messages, body.messages("messages"));
  request.temperature = body.real("temperature", 0, 2);
  chat.ask.stream = body.flag("stream");
  if (const Json* options = body.any("stream_options"); options && options->is_object())
    chat.include_usage = options->value("include_usage", Json(false)) == Json(true);
  const std::uint32_t choices = body.number("n", 1);
  request.backend = body.text("backend", engine.configuration().backend);
  request.fresh = body.flag("fresh");
  body.ignore({"max_tokens", "max_completion_tokens", "top_p", "stop", "presence_penalty", "frequency_penalty", "logit_bias", "user",
               "seed", "store", "metadata", "response_format", "reasoning_effort", "service_tier", "parallel_tool_calls", "verbosity",
               "prompt_cache_key", "safety_identifier", "logprobs", "top_logprobs"});
  GROUNDS_RETURN_IF_ERROR(body.finish());
  if (choices != 1) return fail(ErrorCode::kUsage, "'n' must be 1: a question has one answer");
  if (request.messages.empty() || request.messages.back().role != "user")
    return fail(ErrorCode::kUsage, "'messages' must end with a message of the user, which is the question");
  for (Message& message : request.messages)
    if (message.role == "developer") message.role = "system";
  request.question = std::move(request.messages.back().content);
  request.messages.pop_back();
  request.principal = anonymous();
  return chat;
}

Json chat_view(const ChatRequest& request, const Answer& answer, UnixMillis now) {
  Json message = {{"role", "assistant"}, {"content", answer.text.answer}};
  Json view = {{"id", "chatcmpl-" + answer.answer_id},
               {"object", "chat.completion"},
               {"created", now / 1000},
               {"model", request.model},
               {"choices", Json::array({Json{{"index", 0}, {"message", std::move(message)}, {"finish_reason", finish_reason(answer)}}})},
               {"usage", usage_view(answer)}};
  add_account(view, answer);
  return view;
}

StreamFormat chat_stream_format(const ChatRequest& request, UnixMillis now) {
  auto id = std::make_shared<std::string>();
  const std::string model = request.model;
  const bool include_usage = request.include_usage;
  StreamFormat format;
  format.evidence = [id, model, now](const std::string& answer_id, const std::vector<EvidenceItem>&) {
    *id = "chatcmpl-" + answer_id;
    return event(chunk_view(model, now, *id, {{"role", "assistant"}, {"content", ""}}, nullptr));
  };
  format.delta = [id, model, now](std::string_view piece) {
    return event(chunk_view(model, now, *id, {{"content", piece}}, nullptr));
  };
  format.answer = [id, model, now, include_usage](const Answer& answer) {
    Json last = chunk_view(model, now, *id, Json::object(), finish_reason(answer));
    add_account(last, answer);
    std::string bytes = event(last);
    if (include_usage) {
      Json usage = chunk_view(model, now, *id, Json::object(), nullptr);
      usage["choices"] = Json::array();
      usage["usage"] = usage_view(answer);
      bytes += event(usage);
    }
    return bytes + format_event("", "[DONE]");
  };
  format.error = [](const Error& error) { return event(openai_problem_view(error)) + format_event("", "[DONE]"); };
  return format;
}

Result<Json> models_route(Engine& engine) {
  GROUNDS_ASSIGN_OR_RETURN(std::vector<Collection> all, engine.catalog().list_collections());
  Json models = Json::array();
  for (const Collection& each : all)
    models.push_back({{"id", each.name}, {"object", "model"}, {"created", each.created / 1000}, {"owned_by", "grounds"}});
  return Json{{"object", "list"}, {"data", std::move(models)}};
}

Result<Json> embeddings_route(Engine& engine, const std::string& text) {
  GROUNDS_ASSIGN_OR_RETURN(Body body, Body::parse(text));
  const std::string model = body.required("model");
  const Json* input = body.any("input");
  const std::string encoding = body.text("encoding_format", "float"), role = body.text("input_type", "passage");
  const std::uint32_t dimensions = body.number("dimensions", 0);
  body.ignore({"user"});
  GROUNDS_RETURN_IF_ERROR(body.finish());
  GROUNDS_ASSIGN_OR_RETURN(std::vector<std::string> texts, inputs_of(input));
  if (encoding != "float" && encoding != "base64") return fail(ErrorCode::kUsage, "'encoding_format' must be float or base64");
  if (role != "passage" && role != "query") return fail(ErrorCode::kUsage, "'input_type' must be passage or query");
  GROUNDS_ASSIGN_OR_RETURN(auto encoder, engine.encoders().load(model));
  Json data = Json::array();
  std::uint64_t tokens = 0;
  for (const std::string& each : texts) {
    GROUNDS_ASSIGN_OR_RETURN(std::vector<float> vector, encoder->embed(each, role == "query" ? TextRole::kQuery : TextRole::kPassage));
    if (dimensions != 0 && dimensions != vector.size())
      return fail(ErrorCode::kUsage, model + " has " + std::to_string(vector.size()) + " dimensions and no others");
    tokens += encoder->tokenizer().count(each);
    data.push_back({{"object", "embedding"}, {"index", data.size()},
                    {"embedding", encoding == "base64" ? Json(base64_floats(vector)) : Json(vector)}});
  }
  return Json{{"object", "list"}, {"model", model}, {"data", std::move(data)},
              {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}};
}

Json openai_problem_view(const Error& error) {
  Json problem = problem_view(error);
  problem["error"] = {{"message", error.message + (error.hint.empty() ? "" : " (" + problem["hint"].get<std::string>() + ")")},
                      {"type", problem["code"]}, {"code", problem["code"]}, {"param", nullptr}};
  return problem;
}

}  // namespace grounds
