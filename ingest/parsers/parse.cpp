// From a name and bytes to a parser, and what all parsers have in common.
#include "ingest/parsers/parse.h"

#include <algorithm>
#include <array>
#include <new>

#include "base/utf8.h"
#include "ingest/parsers/binary_kind.h"
#include "ingest/parsers/detect.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/stated_date.h"

namespace grounds {
namespace parsing {
namespace {

using Names = std::string_view;
constexpr std::array<Names, 7> kTextExtensions = {"txt", "text", "log", "asc", "rst", "org", "adoc"};
constexpr std::array<Names, 4> kMarkdownExtensions = {"md", "markdown", "mdown", "mkd"};
constexpr std::array<Names, 4> kHtmlExtensions = {"html", "htm", "xhtml", "shtml"};
constexpr std::array<Names, 1> kCsvExtensions = {"csv"};
constexpr std::array<Names, 2> kTsvExtensions = {"tsv", "tab"};
constexpr std::array<Names, 1> kXmlExtensions = {"xml"};
constexpr std::array<Names, 34> kSourceExtensions = {
    "yaml", "yml", "toml", "ini", "conf", "cfg", "properties", "py", "js", "ts", "java", "c",
    "h", "cc", "cpp", "hpp", "cs", "go", "rs", "rb", "php", "sh", "bash", "ps1",
    "bat", "sql", "css", "lua", "pl", "r", "tf", "proto", "gradle", "cmake"};
constexpr std::array<Names, 1> kJsonExtensions = {"json"};
constexpr std::array<Names, 2> kJsonLinesExtensions = {"jsonl", "ndjson"};
constexpr std::array<Names, 1> kNotebookExtensions = {"ipynb"};
constexpr std::array<Names, 4> kDocxExtensions = {"docx", "docm", "dotx", "dotm"};
constexpr std::array<Names, 4> kXlsxExtensions = {"xlsx", "xlsm", "xltx", "xltm"};
constexpr std::array<Names, 6> kPptxExtensions = {"pptx", "pptm", "ppsx", "ppsm", "potx", "potm"};
constexpr std::array<Names, 2> kOdtExtensions = {"odt", "ott"};
constexpr std::array<Names, 2> kOdsExtensions = {"ods", "ots"};
constexpr std::array<Names, 2> kOdpExtensions = {"odp", "otp"};
constexpr std::array<Names, 1> kEpubExtensions = {"epub"};
constexpr std::array<Names, 1> kOfdExtensions = {"ofd"};
constexpr std::array<Names, 1> kZipExtensions = {"zip"};
constexpr std::array<Names, 1> kPdfExtensions = {"pdf"};
constexpr std::array<Names, 1> kRtfExtensions = {"rtf"};
constexpr std::array<Names, 1> kMailExtensions = {"eml"};
constexpr std::array<Names, 2> kMailboxExtensions = {"mbox", "mbx"};
constexpr std::array<Names, 2> kWebArchiveExtensions = {"mht", "mhtml"};
constexpr std::array<Names, 1> kOutlookExtensions = {"msg"};
constexpr std::array<Names, 3> kWordExtensions = {"doc", "dot", "wps"};
constexpr std::array<Names, 3> kExcelExtensions = {"xls", "xlt", "et"};
constexpr std::array<Names, 4> kPowerPointExtensions = {"ppt", "pps", "pot", "dps"};
constexpr std::array<Names, 1> kDbaseExtensions = {"dbf"};
constexpr std::array<Names, 1> kBinaryWorkbookExtensions = {"xlsb"};
constexpr std::array<Names, 1> kKeynoteExtensions = {"key"};
constexpr std::array<Names, 11> kArchiveExtensions = {"7z", "rar", "tar", "gz", "tgz", "bz2", "tbz2", "xz", "txz", "zst", "cab"};
constexpr std::array<Names, 7> kImageExtensions = {"png", "jpg", "jpeg", "tif", "tiff", "gif", "webp"};

constexpr std::array kFormats = {
    FormatEntry{Format::kText, "text", kTextExtensions, parse_plain_text, nullptr, nullptr},
    FormatEntry{Format::kMarkdown, "Markdown", kMarkdownExtensions, parse_markdown, nullptr, nullptr},
    FormatEntry{Format::kHtml, "HTML", kHtmlExtensions, parse_html, nullptr, declared_html_encoding},
    FormatEntry{Format::kCsv, "CSV", kCsvExtensions, parse_csv, nullptr, nullptr},
    FormatEntry{Format::kTsv, "TSV", kTsvExtensions, parse_tsv, nullptr, nullptr},
    FormatEntry{Format::kXml, "XML", kXmlExtensions, parse_xml, nullptr, declared_html_encoding},
    FormatEntry{Format::kSource, "source text", kSourceExtensions, parse_source_text, nullptr, nullptr},
    FormatEntry{Format::kJson, "JSON", kJsonExtensions, parse_json_document, nullptr, nullptr},
    FormatEntry{Format::kJsonLines, "JSON Lines", kJsonLinesExtensions, parse_json_lines, nullptr, nullptr},
    FormatEntry{Format::kNotebook, "a notebook", kNotebookExtensions, parse_notebook, nullptr, nullptr},
    FormatEntry{Format::kDocx, "Word", kDocxExtensions, nullptr, parse_docx, nullptr},
    FormatEntry{Format::kXlsx, "Excel", kXlsxExtensions, nullptr, parse_xlsx, nullptr},
    FormatEntry{Format::kPptx, "PowerPoint", kPptxExtensions, nullptr, parse_pptx, nullptr},
    FormatEntry{Format::kOdt, "OpenDocument text", kOdtExtensions, nullptr, parse_odt, nullptr},
    FormatEntry{Format::kOds, "OpenDocument spreadsheet", kOdsExtensions, nullptr, parse_ods, nullptr},
    FormatEntry{Format::kOdp, "OpenDocument presentation", kOdpExtensions, nullptr, parse_odp, nullptr},
    FormatEntry{Format::kEpub, "EPUB", kEpubExtensions, nullptr, parse_epub, nullptr},
    FormatEntry{Format::kOfd, "OFD", kOfdExtensions, nullptr, parse_ofd, nullptr},
    FormatEntry{Format::kZip, "ZIP", kZipExtensions, nullptr, parse_zip, nullptr},
    FormatEntry{Format::kPdf, "PDF", kPdfExtensions, nullptr, parse_pdf, nullptr},
    FormatEntry{Format::kRtf, "RTF", kRtfExtensions, nullptr, parse_rtf, nullptr},
    FormatEntry{Format::kMail, "mail", kMailExtensions, nullptr, parse_mail, nullptr},
    FormatEntry{Format::kMailbox, "mailbox", kMailboxExtensions, nullptr, parse_mailbox, nullptr},
    FormatEntry{Format::kWebArchive, "web archive", kWebArchiveExtensions, nullptr, parse_web_archive, nullptr},
    FormatEntry{Format::kOutlookMessage, "Outlook message", kOutlookExtensions, nullptr, parse_outlook_message, nullptr},
    FormatEntry{Format::kLegacyWord, "Word 97-2003", kWordExtensions, nullptr, parse_legacy_word, nullptr},
    FormatEntry{Format::kLegacyExcel, "Excel 97-2003", kExcelExtensions, nullptr, parse_legacy_excel, nullptr},
    FormatEntry{Format::kLegacyPowerPoint, "PowerPoint 97-2003", kPowerPointExtensions, nullptr, parse_legacy_powerpoint, nullptr},
    FormatEntry{Format::kDbase, "dBASE", kDbaseExtensions, nullptr, parse_dbase, nullptr},
    FormatEntry{Format::kImage, "image", kImageExtensions, nullptr, parse_image, nullptr},
    FormatEntry{Format::kBinaryWorkbook, "Excel, binary", kBinaryWorkbookExtensions, nullptr, parse_binary_workbook, nullptr},
    FormatEntry{Format::kKeynote, "Keynote '09", kKeynoteExtensions, nullptr, parse_keynote, nullptr},
    FormatEntry{Format::kArchive, "archive", kArchiveExtensions, nullptr, parse_archive, nullptr},
};

// Formats that are text to the eye but would be noise if read as such, and those without a signature.
constexpr std::array<std::pair<Names, Names>, 3> kUnsupported = {{{"svg", "an SVG image"},
                                                                  {"ps", "a PostScript document"},
                                                                  {"tnef", "a TNEF mail attachment"}}};

std::string extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || name.find('/', dot) != std::string_view::npos) return {};
  std::string extension(name.substr(dot + 1));
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return extension;
}

bool starts_like_html(std::string_view bytes) {
  std::string head(trim(bytes.substr(0, 256)));
  for (char& c : head) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return head.starts_with("<!doctype html") || head.starts_with("<html");
}

const FormatEntry& entry_of(Format format) {
  return *std::find_if(kFormats.begin(), kFormats.end(),
                       [&](const FormatEntry& entry) { return entry.format == format; });
}

Result<Extract> parse(std::string_view name, std::string_view bytes, ParseContext& context) {
  if (bytes.empty()) return fail(ErrorCode::kBadInput, "the file is empty");
  GROUNDS_ASSIGN_OR_RETURN(const Format format, detect_format(name, bytes));
  const FormatEntry& entry = entry_of(format);
  if (entry.parse_bytes != nullptr) {
    GROUNDS_ASSIGN_OR_RETURN(Extract extract, entry.parse_bytes(bytes, context));
    if (extract.date.empty()) extract.date = stated_date(extract);
    return extract;
  }
  const std::string declared =
      entry.declared_encoding == nullptr ? std::string() : entry.declared_encoding(bytes);
  GROUNDS_ASSIGN_OR_RETURN(const DecodedText decoded, decode_text(bytes, declared));
  GROUNDS_ASSIGN_OR_RETURN(Extract extract, entry.parse(decoded.text));
  extract.warnings.insert(extract.warnings.begin(), decoded.warnings.begin(), decoded.warnings.end());
  if (decoded.encoding != "UTF-8") extract.warnings.insert(extract.warnings.begin(), "read as " + decoded.encoding);
  if (extract.date.empty()) extract.date = stated_date(extract);
  return extract;
}

bool is_archive(std::string_view kind) { return kind.ends_with(" archive") && kind != "a library archive"; }

bool is_image(std::string_view kind) { return kind.ends_with(" image") && kind.find("MP4") == std::string_view::npos; }

}  // namespace

