#include "ingest/parsers/detect.h"

#include <algorithm>

#include "ingest/parsers/compound_file.h"
#include "ingest/parsers/zip_archive.h"

namespace grounds::parsing {

tl::unexpected<Error> unsupported_format(std::string_view kind) {
  return fail(ErrorCode::kBadInput, "this is " + std::string(kind) + ", which is not supported",
              "convert it to PDF, text, Markdown, HTML or CSV");
}

Result<Format> detect_zip(std::string_view bytes) {
  GROUNDS_ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::open(bytes));
  if (archive.find("[Content_Types].xml") != nullptr || archive.find("_rels/.rels") != nullptr) {
    const bool is_binary = std::ranges::any_of(archive.entries(), [](const ZipEntry& entry) { return entry.name.ends_with("/workbook.bin"); });
    for (const ZipEntry& entry : archive.entries()) {
      if (entry.name.starts_with("word/")) return Format::kDocx;
      if (entry.name.starts_with("xl/")) return is_binary ? Format::kBinaryWorkbook : Format::kXlsx;
      if (entry.name.starts_with("ppt/")) return Format::kPptx;
      if (entry.name.ends_with(".fdseq")) return unsupported_format("an XPS document");
      if (entry.name.starts_with("visio/")) return unsupported_format("a Visio drawing");
    }
  }
  ParseContext context;
  if (const ZipEntry* type = archive.find("mimetype"); type != nullptr && type->size < 200) {
    const auto mime = archive.read(*type, context);
    const std::string_view name = mime ? std::string_view(*mime) : std::string_view();
    constexpr std::string_view kOpenDocument = "application/vnd.oasis.opendocument.";
    if (name.starts_with("application/epub+zip")) return Format::kEpub;
    if (name.starts_with(kOpenDocument)) {
      const std::string_view kind = name.substr(kOpenDocument.size());
      if (kind.starts_with("text")) return Format::kOdt;
      if (kind.starts_with("spreadsheet")) return Format::kOds;
      if (kind.starts_with("presentation")) return Format::kOdp;
      return unsupported_format("an OpenDocument " + std::string(kind.substr(0, kind.find_first_of("\r\n "))));
    }
  }
  if (archive.find("OFD.xml") != nullptr) return Format::kOfd;
  if (archive.find("META-INF/container.xml") != nullptr) return Format::kEpub;
  if (archive.find("index.apxl") != nullptr) return Format::kKeynote;
  if (archive.find("Index/Document.iwa") != nullptr) return unsupported_format("a document of Apple iWork");
  return Format::kZip;
}

Result<Format> detect_compound(std::string_view bytes) {
  GROUNDS_ASSIGN_OR_RETURN(const CompoundFile file, CompoundFile::open(bytes));
  if (file.has("EncryptedPackage")) {
    return fail(ErrorCode::kBadInput, "the Office document is encrypted", "save it without a password; passwords are not taken");
  }
  if (file.has("\tDRMContent")) {
    return fail(ErrorCode::kBadInput, "the Office document is protected by rights management, which is not supported");
  }
  if (file.has("__properties_version1.0")) return Format::kOutlookMessage;
  if (file.has("WordDocument")) return Format::kLegacyWord;
  if (file.has("Workbook") || file.has("Book")) return Format::kLegacyExcel;
  if (file.has("PowerPoint Document")) return Format::kLegacyPowerPoint;
  return unsupported_format("an OLE file of a kind that is not known");
}

}  // namespace grounds::parsing
