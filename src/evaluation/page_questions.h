// Questions whose answers stand on known pages of documents, as FinanceBench has them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "evaluation/findings.h"
#include "evaluation/statistics.h"
#include "grounds/result.h"

namespace grounds {

struct EvidencePage {
  std::string document;      // a URI, or the name of its file, with or without the extension
  std::uint32_t page = 0;    // from 1
  friend bool operator==(const EvidencePage&, const EvidencePage&) = default;
};

struct PageQuestion {
  std::string id, text;
  std::vector<EvidencePage> pages;  // any of them answers it
};

// `questions`: JSON Lines with "_id" and "text". `evidence`: fields parted by tabs, under a header line that
// names them: query-id, doc_name, and page (from 1) or page_index0 (from 0); other fields are passed over.
// In the order of the questions, those with evidence; what is left out is a finding. kNotFound; kBadInput
// names the line; kBadInput also if no question is left.
Result<std::vector<PageQuestion>> read_page_questions(const FileSystem& file_system, const std::string& questions,
                                                      const std::string& evidence, Findings& findings);

// Whether a document of this URI is the one that `name` names.
bool is_document(std::string_view uri, std::string_view name);

// A search result: its document, and the pages its text stands on (0: none known).
struct FoundPages {
  std::string uri;
  int page_from = 0, page_to = 0;
};

// Ranks from 1, of the first result within the depth that was asked for.
struct PageResult {
  std::string query;
  std::optional<std::uint32_t> document_rank;  // on whatever page of a document with evidence
  std::optional<std::uint32_t> page_rank;      // on a page with evidence
};
PageResult score_pages(const PageQuestion& question, std::span<const FoundPages> results);

struct PageSummary {
  std::uint64_t queries = 0, pages = 0, documents = 0, documents_first = 0;  // questions with such a result
  double page_mrr = 0;                     // mean of 1 / page_rank, 0 where there is none
  Interval pages_ci95, documents_ci95;     // of the shares
};
PageSummary summarise_pages(std::span<const PageResult> results);

}  // namespace grounds
