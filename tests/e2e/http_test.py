"""The HTTP service at its door: what it answers, what it refuses, and how it ends."""
import concurrent.futures
import http.client
import json
import signal
import socket
import unittest

from e2e.program import Server, Workspace

LIMIT = 1 << 20  # bytes of a body


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = Workspace()
        cls.workspace.write("in/kestrel.md", "# Kestrels\n\nThe kestrel hovers over the field at 12 m.")
        cls.workspace.write("in/heron.md", "# Herons\n\nThe heron stands in the water.")
        cls.workspace.write("in/zh.md", "# 苍鹰\n\n苍鹰在森林里捕猎。")
        cls.workspace.json("ingest", cls.workspace.folder / "in")
        cls.server = Server(cls.workspace)
        cls.host, port = cls.server.url.removeprefix("http://").split(":")
        cls.port = int(port)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.workspace.close()

    def assertProblem(self, reply, status, code=None):
        got, body, headers = reply
        self.assertEqual(got, status, body)
        self.assertEqual(headers["Content-Type"].split(";")[0], "application/problem+json")
        self.assertEqual(body["status"], status)
        for key in ("type", "title", "detail", "code"):
            self.assertTrue(body[key] and isinstance(body[key], str), (key, body))
        if code:
            self.assertEqual(body["code"], code)
        return body["detail"]

    def raw(self, payload, shut=False):
        """Sends bytes as they are and gives all that comes back."""
        with socket.create_connection((self.host, self.port), timeout=30) as connection:
            connection.sendall(payload)
            if shut:
                connection.shutdown(socket.SHUT_WR)
            reply = b""
            while True:
                try:
                    more = connection.recv(65536)
                except ConnectionResetError:
                    break
                if not more:
                    break
                reply += more
            return reply

    def test_it_says_that_it_is_live_and_ready(self):
        for path in ("/livez", "/readyz"):
            status, _, headers = self.server.request("GET", path)
            self.assertEqual((status, headers["Content-Type"]), (200, "application/json"))

    def test_an_unknown_route_is_404(self):
        for method, path in (("GET", "/"), ("GET", "/v1"), ("POST", "/v1/nothing"), ("DELETE", "/x"), ("GET", "/v1/answers/"),
                             ("GET", "/livez/x"), ("GET", "/../etc/passwd"), ("GET", "/%2e%2e/catalog.db")):
            with self.subTest(method=method, path=path):
                body = b"{}" if method == "POST" else None
                self.assertProblem(self.server.request(method, path, body), 404, "not_found")

    def test_a_wrong_method_is_405_and_names_the_right_one(self):
        for method, path, allowed in (("GET", "/v1/search", "POST"), ("GET", "/v1/ask", "POST"), ("PUT", "/v1/ask", "POST"),
                                      ("POST", "/livez", "GET"), ("DELETE", "/v1/collections", "GET, POST"),
                                      ("POST", "/readyz", "GET")):
            with self.subTest(method=method, path=path):
                reply = self.server.request(method, path, b"{}" if method in ("POST", "PUT") else None)
                self.assertProblem(reply, 405)
                self.assertIn(allowed, reply[2]["Allow"])

    def test_a_body_must_be_exactly_what_is_known(self):
        good = {"/v1/search": {"query": "kestrel"}, "/v1/ask": {"question": "kestrel?"}}
        wrong = {
            "/v1/search": [{}, {"query": 7}, {"query": None}, {"query": ["a"]}, {"query": "x", "k": "10"}, {"query": "x", "k": -1},
                           {"query": "x", "k": 1.5}, {"query": "x", "k": 0}, {"query": "x", "k": 1001},
                           {"query": "x", "k": 1 << 40}, {"query": "x", "k": True}, {"query": "x", "mode": "magic"},
                           {"query": "x", "mode": 1}, {"query": "x", "collection": 5}, {"query": "x", "as_of": []},
                           {"query": "x", "as_of": "soon"}, {"query": "x", "limit": 3}, {"query": "x", "Query": "x"}],
            "/v1/ask": [{}, {"question": False}, {"question": {}}, {"question": "x", "fresh": "yes"},
                        {"question": "x", "stream": 1}, {"question": "x", "backend": 3},
                        {"question": "x", "temprature": 0}, {"question": "x", "template": 1}],
        }
        for path, bodies in wrong.items():
            self.server.post(path, good[path])
            for body in bodies:
                with self.subTest(path=path, body=body):
                    self.assertProblem(self.server.request("POST", path, body), 400, "usage")
        self.assertIn("limit", self.assertProblem(self.server.request("POST", "/v1/search", {"query": "x", "limit": 3}), 400))

    def test_a_body_that_is_no_json_object_is_400(self):
        deep = b"[" * 100_000
        for body in (b"", b" ", b"{", b'{"query":"x"', b'{"query":"x"} trailing', b"[]", b'"x"', b"null", b"7", b"{'query':'x'}",
                     b'{"query":"x",}', b'{"query":"caf\xe9"}', b'{"query":"\xed\xa0\x80"}', b'{"query":"\\ud800"}',
                     b"\xff\xfe", b'{"query":"x","query":"y"}', deep, b'{"query":' + deep, b'{"query":NaN}'):
            for path in ("/v1/search", "/v1/ask"):
                with self.subTest(path=path, body=body[:40]):
                    self.assertProblem(self.server.request("POST", path, body), 400, "usage")

    def test_a_collection_or_backend_that_is_not_there_is_404(self):
        self.assertProblem(self.server.request("POST", "/v1/search", {"query": "x", "collection": "no"}), 404, "not_found")
        self.assertProblem(self.server.request("POST", "/v1/ask", {"question": "x", "collection": "no"}), 404, "not_found")
        self.assertProblem(self.server.request("GET", "/v1/collections/no"), 404, "not_found")
        status, body, _ = self.server.request("POST", "/v1/ask", {"question": "x", "backend": "no"})
        self.assertIn(status, (400, 404), body)

    def test_a_body_over_the_limit_is_413(self):
        for path, field in (("/v1/search", "query"), ("/v1/ask", "question")):
            body = json.dumps({field: "x" * LIMIT}).encode()
            self.assertProblem(self.server.request("POST", path, body), 413)

    def test_a_small_chunked_body_is_read(self):
        small = http.client.HTTPConnection(self.host, self.port, timeout=30)
        small.request("POST", "/v1/search", body=iter([b'{"que', b'ry":"kestrel"}']), encode_chunked=True,
                      headers={"Transfer-Encoding": "chunked"})
        self.assertEqual(json.loads(small.getresponse().read())["results"][0]["uri"], "kestrel.md")
        small.close()

    def test_broken_requests_leave_the_server_standing(self):
        for payload in (b"\r\n\r\n", b"GET\r\n\r\n", b"\x00\xff" * 500, b"GET / HTTP/9.9\r\n\r\n",
                        b"GET /livez HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
                        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
                        b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n{}",
                        b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}}",
                        b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
                        b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nX: a\nContent-Length: 2\r\n\r\n{}",
                        b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{}",
                        b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n"):
            with self.subTest(payload[:60]):
                reply = self.raw(payload, shut=True)
                if reply:
                    self.assertRegex(reply, rb"\AHTTP/1\.1 [45]\d\d ")
                self.server.get("/livez")

    def test_only_loopback_hosts_and_origins_are_served(self):
        for headers in ({"Host": "evil.example"}, {"Host": "evil.example:80"}, {"Host": "127.0.0.1.evil.example"},
                        {"Host": "localhost.evil.example"}, {"Host": ""}, {"Origin": "https://evil.example"},
                        {"Origin": "null"}, {"Origin": "http://localhost.evil.example"},
                        {"Origin": "http://127.0.0.1.evil.example:80"}):
            for method, path, body in (("GET", "/livez", None), ("POST", "/v1/search", {"query": "x"}),
                                       ("POST", "/v1/ask", {"question": "x"})):
                with self.subTest(headers=headers, path=path):
                    self.assertProblem(self.server.request(method, path, body, headers), 403, "refused")
        for headers in ({"Host": f"localhost:{self.port}"}, {"Host": f"127.0.0.1:{self.port}"}, {"Host": "[::1]:80"},
                        {"Origin": "http://localhost:3000"}, {"Origin": "http://127.0.0.1"}):
            with self.subTest(headers=headers):
                self.assertEqual(self.server.request("GET", "/livez", None, headers)[0], 200)

    def test_the_body_of_a_refused_request_is_not_served_as_the_next_one(self):
        body = b'{"question":"smuggled kestrel?"}'
        inner = b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        for head in (b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n",
                     b"POST /v1/search HTTP/1.1\r\nHost: evil.example\r\n", b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"):
            with self.subTest(head=head):
                reply = self.raw(head + b"Content-Length: %d\r\n\r\n%s" % (len(inner), inner), shut=True)
                self.assertEqual(reply.count(b"HTTP/1.1 "), 1, reply)
        self.assertNotIn("smuggled", json.dumps(self.workspace.json("answers", "list", "--limit", "100")))

    def test_nobody_is_let_in_as_somebody_else(self):
        for value in ("user:root,group:hr", "", 7, []):
            for path, field in (("/v1/search", "query"), ("/v1/ask", "question")):
                with self.subTest(path=path, value=value):
                    self.assertProblem(self.server.request("POST", path, {field: "kestrel", "as": value}), 403, "refused")

    def test_equal_requests_at_one_time_give_equal_answers(self):
        def ask(_):
            answer = self.server.post("/v1/ask", {"question": "How high does the kestrel hover?"})
            found = self.server.post("/v1/search", {"query": "苍鹰 kestrel", "k": 5})
            return (answer["answer_id"], json.dumps([answer["answer"], answer["verdict"], answer["citations"]]),
                    json.dumps(found["results"]))
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(ask, range(36)))
        self.assertEqual(len({a[0] for a in answers}), 36)
        self.assertEqual(len({a[1] for a in answers}), 1)
        self.assertEqual(len({a[2] for a in answers}), 1)
        self.assertIn("12 m", answers[0][1])
        self.assertTrue(self.workspace.json("verify")["ok"])

    def test_the_command_line_and_http_find_the_same(self):
        for query in ("kestrel", "苍鹰", "water field"):
            over_http = self.server.post("/v1/search", {"query": query})
            by_command = self.workspace.json("search", query, "--as", "user:anonymous,group:everyone")
            self.assertEqual(over_http["results"], by_command["results"])
            self.assertEqual(set(over_http), set(by_command))

    def test_an_answer_can_be_read_and_replayed_by_its_id(self):
        answer = self.server.post("/v1/ask", {"question": "What does the heron do?"})
        record = self.server.get("/v1/answers/" + answer["answer_id"])
        self.assertEqual(record["answer_id"], answer["answer_id"])
        self.assertIn("heron", json.dumps(record["texts"]))
        status, replay, _ = self.server.request("POST", f"/v1/answers/{answer['answer_id']}/replay", b"")
        self.assertEqual(status, 200)
        for part in ("retrieval", "prompt", "embedding", "analysis", "answer"):
            self.assertEqual(replay[part], "identical", part)
        for unknown in ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "x", "0" * 26, "A" * 5000):
            self.assertProblem(self.server.request("GET", "/v1/answers/" + unknown), 404, "not_found")
            self.assertProblem(self.server.request("POST", f"/v1/answers/{unknown}/replay", b""), 404, "not_found")

    def bodyless(self, path):
        """A POST that says nothing of a body, as `curl -X POST` sends it."""
        connection = http.client.HTTPConnection(self.server.url.split("//")[1], timeout=5)
        try:
            connection.putrequest("POST", path)
            connection.endheaders()
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def test_a_request_without_a_body_is_not_waited_for(self):
        answer = self.server.post("/v1/ask", {"question": "What is the current limit for a hotel night in London?"})
        self.assertEqual(self.bodyless(f"/v1/answers/{answer['answer_id']}/replay")[0], 200)
        self.assertEqual(self.bodyless(f"/v1/answers/{answer['answer_id']}/verify")[0], 200)
        self.assertEqual(self.bodyless("/v1/search")[0], 400)

    def test_an_answer_of_somebody_else_is_as_unknown_as_none(self):
        other = self.workspace.json("ask", "What is the current limit for a hotel night in London?")["answer_id"]
        none = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
        for method, path in (("GET", "/v1/answers/{}"), ("POST", "/v1/answers/{}/replay")):
            replies = [self.server.request(method, path.format(id), b"" if method == "POST" else None)[:2] for id in (other, none)]
            self.assertEqual(replies[0][0], 404)
            self.assertEqual(json.dumps(replies[0]).replace(other, none), json.dumps(replies[1]))


