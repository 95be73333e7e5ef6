// How src/base makes a system call on files: asked of the observer, repeated after signals.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/file_system.h"

namespace grounds {

// Repeats a system call that a signal interrupted. Gives its result, and its errno value or 0.
template <class Call>
auto retry(Call call, int& error) {
  decltype(call()) result;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  error = result == -1 ? errno : 0;
  return result;
}

// Asks the observer, if any, makes the call unless told otherwise, tells the observer. `make` gets
// the decision and gives an errno value. Returns 0 or the errno value.
template <class Make>
int observed(IoObserver* observer, const IoCall& call, Make make) {
  if (observer == nullptr) return make(IoDecision{});
  const IoDecision decision = observer->before(call);
  if (decision.error != 0) return decision.error;
  if (decision.skip) return 0;
  const int error = make(decision);
  observer->after(call, error);
  return error;
}

inline void close_descriptor(int& descriptor) {
  if (descriptor >= 0) ::close(std::exchange(descriptor, -1));
}

}  // namespace grounds
