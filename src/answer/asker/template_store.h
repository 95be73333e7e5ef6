// The prompt templates of a workspace: those built in, and those that were added, one file a version.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "answer/templates.h"
#include "base/file_system.h"
#include "grounds/result.h"

namespace grounds {

// Added ones are DIRECTORY/NAME.LANGUAGE@VERSION.txt, never changed once written. Thread-safe.
class TemplateStore {
 public:
  TemplateStore(const FileSystem& file_system, std::string directory)
      : file_system_(file_system), directory_(std::move(directory)) {}

  // By name, language and version.
  Result<std::vector<PromptTemplate>> list() const;
  // "", "default", "default@1" with the question's language; or an id, "default.en@1". kNotFound names
  // what there is; kDamaged: its file is no longer what add() wrote.
  Result<PromptTemplate> find(std::string_view name, std::string_view language) const;
  // The next version of that name and language. kUsage for a bad name or language and for
  // the name of a built-in one, kBadInput for a text
  // with an unknown variable, without {{question}} or {{evidence}}, or the same as the version before.
  Result<PromptTemplate> add(const std::string& name, const std::string& language, const std::string& text) const;

  // What add() asks of a text. kBadInput: not UTF-8, too large, an unknown variable, or a needed one missing.
  static Status check(const PromptTemplate& prompt_template);

 private:
  const FileSystem& file_system_;
  const std::string directory_;
};

// Line by line: "  same", "- gone", "+ new" (longest common subsequence).
std::vector<std::string> diff_lines(std::string_view before, std::string_view after);

}  // namespace grounds
