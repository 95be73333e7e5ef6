#include "tests/base/faulty_file_system.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

namespace grounds::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSector = 512;

std::string parent_of(const std::string& path) {
  return fs::path(path).parent_path().string();
}

std::string_view name_of(IoOperation operation) {
  switch (operation) {
    case IoOperation::kOpen:
      return "open";
    case IoOperation::kRead:
      return "read";
    case IoOperation::kWrite:
      return "write";
    case IoOperation::kTruncate:
      return "truncate";
    case IoOperation::kSync:
      return "sync";
    case IoOperation::kSyncDirectory:
      return "sync directory";
    case IoOperation::kRename:
      return "rename";
    case IoOperation::kRemove:
      return "remove";
    case IoOperation::kMakeDirectory:
      return "make directory";
    case IoOperation::kList:
      return "list";
    case IoOperation::kStatus:
      return "status";
    case IoOperation::kMap:
      return "map";
    case IoOperation::kLock:
      return "lock";
  }
  return "?";
}

bool ends_with_any(std::string_view path, const std::vector<std::string>& suffixes) {
  return std::any_of(suffixes.begin(), suffixes.end(),
                     [&](const std::string& suffix) { return path.ends_with(suffix); });
}

}  // namespace

FaultyFileSystem::FaultyFileSystem(std::string root)
    : root_(fs::path(std::move(root)).lexically_normal().string()) {
  written_names_[root_] = add_inode(true);
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    const std::string path = entry.path().string();
    if (path.ends_with("-shm") || path.ends_with(".lock")) continue;
    const std::size_t inode = add_inode(entry.is_directory());
    written_names_[path] = inode;
    if (entry.is_regular_file()) {
      std::ostringstream content;
      content << std::ifstream(path, std::ios::binary).rdbuf();
      inodes_[inode].written = inodes_[inode].durable = content.str();
    }
  }
  durable_names_ = written_names_;
}

// ---- plans

void FaultyFileSystem::count_only(std::vector<IoOperation> operations) {
  const std::lock_guard guard(mutex_);
  counted_ = std::move(operations);
}

void FaultyFileSystem::reset_count() {
  const std::lock_guard guard(mutex_);
  calls_ = writes_ = 0;
  log_.clear();
}

std::size_t FaultyFileSystem::calls() const {
  const std::lock_guard guard(mutex_);
  return calls_;
}

void FaultyFileSystem::fail_call(std::size_t n, int error) {
  const std::lock_guard guard(mutex_);
  fail_at_ = n;
  fail_with_ = error;
}

void FaultyFileSystem::power_off_at(std::size_t n) {
  const std::lock_guard guard(mutex_);
  power_off_at_ = n;
}

void FaultyFileSystem::shorten_write(std::size_t n, std::size_t limit) {
  const std::lock_guard guard(mutex_);
  shorten_at_ = n;
  shorten_to_ = limit;
}

void FaultyFileSystem::lose_syncs(std::string path_suffix) {
  const std::lock_guard guard(mutex_);
  lost_syncs_.push_back(std::move(path_suffix));
}

void FaultyFileSystem::lose_directory_syncs(std::string path_suffix) {
  const std::lock_guard guard(mutex_);
  lost_directory_syncs_.push_back(std::move(path_suffix));
}

void FaultyFileSystem::lose_renames(std::string target_suffix) {
  const std::lock_guard guard(mutex_);
  lost_renames_.push_back(std::move(target_suffix));
}

void FaultyFileSystem::set_real_syncs(bool real) {
  const std::lock_guard guard(mutex_);
  real_syncs_ = real;
}

void FaultyFileSystem::clear_plans() {
  const std::lock_guard guard(mutex_);
  fail_at_ = power_off_at_ = shorten_at_ = 0;
  power_is_off_ = false;
  lost_syncs_.clear();
  lost_directory_syncs_.clear();
  lost_renames_.clear();
}

std::vector<std::string> FaultyFileSystem::log() const {
  const std::lock_guard guard(mutex_);
  return log_;
}

// ---- calls

