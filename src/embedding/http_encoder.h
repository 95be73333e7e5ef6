// An encoder whose model runs behind an OpenAI-compatible /v1/embeddings.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file_system.h"
#include "embedding/encoder.h"
#include "embedding/http_model.h"

namespace grounds {

// What the encoder needs of the world; all of it is replaced in tests.
struct HttpSeams {
  std::function<std::optional<std::string>(const std::string&)> environment;  // for api_key_env
  std::shared_ptr<RandomSource> random;                                       // for the jitter of waits
  std::function<void(std::chrono::milliseconds)> sleep;
  static HttpSeams system();
};

// Asks the server for the canary texts, which shows whether it is there and gives vectors of the dimension
// configured. kUsage for a wrong configuration or key, kUnavailable if the server does not answer properly.
//
// Of the encoder: attempts that may succeed later (no connection, 408, 425, 429, 5xx; a time-out once) are made
// again, after waits that double and vary. Every other failure, and every answer that is not one vector of the
// dimension for each text, is kUnavailable at once. embed_all asks for the canary texts again at its end and is
// kRefused if they have drifted: none of its vectors is then given. A server may let a text's vector depend on the
// others in its batch; max_batch 1 keeps it from that.
Result<std::shared_ptr<const Encoder>> make_http_encoder(const FileSystem& files, const HttpModel& model,
                                                         HttpSeams seams = HttpSeams::system());

}  // namespace grounds
