"""Documents of the web: lists of URLs and sitemaps, from a server on this machine that the workspace allows by name."""
import http.server
import threading
import time
import unittest

from e2e.program import Workspace

PAGE = "<html><head><title>{0}</title></head><body><p>Here is said what there is to say about the {0}.</p></body></html>"


class Site(http.server.ThreadingHTTPServer):
    """`pages`: path -> function of the handler, or (content type, body)."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.asked = {}, []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def page(self, path, word):
        self.pages[path] = ("text/html; charset=utf-8", PAGE.format(word).encode())

    def sitemap(self, path, *urls, index=False):
        outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
        self.pages[path] = ("application/xml", (f"<?xml version='1.0'?><{outer}>" + "".join(
            f"<{inner}><loc>{url}</loc></{inner}>" for url in urls) + f"</{outer}>").encode())


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        page = self.server.pages.get(self.path, (404, b"Nobody has ever seen a quagga here."))
        if callable(page):
            return page(self)
        status, kind = (page[0], "text/html") if isinstance(page[0], int) else (200, page[0])
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(page[1])))
        self.end_headers()
        self.wfile.write(page[1])

    def log_message(self, *_):
        pass


def redirect(to, status=302):
    def answer(handler):
        handler.send_response(status)
        handler.send_header("Location", to)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
    return answer


class UrlSources(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.json("collections", "create", "default", "--model", "none")
        self.site = Site()
        self.addCleanup(self.site.server_close)
        self.addCleanup(self.site.shutdown)
        self.allow('private_hosts = ["127.0.0.1"]\ntimeout_seconds = 5\nmax_megabytes = 1\n')

    def allow(self, settings):
        (self.workspace.path / "grounds.toml").write_text("[web]\n" + settings)

    def ingest(self, *paths, check=0, command="ingest"):
        listed = "\n".join(self.site.url + path if path.startswith("/") else path for path in paths)
        return self.workspace.json(command, "--urls", "-", stdin=listed.encode(), check=check)

    def uris(self, query):
        return sorted(r["uri"].removeprefix(self.site.url) for r in self.workspace.json("search", query, "-k", 100)["results"])

    def test_a_list_is_fetched_and_again_unchanged_and_followed_when_it_changes(self):
        self.site.page("/a", "gnu")
        self.site.pages["/手册.md"] = self.site.pages["/%E6%89%8B%E5%86%8C.md"] = ("text/markdown", "# 手册\n\n关于羚羊。".encode())
        self.site.pages["/prices?as=csv"] = ("text/csv", "Part,Price\nkudu,12\n".encode())
        report = self.ingest("/a", "# a comment", "", "/手册.md", "/prices?as=csv")
        self.assertEqual(report["documents"]["added"], 3)
        self.assertEqual(self.uris("gnu"), ["/a"])
        self.assertEqual(self.workspace.json("docs", "show", self.site.url + "/a")["title"], "gnu")
        self.assertEqual(self.uris("羚羊"), ["/手册.md"])
        self.assertIn("Part | Price", self.workspace.run("docs", "extract", self.site.url + "/prices?as=csv").out)
        again = self.ingest("/a", "/手册.md", "/prices?as=csv")
        self.assertEqual((again["documents"]["unchanged"], again["generation"]), (3, report["generation"]))
        self.site.page("/a", "oryx")
        self.assertEqual(self.ingest("/a")["documents"]["updated"], 1)
        self.assertEqual((self.uris("gnu"), self.uris("oryx")), ([], ["/a"]))

    def test_a_page_about_an_error_is_no_content_and_the_last_good_version_stays(self):
        self.site.page("/a", "gnu")
        self.ingest("/a")
        for status in (404, 403, 500, 503):
            self.site.pages["/a"] = (status, PAGE.format("quagga").encode())
            report = self.ingest("/a", "/never-there", check=5)
            self.assertEqual([f["stage"] for f in report["failures"]], ["read", "read"])
            reasons = {f["uri"]: f["reason"] for f in report["failures"]}
            self.assertIn(f"status {status}", reasons[self.site.url + "/a"])
            self.assertEqual((self.uris("gnu"), self.uris("quagga")), (["/a"], []))
        # A login in place of a file.
        self.site.page("/report.pdf", "quagga")
        report = self.ingest("/report.pdf", check=5)
        self.assertIn("web page in place of the .pdf", report["failures"][0]["reason"])
        self.assertEqual(len(self.workspace.json("docs", "list")["documents"]), 1)

    def test_what_breaks_off_drips_or_is_too_large_fails_and_leaves_nothing(self):
        def cut(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", "100000")
            handler.end_headers()
            handler.wfile.write(b"quagga " * 100)

        def drip(handler):
            handler.send_response(200)
            handler.end_headers()
            try:
                for _ in range(600):
                    handler.wfile.write(b"quagga ")
                    time.sleep(0.1)
            except OSError:
                pass

        def endless_head(handler):
            try:
                handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Endless: ")
                for _ in range(2_000):
                    handler.wfile.write(b"quagga " * 10_000)
                    sent["head"] += 70_000
            except OSError:
                pass
        sent = {"head": 0}
        self.allow('private_hosts = ["127.0.0.1"]\ntimeout_seconds = 2\nmax_megabytes = 1\n')
        self.site.pages.update({"/cut": cut, "/drip": drip, "/large": ("text/plain", b"quagga " * 200_000), "/head": endless_head})
        started = time.monotonic()
        report = self.ingest("/cut", "/drip", "/large", "/head", check=5)
        self.assertLess(time.monotonic() - started, 45)
        reasons = {f["uri"].removeprefix(self.site.url): f["reason"] for f in report["failures"]}
        self.assertIn("broke", reasons["/cut"])
        self.assertIn("in the time", reasons["/drip"])
        self.assertIn("larger than the 1 MB", reasons["/large"])
        self.assertIn("more around its answer", reasons["/head"])
        self.assertLess(sent["head"], 70_000_000)  # of 140 MB
        self.assertEqual(self.workspace.json("docs", "list")["documents"], [])

    def test_private_addresses_and_hosts_not_listed_are_refused_also_after_redirects(self):
        port = self.site.server_address[1]
        self.site.page("/a", "gnu")
        # Allowed as a host, but not as one with an address of this machine.
        self.allow('hosts = ["127.0.0.1", "localhost", "2130706433"]\n')
        for host in ("127.0.0.1", "localhost", "2130706433"):
            report = self.ingest(f"http://{host}:{port}/a", check=5)
            self.assertIn("not of the public internet", report["failures"][0]["reason"], host)
        self.assertEqual(self.site.asked, [])
        # Not a listed host; nothing listed at all.
        self.assertIn("not allowed", self.ingest("http://docs.example.com/", check=5)["failures"][0]["reason"])
        self.allow("max_urls = 10\n")
        self.assertIn("no host may be asked", self.workspace.run("ingest", "--urls", "-", stdin=b"http://a/", check=4).err)
        # One that may be asked sends on to one that may not, or in a circle.
        self.allow('hosts = ["localhost", "0x7f000001"]\nprivate_hosts = ["127.0.0.1"]\n')
        for path, target in (("/r1", f"http://localhost:{port}/a"), ("/r2", f"http://0x7f000001:{port}/a"),
                             ("/r3", "http://other.example.com/a"), ("/r4", "file:///etc/passwd"), ("/r5", "/r5")):
            self.site.pages[path] = redirect(target)
            self.site.asked.clear()
            reason = self.ingest(path, check=5)["failures"][0]["reason"]
            self.assertRegex(reason, "not of the public internet|not allowed|no URL|sent on more than", path)
            self.assertNotIn("/a", self.site.asked)
        self.site.pages["/good"] = redirect("/a", 301)
        self.assertEqual(self.ingest("/good")["documents"]["added"], 1)
        self.assertEqual(self.uris("gnu"), ["/good"])

    def test_a_sitemap_is_kept_in_step_and_one_that_cannot_be_read_deletes_nothing(self):
        url = self.site.url
        for name in ("gnu", "kudu", "oryx"):
            self.site.page("/" + name, name)
        self.site.sitemap("/sitemap.xml", url + "/s1.xml", url + "/s2.xml", index=True)
        self.site.sitemap("/s1.xml", url + "/gnu", url + "/kudu")
        self.site.sitemap("/s2.xml", url + "/oryx", "https://elsewhere.example.com/x")
        sync = lambda check: self.workspace.json("sync", "--sitemap", url + "/sitemap.xml", check=check)
        report = sync(5)
        self.assertEqual((report["documents"]["added"], report["documents"]["failed"]), (3, 1))
        self.site.sitemap("/s2.xml", url + "/oryx")
        self.assertEqual(sync(0)["documents"]["unchanged"], 3)
        # A part of the listing is not there: what it listed is not gone.
        good = self.site.pages.pop("/s2.xml")
        self.site.sitemap("/s1.xml", url + "/gnu")
        report = sync(5)
        self.assertEqual((report["documents"]["deleted"], report["documents"]["failed"]), (0, 1))
        self.assertEqual(self.uris("kudu"), ["/kudu"])
        self.site.pages["/s2.xml"] = good
        self.assertEqual(sync(0)["documents"]["deleted"], 1)
        self.assertEqual(self.uris("kudu"), [])
        # Nothing can be listed.
        self.site.pages["/sitemap.xml"] = ("text/html", b"<html>Please log in</html>")
        refused = self.workspace.run("sync", "--sitemap", url + "/sitemap.xml")
        self.assertEqual(refused.code, 3, refused.err)
        self.assertEqual(len(self.workspace.json("docs", "list")["documents"]), 2)

    def test_beyond_the_most_urls_nothing_is_looked_at_and_nothing_taken_for_gone(self):
        for name in ("a", "b", "c"):
            self.site.page("/" + name, "gnu")
        self.ingest("/a", "/b", "/c", command="sync")
        self.allow('private_hosts = ["127.0.0.1"]\nmax_urls = 2\n')
        report = self.ingest("/b", "/a", *(f"/{i}" for i in range(1000)), command="sync", check=5)
        self.assertEqual(len(report["failures"]), 1)
        self.assertIn("more than 2 URLs", report["failures"][0]["reason"])
        self.assertEqual((report["documents"]["deleted"], len(self.workspace.json("docs", "list")["documents"])), (0, 3))

    def test_a_wrong_list_or_setting_is_said_before_anything_is_done(self):
        for settings in ('hosts = ["http://a.com"]', 'hosts = ["*"]', 'timeout_seconds = 0', 'host = ["a.com"]', 'hosts = "a.com"'):
            self.allow(settings)
            self.assertEqual(self.workspace.run("ingest", "--urls", "-", stdin=b"http://a.com/").code, 2, settings)
        self.allow('private_hosts = ["127.0.0.1"]\n')
        self.workspace.run("ingest", "--urls", self.workspace.folder / "none", check=3)
        self.workspace.run("ingest", "--urls", "-", "--sitemap", self.site.url, check=2)
        self.workspace.run("ingest", "--urls", "-", "--include", "*.md", check=2)
        self.workspace.run("sync", check=2)
        self.workspace.run("sync", "--watch", "--sitemap", self.site.url, check=2)
        report = self.ingest("nonsense", "ftp://127.0.0.1/a", "http://user:secret@127.0.0.1/", check=5)
        self.assertEqual(report["documents"]["failed"], 3)
