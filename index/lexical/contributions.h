// The inner loop of ranking: contributions of up to 128 postings at a time.
#pragma once

#include <cstdint>

namespace grounds {

// out[i] = contribution(factor, frequencies[i], norms[i]) for i < count; see scoring.h.
void contributions(double factor, const std::uint32_t* frequencies, const double* norms, std::uint32_t count,
                   std::int32_t* out);

}  // namespace grounds
