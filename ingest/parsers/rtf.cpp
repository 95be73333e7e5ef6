// RTF (Microsoft, version 1.9.1): text by paragraphs, headings by style or outline level, tables by rows. Text
// is bytes in the code page of its font, or \u escapes.
#include <algorithm>
#include <array>
#include <map>

#include "base/utf8.h"
#include "ingest/parsers/delimited.h"
#include "ingest/parsers/encoding.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/limits.h"

namespace grounds::parsing {
namespace {

enum class Destination { kText, kSkipped, kFonts, kStyles, kTitle, kMarker };

struct State {
  Destination destination = Destination::kText;
  int font = -1;
  int unicode_skip = 1;  // \uc: characters that stand in for one \u
  bool hidden = false;
};

// Code pages of \fcharset.
std::string_view charset_encoding(int charset) {
  switch (charset) {
    case 128: return "windows-31j";
    case 129: return "windows-949";
    case 134: return "GB18030";
    case 136: return "BIG5";
    case 161: return "windows-1253";
    case 162: return "windows-1254";
    case 163: return "windows-1258";
    case 177: return "windows-1255";
    case 178: return "windows-1256";
    case 186: return "windows-1257";
    case 204: return "windows-1251";
    case 222: return "windows-874";
    case 238: return "windows-1250";
    default: return {};
  }
}

constexpr std::array<std::string_view, 25> kSkippedDestinations = {
    "colortbl", "pict",     "object",   "fldinst",   "themedata",  "datastore", "latentstyles", "listtable", "listoverridetable",
    "rsidtbl",  "generator", "xmlnstbl", "header",    "headerl",    "headerr",   "footer",       "footerl",   "footerr",
    "revtbl",   "filetbl",  "nonshppict", "bkmkstart", "bkmkend",   "mmathPr",   "colorschememapping"};

class RtfReader {
 public:
  RtfReader(std::string_view bytes, ExtractBuilder& builder) : bytes_(bytes), builder_(builder) { states_.emplace_back(); }

  Status read() {
    while (at_ < bytes_.size() && !builder_.over_limit()) {
      const char c = bytes_[at_++];
      if (c == '{') {
        flush();
        if (states_.size() > static_cast<std::size_t>(kMaxGroupDepth)) {
          return fail(ErrorCode::kBadInput, "it nests groups more than " + std::to_string(kMaxGroupDepth) + " deep");
        }
        states_.push_back(states_.back());
        starts_group_ = true;
        continue;
      }
      if (c == '}') {
        flush();
        end_group();
      } else if (c == '\\') {
        read_control();
        continue;
      } else if (c != '\r' && c != '\n') {
        add_byte(c);
      }
      starts_group_ = false;
    }
    flush();
    end_paragraph();
    end_table();
    return {};
  }
  const std::string& title() const { return title_; }

 private:
  State& state() { return states_.back(); }

  void end_group() {
    if (state().destination == Destination::kFonts) font_names_done();
    if (state().destination == Destination::kStyles) style_done();
    if (states_.size() > 1) states_.pop_back();
  }
  void font_names_done() { defined_font_ = -1; }
  void style_done() {
    const std::string name(trim(style_name_));
    const std::size_t digit = name.find_last_not_of("0123456789;");
    const bool is_heading = name.starts_with("heading ") || name.starts_with("Heading ") || name.starts_with("标题 ");
    if (is_heading && digit != std::string::npos && digit + 1 < name.size() && name[digit + 1] >= '1' && name[digit + 1] <= '9') {
      heading_styles_[defined_style_] = name[digit + 1] - '0';
    }
    style_name_.clear();
    defined_style_ = 0;
  }

  void read_control() {
    if (at_ >= bytes_.size()) return;
    const char c = bytes_[at_];
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_word) {
      read_word();
      starts_group_ = false;
      return;
    }
    ++at_;
    if (c == '\'') {
      const int high = at_ + 1 < bytes_.size() ? hex_digit(bytes_[at_]) : -1;
      const int low = high >= 0 ? hex_digit(bytes_[at_ + 1]) : -1;
      if (low >= 0) {
        at_ += 2;
        add_byte(static_cast<char>(high * 16 + low));
      }
    } else if (c == '*') {
      // A destination that readers may not know: skipped unless its word says otherwise.
      if (starts_group_) optional_ = true;
      return;
    } else if (c == '~') {
      add_text(" ");
    } else if (c == '_') {
      add_text("-");
    } else if (c == '\n' || c == '\r') {
      flush();
      end_paragraph();
    } else if (c == '\\' || c == '{' || c == '}') {
      add_byte(c);
    }
    starts_group_ = false;
  }

