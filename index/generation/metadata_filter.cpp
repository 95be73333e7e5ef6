#include "index/generation/metadata_filter.h"

#include <algorithm>

#include "index/generation/decimal.h"

namespace grounds {
namespace {

// As numbers if both are, else by their bytes.
std::strong_ordering compare(std::string_view a, std::string_view b) {
  const std::optional<Decimal> first = Decimal::parse(a), second = Decimal::parse(b);
  if (first && second) return *first <=> *second;
  return a.compare(b) <=> 0;
}

}  // namespace

Result<MetadataFilter> MetadataFilter::parse(std::span<const std::string> conditions) {
  MetadataFilter filter;
  for (const std::string& text : conditions) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size())
      return fail(ErrorCode::kUsage, "'" + text + "' is not a filter",
                  "write key=value, key=start* or key=low..high, as in: --filter department=sales");
    Condition condition;
    condition.text = text;
    condition.key = text.substr(0, equals);
    condition.value = text.substr(equals + 1);
    if (const std::size_t dots = condition.value.find(".."); dots != std::string::npos) {
      condition.kind = Kind::kRange;
      condition.low = condition.value.substr(0, dots);
      condition.high = condition.value.substr(dots + 2);
      if (condition.low.empty() && condition.high.empty())
        return fail(ErrorCode::kUsage, "the range of filter '" + text + "' has no end", "write key=low..high");
    } else if (condition.value.ends_with('*')) {
      condition.kind = Kind::kPrefix;
      condition.value.pop_back();
    }
    filter.conditions_.push_back(std::move(condition));
  }
  std::ranges::sort(filter.conditions_, {}, &Condition::text);
  const auto same = std::ranges::unique(filter.conditions_, {}, &Condition::text);
  filter.conditions_.erase(same.begin(), same.end());
  return filter;
}

bool MetadataFilter::Condition::holds(std::string_view found) const {
  switch (kind) {
    case Kind::kEqual: return found == value;  // as text: 1.10 is not 1.1, and long numbers differ in any digit
    case Kind::kPrefix: return found.starts_with(value);
    case Kind::kRange:
      return (low.empty() || compare(found, low) >= 0) && (high.empty() || compare(found, high) <= 0);
  }
  return false;
}

bool MetadataFilter::Condition::holds(const Json& found) const {
  if (found.is_array()) return std::ranges::any_of(found, [this](const Json& each) { return !each.is_array() && holds(each); });
  if (found.is_string()) return holds(std::string_view(found.get_ref<const std::string&>()));
  if (found.is_number() && kind == Kind::kEqual) {
    // By value: 2021.0 is 2021.
    const auto wanted = Decimal::parse(value), number = Decimal::parse(found.dump());
    if (wanted && number) return *wanted == *number;
  }
  if (found.is_number() || found.is_boolean()) return holds(std::string_view(found.dump()));
  return false;
}

bool MetadataFilter::needs_metadata() const {
  return std::ranges::any_of(conditions_, [](const Condition& each) {
    return each.key != "uri" && each.key != "title" && each.key != "date";
  });
}

bool MetadataFilter::matches(std::string_view uri, std::string_view title, std::string_view date,
                             const Json& metadata) const {
  return std::ranges::all_of(conditions_, [&](const Condition& each) {
    if (each.key == "uri") return each.holds(uri);
    if (each.key == "title") return each.holds(title);
    if (each.key == "date") return !date.empty() && each.holds(date);
    if (!metadata.is_object()) return false;
    auto found = metadata.find(each.key);
    return found != metadata.end() && each.holds(*found);
  });
}

std::string MetadataFilter::canonical() const {
  Json list = Json::array();
  for (const Condition& each : conditions_) list.push_back(each.text);
  return list.dump();
}

}  // namespace grounds
