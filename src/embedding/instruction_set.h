// What the machine's processor has that the encoder's kernels use.
#pragma once

#include <string>

namespace grounds {

// "amx_int8", "avx512_vnni", "avx_vnni", "avx512", "avx2" or "generic"; "+bf16" if products of bf16 are there.
std::string instruction_set();

}  // namespace grounds
