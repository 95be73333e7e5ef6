// Which documents differ between the states of the data that two answers saw.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "grounds/result.h"
#include "index/generation/workspace.h"
#include "index/segment/chunk_id.h"
#include "ledger/compare/factors.h"

namespace grounds {

struct DataState {
  std::int64_t collection = 0;   // Collection::id
  Generation generation = 0;
  friend bool operator==(const DataState&, const DataState&) = default;
};

struct VersionFacts {
  std::int64_t document = 0, version = 0;
  std::string source_sha256, extract_sha256, parser, chunking, title, date, metadata;
  Generation created = 0;
  std::optional<Generation> retired;
  UnixMillis ingested = 0;
  std::int64_t source_modified = 0;  // nanoseconds
};

// A document whose live version is another one on the other side; absent: not there.
struct DocumentChange {
  std::string uri;
  std::optional<VersionFacts> a, b;
  // kData: its source. kParser: the same source gave another extract. kSettings: the same extract was cut
  // by other rules.
  Factor factor = Factor::kData;
};

// By URI. Versions with the same content count as one, also in two collections.
Result<std::vector<DocumentChange>> document_changes(Workspace& workspace, const DataState& a, const DataState& b);

}  // namespace grounds
