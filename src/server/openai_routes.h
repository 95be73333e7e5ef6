// The routes that clients of OpenAI's service speak: a collection is a model.
#pragma once

#include <string>

#include "server/answer_stream.h"
#include "server/routes.h"

namespace grounds {

struct ChatRequest {
  ParsedAsk ask;
  std::string model;            // the collection
  bool include_usage = false;   // of a stream
};
// The last message is the question, those before are the conversation. Fields that set how a model
// samples are taken for what they are worth or passed over; unknown ones are kUsage.
Result<ChatRequest> parse_chat(Engine& engine, const std::string& body);
Json chat_view(const ChatRequest& request, const Answer& answer, UnixMillis now);
StreamFormat chat_stream_format(const ChatRequest& request, UnixMillis now);

Result<Json> models_route(Engine& engine);
Result<Json> embeddings_route(Engine& engine, const std::string& body);

// The problem with the member "error" that OpenAI's clients look for.
Json openai_problem_view(const Error& error);

}  // namespace grounds
