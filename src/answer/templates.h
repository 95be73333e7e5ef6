// Prompt templates: immutable versions with strict rendering.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "answer/answer.h"
#include "grounds/result.h"

namespace grounds {

struct PromptTemplate {
  std::string name;                    // "default"
  std::uint32_t version = 1;
  std::string language;                // "en" or "zh"
  std::string text;                    // with {{variables}}
  std::string id() const;              // "default.en@1"
};

// The templates built into the program. A version's text never changes; a better text is a new version.
std::span<const PromptTemplate> built_in_templates();
// kNotFound names what there is. `name`: "default", "default@1"; "" for the default. The language is the question's.
Result<PromptTemplate> find_template(std::string_view name, std::string_view language);

// From an id as PromptTemplate::id() gives it, and its text. kUsage for any other id.
Result<PromptTemplate> parse_template_id(std::string_view id, std::string text);

// Variables: question, evidence, today, zone, history. An unknown variable in the template is kBadInput.
// Evidence is fenced and numbered, one item after another; fences and chat-template tokens that occur
// inside a document's text are neutralised; items that give instructions are flagged as data. Values are
// not scanned for variables. Pure; byte-equal for equal input. kBadInput also for an unknown time zone.
Result<std::string> render_prompt(const PromptTemplate& prompt_template, std::string_view question,
                                  std::span<const EvidenceItem> evidence, const ClockInputs& clock,
                                  std::string_view history = {});
// The variables a template names are known and closed: what `templates add` asks before it stores one.
Status check_template(const PromptTemplate& prompt_template);

// "en" or "zh", by is_chinese.
std::string question_language(std::string_view question);

}  // namespace grounds
