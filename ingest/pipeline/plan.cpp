#include "ingest/pipeline/plan.h"

#include <algorithm>

#include "ingest/pipeline/document.h"
#include "ingest/sources/directory_source.h"

namespace grounds {
namespace {

// File systems stamp times as coarsely as this: a file changed within it of its last reading may carry
// the same time as before the change.
constexpr std::int64_t kCoarsestStampNs = 2'000'000'000;

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < list.size();) {
    std::size_t comma = std::min(list.find(',', at), list.size());
    if (comma > at) parts.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

}  // namespace

Plan::Plan(Source& source, std::vector<DocumentState> states, const Collection& collection,
           const IngestOptions& options)
    : source_(source),
      states_(std::move(states)),
      collection_(collection),
      options_(options),
      rules_(document_rules(collection.settings)),
      seen_(states_.size(), false) {}

std::optional<PlannedItem> Plan::next() {
  std::lock_guard lock(mutex_);
  while (auto listed = source_.next()) {
    if (!*listed) {
      std::string& failed = failed_uris_.emplace_back(listed->error().uri);
      // A folder, or the rules for one: all under it is meant.
      if (failed.ends_with(kIgnoreFileName)) failed.resize(failed.size() - kIgnoreFileName.size());
      if (failed.ends_with('/')) failed.pop_back();
      passed_.failures.push_back({listed->error().uri, "read", listed->error().error.message});
      continue;
    }
    SourceItem& item = **listed;
    ++passed_.listed;
    auto found = std::ranges::lower_bound(states_, item.uri, {}, &DocumentState::uri);
    const DocumentState* current = found != states_.end() && found->uri == item.uri ? &*found : nullptr;
    if (current) seen_[static_cast<std::size_t>(found - states_.begin())] = true;
    std::vector<std::string> groups = groups_for(item, current);
    if (!current || !unchanged(item, *current)) return PlannedItem{std::move(item), current, std::move(groups)};
    ++passed_.unchanged;
    if (groups != current->groups) passed_.regrouped.emplace(item.uri, std::move(groups));
  }
  return std::nullopt;
}

Plan::Passed Plan::take_passed() {
  std::lock_guard lock(mutex_);
  Passed taken = passed_;
  passed_.regrouped.clear();
  passed_.failures.clear();
  return taken;
}

std::vector<const DocumentState*> Plan::missing() const {
  std::lock_guard lock(mutex_);
  std::vector<const DocumentState*> missing;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const std::string& uri = states_[i].uri;
    bool under_a_failure = std::ranges::any_of(failed_uris_, [&](const std::string& failed) {
      return failed.empty() || uri == failed || uri.starts_with(failed + "/");
    });
    if (!seen_[i] && !under_a_failure) missing.push_back(&states_[i]);
  }
  return missing;
}

bool Plan::source_failed() const {
  std::lock_guard lock(mutex_);
  return passed_.listed == 0 && !failed_uris_.empty();
}

std::vector<std::string> Plan::groups_for(const SourceItem& item, const DocumentState* current) const {
  std::vector<std::string> groups;
  if (options_.groups) groups = *options_.groups;
  else if (item.groups) groups = *item.groups;
  else if (auto by_rule = options_.groups_of ? options_.groups_of(item.uri) : std::nullopt) groups = *by_rule;
  else if (current) groups = current->groups;
  else groups = split(collection_.settings.text("access.default_groups"));
  std::ranges::sort(groups);
  groups.erase(std::ranges::unique(groups).begin(), groups.end());
  return groups;
}

bool Plan::unchanged(const SourceItem& item, const DocumentState& current) const {
  return item.modified_ns > 0 && item.size == current.source_bytes && item.modified_ns == current.source_modified &&
         item.modified_ns + kCoarsestStampNs < current.ingested * 1'000'000 && current.chunking == rules_;
}

}  // namespace grounds
