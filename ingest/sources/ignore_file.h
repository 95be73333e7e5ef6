// .groundsignore: which files of a folder are not documents. The syntax of .gitignore.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace grounds::sources {

// The rules of one file: a pattern a line; "#" starts a comment, "!" takes back, "/" at the end means
// folders only, a slash elsewhere ties the pattern to the file's own folder.
class IgnoreRules {
 public:
  enum class Verdict { kUnsaid, kIgnored, kKept };

  // `folder`: where the file stands, relative to the root ("" for the root, else with a slash at the end).
  static IgnoreRules parse(std::string_view text, std::string folder);
  // `path`: relative to the root. Of all matching rules the last one counts.
  Verdict judge(std::string_view path, bool is_directory) const;
  bool empty() const { return rules_.empty(); }

 private:
  struct Rule {
    std::string pattern;
    bool keeps = false;
    bool directories_only = false;
  };
  std::string folder_;
  std::vector<Rule> rules_;
};

}  // namespace grounds::sources
