// A model behind an OpenAI-compatible /v1/embeddings: [models.NAME] of grounds.toml.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "embedding/model.h"
#include "grounds/result.h"

namespace grounds {

struct HttpModel {
  std::string name;                // NAME
  std::string base_url;            // "http://127.0.0.1:8080/v1"; "/embeddings" is added
  std::string model;               // what requests call it
  std::string query_model;         // what requests for questions call it, where a server wants another name; "": model
  int dimension = 0;
  int max_tokens = 512;            // most tokens of a text, prefix and special tokens included
  std::string query_prefix, passage_prefix;
  double code_scale = 0;           // 0: 127*sqrt(dimension)/6
  int max_batch = 32;              // texts a request
  int concurrency = 1;             // requests at a time
  bool base64 = false;             // ask for base64; both forms are understood whichever was asked for
  std::chrono::milliseconds timeout{60'000};  // for one request, from its start to its last byte
  int retries = 4;                 // after the first attempt
  std::string tokenizer;           // path of a tokenizer.json; "": tokens are estimated, rather too many than too few
  std::string api_key_file, api_key_env;  // at most one; none: no Authorization header
};

using HttpModels = std::map<std::string, HttpModel>;  // by name

// The URL taken apart. kUsage for other schemes, for user names or passwords in it (they would end up in logs),
// for queries and fragments.
struct EmbeddingsUrl {
  std::string origin;              // "http://127.0.0.1:8080"
  std::string path;                // "/v1/embeddings"
  bool encrypted = false;
  bool loopback = false;           // by name or address: nothing leaves the machine
};
Result<EmbeddingsUrl> embeddings_url(const std::string& base_url);

// kUsage naming the key that is missing or out of range.
Status check_http_model(const HttpModel& model);

// All but the dimension could differ between two servers of one name; where they run does not matter. The fields
// for files hold what stands for them: the names sent, and how tokens are counted.
ModelIdentity http_identity(const HttpModel& model, std::string tokenizer_sha256);

}  // namespace grounds
