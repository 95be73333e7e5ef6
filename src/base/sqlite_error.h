// SQLite's result codes as the errors of this program.
#pragma once

#include <string>
#include <string_view>

#include "grounds/result.h"

struct sqlite3;

namespace grounds {

// The failure that `connection` reports with `code`: "what: path: reason". `connection` may be
// null.
Error sqlite_error(sqlite3* connection, int code, std::string_view what,
                   std::string_view path = {});

}  // namespace grounds