  void read_word() {
    const std::size_t begin = at_;
    while (at_ < bytes_.size() && ((bytes_[at_] >= 'a' && bytes_[at_] <= 'z') || (bytes_[at_] >= 'A' && bytes_[at_] <= 'Z')) &&
           at_ - begin < 40) {
      ++at_;
    }
    const std::string_view word = bytes_.substr(begin, at_ - begin);
    bool has_number = false, negative = false;
    std::int64_t number = 0;
    if (at_ < bytes_.size() && bytes_[at_] == '-') {
      negative = true;
      ++at_;
    }
    for (; at_ < bytes_.size() && bytes_[at_] >= '0' && bytes_[at_] <= '9'; ++at_) {
      has_number = true;
      if (number < 1'000'000'000) number = number * 10 + (bytes_[at_] - '0');
    }
    if (negative) number = -number;
    if (at_ < bytes_.size() && bytes_[at_] == ' ') ++at_;
    apply(word, has_number, number);
  }

  void apply(std::string_view word, bool has_number, std::int64_t number) {
    const bool optional = std::exchange(optional_, false);
    if (word == "u") {
      add_unicode(number);
      return;
    }
    flush();
    if (word == "bin") {
      at_ += static_cast<std::size_t>(std::clamp<std::int64_t>(number, 0, static_cast<std::int64_t>(bytes_.size() - at_)));
    } else if (word == "uc") {
      state().unicode_skip = static_cast<int>(std::clamp<std::int64_t>(number, 0, 100));
    } else if (word == "ansicpg") {
      code_page_ = number == 65001 ? "UTF-8" : number == 936 ? "GB18030" : number == 932 ? "windows-31j" : "windows-" + std::to_string(number);
    } else if (word == "mac") {
      code_page_ = "macintosh";
    } else if (word == "fonttbl") {
      state().destination = Destination::kFonts;
    } else if (word == "stylesheet") {
      state().destination = Destination::kStyles;
    } else if (word == "info") {
      state().destination = Destination::kSkipped;
    } else if (word == "title" && starts_group_) {
      state().destination = Destination::kTitle;
    } else if (word == "listtext" || word == "pntext") {
      state().destination = Destination::kMarker;
    } else if (word == "shptxt" || word == "footnote") {
      if (state().destination == Destination::kSkipped) state().destination = Destination::kText;
      end_paragraph();
    } else if (optional || std::find(kSkippedDestinations.begin(), kSkippedDestinations.end(), word) != kSkippedDestinations.end()) {
      state().destination = Destination::kSkipped;
    } else if (word == "f") {
      if (state().destination == Destination::kFonts) defined_font_ = static_cast<int>(number);
      else state().font = static_cast<int>(number);
    } else if (word == "fcharset") {
      if (state().destination == Destination::kFonts) fonts_[defined_font_] = charset_encoding(static_cast<int>(number));
    } else if (word == "s") {
      if (state().destination == Destination::kStyles) defined_style_ = static_cast<int>(number);
      else style_ = static_cast<int>(number);
    } else if (word == "v") {
      state().hidden = !has_number || number != 0;
    } else if (state().destination == Destination::kText) {
      apply_to_text(word, number);
    }
  }

  void apply_to_text(std::string_view word, std::int64_t number) {
    if (word == "par" || word == "sect" || word == "page") {
      end_paragraph();
    } else if (word == "pard") {
      style_ = 0;
      outline_ = 0;
      in_table_ = false;
    } else if (word == "outlinelevel") {
      outline_ = number >= 0 && number < 9 ? static_cast<int>(number) + 1 : 0;
    } else if (word == "intbl") {
      in_table_ = true;
    } else if (word == "line") {
      paragraph_ += '\n';
    } else if (word == "tab") {
      add_text(" ");
    } else if (word == "cell" || word == "nestcell") {
      row_.push_back(std::exchange(paragraph_, {}));
      marker_.clear();
    } else if (word == "row" || word == "nestrow") {
      rows_.push_back(std::exchange(row_, {}));
    } else if (word == "emdash" || word == "endash") {
      add_text("–");
    } else if (word == "lquote" || word == "rquote") {
      add_text(word == "lquote" ? "‘" : "’");
    } else if (word == "ldblquote" || word == "rdblquote") {
      add_text(word == "ldblquote" ? "“" : "”");
    } else if (word == "bullet") {
      add_text("•");
    } else if (word == "emspace" || word == "enspace") {
      add_text(" ");
    }
  }

  static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }

