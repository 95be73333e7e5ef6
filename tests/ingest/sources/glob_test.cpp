// Patterns for file names, against their definition.
#include <doctest/doctest.h>

#include <functional>
#include <random>

#include "ingest/sources/glob.h"
#include "ingest/sources/ignore_file.h"

using namespace grounds::sources;

TEST_CASE("stars and question marks stop at slashes, two stars do not") {
  CHECK(glob_match("*.md", "leave.md"));
  CHECK(!glob_match("*.md", "hr/leave.md"));
  CHECK(glob_match("hr/*.md", "hr/leave.md"));
  CHECK(glob_match("**/*.md", "leave.md"));
  CHECK(glob_match("**/*.md", "a/b/leave.md"));
  CHECK(glob_match("hr/**", "hr/a/b.md"));
  CHECK(!glob_match("hr/**", "hr"));
  CHECK(glob_match("a/**/b", "a/b"));
  CHECK(glob_match("a/**/b", "a/x/y/b"));
  CHECK(!glob_match("a/**/b", "a/x/c"));
  CHECK(glob_match("?", "年"));
  CHECK(!glob_match("?", "/"));
  CHECK(!glob_match("?", ""));
}

TEST_CASE("classes, escapes and stars that have to give back what they took") {
  CHECK(glob_match("report-[0-9].txt", "report-7.txt"));
  CHECK(!glob_match("report-[!0-9].txt", "report-7.txt"));
  CHECK(glob_match("[a-c年]x", "年x"));
  CHECK(glob_match("[]]", "]"));
  CHECK(glob_match("\\*.md", "*.md"));
  CHECK(!glob_match("\\*.md", "a.md"));
  CHECK(glob_match("[open", "[open"));
  CHECK(glob_match("*a*b*c", "xxaxxbxxbxxc"));
  CHECK(!glob_match("*a*b*c", "xxaxxcxxb"));
}

TEST_CASE("a pattern of stars on a long name does not take for ever") {
  std::string pattern, path(3000, 'a');
  for (int i = 0; i < 200; ++i) pattern += "*a";
  CHECK(!glob_match(pattern + "b", path));
}

TEST_CASE("random patterns match as their definition says") {
  // The definition, by plain recursion over characters of one component.
  const std::function<bool(std::string_view, std::string_view)> defined = [&](std::string_view p, std::string_view s) {
    if (p.empty()) return s.empty();
    if (p[0] == '*') return defined(p.substr(1), s) || (!s.empty() && defined(p, s.substr(1)));
    return !s.empty() && (p[0] == '?' || p[0] == s[0]) && defined(p.substr(1), s.substr(1));
  };
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    std::mt19937 random(seed);
    std::string pattern, name;
    for (unsigned n = random() % 8; n > 0; --n) pattern += "ab*?"[random() % 4];
    for (unsigned n = random() % 8; n > 0; --n) name += "ab"[random() % 2];
    if (pattern == "**") continue;  // a component of its own kind
    INFO(pattern << " against " << name);
    CHECK(glob_match(pattern, name) == defined(pattern, name));
  }
}

TEST_CASE("a filter without a slash means the name, one with a slash the whole path") {
  CHECK(filter_match("*.md", "hr/leave.md"));
  CHECK(!filter_match("hr/*.md", "old/hr/leave.md"));
  CHECK(filter_match("/hr/*.md", "hr/leave.md"));
  CHECK(filter_match("./hr/*.md", "hr/leave.md"));
}

TEST_CASE("ignore rules: the last match counts, slashes tie, folders only with a slash at the end") {
  using V = IgnoreRules::Verdict;
  const auto rules = IgnoreRules::parse("# comment\n\n*.log\n!keep.log\n/top.md\nbuild/\ndocs/*.tmp\n**/cache\n", "");
  CHECK(rules.judge("a/b.log", false) == V::kIgnored);
  CHECK(rules.judge("a/keep.log", false) == V::kKept);
  CHECK(rules.judge("top.md", false) == V::kIgnored);
  CHECK(rules.judge("a/top.md", false) == V::kUnsaid);
  CHECK(rules.judge("a/build", true) == V::kIgnored);
  CHECK(rules.judge("a/build", false) == V::kUnsaid);
  CHECK(rules.judge("docs/x.tmp", false) == V::kIgnored);
  CHECK(rules.judge("a/docs/x.tmp", false) == V::kUnsaid);
  CHECK(rules.judge("a/cache", true) == V::kIgnored);
  const auto nested = IgnoreRules::parse("/x.md\r\n", "sub/");
  CHECK(nested.judge("sub/x.md", false) == V::kIgnored);
  CHECK(nested.judge("x.md", false) == V::kUnsaid);
}
