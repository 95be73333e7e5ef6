#include "embedding/instruction_set.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace grounds {

std::string instruction_set() {
#if defined(__x86_64__)
  // Intel's Software Developer's Manual, CPUID leaf 7, subleaves 0 and 1.
  unsigned a = 0, b = 0, c = 0, d = 0, extended = 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return "generic";
  if (a >= 1) {
    unsigned b1 = 0, c1 = 0, d1 = 0;
    __get_cpuid_count(7, 1, &extended, &b1, &c1, &d1);
  }
  const auto bit = [](unsigned word, int index) { return (word >> index & 1) != 0; };
  const std::string bf16 = bit(extended, 5) || bit(d, 22) ? "+bf16" : "";
  if (bit(d, 25)) return "amx_int8" + bf16;
  if (bit(c, 11)) return "avx512_vnni" + bf16;
  if (bit(b, 16)) return "avx512" + bf16;
  if (bit(extended, 4)) return "avx_vnni" + bf16;
  if (bit(b, 5)) return "avx2";
#endif
  return "generic";
}

}  // namespace grounds
