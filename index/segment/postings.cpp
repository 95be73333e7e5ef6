#include "index/segment/postings.h"

#include <algorithm>

#include "index/segment/bit_packing.h"

namespace grounds {

using namespace segment_format;

namespace {

constexpr std::size_t kBody = static_cast<std::size_t>(Field::kBody);
constexpr std::uint32_t kMaxFrequencyBits = 20;  // kMaxFieldTokens

bool is_full(const TermPostings& term, std::uint32_t block) { return term.block_size(block) == kPostingsPerBlock && !term.entries.empty(); }

// The bytes of a block; empty if its entry points outside.
std::span<const std::uint8_t> data_of(const TermPostings& term, std::uint32_t block) {
  if (term.entries.empty()) return term.blocks;
  const std::uint32_t begin = term.entries[block].offset;
  const std::size_t end = block + 1 < term.entries.size() ? term.entries[block + 1].offset : term.blocks.size();
  if (begin > end || end > term.blocks.size()) return {};
  return term.blocks.subspan(begin, end - begin);
}

// The ordinal before a block's first: -1, as an unsigned number, before the first block.
std::uint32_t before(const TermPostings& term, std::uint32_t block) {
  return block == 0 ? ~std::uint32_t{0} : term.entries[block - 1].last_ordinal;
}

struct ShortPosting {
  std::uint32_t gap = 0;  // less one
  std::array<std::uint32_t, kFieldCount> frequency{};
};

// A posting of a short block: (gap << 1 | more); more: (body << 3 | mask of the other fields), then
// the frequency of each field in the mask. Without more: once in the body and nowhere else.
bool read_short(const std::uint8_t*& at, const std::uint8_t* end, ShortPosting& posting) {
  std::uint64_t head = 0;
  if (!read_varint(at, end, head) || head >> 33 != 0) return false;
  posting.gap = static_cast<std::uint32_t>(head >> 1);
  posting.frequency = {};
  posting.frequency[kBody] = 1;
  if ((head & 1) == 0) return true;
  std::uint32_t more = 0;
  if (!read_varint(at, end, more)) return false;
  posting.frequency[kBody] = more >> 3;
  std::uint32_t bit = 1;
  for (std::size_t f = 0; f < kFieldCount; ++f) {
    if (f == kBody) continue;
    if ((more & bit) != 0 && !read_varint(at, end, posting.frequency[f])) return false;
    bit <<= 1;
  }
  return std::all_of(posting.frequency.begin(), posting.frequency.end(), [](std::uint32_t n) { return n >> kMaxFrequencyBits == 0; });
}

template <class Visit>
bool for_each_short(const TermPostings& term, std::uint32_t block, Visit visit) {
  const auto data = data_of(term, block);
  const std::uint8_t* at = data.data();
  const std::uint8_t* end = at + data.size();
  ShortPosting posting;
  for (std::uint32_t i = 0; i < term.block_size(block); ++i) {
    if (!read_short(at, end, posting) || !visit(i, posting)) return false;
  }
  return true;
}

// Where the packed frequencies of a field start in a full block, or null if the block is too short.
const std::uint8_t* packed_frequencies(std::span<const std::uint8_t> data, const BlockWidths& widths, std::size_t field) {
  std::size_t offset = 16 * std::size_t{widths.ordinal};
  for (std::size_t f = 0; f < field; ++f) offset += 16 * std::size_t{widths.frequency[f]};
  if (widths.frequency[field] > kMaxFrequencyBits || offset + 16 * std::size_t{widths.frequency[field]} > data.size()) return nullptr;
  return data.data() + offset;
}

}  // namespace

bool decode_ordinals(const TermPostings& term, std::uint32_t block, std::uint32_t* out) {
  if (!is_full(term, block)) {
    std::uint64_t next = before(term, block) + 1;  // wraps to 0 before the first block
    return for_each_short(term, block, [&](std::uint32_t i, const ShortPosting& posting) {
      next += posting.gap;
      if (next >= term.segment_size) return false;
      out[i] = static_cast<std::uint32_t>(next++);
      return true;
    });
  }
  const auto data = data_of(term, block);
  const std::uint32_t width = BlockWidths::unpack(term.entries[block].widths).ordinal;
  const std::uint32_t previous = before(term, block);
  if (width > 32 || 16 * std::size_t{width} > data.size() || previous + 1 >= term.segment_size) return false;
  unpack_ascending(data.data(), width, previous, out);
  // `previous` is below 2^30 and 128 gaps of at most 2^23 make at most 2^30, so nothing overflows: if
  // the last ordinal is in range, so are the others.
  if (out[kPostingsPerBlock - 1] != term.entries[block].last_ordinal || out[kPostingsPerBlock - 1] >= term.segment_size) return false;
  return width <= 23 || std::is_sorted(out, out + kPostingsPerBlock);
}

bool decode_frequencies(const TermPostings& term, std::uint32_t block, std::size_t field, std::uint32_t* out) {
  if (!is_full(term, block)) {
    return for_each_short(term, block, [&](std::uint32_t i, const ShortPosting& posting) {
      out[i] = posting.frequency[field];
      return true;
    });
  }
  const BlockWidths widths = BlockWidths::unpack(term.entries[block].widths);
  const std::uint8_t* packed = packed_frequencies(data_of(term, block), widths, field);
  if (packed == nullptr) return false;
  unpack_block(packed, widths.frequency[field], out);
  if (field == kBody && widths.body_base != 0) {
    for (std::size_t i = 0; i < kPostingsPerBlock; ++i) ++out[i];
  }
  return true;
}

bool decode_weighted_frequencies(const TermPostings& term, std::uint32_t block, const FieldWeights& weights,
                                 std::uint32_t* out) {
  if (!is_full(term, block)) {
    return for_each_short(term, block, [&](std::uint32_t i, const ShortPosting& posting) {
      out[i] = 0;
      for (std::size_t f = 0; f < kFieldCount; ++f) out[i] += posting.frequency[f] * weights[f];
      return true;
    });
  }
  const auto data = data_of(term, block);
  const BlockWidths widths = BlockWidths::unpack(term.entries[block].widths);
  const std::uint8_t* packed = packed_frequencies(data, widths, kBody);
  if (packed == nullptr) return false;
  unpack_block(packed, widths.frequency[kBody], out);
  for (std::size_t i = 0; i < kPostingsPerBlock; ++i) out[i] = (out[i] + widths.body_base) * weights[kBody];
  for (std::size_t f = 0; f < kFieldCount; ++f) {
    if (f == kBody || widths.frequency[f] == 0) continue;
    packed = packed_frequencies(data, widths, f);
    if (packed == nullptr) return false;
    std::uint32_t frequencies[kPostingsPerBlock];
    unpack_block(packed, widths.frequency[f], frequencies);
    for (std::size_t i = 0; i < kPostingsPerBlock; ++i) out[i] += frequencies[i] * weights[f];
  }
  return true;
}

bool decode_weighted_frequency(const TermPostings& term, std::uint32_t block, std::uint32_t index,
                               const FieldWeights& weights, std::uint32_t& out) {
  if (!is_full(term, block)) {
    std::uint32_t all[kPostingsPerBlock];
    if (!decode_weighted_frequencies(term, block, weights, all)) return false;
    out = all[index];
    return true;
  }
  const auto data = data_of(term, block);
  const BlockWidths widths = BlockWidths::unpack(term.entries[block].widths);
  out = widths.body_base * weights[kBody];
  for (std::size_t f = 0; f < kFieldCount; ++f) {
    if (widths.frequency[f] == 0) continue;
    const std::uint8_t* packed = packed_frequencies(data, widths, f);
    if (packed == nullptr) return false;
    out += unpack_one(packed, widths.frequency[f], index) * weights[f];
  }
  return true;
}

bool decode_positions(const TermPostings& term, std::uint32_t block, std::span<const std::uint32_t> body_frequencies,
                      std::vector<std::uint32_t>& out) {
  out.clear();
  const std::size_t begin = term.entries.empty() ? 0 : term.entries[block].positions_offset;
  const std::size_t end = block + 1 < term.entries.size() ? term.entries[block + 1].positions_offset : term.positions.size();
  if (begin > end || end > term.positions.size()) return false;
  const auto data = term.positions.subspan(begin, end - begin);
  std::uint64_t total = 0;
  for (const std::uint32_t n : body_frequencies) total += n;

  if (!is_full(term, block)) {
    if (total > data.size()) return false;  // each takes a byte at least
    const std::uint8_t* at = data.data();
    for (const std::uint32_t n : body_frequencies) {
      std::uint32_t position = 0;
      for (std::uint32_t i = 0; i < n; ++i) {
        std::uint32_t step = 0;
        if (!read_varint(at, data.data() + data.size(), step)) return false;
        out.push_back(position += step);
      }
    }
    return true;
  }
  if (data.empty()) return total == 0;
  const std::uint32_t width = data[0];
  if (width > 32 || (total * width + 7) / 8 > data.size() - 1 || total > std::uint64_t{kMaxFieldTokens} * kPostingsPerBlock) return false;
  std::uint64_t bit = 0;
  for (const std::uint32_t n : body_frequencies) {
    std::uint32_t position = 0;
    for (std::uint32_t i = 0; i < n; ++i, bit += width) out.push_back(position += unpack_bits(data.subspan(1), bit, width));
  }
  return true;
}

}  // namespace grounds