  void add_byte(char c) {
    if (stand_ins_ > 0) {
      --stand_ins_;
      return;
    }
    pending_ += c;
  }

  void add_unicode(std::int64_t number) {
    flush();
    const auto unit = static_cast<std::uint32_t>(number < 0 ? number + 65'536 : number) & 0xFFFF;
    std::string text;
    if (unit >= 0xD800 && unit < 0xDC00) {
      high_ = unit;
    } else if (unit >= 0xDC00 && unit < 0xE000) {
      append_utf8(text, high_ != 0 ? 0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00) : 0xFFFD);
      high_ = 0;
    } else if (unit >= 0x20) {
      append_utf8(text, unit);
      high_ = 0;
    }
    add_text(text);
    stand_ins_ = state().unicode_skip;
  }

  // Ends a run of bytes in one encoding.
  void flush() {
    stand_ins_ = 0;
    if (pending_.empty()) return;
    const bool plain = std::all_of(pending_.begin(), pending_.end(), [](char c) { return (c & 0x80) == 0; });
    const auto font = fonts_.find(state().font);
    const std::string_view encoding = font != fonts_.end() && !font->second.empty() ? font->second : std::string_view(code_page_);
    const std::string bytes = std::exchange(pending_, {});
    add_text(plain ? bytes : convert_to_utf8(bytes, encoding));
  }

  void add_text(std::string_view text) {
    if (state().hidden) return;
    switch (state().destination) {
      case Destination::kText: paragraph_ += text; break;
      case Destination::kTitle: title_ += text; break;
      case Destination::kMarker: marker_ += text; break;
      case Destination::kStyles: style_name_ += text; break;
      default: break;
    }
  }

  void end_paragraph() {
    if (in_table_) {
      paragraph_ += '\n';
      return;
    }
    if (trim(paragraph_).empty()) {
      paragraph_.clear();
      marker_.clear();
      return;
    }
    end_table();
    const auto heading = heading_styles_.find(style_);
    const int level = outline_ > 0 ? outline_ : heading == heading_styles_.end() ? 0 : heading->second;
    std::string marker(trim(std::exchange(marker_, {})));
    // A bullet is a character of a symbol font; a number says something.
    const bool has_number = std::any_of(marker.begin(), marker.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
    if (!marker.empty()) marker = has_number && marker.size() < 20 ? marker + " " : "- ";
    if (level > 0) builder_.open(BlockKind::kHeading, level, marker == "- " ? "" : marker);
    else if (!marker.empty()) builder_.open(BlockKind::kListItem, 1, marker);
    else builder_.open(BlockKind::kParagraph);
    std::string_view rest = paragraph_;
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      builder_.append(rest.substr(0, end));
      builder_.line_break();
      rest.remove_prefix(end + 1);
    }
    builder_.append(rest);
    builder_.close();
    if (level == 1 && first_heading_.empty()) first_heading_ = paragraph_;
    paragraph_.clear();
  }

  void end_table() {
    if (!row_.empty()) rows_.push_back(std::exchange(row_, {}));
    if (rows_.empty()) return;
    Records records = std::exchange(rows_, {});
    std::size_t width = 0;
    for (const auto& record : records) width = std::max(width, record.size());
    if (width * records.size() > kMaxTableCells) return;
    for (auto& record : records) record.resize(width);
    builder_.add_table(shape_table(std::move(records)));
  }

  const std::string_view bytes_;
  ExtractBuilder& builder_;
  std::size_t at_ = 0;
  std::vector<State> states_;
  std::string code_page_ = "windows-1252";
  std::map<int, std::string> fonts_;
  std::map<int, int> heading_styles_;
  int defined_font_ = -1, defined_style_ = 0, style_ = 0, outline_ = 0, stand_ins_ = 0;
  std::uint32_t high_ = 0;
  bool starts_group_ = false, optional_ = false, in_table_ = false;
  std::string pending_, paragraph_, marker_, title_, style_name_, first_heading_;
  std::vector<std::string> row_;
  Records rows_;
};

}  // namespace

Result<Extract> parse_rtf(std::string_view bytes, ParseContext&) {
  if (!bytes.starts_with("{\\rtf")) return fail(ErrorCode::kBadInput, "it is no RTF document");
  ExtractBuilder builder("rtf/1");
  RtfReader reader(bytes, builder);
  GROUNDS_RETURN_IF_ERROR(reader.read());
  builder.set_title(reader.title());
  return builder.finish();
}

}  // namespace grounds::parsing
