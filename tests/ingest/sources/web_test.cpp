// What may be fetched from the web, and from which addresses.
#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <sstream>

#include "ingest/sources/sitemap.h"
#include "ingest/sources/url_source.h"
#include "ingest/sources/web_address.h"
#include "ingest/sources/web_client.h"

using namespace grounds;
using namespace grounds::sources;
using Lines = std::vector<std::string>;

namespace {

bool is_public(const char* text) {
  char bytes[16] = {};
  if (inet_pton(AF_INET, text, bytes) == 1) return is_public_address({bytes, 4});
  REQUIRE(inet_pton(AF_INET6, text, bytes) == 1);
  return is_public_address({bytes, 16});
}

std::string origin_and_target(std::string_view url) {
  const auto parsed = parse_web_url(url);
  return parsed ? parsed->origin() + " " + parsed->target : "refused: " + parsed.error().message;
}

}  // namespace

TEST_CASE("addresses of private nets, this machine, its link and other special nets are not public, in any form") {
  for (const char* address : {"127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
                              "0.0.0.0", "100.64.0.1", "100.127.255.255", "192.0.2.1", "192.0.0.8", "198.18.0.1", "198.51.100.7", "203.0.113.9",
                              "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "fec0::1",
                              "::ffff:127.0.0.1", "::ffff:10.1.2.3", "64:ff9b::7f00:1", "2002:7f00:1::", "2002:c0a8:101::1", "2001:db8::1",
                              "2001::1", "::127.0.0.1", "100::1"}) {
    INFO(address);
    CHECK(!is_public(address));
  }
  for (const char* address : {"8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "192.167.1.1", "100.63.0.1", "100.128.0.1", "169.253.0.1",
                              "223.255.255.255", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::1"}) {
    INFO(address);
    CHECK(is_public(address));
  }
  CHECK(!is_public_address(""));
  CHECK(!is_public_address("abc"));
}

TEST_CASE("URLs are taken apart, and what is no plain URL of the web is refused") {
  CHECK(origin_and_target("https://Docs.Example.com/a/b.html?x=1#part") == "https://docs.example.com /a/b.html?x=1");
  CHECK(origin_and_target("http://example.com") == "http://example.com /");
  CHECK(origin_and_target("http://example.com:80?q") == "http://example.com /?q");
  CHECK(origin_and_target("HTTP://example.com:8080/") == "http://example.com:8080 /");
  CHECK(origin_and_target("https://example.com/手册 1.md") == "https://example.com /%E6%89%8B%E5%86%8C%201.md");
  CHECK(origin_and_target("http://[2606:4700::1111]:81/x") == "http://[2606:4700::1111]:81 /x");
  for (const char* url : {"", "ftp://example.com/", "file:///etc/passwd", "example.com", "https://", "http://user:pw@example.com/", "http://a@b/",
                          "http://exa mple.com/", "http://例子.com/", "http://example.com:0/", "http://example.com:99999/", "http://example.com:x/",
                          "http://[::1/", "http://[zz]/", "http://[::1]x/", "http://a\\b/", "http://a/\r\nHost: b"}) {
    INFO(url);
    CHECK(origin_and_target(url).starts_with("refused: "));
  }
}

TEST_CASE("a redirect leads to where browsers would go") {
  const WebUrl from = parse_web_url("https://example.com/a/b?c").value();
  const auto target = [&](std::string_view location) {
    const auto url = resolve_location(from, location);
    return url ? url->origin() + url->target : "refused";
  };
  CHECK(target("d") == "https://example.com/a/d");
  CHECK(target("/d") == "https://example.com/d");
  CHECK(target("//other.com/d") == "https://other.com/d");
  CHECK(target("http://other.com") == "http://other.com/");
  CHECK(target("gopher://other.com") == "refused");
}

TEST_CASE("a host is allowed by its name, by name and port, or with all names below") {
  const auto listed = [](std::string_view url, Lines list) { return host_is_listed(parse_web_url(url).value(), list); };
  CHECK(listed("https://docs.example.com/", {"Docs.Example.com"}));
  CHECK(!listed("https://docs.example.com/", {"example.com"}));
  CHECK(!listed("https://example.com/", {"docs.example.com", "ample.com"}));
  CHECK(listed("https://a.b.example.com/", {"*.example.com"}));
  CHECK(!listed("https://example.com/", {"*.example.com"}));
  CHECK(!listed("https://evilexample.com/", {"*.example.com"}));
  CHECK(listed("http://example.com:81/", {"example.com:81"}));
  CHECK(!listed("http://example.com:82/", {"example.com:81"}));
  CHECK(listed("http://[::1]:82/", {"[::1]"}));
  CHECK(listed("http://[::1]:82/", {"[::1]:82"}));
  CHECK(!listed("http://[::1]:82/", {"[::1]:83"}));
  CHECK(!listed("http://a/", {}));
  for (const char* bad : {"", "*", "https://a.com", "a.com/x", "a.*.com"}) {
    INFO(bad);
    CHECK(!check_web_settings({.hosts = {bad}}).has_value());
  }
  CHECK(check_web_settings({.hosts = {"*.a.com", "b.com:8443"}}).has_value());
}

TEST_CASE("names and numbers that mean this machine are refused before anything is sent, also where the host is allowed") {
  for (const char* url : {"http://127.0.0.1:9/", "http://localhost:9/", "http://2130706433:9/", "http://0x7f000001:9/", "http://0177.0.0.1:9/",
                          "http://[::1]:9/", "http://[::ffff:127.0.0.1]:9/", "http://0.0.0.0:9/"}) {
    INFO(url);
    WebSettings settings;
    const WebUrl parsed = parse_web_url(url).value();
    settings.hosts = {parsed.host.find(':') == std::string::npos ? parsed.host : "[" + parsed.host + "]"};
    const auto page = fetch_page(url, settings);
    REQUIRE(!page.has_value());
    CHECK(page.error().code == ErrorCode::kRefused);
    CHECK(page.error().message.find("not of the public internet") != std::string::npos);
  }
  CHECK(fetch_page("http://example.com/", {}).error().message == "the host example.com is not allowed");
}

TEST_CASE("a sitemap gives the locations of its pages, of images none, and an index those of sitemaps") {
  const auto urls = parse_sitemap("<?xml version=\"1.0\"?><urlset xmlns=\"x\" xmlns:image=\"y\"><!-- <loc>http://no/</loc> -->"
                                  "<url><loc> http://a/?b=1&amp;c=2 </loc><image:image><image:loc>http://a/x.png</image:loc></image:image>"
                                  "<lastmod>2026-01-01</lastmod></url><url><loc><![CDATA[http://a/d]]></loc></url></urlset>", 10);
  REQUIRE(urls.has_value());
  CHECK(!urls->is_index);
  CHECK(urls->locations == Lines{"http://a/?b=1&c=2", "http://a/d"});
  const auto index = parse_sitemap("<s:sitemapindex xmlns:s=\"x\"><s:sitemap><s:loc>http://a/1.xml</s:loc></s:sitemap></s:sitemapindex>", 10);
  REQUIRE(index.has_value());
  CHECK(index->is_index);
  CHECK(index->locations == Lines{"http://a/1.xml"});
  CHECK(parse_sitemap("http://a/1\r\n\nhttp://a/2\n", 10)->locations == Lines{"http://a/1", "http://a/2"});
  CHECK(parse_sitemap("<urlset></urlset>", 10)->locations.empty());
}

TEST_CASE("what is no sitemap, or lists too much, is refused, however it is cut") {
  CHECK(!parse_sitemap("<html><p>Not found</p></html>", 10).has_value());
  CHECK(!parse_sitemap("Not found", 10).has_value());
  CHECK(parse_sitemap("<urlset><loc>a</loc><loc>b</loc><loc>c</loc></urlset>", 2).error().message == "it lists more than 2 URLs");
  const std::string whole = "<urlset><!-- x --><url><loc>http://a/&amp;</loc></url></urlset>";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto cut = parse_sitemap(std::string_view(whole).substr(0, size), 10);
    if (cut) CHECK(cut->locations.size() <= 1);
  }
  // Entities of its own are none.
  CHECK(parse_sitemap("<!DOCTYPE x [<!ENTITY a \"http://b/\">]><urlset><loc>&a;</loc></urlset>", 10)->locations == Lines{"&a;"});
}

TEST_CASE("a list gives each URL once, without its fragment, and a failure for each that is none or not allowed") {
  std::istringstream input("# pages\nhttps://a.com/x\n\n  https://a.com/y#top \r\nhttps://a.com/x#end\nnonsense\nhttps://b.com/\n");
  WebSettings settings;
  settings.hosts = {"a.com"};
  const auto source = open_url_list(input, settings);
  Lines found;
  while (auto item = source->next()) found.push_back(*item ? (*item)->uri + " " + (*item)->name : "!" + item->error().uri);
  CHECK(found == Lines{"https://a.com/x x", "https://a.com/y y", "!nonsense", "!https://b.com/"});
}
