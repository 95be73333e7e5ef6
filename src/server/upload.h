// A document that a client sends, on its way from the connection to an ingest: in a file
// while it arrives, in memory once it is parsed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "grounds/result.h"
#include "ingest/sources/source.h"

namespace grounds {

// In the workspace's folder uploads/, without a name there: whatever becomes of the process, the system
// gives the space back.
class Upload {
 public:
  static Result<Upload> begin(const FileSystem& file_system, const std::string& workspace, const std::string& id);
  Status append(std::string_view bytes);
  std::uint64_t size() const { return size_; }

 private:
  friend class UploadSource;
  explicit Upload(File file) : file_(std::move(file)) {}
  File file_;
  std::uint64_t size_ = 0;
};

// The upload as a source of one document. `name` tells its format, as the last part of a URI does.
class UploadSource final : public Source {
 public:
  UploadSource(Upload upload, std::string uri, std::string name);
  std::optional<tl::expected<SourceItem, SourceFailure>> next() override;
  Result<SourceContent> read(const SourceItem& item, std::uint64_t limit) const override;

 private:
  const Upload upload_;
  SourceItem item_;
  bool listed_ = false;
};

// Removes what a server that was killed in the middle of begin() left.
void remove_old_uploads(const FileSystem& file_system, const std::string& workspace);

// A URI that a client may give a document: 1 to 1,024 bytes of valid UTF-8 without control characters, and
// no path that leads upwards or from the root, which whoever follows a citation might take for a file. kUsage.
Status check_document_uri(std::string_view uri);

// The name that tells a document's format: the last part of the URI, or, where that has no extension, one
// with that of the file's name or of its media type.
std::string document_name(std::string_view uri, std::string_view file_name, std::string_view content_type);

}  // namespace grounds
