// Server-sent events, read as they come (WHATWG HTML, section 9.2), and written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace grounds {

// Data may be cut anywhere. Only the data of events counts here; names, ids and comments are passed over.
class EventStreamReader {
 public:
  // The data of the events that are complete with these bytes, in order.
  std::vector<std::string> feed(std::string_view bytes);

 private:
  void end_line(std::vector<std::string>& complete);
  std::string line_, data_;
  bool has_data_ = false, after_return_ = false;
};

// "event: NAME\ndata: DATA\n\n"; without a name when it is empty. Line breaks in `data` give a data line each.
std::string format_event(std::string_view name, std::string_view data);

}  // namespace grounds
