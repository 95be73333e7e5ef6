"""Writing over HTTP: collections, documents and jobs; who may, what is refused, and that nothing is left behind."""
import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse
import urllib.request

from e2e.http_answers_test import read_events
from e2e.program import Server, Workspace

JSON = {"Content-Type": "application/json"}
LIMIT = 256 << 20


def documents(collection="default", **parameters):
    return f"/v1/collections/{collection}/documents?" + urllib.parse.urlencode(parameters)


class WithServer(unittest.TestCase):
    settings = ""

    @classmethod
    def setUpClass(cls):
        cls.workspace = Workspace()
        (cls.workspace.path / "grounds.toml").write_text(cls.settings)
        cls.workspace.json("collections", "create", "default", "--model", "none")
        cls.server = Server(cls.workspace)
        cls.host = cls.server.url.removeprefix("http://")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.workspace.close()

    def put(self, uri, content, expect=(200, 201), headers=None, collection="default"):
        status, body, _ = self.server.request("PUT", documents(collection, uri=uri), content, headers or {"Content-Type": "application/octet-stream"})
        self.assertIn(status, expect, body)
        return body

    def found(self, query, **more):
        return [r["uri"] for r in self.server.post("/v1/search", {"query": query, **more})["results"]]

    def assertNothingLeft(self, server=None):
        folder = self.workspace.path / "uploads"
        self.assertEqual(list(folder.iterdir()) if folder.exists() else [], [])
        process = (server or self.server).process.pid
        open_files = [os.readlink(f) for f in pathlib.Path(f"/proc/{process}/fd").iterdir() if f.is_symlink()]
        self.assertEqual([f for f in open_files if "/uploads/" in f], [])


