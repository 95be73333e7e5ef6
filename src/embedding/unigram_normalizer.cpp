#include "embedding/unigram_normalizer.h"

#include <algorithm>

#include "base/utf8.h"
#include "embedding/bert_characters.h"
#include "embedding/charsmap.h"

namespace grounds {
namespace {

using Text = std::vector<NormalizedCharacter>;

NormalizedCharacter at_place(char32_t character, const NormalizedCharacter& place) {
  return {character, place.begin, place.end, character_flags(character)};
}

// Longer clusters are looked up character by character (bytes).
constexpr std::size_t kLongestCluster = 6;

class PrecompiledStep final : public NormalizerStep {
 public:
  explicit PrecompiledStep(Charsmap map) : map_(std::move(map)) {}

  void apply(Text* text) const override {
    Changes changes;
    bool modified = false;
    std::string bytes;
    const auto replaced = [&](std::size_t characters) {
      const auto replacement = map_.replacement(bytes);
      if (!replacement) return false;
      modified = true;
      replace(characters, *replacement, &changes);
      return true;
    };
    for (std::size_t begin = 0, end = 0; begin < text->size(); begin = end) {
      end = cluster_end(*text, begin);
      bytes.clear();
      for (std::size_t i = begin; i < end && bytes.size() < kLongestCluster; ++i) append_utf8(bytes, (*text)[i].character);
      if (bytes.size() < kLongestCluster && replaced(end - begin)) continue;
      for (std::size_t i = begin; i < end; ++i) {
        bytes.clear();
        append_utf8(bytes, (*text)[i].character);
        if (!replaced(1)) changes.push_back({(*text)[i].character, 0});
      }
    }
    if (modified) *text = changed(*text, changes);
  }

 private:
  // A character of the result and, as the reference counts: 0 takes the place of the next source character,
  // 1 is an insertion, -n takes the next one's place and n more are gone.
  struct Change {
    char32_t character;
    int count;
  };
  using Changes = std::vector<Change>;

  static std::vector<char32_t> characters_of(std::string_view text) {
    std::vector<char32_t> characters;
    for (std::size_t position = 0; position < text.size();) characters.push_back(next_code_point(text, position));
    return characters;
  }

  // Also where the reference miscounts: text removed at the very start leaves no trace.
  static void replace(std::size_t old_count, std::string_view new_part, Changes* changes) {
    const auto characters = characters_of(new_part);
    for (const char32_t character : characters) changes->push_back({character, 0});
    const int difference = static_cast<int>(characters.size()) - static_cast<int>(old_count);
    if (difference > 0)
      for (int i = 0; i < difference; ++i) (*changes)[changes->size() - 1 - static_cast<std::size_t>(i)].count = 1;
    else if (difference < 0 && !changes->empty())
      changes->back().count += difference;
  }

  static Text changed(const Text& source, const Changes& changes) {
    Text result;
    result.reserve(changes.size());
    std::size_t next = 0;
    const NormalizedCharacter nowhere{0, source[0].begin, source[0].begin, 0};
    for (const Change& change : changes) {
      if (change.count > 0) {
        result.push_back(at_place(change.character, next == 0 ? nowhere : source[next - 1]));
        continue;
      }
      result.push_back(at_place(change.character, source[std::min(next, source.size() - 1)]));
      next = std::min(next + 1 + static_cast<std::size_t>(-change.count), source.size());
    }
    return result;
  }

  // Where the grapheme cluster that starts at `begin` ends: rules GB3 to GB9b. Others join characters of
  // three bytes and more only, in clusters that are too long to be looked up.
  static std::size_t cluster_end(const Text& text, std::size_t begin) {
    std::size_t end = begin + 1;
    for (; end < text.size(); ++end) {
      const NormalizedCharacter &before = text[end - 1], &c = text[end];
      const bool line_end = before.character == U'\r' && c.character == U'\n';
      const bool joins = (c.flags & kExtends) || ((before.flags & kPrepends) && !(c.flags & kBreaks));
      if (!line_end && (!joins || (before.flags & kBreaks))) break;
    }
    return end;
  }

