#include "index/generation/settings.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/canonical_json.h"

namespace grounds {
namespace {

constexpr SettingKind kI = SettingKind::kInteger, kR = SettingKind::kReal, kC = SettingKind::kChoice,
                      kL = SettingKind::kList;

constexpr std::array kRules = {
    SettingRule{"access.default_groups", kL, "everyone", 0, 0, "", false,
                "groups that may read a document for which no rule says otherwise"},
    SettingRule{"answer.min_score", kR, "0", 0, 1, "", false,
                "not used any more: a fitted gate decides what is too weak to answer from"},
    SettingRule{"chunking.max_tokens", kI, "360", 64, 480, "", true,
                "most tokens in one chunk, its headings included"},
    SettingRule{"chunking.target_tokens", kI, "220", 32, 480, "", true,
                "blocks of a section are packed into one chunk up to so many tokens"},
    SettingRule{"evidence.max_chunks", kI, "8", 1, 100, "", false, "most pieces of evidence in a prompt"},
    SettingRule{"evidence.max_tokens", kI, "3000", 100, 100000, "", false,
                "most tokens of evidence in a prompt"},
    SettingRule{"fusion.dense_weight", kR, "0.2", 0, 1, "", false,
                "share of the vector leg in a hybrid score"},
    SettingRule{"fusion.feedback_chunks", kI, "3", 1, 50, "", false,
                "best hits that fusion.feedback_weight compares with"},
    SettingRule{"fusion.feedback_weight", kR, "0.1", 0, 1, "", false,
                "how much a hybrid score rises with the likeness to the best hits"},
    SettingRule{"fusion.foreign_weight", kR, "0.3", 0, 1, "", false,
                "weight of a space whose language is not the question's"},
    SettingRule{"fusion.method", kC, "score", 0, 0, "score|rank", false,
                "combine the legs by standardised scores or by reciprocal rank"},
    SettingRule{"fusion.weighting", kC, "coverage", 0, 0, "fixed|coverage", false,
                "weight of the words: fixed, or by how much of the question the best hit has"},
    SettingRule{"generations.replay_days", kI, "90", 0, 36500, "", false,
                "generations that answers of so many days used are kept as well"},
    SettingRule{"generations.retain", SettingKind::kCount, "20", 0, 1000000, "", false,
                "past generations kept for --as-of and replay; all: never prune"},
    SettingRule{"index.breadth", kI, "128", 10, 4096, "", false,
                "approximate mode: candidates that a walk keeps; more: better recall, slower"},
    SettingRule{"index.mode", kC, "exact", 0, 0, "exact|approximate", false,
                "compare all vectors, or walk a graph of them, which may pass some over"},
    SettingRule{"index.scan_below", kI, "20000", 0, 1000000000, "", false,
                "approximate mode: of a segment with so few eligible chunks all are compared"},
    SettingRule{"lexical.b", kR, "0.4", 0, 1, "", false, "BM25 length normalisation"},
    SettingRule{"lexical.k1", kR, "0.9", 0, 10, "", false, "BM25 term frequency saturation"},
    SettingRule{"lexical.weight_body", kI, "1", 0, 100, "", false, "weight of the text"},
    SettingRule{"lexical.weight_file_name", kI, "1", 0, 100, "", false, "weight of the file name"},
    SettingRule{"lexical.weight_heading", kI, "1", 0, 100, "", false, "weight of the headings"},
    SettingRule{"lexical.weight_title", kI, "2", 0, 100, "", false, "weight of the title"},
    SettingRule{"search.candidates", kI, "200", 10, 10000, "", false,
                "hits of each leg that a hybrid search combines"},
    SettingRule{"statistics.scope", kC, "all", 0, 0, "all|visible", false,
                "count terms over all documents, or over those the principal may read"},
};

// What settings written before a key existed meant by its absence, where that is not the default: how the program
// ranked then. So an old record replays, and an old collection goes on, as it was; a new one gets the default.
constexpr std::pair<std::string_view, std::string_view> kBefore[] = {{"fusion.feedback_weight", "0"},
                                                                     {"fusion.weighting", "fixed"}};

const SettingRule* find_rule(std::string_view key) {
  for (const SettingRule& rule : kRules)
    if (rule.key == key) return &rule;
  return nullptr;
}

std::string format_real(double value) {
  std::array<char, 40> buffer{};
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), end);
}

