// Archives other than ZIP (7z, rar, tar, cab, and these compressed), by bsdtar: made a ZIP archive and read as one.
#include "base/utf8.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/tool_text.h"

namespace grounds::parsing {

Result<Extract> parse_archive(std::string_view bytes, ParseContext& context) {
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
