#include "ingest/sources/ignore_file.h"

#include <algorithm>

#include "ingest/sources/glob.h"

namespace grounds::sources {

IgnoreRules IgnoreRules::parse(std::string_view text, std::string folder) {
  IgnoreRules rules;
  rules.folder_ = std::move(folder);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t')) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    Rule rule;
    if (line[0] == '!') {
      rule.keeps = true;
      line.remove_prefix(1);
    }
    if (line.ends_with('/')) {
      rule.directories_only = true;
      line.remove_suffix(1);
    }
    const bool is_tied = line.find('/') != std::string_view::npos;
    if (line.starts_with('/')) line.remove_prefix(1);
    if (line.empty()) continue;
    if (!is_tied) rule.pattern = "**/";
    rule.pattern += line;
    rules.rules_.push_back(std::move(rule));
  }
  return rules;
}

IgnoreRules::Verdict IgnoreRules::judge(std::string_view path, bool is_directory) const {
  if (!path.starts_with(folder_)) return Verdict::kUnsaid;
  path.remove_prefix(folder_.size());
  Verdict verdict = Verdict::kUnsaid;
  for (const Rule& rule : rules_) {
    if (rule.directories_only && !is_directory) continue;
    if (glob_match(rule.pattern, path)) verdict = rule.keeps ? Verdict::kKept : Verdict::kIgnored;
  }
  return verdict;
}

}  // namespace grounds::sources
