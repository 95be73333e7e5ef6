// Disks that fail and power that goes: an IoObserver that counts the calls of a FileSystem, makes
// chosen ones fail, and keeps a model of what the disk holds, from which it builds a folder as it
// would be found after a power loss. SQLite's files are covered too, since they come through the
// same seam.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"

namespace grounds::test {

// Usage: auto faults = std::make_shared<FaultyFileSystem>(directory); FileSystem files(faults);
// plan a fault; run the code; look at what materialize_durable() builds. Thread-safe. The model
// follows paths, so a file must not be written through a handle after it was renamed. Not modelled,
// because nothing durable depends on them: SQLite's shared memory (-shm) and lock files.
class FaultyFileSystem final : public IoObserver {
 public:
  // What is in `root` already counts as durable. Calls outside `root` pass uncounted.
  explicit FaultyFileSystem(std::string root);

  // ---- plans; calls are counted from 1, from the last reset_count() on
  // Only the operations named are counted and hit by the plans below; at first all.
  void count_only(std::vector<IoOperation> operations);
  void reset_count();
  std::size_t calls() const;
  // The n-th call fails with this errno value.
  void fail_call(std::size_t n, int error);
  // From the n-th counted call on every call fails with EIO: the power is gone.
  void power_off_at(std::size_t n);
  // The n-th write (whatever is counted) writes `limit` bytes and fails with ENOSPC.
  void shorten_write(std::size_t n, std::size_t limit);
  // Syncs of files (or directories) whose path ends so are pretended: the planted fault.
  void lose_syncs(std::string path_suffix);
  void lose_directory_syncs(std::string path_suffix);
  // The same for renames to a name that ends so.
  void lose_renames(std::string target_suffix);
  // Syncs reach the model but not the real disk, which makes tests fast. On by default.
  void set_real_syncs(bool real);
  void clear_plans();

  // ---- the disk
  // `into` (made anew) as after a power loss that takes every unsynced write and every name whose
  // directory was not synced.
  void materialize_durable(const std::string& into) const;
  // The same, but some of what was not synced has reached the disk after all: of each file's
  // pending writes a random set of sectors and truncations, of each directory's names the first few
  // changes.
  void materialize_some(const std::string& into, std::uint64_t seed) const;
  // Everything written, synced or not: what the running system shows. Equal to the real folder, or
  // something went around the seam.
  void materialize_written(const std::string& into) const;
  std::vector<std::string> log() const;  // one line a counted call, for failure messages

  IoDecision before(const IoCall& call) override;
  void after(const IoCall& call, int error) override;

 private:
  struct Change {
    bool is_truncation = false;
    std::uint64_t offset = 0;  // a truncation's new size
    std::string data;
  };
  struct Inode {
    bool is_directory = false;
    std::string durable;
    std::string written;
    std::vector<Change> pending;
  };
  struct NameChange {
    std::string removed;    // "" : none
    std::string added;      // "" : none
    std::size_t inode = 0;  // of `added`
  };
  using Names = std::map<std::string, std::size_t>;  // path -> inode
  using Content = std::function<std::string(std::size_t inode)>;

  bool covers(const IoCall& call) const;
  std::string normal(std::string_view path) const;
  std::size_t add_inode(bool is_directory);
  void record(const IoCall& call, int error);
  void record_sync(const std::string& path);
  void record_directory_sync(const std::string& path);
  static void apply(const Change& change, std::string& content);
  static void apply(const NameChange& change, Names& names);
  void build(const std::string& into, const Names& names, const Content& content) const;

  const std::string root_;
  mutable std::mutex mutex_;
  std::vector<Inode> inodes_;
  Names durable_names_;
  Names written_names_;
  std::vector<NameChange> pending_names_;

  std::vector<IoOperation> counted_;  // empty: all
  std::size_t calls_ = 0;
  std::size_t writes_ = 0;
  std::size_t fail_at_ = 0;
  int fail_with_ = 0;
  std::size_t power_off_at_ = 0;
  bool power_is_off_ = false;
  std::size_t shorten_at_ = 0;
  std::size_t shorten_to_ = 0;
  std::vector<std::string> lost_syncs_;
  std::vector<std::string> lost_directory_syncs_;
  std::vector<std::string> lost_renames_;
  bool real_syncs_ = false;
  std::vector<std::string> log_;
};

}  // namespace grounds::test
