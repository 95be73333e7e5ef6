// The one file of a multipart/form-data body (RFC 7578), taken out as it arrives.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "grounds/result.h"

namespace grounds {

// The boundary of "multipart/form-data; boundary=..."; kUsage if there is none that is one.
Result<std::string> multipart_boundary(std::string_view content_type);

// Holds no more than a boundary or a part's header (8 KiB) of the body. One thread at a time.
class MultipartFile {
 public:
  using Take = std::function<Status(std::string_view)>;
  MultipartFile(const std::string& boundary, Take take) : delimiter_("\r\n--" + boundary), take_(std::move(take)) {}

  // The next bytes of the body. kUsage if it is malformed, or holds a field or a second file; or the error
  // of `take`.
  Status feed(std::string_view bytes);
  // At the end of the body: kUsage if it is incomplete or held no file.
  Status finish() const;
  const std::string& file_name() const { return file_name_; }  // as the client says; may be empty

 private:
  enum class At { kPreamble, kBoundary, kHeader, kFile, kEnd };
  Status read_header(std::string_view header);

  const std::string delimiter_;
  const Take take_;
  At at_ = At::kPreamble;
  std::string buffer_ = "\r\n";  // so that the first boundary is like the others
  std::string file_name_;
  bool has_file_ = false;
};

}  // namespace grounds
