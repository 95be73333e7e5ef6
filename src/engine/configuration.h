// Settings of a workspace that are no property of a collection: grounds.toml, overridden by the
// environment (GROUNDS_SERVER_LISTEN for server.listen, and so on). Unknown keys are errors.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "answer/backends/settings.h"
#include "base/file_system.h"
#include "embedding/http_model.h"
#include "embedding/model.h"
#include "grounds/result.h"
#include "ingest/sources/web_client.h"

namespace grounds {

// [[access]]: documents whose URI matches `path` may be read by `groups`. The last matching rule counts.
struct AccessRule {
  std::string path;                  // a glob; ** crosses folders
  std::vector<std::string> groups;
};

struct Configuration {
  std::string listen = "127.0.0.1:8080";
  bool writes = true;                // over HTTP, by the local administrator
  int max_upload_bytes = 256 << 20;  // of a document sent over HTTP
  int drain_seconds = 20;            // for requests under way when the server stops
  std::string backend = "extractive";
  bool reuse = true;
  std::int64_t reuse_max_age_seconds = 90 * 86'400;
  std::string policy = "flag";       // or "withhold"
  int numeric_samples = 3;
  Precision precision = Precision::kInt8;
  int streams = 0;                   // 0: one per core
  int commit_chunks = 4096;          // an ingest commits when so many chunks are ready,
  int commit_seconds = 5;            // or after so many seconds
  int atomic_chunks = 200000;        // most that an ingest with --atomic holds in memory
  std::vector<AccessRule> access;
  WebSettings web;
  std::map<std::string, BackendSettings> backends;   // with the price of their model
  std::map<std::string, Price> prices;               // [prices.MODEL]
  HttpModels models;                  // [models.NAME]: behind HTTP
  std::map<std::string, std::string> parties;   // factor, backend, job or key -> "A", "B", "C" or a name

  // `environment` looks a variable up. A missing file is an empty one. kUsage names file, line and key.
  static Result<Configuration> load(const FileSystem& file_system, const std::string& path,
                                    const std::function<std::optional<std::string>(const std::string&)>& environment);
};

}  // namespace grounds
