#include "answer/backends/event_stream.h"

namespace grounds {

std::vector<std::string> EventStreamReader::feed(std::string_view bytes) {
  std::vector<std::string> complete;
  for (char c : bytes) {
    if (c == '\n' && after_return_) {
      after_return_ = false;  // the second half of a line end
      continue;
    }
    after_return_ = c == '\r';
    if (c == '\n' || c == '\r') end_line(complete);
    else line_ += c;
  }
  return complete;
}

void EventStreamReader::end_line(std::vector<std::string>& complete) {
  if (line_.empty()) {
    if (has_data_) complete.push_back(std::move(data_));
    data_.clear();
    has_data_ = false;
    return;
  }
  std::string_view line = line_;
  if (line == "data" || line.starts_with("data:")) {
    std::string_view value = line.substr(line.size() > 4 ? 5 : 4);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  }
  line_.clear();
}

std::string format_event(std::string_view name, std::string_view data) {
  std::string out;
  if (!name.empty()) out.append("event: ").append(name).append("\n");
  for (std::size_t begin = 0;;) {
    const std::size_t end = data.find('\n', begin);
    out.append("data: ").append(data.substr(begin, end - begin)).append("\n");
    if (end == std::string_view::npos) break;
    begin = end + 1;
  }
  return out += '\n';
}

}  // namespace grounds
