// Analyzer: scans a normalised text once and emits the terms of each word, number, identifier and run
// of CJK letters.

#include "index/analysis/analyzer.h"

#include <unicode/uversion.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <utility>

#include "base/hash.h"
#include "base/utf8.h"
#include "index/analysis/characters.h"
#include "index/analysis/compound.h"
#include "index/analysis/normal_text.h"
#include "index/analysis/simplified.h"
#include "index/analysis/stop_words.h"
#include "index/analysis/word_tools.h"

namespace grounds {

namespace {

// Raised with every change of the rules in this folder that changes the terms of any text.
constexpr int kRulesVersion = 1;
constexpr std::size_t kMaxTermBytes = 128;   // longer words are cut: base64 and the like
constexpr std::size_t kMaxParts = 16;        // a compound of more is taken apart only

enum class Purpose { kDocument, kQuery, kPhrase };

class Scan {
 public:
  Scan(const SimplifiedTable& simplified, WordTools& tools, const NormalText& normal, Purpose purpose)
      : simplified_(simplified), tools_(tools), normal_(normal), text_(normal.text()), purpose_(purpose) {}

  std::vector<Token> run() && {
    for (std::size_t at = 0; at < text_.size();) {
      const Character character = character_at(text_, at);
      switch (character.kind) {
        case CharacterKind::kCjk: at = scan_cjk(at); break;
        case CharacterKind::kWord: at = scan_compound(at); break;
        default: at = character.end;
      }
    }
    if (purpose_ == Purpose::kQuery) drop_stop_words();
    return std::move(tokens_);
  }

 private:
  struct Letter {
    std::size_t text_begin, text_end;  // in letters_
    std::size_t begin, end;            // in text_
  };

  void emit(std::string term, std::uint32_t offset, std::size_t begin, std::size_t end, bool stop = false) {
    if (term.empty()) return;
    if (term.size() > kMaxTermBytes) term.resize(floor_boundary(term, kMaxTermBytes));
    tokens_.push_back({std::move(term), position_ + offset, normal_.source_begin(static_cast<std::uint32_t>(begin)),
                       normal_.source_end(static_cast<std::uint32_t>(end))});
    stop_.push_back(stop);
  }

  // White space that may stand inside a word of a document: one line break at most, no tab.
  std::size_t skip_joint(std::size_t at) const {
    int breaks = 0;
    while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\r' || text_[at] == '\n') && breaks < 2) {
      breaks += text_[at++] == '\n';
    }
    return breaks < 2 ? at : text_.size();
  }

  // Emits a run of CJK letters: every pair of neighbours and, in a document, every letter. Questions
  // ask for the pairs; for the letter only where it stands alone. In a document white space between
  // letters is no boundary, because line breaks and table cells split words; in a question it is one.
  std::size_t scan_cjk(std::size_t at) {
    cjk_letters_.clear();
    letters_.clear();
    std::size_t end = at;
    while (at < text_.size()) {
      const Character character = character_at(text_, at);
      if (character.kind == CharacterKind::kCjk) {
        const std::size_t begin = cjk_letters_.size();
        append_utf8(cjk_letters_, simplified_.fold(character.code_point));
        letters_.push_back({begin, cjk_letters_.size(), at, character.end});
        at = end = character.end;
      } else if (character.kind == CharacterKind::kInvisible) {
        at = character.end;
      } else if (purpose_ == Purpose::kDocument) {
        const std::size_t next = skip_joint(at);
        if (next == at || next >= text_.size() || character_at(text_, next).kind != CharacterKind::kCjk) break;
        at = next;
      } else {
        break;
      }
    }
    const std::string_view all = cjk_letters_;
    for (std::size_t i = 0; i < letters_.size(); ++i) {
      const Letter& letter = letters_[i];
      const auto offset = static_cast<std::uint32_t>(i);
      if (purpose_ == Purpose::kDocument || letters_.size() == 1) {
        const std::string_view term = all.substr(letter.text_begin, letter.text_end - letter.text_begin);
        emit(std::string(term), offset, letter.begin, letter.end, is_stop(term));
      }
      if (i + 1 < letters_.size()) {
        const Letter& next = letters_[i + 1];
        const std::string_view term = all.substr(letter.text_begin, next.text_end - letter.text_begin);
        emit(std::string(term), offset, letter.begin, next.end, is_stop(term));
      }
    }
    position_ += static_cast<std::uint32_t>(letters_.size());
    return end;
  }

  bool is_stop(std::string_view term) const { return purpose_ == Purpose::kQuery && is_stop_word(term); }

