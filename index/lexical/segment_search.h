// Ranked retrieval in one segment: MaxScore over windows of ordinals, with bounds by block.
#pragma once

#include "index/lexical/scoring.h"
#include "index/lexical/top_hits.h"
#include "index/segment/segment.h"

namespace grounds {

// Adds to `top` every chunk of the segment that is among the k best. `eligible` may be null: all.
//
// A window of consecutive ordinals is taken at a time (Turtle and Flood, "Query evaluation: strategies
// and optimizations", 1995, MaxScore; the bounds by block after Ding and Suel, "Faster top-k document
// retrieval using block-max indexes", 2011). Terms are ordered by their bound in the window. The weakest
// ones, which all together cannot lift a chunk into the k best, are not walked: chunks are collected from
// the others' postings, and only those that could still get there are looked up in the weak terms.
Status search_segment(const Segment& segment, std::uint32_t segment_number, const Bitset* eligible, const Scoring& scoring,
                      TopHits& top);

}  // namespace grounds
