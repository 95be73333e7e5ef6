// XML that has to be well-formed to mean anything (office formats), as a stream of events.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grounds/result.h"

namespace grounds::parsing {

// Attributes by their local names, in order.
class XmlAttributes {
 public:
  explicit XmlAttributes(const std::vector<std::pair<std::string_view, std::string_view>>& list) : list_(list) {}
  std::string_view get(std::string_view local_name) const;  // "" without it
  std::string_view last(std::string_view local_name) const;  // of several of one local name
  bool has(std::string_view local_name) const;
  int number(std::string_view local_name, int otherwise) const;  // otherwise: not there or no number

 private:
  const std::vector<std::pair<std::string_view, std::string_view>>& list_;
};

// Gets elements by their local names. Nothing is thrown from here: the library is C.
class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  virtual void start_element(std::string_view name, const XmlAttributes& attributes) = 0;
  virtual void end_element(std::string_view name) = 0;
  virtual void characters(std::string_view text) = 0;
};

struct XmlOutcome {
  std::string broken;  // "": read to the end; else why not: what stands before was delivered
};

// kBadInput: it declares entities of its own, or nests more than limits.h allows. Any encoding that
// encoding.h knows.
Result<XmlOutcome> read_xml_events(std::string_view bytes, XmlHandler& handler);

}  // namespace grounds::parsing
