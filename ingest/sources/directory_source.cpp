#include "ingest/sources/directory_source.h"

#include <algorithm>
#include <unordered_set>

#include "base/utf8.h"
#include "ingest/sources/access_file.h"
#include "ingest/sources/glob.h"
#include "ingest/sources/ignore_file.h"

namespace grounds {
namespace {

using sources::IgnoreRules;

using Groups = std::optional<std::vector<std::string>>;

constexpr std::size_t kMaxDepth = 256;
constexpr std::uint64_t kMaxIgnoreFileBytes = 1u << 20;

std::string last_part(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path.substr(path.rfind('/') + 1));
}

std::string printable(std::string_view path) { return replace_invalid_utf8(path); }

class DirectorySource final : public Source {
 public:
  DirectorySource(const FileSystem& file_system, std::vector<std::string> roots, DirectoryOptions options)
      : file_system_(file_system), roots_(std::move(roots)), options_(std::move(options)) {}

  std::optional<tl::expected<SourceItem, SourceFailure>> next() override {
    for (;;) {
      if (!folders_.empty()) {
        Folder& folder = folders_.back();
        if (folder.next == folder.entries.size()) {
          if (!folder.rules.empty()) rules_.pop_back();
          folders_.pop_back();
          continue;
        }
        auto found = visit(folder.path, folder.uri, folder.entries[folder.next++]);
        if (found) return once(std::move(*found));
      } else if (next_root_ < roots_.size()) {
        auto found = open_root(roots_[next_root_++]);
        if (found) return once(std::move(*found));
      } else {
        return std::nullopt;
      }
    }
  }

  Result<SourceContent> read(const SourceItem& item, std::uint64_t limit) const override {
    GROUNDS_ASSIGN_OR_RETURN(std::string bytes, file_system_.read(item.path, limit));
    return SourceContent{std::move(bytes), {}};
  }

 private:
  using Found = std::optional<tl::expected<SourceItem, SourceFailure>>;

  struct Folder {
    std::string path;   // on disk
    std::string uri;    // relative to the root, with a slash at the end; "" for the root
    std::uint64_t inode = 0;
    IgnoreRules rules;  // of its own ignore file; also on rules_ if there are any
    std::vector<DirectoryEntry> entries;  // sorted by name
    Groups groups;      // by its own access file, else by that of a folder above
    std::size_t next = 0;
  };

  static Found failure(std::string_view uri, Error error) {
    return tl::unexpected(SourceFailure{printable(uri), std::move(error)});
  }

  Found open_root(const std::string& root) {
    auto status = file_system_.status(root);
    if (!status) return failure(root, std::move(status).error());
    if (status->is_regular) return root_file(root, *status);
    if (!status->is_directory) {
      return failure(root, {ErrorCode::kBadInput, printable(root) + ": neither a file nor a folder", {}});
    }
    return open_folder(root, "", status->inode);
  }

  // A failure, or nothing: the folder's entries come next.
  Found open_folder(const std::string& path, const std::string& uri, std::uint64_t inode) {
    if (folders_.size() >= kMaxDepth) {
      return failure(uri, {ErrorCode::kBadInput,
                           printable(path) + ": more than " + std::to_string(kMaxDepth) + " folders deep", {}});
    }
    auto entries = file_system_.list(path);
    if (!entries) return failure(uri.empty() ? path : uri, std::move(entries).error());
    Folder folder{path, uri, inode, {}, std::move(*entries), folders_.empty() ? Groups() : folders_.back().groups, 0};
    if (has_entry(folder.entries, sources::kFolderAccessName)) {
      auto groups = read_access(path + "/" + std::string(sources::kFolderAccessName));
      // Without it all might read what only some were to.
      if (!groups) return failure(uri + std::string(sources::kFolderAccessName), std::move(groups).error());
      folder.groups = std::move(*groups);
    }
    const std::string ignore_file = path + "/" + std::string(kIgnoreFileName);
    if (file_system_.exists(ignore_file)) {
      auto text = file_system_.read(ignore_file, kMaxIgnoreFileBytes);
      // Without its rules the folder might give what was to be kept out.
      if (!text) return failure(uri + std::string(kIgnoreFileName), std::move(text).error());
      folder.rules = IgnoreRules::parse(*text, uri);
      if (!folder.rules.empty()) rules_.push_back(folder.rules);
    }
    folders_.push_back(std::move(folder));
    return std::nullopt;
  }

  // A document given by itself.
  Found root_file(const std::string& root, const FileStatus& status) {
    const std::string name = last_part(root);
    const std::string folder = root.substr(0, root.size() - name.size());
    Groups groups;
    for (const std::string& path : {folder + std::string(sources::kFolderAccessName), root + std::string(sources::kDocumentAccessSuffix)}) {
      if (!file_system_.exists(path)) continue;
      auto read = read_access(path);
      if (!read) return failure(name, std::move(read).error());
      groups = std::move(*read);
    }
    return file(root, name, status, std::move(groups));
  }

