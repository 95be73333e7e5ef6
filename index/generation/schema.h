// The tables of catalog.db. Described column by column in docs/formats/catalog.md.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/sqlite.h"

namespace grounds {

// In one transaction: all tables, and the workspace's identity and format version in `meta`.
Status create_schema(Database& database, const std::string& workspace_id, UnixMillis now);
Result<bool> has_schema(Database& database);
// Brings a catalog of an earlier format to this one, in one transaction; no other is touched.
Status migrate_schema(Database& database);

}  // namespace grounds
