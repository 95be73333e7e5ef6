// Places of a semaphore that are given back whatever happens.
#pragma once

#include <memory>
#include <semaphore>

namespace grounds {

struct GivePermitBack {
  void operator()(std::counting_semaphore<>* semaphore) const { semaphore->release(); }
};
// Held until the end of its scope; false if it is none. The semaphore must outlive it.
using Permit = std::unique_ptr<std::counting_semaphore<>, GivePermitBack>;

inline Permit wait_for_permit(std::counting_semaphore<>& semaphore) {
  semaphore.acquire();
  return Permit(&semaphore);
}

inline Permit try_permit(std::counting_semaphore<>& semaphore) { return Permit(semaphore.try_acquire() ? &semaphore : nullptr); }

}  // namespace grounds