std::string FaultyFileSystem::normal(std::string_view path) const {
  return fs::absolute(fs::path(path)).lexically_normal().string();
}

bool FaultyFileSystem::covers(const IoCall& call) const {
  if (call.path.empty()) return false;  // SQLite's unnamed temporary files
  const std::string path = normal(call.path);
  return path == root_ || path.starts_with(root_ + "/");
}

IoDecision FaultyFileSystem::before(const IoCall& call) {
  const std::lock_guard guard(mutex_);
  if (!covers(call)) return {};
  if (power_is_off_) return {.error = EIO};
  const bool counts = counted_.empty() ||
                      std::find(counted_.begin(), counted_.end(), call.operation) != counted_.end();
  if (counts) {
    ++calls_;
    log_.push_back(std::to_string(calls_) + " " + std::string(name_of(call.operation)) + " " +
                   std::string(call.path) + " @" + std::to_string(call.offset) + "+" +
                   std::to_string(call.size));
    if (calls_ == power_off_at_) {
      power_is_off_ = true;
      return {.error = EIO};
    }
    if (calls_ == fail_at_) return {.error = fail_with_};
  }
  if (call.operation == IoOperation::kWrite && ++writes_ == shorten_at_) {
    return {.limit = shorten_to_};
  }
  if (call.operation == IoOperation::kRename && ends_with_any(call.target, lost_renames_)) return {.skip = true};
  const bool is_sync = call.operation == IoOperation::kSync;
  if (!is_sync && call.operation != IoOperation::kSyncDirectory) return {};
  if (ends_with_any(call.path, is_sync ? lost_syncs_ : lost_directory_syncs_)) {
    return {.skip = true};
  }
  if (real_syncs_) return {};
  record(call, 0);  // after() is not called for what is skipped
  return {.skip = true};
}

void FaultyFileSystem::after(const IoCall& call, int error) {
  const std::lock_guard guard(mutex_);
  if (covers(call)) record(call, error);
}

std::size_t FaultyFileSystem::add_inode(bool is_directory) {
  inodes_.push_back({});
  inodes_.back().is_directory = is_directory;
  return inodes_.size() - 1;
}

void FaultyFileSystem::record(const IoCall& call, int error) {
  const std::string path = normal(call.path);
  if (path.ends_with("-shm") || path.ends_with(".lock")) return;
  const auto change_names = [&](NameChange change) {
    apply(change, written_names_);
    pending_names_.push_back(std::move(change));
  };
  const auto change_content = [&](Change change) {
    const auto found = written_names_.find(path);
    if (found == written_names_.end())
      throw std::logic_error("a write to a file never opened: " + path);
    apply(change, inodes_[found->second].written);
    inodes_[found->second].pending.push_back(std::move(change));
  };
  if (call.operation == IoOperation::kWrite) {
    // A shortened write has made its first part, and nothing else fails here on a healthy disk.
    std::size_t count = call.data.size();
    if (error != 0) count = std::min(count, shorten_to_);
    if (count == 0) return;
    change_content(
        {false, call.offset, std::string(reinterpret_cast<const char*>(call.data.data()), count)});
    return;
  }
  if (error != 0) return;
  switch (call.operation) {
    case IoOperation::kOpen:
      if (call.mode == OpenMode::kRead) return;
      if (!written_names_.contains(path)) change_names({"", path, add_inode(false)});
      if (call.mode == OpenMode::kTruncate) change_content({true, 0, ""});
      return;
    case IoOperation::kTruncate:
      change_content({true, call.offset, ""});
      return;
    case IoOperation::kSync:
      record_sync(path);
      return;
    case IoOperation::kSyncDirectory:
      record_directory_sync(path);
      return;
    case IoOperation::kMakeDirectory:
      change_names({"", path, add_inode(true)});
      return;
    case IoOperation::kRemove:
      change_names({path, "", 0});
      return;
    case IoOperation::kRename: {
      const auto found = written_names_.find(path);
      if (found == written_names_.end())
        throw std::logic_error("a rename of an unknown file: " + path);
      change_names({path, normal(call.target), found->second});
      return;
    }
    default:
      return;
  }
}