std::span<const FormatEntry> formats() { return kFormats; }

Result<Extract> parse_part(std::string_view name, std::string_view bytes, ParseContext& context) {
  if (context.depth >= kMaxPartDepth) {
    return fail(ErrorCode::kBadInput, "documents are packed more than " + std::to_string(kMaxPartDepth) + " deep in each other");
  }
  if (context.parts_left == 0) {
    return fail(ErrorCode::kBadInput, "it holds more than " + std::to_string(kMaxParts) + " documents");
  }
  --context.parts_left;
  ++context.depth;
  auto extract = parse(name, bytes, context);
  --context.depth;
  return extract;
}

}  // namespace parsing

Result<Format> detect_format(std::string_view name, std::string_view bytes) {
  using namespace parsing;
  constexpr std::size_t kPdfHeaderWithin = 1024;  // as readers of PDF look for it
  if (bytes.starts_with("PK\3\4") || bytes.starts_with("PK\5\6")) return detect_zip(bytes);
  if (bytes.starts_with("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) return detect_compound(bytes);
  const std::string extension = extension_of(name);
  const std::size_t pdf = bytes.substr(0, kPdfHeaderWithin).find("%PDF-");
  if (pdf == 0 || (pdf != std::string_view::npos && extension == "pdf")) return Format::kPdf;
  if (bytes.starts_with("{\\rtf")) return Format::kRtf;
  if (const std::string_view kind = binary_kind(bytes); !kind.empty()) {
    if (is_image(kind)) return Format::kImage;
    if (is_archive(kind)) return Format::kArchive;
    return unsupported_format(kind);
  }
  for (const auto& [known, kind] : kUnsupported) {
    if (extension == known) return unsupported_format(kind);
  }
  // Programs export web pages and lists under the names of old Office files.
  const bool claims_office = extension == "xls" || extension == "doc";
  if (claims_office && starts_like_html(bytes)) return Format::kHtml;
  if (claims_office && bytes.starts_with("<?xml ")) return Format::kXml;
  const bool is_bare_workbook = bytes.starts_with("\x09\x02") || bytes.starts_with("\x09\x04") || bytes.starts_with("\x09\x08");
  if (extension == "xls" && !is_bare_workbook) return Format::kTsv;
  if (extension == "doc") return Format::kText;
  for (const FormatEntry& entry : kFormats) {
    if (std::find(entry.extensions.begin(), entry.extensions.end(), extension) != entry.extensions.end()) {
      return entry.format;
    }
  }
  if (starts_like_html(bytes)) return Format::kHtml;
  return bytes.starts_with("<?xml ") ? Format::kXml : Format::kText;
}

Result<Extract> parse_document(std::string_view name, std::string_view bytes, const RunTool& run_tool) {
  try {
    parsing::ParseContext context;
    if (run_tool) context.run_tool = &run_tool;
    return parsing::parse(name, bytes, context);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kBadInput, "the document needs more memory than a parser may use",
                "split it into smaller documents");
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInternal, std::string("the parser failed: ") + error.what());
  }
}

std::string parser_identity() { return "grounds-parsers/3"; }

}  // namespace grounds
