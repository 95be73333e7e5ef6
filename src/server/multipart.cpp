#include "server/multipart.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace grounds {
namespace {

constexpr std::size_t kMaxPartHeader = 8 << 10;

tl::unexpected<Error> malformed(std::string what) {
  return fail(ErrorCode::kUsage, "the form is malformed: " + std::move(what), "send the file itself as the body, or one file as multipart/form-data");
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// The value of `name=value` or `name="value"` among the parameters of a header.
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
  for (std::size_t at = header.find(';'); at < header.size();) {
    at = header.find_first_not_of("; \t", at);
    if (at >= header.size()) break;
    const std::size_t equals = header.find('=', at);
    if (equals == std::string_view::npos) break;
    const std::string key = lower(header.substr(at, equals - at));
    std::string value;
    at = equals + 1;
    if (at < header.size() && header[at] == '"') {
      for (++at; at < header.size() && header[at] != '"'; ++at) {
        if (header[at] == '\\' && at + 1 < header.size()) ++at;
        value += header[at];
      }
      at = header.find(';', at);
    } else {
      const std::size_t end = std::min(header.find_first_of("; \t", at), header.size());
      value = header.substr(at, end - at);
      at = header.find(';', end);
    }
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> multipart_boundary(std::string_view content_type) {
  const auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70) return malformed("its Content-Type names no boundary of 1 to 70 characters");
  return *boundary;
}

Status MultipartFile::feed(std::string_view bytes) {
  if (at_ == At::kEnd) return {};
  buffer_ += bytes;
  for (;;) {
    if (at_ == At::kPreamble || at_ == At::kFile) {
      const std::size_t found = buffer_.find(delimiter_);
      // What may be the beginning of a boundary stays until more is known.
      const std::size_t sure = found != std::string::npos ? found : buffer_.size() - std::min(buffer_.size(), delimiter_.size() - 1);
      if (at_ == At::kFile && sure > 0) GROUNDS_RETURN_IF_ERROR(take_(std::string_view(buffer_).substr(0, sure)));
      buffer_.erase(0, found != std::string::npos ? found + delimiter_.size() : sure);
      if (found == std::string::npos) return {};
      at_ = At::kBoundary;
    } else if (at_ == At::kBoundary) {
      if (buffer_.size() < 2) return {};
      const bool ends = buffer_.starts_with("--");
      if (!ends && !buffer_.starts_with("\r\n")) return malformed("a boundary does not end its line");
      at_ = ends ? At::kEnd : At::kHeader;
      if (ends) {
        buffer_.clear();
        return {};
      }
      buffer_.erase(0, 2);
    } else {
      const std::size_t end = buffer_.find("\r\n\r\n");
      if (std::min(end, buffer_.size()) > kMaxPartHeader) return malformed("the header of a part is over 8192 bytes");
      if (end == std::string::npos) return {};
      GROUNDS_RETURN_IF_ERROR(read_header(std::string_view(buffer_).substr(0, end)));
      buffer_.erase(0, end + 4);
      at_ = At::kFile;
    }
  }
}

Status MultipartFile::read_header(std::string_view header) {
  while (!header.empty()) {
    const std::size_t end = std::min(header.find("\r\n"), header.size());
    const std::string_view line = header.substr(0, end);
    header.remove_prefix(std::min(end + 2, header.size()));
    if (!lower(line).starts_with("content-disposition:")) continue;
    const auto name = parameter(line, "filename");
    if (!name) return malformed("it holds a field beside the file");
    if (std::exchange(has_file_, true)) return malformed("it holds more than one file");
    file_name_ = *name;
    return {};
  }
  return malformed("a part has no Content-Disposition");
}

Status MultipartFile::finish() const {
  if (at_ != At::kEnd) return malformed("it ends before its last boundary");
  if (!has_file_) return malformed("it holds no file");
  return {};
}

}  // namespace grounds
