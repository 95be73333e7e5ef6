#include "ingest/sources/access_file.h"

#include <toml++/toml.h>

#include "base/utf8.h"

namespace grounds::sources {
namespace {

tl::unexpected<Error> wrong(const toml::source_region& where, std::string what) {
  return fail(ErrorCode::kBadInput, "line " + std::to_string(where.begin.line) + ": " + std::move(what),
              "an access file holds one line: groups = [\"NAME\", ...]");
}

bool is_group_name(std::string_view name) {
  return !trim(name).empty() && trim(name).size() == name.size() && name.find_first_of(",\n\r\t") == std::string_view::npos;
}

}  // namespace

bool is_access_file(std::string_view name) {
  return name == kFolderAccessName || (name.size() > kDocumentAccessSuffix.size() && name.ends_with(kDocumentAccessSuffix));
}

Result<std::vector<std::string>> parse_access_file(std::string_view text) {
  try {
    const toml::table root = toml::parse(text);
    for (const auto& [key, value] : root) {
      if (key.str() != "groups") return wrong(value.source(), "unknown key '" + std::string(key.str()) + "'");
    }
    const toml::array* const list = root["groups"].as_array();
    if (list == nullptr) return wrong(root.source(), "there is no list 'groups'");
    std::vector<std::string> groups;
    for (const toml::node& each : *list) {
      const auto name = each.value_exact<std::string>();
      if (!name || !is_group_name(*name)) return wrong(each.source(), "a group is a name in quotes, without commas");
      groups.push_back(*name);
    }
    return groups;
  } catch (const toml::parse_error& error) {
    return wrong(error.source(), std::string(error.description()));
  }
}

}  // namespace grounds::sources
