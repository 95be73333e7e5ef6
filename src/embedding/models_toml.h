// models.toml, compiled in.
#pragma once

#include <string_view>

namespace grounds {

extern const std::string_view kModelsToml;

}  // namespace grounds