void FaultyFileSystem::record_sync(const std::string& path) {
  const auto found = written_names_.find(path);
  if (found == written_names_.end()) throw std::logic_error("a sync of an unknown file: " + path);
  Inode& inode = inodes_[found->second];
  inode.durable = inode.written;
  inode.pending.clear();
}

void FaultyFileSystem::record_directory_sync(const std::string& path) {
  std::erase_if(pending_names_, [&](const NameChange& change) {
    const bool here = (!change.added.empty() && parent_of(change.added) == path) ||
                      (!change.removed.empty() && parent_of(change.removed) == path);
    if (here) apply(change, durable_names_);
    return here;
  });
}

void FaultyFileSystem::apply(const Change& change, std::string& content) {
  if (change.is_truncation) {
    content.resize(change.offset, '\0');
    return;
  }
  if (content.size() < change.offset + change.data.size()) {
    content.resize(change.offset + change.data.size(), '\0');
  }
  content.replace(change.offset, change.data.size(), change.data);
}

void FaultyFileSystem::apply(const NameChange& change, Names& names) {
  if (!change.removed.empty() && !change.added.empty()) {
    // A renamed directory takes what is in it along.
    Names moved;
    for (auto entry = names.begin(); entry != names.end();) {
      const bool inside = entry->first.starts_with(change.removed + "/");
      if (inside) moved[change.added + entry->first.substr(change.removed.size())] = entry->second;
      entry = inside || entry->first == change.removed ? names.erase(entry) : std::next(entry);
    }
    names.merge(moved);
  } else if (!change.removed.empty()) {
    names.erase(change.removed);
  }
  if (!change.added.empty()) names[change.added] = change.inode;
}

// ---- the disk

void FaultyFileSystem::build(const std::string& into, const Names& names,
                             const Content& content) const {
  fs::remove_all(into);
  fs::create_directories(into);
  for (const auto& [path, inode] : names) {  // sorted: a directory comes before what is in it
    if (path == root_) continue;
    const std::string target = into + path.substr(root_.size());
    if (!fs::is_directory(parent_of(target))) continue;  // its directory was lost
    if (inodes_[inode].is_directory) {
      fs::create_directory(target);
    } else {
      std::ofstream(target, std::ios::binary) << content(inode);
    }
  }
}

void FaultyFileSystem::materialize_durable(const std::string& into) const {
  const std::lock_guard guard(mutex_);
  build(into, durable_names_, [&](std::size_t inode) { return inodes_[inode].durable; });
}

void FaultyFileSystem::materialize_written(const std::string& into) const {
  const std::lock_guard guard(mutex_);
  build(into, written_names_, [&](std::size_t inode) { return inodes_[inode].written; });
}

void FaultyFileSystem::materialize_some(const std::string& into, std::uint64_t seed) const {
  const std::lock_guard guard(mutex_);
  std::mt19937_64 random(seed);
  const auto coin = [&] { return (random() & 1) != 0; };

  Names names = durable_names_;
  std::map<std::string, bool> stopped;  // by directory: its later changes are lost
  for (const NameChange& change : pending_names_) {
    const std::string directory = parent_of(change.added.empty() ? change.removed : change.added);
    if (!stopped[directory] && coin())
      apply(change, names);
    else
      stopped[directory] = true;
  }
  build(into, names, [&](std::size_t inode) {
    std::string content = inodes_[inode].durable;
    for (const Change& change : inodes_[inode].pending) {
      if (change.is_truncation) {
        if (coin()) apply(change, content);
        continue;
      }
      for (std::size_t at = 0; at < change.data.size();) {
        const std::size_t to_boundary = kSector - (change.offset + at) % kSector;
        const std::size_t count = std::min(to_boundary, change.data.size() - at);
        if (coin()) apply({false, change.offset + at, change.data.substr(at, count)}, content);
        at += count;
      }
    }
    return content;
  });
}

}  // namespace grounds::test
