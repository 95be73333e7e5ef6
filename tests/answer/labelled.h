// The labelled set: documents of two invented companies, and questions about them.
#pragma once

#include <string>
#include <vector>

#include "answer/answer.h"
#include "index/analysis/analyzer.h"

namespace grounds::testing {

struct LabelledQuestion {
  std::string question;
  std::vector<std::string> answers;  // any of them is right; none: the documents do not say
};

const Analyzer& test_analyzer();
const std::vector<LabelledQuestion>& labelled_questions();
// Retrieval as plain as can be: shared terms, weighted by rarity; the vectors are left out (0).
std::vector<EvidenceItem> labelled_evidence(const std::string& question, std::size_t count = 6);
// All there is of one document, numbered from 1.
std::vector<EvidenceItem> labelled_document(const std::string& uri);
// 2026-11-24T12:00Z in Shanghai.
ClockInputs labelled_clock();

}  // namespace grounds::testing
