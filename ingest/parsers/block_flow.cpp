#include "ingest/parsers/block_flow.h"

#include <string>

#include "base/utf8.h"

namespace grounds::parsing {

void BlockFlow::enter_list(bool ordered, int start) {
  break_block();
  lists_.push_back({ordered, start, false, 0});
}

void BlockFlow::leave_list() {
  break_block();
  if (!lists_.empty()) lists_.pop_back();
}

void BlockFlow::enter_item() {
  break_block();
  if (lists_.empty()) lists_.push_back({});  // an item outside of a list, as some pages have
  lists_.back().marker_pending = true;
  ++lists_.back().open_items;
}

void BlockFlow::leave_item() {
  break_block();
  if (lists_.empty()) return;
  List& list = lists_.back();
  list.marker_pending = false;
  ++list.number;
  if (list.open_items > 0) --list.open_items;
}

void BlockFlow::open_block() {
  if (!lists_.empty() && lists_.back().open_items > 0) {
    List& list = lists_.back();
    std::string marker;
    if (list.marker_pending) marker = list.ordered ? std::to_string(list.number) + ". " : "- ";
    list.marker_pending = false;
    builder_.open(BlockKind::kListItem, static_cast<int>(lists_.size()), marker);
  } else {
    builder_.open(quote_depth_ > 0 ? BlockKind::kQuote : BlockKind::kParagraph);
  }
}

void BlockFlow::text(std::string_view text) {
  if (!builder_.is_open()) {
    if (trim(text).empty()) return;
    open_block();
  }
  builder_.append(text);
}

}  // namespace grounds::parsing
