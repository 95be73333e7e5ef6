#include "ingest/sources/glob.h"

#include <vector>

#include "base/utf8.h"

namespace grounds::sources {
namespace {

// One character of the path; bytes that are no UTF-8 count singly.
std::size_t character_size(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0xC0) return 1;
  while (end < text.size() && end < at + 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return end - at;
}

enum class Kind { kLiteral, kAny, kStar, kClass };
struct Token {
  Kind kind = Kind::kLiteral;
  std::string_view text;  // the character, or the inside of a class
};

// The tokens of one component; a class that is not closed is read as ordinary characters.
std::vector<Token> tokenize(std::string_view component) {
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < component.size();) {
    const char c = component[i];
    if (c == '*') {
      if (tokens.empty() || tokens.back().kind != Kind::kStar) tokens.push_back({Kind::kStar, {}});
      ++i;
      continue;
    }
    if (c == '?') {
      tokens.push_back({Kind::kAny, {}});
      ++i;
      continue;
    }
    if (c == '[') {
      std::size_t begin = i + 1;
      std::size_t first = begin < component.size() && (component[begin] == '!' || component[begin] == '^') ? begin + 1 : begin;
      const std::size_t end = component.find(']', first + 1);
      if (end != std::string_view::npos) {
        tokens.push_back({Kind::kClass, component.substr(begin, end - begin)});
        i = end + 1;
        continue;
      }
    }
    if (c == '\\' && i + 1 < component.size()) ++i;
    const std::size_t size = character_size(component, i);
    tokens.push_back({Kind::kLiteral, component.substr(i, size)});
    i += size;
  }
  return tokens;
}

bool in_class(std::string_view characters, std::string_view c) {
  const bool negated = characters.starts_with('!') || characters.starts_with('^');
  if (negated) characters.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < characters.size();) {
    const std::string_view low = characters.substr(i, character_size(characters, i));
    i += low.size();
    std::string_view high = low;
    if (i + 1 < characters.size() && characters[i] == '-') {
      high = characters.substr(i + 1, character_size(characters, i + 1));
      i += 1 + high.size();
    }
    // UTF-8 sorts as code points do.
    found = found || (low <= c && c <= high);
  }
  return found != negated;
}

bool match_component(std::string_view pattern, std::string_view name) {
  const std::vector<Token> tokens = tokenize(pattern);
  std::size_t token = 0, at = 0;
  std::size_t star = tokens.size(), star_at = 0;  // the last star, and where it ends so far
  while (at < name.size()) {
    const std::size_t size = character_size(name, at);
    const std::string_view c = name.substr(at, size);
    if (token < tokens.size() && tokens[token].kind == Kind::kStar) {
      star = token++;
      star_at = at;
      continue;
    }
    const bool matches = token < tokens.size() &&
                         (tokens[token].kind == Kind::kAny ||
                          (tokens[token].kind == Kind::kLiteral && tokens[token].text == c) ||
                          (tokens[token].kind == Kind::kClass && in_class(tokens[token].text, c)));
    if (matches) {
      ++token;
      at += size;
    } else if (star < tokens.size()) {
      star_at += character_size(name, star_at);
      at = star_at;
      token = star + 1;
    } else {
      return false;
    }
  }
  while (token < tokens.size() && tokens[token].kind == Kind::kStar) ++token;
  return token == tokens.size();
}

std::vector<std::string_view> components_of(std::string_view path) {
  std::vector<std::string_view> components;
  for (;;) {
    const std::size_t slash = path.find('/');
    components.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return components;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view path) {
  const auto parts = components_of(pattern);
  const auto names = components_of(path);
  // matched[j]: the parts so far match the first j names.
  std::vector<bool> matched(names.size() + 1, false);
  matched[0] = true;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::vector<bool> next(names.size() + 1, false);
    if (parts[i] == "**") {
      const bool is_last = i + 1 == parts.size();
      bool reachable = false;
      for (std::size_t j = 0; j <= names.size(); ++j) {
        next[j] = is_last ? reachable : reachable || matched[j];
        reachable = reachable || matched[j];
      }
    } else {
      for (std::size_t j = 0; j < names.size(); ++j) {
        if (matched[j] && match_component(parts[i], names[j])) next[j + 1] = true;
      }
    }
    matched = std::move(next);
  }
  return matched[names.size()];
}

bool filter_match(std::string_view pattern, std::string_view path) {
  if (pattern.find('/') == std::string_view::npos) {
    const std::size_t slash = path.rfind('/');
    return glob_match(pattern, slash == std::string_view::npos ? path : path.substr(slash + 1));
  }
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  if (pattern.starts_with("./")) pattern.remove_prefix(2);
  return glob_match(pattern, path);
}

}  // namespace grounds::sources
