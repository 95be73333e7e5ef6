#include "index/segment/postings_writer.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "index/segment/bit_packing.h"

namespace grounds {

using namespace segment_format;

namespace {

constexpr std::size_t kBody = static_cast<std::size_t>(Field::kBody);
// The defaults of LexicalSettings. They only decide how postings are grouped into impacts.
constexpr std::array<std::uint32_t, kFieldCount> kWeights{2, 2, 1, 1};
constexpr double kK1 = 0.9, kB = 0.4;

template <class Numbers>
std::uint64_t weighted(const Numbers& numbers) {
  std::uint64_t sum = 0;
  for (std::size_t f = 0; f < kFieldCount; ++f) sum += std::uint64_t{numbers[f]} * kWeights[f];
  return sum;
}

// Bounds under construction: the largest frequencies and the smallest lengths seen.
struct Bounds {
  std::array<std::uint32_t, kFieldCount> frequency{};
  std::array<std::uint32_t, kFieldCount> length = filled(std::numeric_limits<std::uint32_t>::max());

  static std::array<std::uint32_t, kFieldCount> filled(std::uint32_t value) {
    std::array<std::uint32_t, kFieldCount> numbers;
    numbers.fill(value);
    return numbers;
  }
  void add(const std::array<std::uint32_t, kFieldCount>& frequencies, std::span<const std::uint32_t> lengths) {
    for (std::size_t f = 0; f < kFieldCount; ++f) {
      frequency[f] = std::max(frequency[f], frequencies[f]);
      length[f] = std::min(length[f], lengths[f]);
    }
  }
  void add(const Bounds& other) { add(other.frequency, other.length); }
  Impact impact() const {
    Impact impact;
    for (std::size_t f = 0; f < kFieldCount; ++f) {
      impact.frequency[f] = quantize_up(frequency[f]);
      impact.length[f] = quantize_down(length[f]);
    }
    return impact;
  }
};

}  // namespace

PostingsWriter::PostingsWriter(std::span<const std::uint32_t> lengths,
                               const std::array<std::uint64_t, kFieldCount>& total_lengths, std::uint32_t chunks)
    : lengths_(lengths) {
  const std::uint64_t total = weighted(total_lengths);
  if (total > 0 && chunks > 0) average_length_ = static_cast<double>(total) / chunks;
}

double PostingsWriter::weight(std::uint64_t frequency, std::uint64_t length) const {
  const double f = static_cast<double>(frequency);
  return f / (f + kK1 * (1 - kB + kB * static_cast<double>(length) / average_length_));
}

std::array<Impact, 2> PostingsWriter::impacts_of(std::span<const Posting> postings) {
  // Group by weighted frequency (few distinct ones), then cut the groups, in that order, into a lower
  // and an upper part where the larger of the two parts' bounds is smallest.
  constexpr std::size_t kMaxGroups = 16;
  std::array<Bounds, kMaxGroups> groups{};
  for (const Posting& posting : postings) {
    const std::uint64_t group = std::min<std::uint64_t>(weighted(posting.frequency), kMaxGroups - 1);
    groups[group].add(posting.frequency, lengths_.subspan(std::size_t{posting.ordinal} * kFieldCount, kFieldCount));
  }
  std::array<Bounds, kMaxGroups + 1> upper{};  // upper[i]: groups from i on
  for (std::size_t i = kMaxGroups; i-- > 0;) {
    upper[i] = upper[i + 1];
    upper[i].add(groups[i]);
  }
  const auto bound = [this](const Bounds& bounds) { return weight(weighted(bounds.frequency), weighted(bounds.length)); };
  const Bounds none;
  Bounds lower, best_lower, best_upper = upper[0];
  double best = bound(upper[0]);
  for (std::size_t cut = 1; cut < kMaxGroups; ++cut) {
    lower.add(groups[cut - 1]);
    if (lower.frequency == none.frequency || upper[cut].frequency == none.frequency) continue;
    const double larger = std::max(bound(lower), bound(upper[cut]));
    if (larger >= best) continue;
    best = larger;
    best_lower = lower;
    best_upper = upper[cut];
  }
  std::array<Impact, 2> impacts{best_upper.impact()};
  if (best_lower.frequency != none.frequency) impacts[1] = best_lower.impact();
  return impacts;
}

void PostingsWriter::encode_short(std::span<const Posting> postings, std::uint32_t before,
                                  std::span<const std::uint32_t> positions) {
  for (const Posting& posting : postings) {
    const std::uint64_t gap = posting.ordinal - before - 1;
    before = posting.ordinal;
    std::uint32_t mask = 0, bit = 1;
    for (std::size_t f = 0; f < kFieldCount; ++f) {
      if (f == kBody) continue;
      if (posting.frequency[f] != 0) mask |= bit;
      bit <<= 1;
    }
    const bool more = mask != 0 || posting.frequency[kBody] != 1;
    append_varint(encoded_.postings, gap << 1 | (more ? 1 : 0));
    if (more) {
      append_varint(encoded_.postings, std::uint64_t{posting.frequency[kBody]} << 3 | mask);
      for (std::size_t f = 0; f < kFieldCount; ++f) {
        if (f != kBody && posting.frequency[f] != 0) append_varint(encoded_.postings, posting.frequency[f]);
      }
    }
    std::uint32_t last = 0;
    for (const std::uint32_t position : positions.first(posting.frequency[kBody])) {
      append_varint(encoded_.positions, position - last);
      last = position;
    }
    positions = positions.subspan(posting.frequency[kBody]);
  }
}

BlockWidths PostingsWriter::encode_full(std::span<const Posting> postings, std::uint32_t before,
                                        std::span<const std::uint32_t> positions) {
  BlockWidths widths;
  std::array<std::uint32_t, kPostingsPerBlock> numbers;
  for (std::size_t i = 0; i < kPostingsPerBlock; ++i) {
    numbers[i] = postings[i].ordinal - before - 1;
    before = postings[i].ordinal;
  }
  widths.ordinal = bit_width_of(numbers);
  pack_block(numbers, widths.ordinal, encoded_.postings);

  widths.body_base = std::all_of(postings.begin(), postings.end(), [](const Posting& p) { return p.frequency[kBody] > 0; });
  for (std::size_t f = 0; f < kFieldCount; ++f) {
    const std::uint32_t base = f == kBody ? widths.body_base : 0;
    for (std::size_t i = 0; i < kPostingsPerBlock; ++i) numbers[i] = postings[i].frequency[f] - base;
    widths.frequency[f] = bit_width_of(numbers);
    pack_block(numbers, widths.frequency[f], encoded_.postings);
  }

  std::vector<std::uint32_t> steps;
  steps.reserve(positions.size());
  for (const Posting& posting : postings) {
    std::uint32_t last = 0;
    for (const std::uint32_t position : positions.first(posting.frequency[kBody])) {
      steps.push_back(position - last);
      last = position;
    }
    positions = positions.subspan(posting.frequency[kBody]);
  }
  if (!steps.empty()) {
    const std::uint32_t width = bit_width_of(steps);
    encoded_.positions.push_back(static_cast<char>(width));
    pack_bits(steps, width, encoded_.positions);
  }
  return widths;
}

Result<const EncodedTerm*> PostingsWriter::encode(std::span<const Posting> postings, std::span<const std::uint32_t> positions) {
  encoded_.postings.clear();
  encoded_.positions.clear();
  if (postings.size() <= kPostingsPerBlock) {
    encode_short(postings, ~std::uint32_t{0}, positions);
    return &encoded_;
  }

  const std::size_t block_count = (postings.size() + kPostingsPerBlock - 1) / kPostingsPerBlock;
  std::vector<BlockEntry> entries(block_count);
  const std::size_t head = sizeof(std::array<Impact, 2>) + block_count * sizeof(BlockEntry);
  encoded_.postings.resize(head);
  std::uint32_t before = ~std::uint32_t{0};
  for (std::size_t block = 0; block < block_count; ++block) {
    const auto part = postings.subspan(block * kPostingsPerBlock, std::min<std::size_t>(kPostingsPerBlock, postings.size() - block * kPostingsPerBlock));
    std::size_t occurrences = 0;
    for (const Posting& posting : part) occurrences += posting.frequency[kBody];
    if (encoded_.postings.size() - head > UINT32_MAX || encoded_.positions.size() > UINT32_MAX) {
      return fail(ErrorCode::kRefused, "one term has more than 4 GiB of postings in one segment", "commit smaller segments");
    }
    BlockEntry& entry = entries[block];
    entry.last_ordinal = part.back().ordinal;
    entry.offset = static_cast<std::uint32_t>(encoded_.postings.size() - head);
    entry.positions_offset = static_cast<std::uint32_t>(encoded_.positions.size());
    entry.impacts = impacts_of(part);
    if (part.size() == kPostingsPerBlock) {
      entry.widths = encode_full(part, before, positions.first(occurrences)).pack();
    } else {
      encode_short(part, before, positions.first(occurrences));
    }
    before = entry.last_ordinal;
    positions = positions.subspan(occurrences);
  }
  const std::array<Impact, 2> impacts = impacts_of(postings);
  std::memcpy(encoded_.postings.data(), impacts.data(), sizeof(impacts));
  std::memcpy(encoded_.postings.data() + sizeof(impacts), entries.data(), entries.size() * sizeof(BlockEntry));
  return &encoded_;
}

}  // namespace grounds
