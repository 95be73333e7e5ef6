// Extracts as the workspace keeps them.
#pragma once

#include "grounds/result.h"
#include "index/generation/catalog.h"
#include "index/generation/extract_store.h"
#include "ingest/extract.h"

namespace grounds {

// The extract of a version, blocks and tables included, verified against its hashes. kNotFound if it was erased,
// kDamaged if text and map do not belong together. Thread-safe as the store is. Reads all of the document: a
// quote alone is had from the store for less.
Result<Extract> read_extract(ExtractStore& store, const DocumentVersion& version);

}  // namespace grounds