bool is_choice(std::string_view choices, std::string_view value) {
  while (!choices.empty()) {
    std::size_t bar = choices.find('|');
    if (choices.substr(0, bar) == value) return true;
    choices = bar == std::string_view::npos ? std::string_view{} : choices.substr(bar + 1);
  }
  return false;
}

// The value in its one normal spelling, or what is wrong with it.
Result<std::string> normalise(const SettingRule& rule, std::string_view value) {
  auto bad = [&](std::string expected) {
    return fail(ErrorCode::kUsage,
                "setting " + std::string(rule.key) + ": '" + std::string(value) + "' is not " + expected,
                std::string(rule.meaning));
  };
  switch (rule.kind) {
    case SettingKind::kCount:
      if (value == "all") return std::string(value);
      [[fallthrough]];
    case SettingKind::kInteger: {
      std::int64_t number = 0;
      auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error != std::errc{} || end != value.data() + value.size() || number < rule.minimum ||
          number > rule.maximum)
        return bad("a whole number from " + format_real(rule.minimum) + " to " + format_real(rule.maximum) +
                   (rule.kind == SettingKind::kCount ? ", or all" : ""));
      return std::to_string(number);
    }
    case SettingKind::kReal: {
      double number = 0;
      auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error != std::errc{} || end != value.data() + value.size() || !std::isfinite(number) ||
          number < rule.minimum || number > rule.maximum)
        return bad("a number from " + format_real(rule.minimum) + " to " + format_real(rule.maximum));
      return format_real(number);
    }
    case SettingKind::kChoice:
      if (!is_choice(rule.choices, value)) return bad("one of " + std::string(rule.choices));
      return std::string(value);
    case SettingKind::kList:
      if (value.find_first_of(" \t\r\n") != std::string_view::npos) return bad("a list parted by commas");
      return std::string(value);
  }
  return bad("valid");
}

}  // namespace

std::span<const SettingRule> setting_rules() { return kRules; }

Settings::Settings() {
  for (const SettingRule& rule : kRules) values_.emplace(rule.key, rule.default_value);
}

Result<Settings> Settings::from_json(std::string_view text) {
  GROUNDS_ASSIGN_OR_RETURN(Json json, parse_json(text));
  if (!json.is_object()) return fail(ErrorCode::kDamaged, "settings are not a JSON object");
  Settings settings;
  for (const auto& [key, value] : kBefore) settings.values_.insert_or_assign(std::string(key), std::string(value));
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) return fail(ErrorCode::kDamaged, "setting " + key + " is not a string");
    GROUNDS_RETURN_IF_ERROR(settings.set(key, value.get_ref<const std::string&>()));
  }
  return settings;
}

std::string Settings::to_json() const {
  // A std::map of ASCII keys is in canonical order already; values are plain ASCII or group names.
  return *canonical_json(Json(values_));
}

Status Settings::set(std::string_view key, std::string_view value) {
  const SettingRule* rule = find_rule(key);
  if (!rule) {
    std::string known;
    for (const SettingRule& each : kRules) known += (known.empty() ? "" : ", ") + std::string(each.key);
    return fail(ErrorCode::kUsage, "unknown setting '" + std::string(key) + "'", "settings: " + known);
  }
  GROUNDS_ASSIGN_OR_RETURN(std::string normal, normalise(*rule, value));
  values_.insert_or_assign(std::string(key), std::move(normal));
  return {};
}

const std::string& Settings::text(std::string_view key) const { return values_.find(key)->second; }

std::int64_t Settings::integer(std::string_view key) const {
  const std::string& value = text(key);
  if (value == "all") return INT64_MAX;
  std::int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

double Settings::real(std::string_view key) const {
  const std::string& value = text(key);
  double number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

}  // namespace grounds
