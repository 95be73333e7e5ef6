#include "index/vector/kernel.h"

#include <algorithm>
#include <vector>

#include "index/vector/scan.h"

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace grounds {
namespace {

// Also asks whether the operating system saves the wider registers.
std::vector<Kernel> detect() {
  std::vector<Kernel> found{kernels::kScalar};
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (avx2) found.push_back(kernels::kAvx2);
  if (avx512) found.push_back(kernels::kAvx512);
  if (avx512 && __builtin_cpu_supports("avx512vnni")) found.push_back(kernels::kVnni);
#elif defined(__aarch64__)
  found.push_back(kernels::kNeon);
  if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) found.push_back(kernels::kNeonDotprod);
#endif
  return found;
}

}  // namespace

std::span<const Kernel> available_kernels() {
  static const std::vector<Kernel> found = detect();
  return found;
}

const Kernel& best_kernel() { return available_kernels().back(); }

std::int32_t dot(std::span<const std::int8_t> a, std::span<const std::int8_t> b) {
  return best_kernel().pair(a.data(), b.data(), std::min(a.size(), b.size()));
}

}  // namespace grounds
