// Packs the sections of an extract into chunks.
#include "ingest/chunking/chunker.h"

#include <unicode/uversion.h>

#include <algorithm>

#include "base/utf8.h"
#include "ingest/chunking/block_pieces.h"
#include "ingest/chunking/context.h"
#include "ingest/chunking/sections.h"

namespace grounds {
namespace chunking {
namespace {

class Packer {
 public:
  Packer(const Extract& extract, const ChunkingSettings& settings, const TokenCounter& count_tokens)
      : extract_(extract),
        max_tokens_(std::max<std::size_t>(settings.max_tokens, 1)),
        target_(std::clamp<std::size_t>(settings.target_tokens, 1, max_tokens_)),
        sections_(find_sections(extract.blocks)),
        pieces_(extract, count_tokens),
        context_(extract, sections_, max_tokens_, count_tokens) {}

  std::vector<ChunkSpan> pack() {
    measure();
    for (std::size_t section = 0; section < sections_.size();) {
      if (current_.has_body) flush();
      if (subtree_tokens_[section] <= limit(innermost_of_all(section))) {
        pack_subtree(section);
        section = sections_[section].subtree_end;
      } else {
        pack_own(section);
        ++section;
      }
    }
    flush();
    return std::move(chunks_);
  }

 private:
  struct Current {
    std::uint64_t begin = 0, end = 0;
    std::size_t tokens = 0;
    std::size_t section = 0;
    int continued_table = -1;  // it starts in the middle of this table
    int page_from = 0, page_to = 0;
    bool empty = true;
    bool has_body = false;     // more than headings
  };

  void measure() {
    block_tokens_.resize(extract_.blocks.size());
    for (std::size_t i = 0; i < block_tokens_.size(); ++i) block_tokens_[i] = pieces_.tokens(i);
    // Subsections follow their section, so sums are complete from back to front.
    subtree_tokens_.assign(sections_.size(), 0);
    for (std::size_t i = sections_.size(); i-- > 0;) {
      const Section& section = sections_[i];
      if (section.heading != kNone) subtree_tokens_[i] += block_tokens_[section.heading];
      for (std::size_t b = section.first_block; b < section.last_block; ++b) subtree_tokens_[i] += block_tokens_[b];
      if (section.parent != kNone) subtree_tokens_[section.parent] += subtree_tokens_[i];
    }
  }

  // Most tokens of a chunk's own text in a section, and how many are aimed at.
  std::size_t budget(std::size_t section, int continued_table = -1) {
    std::size_t context = context_.of_section(section).tokens;
    if (continued_table >= 0) context += context_.of_table(continued_table).tokens;
    return std::max<std::size_t>(max_tokens_ - std::min(context, max_tokens_), 1);
  }
  std::size_t limit(std::size_t section, int continued_table = -1) {
    return std::min(target_, budget(section, continued_table));
  }
  // True if so many more tokens may go into the chunk that is being filled.
  bool fits(std::size_t section, std::size_t tokens) {
    return current_.tokens + tokens <= budget(section, current_.continued_table);
  }

  void pack_subtree(std::size_t section) {
    const Section& root = sections_[section];
    const std::size_t first = root.heading == kNone ? root.first_block : root.heading;
    const std::size_t last = sections_[root.subtree_end - 1].last_block;
    const std::size_t place = innermost_of_all(section);
    if (!fits(place, subtree_tokens_[section])) flush();
    for (std::size_t b = first; b < last; ++b) add_whole(b, place);
  }

  // The deepest section that all text of a subtree is in: headings above it have only one way to go on.
  std::size_t innermost_of_all(std::size_t section) const {
    for (;;) {
      const Section& it = sections_[section];
      const bool has_body = it.first_block < it.last_block;
      const bool has_only_child = section + 1 < it.subtree_end &&
                                  sections_[section + 1].subtree_end == it.subtree_end;
      if (has_body || !has_only_child) return section;
      ++section;
    }
  }

