#include "ingest/pipeline/plan.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "ingest/pipeline/document.h"
#include "ingest/sources/access_file.h"
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
      rules_(document_rules(collection.settings)) {}

std::optional<PlannedItem> Plan::next() {
  std::lock_guard lock(mutex_);
  if (options_.make_equal && !all_listed_) list_all();
  while (auto listed = pull()) {
    if (!*listed) {
      has_failures_ = true;
      passed_.failures.push_back({listed->error().uri, "read", listed->error().error.message});
      continue;
    }
    SourceItem& item = **listed;
    ++passed_.listed;
    const DocumentState* current = find(item);
    PlannedItem planned = plan_item(std::move(item), current);
    if (!current || !unchanged(planned.item, *current)) return planned;
    ++passed_.unchanged;
    if (planned.groups != current->groups) passed_.regrouped.emplace(planned.item.uri, std::move(planned.groups));
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

void Plan::list_all() {
  all_listed_ = true;
  std::vector<std::string> failed;  // URIs
  std::set<const DocumentState*> seen;
  bool is_listing_whole = true;
  while (auto listed = source_.next()) {
    if (*listed) {
      seen.insert(find(**listed));
    } else {
      is_listing_whole = is_listing_whole && !listed->error().is_of_all;
      std::string& uri = failed.emplace_back(listed->error().uri);
      // A folder, or the rules for one: all under it is meant.
      for (const std::string_view name : {kIgnoreFileName, sources::kFolderAccessName}) {
        if (uri.ends_with(name)) uri.resize(uri.size() - name.size());
      }
      if (uri.ends_with('/')) uri.pop_back();
    }
    listed_.push_back(std::move(*listed));
  }
  for (const DocumentState& state : states_) {
    const bool under_a_failure = !is_listing_whole || std::ranges::any_of(failed, [&](const std::string& uri) {
      return uri.empty() || state.uri == uri || state.uri.starts_with(uri + "/");
    });
    if (!seen.contains(&state) && !under_a_failure) missing_.emplace(state.source_sha256, &state);
  }
}

std::optional<Plan::Listed> Plan::pull() {
  if (!options_.make_equal) return source_.next();
  if (listed_.empty()) return std::nullopt;
  std::optional<Listed> first = std::move(listed_.front());
  listed_.pop_front();
  return first;
}

const DocumentState* Plan::find(const SourceItem& item) const {
  auto found = std::ranges::lower_bound(states_, item.uri, {}, &DocumentState::uri);
  return found != states_.end() && found->uri == item.uri ? &*found : nullptr;
}

const DocumentState* Plan::take_renamed(const std::string& source_sha256) {
  std::lock_guard lock(mutex_);
  auto found = missing_.find(source_sha256);
  if (found == missing_.end()) return nullptr;
  const DocumentState* state = found->second;
  missing_.erase(found);
  return state;
}

std::vector<const DocumentState*> Plan::missing() const {
  std::lock_guard lock(mutex_);
  std::vector<const DocumentState*> missing;
  for (const auto& [hash, state] : missing_) missing.push_back(state);
  std::ranges::sort(missing, {}, &DocumentState::uri);
  return missing;
}

bool Plan::source_failed() const {
  std::lock_guard lock(mutex_);
  return passed_.listed == 0 && has_failures_;
}

bool Plan::source_is_empty() const {
  std::lock_guard lock(mutex_);
  return passed_.listed == 0;
}

PlannedItem Plan::plan_item(SourceItem item, const DocumentState* current) const {
  PlannedItem planned;
  std::vector<std::string>& groups = planned.groups;
  planned.groups_are_ruled = true;
  if (options_.groups) groups = *options_.groups;
  else if (item.groups) groups = *item.groups;
  else if (auto by_rule = options_.groups_of ? options_.groups_of(item.uri) : std::nullopt) groups = *by_rule;
  else {
    planned.groups_are_ruled = false;
    groups = current ? current->groups : split(collection_.settings.text("access.default_groups"));
  }
  std::ranges::sort(groups);
  groups.erase(std::ranges::unique(groups).begin(), groups.end());
  planned.item = std::move(item);
  planned.current = current;
  return planned;
}

std::vector<std::string> groups_after_rename(const PlannedItem& planned, const DocumentState& renamed) {
  if (planned.groups_are_ruled) return planned.groups;
  if (!planned.current) return renamed.groups;
  std::vector<std::string> both;
  std::ranges::set_intersection(planned.groups, renamed.groups, std::back_inserter(both));
  return both;
}

bool describes_the_same(const SourceItem& item, const DocumentState& current) {
  const std::string_view metadata = item.metadata.empty() ? std::string_view("{}") : std::string_view(item.metadata);
  return (item.title.empty() || item.title == current.title) && metadata == current.metadata;
}

bool Plan::unchanged(const SourceItem& item, const DocumentState& current) const {
  return item.modified_ns > 0 && item.size == current.source_bytes && item.modified_ns == current.source_modified &&
         item.modified_ns + kCoarsestStampNs < current.ingested * 1'000'000 && current.chunking == rules_ &&
         describes_the_same(item, current);
}

}  // namespace grounds
