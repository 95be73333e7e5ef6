// Bytes of a document to an Extract. Runs inside the worker process only: what it reads is hostile.
#pragma once

#include <string>
#include <string_view>

#include "ingest/external_tool.h"
#include "ingest/extract.h"

namespace grounds {

enum class Format {
  kText, kMarkdown, kHtml, kCsv, kTsv, kXml, kSource /* code and configuration */, kJson, kJsonLines, kNotebook,
  kDocx, kXlsx, kPptx, kOdt, kOds, kOdp, kEpub, kOfd, kZip, kPdf, kRtf, kMail, kMailbox, kWebArchive,
  kOutlookMessage, kLegacyWord, kLegacyExcel, kLegacyPowerPoint, kDbase, kImage,
  kBinaryWorkbook, kKeynote, kArchive /* other than ZIP */
};

// By name and content; kBadInput for a binary file or a format that is not supported, saying which.
Result<Format> detect_format(std::string_view name, std::string_view bytes);

// `name`: the last part of the URI. It serves detection only and never gets into the extract, so that a
// renamed document has the same extract; a document that states no title has none.
// `run_tool`: how programs for formats such as PDF are run; without it these formats are refused.
// kBadInput with a reason for what cannot be parsed; an empty document is kBadInput too.
Result<Extract> parse_document(std::string_view name, std::string_view bytes, const RunTool& run_tool = {});

// A new identity for each change of a parser that changes an extract.
std::string parser_identity();

}  // namespace grounds
