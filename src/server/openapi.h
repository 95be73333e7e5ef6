// What the server offers, as an OpenAPI 3.1 document.
#pragma once

#include "base/canonical_json.h"

namespace grounds {

Json openapi_document();

}  // namespace grounds
