// Any bytes: parse_json() refuses them or gives a value; what canonical_json() writes is read back as
// the same value and written as the same bytes.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/canonical_json.h"
#include "base/utf8.h"

namespace {

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = grounds::parse_json(text);
  if (!value) {
    expect(value.error().code == grounds::ErrorCode::kBadInput, "bad bytes are bad input");
    expect(grounds::is_valid_utf8(value.error().message), "messages are valid UTF-8");
    return 0;
  }
  expect(grounds::is_valid_utf8(text), "only valid UTF-8 is JSON");
  const auto canonical = grounds::canonical_json(*value);
  if (!canonical) {
    expect(canonical.error().message.find("2^53") != std::string::npos,
           "only large integers have no canonical form");
    return 0;
  }
  const auto again = grounds::parse_json(*canonical);
  expect(again.has_value(), "canonical text is JSON");
  expect(*again == *value, "canonical text is the same value");
  expect(grounds::canonical_json(*again) == *canonical, "canonical text is a fixed point");
  return 0;
}