class Documents(WithServer):
    def test_a_document_put_in_is_found_and_one_deleted_is_found_nowhere(self):
        report = self.put("notes/tapir.md", b"# Tapirs\n\nThe tapir swims at dusk.")
        self.assertEqual((report["uri"], report["documents"]["added"]), ("notes/tapir.md", 1))
        self.assertEqual(self.found("tapir"), ["notes/tapir.md"])
        listed = self.workspace.json("docs", "show", "notes/tapir.md")
        self.assertEqual(listed["groups"], ["everyone"])
        self.assertEqual(self.workspace.json("jobs", "show", report["job"])["state"], "done")
        same = self.put("notes/tapir.md", b"# Tapirs\n\nThe tapir swims at dusk.", expect=(200,))
        self.assertEqual((same["documents"]["unchanged"], same["generation"]), (1, report["generation"]))
        changed = self.put("notes/tapir.md", b"# Tapirs\n\nThe tapir sleeps at noon.", expect=(200,))
        self.assertEqual(changed["documents"]["updated"], 1)
        self.assertEqual(self.found("dusk"), [])
        answer = self.server.post("/v1/ask", {"question": "When does the tapir sleep?"})
        self.assertEqual(answer["citations"][0]["uri"], "notes/tapir.md")
        status, gone, _ = self.server.request("DELETE", documents(uri="notes/tapir.md"))
        self.assertEqual((status, gone["deleted"]), (200, "notes/tapir.md"))
        for mode in ("hybrid", "lexical", "vector"):
            self.assertEqual(self.found("tapir", mode=mode), [])
        self.assertEqual(self.server.post("/v1/ask", {"question": "When does the tapir sleep?"})["verdict"], "not_found")
        chat = self.server.post("/v1/chat/completions", {"model": "default", "messages": [{"role": "user", "content": "tapir?"}]})
        self.assertEqual(chat["citations"], [])
        self.workspace.run("docs", "show", "notes/tapir.md", check=3)
        self.assertEqual(self.workspace.json("search", "tapir")["results"], [])
        self.assertEqual(self.server.request("DELETE", documents(uri="notes/tapir.md"))[0], 404)
        self.assertNothingLeft()

    def test_a_delete_right_after_each_put_leaves_nothing_however_often(self):
        for i in range(10):
            self.put("brief.md", f"The okapi number {i}.".encode())
            self.assertEqual(self.server.request("DELETE", documents(uri="brief.md"))[0], 200)
            self.assertEqual(self.found("okapi"), [])

    def test_a_form_with_one_file_is_as_good_as_the_file_itself(self):
        form = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="quokka.md"\r\n\r\n# Quokkas\n\nThe quokka smiles.\r\n--cut--\r\n'
        self.put("forms/quokka", form, headers={"Content-Type": "multipart/form-data; boundary=cut"})
        self.assertEqual(self.found("quokka"), ["forms/quokka"])
        self.put("forms/plain.md", b"# Quokkas\n\nThe quokka smiles.")
        hashes = {self.workspace.json("docs", "show", uri)["source_sha256"] for uri in ("forms/quokka", "forms/plain.md")}
        self.assertEqual(len(hashes), 1)
        for body, kind in ((form[:-8], "multipart/form-data; boundary=cut"), (form, "multipart/form-data"), (b"x", "multipart/form-data; boundary=cut"),
                           (form.replace(b"; filename=\"quokka.md\"", b""), "multipart/form-data; boundary=cut")):
            self.assertEqual(self.server.request("PUT", documents(uri="forms/bad.md"), body, {"Content-Type": kind})[0], 400)
        self.workspace.run("docs", "show", "forms/bad.md", check=3)
        self.assertNothingLeft()

    def test_uris_that_are_none_or_lead_out_are_refused(self):
        for query in ("", "uri=", "uri=..%2Fx.md", "uri=a%2F..%2F..%2Fx.md", "uri=%2Fetc%2Fpasswd", "uri=caf%E9.md", "uri=%ED%A0%80.md", "uri=a%00b.md",
                      "uri=a%0Ab.md", "uri=" + "x" * 1025, "uri=a.md&uri=b.md", "uri=a.md&title=x", "url=a.md", "uri=..%5Cx.md"):
            for method in ("PUT", "DELETE"):
                # What is there already may have any name that a source gave it.
                none_or_two = query in ("", "uri=") or query.count("=") > 1 or not query.startswith("uri")
                expected = 400 if method == "PUT" or none_or_two else 404
                with self.subTest(method=method, query=query[:40]):
                    body = b"text" if method == "PUT" else None
                    status, problem, headers = self.server.request(method, "/v1/collections/default/documents?" + query, body, {"Content-Type": "text/plain"} if body else None)
                    self.assertEqual((status, headers["Content-Type"]), (expected, "application/problem+json"), problem)
        self.assertFalse((self.workspace.folder / "x.md").exists())
        self.put("手册/请假 规定.md", "# 请假\n\n员工每年有十五天年假。".encode())
        self.assertEqual(self.found("年假"), ["手册/请假 规定.md"])

    def test_a_document_whose_uri_only_another_source_could_give_can_be_deleted(self):
        uris = ("https://docs.example.com/", "/abs/path.md", "a/../b.md")
        lines = "".join(json.dumps({"uri": uri, "text": "The numbat naps."}) + "\n" for uri in uris)
        self.workspace.json("ingest", "--jsonl", self.workspace.write("numbats.jsonl", lines))
        self.assertEqual(sorted(self.found("numbat")), sorted(uris))
        for uri in uris:
            self.put(uri, b"x", expect=(400,))
            self.assertEqual(self.server.request("DELETE", documents(uri=uri))[0], 200)
        self.assertEqual(self.found("numbat"), [])

    def test_an_unknown_collection_is_404_and_takes_nothing_in(self):
        self.put("a.md", b"x", expect=(404,), collection="no")
        self.assertEqual(self.server.request("DELETE", documents("no", uri="a.md"))[0], 404)
        self.assertEqual(self.server.request("POST", "/v1/collections/no/sync", {"path": "/tmp"}, JSON)[0], 404)
        self.assertNothingLeft()

    def test_what_cannot_be_parsed_is_422_and_the_last_good_version_stays(self):
        self.put("wombat.txt", b"The wombat digs.")
        status, problem, _ = self.server.request("PUT", documents(uri="wombat.txt"), b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 8, {"Content-Type": "text/plain"})
        self.assertEqual((status, problem["code"]), (422, "bad_input"), problem)
        self.assertEqual(self.found("wombat"), ["wombat.txt"])
        self.assertEqual(self.server.request("PUT", documents(uri="empty.md"), b"", {"Content-Type": "text/plain"})[0], 400)
        self.assertEqual(self.server.request("PUT", documents(uri="zip.md"), b"x", {"Content-Encoding": "gzip"})[0], 415)

    def test_puts_of_one_uri_at_one_time_leave_exactly_one_of_them(self):
        texts = [f"The dugong number {i} grazes." for i in range(8)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda text: self.put("dugong.md", text.encode()), texts))
        results = self.server.post("/v1/search", {"query": "dugong"})["results"]
        self.assertEqual([r["uri"] for r in results], ["dugong.md"])
        self.assertIn(results[0]["text"].strip(), texts)
        history = self.workspace.json("docs", "history", "dugong.md")["versions"]
        self.assertEqual(sum(v["retired"] is None for v in history), 1)
        self.workspace.run("doctor", check=0)

    def upload(self, size, announce=None, chunked=False, stop_after=None, server=None):
        """Sends so many bytes; gives (status, most memory the server had meanwhile minus before)."""
        server = server or self.server

        def resident():
            return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{server.process.pid}/status").read_text())[1]) * 1024

        before = most = resident()
        connection = socket.create_connection(server.url.removeprefix("http://").split(":"), timeout=120)
        length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {announce or size}"
        piece, sent, reply = b"x" * (1 << 20), 0, b""
        try:
            connection.sendall(f"PUT {documents(uri='big.txt')} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n".encode())
            while sent < (stop_after or size):
                connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
                sent += len(piece)
                most = max(most, resident())
            if stop_after:
                return connection, most - before
            if chunked:
                connection.sendall(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            while more := connection.recv(65536):
                reply += more
        except ConnectionResetError:
            pass
        connection.close()
        found = re.match(rb"HTTP/1\.1 (\d+)", reply)
        return int(found[1]) if found else None, most - before

    def test_an_upload_over_the_limit_is_413_without_growing_memory_and_nothing_is_left(self):
        for chunked in (False, True):
            with self.subTest(chunked=chunked):
                status, grown = self.upload(300 << 20, chunked=chunked)
                self.assertEqual(status, 413)
                self.assertLess(grown, 32 << 20)
                self.assertNothingLeft()
        self.workspace.run("docs", "show", "big.txt", check=3)

    def test_a_client_that_is_killed_in_the_middle_leaves_nothing(self):
        connection, grown = self.upload(200 << 20, stop_after=100 << 20)
        self.assertLess(grown, 32 << 20)
        connection.close()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                return self.assertNothingLeft()
            except AssertionError:
                time.sleep(0.2)
        self.assertNothingLeft()
        self.workspace.run("docs", "show", "big.txt", check=3)

    def test_a_server_that_is_killed_in_the_middle_leaves_nothing(self):
        server = Server(self.workspace)
        connection, _ = self.upload(200 << 20, stop_after=64 << 20, server=server)
        folder = self.workspace.path / "uploads"
        self.assertEqual(list(folder.iterdir()), [])
        server.process.send_signal(signal.SIGKILL)
        server.stop()
        connection.close()
        self.assertEqual(list(folder.iterdir()), [])
        self.workspace.run("doctor", check=0)
        self.workspace.run("docs", "show", "big.txt", check=3)


class Collections(WithServer):
    def test_a_collection_is_made_once_with_its_model_and_settings(self):
        status, made, _ = self.server.request("POST", "/v1/collections", {"name": "birds", "model": "none", "settings": {"access.default_groups": "birders", "generations.retain": 5}}, JSON)
        self.assertEqual((status, made["name"], made["settings"]["access.default_groups"]), (201, "birds", "birders"))
        self.assertEqual(made["settings"]["generations.retain"], "5")
        self.assertEqual(self.server.get("/v1/collections/birds"), made)
        self.assertIn("birds", [c["name"] for c in self.server.get("/v1/collections")["collections"]])
        self.assertEqual(self.server.request("POST", "/v1/collections", {"name": "birds", "model": "none"}, JSON)[0], 409)
        # What is wrong in itself is so also where the name is taken.
        for wrong in ({"bogus": 1}, {"settings": {"nope": 1}}):
            self.assertEqual(self.server.request("POST", "/v1/collections", {"name": "birds", "model": "none", **wrong}, JSON)[0], 400)
        # Its documents are for its groups, and over HTTP everybody is in the group everyone.
        self.put("kiwi.md", b"The kiwi runs.", collection="birds")
        self.assertEqual(self.workspace.json("docs", "show", "kiwi.md", "-c", "birds")["groups"], ["birders"])
        self.assertEqual(self.found("kiwi", collection="birds"), [])

    def test_wrong_collections_are_refused(self):
        for body, status in (({}, 400), ({"name": 7}, 400), ({"name": ""}, 400), ({"name": "../x"}, 400), ({"name": "a/b"}, 400), ({"name": "x" * 65}, 400),
                             ({"name": "x", "modell": "none"}, 400), ({"name": "x", "model": "none", "settings": {"no.such": "1"}}, 400),
                             ({"name": "x", "model": "none", "settings": [1]}, 400), ({"name": "x", "model": "no-such-model"}, 404)):
            with self.subTest(body):
                self.assertEqual(self.server.request("POST", "/v1/collections", body, JSON)[0], status)
        for kind in ("text/plain", "multipart/form-data; boundary=x", "application/xml"):
            self.assertEqual(self.server.request("POST", "/v1/collections", b'{"name":"x","model":"none"}', {"Content-Type": kind})[0], 415)
        self.assertEqual([c["name"] for c in self.server.get("/v1/collections")["collections"] if c["name"] == "x"], [])


class Jobs(WithServer):
    settings = "[ingest]\ncommit_chunks = 16\n"

    def wait(self, job):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            view = self.server.get("/v1/jobs/" + job)
            if view["state"] not in ("running", "cancelling"):
                return view
            time.sleep(0.1)
        self.fail("the job did not end")

    def write(self, folder, count):
        for i in range(count):
            self.workspace.write(f"{folder}/note{i:04}.md", f"# Note {i}\n\n" + f"Text number {i} of {folder}. " * 200)
        return str(self.workspace.folder / folder)

    def test_a_sync_is_a_job_that_can_be_followed_to_its_end(self):
        path = self.write("few", 3)
        self.workspace.write("few/bad.txt", b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 8)
        status, begun, headers = self.server.request("POST", "/v1/collections/default/sync", {"path": path}, JSON)
        self.assertEqual((status, begun["state"], headers["Location"]), (202, "running", "/v1/jobs/" + begun["job"]))
        connection = http.client.HTTPConnection(self.host, timeout=60)
        connection.request("GET", f"/v1/jobs/{begun['job']}/events")
        response = connection.getresponse()
        self.assertEqual((response.status, response.headers["Content-Type"]), (200, "text/event-stream"))
        events = read_events(response)
        connection.close()
        self.assertEqual(events[-1][0], "job")
        self.assertLessEqual({name for name, _ in events[:-1]}, {"progress"})
        ended = json.loads(events[-1][1])
        self.assertEqual((ended["state"], ended["counts"]["added"], ended["failed"]), ("done", 3, 1))
        self.assertEqual([f["uri"] for f in ended["failures"]], ["bad.txt"])
        view = self.server.get("/v1/jobs/" + begun["job"])
        self.assertIsNone(view.pop("progress"))
        self.assertEqual(view, ended)
        self.assertEqual(self.workspace.json("jobs", "show", begun["job"]), ended)
        # A sync makes equal: what the folder has no more is gone.
        os.remove(path + "/note0001.md")
        again = self.wait(self.server.post("/v1/collections/default/sync", {"path": path}, expect=202, headers=JSON)["job"])
        self.assertEqual((again["counts"]["deleted"], again["counts"]["unchanged"]), (1, 2))

    def test_a_job_can_be_cancelled_and_completed_later(self):
        self.workspace.json("collections", "create", "many", "--model", "none")
        path = self.write("many", 1500)
        job = self.server.post("/v1/collections/many/sync", {"path": path}, expect=202, headers=JSON)["job"]
        self.assertEqual(self.server.post(f"/v1/jobs/{job}/cancel", {}, expect=202)["state"], "cancelling")
        self.assertEqual(self.wait(job)["state"], "cancelled")
        self.server.post(f"/v1/jobs/{job}/cancel", {}, expect=409)
        self.assertEqual(self.wait(self.server.post("/v1/collections/many/sync", {"path": path}, expect=202, headers=JSON)["job"])["state"], "done")
        self.assertEqual(self.server.get("/v1/collections/many")["documents"], 1500)

    def test_a_server_that_stops_ends_its_job_after_a_commit_and_the_next_one_completes_it(self):
        self.workspace.json("collections", "create", "halted", "--model", "none")
        path = self.write("halted", 1500)
        server = Server(self.workspace)
        job = server.post("/v1/collections/halted/sync", {"path": path}, expect=202, headers=JSON)["job"]
        self.assertEqual(server.stop(), 0)
        self.assertIn(self.workspace.json("jobs", "show", job)["state"], ("interrupted", "done"))
        self.assertEqual(self.wait(self.server.post("/v1/collections/halted/sync", {"path": path}, expect=202, headers=JSON)["job"])["state"], "done")
        self.assertEqual(self.server.get("/v1/collections/halted")["documents"], 1500)

    def test_wrong_syncs_and_unknown_jobs_are_refused(self):
        for body, status in (({}, 400), ({"path": "relative"}, 400), ({"path": 7}, 400), ({"path": "/no/such/folder"}, 404), ({"path": "/tmp", "x": 1}, 400), ({"path": "/a\0b"}, 400)):
            with self.subTest(body):
                self.assertEqual(self.server.request("POST", "/v1/collections/default/sync", body, JSON)[0], status)
        none = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
        for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/cancel")):
            self.assertEqual(self.server.request(method, f"/v1/jobs/{none}{path}")[0], 404)


class WhoMayWrite(WithServer):
    # (method, path, body): all that changes something, or shows what only an administrator may see.
    def attempts(self):
        return (("PUT", documents(uri="x.md"), b"text"), ("DELETE", documents(uri="x.md"), None), ("POST", "/v1/collections", b'{"name":"x","model":"none"}'),
                ("POST", "/v1/collections/default/sync", b'{"path":"/tmp"}'), ("GET", "/v1/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV", None),
                ("GET", "/v1/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV/events", None), ("POST", "/v1/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV/cancel", b"{}"))

    def test_a_web_page_and_a_proxy_may_not(self):
        for header in ({"Origin": "http://localhost:3000"}, {"Origin": self.server.url}, {"Origin": "http://127.0.0.1"}, {"Sec-Fetch-Site": "same-origin"},
                       {"Referer": "http://localhost/page"}, {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-Proto": "https"},
                       {"x-forwarded-port": "443"}, {"X-FORWARDED-SERVER": "proxy"}, {"X-Forwarded-User": "eve"}, {"X-Real-IP": "192.0.2.1"}, {"Forwarded": "for=192.0.2.1"}, {"Via": "1.1 proxy"},
                       {"Origin": "https://evil.example"}, {"Host": "evil.example"}):
            for method, path, body in self.attempts():
                with self.subTest(header=header, path=path):
                    status, problem, _ = self.server.request(method, path, body, {**JSON, **header})
                    self.assertEqual((status, problem["code"]), (403, "refused"))
        self.assertEqual(self.workspace.json("docs", "list")["documents"], [])
        # What only reads is still open to a page of this machine.
        self.assertEqual(self.server.request("POST", "/v1/search", {"query": "x"}, {"Origin": "http://localhost:3000"})[0], 200)

    def as_another_user(self):
        program = ("import encodings.idna, http.client, os, sys\nos.setgid(65534); os.setuid(65534)\n"
                   "c = http.client.HTTPConnection(sys.argv[1]); c.request(sys.argv[2], sys.argv[3], sys.argv[4].encode() or None, {'Content-Type': 'application/json'})\n"
                   "r = c.getresponse(); print(r.status, r.read().decode())")

        def as_nobody(method, path, body):
            return subprocess.run([sys.executable, "-c", program, self.host, method, path, (body or b"").decode()], capture_output=True, text=True, timeout=60).stdout

        for method, path, body in self.attempts():
            with self.subTest(path=path):
                reply = as_nobody(method, path, body)
                self.assertTrue(reply.startswith("403 "), reply)
                self.assertIn("another user", reply)
        self.assertTrue(as_nobody("POST", "/v1/search", b'{"query":"x"}').startswith("200 "))
        self.assertEqual(self.workspace.json("docs", "list")["documents"], [])

    def as_another_user_whose_port_an_administrator_has_now(self):
        # Its request is whole when it resets the connection, and the port is root's when the server looks.
        program = ("import encodings.idna, os, socket, struct, sys\nos.setgid(65534); os.setuid(65534)\n"
                   "host, port = sys.argv[1].split(':'); c = socket.create_connection((host, int(port)))\n"
                   "def pause(line): print(line, flush=True); sys.stdin.readline()\n"
                   "c.sendall(b'PUT '); pause(c.getsockname()[1])\n"
                   "c.sendall(sys.argv[2].encode() + b' HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 4\\r\\n\\r\\ntext')\n"
                   "c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); c.close(); pause('reset')")
        other = subprocess.Popen([sys.executable, "-c", program, self.host, documents(uri="stolen.md")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(other.communicate)
        port = int(other.stdout.readline())
        time.sleep(0.5)  # for the server to accept it
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            other.stdin.write("\n")
            other.stdin.flush()
            self.assertEqual(other.stdout.readline(), "reset\n")
            own = socket.socket()
            self.addCleanup(own.close)
            own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            own.bind(("127.0.0.1", port))
            host, server_port = self.host.split(":")
            own.connect((host, int(server_port)))
        finally:
            self.server.process.send_signal(signal.SIGCONT)
        put = r'method="PUT",route="[^"]*documents",status="(\d+)"'
        deadline = time.monotonic() + 30
        while not (seen := re.findall(put, self.metrics())) and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertIn("403", seen)
        self.assertEqual(self.workspace.json("docs", "list")["documents"], [])

    def metrics(self):
        with urllib.request.urlopen(self.server.url + "/metrics", timeout=60) as response:
            return response.read().decode()

    if os.geteuid() == 0:  # nobody else may become another user; tests/access has the rule itself
        test_another_user_of_this_machine_may_not = as_another_user
        test_another_user_may_not_with_a_port_that_became_an_administrators = as_another_user_whose_port_an_administrator_has_now

    def test_writes_can_be_turned_off(self):
        workspace = Workspace()
        self.addCleanup(workspace.close)
        (workspace.path / "grounds.toml").write_text("[server]\nwrites = false\n")
        workspace.json("collections", "create", "default", "--model", "none")
        server = Server(workspace)
        self.addCleanup(server.stop)
        for method, path, body in self.attempts():
            if method == "GET":
                continue
            status, problem, _ = server.request(method, path, body, JSON)
            self.assertEqual((status, problem["code"]), (403, "refused"), path)
            self.assertIn("writes = false", problem["detail"])
        self.assertEqual(server.request("GET", "/v1/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV")[0], 404)

    def test_who_changed_something_is_on_record(self):
        report = self.put("who.md", b"The ibis wades.")
        self.assertTrue(self.workspace.json("jobs", "show", report["job"])["actor"].startswith("local:"))
        self.assertEqual(self.server.request("DELETE", documents(uri="who.md"))[0], 200)


class WhileStopping(unittest.TestCase):
    def test_an_upload_under_way_is_finished_before_the_server_ends(self):
        workspace = Workspace()
        self.addCleanup(workspace.close)
        workspace.json("collections", "create", "default", "--model", "none")
        server = Server(workspace)
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
        connection.putrequest("PUT", documents(uri="late.md"))
        text = b"The heron stands. " * 1000
        connection.putheader("Content-Length", str(len(text)))
        connection.endheaders()
        connection.send(text[:9000])
        time.sleep(0.5)
        stopped = threading.Thread(target=server.stop)
        stopped.start()
        time.sleep(0.5)
        connection.send(text[9000:])
        response = connection.getresponse()
        self.assertEqual((response.status, response.headers["Connection"]), (201, "close"))
        response.read()
        stopped.join()
        self.assertEqual(server.process.returncode, 0)
        self.assertEqual({r["uri"] for r in workspace.json("search", "heron")["results"]}, {"late.md"})
