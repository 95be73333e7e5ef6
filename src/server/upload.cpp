#include "server/upload.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/utf8.h"

namespace grounds {
namespace {

constexpr std::size_t kMaxUriBytes = 1024;

std::string folder_of(const std::string& workspace) { return workspace + "/uploads"; }

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// With its dot; "" if there is none.
std::string_view extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 || dot + 1 == name.size() ? std::string_view() : name.substr(dot);
}

std::string_view extension_of_type(std::string_view content_type) {
  using Entry = std::pair<std::string_view, std::string_view>;
  static constexpr std::array<Entry, 9> kTypes{{{"text/plain", ".txt"},
                                                {"text/markdown", ".md"},
                                                {"text/html", ".html"},
                                                {"text/csv", ".csv"},
                                                {"application/json", ".json"},
                                                {"application/pdf", ".pdf"},
                                                {"application/rtf", ".rtf"},
                                                {"application/epub+zip", ".epub"},
                                                {"message/rfc822", ".eml"}}};
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  const auto found = std::ranges::find(kTypes, type, &Entry::first);
  return found == kTypes.end() ? std::string_view() : found->second;
}

}  // namespace

Result<Upload> Upload::begin(const FileSystem& file_system, const std::string& workspace, const std::string& id) {
  const std::string folder = folder_of(workspace), path = folder + "/" + id;
  GROUNDS_RETURN_IF_ERROR(file_system.make_directories(folder));
  GROUNDS_ASSIGN_OR_RETURN(File file, file_system.open(path, OpenMode::kCreate));
  // The name goes, the open file stays. Another server that starts may have taken it away before.
  if (auto removed = file_system.remove(path); !removed && removed.error().code != ErrorCode::kNotFound) return fail(std::move(removed).error());
  return Upload(std::move(file));
}

Status Upload::append(std::string_view bytes) {
  GROUNDS_RETURN_IF_ERROR(file_.write(size_, std::as_bytes(std::span(bytes))));
  size_ += bytes.size();
  return {};
}

UploadSource::UploadSource(Upload upload, std::string uri, std::string name) : upload_(std::move(upload)) {
  item_.uri = std::move(uri);
  item_.name = std::move(name);
  item_.size = upload_.size();
}

std::optional<tl::expected<SourceItem, SourceFailure>> UploadSource::next() {
  if (std::exchange(listed_, true)) return std::nullopt;
  return item_;
}

Result<SourceContent> UploadSource::read(const SourceItem&, std::uint64_t limit) const {
  if (upload_.size() > limit) return fail(ErrorCode::kBadInput, "the document is larger than " + std::to_string(limit) + " bytes");
  std::string bytes(upload_.size(), '\0');
  GROUNDS_RETURN_IF_ERROR(upload_.file_.read_exact(0, std::as_writable_bytes(std::span(bytes))));
  return SourceContent{std::move(bytes), {}};
}

void remove_old_uploads(const FileSystem& file_system, const std::string& workspace) {
  const std::string folder = folder_of(workspace);
  if (!file_system.exists(folder)) return;
  const auto entries = file_system.list(folder);
  if (!entries) return;
  for (const DirectoryEntry& entry : *entries) (void)file_system.remove(folder + "/" + entry.name);
}

Status check_document_uri(std::string_view uri) {
  const auto refuse = [](const char* what) {
    return fail(ErrorCode::kUsage, std::string("'uri' ") + what, "name the document as in ?uri=handbook/leave.md, percent-encoded UTF-8");
  };
  if (uri.empty()) return refuse("is missing or empty");
  if (uri.size() > kMaxUriBytes) return refuse("is over 1024 bytes");
  if (!is_valid_utf8(uri)) return refuse("is not valid UTF-8");
  if (std::ranges::any_of(uri, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) return refuse("holds a control character");
  if (uri.front() == '/') return refuse("must not begin with a slash");
  for (std::size_t at = 0; at <= uri.size();) {
    const std::size_t end = std::min(uri.find_first_of("/\\", at), uri.size());
    const std::string_view part = uri.substr(at, end - at);
    if (part == ".." || part == ".") return refuse("holds a part '.' or '..'");
    at = end + 1;
  }
  if (uri.back() == '/' || uri.back() == '\\') return refuse("must not end with a slash");
  return {};
}

std::string document_name(std::string_view uri, std::string_view file_name, std::string_view content_type) {
  const std::string_view name = last_part(uri);
  if (!extension_of(name).empty()) return std::string(name);
  const std::string_view of_file = extension_of(last_part(file_name));
  return std::string(name) + std::string(of_file.empty() ? extension_of_type(content_type) : of_file);
}

}  // namespace grounds
