#include "evaluation/answer_scores.h"

#include <algorithm>
#include <set>

#include "answer/fold.h"
#include "answer/quantities.h"
#include "base/utf8.h"

namespace grounds {
namespace {

std::string without_markers(std::string text, const std::vector<Citation>& citations) {
  for (const Citation& citation : citations)
    for (std::size_t at = 0; !citation.marker.empty() && (at = text.find(citation.marker, at)) != std::string::npos;)
      text.erase(at, citation.marker.size());
  return text;
}

bool is_letter_or_digit(char32_t c) {
  const bool general_punctuation = (c >= 0x2000 && c <= 0x206f) || (c >= 0x3000 && c <= 0x303f);
  return c > 0x7f ? !general_punctuation : is_ascii_alnum(c);
}

std::u32string letters_and_digits(std::string_view text) {
  std::u32string kept;
  for (char32_t c : fold_text(text).text)
    if (is_letter_or_digit(c)) kept += c;
  return kept;
}

// Nothing if `expected` has no amount.
std::optional<bool> has_amounts_of(const std::string& expected, const std::vector<Quantity>& given) {
  std::vector<Quantity> wanted = find_quantities(expected);
  if (wanted.empty()) return std::nullopt;
  return std::ranges::all_of(wanted, [&](const Quantity& each) {
    return std::ranges::any_of(given, [&](const Quantity& other) { return same_quantity(each, other); });
  });
}

void count(Share& share, bool is_so) {
  share.first += is_so;
  ++share.second;
}

}  // namespace

ScoredAnswer score_answer(const AnswerQuestion& question, const AnswerText& answer) {
  ScoredAnswer score;
  score.id = question.id;
  score.answerable = question.answerable;
  score.verdict = answer.verdict;
  score.answer = answer.answer;
  const std::string text = without_markers(answer.answer, answer.citations);
  const std::u32string folded = letters_and_digits(text);
  const std::vector<Quantity> amounts = find_quantities(text);
  for (const std::string& expected : question.answers) {
    score.contains = score.contains || text.find(expected) != std::string::npos;
    score.exact = score.exact || letters_and_digits(expected) == folded;
    if (auto has = has_amounts_of(expected, amounts)) score.numeric = score.numeric.value_or(false) || *has;
  }
  std::set<std::string> cited;
  for (const Citation& citation : answer.citations) cited.insert(citation.uri);
  score.citations = static_cast<std::uint32_t>(cited.size());
  for (const std::string& uri : cited)
    score.right_citations += std::ranges::count(question.documents, uri) > 0;
  return score;
}

AnswerSummary summarise_answers(std::span<const ScoredAnswer> answers) {
  AnswerSummary summary;
  summary.questions = answers.size();
  for (const ScoredAnswer& each : answers) {
    count(summary.right, each.right());
    count(summary.by_verdict[static_cast<std::size_t>(each.verdict)], each.right());
    const bool not_found = each.verdict == Verdict::kNotFound;
    if (!each.answerable) {
      count(summary.abstained_rightly, not_found);
      continue;
    }
    count(summary.abstained_wrongly, not_found);
    count(summary.exact, each.exact);
    count(summary.contains, each.contains);
    if (each.numeric) count(summary.numeric, *each.numeric);
    count(summary.citation_recall, each.right_citations > 0);
    summary.citation_precision.first += each.right_citations;
    summary.citation_precision.second += each.citations;
  }
  return summary;
}

Result<std::vector<ScoredAnswer>> score_questions(
    std::span<const AnswerQuestion> questions,
    const std::function<Result<GivenAnswer>(const AnswerQuestion& question)>& ask) {
  std::vector<ScoredAnswer> scores;
  for (const AnswerQuestion& question : questions) {
    auto given = ask(question);
    if (!given) return fail(std::move(given).error().in("question " + question.id));
    scores.push_back(score_answer(question, given->text));
    scores.back().answer_id = given->answer_id;
  }
  return scores;
}

}  // namespace grounds
