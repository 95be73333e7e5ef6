// From a name and bytes to a parser, and what all parsers have in common.
#include "ingest/parsers/parse.h"

#include <algorithm>
#include <array>
#include <new>

#include "base/utf8.h"
#include "ingest/parsers/binary_kind.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/stated_date.h"

namespace grounds {
namespace parsing {
namespace {

using Names = std::string_view;
constexpr std::array<Names, 4> kTextExtensions = {"txt", "text", "log", "asc"};
constexpr std::array<Names, 4> kMarkdownExtensions = {"md", "markdown", "mdown", "mkd"};
constexpr std::array<Names, 4> kHtmlExtensions = {"html", "htm", "xhtml", "shtml"};
constexpr std::array<Names, 1> kCsvExtensions = {"csv"};
constexpr std::array<Names, 2> kTsvExtensions = {"tsv", "tab"};
constexpr std::array<Names, 1> kXmlExtensions = {"xml"};
constexpr std::array<Names, 37> kSourceExtensions = {
    "json", "jsonl", "ndjson", "yaml", "yml", "toml", "ini",  "conf", "cfg",  "properties",
    "py",   "js",    "ts",     "java", "c",   "h",    "cc",   "cpp",  "hpp",  "cs",
    "go",   "rs",    "rb",     "php",  "sh",  "bash", "ps1",  "bat",  "sql",  "css",
    "lua",  "pl",    "r",      "tf",   "proto", "gradle", "cmake"};

constexpr std::array kFormats = {
    FormatEntry{Format::kText, "text", kTextExtensions, parse_plain_text, nullptr},
    FormatEntry{Format::kMarkdown, "Markdown", kMarkdownExtensions, parse_markdown, nullptr},
    FormatEntry{Format::kHtml, "HTML", kHtmlExtensions, parse_html, declared_html_encoding},
    FormatEntry{Format::kCsv, "CSV", kCsvExtensions, parse_csv, nullptr},
    FormatEntry{Format::kTsv, "TSV", kTsvExtensions, parse_tsv, nullptr},
    FormatEntry{Format::kXml, "XML", kXmlExtensions, parse_xml, declared_html_encoding},
    FormatEntry{Format::kSource, "source text", kSourceExtensions, parse_source_text, nullptr},
};

// Formats that are text to the eye but would be noise if read as such.
constexpr std::array<std::pair<Names, Names>, 8> kUnsupported = {{{"eml", "a mail message (.eml)"},
                                                                  {"mbox", "a mailbox (.mbox)"},
                                                                  {"mht", "a web archive (.mht)"},
                                                                  {"mhtml", "a web archive (.mhtml)"},
                                                                  {"rtf", "an RTF document"},
                                                                  {"svg", "an SVG image"},
                                                                  {"ps", "a PostScript document"},
                                                                  {"ipynb", "a notebook (.ipynb)"}}};

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

tl::unexpected<Error> unsupported(std::string_view kind) {
  return fail(ErrorCode::kBadInput, "this is " + std::string(kind) + ", which is not supported",
              "convert it to text, Markdown, HTML or CSV");
}

const FormatEntry& entry_of(Format format) {
  return *std::find_if(kFormats.begin(), kFormats.end(),
                       [&](const FormatEntry& entry) { return entry.format == format; });
}

Result<Extract> parse(std::string_view name, std::string_view bytes) {
  if (bytes.empty()) return fail(ErrorCode::kBadInput, "the file is empty");
  GROUNDS_ASSIGN_OR_RETURN(const Format format, detect_format(name, bytes));
  const FormatEntry& entry = entry_of(format);
  const std::string declared =
      entry.declared_encoding == nullptr ? std::string() : entry.declared_encoding(bytes);
  GROUNDS_ASSIGN_OR_RETURN(const DecodedText decoded, decode_text(bytes, declared));
  GROUNDS_ASSIGN_OR_RETURN(Extract extract, entry.parse(decoded.text));
  extract.warnings.insert(extract.warnings.begin(), decoded.warnings.begin(), decoded.warnings.end());
  if (decoded.encoding != "UTF-8") extract.warnings.insert(extract.warnings.begin(), "read as " + decoded.encoding);
  if (extract.date.empty()) extract.date = stated_date(extract);
  return extract;
}

}  // namespace

std::span<const FormatEntry> formats() { return kFormats; }

}  // namespace parsing

Result<Format> detect_format(std::string_view name, std::string_view bytes) {
  using namespace parsing;
  if (const std::string_view kind = binary_kind(bytes); !kind.empty()) return unsupported(kind);
  const std::string extension = extension_of(name);
  for (const auto& [known, kind] : kUnsupported) {
    if (extension == known) return unsupported(kind);
  }
  for (const FormatEntry& entry : kFormats) {
    if (std::find(entry.extensions.begin(), entry.extensions.end(), extension) != entry.extensions.end()) {
      return entry.format;
    }
  }
  if (starts_like_html(bytes)) return Format::kHtml;
  return bytes.starts_with("<?xml ") ? Format::kXml : Format::kText;
}

Result<Extract> parse_document(std::string_view name, std::string_view bytes) {
  try {
    return parsing::parse(name, bytes);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kBadInput, "the document needs more memory than a parser may use",
                "split it into smaller documents");
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInternal, std::string("the parser failed: ") + error.what());
  }
}

std::string parser_identity() { return "grounds-parsers/1"; }

}  // namespace grounds
