// Which documents a search may find, by what is known of them: `key=value` and its forms.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/canonical_json.h"
#include "grounds/result.h"

namespace grounds {

// Conditions that all must hold. A condition is
//   key=value      equal, byte for byte (of a list in the metadata: one of its elements); where the metadata
//                  has a number, not a text, equal as numbers
//   key=start*     begins so
//   key=low..high  in the range, ends included; either may be left out. As numbers where both the value and
//                  the end are, with all their digits (decimal.h), else by their bytes, as ISO dates sort.
// `key` is `uri`, `title` or `date`, else a key of the document's metadata. A document without the key fails.
// A value type.
class MetadataFilter {
 public:
  MetadataFilter() = default;
  static Result<MetadataFilter> parse(std::span<const std::string> conditions);  // kUsage
  bool empty() const { return conditions_.empty(); }
  bool matches(std::string_view uri, std::string_view title, std::string_view date, const Json& metadata) const;
  bool needs_metadata() const;
  // Equal for equal filters, whatever the order of their conditions.
  std::string canonical() const;

 private:
  enum class Kind { kEqual, kPrefix, kRange };
  struct Condition {
    std::string key, text;  // `text`: as written
    Kind kind = Kind::kEqual;
    std::string value;      // kEqual, kPrefix
    std::string low, high;  // kRange
    bool holds(std::string_view found) const;
    bool holds(const Json& found) const;
  };
  std::vector<Condition> conditions_;
};

}  // namespace grounds
