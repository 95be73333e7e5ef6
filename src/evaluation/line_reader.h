// Lines of a text file, read as a stream: memory is bounded by the longest line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "evaluation/findings.h"
#include "grounds/result.h"

namespace grounds {

inline constexpr std::size_t kMaxEvaluationLineBytes = 64 * 1024 * 1024;

// Not thread-safe. A byte order mark, carriage returns and blank lines are passed over and counted.
class LineReader {
 public:
  // kNotFound, kUnavailable; kBadInput for a folder. `findings` must outlive it.
  static Result<LineReader> open(const FileSystem& file_system, const std::string& path, Findings& findings);

  // The next line that is not blank, without its end; none at the end of the file. The view is valid
  // until the next call. kBadInput for a line of more than kMaxEvaluationLineBytes and one that is not UTF-8.
  Result<std::optional<std::string_view>> next();
  // "corpus.jsonl, line 12": where the last line stands.
  std::string place() const;
  // Where in the file the last line starts, in bytes.
  std::uint64_t line_offset() const { return line_offset_; }

 private:
  LineReader(File file, std::string name, Findings& findings)
      : file_(std::move(file)), name_(std::move(name)), findings_(&findings) {}
  Result<bool> fill();  // false at the end of the file

  File file_;
  std::string name_;
  Findings* findings_;
  std::string buffer_;
  std::size_t begin_ = 0;      // of what was not given out yet
  std::uint64_t offset_ = 0;   // in the file, of the buffer's end
  std::uint64_t line_ = 0;
  std::uint64_t line_offset_ = 0;
};

}  // namespace grounds
