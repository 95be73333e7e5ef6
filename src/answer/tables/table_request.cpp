#include "answer/tables/table_request.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace grounds {
namespace {

struct Phrase {
  std::string_view words;
  TableOperation operation;
};

// Longer ones first where one starts with another. English ones are whole words.
constexpr auto kPhrases = std::to_array<Phrase>({
    {"difference between", TableOperation::kDifference}, {"difference", TableOperation::kDifference}, {"differ", TableOperation::kDifference},
    {"how much more", TableOperation::kDifference}, {"how much less", TableOperation::kDifference}, {"how much higher", TableOperation::kDifference},
    {"how much lower", TableOperation::kDifference}, {"how many more", TableOperation::kDifference}, {"how many fewer", TableOperation::kDifference},
    {"how much bigger", TableOperation::kDifference}, {"how much larger", TableOperation::kDifference},
    {"on average", TableOperation::kAverage}, {"average", TableOperation::kAverage}, {"mean", TableOperation::kAverage},
    {"grand total", TableOperation::kTotal}, {"in total", TableOperation::kTotal}, {"total", TableOperation::kTotal}, {"sum of", TableOperation::kTotal},
    {"sum", TableOperation::kTotal}, {"altogether", TableOperation::kTotal}, {"combined", TableOperation::kTotal}, {"in all", TableOperation::kTotal},
    {"highest", TableOperation::kMaximum}, {"maximum", TableOperation::kMaximum}, {"largest", TableOperation::kMaximum}, {"biggest", TableOperation::kMaximum},
    {"greatest", TableOperation::kMaximum}, {"most", TableOperation::kMaximum}, {"peak", TableOperation::kMaximum},
    {"lowest", TableOperation::kMinimum}, {"minimum", TableOperation::kMinimum}, {"smallest", TableOperation::kMinimum}, {"fewest", TableOperation::kMinimum},
    {"least", TableOperation::kMinimum}, {"how many", TableOperation::kCount},
    {"相差多少", TableOperation::kDifference}, {"相差", TableOperation::kDifference}, {"差额", TableOperation::kDifference}, {"之差", TableOperation::kDifference},
    {"差多少", TableOperation::kDifference}, {"差距", TableOperation::kDifference}, {"多多少", TableOperation::kDifference}, {"少多少", TableOperation::kDifference},
    {"高多少", TableOperation::kDifference}, {"低多少", TableOperation::kDifference}, {"多出多少", TableOperation::kDifference},
    {"平均值", TableOperation::kAverage}, {"平均", TableOperation::kAverage}, {"均值", TableOperation::kAverage},
    {"合计", TableOperation::kTotal}, {"总计", TableOperation::kTotal}, {"一共", TableOperation::kTotal}, {"总共", TableOperation::kTotal}, {"共计", TableOperation::kTotal},
    {"总和", TableOperation::kTotal}, {"之和", TableOperation::kTotal}, {"总额", TableOperation::kTotal}, {"加起来", TableOperation::kTotal}, {"总", TableOperation::kTotal},
    {"最高值", TableOperation::kMaximum}, {"最大值", TableOperation::kMaximum}, {"最高", TableOperation::kMaximum}, {"最大", TableOperation::kMaximum}, {"最多", TableOperation::kMaximum},
    {"最低值", TableOperation::kMinimum}, {"最小值", TableOperation::kMinimum}, {"最低", TableOperation::kMinimum}, {"最小", TableOperation::kMinimum}, {"最少", TableOperation::kMinimum},
    {"有多少个", TableOperation::kCount}, {"有多少家", TableOperation::kCount}, {"有多少种", TableOperation::kCount}, {"有几个", TableOperation::kCount},
    {"有几家", TableOperation::kCount}, {"有几种", TableOperation::kCount}, {"几个", TableOperation::kCount}, {"多少个", TableOperation::kCount},
});

struct ComparisonPhrase {
  std::string_view words;
  bool above, inclusive;
};
constexpr auto kComparisons = std::to_array<ComparisonPhrase>({
    {"not less than", true, true}, {"no less than", true, true}, {"at least", true, true}, {"not more than", false, true}, {"no more than", false, true},
    {"at most", false, true}, {"more than", true, false}, {"less than", false, false}, {"greater than", true, false}, {"fewer than", false, false},
    {"above", true, false}, {"over", true, false}, {"exceeding", true, false}, {"below", false, false}, {"under", false, false},
    {"不低于", true, true}, {"不少于", true, true}, {"不高于", false, true}, {"不超过", false, true}, {"超过", true, false}, {"高于", true, false},
    {"大于", true, false}, {"多于", true, false}, {"低于", false, false}, {"小于", false, false}, {"少于", false, false},
});

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

bool stands_at(std::string_view text, std::size_t at, std::string_view words) {
  if (!text.substr(at).starts_with(words)) return false;
  if (!is_letter(words.front())) return true;
  const std::size_t end = at + words.size();
  return (at == 0 || !is_letter(text[at - 1])) && (end == text.size() || !is_letter(text[end]));
}

}  // namespace

