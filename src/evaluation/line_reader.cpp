#include "evaluation/line_reader.h"

#include <span>

#include "base/utf8.h"

namespace grounds {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string file_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

}  // namespace

Result<LineReader> LineReader::open(const FileSystem& file_system, const std::string& path, Findings& findings) {
  GROUNDS_ASSIGN_OR_RETURN(FileStatus status, file_system.status(path));
  if (status.is_directory) return fail(ErrorCode::kBadInput, path + " is a folder, not a file");
  GROUNDS_ASSIGN_OR_RETURN(File file, file_system.open(path, OpenMode::kRead));
  return LineReader(std::move(file), file_name(path), findings);
}

Result<bool> LineReader::fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const std::size_t kept = buffer_.size();
  buffer_.resize(kept + kReadBytes);
  GROUNDS_ASSIGN_OR_RETURN(std::size_t got,
                           file_.read_some(offset_, std::as_writable_bytes(std::span(buffer_).subspan(kept))));
  buffer_.resize(kept + got);
  offset_ += got;
  return got > 0;
}

std::string LineReader::place() const { return name_ + ", line " + std::to_string(line_); }

Result<std::optional<std::string_view>> LineReader::next() {
  while (true) {
    std::size_t searched = begin_, end;
    bool last = false;
    while ((end = buffer_.find('\n', searched)) == std::string::npos) {
      if (buffer_.size() - begin_ > kMaxEvaluationLineBytes) {
        ++line_;
        return fail(ErrorCode::kBadInput, place() + " is longer than " + std::to_string(kMaxEvaluationLineBytes >> 20) + " MiB");
      }
      searched = buffer_.size() - begin_;
      GROUNDS_ASSIGN_OR_RETURN(bool more, fill());
      if (!more) {
        if (buffer_.empty()) return std::nullopt;
        end = buffer_.size();
        last = true;
        break;
      }
    }
    std::string_view line(buffer_.data() + begin_, end - begin_);
    line_offset_ = offset_ - buffer_.size() + begin_;
    begin_ = last ? end : end + 1;
    ++line_;
    if (line_ == 1 && line.starts_with(kByteOrderMark)) {
      findings_->add(FindingKind::kByteOrderMark, name_);
      line.remove_prefix(kByteOrderMark.size());
      line_offset_ += kByteOrderMark.size();
    }
    if (line.ends_with('\r')) {
      findings_->add(FindingKind::kCarriageReturn, place());
      line.remove_suffix(1);
    }
    if (!is_valid_utf8(line))
      return fail(ErrorCode::kBadInput, place() + " is not valid UTF-8", "convert the file to UTF-8, e.g. with iconv");
    if (!trim(line).empty()) return line;
    findings_->add(FindingKind::kBlankLine, place());
  }
}

}  // namespace grounds
