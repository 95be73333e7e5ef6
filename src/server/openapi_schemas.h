// JSON Schemas of what the service takes and gives, for /openapi.json.
#pragma once

#include <string>
#include <vector>

#include "base/canonical_json.h"

namespace grounds::openapi {

Json text();
Json flag();
Json whole();
Json number(double least, double most);
Json one_of(std::vector<std::string> values);
Json list(Json items);
Json object(Json properties, std::vector<std::string> required = {});
// A request's body: what is not listed is refused.
Json closed(Json properties, std::vector<std::string> required);
Json ref(const std::string& name);

// Of responses and their parts, by name.
Json schemas();
// Of requests' bodies.
Json ask_body();
Json chat_body();
Json search_body();
Json embeddings_body();
Json collection_body();

}  // namespace grounds::openapi
