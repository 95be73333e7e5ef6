#include "index/lexical/contributions.h"

#include "index/lexical/scoring.h"

namespace grounds {

// One source for every CPU: the loop has only IEEE operations without fused multiply-add, which give
// the same numbers in vectors of any width; the loader picks the widest that the CPU has.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
void contributions(double factor, const std::uint32_t* frequencies, const double* norms, std::uint32_t count,
                   std::int32_t* out) {
  for (std::uint32_t i = 0; i < count; ++i) out[i] = contribution(factor, frequencies[i], norms[i]);
}

}  // namespace grounds