  void pack_own(std::size_t section) {
    if (sections_[section].heading != kNone) add_heading(sections_[section].heading, section);
    const Section& it = sections_[section];
    std::size_t left = 0;  // tokens of the section still to come
    for (std::size_t b = it.first_block; b < it.last_block; ++b) left += block_tokens_[b];
    for (std::size_t b = it.first_block; b < it.last_block; ++b) {
      // A short rest is no chunk of its own if the budget has room for it.
      const bool is_short_rest = left * 4 <= limit(section) && current_.has_body && fits(section, left);
      if (is_short_rest) add_whole(b, section);
      else add_block(b, section);
      left -= block_tokens_[b];
    }
  }

  // Headings wait in the current chunk for the text that they lead to.
  void add_heading(std::size_t block, std::size_t section) {
    if (!fits(section, block_tokens_[block])) flush();
    if (fits(section, block_tokens_[block])) add_whole(block, section);
    else add_in_pieces(block, section);
  }

  void add_block(std::size_t block, std::size_t section) {
    const std::size_t tokens = block_tokens_[block];
    const std::size_t aim = limit(section, current_.continued_table);
    const bool is_lead_in = !current_.has_body || current_.tokens * 4 <= aim;
    if (current_.tokens + tokens <= aim || (is_lead_in && fits(section, tokens))) {
      add_whole(block, section);
      return;
    }
    if (tokens <= budget(section) && current_.has_body) {
      flush();
      add_whole(block, section);
      return;
    }
    if (!is_lead_in) flush();
    add_in_pieces(block, section);
  }

  // A block that is too long for a chunk, in parts of about equal size.
  void add_in_pieces(std::size_t block, std::size_t section) {
    const int table = extract_.blocks[block].table;
    const std::size_t aim = limit(section, table);
    const std::size_t parts = (block_tokens_[block] + aim - 1) / aim;
    const std::size_t part = (block_tokens_[block] + parts - 1) / parts;
    std::vector<Piece> pieces = pieces_.pieces(block);
    join_header(pieces, table, aim);
    bool is_first = true;
    for (const Piece& piece : pieces) {
      if (current_.has_body && (current_.tokens >= part || current_.tokens + piece.tokens > aim)) flush();
      // The first piece of a table has its header, the others need it as context.
      const int continued = is_first ? -1 : table;
      is_first = false;
      continue_table(continued);
      if (!fits(section, piece.tokens) && piece.tokens <= budget(section, continued)) {
        flush();
        continue_table(continued);
      }
      if (fits(section, piece.tokens)) add(piece, block, section, true);
      else add_cut(piece, block, section);
    }
  }

  // A header is of no use at the end of a chunk: it goes with the first row, if both fit.
  void join_header(std::vector<Piece>& pieces, int table, std::size_t aim) const {
    if (table < 0 || extract_.tables[static_cast<std::size_t>(table)].header.empty()) return;
    if (pieces.size() < 2 || pieces[0].tokens + pieces[1].tokens > aim) return;
    pieces[1].begin = pieces[0].begin;
    pieces[1].tokens += pieces[0].tokens;
    pieces.erase(pieces.begin());
  }

  void add_cut(const Piece& piece, std::size_t block, std::size_t section) {
    const int table = extract_.blocks[block].table;
    for (const Piece& part : pieces_.cut(piece, limit(section, table))) {
      if (!fits(section, part.tokens)) {
        flush();
        continue_table(table);
      }
      add(part, block, section, true);
    }
  }

  void continue_table(int table) {
    if (current_.empty) current_.continued_table = table;
  }

  void add_whole(std::size_t block, std::size_t section) {
    const Block& it = extract_.blocks[block];
    add({it.begin, it.end, block_tokens_[block]}, block, section, it.kind != BlockKind::kHeading);
  }

