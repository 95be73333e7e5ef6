// Bounds on what one document may cost. A document over a bound is refused with a reason; what these
// cannot foresee, the worker's memory, processor time and deadline stop.
#pragma once

#include <cstddef>
#include <cstdint>

namespace grounds::parsing {

inline constexpr std::size_t kMaxTextSourceBytes = 64u << 20;  // of a text format, before decoding
inline constexpr std::size_t kMaxHtmlSourceBytes = 32u << 20;  // its tree takes many times as much
inline constexpr std::size_t kMaxHtmlTreeBytes = 512u << 20;   // what the HTML library may allocate
inline constexpr int kMaxHtmlDepth = 4'000;                    // its cost is quadratic in the depth
inline constexpr std::size_t kMaxHtmlAttributes = 4'000;       // of one element, for the same reason
inline constexpr std::uint64_t kMaxHtmlEffort = 1'500'000'000;  // sum over elements of depth and attributes squared: seconds
inline constexpr std::size_t kMaxExtractBytes = 128u << 20;
inline constexpr std::size_t kMaxBlocks = 1'000'000;
inline constexpr std::size_t kMaxTableCells = 8'000'000;       // of one document
inline constexpr std::size_t kMaxTitleBytes = 400;

// Archives, and formats that are archives.
inline constexpr std::size_t kMaxZipEntries = 50'000;
inline constexpr std::uint64_t kMaxEntryBytes = 256ull << 20;     // of one file in an archive
inline constexpr std::uint64_t kMaxUnpackedBytes = 512ull << 20;  // of all that one document unpacks
inline constexpr std::uint64_t kMaxUnpackRatio = 250;             // above kFreeUnpackedBytes
inline constexpr std::uint64_t kFreeUnpackedBytes = 16ull << 20;
inline constexpr std::uint64_t kMaxParts = 2'000;                 // documents inside of one document
inline constexpr int kMaxPartDepth = 4;                           // of documents inside documents
inline constexpr std::size_t kMaxOcrPages = 100;                   // pages of one document that are read as images
inline constexpr int kMaxXmlDepth = 1'000;
inline constexpr std::size_t kMaxJsonValues = 4'000'000;          // opening and closing of lists, keys and values
inline constexpr std::size_t kMaxJsonKeys = 20'000;               // of one object
inline constexpr int kMaxGroupDepth = 500;                        // of RTF groups, JSON values

}  // namespace grounds::parsing
