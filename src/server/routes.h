// What each route does, apart from HTTP: a request's JSON in, a view or an error out.
#pragma once

#include <string>

#include "engine/engine.h"
#include "grounds/result.h"
#include "server/answer_stream.h"

namespace grounds {

// Bodies are parsed strictly: an unknown field, a wrong type or bad UTF-8 is kUsage.
Result<Json> search_route(Engine& engine, const std::string& body);
struct ParsedAsk {
  AskRequest request;
  bool stream = false;
};
Result<ParsedAsk> parse_ask(Engine& engine, const std::string& body);
// Events "evidence", "delta", "answer" and "error", each with JSON.
StreamFormat ask_stream_format();
Result<Json> answer_route(Engine& engine, const std::string& answer_id);
Result<Json> replay_route(Engine& engine, const std::string& answer_id);
Result<Json> collections_route(Engine& engine);
Result<Json> collection_route(Engine& engine, const std::string& name);
// Whether the workspace can be read and the ledger written to right now.
Result<Json> ready_route(Engine& engine);

// Who asks over HTTP, as long as there are no keys.
Principal anonymous();

// 400, 403, 404, 422, 500 or 503.
int http_status(ErrorCode code);
// RFC 9457: {"type","title","status","detail","code","hint"}.
Json problem_view(const Error& error);

}  // namespace grounds
