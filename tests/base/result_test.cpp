#include "grounds/result.h"

#include <doctest/doctest.h>

#include <memory>
#include <set>

namespace grounds {
namespace {

TEST_CASE("every error code has a name and an exit code of its own") {
  std::set<std::string_view> names;
  std::set<int> exits;
  for (const ErrorCode code :
       {ErrorCode::kUsage, ErrorCode::kNotFound, ErrorCode::kRefused, ErrorCode::kBadInput,
        ErrorCode::kDamaged, ErrorCode::kUnavailable, ErrorCode::kInternal}) {
    names.insert(error_code_name(code));
    exits.insert(exit_code(code));
  }
  CHECK(names.size() == 7);
  CHECK(exits == std::set<int>{2, 3, 4, 5, 6, 7, 70});
  CHECK(exit_code(ErrorCode::kDamaged) == 6);
  CHECK(error_code_name(ErrorCode::kBadInput) == "bad_input");
}

Result<std::unique_ptr<int>> make(bool good) {
  if (!good) return fail(ErrorCode::kRefused, "no");
  return std::make_unique<int>(7);
}

Result<int> use(bool good) {
  GROUNDS_ASSIGN_OR_RETURN(const std::unique_ptr<int> value, make(good));
  return *value;
}

Status twice(bool good) {
  GROUNDS_RETURN_IF_ERROR(use(true));
  GROUNDS_RETURN_IF_ERROR(use(good));
  return {};
}

TEST_CASE("the macros hand on values that can only be moved, and errors as they are") {
  CHECK(use(true).value() == 7);
  REQUIRE_FALSE(use(false));
  CHECK(use(false).error().code == ErrorCode::kRefused);
  CHECK(twice(true));
  CHECK(twice(false).error().message == "no");
  CHECK(std::move(use(false).error()).in("reading").message == "reading: no");
}

}  // namespace
}  // namespace grounds
