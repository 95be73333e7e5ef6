#include "ingest/stored_extract.h"

#include <utility>

namespace grounds {

Result<Extract> read_extract(ExtractStore& store, const DocumentVersion& version) {
  GROUNDS_ASSIGN_OR_RETURN(std::string text, store.read(version.extract_sha256));
  GROUNDS_ASSIGN_OR_RETURN(const std::string map, store.read(version.map_sha256));
  return Extract::from_parts(std::move(text), map);
}

}  // namespace grounds
