// EPUB books (W3C EPUB 3, and 2): the documents of the spine, in its order.
#include <map>

#include "base/utf8.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/office_package.h"

namespace grounds::parsing {
namespace {

class ContainerReader final : public XmlHandler {
 public:
  void start_element(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "rootfile" && package.empty()) package = attributes.get("full-path");
  }
  void end_element(std::string_view) override {}
  void characters(std::string_view) override {}
  std::string package;
};

class PackageReader final : public XmlHandler {
 public:
  void start_element(std::string_view name, const XmlAttributes& attributes) override {
    in_title_ = name == "title" && title.empty();
    if (name == "item") items[std::string(attributes.get("id"))] = attributes.get("href");
    if (name == "itemref") spine.emplace_back(attributes.get("idref"));
  }
  void end_element(std::string_view) override { in_title_ = false; }
  void characters(std::string_view text) override {
    if (in_title_) title += text;
  }
  std::map<std::string, std::string> items;
  std::vector<std::string> spine;
  std::string title;

 private:
  bool in_title_ = false;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// References are URLs: "%20" stands for a space.
std::string unescape(std::string_view url) {
  std::string path;
  for (std::size_t i = 0; i < url.size(); ++i) {
    const int high = url[i] == '%' && i + 2 < url.size() ? hex_digit(url[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(url[i + 2]) : -1;
    if (low >= 0) {
      path += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      path += url[i];
    }
  }
  return path;
}

}  // namespace

Result<Extract> parse_epub(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(ZipArchive archive, ZipArchive::open(bytes));
  OfficePackage files(std::move(archive), context);
  std::vector<std::string> warnings;
  if (files.archive().find("META-INF/encryption.xml") != nullptr && files.archive().find("META-INF/rights.xml") != nullptr) {
    return fail(ErrorCode::kBadInput, "the book is protected by rights management, which is not supported");
  }
  ContainerReader container;
  GROUNDS_RETURN_IF_ERROR(files.read_main("META-INF/container.xml", container, warnings));
  PackageReader package;
  GROUNDS_RETURN_IF_ERROR(files.read_main(container.package, package, warnings));
  ExtractBuilder builder("epub/1");
  builder.set_title(package.title);
  for (const std::string& id : package.spine) {
    const auto item = package.items.find(id);
    if (item == package.items.end()) continue;
    const std::string path = resolve_part(container.package, unescape(item->second));
    const auto content = files.archive().read(path, context);
    // A chapter is HTML whatever it is called.
    auto chapter = content ? parse_part("chapter.html", *content, context) : Result<Extract>(fail(content.error()));
    if (!chapter) {
      if (chapter.error().message != "the document has no text") warnings.push_back(path + ": " + chapter.error().message);
      continue;
    }
    builder.add_extract(std::move(*chapter));
    if (builder.over_limit()) break;
  }
  for (std::string& warning : warnings) builder.warn(std::move(warning));
  return builder.finish();
}

}  // namespace grounds::parsing
