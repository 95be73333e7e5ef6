// The context of chunks: which title, headings and table header go with them, and what that costs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ingest/chunking/chunker.h"
#include "ingest/chunking/sections.h"

namespace grounds::chunking {

struct SectionContext {
  std::string title;
  std::vector<std::string> heading_path;
  std::size_t tokens = 0;
};

struct HeaderContext {
  std::string line;
  std::size_t tokens = 0;
};

// Keeps what it has counted; lives as long as one document is chunked.
class ContextBook {
 public:
  ContextBook(const Extract& extract, const std::vector<Section>& sections, std::size_t max_tokens,
              const TokenCounter& count_tokens);

  // Title and headings: together at most a quarter of the budget.
  const SectionContext& of_section(std::size_t section);
  // The header line of a table: at most a quarter of the budget.
  const HeaderContext& of_table(int table);

 private:
  std::string_view heading_text(std::size_t section) const;
  std::size_t heading_tokens(std::size_t section);
  SectionContext make_section(std::size_t section);
  HeaderContext make_header(int table);

  const Extract& extract_;
  const std::vector<Section>& sections_;
  const TokenCounter& count_tokens_;
  std::size_t limit_;
  std::optional<std::size_t> title_tokens_;
  std::vector<std::optional<std::size_t>> heading_tokens_;  // by section
  std::size_t current_section_ = kNone;                     // the one last asked for
  SectionContext section_context_;
  std::vector<std::optional<HeaderContext>> headers_;       // by table
};

}  // namespace grounds::chunking