  Charsmap map_;
};

class StripStep final : public NormalizerStep {
 public:
  StripStep(bool left, bool right) : left_(left), right_(right) {}
  void apply(Text* text) const override {
    const auto kept = [](const NormalizedCharacter& c) { return (c.flags & kSeparator) == 0; };
    if (right_) text->erase(std::find_if(text->rbegin(), text->rend(), kept).base(), text->end());
    if (left_) text->erase(text->begin(), std::find_if(text->begin(), text->end(), kept));
  }

 private:
  bool left_, right_;
};

// Replaces runs of at least `least` equal characters (or each one, for a text of one character).
class ReplaceStep final : public NormalizerStep {
 public:
  ReplaceStep(char32_t character, std::size_t least, bool whole_run, std::vector<char32_t> content)
      : character_(character), least_(least), whole_run_(whole_run), content_(std::move(content)) {}
  void apply(Text* text) const override {
    Text result;
    result.reserve(text->size());
    for (std::size_t i = 0; i < text->size();) {
      std::size_t end = i;
      while (end < text->size() && (*text)[end].character == character_ && (whole_run_ || end == i)) ++end;
      if (end - i < least_ || end == i) {
        end = std::max(end, i + 1);
        result.insert(result.end(), text->begin() + static_cast<std::ptrdiff_t>(i), text->begin() + static_cast<std::ptrdiff_t>(end));
      } else {
        // The content stands where the last replaced character stood.
        for (const char32_t c : content_) result.push_back(at_place(c, (*text)[end - 1]));
      }
      i = end;
    }
    *text = std::move(result);
  }

 private:
  char32_t character_;
  std::size_t least_;
  bool whole_run_;
  std::vector<char32_t> content_;
};

using Steps = std::vector<std::unique_ptr<const NormalizerStep>>;

Status add_precompiled(const Json& json, Steps* steps) {
  const Json map = json.value("precompiled_charsmap", Json());
  if (map.is_null() || map == "") return {};
  GROUNDS_ASSIGN_OR_RETURN(Charsmap charsmap, Charsmap::from_base64(map.get<std::string>()));
  steps->push_back(std::make_unique<PrecompiledStep>(std::move(charsmap)));
  return {};
}

Status add_replace(const Json& json, Steps* steps) {
  const Json& pattern = json.at("pattern");
  const auto content_text = json.at("content").get<std::string>();
  std::vector<char32_t> content;
  for (std::size_t position = 0; position < content_text.size();) content.push_back(next_code_point(content_text, position));
  if (pattern.contains("Regex") && pattern.at("Regex") == " {2,}") {
    steps->push_back(std::make_unique<ReplaceStep>(U' ', 2, true, std::move(content)));
    return {};
  }
  if (pattern.contains("String")) {
    const auto text = pattern.at("String").get<std::string>();
    std::size_t position = 0;
    const char32_t character = text.empty() ? 0 : next_code_point(text, position);
    if (!text.empty() && position == text.size()) {
      steps->push_back(std::make_unique<ReplaceStep>(character, 1, false, std::move(content)));
      return {};
    }
  }
  return fail(ErrorCode::kBadInput, "normalizer 'Replace' of " + pattern.dump() + " is not supported");
}

Status add_steps(const Json& json, Steps* steps) {
  if (json.is_null()) return {};
  const auto type = json.at("type").get<std::string>();
  if (type == "Sequence") {
    for (const Json& step : json.at("normalizers")) GROUNDS_RETURN_IF_ERROR(add_steps(step, steps));
    return {};
  }
  if (type == "Precompiled") return add_precompiled(json, steps);
  if (type == "Replace") return add_replace(json, steps);
  if (type == "Strip") {
    steps->push_back(std::make_unique<StripStep>(json.at("strip_left").get<bool>(), json.at("strip_right").get<bool>()));
    return {};
  }
  return fail(ErrorCode::kBadInput, "normalizer '" + type + "' is not supported with Unigram");
}

}  // namespace

Result<Steps> normalizer_steps(const Json& normalizer) {
  Steps steps;
  GROUNDS_RETURN_IF_ERROR(add_steps(normalizer, &steps));
  return steps;
}

}  // namespace grounds