  void add(const Piece& piece, std::size_t block, std::size_t section, bool is_body) {
    const int page = extract_.blocks[block].page;
    if (current_.empty) {
      current_.begin = piece.begin;
      current_.page_from = page;
    }
    current_.empty = false;
    current_.end = piece.end;
    current_.page_to = page;
    current_.tokens += piece.tokens;
    current_.section = section;
    current_.has_body = current_.has_body || is_body;
  }

  void flush() {
    if (current_.empty) {
      current_ = {};
      return;
    }
    ChunkSpan chunk;
    // A table's first line may start with an empty cell, that is, with a space.
    const std::string_view text =
        std::string_view(extract_.text).substr(current_.begin, current_.end - current_.begin);
    const std::string_view kept = trim(text);
    if (kept.empty()) {  // rows of a table with nothing in their only cell
      current_ = {};
      return;
    }
    chunk.begin = current_.begin + static_cast<std::uint64_t>(kept.data() - text.data());
    chunk.end = chunk.begin + kept.size();
    const SectionContext& context = context_.of_section(current_.section);
    chunk.title = context.title;
    chunk.heading_path = context.heading_path;
    if (current_.continued_table >= 0) chunk.table_header = context_.of_table(current_.continued_table).line;
    chunk.page_from = current_.page_from;
    chunk.page_to = current_.page_to;
    chunks_.push_back(std::move(chunk));
    current_ = {};
  }

  const Extract& extract_;
  const std::size_t max_tokens_;
  const std::size_t target_;
  const std::vector<Section> sections_;
  BlockPieces pieces_;
  ContextBook context_;
  std::vector<std::size_t> block_tokens_;
  std::vector<std::size_t> subtree_tokens_;  // of a section with all its subsections
  Current current_;
  std::vector<ChunkSpan> chunks_;
};

// True if `text` starts with `line`, as a line or lines of its own; advances past it and white space.
bool accept_line(std::string_view& text, std::string_view line) {
  if (line.empty() || !text.starts_with(line)) return false;
  const std::string_view rest = text.substr(line.size());
  if (!rest.empty() && rest[0] != '\n') return false;
  text = trim(rest);
  return true;
}

// How many headings at the path's end the text itself starts with.
std::size_t repeated_headings(std::string_view text, const std::vector<std::string>& path) {
  for (std::size_t first = 0; first < path.size(); ++first) {
    std::string_view rest = text;
    const bool all = std::all_of(path.begin() + static_cast<std::ptrdiff_t>(first), path.end(),
                                 [&](const std::string& heading) { return accept_line(rest, heading); });
    if (all) return path.size() - first;
  }
  return 0;
}

}  // namespace
}  // namespace chunking

std::string ChunkingSettings::identity() const {
  // ICU decides where sentences and words end.
  return "structure/1;icu=" + std::to_string(U_ICU_VERSION_MAJOR_NUM) +
         ";target=" + std::to_string(target_tokens) + ";max=" + std::to_string(max_tokens);
}

std::vector<ChunkSpan> chunk_extract(const Extract& extract, const ChunkingSettings& settings,
                                     const TokenCounter& count_tokens) {
  if (extract.blocks.empty()) return {};
  return chunking::Packer(extract, settings, count_tokens).pack();
}

std::string embedding_text(const Extract& extract, const ChunkSpan& chunk) {
  const std::string_view text =
      std::string_view(extract.text).substr(chunk.begin, chunk.end - chunk.begin);
  std::string result;
  const auto add_line = [&](std::string_view line) {
    if (line.empty()) return;
    result += line;
    result += '\n';
  };
  const std::size_t kept = chunk.heading_path.size() - chunking::repeated_headings(text, chunk.heading_path);
  std::string_view rest = text;
  if (!chunking::accept_line(rest, chunk.title)) add_line(chunk.title);
  for (std::size_t i = 0; i < kept; ++i) add_line(chunk.heading_path[i]);
  add_line(chunk.table_header);
  result += text;
  return result;
}

}  // namespace grounds
