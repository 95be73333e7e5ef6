// Result<T>: how every function that can fail reports it, across all module boundaries.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace grounds {

// What kind of failure this is. Each maps to one exit code of the program and one HTTP status.
enum class ErrorCode {
  kUsage,        // the request itself is malformed: wrong flag, empty question
  kNotFound,     // a workspace, collection, document, answer or model that is not there
  kRefused,      // not permitted, or over a limit
  kBadInput,     // a document, file or body that cannot be read as what it claims to be
  kDamaged,      // a file of the workspace fails its checksum or cannot be interpreted
  kUnavailable,  // a model backend, port, disk or lock that may work later
  kInternal,     // a defect of this program
};

// The failure as an administrator reads it: what happened, to what, and what to do about it.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // one line: what happened, to what
  std::string hint;     // one line: what to do; may be empty

  // Puts "context: " before the message, for callers that know more about what was attempted.
  [[nodiscard]] Error in(std::string_view context) && {
    message = std::string(context) + ": " + message;
    return std::move(*this);
  }
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(hint)});
}
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

// "not_found", "refused", ...: the stable name of a code in JSON.
std::string_view error_code_name(ErrorCode code);
// The exit code of the program for a failure of this kind (2, 3, 4, 5, 6, 7 or 70).
int exit_code(ErrorCode code);

}  // namespace grounds

#define GROUNDS_CONCAT_INNER(a, b) a##b
#define GROUNDS_CONCAT(a, b) GROUNDS_CONCAT_INNER(a, b)

// Returns the error of `expression` from the enclosing function, if it is one.
#define GROUNDS_RETURN_IF_ERROR(expression)                      \
  do {                                                           \
    if (auto grounds_status = (expression); !grounds_status)     \
      return ::grounds::fail(std::move(grounds_status).error()); \
  } while (false)

// Evaluates `expression`; on success moves its value into `declaration`, else returns the error.
#define GROUNDS_ASSIGN_OR_RETURN(declaration, expression) \
  GROUNDS_ASSIGN_OR_RETURN_INNER(GROUNDS_CONCAT(grounds_result_, __LINE__), declaration, expression)
#define GROUNDS_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                           \
  if (!result) return ::grounds::fail(std::move(result).error());       \
  declaration = std::move(*result)
