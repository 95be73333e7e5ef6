// Where documents come from: a source lists them one after another and reads each when asked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "grounds/result.h"

namespace grounds {

struct SourceItem {
  std::string uri;                       // stable, valid UTF-8; names the document in its collection
  std::string name;                      // for the parser to know the format by: last part of the URI
  std::string path;                      // the file it is read from; "" if the source holds its content
  std::uint64_t size = 0;                // bytes
  std::int64_t modified_ns = 0;          // nanoseconds since the epoch; 0 if the source does not know
  std::string title;                     // given by the source; goes before the document's own
  std::string metadata;                  // canonical JSON object; "" if there is none
  std::optional<std::vector<std::string>> groups;  // who may read it; nullopt: as the collection has it
  std::string content;                   // where path is ""
};

struct SourceContent {
  std::string bytes;
  std::string name;                      // as SourceItem::name, where the source learns it by reading; "": as listed
};

// A document that could not be listed. Never fatal: the source goes on.
struct SourceFailure {
  std::string uri;                       // or what there is of it: a path, "line 17"
  Error error;
  bool is_of_all = false;                // any document may be meant: none is to be taken for gone
};

class Source {
 public:
  virtual ~Source() = default;
  // The next document or failure, in an order that is the same every time; nullopt at the end. Keeps
  // some 50 bytes a document at most. One thread at a time.
  virtual std::optional<tl::expected<SourceItem, SourceFailure>> next() = 0;
  // The bytes of an item that this source listed. kBadInput if they are more than `limit`. Thread-safe.
  virtual Result<SourceContent> read(const SourceItem& item, std::uint64_t limit) const = 0;
};

}  // namespace grounds