  std::string folded(std::size_t begin, std::size_t end) const {
    std::string term;
    tools_.fold_case(text_.substr(begin, end - begin), term);
    constexpr std::string_view kApostrophe = "\xE2\x80\x99";
    for (std::size_t i = term.find(kApostrophe); i != std::string::npos; i = term.find(kApostrophe, i)) {
      term[i] = '\'';
      term.erase(i + 1, kApostrophe.size() - 1);
    }
    return term;
  }

  std::size_t scan_compound(std::size_t at) {
    const Compound compound = read_compound(text_, at);
    const auto& parts = compound.parts;
    if (compound.is_acronym(text_)) {
      std::string whole = folded(compound.begin(), compound.end()), letters = whole;
      std::erase(letters, '.');
      emit(std::move(whole), 0, compound.begin(), compound.end());
      emit(std::move(letters), 0, compound.begin(), compound.end());
      ++position_;
      return compound.end();
    }
    if (parts.size() > 1 && parts.size() <= kMaxParts) {
      emit(folded(compound.begin(), compound.end()), 0, compound.begin(), compound.end());
    }
    std::uint32_t offset = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts.size() <= kMaxParts) {
        emit_group(compound, i, "@", offset);
        emit_group(compound, i, "@.", offset);
      }
      offset += emit_part(parts[i], offset, parts.size() == 1);
    }
    position_ += offset;
    return compound.end();
  }

  // The parts from `first` up to the next of `separators`, if they are a proper group that starts here:
  // "file_system" of "file_system.h", "example.com" of "me@example.com".
  void emit_group(const Compound& compound, std::size_t first, std::string_view separators, std::uint32_t offset) {
    const auto& parts = compound.parts;
    const auto separates = [&](const CompoundPart& part) { return separators.find(part.connector) != std::string_view::npos; };
    if (first > 0 && !separates(parts[first])) return;
    std::size_t last = first;
    while (last + 1 < parts.size() && !separates(parts[last + 1])) ++last;
    if (last == first || (first == 0 && last + 1 == parts.size())) return;
    const std::size_t begin = parts[first].begin, end = parts[last].end;
    std::string term = folded(begin, end);
    // "@" and "@." find the same group where it holds no dot.
    if (separators == "@." && term.find('.') == std::string::npos && (last + 1 == parts.size() || parts[last + 1].connector == '@') &&
        (first == 0 || parts[first].connector == '@')) {
      return;
    }
    emit(std::move(term), offset, begin, end);
  }

  // Emits one part and its variants; returns how many positions it takes.
  std::uint32_t emit_part(const CompoundPart& part, std::uint32_t offset, bool alone) {
    const std::string_view raw = text_.substr(part.begin, part.end - part.begin);
    if (part.dotted) return emit_dotted(part, raw, offset);
    if (raw.find(',') != std::string_view::npos) {
      emit(without_commas(raw), offset, part.begin, part.end);
      return 1;
    }
    if (needs_dictionary(raw)) {
      std::uint32_t words = 0;
      std::size_t begin = 0;
      for (const std::size_t end : tools_.word_ends(raw)) {
        emit(folded(part.begin + begin, part.begin + end), offset + words++, part.begin + begin, part.begin + end);
        begin = end;
      }
      return words;
    }
    std::string term = folded(part.begin, part.end);
    // "IT" and "US" in capitals are names, not the little words.
    const bool capitals = raw.size() > 1 && std::all_of(raw.begin(), raw.end(), is_upper);
    const bool stop = alone && !capitals && is_stop(term);
    const bool stemmed = is_latin_word(raw);
    if (stemmed) term = tools_.stem(term);
    if (term.ends_with("++") || term.ends_with('#')) emit(term.substr(0, term.find_first_of("+#")), offset, part.begin, part.end);
    emit(std::move(term), offset, part.begin, part.end, stop);
    for (const std::string_view piece : pieces_of(raw)) {
      const std::size_t begin = part.begin + static_cast<std::size_t>(piece.data() - raw.data());
      std::string lower = folded(begin, begin + piece.size());
      if (!is_digit(piece[0])) lower = tools_.stem(lower);
      emit(std::move(lower), offset, begin, begin + piece.size());
    }
    return 1;
  }

  // A decimal number or a version: whole and, of a version, up to its second number; each of these with
  // its "v" if it has one, and without.
  std::uint32_t emit_dotted(const CompoundPart& part, std::string_view raw, std::uint32_t offset) {
    const std::string whole = without_commas(folded(part.begin, part.end));
    const std::size_t minor = whole.find('.', whole.find('.') + 1);
    const std::size_t minor_end = minor == std::string::npos ? part.end : part.begin + raw.find('.', raw.find('.') + 1);
    for (const std::size_t skip : {std::size_t{0}, std::size_t{1}}) {
      if (skip == 1 && whole[0] != 'v') break;
      emit(whole.substr(skip), offset, part.begin, part.end);
      if (minor != std::string::npos) emit(whole.substr(skip, minor - skip), offset, part.begin, minor_end);
    }
    return 1;
  }

  void drop_stop_words() {
    if (std::all_of(stop_.begin(), stop_.end(), [](bool stop) { return stop; })) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (stop_[i]) continue;
      if (kept != i) tokens_[kept] = std::move(tokens_[i]);
      ++kept;
    }
    tokens_.resize(kept);
  }

  const SimplifiedTable& simplified_;
  WordTools& tools_;
  const NormalText& normal_;
  std::string_view text_;
  Purpose purpose_;
  std::uint32_t position_ = 0;
  std::vector<Token> tokens_;
  std::vector<bool> stop_;        // by token
  std::string cjk_letters_;       // of the current run, simplified
  std::vector<Letter> letters_;
};

