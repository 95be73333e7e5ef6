#include "ingest/sources/sitemap.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"

namespace grounds::sources {
namespace {

std::string resolve_entities(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
  std::string result;
  while (!text.empty()) {
    bool found = false;
    for (const auto& [written, meant] : kEntities) {
      if (!text.starts_with(written)) continue;
      result += meant;
      text.remove_prefix(written.size());
      found = true;
      break;
    }
    if (found) continue;
    result += text[0];
    text.remove_prefix(1);
  }
  return result;
}

// The name of the tag at the start of `text` ("</loc>": "/loc"), without a namespace's prefix.
std::string_view tag_name(std::string_view text) {
  std::string_view name = text.substr(1, text.find_first_of(" \t\r\n>", 1) - 1);
  const bool closes = name.starts_with('/');
  if (const std::size_t colon = name.find(':'); colon != std::string_view::npos && !closes) name.remove_prefix(colon + 1);
  return name;
}

Status add(std::string_view location, std::size_t most, Sitemap& into) {
  location = trim(location);
  if (location.empty()) return {};
  if (into.locations.size() >= most) {
    return fail(ErrorCode::kBadInput, "it lists more than " + std::to_string(most) + " URLs", "raise max_urls in [web] of grounds.toml");
  }
  into.locations.push_back(resolve_entities(location));
  return {};
}

}  // namespace

Result<Sitemap> parse_sitemap(std::string_view text, std::size_t most) {
  Sitemap sitemap;
  if (text.find('<') == std::string_view::npos) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = trim(text.substr(0, end));
      if (!line.empty() && !line.starts_with("http")) return fail(ErrorCode::kBadInput, "it is no sitemap and no list of URLs");
      GROUNDS_RETURN_IF_ERROR(add(line, most, sitemap));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return sitemap;
  }
  bool is_sitemap = false;
  std::string_view parent;  // the element that a location stands in: url, sitemap, or of an extension: image:image
  for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("<!--")) {
      const std::size_t end = text.find("-->", at);
      if (end == std::string_view::npos) break;
      at = end;
      continue;
    }
    const std::string_view name = tag_name(rest.substr(0, 256));
    if (name == "urlset" || name == "sitemapindex") is_sitemap = true;
    if (name == "sitemapindex") sitemap.is_index = true;
    if (name == "url" || name == "sitemap" || name == "image" || name == "video") parent = name;
    if (name != "loc" || parent == "image" || parent == "video") {
      if (name.starts_with("/image") || name.starts_with("/video")) parent = "url";
      continue;
    }
    const std::size_t begin = text.find('>', at);
    const std::size_t end = begin == std::string_view::npos ? begin : text.find("</", begin);
    if (end == std::string_view::npos) break;
    std::string_view location = trim(text.substr(begin + 1, end - begin - 1));
    if (location.starts_with("<![CDATA[") && location.ends_with("]]>")) location = location.substr(9, location.size() - 12);
    GROUNDS_RETURN_IF_ERROR(add(location, most, sitemap));
    at = end;
  }
  if (!is_sitemap) return fail(ErrorCode::kBadInput, "it is no sitemap");
  return sitemap;
}

}  // namespace grounds::sources
