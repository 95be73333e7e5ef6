#include "answer/asker/asker.h"
#include "answer/asker/verdict.h"
#include "answer/extractive.h"

namespace grounds {
namespace {

Result<PromptTemplate> template_by_id(const std::string& id) {
  for (const PromptTemplate& each : built_in_templates())
    if (each.id() == id) return each;
  return fail(ErrorCode::kNotFound, "prompt template " + id + " is not in this version of grounds",
              "replay the answer with the version that gave it");
}

}  // namespace

Result<PromptTemplate> recorded_template(const AnswerInputs& inputs) {
  if (inputs.template_text.empty()) return template_by_id(inputs.template_id);
  return parse_template_id(inputs.template_id, inputs.template_text);
}

Result<Assembly> assemble(Searcher& searcher, const Snapshot& snapshot, const Query& query,
                          std::string_view question, const PromptTemplate& prompt_template, const ClockInputs& clock,
                          std::string_view history) {
  // Two hits may be one text; look at twice as many as the prompt takes.
  auto k = static_cast<std::uint32_t>(query.settings.integer("evidence.max_chunks")) * 2;
  Assembly assembly;
  GROUNDS_ASSIGN_OR_RETURN(std::vector<SearchHit> hits, searcher.hits(snapshot, query, k));
  GROUNDS_ASSIGN_OR_RETURN(assembly.evidence, make_evidence(snapshot, query, hits, searcher.analyzer()));
  GROUNDS_ASSIGN_OR_RETURN(assembly.prompt, render_prompt(prompt_template, question, assembly.evidence, clock, history));
  return assembly;
}

Result<Assembly> assemble(Searcher& searcher, const Snapshot& snapshot, const Query& query,
                          std::string_view question, const std::string& template_id, const ClockInputs& clock) {
  GROUNDS_ASSIGN_OR_RETURN(PromptTemplate prompt_template, template_by_id(template_id));
  return assemble(searcher, snapshot, query, question, prompt_template, clock, {});
}

AnswerText answer_extractively(std::string_view question, std::span<const EvidenceItem> evidence,
                               const ClockInputs& clock, const Analyzer& analyzer, const Settings& settings) {
  (void)settings;
  AnswerText answer = extractive_answer(question, evidence, clock, analyzer, ExtractiveSettings{});
  apply_checks(answer, question, evidence, analyzer);
  return answer;
}

}  // namespace grounds
