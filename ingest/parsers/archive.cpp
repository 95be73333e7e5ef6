// Archives other than ZIP (7z, rar, tar, cab, and these compressed), by bsdtar: made a ZIP archive and read as one.
#include <algorithm>
#include <array>

#include "ingest/parsers/format_table.h"
#include "ingest/parsers/tool_text.h"

namespace grounds::parsing {
namespace {

using namespace std::string_view_literals;

// True for archives that hold their members themselves. bsdtar reads whatever libarchive knows, mtree with it: a text
// that names files of this machine, whose content becomes the archive's. No document may choose those.
bool holds_its_members(std::string_view bytes) {
  constexpr std::array kSignatures = {"7z\xBC\xAF\x27\x1C"sv, "Rar!\x1A\x07"sv, "MSCF\0\0\0\0"sv};
  if (std::any_of(kSignatures.begin(), kSignatures.end(), [&](std::string_view each) { return bytes.starts_with(each); })) return true;
  // tar: 512 bytes about the first member, its name ended by a zero. A text has none in its first line.
  constexpr std::size_t kHeader = 512;
  const std::size_t end = bytes.find_first_of("\0\n"sv);
  return bytes.size() >= kHeader && end < kHeader && bytes[end] == '\0';
}

}  // namespace

Result<Extract> parse_archive(std::string_view bytes, ParseContext& context) {
  ToolOutput plain;
  if (!holds_its_members(bytes)) {
    GROUNDS_ASSIGN_OR_RETURN(plain, run_tool(context, ExternalTool::kDecompress, bytes));
    if (!holds_its_members(plain.text)) {
      return fail(ErrorCode::kBadInput, plain.exit_code != 0 ? "the archive is damaged" : "this holds no archive of a kind that is read (7z, rar, tar, cab)",
                  "unpack it, or pack it anew as .zip");
    }
    bytes = plain.text;
  }
  GROUNDS_ASSIGN_OR_RETURN(const ToolOutput output, run_tool(context, ExternalTool::kArchiveToZip, bytes));
  auto extract = parse_zip(output.text, context);
  if (output.exit_code == 0) return extract;
  if (!extract) {
    return fail(ErrorCode::kBadInput, "the archive is encrypted, damaged or of a kind that bsdtar does not read",
                "unpack it, or pack it anew as .zip without a password");
  }
  extract->warnings.insert(extract->warnings.begin(), "the archive is damaged or encrypted in part, and was read in part");
  return extract;
}

}  // namespace grounds::parsing
