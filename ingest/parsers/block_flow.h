// Block structure for formats that nest (Markdown, HTML): which kind of block the next text belongs to.
#pragma once

#include <string_view>
#include <vector>

#include "ingest/parsers/extract_builder.h"

namespace grounds::parsing {

// Opens blocks of the builder as text arrives. Text directly in a list item is a list item (the first one
// with its bullet or number), in a quotation a quote, else a paragraph.
class BlockFlow {
 public:
  explicit BlockFlow(ExtractBuilder& builder) : builder_(builder) {}

  void enter_list(bool ordered, int start = 1);
  void leave_list();
  void enter_item();
  void leave_item();
  void enter_quote() { break_block(); ++quote_depth_; }
  void leave_quote() { break_block(); --quote_depth_; }

  // Ends the block that is open: the next text starts another.
  void break_block() { builder_.close(); }
  // Running text. White space alone opens no block.
  void text(std::string_view text);
  void line_break() { builder_.line_break(); }

 private:
  struct List {
    bool ordered = false;
    int number = 1;
    bool marker_pending = false;  // an item was entered and has had no text yet
    int open_items = 0;
  };
  void open_block();

  ExtractBuilder& builder_;
  std::vector<List> lists_;
  int quote_depth_ = 0;
};

}  // namespace grounds::parsing
