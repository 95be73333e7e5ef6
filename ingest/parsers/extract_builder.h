// Builds an Extract block by block, keeping its rules: blocks in order, parted by blank lines, trimmed,
// never empty; tables as consecutive lines; all of it within the bounds of limits.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/extract.h"
#include "ingest/parsers/flow_text.h"

namespace grounds::parsing {

// A table's content as a parser finds it. Cells are running text; line breaks in them are normalised.
struct TableContent {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::string caption;
};

class ExtractBuilder {
 public:
  // `parser`: name and version, as in Extract::parser.
  explicit ExtractBuilder(std::string parser);
  ExtractBuilder(const ExtractBuilder&) = delete;
  ExtractBuilder& operator=(const ExtractBuilder&) = delete;

  // Starts a block, ending the one before. `marker` ("- ", "3. ") is written before its text; a block
  // that gets no text leaves no trace.
  void open(BlockKind kind, int level = 0, std::string_view marker = {});
  bool is_open() const { return open_; }
  BlockKind open_kind() const { return block_.kind; }
  // Adds running text (see FlowText) to the open block; without one, nothing.
  void append(std::string_view text) {
    if (open_) flow_.append(text);
  }
  void line_break() {
    if (open_) flow_.line_break();
  }
  // Adds text whose lines and spaces are its meaning (code). Not to be mixed with append in one block.
  void append_verbatim(std::string_view text);
  void close();

  // The page (slide, sheet) of the blocks that are opened from now on; 0 for none.
  void set_page(int page) { page_ = page; }

  // All of another extract, as it stands, headings lower by `levels`. Ends the block before. Its pages stay;
  // its title, date and warnings are not taken.
  void add_extract(Extract part, int levels = 0);

  // False, and over the limit, if so many more cells than were added are too many: for tables that grow far beyond
  // their source while they are read.
  bool has_room_for(std::size_t cells);
  // A table block; ends the block before. Rows without any text are left out, and so is an empty table.
  void add_table(TableContent table);

  void set_title(std::string_view title);  // the first one that is not empty stays
  void set_date(std::string date);         // RFC 3339 date; the first one that is not empty stays
  void warn(std::string warning) { extract_.warnings.push_back(std::move(warning)); }
  bool has_title() const { return !extract_.title.empty(); }
  bool has_blocks() const { return !extract_.blocks.empty(); }
  const std::string& text() const { return extract_.text; }

  // True once a bound is passed. What is added after that is ignored; finish() gives the reason.
  bool over_limit() const { return !limit_.empty(); }
  // Once, at the end. kBadInput: over a bound, or no text at all.
  Result<Extract> finish();

 private:
  bool start_block();  // separates the next block from the one before; false if over a bound
  void append_row(const std::vector<std::string>& cells);

  Extract extract_;
  FlowText flow_;
  Block block_;
  bool open_ = false;
  int page_ = 0;
  std::size_t before_block_ = 0;   // size of the text before the open block's separator
  std::size_t content_begin_ = 0;  // after its marker
  std::size_t cells_ = 0;
  std::string limit_;              // which bound was passed
};

}  // namespace grounds::parsing