class Stopping(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.json("collections", "create", "default", "--model", "none")
        self.workspace.json("ingest", self.workspace.write("a.md", "The kestrel hovers."))

    def test_sigterm_and_ctrl_c_end_it_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = Server(self.workspace)
            server.post("/v1/ask", {"question": "kestrel?"})
            # An open connection must not hold it up.
            with socket.create_connection(server.url.removeprefix("http://").split(":")):
                server.process.send_signal(number)
                self.assertEqual(server.process.wait(timeout=30), 0)
            server.stop()
        self.assertTrue(self.workspace.json("verify")["ok"])

    def test_an_answer_acknowledged_is_on_record_after_kill_9(self):
        server = Server(self.workspace)
        answer = server.post("/v1/ask", {"question": "kestrel?"})
        server.process.kill()
        server.stop()
        self.assertEqual(self.workspace.json("answers", "show", answer["answer_id"])["answer_id"], answer["answer_id"])
        self.assertTrue(self.workspace.json("verify")["ok"])
        self.workspace.run("doctor", check=0)

    def test_what_another_process_ingests_is_found_at_once(self):
        server = Server(self.workspace)
        try:
            self.assertEqual(server.post("/v1/search", {"query": "osprey"})["results"], [])
            self.workspace.json("ingest", self.workspace.write("b.md", "The osprey fishes."))
            self.assertEqual([r["uri"] for r in server.post("/v1/search", {"query": "osprey"})["results"]], ["b.md"])
        finally:
            self.assertEqual(server.stop(), 0)
