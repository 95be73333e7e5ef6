"""Requests that try to hurt the server: each ends in a clear status or the end of the connection, others are
served meanwhile, and the server's memory stays what it was."""
import http.client
import json
import pathlib
import re
import resource
import socket
import threading
import time
import unittest

from e2e.program import Server, Workspace

LIMIT = 1 << 20       # bytes of a JSON body
ROOM = 48 << 20       # that the server may grow by while it is attacked
CONNECTIONS = 10_000


def resident(server):
    text = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) * 1024


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = Workspace()
        cls.workspace.json("collections", "create", "default", "--model", "none")
        cls.workspace.json("ingest", cls.workspace.write("kestrel.md", "The kestrel hovers over the field at 12 m."))
        cls.server = Server(cls.workspace)
        cls.host, port = cls.server.url.removeprefix("http://").split(":")
        cls.port = int(port)
        for _ in range(20):
            cls.server.post("/v1/search", {"query": "kestrel"})

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.workspace.close()

    def setUp(self):
        self.before, self.room = resident(self.server), ROOM

    def tearDown(self):
        self.assertLess(resident(self.server) - self.before, self.room)
        self.assertEqual(len(self.server.post("/v1/search", {"query": "kestrel"})["results"]), 1)

    def send_until_refused(self, head, piece, most, timeout=60):
        """Sends `piece` again and again; gives how many bytes the server let through, and its answer."""
        sent, reply = 0, b""
        with socket.create_connection((self.host, self.port), timeout=timeout) as connection:
            try:
                connection.sendall(head)
                while sent < most:
                    connection.sendall(piece)
                    sent += len(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass
            try:
                while more := connection.recv(65536):
                    reply += more
            except ConnectionResetError:
                pass
        return sent, reply

    def test_a_chunked_body_of_ten_gibibytes_is_refused_at_its_limit_on_every_route(self):
        chunk = b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"
        for method, path in (("POST", "/v1/search"), ("POST", "/v1/ask"), ("POST", "/v1/chat/completions"), ("POST", "/v1/nothing"), ("PUT", "/v1/ask"),
                             ("PATCH", "/x"), ("DELETE", "/v1/ask"), ("POST", "/livez"), ("PRI", "*"), ("BREW", "/v1/ask"), ("GET", "/livez")):
            with self.subTest(method=method, path=path):
                head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
                start = time.monotonic()
                sent, reply = self.send_until_refused(head, chunk, 10 << 30)
                self.assertLess(sent, 10 << 30)
                self.assertLess(time.monotonic() - start, 30)
                if reply:  # the server hangs up on who does not listen
                    self.assertRegex(reply, rb"\AHTTP/1\.1 (4\d\d|200) ")

    def test_a_body_with_a_length_over_the_limit_is_413_at_once(self):
        for path in ("/v1/search", "/v1/ask"):
            sent, reply = self.send_until_refused(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {10 << 30}\r\n\r\n".encode(), b"", 0)
            self.assertRegex(reply, rb"\AHTTP/1\.1 413 ")

    def test_an_endless_head_is_refused(self):
        for head, piece in ((b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ", b"y" * 65536), (b"GET /", b"a" * 65536),
                            (b"GET /livez HTTP/1.1\r\nHost: localhost\r\n", b"X: y\r\n" * 10_000), (b"", b"\x00" * 65536), (b"", b"\n" * 65536)):
            with self.subTest(head=head, piece=piece[:8]):
                sent, reply = self.send_until_refused(head, piece, 1 << 30)
                self.assertLess(sent, 1 << 30)
                if reply:
                    self.assertRegex(reply, rb"\AHTTP/1\.1 (400|431) ")

    def test_an_endless_chunk_size_line_or_trailer_is_refused(self):
        head = b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        for start, piece in ((b"", b"1" * 65536), (b"2;", b"x" * 65536), (b"2\r\n{}\r\n0\r\n", b"X: y\r\n" * 10_000), (b"2\r\n{}\r\n0\r\n", b"z" * 65536)):
            with self.subTest(start=start, piece=piece[:8]):
                sent, reply = self.send_until_refused(head + start, piece, 1 << 30)
                self.assertLess(sent, 1 << 30)
                if reply:
                    self.assertRegex(reply, rb"\AHTTP/1\.1 400 ")

    @staticmethod
    def drip(connections, ended):
        while not ended.wait(2):
            for connection in connections[4::5]:
                try:
                    connection.send(b" ", socket.MSG_DONTWAIT)
                except OSError:
                    pass  # refused, or closed at the test's end

    def test_others_are_served_beside_ten_thousand_idle_connections_and_half_sent_requests(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.assertGreater(hard, CONNECTIONS + 100, "ulimit -n is too low for this test")
        self.room = 3 * ROOM  # some kilobytes a connection
        idle, ended = [], threading.Event()
        dripper = threading.Thread(target=self.drip, args=(idle, ended))
        dripper.start()
        self.addCleanup(dripper.join)
        self.addCleanup(ended.set)
        try:
            # A fifth is silent, a fifth has begun a head, a fifth a small body; a fifth was served and stays. A fifth has
            # begun a chunk, and goes on byte by byte: without a bound they would have all threads.
            starts = (b"", b"GET /livez HTTP/1.1\r\nHost: loc", b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{",
                      b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n{")
            for i in range(CONNECTIONS):
                connection = socket.create_connection((self.host, self.port), timeout=30)
                idle.append(connection)
                if starts[i % 5]:
                    connection.sendall(starts[i % 5])
            times = []
            for _ in range(20):
                start = time.monotonic()
                self.assertEqual(len(self.server.post("/v1/search", {"query": "kestrel"})["results"]), 1)
                times.append(time.monotonic() - start)
                time.sleep(0.2)  # for the bodies to have dripped meanwhile
            self.assertLess(max(times), 2)
            refused = idle[-1].recv(65536)
            self.assertRegex(refused, rb"\AHTTP/1\.1 503 ")
            self.assertIn(b"too many bodies are arriving", refused)
            served = idle[3]
            self.assertRegex(served.recv(65536), rb"\AHTTP/1\.1 200 ")
        finally:
            for connection in idle:
                connection.close()

    def test_more_connections_than_there_are_descriptors_push_out_the_longest_idle_ones(self):
        workspace = Workspace()
        self.addCleanup(workspace.close)
        workspace.json("collections", "create", "default", "--model", "none")
        workspace.json("ingest", workspace.write("kestrel.md", "The kestrel hovers over the field at 12 m."))
        # From the start: a server asks once how many it may have.
        server = Server(workspace, preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (600, 600)))
        self.addCleanup(server.stop)
        idle = []
        try:
            for _ in range(900):
                idle.append(socket.create_connection(server.url.removeprefix("http://").split(":"), timeout=30))
            self.assertEqual(server.get("/livez"), {"live": True})
            self.assertEqual(len(server.post("/v1/search", {"query": "kestrel"})["results"]), 1)
        finally:
            for connection in idle:
                connection.close()

    def test_a_head_that_comes_byte_by_byte_is_given_up(self):
        with socket.create_connection((self.host, self.port), timeout=60) as connection:
            reply, start = b"", time.monotonic()
            connection.settimeout(0.5)
            for byte in b"GET /livez HTTP/1.1\r\n" + b"X: " + b"y" * 1000:
                try:
                    connection.sendall(bytes([byte]))
                    reply = connection.recv(65536)
                except TimeoutError:
                    continue
                except (BrokenPipeError, ConnectionResetError):
                    pass
                break
            self.assertLess(time.monotonic() - start, 40)
            self.assertRegex(reply, rb"\AHTTP/1\.1 408 |\A\Z")

    def test_json_that_is_deep_or_no_utf8_is_400(self):
        for body in (b"[" * 500_000, b'{"query":' + b"[" * 500_000, b'{"a":' * 100_000, b'{"query":"' + b"\xff" * 100_000 + b'"}',
                     b'{"query":"\xc0\xaf"}', b'{"query":"\xf4\x90\x80\x80"}'):
            for path in ("/v1/search", "/v1/ask", "/v1/embeddings", "/v1/chat/completions", "/v1/answers/compare"):
                with self.subTest(path=path, body=body[:12]):
                    self.assertEqual(self.server.request("POST", path, body)[0], 400)

    def test_paths_lead_nowhere(self):
        for path in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/v1/collections/..%2f..%2fetc", "/v1/collections/%00",
                     "/v1/answers/..%2f..", "/v1/collections/" + "a" * 4000, "/v1/../livez", "/./livez", "/v1/collections/%ff%fe", "/\xff"):
            with self.subTest(path=path), socket.create_connection((self.host, self.port), timeout=30) as connection:
                connection.sendall(b"GET " + path.encode("latin-1") + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                reply = b""
                while more := connection.recv(65536):
                    reply += more
                self.assertRegex(reply, rb"\AHTTP/1\.1 (400|404) ")
                self.assertNotIn(b"root:", reply)

    def test_a_compressed_body_is_not_unpacked(self):
        self.assertEqual(self.server.request("POST", "/v1/search", b"\x1f\x8b" + b"x" * 100, {"Content-Encoding": "gzip"})[0], 415)


class WithoutThreads(unittest.TestCase):
    def test_a_server_that_gets_no_more_threads_answers_with_those_it_has(self):
        workspace = Workspace()
        self.addCleanup(workspace.close)
        workspace.json("collections", "create", "default", "--model", "none")
        workspace.json("ingest", workspace.write("kestrel.md", "The kestrel hovers over the field at 12 m."))
        server = Server(workspace)
        self.addCleanup(server.stop)
        self.assertEqual(len(server.post("/v1/search", {"query": "kestrel"})["results"]), 1)

        def allow(more):
            size = int(pathlib.Path(f"/proc/{server.process.pid}/statm").read_text().split()[0]) * resource.getpagesize()
            resource.prlimit(server.process.pid, resource.RLIMIT_AS, (size + more if more else resource.RLIM_INFINITY, resource.RLIM_INFINITY))

        allow(40 << 20)  # the stacks of a few more threads
        waiting = []
        for _ in range(60):  # each holds a thread until its body is whole
            connection = socket.create_connection(server.url.removeprefix("http://").split(":"), timeout=60)
            self.addCleanup(connection.close)
            connection.sendall(b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            waiting.append(connection)
        time.sleep(1)
        self.assertIsNone(server.process.poll())
        self.assertLess(len(list(pathlib.Path(f"/proc/{server.process.pid}/task").iterdir())), 40)
        allow(None)  # to search; the threads stay as many as they are
        body = b'{"query":"kestrel"}'
        for connection in waiting:
            connection.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        for connection in waiting:
            self.assertRegex(connection.recv(65536), rb"\AHTTP/1\.1 200 ")
        path, json_type = str(workspace.folder / "kestrel.md"), {"Content-Type": "application/json"}
        allow(4 << 20)  # no stack
        status, problem, _ = server.request("POST", "/v1/collections/default/sync", {"path": path}, json_type)
        self.assertEqual((status, problem["code"]), (503, "unavailable"))
        self.assertIn("no thread", problem["detail"])
        allow(None)
        self.assertEqual(server.request("POST", "/v1/collections/default/sync", {"path": path}, json_type)[0], 202)


class KeptAlive(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = Workspace()
        cls.workspace.json("collections", "create", "default", "--model", "none")
        cls.workspace.json("ingest", cls.workspace.write("kestrel.md", "The kestrel hovers over the field at 12 m."))
        cls.server = Server(cls.workspace)
        cls.host = cls.server.url.removeprefix("http://")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.workspace.close()

    def test_one_connection_takes_one_request_after_another(self):
        connection = http.client.HTTPConnection(self.host, timeout=30)
        connection.connect()
        kept = connection.sock
        for i in range(50):
            body = {"query": "kestrel", "k": i + 1}
            connection.request("POST", "/v1/search", json.dumps(body), {"Content-Type": "application/json"})
            self.assertEqual(len(json.loads(connection.getresponse().read())["results"]), 1)
            connection.request("GET", "/livez" if i % 2 else "/nothing")
            self.assertEqual(connection.getresponse().read() != b"", True)
            self.assertIs(connection.sock, kept)
        connection.close()

    def test_requests_sent_ahead_are_answered_in_order(self):
        with socket.create_connection(self.host.split(":"), timeout=30) as connection:
            bodies = [json.dumps({"query": "kestrel", "k": 1}).encode(), b"{", b'{"query":"osprey"}']
            connection.sendall(b"".join(b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(b), b) for b in bodies) +
                               b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            reply = b""
            while more := connection.recv(65536):
                reply += more
        self.assertEqual(re.findall(rb"HTTP/1\.1 (\d+)", reply), [b"200", b"400", b"200", b"200"])

    def test_a_connection_ends_after_a_request_whose_body_was_not_read(self):
        smuggled = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for head in (b"POST /v1/search HTTP/1.1\r\nHost: evil.example\r\nTransfer-Encoding: chunked\r\n\r\n",
                     b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n"):
            with self.subTest(head=head), socket.create_connection(self.host.split(":"), timeout=30) as connection:
                connection.sendall(head + smuggled)
                reply = b""
                try:
                    while more := connection.recv(65536):
                        reply += more
                except ConnectionResetError:
                    pass
                self.assertEqual(reply.count(b"HTTP/1.1 "), 1)
                self.assertIn(b"Connection: close", reply)

    def test_http_1_0_and_connection_close_end_the_connection(self):
        for request in (b"GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n", b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"):
            with socket.create_connection(self.host.split(":"), timeout=30) as connection:
                connection.sendall(request)
                reply = b""
                while more := connection.recv(65536):
                    reply += more
                self.assertRegex(reply, rb"\AHTTP/1\.1 200 ")
