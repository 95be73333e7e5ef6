#include "evaluation/answer_views.h"

namespace grounds {
namespace {

Json share_view(const Share& share) {
  return {{"count", share.first},
          {"of", share.second},
          {"share", share.second == 0 ? Json() : Json(static_cast<double>(share.first) / static_cast<double>(share.second))}};
}

}  // namespace

Json answer_summary_view(const AnswerSummary& summary) {
  Json by_verdict = Json::object();
  for (Verdict verdict : kVerdicts)
    by_verdict[std::string(verdict_name(verdict))] = share_view(summary.by_verdict[static_cast<std::size_t>(verdict)]);
  return {{"questions", summary.questions},
          {"right", share_view(summary.right)},
          {"exact", share_view(summary.exact)},
          {"contains", share_view(summary.contains)},
          {"numeric", share_view(summary.numeric)},
          {"citation_precision", share_view(summary.citation_precision)},
          {"citation_recall", share_view(summary.citation_recall)},
          {"abstained_rightly", share_view(summary.abstained_rightly)},
          {"abstained_wrongly", share_view(summary.abstained_wrongly)},
          {"by_verdict", std::move(by_verdict)}};
}

Json scored_answers_view(std::span<const ScoredAnswer> answers) {
  Json view = Json::array();
  for (const ScoredAnswer& each : answers)
    view.push_back({{"id", each.id},
                    {"answerable", each.answerable},
                    {"right", each.right()},
                    {"exact", each.exact},
                    {"contains", each.contains},
                    {"numeric", each.numeric ? Json(*each.numeric) : Json()},
                    {"verdict", verdict_name(each.verdict)},
                    {"citations", each.citations},
                    {"right_citations", each.right_citations},
                    {"answer_id", each.answer_id},
                    {"answer", each.answer}});
  return view;
}

}  // namespace grounds
