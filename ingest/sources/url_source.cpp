#include "ingest/sources/url_source.h"

#include <algorithm>
#include <array>
#include <deque>
#include <unordered_set>

#include "base/hash.h"
#include "base/utf8.h"
#include "ingest/sources/sitemap.h"
#include "ingest/sources/web_address.h"

namespace grounds {
namespace {

using Found = std::optional<tl::expected<SourceItem, SourceFailure>>;

constexpr std::size_t kMaxLineBytes = 8192;
constexpr int kMaxSitemaps = 1'000;

struct MediaType {
  std::string_view type, extension;
};
constexpr std::array<MediaType, 17> kMediaTypes = {{
    {"text/html", "html"}, {"application/xhtml+xml", "html"}, {"text/markdown", "md"}, {"text/csv", "csv"},
    {"text/tab-separated-values", "tsv"}, {"application/pdf", "pdf"}, {"application/json", "json"}, {"application/xml", "xml"},
    {"text/xml", "xml"}, {"application/rtf", "rtf"}, {"application/epub+zip", "epub"}, {"application/msword", "doc"},
    {"application/vnd.ms-excel", "xls"}, {"application/vnd.ms-powerpoint", "ppt"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"},
}};

// The last part of the URL's path: "report.pdf"; "" if it ends with a slash.
std::string last_part(std::string_view target) {
  target = target.substr(0, target.find('?'));
  return std::string(target.substr(target.rfind('/') + 1));
}

std::string extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  std::string extension(dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1));
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return extension;
}

// Formats that a web page in their place is an error of: a login, a notice.
bool is_no_page(const std::string& extension) {
  static constexpr std::array<std::string_view, 14> kFiles = {"pdf", "docx", "xlsx", "pptx", "doc", "xls", "ppt",
                                                              "odt", "ods", "odp", "ofd", "epub", "zip", "csv"};
  return std::ranges::find(kFiles, extension) != kFiles.end();
}

std::string name_for(const std::string& from_url, const std::string& content_type) {
  const auto known = std::ranges::find(kMediaTypes, content_type, &MediaType::type);
  if (known == kMediaTypes.end() || extension_of(from_url) == known->extension) return from_url;
  return (from_url.empty() ? "page" : from_url) + "." + std::string(known->extension);
}

class UrlSource : public Source {
 public:
  explicit UrlSource(const WebSettings& settings) : settings_(settings) {}

  Result<SourceContent> read(const SourceItem& item, std::uint64_t limit) const override {
    GROUNDS_ASSIGN_OR_RETURN(WebPage page, fetch_page(item.uri, settings_, limit));
    const std::string extension = extension_of(item.name);
    if (is_no_page(extension) && (page.content_type == "text/html" || page.content_type == "application/xhtml+xml")) {
      return fail(ErrorCode::kBadInput, "the server sent a web page in place of the ." + extension + " file, such as a login or a notice");
    }
    return SourceContent{std::move(page.bytes), name_for(item.name, page.content_type)};
  }

 protected:
  // nullopt: it was listed before.
  Found found(std::string_view url) {
    url = trim(url.substr(0, url.find('#')));
    const auto failure = [&](Error error) { return tl::unexpected(SourceFailure{replace_invalid_utf8(url.substr(0, 1000)), std::move(error)}); };
    auto parsed = sources::parse_web_url(url);
    if (!parsed) return failure(std::move(parsed).error());
    if (!is_valid_utf8(url)) return failure({ErrorCode::kBadInput, "the URL is not valid UTF-8", {}});
    if (!seen_.insert(sha256_hex(url)).second) return std::nullopt;
    if (seen_.size() > static_cast<std::size_t>(settings_.max_urls)) {
      is_over_ = true;
      auto over = failure({ErrorCode::kBadInput, "more than " + std::to_string(settings_.max_urls) + " URLs are listed; the rest is left out",
                           "raise max_urls in [web] of grounds.toml"});
      over.value().is_of_all = true;
      return over;
    }
    if (!sources::host_is_listed(*parsed, settings_.hosts) && !sources::host_is_listed(*parsed, settings_.private_hosts)) {
      return failure({ErrorCode::kRefused, "the host " + parsed->host + " is not allowed", "add it to hosts in [web] of grounds.toml"});
    }
    SourceItem item;
    item.uri = url;
    item.name = last_part(parsed->target);
    return item;
  }

  // More is listed than may be: nothing further is looked at.
  bool is_over() const { return is_over_; }

  const WebSettings& settings_;

 private:
  bool is_over_ = false;
  std::unordered_set<std::string> seen_;
};

class UrlList final : public UrlSource {
 public:
  UrlList(std::istream& input, const WebSettings& settings) : UrlSource(settings), input_(input) {}

  std::optional<tl::expected<SourceItem, SourceFailure>> next() override {
    std::string line;
    while (!is_over() && std::getline(input_, line)) {
      const std::string_view url = trim(line);
      if (url.empty() || url.starts_with('#')) continue;
      if (line.size() > kMaxLineBytes) line.resize(kMaxLineBytes);  // longer than any URL: refused as one
      if (auto item = found(trim(line))) return item;
    }
    return std::nullopt;
  }

 private:
  std::istream& input_;
};

class SitemapSource final : public UrlSource {
 public:
  SitemapSource(std::string url, const WebSettings& settings) : UrlSource(settings) { sitemaps_.push_back(std::move(url)); }

  std::optional<tl::expected<SourceItem, SourceFailure>> next() override {
    while (!is_over()) {
      while (!urls_.empty()) {
        const std::string url = std::move(urls_.front());
        urls_.pop_front();
        if (auto item = found(url)) return item;
      }
      if (sitemaps_.empty()) return std::nullopt;
      const std::string sitemap = std::move(sitemaps_.front());
      sitemaps_.pop_front();
      if (auto problem = load(sitemap)) {
        problem->message = "the sitemap cannot be read: " + problem->message;
        return tl::unexpected(SourceFailure{replace_invalid_utf8(sitemap.substr(0, 1000)), std::move(*problem), true});
      }
    }
    return std::nullopt;
  }

 private:
  std::optional<Error> load(const std::string& url) {
    if (++loaded_ > kMaxSitemaps) return Error{ErrorCode::kBadInput, "there are more than " + std::to_string(kMaxSitemaps) + " sitemaps", {}};
    const auto page = fetch_page(url, settings_);
    if (!page) return page.error();
    if (page->bytes.starts_with("\x1F\x8B")) return Error{ErrorCode::kBadInput, "it is compressed; name the one that is not", {}};
    auto sitemap = sources::parse_sitemap(page->bytes, static_cast<std::size_t>(settings_.max_urls));
    if (!sitemap) return sitemap.error();
    // An index lists sitemaps, not indexes: no round can be made.
    if (sitemap->is_index && loaded_ > 1) return Error{ErrorCode::kBadInput, "an index of sitemaps lists another index", {}};
    auto& into = sitemap->is_index ? sitemaps_ : urls_;
    for (std::string& location : sitemap->locations) into.push_back(std::move(location));
    return std::nullopt;
  }

  std::deque<std::string> sitemaps_, urls_;
  int loaded_ = 0;
};

}  // namespace

std::unique_ptr<Source> open_url_list(std::istream& input, const WebSettings& settings) {
  return std::make_unique<UrlList>(input, settings);
}

std::unique_ptr<Source> open_sitemap(std::string url, const WebSettings& settings) {
  return std::make_unique<SitemapSource>(std::move(url), settings);
}

}  // namespace grounds
