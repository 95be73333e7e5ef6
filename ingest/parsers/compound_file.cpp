#include "ingest/parsers/compound_file.h"

#include <algorithm>

#include "base/utf8.h"

namespace grounds::parsing {
namespace {

constexpr std::uint32_t kLastSector = 0xFFFFFFFA;  // above: ends of chains and other marks
constexpr std::size_t kSmallSector = 64, kHeaderSize = 512, kEntrySize = 128;
constexpr std::size_t kMaxEntries = 100'000;

std::uint32_t number_at(std::string_view bytes, std::size_t at, int size = 4) {
  std::uint32_t value = 0;
  for (int i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
  return value;
}

tl::unexpected<Error> damaged() { return fail(ErrorCode::kBadInput, "the OLE file is damaged or cut off"); }

std::vector<std::uint32_t> numbers(std::string_view bytes) {
  std::vector<std::uint32_t> result(bytes.size() / 4);
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = number_at(bytes, i * 4);
  return result;
}

std::string utf16_name(std::string_view units) {
  std::string name;
  for (std::size_t i = 0; i + 1 < units.size(); i += 2) {
    const std::uint32_t unit = number_at(units, i, 2);
    if (unit == 0) break;
    append_utf8(name, unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit);
  }
  return name;
}

struct Links {
  std::uint32_t left, right, child;
};

// Names of a storage's entries form a tree; whose storage each is in is what is wanted of it.
void set_parents(std::vector<CompoundFile::Entry>& entries, const std::vector<Links>& links) {
  if (entries.empty()) return;
  std::vector<bool> seen(entries.size(), false);
  seen[0] = true;
  std::vector<std::pair<std::uint32_t, std::int64_t>> stack = {{links[0].child, 0}};
  while (!stack.empty()) {
    const auto [at, parent] = stack.back();
    stack.pop_back();
    if (at >= entries.size() || seen[at]) continue;
    seen[at] = true;
    entries[at].parent = parent;
    stack.emplace_back(links[at].left, parent);
    stack.emplace_back(links[at].right, parent);
    if (!entries[at].is_stream) stack.emplace_back(links[at].child, at);
  }
}

}  // namespace

std::string_view CompoundFile::sector(std::uint32_t number) const {
  const std::uint64_t begin = (static_cast<std::uint64_t>(number) + 1) * sector_size_;
  if (number >= kLastSector || begin >= bytes_.size()) return {};
  return bytes_.substr(begin, sector_size_);
}

Result<std::string> CompoundFile::chain(std::uint32_t first, std::uint64_t size) const {
  std::string out;
  for (std::uint32_t at = first; out.size() < size; at = next_[at]) {
    const std::string_view part = sector(at);
    // A chain that takes more sectors than there are goes in a circle.
    if (part.empty() || at >= next_.size() || out.size() > bytes_.size()) return damaged();
    out += part;
  }
  out.resize(size);
  return out;
}

Result<CompoundFile> CompoundFile::open(std::string_view bytes) {
  if (bytes.size() < kHeaderSize + kEntrySize) return damaged();
  CompoundFile file;
  file.bytes_ = bytes;
  const std::uint32_t shift = number_at(bytes, 30, 2);
  if (shift != 9 && shift != 12) return damaged();
  file.sector_size_ = std::size_t{1} << shift;
  file.small_limit_ = number_at(bytes, 56);

  // The table's sectors: 109 in the header, more in a chain of their own.
  const std::size_t sectors = bytes.size() / file.sector_size_ + 1;
  std::vector<std::uint32_t> table = numbers(bytes.substr(76, 109 * 4));
  std::uint32_t more = number_at(bytes, 68);
  for (std::size_t i = 0; more < kLastSector && i < sectors; ++i) {
    const std::vector<std::uint32_t> part = numbers(file.sector(more));
    if (part.empty()) break;
    table.insert(table.end(), part.begin(), part.end() - 1);
    more = part.back();
  }
  for (const std::uint32_t number : table) {
    if (number >= kLastSector || file.next_.size() > sectors) continue;
    const std::vector<std::uint32_t> part = numbers(file.sector(number));
    file.next_.insert(file.next_.end(), part.begin(), part.end());
  }

  std::vector<Links> links;
  std::uint32_t at = number_at(bytes, 48);
  for (std::size_t i = 0; at < kLastSector && i < sectors && file.entries_.size() < kMaxEntries; ++i) {
    const std::string_view directory = file.sector(at);
    for (std::size_t begin = 0; begin + kEntrySize <= directory.size(); begin += kEntrySize) {
      const std::string_view raw = directory.substr(begin, kEntrySize);
      const std::size_t name_size = std::min<std::size_t>(number_at(raw, 64, 2), 64);
      const std::uint64_t high = file.sector_size_ > 512 ? number_at(raw, 124) : 0;
      file.entries_.push_back({utf16_name(raw.substr(0, name_size)), raw[66] == 2, number_at(raw, 116),
                               high << 32 | number_at(raw, 120), -1});
      links.push_back({number_at(raw, 68), number_at(raw, 72), number_at(raw, 76)});
    }
    if (at >= file.next_.size()) break;
    at = file.next_[at];
  }
  if (file.entries_.empty()) return damaged();
  set_parents(file.entries_, links);

  // Streams below a limit are in small sectors, inside of one stream that the root names.
  const std::uint32_t small_table = number_at(bytes, 60), small_count = number_at(bytes, 64);
  if (small_table < kLastSector && small_count <= sectors) {
    auto part = file.chain(small_table, std::uint64_t{small_count} * file.sector_size_);
    if (part) file.small_next_ = numbers(*part);
    if (file.entries_[0].size <= bytes.size()) {
      auto small = file.chain(file.entries_[0].first, file.entries_[0].size);
      if (small) file.small_ = std::move(*small);
    }
  }
  return file;
}

std::int64_t CompoundFile::find(std::string_view name, std::int64_t storage) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].parent == storage && entries_[i].name == name) return static_cast<std::int64_t>(i);
  }
  return -1;
}

Result<std::string> CompoundFile::read(const Entry& entry) const {
  if (entry.size > bytes_.size()) return damaged();
  if (entry.size >= small_limit_) return chain(entry.first, entry.size);
  std::string out;
  for (std::uint32_t at = entry.first; out.size() < entry.size; at = small_next_[at]) {
    const std::size_t begin = std::size_t{at} * kSmallSector;
    if (at >= small_next_.size() || begin >= small_.size() || out.size() > small_.size()) return damaged();
    out += small_.substr(begin, kSmallSector);
  }
  out.resize(entry.size);
  return out;
}

}  // namespace grounds::parsing