std::string_view table_operation_name(TableOperation operation) {
  switch (operation) {
    case TableOperation::kTotal: return "total";
    case TableOperation::kAverage: return "average";
    case TableOperation::kMaximum: return "maximum";
    case TableOperation::kMinimum: return "minimum";
    case TableOperation::kCount: return "count";
    case TableOperation::kDifference: return "difference";
    case TableOperation::kRange: return "range";
  }
  return "";
}

std::optional<TableRequest> read_table_request(std::string_view question) {
  const std::string text = lower_ascii(question);
  TableRequest request;
  std::vector<TableOperation> found;
  bool counts = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto comparison = std::find_if(kComparisons.begin(), kComparisons.end(), [&](const ComparisonPhrase& p) { return stands_at(text, at, p.words); });
    if (comparison != kComparisons.end() && !request.comparison) {
      request.comparison = TableComparison{comparison->above, comparison->inclusive, at, at + comparison->words.size()};
      request.words.emplace_back(at, at + comparison->words.size());
      at += comparison->words.size();
      continue;
    }
    const auto phrase = std::find_if(kPhrases.begin(), kPhrases.end(), [&](const Phrase& p) { return stands_at(text, at, p.words); });
    if (phrase == kPhrases.end()) {
      next_code_point(text, at);
      continue;
    }
    request.words.emplace_back(at, at + phrase->words.size());
    if (phrase->operation == TableOperation::kCount) counts = true;
    else if (std::find(found.begin(), found.end(), phrase->operation) == found.end()) found.push_back(phrase->operation);
    at += phrase->words.size();
  }
  const auto has = [&](TableOperation operation) { return std::find(found.begin(), found.end(), operation) != found.end(); };
  if (found.empty()) {
    if (!counts) return std::nullopt;
    request.operation = TableOperation::kCount;
    return request;
  }
  // "一共有多少个", "how many … in total": with a comparison, or where it says so, things are counted.
  if (counts && found.size() == 1 && has(TableOperation::kTotal) && request.comparison) {
    request.operation = TableOperation::kCount;
    return request;
  }
  if (has(TableOperation::kDifference) && has(TableOperation::kMaximum) && has(TableOperation::kMinimum) && found.size() == 3) {
    request.operation = TableOperation::kRange;
    return request;
  }
  // "the difference between the totals of A and B", "哪个地区总销售额最高": two steps are not taken.
  if (has(TableOperation::kDifference) && found.size() == 2 && has(TableOperation::kTotal)) {
    request.operation = TableOperation::kDifference;
    return request;
  }
  if (found.size() != 1) return std::nullopt;
  request.operation = found.front();
  return request;
}

bool is_summary_label(std::string_view label) {
  std::string text = lower_ascii(trim(label));
  for (const std::string_view end : {":", "："})
    if (text.ends_with(end)) text.resize(text.size() - end.size());
  std::erase(text, ' ');
  constexpr auto kLabels = std::to_array<std::string_view>({"total", "totals", "subtotal", "sub-total", "grandtotal", "sum", "overall", "average", "mean", "all", "合计", "总计", "小计",
                                                            "共计", "总和", "累计", "总数", "平均", "平均值", "均值", "全部", "全年", "全年合计", "合计数", "fullyear"});
  if (std::find(kLabels.begin(), kLabels.end(), text) != kLabels.end()) return true;
  // "华东小计", "East total", "Total East".
  return text.ends_with("小计") || text.ends_with("合计") || text.ends_with("总计") || text.ends_with("subtotal") || text.starts_with("total") || text.ends_with("total");
}

}  // namespace grounds
