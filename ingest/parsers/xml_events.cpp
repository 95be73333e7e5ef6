#include "ingest/parsers/xml_events.h"

#include <Poco/SAX/Attributes.h>
#include <Poco/SAX/DefaultHandler.h>
#include <Poco/SAX/SAXParser.h>

#include <algorithm>
#include <charconv>

#include "base/utf8.h"
#include "ingest/parsers/encoding.h"
#include "ingest/parsers/limits.h"

namespace grounds::parsing {
namespace {

constexpr std::size_t kPrologBytes = 65'536;

// Passes events on, by local names, up to the allowed depth. What is deeper is noted and left out.
class Events final : public Poco::XML::DefaultHandler {
 public:
  explicit Events(XmlHandler& handler) : handler_(handler) {}

  void startElement(const Poco::XML::XMLString&, const Poco::XML::XMLString& local, const Poco::XML::XMLString& qualified,
                    const Poco::XML::Attributes& attributes) override {
    if (++depth_ > kMaxXmlDepth) {
      too_deep_ = true;
      return;
    }
    list_.clear();
    for (int i = 0; i < attributes.getLength(); ++i) {
      const std::string& name = attributes.getLocalName(i).empty() ? attributes.getQName(i) : attributes.getLocalName(i);
      list_.emplace_back(name, attributes.getValue(i));
    }
    handler_.start_element(local.empty() ? qualified : local, XmlAttributes(list_));
  }
  void endElement(const Poco::XML::XMLString&, const Poco::XML::XMLString& local,
                  const Poco::XML::XMLString& qualified) override {
    if (depth_-- > kMaxXmlDepth) return;
    handler_.end_element(local.empty() ? qualified : local);
  }
  void characters(const Poco::XML::XMLChar text[], int start, int length) override {
    if (depth_ <= kMaxXmlDepth) handler_.characters({text + start, static_cast<std::size_t>(length)});
  }
  bool too_deep() const { return too_deep_; }

 private:
  XmlHandler& handler_;
  std::vector<std::pair<std::string_view, std::string_view>> list_;
  int depth_ = 0;
  bool too_deep_ = false;
};

}  // namespace

std::string_view XmlAttributes::get(std::string_view local_name) const {
  for (const auto& [name, value] : list_) {
    if (name == local_name) return value;
  }
  return {};
}

std::string_view XmlAttributes::last(std::string_view local_name) const {
  std::string_view found;
  for (const auto& [name, value] : list_) {
    if (name == local_name) found = value;
  }
  return found;
}

bool XmlAttributes::has(std::string_view local_name) const {
  return std::any_of(list_.begin(), list_.end(), [&](const auto& entry) { return entry.first == local_name; });
}

int XmlAttributes::number(std::string_view local_name, int otherwise) const {
  const std::string_view text = get(local_name);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? value : otherwise;
}

Result<XmlOutcome> read_xml_events(std::string_view bytes, XmlHandler& handler) {
  std::string converted;
  if (!is_valid_utf8(bytes)) {
    GROUNDS_ASSIGN_OR_RETURN(DecodedText decoded, decode_text(bytes, declared_html_encoding(bytes)));
    converted = std::move(decoded.text);
    bytes = converted;
  }
  if (bytes.substr(0, kPrologBytes).find("<!ENTITY") != std::string_view::npos) {
    return fail(ErrorCode::kBadInput, "it declares XML entities of its own, which are not expanded");
  }
  Events events(handler);
  XmlOutcome outcome;
  try {
    Poco::XML::SAXParser parser;
    parser.setEncoding("UTF-8");
    parser.setContentHandler(&events);
    parser.parseMemoryNP(bytes.data(), bytes.size());
  } catch (const Poco::Exception& error) {
    outcome.broken = replace_invalid_utf8(error.displayText());
  }
  if (events.too_deep()) {
    return fail(ErrorCode::kBadInput, "it nests elements more than " + std::to_string(kMaxXmlDepth) + " deep");
  }
  return outcome;
}

}  // namespace grounds::parsing