// What the stemmer makes of words that exercise its rules. libstemmer does not tell its version; a
// release that stems any of these otherwise gets another identity.
std::string stemmer_fingerprint(WordTools& tools) {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"caresses", "ponies", "ties", "gas", "agreed", "hopping", "hoping", "happily", "relational", "conditional", "rationally",
       "valency", "digitizer", "conformably", "operator", "feudalism", "hopefulness", "formality", "sensitivity", "triplicate",
       "formative", "electrical", "goodness", "revival", "allowance", "inference", "adjustable", "defensible", "replacement",
       "adoption", "communism", "activate", "effective", "probate", "cease", "controlling", "skies", "dying", "news", "andes",
       "generously", "communities", "arsenal", "proceed", "exceeding", "succeeded", "inning", "herring", "earring", "youth",
       "knightly", "early", "only", "singly", "ugly", "gently", "geology", "beautify", "past", "universal", "don't", "company's"});
  std::string stems;
  for (const std::string_view word : kWords) stems.append(tools.stem(word)).push_back('\n');
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%016llx", static_cast<unsigned long long>(xxh3(std::as_bytes(std::span(stems)))));
  return std::string(digits, 8);
}

std::string version_of(const UVersionInfo& version) {
  char text[U_MAX_VERSION_STRING_LENGTH];
  u_versionToString(version, text);
  return text;
}

class RulesAnalyzer final : public Analyzer {
 public:
  explicit RulesAnalyzer(std::unique_ptr<WordTools> tools) {
    UVersionInfo icu, unicode;
    u_getVersion(icu);
    u_getUnicodeVersion(unicode);
    identity_.append("grounds/").append(std::to_string(kRulesVersion)).append(" icu/").append(version_of(icu));
    identity_.append(" unicode/").append(version_of(unicode)).append(" snowball/").append(stemmer_fingerprint(*tools));
    give_back(std::move(tools));
  }

  const std::string& identity() const override { return identity_; }
  std::vector<Token> analyze(std::string_view text) const override { return analyze(text, Purpose::kDocument); }
  std::vector<Token> analyze_query(std::string_view text) const override { return analyze(text, Purpose::kQuery); }
  std::vector<Token> analyze_phrase(std::string_view text) const override { return analyze(text, Purpose::kPhrase); }

 private:
  std::vector<Token> analyze(std::string_view text, Purpose purpose) const {
    std::unique_ptr<WordTools> tools = take();
    const NormalText normal(text);
    std::vector<Token> tokens = Scan(simplified_, *tools, normal, purpose).run();
    give_back(std::move(tools));
    return tokens;
  }

  std::unique_ptr<WordTools> take() const {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<WordTools> tools = std::move(idle_.back());
        idle_.pop_back();
        return tools;
      }
    }
    // The first set was made in create(), so that what it needs is there; only memory can be short.
    auto tools = WordTools::create();
    if (!tools) throw std::bad_alloc();
    return std::move(*tools);
  }
  void give_back(std::unique_ptr<WordTools> tools) const {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(tools));
  }

  std::string identity_;
  SimplifiedTable simplified_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<WordTools>> idle_;
};

}  // namespace

Result<std::shared_ptr<const Analyzer>> Analyzer::create() {
  GROUNDS_ASSIGN_OR_RETURN(std::unique_ptr<WordTools> tools, WordTools::create());
  return std::shared_ptr<const Analyzer>(std::make_shared<RulesAnalyzer>(std::move(tools)));
}

}  // namespace grounds
