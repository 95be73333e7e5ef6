// OFD documents (GB/T 33190-2016): pages of text objects at places, put together into lines.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "base/utf8.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/office_package.h"

namespace grounds::parsing {
namespace {

class RootReader final : public XmlHandler {
 public:
  void start_element(std::string_view name, const XmlAttributes&) override { inside_ = name; }
  void end_element(std::string_view name) override {
    if (name == "DocRoot" && !root_.empty()) roots.push_back(std::exchange(root_, {}));
    inside_.clear();
  }
  void characters(std::string_view text) override {
    if (inside_ == "DocRoot") root_ += text;
    if (inside_ == "Title") title += text;
  }
  std::vector<std::string> roots;
  std::string title;

 private:
  std::string inside_, root_;
};

class PageListReader final : public XmlHandler {
 public:
  void start_element(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "Page") pages.emplace_back(attributes.get("BaseLoc"));
  }
  void end_element(std::string_view) override {}
  void characters(std::string_view) override {}
  std::vector<std::string> pages;
};

struct PlacedText {
  double x = 0, y = 0, size = 0;  // millimetres
  std::string text;
};

std::array<double, 4> four_numbers(std::string_view text) {
  std::array<double, 4> numbers{};
  const std::string copy(text);
  const char* at = copy.c_str();
  for (double& number : numbers) {
    char* end = nullptr;
    number = std::strtod(at, &end);
    if (end == at || !std::isfinite(number)) return {};
    at = end;
  }
  return numbers;
}

double number_of(std::string_view text) {
  const double value = std::strtod(std::string(text).c_str(), nullptr);
  return std::isfinite(value) ? value : 0;
}

class PageReader final : public XmlHandler {
 public:
  void start_element(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "TextObject") {
      const auto box = four_numbers(attributes.get("Boundary"));
      left_ = box[0];
      top_ = box[1];
      size_ = number_of(attributes.get("Size"));
    } else if (name == "TextCode") {
      texts.push_back({left_ + number_of(attributes.get("X")), top_ + number_of(attributes.get("Y")), size_, {}});
      inside_ = true;
    }
  }
  void end_element(std::string_view name) override {
    if (name == "TextCode") inside_ = false;
  }
  void characters(std::string_view text) override {
    if (inside_) texts.back().text += text;
  }
  std::vector<PlacedText> texts;

 private:
  double left_ = 0, top_ = 0, size_ = 0;
  bool inside_ = false;
};

// Texts whose base lines are within a third of their size are one line, from left to right; a gap of about two
// lines starts a paragraph. A line of several texts is one of a form or table, and stays a line.
void add_page(std::vector<PlacedText> texts, ExtractBuilder& builder) {
  std::stable_sort(texts.begin(), texts.end(), [](const PlacedText& a, const PlacedText& b) { return a.y < b.y; });
  double previous = 0, previous_size = 0;
  std::size_t previous_texts = 1;
  for (std::size_t begin = 0; begin < texts.size();) {
    std::size_t end = begin + 1;
    const double tolerance = std::max(texts[begin].size, 1.0) / 3;
    while (end < texts.size() && texts[end].y - texts[begin].y <= tolerance) ++end;
    std::stable_sort(texts.begin() + static_cast<std::ptrdiff_t>(begin), texts.begin() + static_cast<std::ptrdiff_t>(end),
                     [](const PlacedText& a, const PlacedText& b) { return a.x < b.x; });
    const double size = std::max(texts[begin].size, 1.0);
    const bool starts = !builder.is_open() || texts[begin].y - previous > 1.9 * size || std::fabs(size - previous_size) > 0.5;
    if (starts) builder.open(BlockKind::kParagraph);
    else if (end - begin > 1 || previous_texts > 1) builder.line_break();
    else builder.append("\n");
    for (std::size_t i = begin; i < end; ++i) {
      if (i > begin) builder.append(" ");
      builder.append(texts[i].text);
    }
    previous = texts[begin].y;
    previous_size = size;
    previous_texts = end - begin;
    begin = end;
  }
  builder.close();
}

}  // namespace

Result<Extract> parse_ofd(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(ZipArchive archive, ZipArchive::open(bytes));
  OfficePackage package(std::move(archive), context);
  std::vector<std::string> warnings;
  if (package.archive().find("Encryptions.xml") != nullptr || package.archive().find("decryptseed.dat") != nullptr) {
    return fail(ErrorCode::kBadInput, "the document is encrypted", "save it without a password; passwords are not taken");
  }
  RootReader root;
  GROUNDS_RETURN_IF_ERROR(package.read_main("OFD.xml", root, warnings));
  ExtractBuilder builder("ofd/1");
  builder.set_title(root.title);
  int number = 0;
  for (const std::string& document : root.roots) {
    const std::string part = resolve_part("", trim(document));
    PageListReader list;
    GROUNDS_RETURN_IF_ERROR(package.read_main(part, list, warnings));
    for (const std::string& page : list.pages) {
      PageReader reader;
      builder.set_page(++number);
      if (package.read_part(resolve_part(part, page), reader, warnings)) add_page(std::move(reader.texts), builder);
      if (builder.over_limit()) break;
    }
  }
  for (std::string& warning : warnings) builder.warn(std::move(warning));
  return builder.finish();
}

}  // namespace grounds::parsing
