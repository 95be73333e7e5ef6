// How far a piece of evidence covers a question: concept by concept, with its context.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "answer/question.h"
#include "answer/units.h"
#include "retrieval/evidence.h"

namespace grounds {

// Which of the question's terms occur in a text, and the text's own bytes for codes.
struct Presence {
  std::vector<bool> terms;
  std::string folded;               // kept only if the question has codes
};

Presence presence_of(std::string_view text, const Question& question, const Analyzer& analyzer);
// 0 to 1000: how well `concept_` is met.
int quality(const Concept& concept_, const Presence& presence);

// Where the text of an evidence item meets the question.
struct ItemMatch {
  const EvidenceItem* item = nullptr;
  Units units;
  std::vector<std::vector<int>> own;             // by unit, by concept: met in the unit itself
  std::vector<std::vector<std::vector<int>>> cells;  // by unit (rows only), by column, by concept
  std::vector<std::vector<std::vector<int>>> headers;  // by table, by column, by concept
  std::vector<int> context;                      // by concept: met in heading, title or file name
  std::vector<int> anywhere;                     // by concept: met anywhere in the item
  std::vector<int> document;                     // by concept: met anywhere in the evidence of the same document
  std::vector<std::vector<DateParts>> dates;     // by unit
  std::vector<DateParts> context_dates;          // of heading, title, file name
  DateParts effective;                           // from when the document holds, if it says so
  DateParts since;                               // the same, else what a rule's date suggests
  std::vector<DateParts> replaced_by;            // since when other versions of the same document hold, if later
  bool instructs = false;                        // carries instructions to a model
};

ItemMatch match_item(const EvidenceItem& item, const Question& question, const Analyzer& analyzer);

// Lets the items of one document know of each other: its names, and since when it holds.
void share_within_documents(std::span<ItemMatch> items);

// Weights of the concepts: rarer among the items is heavier. Integers, so that they are the same everywhere.
std::vector<std::int64_t> concept_weights(const Question& question, std::span<const ItemMatch> items);

// A file's name as words: "travel-policy-2024.md" holds a year.
std::string spaced_name(std::string_view uri);

// Does the text hold the kind of thing asked for? 0 no, 1 something like it, 2 yes.
int holds_kind(std::string_view text, const Question& question);

// A date since when the text says it holds ("effective 1 April 2025", "自2025年4月1日起施行").
DateParts effective_date(std::string_view text);

}  // namespace grounds
