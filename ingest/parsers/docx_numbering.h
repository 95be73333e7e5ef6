// Automatic numbers of paragraphs in a Word document: "第一章", "1.2", "a)".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/parsers/xml_events.h"

namespace grounds::parsing {

// The definitions in numbering.xml, and the counters while the paragraphs go by in order.
class DocxNumbering final : public XmlHandler {
 public:
  // The marker of the next paragraph of this list and level (from 0), as it is printed: "- " for a bullet,
  // "1.2 " and the like; "" if the list is not defined or has no mark.
  std::string next_marker(int list, int level);

  void start_element(std::string_view name, const XmlAttributes& attributes) override;
  void end_element(std::string_view name) override;
  void characters(std::string_view) override {}

 private:
  static constexpr std::size_t kLevels = 9;
  struct Level {
    std::string format = "decimal";
    std::string text;
    int start = 1;
  };
  struct List {
    int definition = -1;
    std::map<int, int> starts;  // levels that start anew in this list
    bool begun = false;
  };
  struct Counters {
    std::vector<int> values = std::vector<int>(kLevels, 0);
    std::vector<bool> running = std::vector<bool>(kLevels, false);
  };

  std::map<int, std::vector<Level>> definitions_;
  std::map<int, List> lists_;
  std::map<int, Counters> counters_;  // by definition: lists of one definition go on counting
  int definition_ = -1, list_ = -1, level_ = -1, override_level_ = -1;
};

// A number in one of Word's formats; decimal for a format that is not known.
std::string format_counter(int value, std::string_view format);

}  // namespace grounds::parsing
