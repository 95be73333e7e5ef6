// What a Word document's paragraph styles say about structure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "ingest/parsers/xml_events.h"

namespace grounds::parsing {

struct DocxStyle {
  int outline = 0;  // heading level from 1; 0: none
  bool is_title = false;
  int list = -1, list_level = 0;
};

class DocxStyles final : public XmlHandler {
 public:
  // With what it inherits. A style that is not defined has nothing.
  DocxStyle resolve(const std::string& id) const;

  void start_element(std::string_view name, const XmlAttributes& attributes) override;
  void end_element(std::string_view name) override;
  void characters(std::string_view) override {}

 private:
  struct Definition {
    std::string parent;
    int outline = -1;  // -1: not said; 0: said to be body text
    bool is_title = false;
    int list = -1, list_level = -1;
  };
  std::map<std::string, Definition> styles_;
  Definition* current_ = nullptr;
};

}  // namespace grounds::parsing
