// PowerPoint 97-2003 ([MS-PPT]): the texts of the slides, in the order of the presentation's outline, then texts
// that stand in shapes of their own.
#include <algorithm>

#include "base/utf8.h"
#include "ingest/parsers/compound_file.h"
#include "ingest/parsers/encoding.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"

namespace grounds::parsing {
namespace {

// Types of records.
constexpr std::uint32_t kSlide = 1006, kNotes = 1008, kSlideList = 4080, kSlidePersist = 1011, kTextHeader = 3999,
                        kTextChars = 4000, kTextBytes = 4008, kMainMaster = 1016, kHandout = 4041;
// Kinds of text, as a text header has them.
constexpr std::uint32_t kTitleText = 0, kCentredTitleText = 6;
constexpr int kMaxDepth = 50;
constexpr std::uint32_t kMasters = 1, kNotesPages = 2;  // instances of the slide list

std::uint32_t number_at(std::string_view bytes, std::size_t at, int size) {
  std::uint32_t value = 0;
  for (int i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
  return value;
}

class PresentationReader {
 public:
  explicit PresentationReader(ExtractBuilder& builder) : builder_(builder) {}

  // `list`: which slide list the records are in; -1 for none.
  void read(std::string_view bytes, int depth, int list) {
    while (bytes.size() >= 8 && !builder_.over_limit()) {
      const std::uint32_t options = number_at(bytes, 0, 2), type = number_at(bytes, 2, 2);
      const std::size_t size = std::min<std::size_t>(number_at(bytes, 4, 4), bytes.size() - 8);
      const std::string_view content = bytes.substr(8, size);
      bytes.remove_prefix(8 + size);
      const bool is_container = (options & 0xF) == 0xF;
      if (type == kMainMaster || type == kHandout) continue;  // what every slide shows, and printing
      if (is_container && depth < kMaxDepth) {
        const int inner = type == kSlideList ? static_cast<int>(options >> 4) : list;
        if (type == kSlide) builder_.set_page(++drawn_slides_);
        if (type == kNotes) builder_.set_page(++drawn_notes_);
        if (inner != static_cast<int>(kMasters)) read(content, depth + 1, inner);
      } else if (type == kSlidePersist) {
        builder_.set_page(++listed_[list == static_cast<int>(kNotesPages) ? 1 : 0]);
      } else if (type == kTextHeader && content.size() >= 4) {
        kind_ = number_at(content, 0, 4);
      } else if (type == kTextChars) {
        add(convert_to_utf8(content, "UTF-16LE"));
      } else if (type == kTextBytes) {
        add(convert_to_utf8(content, "windows-1252"));
      }
    }
  }

 private:
  // Paragraphs end with a carriage return, lines with a vertical tab.
  void add(const std::string& text) {
    const bool is_title = kind_ == kTitleText || kind_ == kCentredTitleText;
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (trim(line).empty() || line == "*") continue;  // "*" stands for a page number
      builder_.open(is_title ? BlockKind::kHeading : BlockKind::kParagraph, is_title ? 1 : 0);
      for (std::size_t at = line.find('\v'); at != std::string_view::npos; at = line.find('\v')) {
        builder_.append(line.substr(0, at));
        builder_.line_break();
        line.remove_prefix(at + 1);
      }
      builder_.append(line);
      builder_.close();
      if (is_title) builder_.set_title(line);
    }
    kind_ = 4;  // other text, until a header says more
  }

  ExtractBuilder& builder_;
  std::uint32_t kind_ = 4;
  int drawn_slides_ = 0, drawn_notes_ = 0;
  int listed_[2] = {0, 0};
};

}  // namespace

Result<Extract> parse_legacy_powerpoint(std::string_view bytes, ParseContext&) {
  GROUNDS_ASSIGN_OR_RETURN(const CompoundFile file, CompoundFile::open(bytes));
  const std::int64_t at = file.find("PowerPoint Document", 0);
  if (at < 0) return fail(ErrorCode::kBadInput, "it is no PowerPoint presentation");
  GROUNDS_ASSIGN_OR_RETURN(const std::string stream, file.read(file.entries()[static_cast<std::size_t>(at)]));
  ExtractBuilder builder("ppt/2");
  PresentationReader(builder).read(stream, 0, -1);
  return builder.finish();
}

}  // namespace grounds::parsing
