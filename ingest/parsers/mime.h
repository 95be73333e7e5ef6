// MIME entities (RFC 2045 to 2047, 2231, 5322) as they come from mailers, not only as the RFCs have them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace grounds::parsing {

// A value with parameters: Content-Type, Content-Disposition.
struct MimeValue {
  std::string value;                                         // lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case, values in UTF-8
  std::string_view parameter(std::string_view name) const;   // "" without it
};

struct MimeEntity {
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, values unfolded, not decoded
  std::string_view body;                                     // as it was sent

  std::string_view raw_header(std::string_view name) const;  // the first of that name; "" without it
  std::string header(std::string_view name) const;           // decoded, one line of UTF-8
  MimeValue content_type() const;                            // text/plain without one
  MimeValue disposition() const;
  std::string file_name() const;                             // of an attachment; "" without one
  std::string content() const;                               // the body without its transfer encoding
};

// `bytes` must outlive it. What looks like no header ends the headers.
MimeEntity read_entity(std::string_view bytes);
// The parts of a multipart body; what stands before the first and behind the last is left out. At most 1,000.
std::vector<std::string_view> split_parts(std::string_view body, std::string_view boundary);

// A header's text: encoded words decoded, raw bytes as UTF-8 or GB18030.
std::string decode_header(std::string_view raw);
std::string decode_base64(std::string_view text);            // what is no digit of it is passed over
std::string decode_quoted_printable(std::string_view text);  // what is no escape stands for itself

}  // namespace grounds::parsing
