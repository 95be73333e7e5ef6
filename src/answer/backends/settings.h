// How a language model is reached: [backends.NAME] of grounds.toml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "answer/backends/spending.h"
#include "base/canonical_json.h"
#include "grounds/result.h"

namespace grounds {

struct BackendSettings {
  std::string kind;                       // "openai"
  std::string base_url, model, api_key_file, api_key_env;
  int timeout_seconds = 60;               // in total; waiting for a turn, retries and pauses included
  int connect_timeout_seconds = 5;
  int first_token_timeout_seconds = 0;    // of a streamed answer; 0: timeout_seconds
  int retries = 2;                        // after the first attempt, of what may work later
  int max_response_bytes = 4 << 20;
  std::optional<double> temperature = 0;  // nothing: the server's own default
  std::optional<std::int64_t> seed;
  Json extra_body = Json::object();       // goes into the request as it is
  std::vector<std::string> fallback;      // asked in order when this one fails
  int max_concurrent = 0;                 // questions at a time in this process; 0: no limit
  int max_queue = 100;                    // that wait for their turn; more are refused
  int breaker_failures = 5;               // in a row, after which it is left alone; 0: never
  int breaker_seconds = 30;               // for so long
  std::optional<Price> price;             // of [prices.MODEL]
  std::optional<Budget> budget;
  std::int64_t canary_interval_seconds = 0;  // how often the canary prompts are asked; 0: never
  std::vector<std::string> canaries;      // the prompts; empty: the program's own
};

// Where requests go, taken apart.
struct Endpoint {
  std::string origin;                     // "http://127.0.0.1:8081"
  std::string path;                       // "/v1", no slash at its end
};
// kUsage for what is no http(s) URL, or holds a user, a query or a fragment: secrets do not belong there.
Result<Endpoint> parse_endpoint(const std::string& base_url);

// What can be said of the settings without calling anybody: kUsage names the key.
Status check_backend(const std::string& name, const BackendSettings& settings);

// The members of a request besides model, messages and stream: temperature, seed, then extra_body.
// `temperature` of a question goes before the backend's.
Json request_parameters(const BackendSettings& settings, const std::optional<double>& temperature);

}  // namespace grounds
