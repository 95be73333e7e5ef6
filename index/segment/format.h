// The numbers and structures of a segment file, shared by its writer and its reader. Little-endian.
// The layout and the reasons for it: docs/formats/segment.md.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace grounds::segment_format {

static_assert(std::endian::native == std::endian::little, "segments are mapped as they lie on disk");

inline constexpr std::array<char, 8> kMagic = {'G', 'R', 'N', 'D', 'S', 'E', 'G', '\n'};
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kHeaderSize = 64;
inline constexpr std::size_t kAlignment = 64;             // of every section
inline constexpr std::size_t kBlockSize = 64 * 1024;      // the unit of checksums
inline constexpr std::uint32_t kPostingsPerBlock = 128;
inline constexpr std::uint32_t kTermsPerBlock = 16;
inline constexpr std::size_t kMaxTermBytes = 4096;

enum class Section : std::uint32_t {
  kCodes = 1,            // int8, size * dimension
  kIds = 2,              // 16 bytes a chunk
  kCreated = 3,          // uint64 a chunk, or no bytes
  kDocuments = 4,        // int64 a chunk
  kLengths = 5,          // four uint16 or uint32 a chunk
  kPostings = 6,
  kDictionary = 7,
  kDictionaryIndex = 8,  // uint64 a dictionary block: its offset
};
inline constexpr std::size_t kSectionCount = 8;

// The section table's entry.
struct SectionEntry {
  std::uint32_t kind = 0;
  std::uint32_t reserved = 0;
  std::uint64_t offset = 0;   // from the start of the file, a multiple of kAlignment
  std::uint64_t length = 0;   // without the zero bytes up to the next multiple of kAlignment
};
static_assert(sizeof(SectionEntry) == 24);

// The fixed part of the directory; the strings, the section table and the checksums follow it.
struct Directory {
  std::uint32_t chunks = 0;
  std::uint32_t dimension = 0;
  std::uint32_t length_bytes = 2;                     // 2 or 4: the width of a number in kLengths
  std::uint32_t section_count = kSectionCount;
  std::uint64_t terms = 0;
  std::uint64_t position_bytes = 0;                   // of kPostings, for `index stats`
  std::array<std::uint64_t, 4> total_lengths{};
  std::uint32_t space_bytes = 0;
  std::uint32_t analyzer_bytes = 0;
};
static_assert(sizeof(Directory) == 72);

struct Footer {
  std::uint64_t directory_offset = 0;
  std::uint64_t directory_length = 0;
  std::uint64_t directory_checksum = 0;
  std::uint64_t file_size = 0;
  std::uint64_t reserved = 0;
  std::uint32_t version = kVersion;
  std::uint32_t zero = 0;
  std::array<char, 8> magic = kMagic;
  std::uint64_t checksum = 0;                         // XXH3 of the 56 bytes before it
};
static_assert(sizeof(Footer) == 64);

constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

// A pair of bounds for a set of postings: none has a larger frequency, in any field, and none stands
// in a chunk with a smaller length, in any field. Numbers are rounded (frequencies up, lengths down)
// to eight bits by quantize_up and quantize_down. All frequencies 0: bounds nothing.
struct Impact {
  std::array<std::uint8_t, 4> frequency{};
  std::array<std::uint8_t, 4> length{};
};
static_assert(sizeof(Impact) == 8);

// What is known of a block of postings without decoding it. Every posting of the block is bounded by
// one of its impacts. Scores are not stored: they change with the collection's statistics.
struct BlockEntry {
  std::uint32_t last_ordinal = 0;
  std::uint32_t offset = 0;            // into the term's block data
  std::uint32_t positions_offset = 0;  // into the term's positions
  std::uint32_t widths = 0;            // see BlockWidths
  std::array<Impact, 2> impacts{};
};
static_assert(sizeof(BlockEntry) == 32);

// Bits per number of a full block: ordinals, then the frequencies of each field. Body frequencies are
// stored less `body_base`, so that a block of words that occur once takes no bits for them.
struct BlockWidths {
  std::uint32_t ordinal = 0;
  std::array<std::uint32_t, 4> frequency{};
  std::uint32_t body_base = 0;

  std::uint32_t pack() const {
    std::uint32_t packed = ordinal | body_base << 30;
    for (std::size_t f = 0; f < 4; ++f) packed |= frequency[f] << (6 + 6 * f);
    return packed;
  }
  static BlockWidths unpack(std::uint32_t packed) {
    BlockWidths widths;
    widths.ordinal = packed & 63;
    for (std::size_t f = 0; f < 4; ++f) widths.frequency[f] = packed >> (6 + 6 * f) & 63;
    widths.body_base = packed >> 30 & 1;
    return widths;
  }
};

// Eight-bit numbers: exact up to 32, then 16 steps to each power of two, up to 507,904. The code 255
// read as an upper bound stands for "any number".
inline constexpr std::uint8_t kUnbounded = 255;
constexpr std::uint32_t dequantize(std::uint8_t code) {
  if (code < 32) return code;
  return (16u + (code - 32u) % 16) << ((code - 32u) / 16 + 1);
}
constexpr std::uint8_t quantize_down(std::uint32_t value) {
  if (value < 32) return static_cast<std::uint8_t>(value);
  const std::uint32_t exponent = static_cast<std::uint32_t>(std::bit_width(value)) - 5;  // value >> exponent is in [16, 32)
  if (exponent > 14) return 255;
  return static_cast<std::uint8_t>(32 + 16 * (exponent - 1) + ((value >> exponent) - 16));
}
constexpr std::uint8_t quantize_up(std::uint32_t value) {
  const std::uint8_t down = quantize_down(value);
  if (down == kUnbounded || dequantize(down) == value) return down;
  return static_cast<std::uint8_t>(down + 1);
}

// Variable-length numbers: seven bits a byte, low bits first, the high bit says that more follow.
inline void append_varint(std::string& bytes, std::uint64_t value) {
  while (value >= 0x80) {
    bytes.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  bytes.push_back(static_cast<char>(value));
}
// Reads one and moves `at` past it; false, with `at` anywhere up to `end`, if there is none of at most 32 bits.
inline bool read_varint(const std::uint8_t*& at, const std::uint8_t* end, std::uint32_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 35 && at != end; shift += 7) {
    const std::uint32_t byte = *at++;
    if (shift == 28 && byte > 15) return false;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}
inline bool read_varint(const std::uint8_t*& at, const std::uint8_t* end, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 70 && at != end; shift += 7) {
    const std::uint64_t byte = *at++;
    if (shift == 63 && byte > 1) return false;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span<const T, 1>(&value, 1));
}
inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace grounds::segment_format
