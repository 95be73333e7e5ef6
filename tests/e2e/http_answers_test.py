"""Answers over HTTP: as streams, as OpenAI's clients ask, repeated under a key, counted and described."""
import http.client
import json
import re
import signal
import time
import unittest
import urllib.request

from e2e.fake_model import ANSWER, FakeModel
from e2e.program import Server, Workspace

QUESTION = "At what height does the kestrel hover over the field?"
BACKENDS = {"good": "", "varied": "", "slow_stream": "", "stream_resetting": "retries = 0", "malformed_stream": "retries = 0",
            "thinking": "", "failing": "retries = 0", "wrong_number": "", "cut": "", "odd_end": "", "hushed": "retries = 0"}


def read_events(response):
    """(event name, data) of a stream, to its end."""
    events, name, data = [], "", []
    for line in response.read().decode().split("\n"):
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            data.append(line[6:])
        elif not line and data:
            events.append((name, "\n".join(data)))
            name, data = "", []
    return events


class HttpAnswers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = FakeModel()
        cls.workspace = Workspace()
        text = ""
        for name, settings in BACKENDS.items():
            text += f'[backends.{name}]\nkind = "openai"\nbase_url = "{cls.model.url(name)}"\nmodel = "fake-1"\n{settings}\n'
        (cls.workspace.path / "grounds.toml").write_text(text)
        cls.workspace.json("collections", "create", "default", "--model", "none")
        cls.workspace.write("in/kestrel.md", "# Kestrels\n\nThe kestrel hovers over the field at 12 m.\n")
        cls.workspace.json("ingest", cls.workspace.folder / "in")
        cls.server = Server(cls.workspace)
        cls.host = cls.server.url.removeprefix("http://")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.model.close()
        cls.workspace.close()

    def open(self, path, body):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        self.addCleanup(connection.close)
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        return connection, connection.getresponse()

    def stream(self, body, path="/v1/ask"):
        _, response = self.open(path, {**body, "stream": True})
        self.assertEqual((response.status, response.headers["Content-Type"]), (200, "text/event-stream"))
        return read_events(response)

    def test_a_stream_is_evidence_then_deltas_then_the_answer_on_record(self):
        for backend in ("good", "thinking", "extractive"):
            with self.subTest(backend):
                events = self.stream({"question": QUESTION, "backend": backend, "fresh": True})
                names = [name for name, _ in events]
                self.assertEqual((names[0], set(names[1:-1]), names[-1]), ("evidence", {"delta"}, "answer"))
                evidence, answer = json.loads(events[0][1]), json.loads(events[-1][1])
                self.assertEqual([e["uri"] for e in evidence["evidence"]], ["kestrel.md"])
                self.assertEqual("".join(json.loads(d)["text"] for n, d in events if n == "delta").strip(), answer["answer"])
                self.assertEqual(evidence["answer_id"], answer["answer_id"])
                record = self.workspace.json("answers", "show", answer["answer_id"])
                self.assertEqual((record["state"], record["texts"]["response"]["answer"]), ("answered", answer["answer"]))
                if backend != "extractive":
                    self.assertEqual(answer["answer"], ANSWER)
                    self.assertTrue(record["closed"]["body"]["attempts"][0]["streamed"])

    def test_a_streamed_and_a_plain_question_are_one_for_reuse(self):
        question = "Please! " + QUESTION
        first = self.server.post("/v1/ask", {"question": question, "backend": "varied"})
        events = self.stream({"question": question, "backend": "varied"})
        answer = json.loads(events[-1][1])
        self.assertEqual((answer["answer"], answer["reused"]), (first["answer"], True))

    def test_a_stream_that_breaks_ends_in_an_error_event_and_a_failed_record(self):
        for backend in ("stream_resetting", "malformed_stream", "failing"):
            with self.subTest(backend):
                events = self.stream({"question": QUESTION, "backend": backend, "fresh": True})
                self.assertEqual((events[0][0], events[-1][0]), ("evidence", "error"))
                self.assertEqual(json.loads(events[-1][1])["code"], "unavailable")
                record = self.workspace.json("answers", "show", json.loads(events[0][1])["answer_id"])
                self.assertEqual(record["state"], "failed")

    def test_what_fails_before_it_begins_is_no_stream(self):
        for body, status in (({"question": QUESTION, "collection": "no"}, 404), ({"question": QUESTION, "backend": "no"}, 404),
                             ({"question": " "}, 400), ({}, 400), ({"question": QUESTION, "as": "user:x"}, 403)):
            _, response = self.open("/v1/ask", {**body, "stream": True})
            self.assertEqual((response.status, response.headers["Content-Type"]), (status, "application/problem+json"), body)

    def test_what_is_withheld_is_not_read_back_and_scores_are_for_those_who_see_them(self):
        settings = self.workspace.path / "grounds.toml"
        kept = settings.read_text()
        settings.write_text('[answer]\npolicy = "withhold"\n' + kept)
        server = Server(self.workspace)
        try:
            answer = server.post("/v1/ask", {"question": QUESTION, "backend": "wrong_number", "fresh": True})
            self.assertTrue(answer["withheld"])
            record = server.get("/v1/answers/" + answer["answer_id"])
        finally:
            server.stop()
            settings.write_text(kept)
        self.assertNotIn("77 m", json.dumps(record))
        self.assertLessEqual({"response", "attempt/1/response"}, set(record["left_out"]))
        for item in record["texts"]["evidence"]:
            self.assertEqual({item[key] for key in ("score", "vector_score", "lexical_score", "term_coverage")}, {None})
        full = self.workspace.json("answers", "show", answer["answer_id"])
        self.assertIn("77 m", json.dumps(full))
        self.assertIsInstance(full["texts"]["evidence"][0]["score"], int)

    def test_only_a_whole_answer_ends_in_stop(self):
        for backend, expected in (("good", "stop"), ("cut", "length"), ("odd_end", "length"), ("extractive", "stop")):
            _, response = self.open("/v1/chat/completions", {"model": "default", "backend": backend, "fresh": True,
                                                             "messages": [{"role": "user", "content": QUESTION}]})
            self.assertEqual(json.loads(response.read())["choices"][0]["finish_reason"], expected, backend)
        # Decided without a call: nothing was cut.
        _, response = self.open("/v1/chat/completions", {"model": "default", "backend": "good", "fresh": True,
                                                         "messages": [{"role": "user", "content": "Who was the first emperor of Rome?"}]})
        view = json.loads(response.read())
        self.assertEqual((view["verdict"], view["choices"][0]["finish_reason"]), ("not_found", "stop"))

    def test_a_client_that_goes_away_cancels_the_call(self):
        connection, response = self.open("/v1/ask", {"question": QUESTION, "backend": "slow_stream", "stream": True, "fresh": True})
        line = b""
        while not line.startswith(b"data: "):
            line = response.fp.readline()
        answer_id = json.loads(re.search(rb"\{.*\}", line)[0])["answer_id"]
        response.close()
        connection.close()
        deadline = time.monotonic() + 9  # the whole stream takes ten seconds
        record = {"state": "interrupted"}
        while record["state"] == "interrupted" and time.monotonic() < deadline:
            time.sleep(0.1)
            record = self.workspace.json("answers", "show", answer_id)
        self.assertEqual(record["state"], "failed")
        self.assertEqual(record["closed"]["body"]["attempts"][0]["outcome"], "cancelled")

    def test_a_client_that_goes_away_before_a_whole_answer_cancels_the_call_too(self):
        chat = {"model": "default", "messages": [{"role": "user", "content": QUESTION}], "backend": "hushed", "fresh": True}
        # The key means nothing to completions.
        for path, body, headers in (("/v1/ask", {"question": QUESTION, "backend": "hushed", "fresh": True}, {}),
                                    ("/v1/chat/completions", chat, {}), ("/v1/chat/completions", chat, {"Idempotency-Key": "one"})):
            with self.subTest(path=path, headers=headers):
                before = {a["answer_id"] for a in self.workspace.json("answers", "list", "--limit", "100")["answers"]}
                connection = http.client.HTTPConnection(self.host, timeout=60)
                connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
                time.sleep(1)
                connection.close()
                began, record = time.monotonic(), None
                while time.monotonic() < began + 12:  # the model would say nothing for twenty seconds
                    new = [a["answer_id"] for a in self.workspace.json("answers", "list", "--limit", "100")["answers"] if a["answer_id"] not in before]
                    record = self.workspace.json("answers", "show", new[0]) if new else None
                    if record and record["state"] != "interrupted":
                        break
                    time.sleep(0.1)
                self.assertEqual((record["state"], record["closed"]["body"]["attempts"][0]["outcome"]), ("failed", "cancelled"))

    def test_a_client_with_a_key_may_go_away_and_ask_again_for_its_answer(self):
        body = {"question": QUESTION, "backend": "varied", "fresh": True}
        connection = http.client.HTTPConnection(self.host, timeout=60)
        connection.request("POST", "/v1/ask", json.dumps(body), {"Content-Type": "application/json", "Idempotency-Key": "gone"})
        time.sleep(0.1)
        connection.close()
        asked = len(self.model.asked("varied"))
        status, deadline = 409, time.monotonic() + 30
        while status == 409 and time.monotonic() < deadline:
            status, _, headers = self.server.request("POST", "/v1/ask", body, {"Idempotency-Key": "gone"})
            time.sleep(0.05)
        self.assertEqual((status, headers["Idempotency-Replayed"], len(self.model.asked("varied"))), (200, "true", asked))

    def test_a_stream_under_way_is_finished_before_a_server_that_stops_ends(self):
        server = Server(self.workspace)
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
        connection.request("POST", "/v1/ask", json.dumps({"question": QUESTION, "backend": "slow_stream", "stream": True, "fresh": True}))
        response = connection.getresponse()
        first = response.readline()
        server.process.send_signal(signal.SIGTERM)
        events = read_events(response)
        connection.close()
        self.assertTrue(first)
        self.assertEqual(events[-1][0], "answer")
        self.assertEqual(server.process.wait(timeout=30), 0)
        server.stop()

    def test_a_stream_that_takes_longer_than_the_server_waits_is_cut_and_on_record_as_failed(self):
        settings = self.workspace.path / "grounds.toml"
        kept = settings.read_text()
        settings.write_text("[server]\ndrain_seconds = 1\n" + kept)
        server = Server(self.workspace)
        settings.write_text(kept)
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
        connection.request("POST", "/v1/ask", json.dumps({"question": QUESTION, "backend": "slow_stream", "stream": True, "fresh": True}))
        response = connection.getresponse()
        line = b""
        while not line.startswith(b"data: "):
            line = response.fp.readline()
        answer_id = json.loads(re.search(rb"\{.*\}", line)[0])["answer_id"]
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(timeout=30), 0)
        self.assertLess(time.monotonic() - began, 8)  # the stream takes ten seconds
        connection.close()
        server.stop()
        self.assertEqual(self.workspace.json("answers", "show", answer_id)["state"], "failed")

    def test_a_chat_completion_is_an_answer_with_citations(self):
        body = {"model": "default", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Birds?"},
                                                 {"role": "assistant", "content": "Yes."}, {"role": "user", "content": [{"type": "text", "text": QUESTION}]}],
                "max_tokens": 50, "backend": "good"}
        reply = self.server.post("/v1/chat/completions", body)
        self.assertEqual((reply["object"], reply["model"]), ("chat.completion", "default"))
        choice, = reply["choices"]
        self.assertEqual((choice["message"], choice["finish_reason"]), ({"role": "assistant", "content": ANSWER}, "stop"))
        self.assertEqual([c["uri"] for c in reply["citations"]], ["kestrel.md"])
        self.assertEqual(reply["verdict"], "supported")
        history = self.workspace.json("answers", "show", reply["answer_id"])["texts"]["history"]
        self.assertEqual([m["role"] for m in history], ["system", "user", "assistant"])

    def test_a_chat_stream_ends_with_done(self):
        body = {"model": "default", "messages": [{"role": "user", "content": QUESTION}], "backend": "good", "fresh": True,
                "stream_options": {"include_usage": True}}
        data = [d for _, d in self.stream(body, "/v1/chat/completions")]
        self.assertEqual(data[-1], "[DONE]")
        chunks = [json.loads(d) for d in data[:-1]]
        self.assertEqual({c["object"] for c in chunks}, {"chat.completion.chunk"})
        self.assertEqual("".join(c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"]), ANSWER)
        self.assertEqual((chunks[-2]["choices"][0]["finish_reason"], chunks[-2]["verdict"]), ("stop", "supported"))
        self.assertIn("total_tokens", chunks[-1]["usage"])

    def test_wrong_chat_requests_are_problems_that_openai_clients_read(self):
        user = [{"role": "user", "content": QUESTION}]
        for body, status in (({"messages": user}, 400), ({"model": "default"}, 400), ({"model": "default", "messages": []}, 400),
                             ({"model": "no", "messages": user}, 404), ({"model": "default", "messages": user, "n": 2}, 400),
                             ({"model": "default", "messages": user, "tools": []}, 400),
                             ({"model": "default", "messages": [{"role": "assistant", "content": "x"}]}, 400),
                             ({"model": "default", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 400)):
            with self.subTest(body):
                got, problem, headers = self.server.request("POST", "/v1/chat/completions", body)
                self.assertEqual((got, headers["Content-Type"]), (status, "application/problem+json"))
                self.assertTrue(problem["error"]["message"])

    def test_models_are_the_collections(self):
        models = self.server.get("/v1/models")
        self.assertEqual((models["object"], [m["id"] for m in models["data"]]), ("list", ["default"]))

    def test_a_request_sent_again_under_its_key_is_answered_as_the_first_time(self):
        body = {"question": QUESTION, "backend": "varied", "fresh": True}
        first = self.server.post("/v1/ask", body, headers={"Idempotency-Key": "one"})
        status, again, headers = self.server.request("POST", "/v1/ask", body, {"Idempotency-Key": "one"})
        self.assertEqual((status, again, headers["Idempotency-Replayed"]), (200, first, "true"))
        self.assertNotEqual(self.server.post("/v1/ask", body, headers={"Idempotency-Key": "two"})["answer_id"], first["answer_id"])
        self.server.post("/v1/ask", {**body, "question": "x?"}, expect=422, headers={"Idempotency-Key": "one"})
        self.server.post("/v1/ask", body, expect=400, headers={"Idempotency-Key": "x" * 256})
        # What failed may be tried again.
        failing = {"question": QUESTION, "backend": "failing"}
        for _ in range(2):
            before = len(self.model.asked("failing"))
            self.server.post("/v1/ask", failing, expect=503, headers={"Idempotency-Key": "three"})
            self.assertEqual(len(self.model.asked("failing")), before + 1)

    def test_metrics_count_requests_and_answers(self):
        def value(line):
            with urllib.request.urlopen(self.server.url + "/metrics", timeout=30) as response:
                self.assertTrue(response.headers["Content-Type"].startswith("text/plain; version=0.0.4"))
                text = response.read().decode()
            for each in text.splitlines():
                self.assertRegex(each, r'\A(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [0-9.e+-]+)\Z')
            found = [each for each in text.splitlines() if each.startswith(line + " ")]
            return float(found[0].split()[-1]) if found else 0.0

        requests = 'grounds_http_requests_total{method="POST",route="/v1/ask",status="200"}'
        answers = 'grounds_answers_total{backend="extractive",verdict="supported",reused="false",fallback="false"}'
        before = value(requests), value(answers)
        self.server.post("/v1/ask", {"question": QUESTION})
        # A request is counted when its response has gone out.
        deadline = time.monotonic() + 10
        while value(requests) == before[0] and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual((value(requests), value(answers)), (before[0] + 1, before[1] + 1))
        self.assertGreater(value('grounds_http_request_seconds_count{route="/v1/ask"}'), 0)