  Result<std::vector<std::string>> read_access(const std::string& path) const {
    GROUNDS_ASSIGN_OR_RETURN(const std::string text, file_system_.read(path, sources::kMaxAccessFileBytes));
    auto groups = sources::parse_access_file(text);
    if (!groups) {
      Error error = std::move(groups).error();
      error.message = printable(path) + ", " + error.message;
      return fail(std::move(error));
    }
    return groups;
  }

  static bool has_entry(const std::vector<DirectoryEntry>& entries, std::string_view name) {
    const auto at = std::ranges::lower_bound(entries, name, std::less<>(), &DirectoryEntry::name);
    return at != entries.end() && at->name == name;
  }

  Found visit(const std::string& folder_path, const std::string& folder_uri, const DirectoryEntry& entry) {
    if (entry.name == kIgnoreFileName || sources::is_access_file(entry.name) || (!options_.hidden && entry.name.starts_with('.'))) return std::nullopt;
    const std::string path = folder_path + (folder_path.ends_with('/') ? "" : "/") + entry.name;
    const std::string uri = folder_uri + entry.name;
    FileStatus status = entry.status;
    if (status.is_symlink) {
      if (!options_.follow_symlinks) return std::nullopt;
      auto target = file_system_.status(path);
      if (!target) return failure(uri, std::move(target).error());
      status = *target;
      // A loop passes through a link, so links are where to look for one.
      if (status.is_directory && is_above(status.inode)) {
        return failure(uri, {ErrorCode::kBadInput, printable(path) + ": the link leads to a folder above it", {}});
      }
    }
    if (!status.is_directory && !status.is_regular) return std::nullopt;
    if (!is_valid_utf8(uri)) {
      return failure(uri, {ErrorCode::kBadInput, printable(path) + ": the name is not valid UTF-8", "rename it"});
    }
    if (is_ignored(uri, status.is_directory)) return std::nullopt;
    if (status.is_directory) return open_folder(path, uri + "/", status.inode);
    const auto matches = [&](const std::string& pattern) { return sources::filter_match(pattern, uri); };
    const auto& include = options_.include;
    if (!include.empty() && std::none_of(include.begin(), include.end(), matches)) return std::nullopt;
    Groups groups = folders_.back().groups;
    if (has_entry(folders_.back().entries, entry.name + std::string(sources::kDocumentAccessSuffix))) {
      auto read = read_access(path + std::string(sources::kDocumentAccessSuffix));
      if (!read) return failure(uri, std::move(read).error());
      groups = std::move(*read);
    }
    return file(path, uri, status, std::move(groups));
  }

  bool is_above(std::uint64_t inode) const {
    return std::any_of(folders_.begin(), folders_.end(),
                       [&](const Folder& folder) { return folder.inode == inode; });
  }

  bool is_ignored(const std::string& uri, bool is_directory) const {
    const auto& exclude = options_.exclude;
    if (std::any_of(exclude.begin(), exclude.end(), [&](const std::string& pattern) {
          return sources::filter_match(pattern, uri);
        })) {
      return true;
    }
    // The rules of the innermost folder go before those of the folders around it.
    for (auto rules = rules_.rbegin(); rules != rules_.rend(); ++rules) {
      const auto verdict = rules->judge(uri, is_directory);
      if (verdict != IgnoreRules::Verdict::kUnsaid) return verdict == IgnoreRules::Verdict::kIgnored;
    }
    return false;
  }

  static Found file(const std::string& path, const std::string& uri, const FileStatus& status, Groups groups) {
    if (!is_valid_utf8(uri)) {
      return failure(uri, {ErrorCode::kBadInput, printable(path) + ": the name is not valid UTF-8", "rename it"});
    }
    SourceItem item;
    item.uri = uri;
    item.name = last_part(uri);
    item.path = path;
    item.size = status.size;
    item.modified_ns = status.modified_ns;
    item.groups = std::move(groups);
    return item;
  }

  // Two roots may have files of one relative path. Only then is there anything to remember.
  tl::expected<SourceItem, SourceFailure> once(tl::expected<SourceItem, SourceFailure> found) {
    if (!found || roots_.size() < 2 || seen_.insert(found->uri).second) return found;
    return tl::unexpected(SourceFailure{
        found->uri,
        {ErrorCode::kBadInput, found->path + ": another folder given has a document of the same path",
         "ingest the folder above both"}});
  }

  const FileSystem& file_system_;
  const std::vector<std::string> roots_;
  const DirectoryOptions options_;
  std::size_t next_root_ = 0;
  std::vector<Folder> folders_;        // from a root down to where the walk is
  std::vector<IgnoreRules> rules_;     // of those folders that have any
  std::unordered_set<std::string> seen_;
};

}  // namespace

std::unique_ptr<Source> open_directories(const FileSystem& file_system, std::vector<std::string> roots,
                                         DirectoryOptions options) {
  return std::make_unique<DirectorySource>(file_system, std::move(roots), std::move(options));
}

}  // namespace grounds
