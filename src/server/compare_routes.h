// Routes over recorded answers: compare two of them, verify one.
#pragma once

#include <string>

#include "engine/engine.h"
#include "grounds/result.h"

namespace grounds {

// {"a","b"}: ids of answers that the caller got. kNotFound for those of others.
Result<Json> compare_route(Engine& engine, const std::string& body);
// {"answer_id","ok","problems":[...]}: whether the record still matches its hashes.
Result<Json> verify_answer_route(Engine& engine, const std::string& answer_id);

}  // namespace grounds
