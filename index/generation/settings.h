// A collection's settings: every number that retrieval and answers depend on, by name.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "grounds/result.h"

namespace grounds {

enum class SettingKind { kInteger, kCount /* or "all" */, kReal, kChoice, kList };

struct SettingRule {
  std::string_view key;
  SettingKind kind;
  std::string_view default_value;
  double minimum, maximum;          // kInteger, kCount, kReal
  std::string_view choices;         // kChoice: "a|b"
  bool needs_rebuild;               // changes chunks: takes effect for documents ingested afterwards
  std::string_view meaning;
};

std::span<const SettingRule> setting_rules();

// Complete (defaults filled in) and valid by construction. A value type.
class Settings {
 public:
  Settings();                                              // all defaults
  static Result<Settings> from_json(std::string_view text);  // unknown keys and bad values are errors
  std::string to_json() const;                             // canonical; every key with its value

  // kUsage for an unknown key (naming near ones) or a value outside its range.
  Status set(std::string_view key, std::string_view value);
  std::int64_t integer(std::string_view key) const;  // INT64_MAX for "all"
  double real(std::string_view key) const;
  const std::string& text(std::string_view key) const;
  const std::map<std::string, std::string, std::less<>>& values() const { return values_; }
  friend bool operator==(const Settings&, const Settings&) = default;

 private:
  std::map<std::string, std::string, std::less<>> values_;  // normalised text by key
};

}  // namespace grounds
