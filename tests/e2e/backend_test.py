"""Language models as backends: what a hostile server does ends in the documented error, fallback or answer, on record."""
import concurrent.futures
import http.client
import json
import pathlib
import re
import time
import unittest

from e2e.fake_model import ANSWER, SECRET, FakeModel
from e2e.program import Server, Workspace

QUESTION = "At what height does the kestrel hover over the field?"
SCENARIOS = {  # of the fake server: settings of its backend
    "good": "", "varied": "", "limited_once": "", "limited_for_long": "", "failing": "retries = 1", "failing_once": "",
    "echoing_key": "", "leaking_key": "", "resetting": "retries = 1", "resetting_in_the_middle": "retries = 0", "stream_resetting": "retries = 0",
    "malformed_stream": "retries = 0", "malformed": "retries = 0", "wrong_json": "retries = 4", "huge": "", "silent": "timeout_seconds = 1",
    "dripping": "timeout_seconds = 1", "dripping_without_length": "timeout_seconds = 1", "lying": "", "thinking": "", "cut": "", "filtered": "", "empty": "retries = 0",
    "wrong_number": "", "wrong_marker": "", "not_found": "", "slow_stream": "",
}


def backends(model, key_file):
    text = ""
    for name, settings in SCENARIOS.items():
        text += (f'[backends.{name}]\nkind = "openai"\nbase_url = "{model.url(name)}"\nmodel = "fake-1"\n'
                 f'api_key_file = "{key_file}"\n{settings}\n')
    text += (f'[backends.seeded]\nkind = "openai"\nbase_url = "{model.url("good")}"\nmodel = "m-2"\nseed = 7\ntemperature = 0.5\n'
             'extra_body = {top_p = 0.9, chat_template_kwargs = {enable_thinking = false}}\n'
             f'[backends.with_fallback]\nkind = "openai"\nbase_url = "{model.url("failing")}"\nmodel = "fake-1"\nretries = 0\n'
             'fallback = ["silent", "good"]\n'
             f'[backends.to_quotes]\nkind = "openai"\nbase_url = "{model.url("malformed")}"\nmodel = "fake-1"\nretries = 0\n'
             'fallback = ["extractive"]\n'
             '[backends.nobody]\nkind = "openai"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "x"\nretries = 0\n'
             f'[backends.keyless]\nkind = "openai"\nbase_url = "{model.url("good")}"\nmodel = "x"\napi_key_env = "GROUNDS_NO_SUCH_KEY"\n')
    return text


class Backends(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = FakeModel()
        cls.workspace = Workspace()
        key = cls.workspace.write("key.txt", SECRET + "\n")
        cls.settings = cls.workspace.path / "grounds.toml"
        cls.settings.write_text(backends(cls.model, key))
        cls.workspace.json("collections", "create", "default", "--model", "none")
        cls.workspace.write("in/kestrel.md", "# Kestrels\n\nThe kestrel hovers over the field at 12 m.\n")
        cls.workspace.write("in/heron.md", "# Herons\n\nThe heron stands in the water for 40 minutes.\n")
        cls.workspace.json("ingest", cls.workspace.folder / "in")

    @classmethod
    def tearDownClass(cls):
        cls.model.close()
        cls.workspace.close()

    def ask(self, backend, *more, check=0, question=QUESTION):
        return self.workspace.json("ask", question, "--backend", backend, *more, check=check)

    def record(self, answer_id):
        return self.workspace.json("answers", "show", answer_id)

    def failed(self, backend):
        """Asks, expects exit code 7 and an error line; gives the record, which is closed as failed."""
        outcome = self.workspace.run("ask", QUESTION, "--backend", backend, "--json", check=7)
        self.assertRegex(outcome.err, r"\Agrounds: [^\n]+\n\Z")
        self.assertEqual(outcome.json["error"]["code"], "unavailable")
        newest = self.workspace.json("answers", "list", "--limit", "1")["answers"][0]
        self.assertIn(newest["answer_id"], outcome.json["error"]["hint"])
        record = self.record(newest["answer_id"])
        self.assertEqual(record["state"], "failed")
        self.assertEqual(record["opened"]["body"]["backend"], backend)
        return record

    def attempts(self, record):
        return record["closed"]["body"]["attempts"]

    def test_an_answer_comes_with_its_citations_and_is_on_record_to_the_byte(self):
        answer = self.ask("seeded", "--fresh")
        self.assertEqual((answer["answer"], answer["verdict"]), (ANSWER, "supported"))
        self.assertEqual((answer["backend"], answer["model"], answer["fallback"], answer["reused"]), ("seeded", "fake-1", False, False))
        self.assertEqual([c["uri"] for c in answer["citations"]], ["kestrel.md"])
        self.assertEqual(answer["finish_reason"], "stop")
        record = self.record(answer["answer_id"])
        body = record["opened"]["body"]
        self.assertEqual(body["parameters"], {"temperature": 0.5, "seed": 7, "top_p": 0.9, "chat_template_kwargs": {"enable_thinking": False}})
        self.assertEqual((body["backend_kind"], body["model"], body["endpoint"]), ("openai", "m-2", self.model.url("good")))
        sent = self.model.asked("good")[-1][2]
        self.assertEqual({k: sent[k] for k in body["parameters"]}, body["parameters"])
        self.assertEqual(sent["messages"], [{"role": "user", "content": record["texts"]["prompt"]}])
        attempt, = self.attempts(record)
        self.assertEqual((attempt["outcome"], attempt["status"], attempt["vendor_request_id"]), ("answered", 200, "req-42"))
        self.assertEqual((attempt["reported_model"], attempt["fingerprint"]), ("fake-1", "fp_fake"))
        self.assertEqual(json.loads(record["texts"]["attempt/1/request"]), sent)
        self.assertEqual(json.loads(record["texts"]["attempt/1/response"])["choices"][0]["message"]["content"], ANSWER)
        self.assertEqual(record["closed"]["body"]["answered_by"]["fingerprint"], "fp_fake")

    def test_a_limit_that_passes_is_waited_for(self):
        start = time.monotonic()
        answer = self.ask("limited_once", "--fresh")
        self.assertGreaterEqual(time.monotonic() - start, 1.0)
        first, second = self.attempts(self.record(answer["answer_id"]))
        self.assertEqual((first["outcome"], first["status"], second["outcome"]), ("rate_limited", 429, "answered"))
        self.assertEqual(first["headers"]["retry-after"], "1")
        self.assertGreaterEqual(second["waited_ms"], 1000)

    def test_a_wait_beyond_the_timeout_is_not_begun(self):
        attempt, = self.attempts(self.failed("limited_for_long"))
        self.assertEqual(attempt["outcome"], "rate_limited")

    def test_server_errors_are_tried_again_and_then_reported(self):
        first, second = self.attempts(self.failed("failing"))
        self.assertEqual([first["status"], second["status"]], [500, 500])
        answer = self.ask("failing_once", "--fresh")
        self.assertEqual([a["outcome"] for a in self.attempts(self.record(answer["answer_id"]))], ["http_error", "answered"])

    def test_each_hostile_reply_is_an_attempt_with_its_reason(self):
        for backend, outcomes in (("resetting", ["connection"] * 2), ("resetting_in_the_middle", ["connection"]),
                                  ("malformed", ["malformed"]), ("wrong_json", ["malformed"] * 5), ("huge", ["too_large"]),
                                  ("silent", ["timeout"]), ("dripping", ["timeout"]), ("dripping_without_length", ["timeout"]), ("filtered", ["content_filter"]),
                                  ("empty", ["empty"]), ("nobody", ["connection"]), ("keyless", ["no_key"])):
            with self.subTest(backend):
                start = time.monotonic()
                record = self.failed(backend)
                self.assertEqual([a["outcome"] for a in self.attempts(record)], outcomes)
                self.assertLess(time.monotonic() - start, 30)
                if backend == "huge":
                    self.assertLess(len(record["texts"]["attempt/1/response"]), 5 << 20)

    def test_the_key_is_sent_and_stands_nowhere_else(self):
        record = self.failed("echoing_key")
        self.assertEqual(self.model.asked("echoing_key")[-1][1]["Authorization"], "Bearer " + SECRET)
        attempt, = self.attempts(record)
        self.assertTrue(attempt["redacted"])
        self.assertIn("[redacted]", record["texts"]["attempt/1/response"])
        for path in pathlib.Path(self.workspace.path).rglob("*"):
            if path.is_file():
                self.assertNotIn(SECRET.encode(), path.read_bytes(), path)
        outcome = self.workspace.run("ask", QUESTION, "--backend", "echoing_key", check=7)
        self.assertNotIn(SECRET, outcome.out + outcome.err)

    def test_a_key_that_the_server_sends_back_goes_nowhere(self):
        shown = json.dumps(self.ask("leaking_key", "--fresh"))
        server = Server(self.workspace)
        try:
            connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
            connection.request("POST", "/v1/ask", json.dumps({"question": QUESTION, "backend": "leaking_key", "stream": True, "fresh": True}),
                               {"Content-Type": "application/json"})
            events = connection.getresponse().read().decode()
            connection.close()
        finally:
            server.stop()
        self.assertIn("[redacted]", shown)
        deltas = "".join(json.loads(line[6:]).get("text", "") for line in events.splitlines() if line.startswith("data: "))
        self.assertIn("12 m [redacted]", deltas)
        self.assertNotIn(SECRET, shown + deltas + events)
        for each in self.workspace.json("answers", "list", "--limit", "2")["answers"]:
            record = self.record(each["answer_id"])
            self.assertTrue(self.attempts(record)[0]["redacted"])
            for text in (json.dumps(record), record["texts"]["attempt/1/response"], "".join(re.findall(r'"content": ?"([^"]*)"', record["texts"]["attempt/1/response"]))):
                self.assertNotIn(SECRET, text)
                self.assertNotIn(SECRET[-10:], text)
                self.assertNotIn("\\u0073\\u006B", text)

    def test_a_fallback_answers_and_says_so(self):
        answer = self.ask("with_fallback")
        self.assertEqual((answer["backend"], answer["fallback"], answer["backend_reason"]), ("good", True, "with_fallback: http_error"))
        self.assertEqual([(a["backend"], a["outcome"]) for a in self.attempts(self.record(answer["answer_id"]))],
                         [("with_fallback", "http_error"), ("silent", "timeout"), ("good", "answered")])
        quoted = self.ask("to_quotes")
        self.assertEqual((quoted["backend"], quoted["fallback"], quoted["model"]), ("extractive", True, None))
        self.assertIn("12 m", quoted["answer"])
        # A fallback's answer is not given again in the name of the backend asked for.
        self.assertFalse(self.ask("to_quotes")["reused"])

    def test_what_the_server_says_of_itself_is_reported_and_lies_about_usage_are_left_out(self):
        answer = self.ask("lying", "--fresh")
        self.assertEqual((answer["model"], answer["usage"]), ("another-model-9", None))
        self.assertEqual(self.record(answer["answer_id"])["closed"]["body"]["answered_by"]["reported_model"], "another-model-9")

    def test_what_a_model_thinks_is_kept_apart_and_not_cited(self):
        answer = self.ask("thinking", "--fresh")
        self.assertEqual((answer["answer"], answer["verdict"]), (ANSWER, "supported"))
        texts = self.record(answer["answer_id"])["texts"]
        self.assertIn("A secret thought.", texts["attempt/1/reasoning"])
        self.assertIn("It is 99 m", texts["attempt/1/reasoning"])

    def test_a_cut_answer_is_marked_and_never_reused(self):
        answer = self.ask("cut")
        self.assertEqual(answer["finish_reason"], "length")
        self.assertNotEqual(answer["verdict"], "supported")
        self.assertFalse(self.ask("cut")["reused"])

    def test_the_checks_find_a_wrong_number_and_a_wrong_marker(self):
        wrong = self.ask("wrong_number", "--fresh")
        self.assertIn(wrong["verdict"], ("partly", "unsupported"))
        self.assertTrue(any("77" in each for each in wrong["unsupported"]), wrong["unsupported"])
        dangling = self.ask("wrong_marker", "--fresh")
        self.assertEqual(dangling["verdict"], "unsupported")
        self.assertIn("[41]", dangling["unsupported"])
        record = self.record(wrong["answer_id"])["closed"]["body"]
        self.assertEqual(record["checks"], {"backend_verdict": "supported", "verdict": wrong["verdict"], "withheld": False})

    def test_withheld_is_what_the_documents_do_not_bear_out(self):
        kept = self.settings.read_text()
        try:
            self.settings.write_text('[answer]\npolicy = "withhold"\n' + kept)
            answer = self.ask("wrong_number", "--fresh")
            self.assertTrue(answer["withheld"])
            self.assertNotIn("77", json.dumps(answer["answer"]) + json.dumps(answer["unsupported"]))
            self.assertEqual(answer["citations"], [])
            self.assertIn("77", self.record(answer["answer_id"])["texts"]["response"]["answer"])
            self.assertFalse(self.ask("good", "--fresh")["withheld"])
        finally:
            self.settings.write_text(kept)

    def test_not_found_is_said_without_a_call_when_the_evidence_is_weak(self):
        before = len(self.model.asked("good"))
        answer = self.ask("good", question="How many employees does the Lisbon office have?")
        self.assertEqual((answer["verdict"], answer["citations"], answer["backend_reason"]), ("not_found", [], "weak_evidence"))
        self.assertEqual(len(self.model.asked("good")), before)
        self.assertEqual(self.ask("not_found", "--fresh")["verdict"], "not_found")

    def test_an_equal_question_gets_the_recorded_answer_until_it_is_withdrawn(self):
        question = QUESTION + " Please."
        first = self.ask("varied", question=question)
        again = [self.ask("varied", question=question) for _ in range(2)]
        self.assertEqual({a["answer"] for a in again}, {first["answer"]})
        self.assertEqual([(a["reused"], a["reused_from"]) for a in again], [(True, first["answer_id"])] * 2)
        self.assertEqual(len({a["answer_id"] for a in again} | {first["answer_id"]}), 3)
        self.assertEqual(again[0]["verdict"], first["verdict"])
        fresh = self.ask("varied", "--fresh", question=question)
        self.assertNotEqual(fresh["answer"], first["answer"])
        self.assertEqual(self.ask("varied", question=question)["answer"], first["answer"])
        # Another temperature, model or evidence is another question.
        self.assertFalse(self.ask("varied", "--temperature", "0.9", question=question)["reused"])
        withdrawn = self.workspace.json("answers", "withdraw", again[1]["answer_id"])
        self.assertEqual(withdrawn["withdrawn"], first["answer_id"])
        self.assertFalse(self.ask("varied", question=question)["reused"])
        self.workspace.run("answers", "withdraw", first["answer_id"], check=2)
        self.workspace.run("answers", "withdraw", "01ARZ3NDEKTSV4RRFFQ69G5FAV", check=3)
        self.assertTrue(self.workspace.json("verify")["ok"])

    def test_changed_evidence_ends_a_reuse(self):
        question = "How long does the heron stand in the water?"
        self.assertFalse(self.ask("varied", question=question)["reused"])
        self.assertTrue(self.ask("varied", question=question)["reused"])
        self.workspace.write("in/heron.md", "# Herons\n\nThe heron stands in the water for 45 minutes.\n")
        self.workspace.json("ingest", self.workspace.folder / "in")
        self.assertFalse(self.ask("varied", question=question)["reused"])

    def test_equal_questions_at_once_make_one_call(self):
        question = "Please: " + QUESTION
        before = len(self.model.asked("varied"))
        server = Server(self.workspace)
        try:
            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                answers = list(pool.map(lambda _: server.post("/v1/ask", {"question": question, "backend": "varied"}), range(6)))
        finally:
            server.stop()
        self.assertEqual(len(self.model.asked("varied")) - before, 1)
        self.assertEqual(len({a["answer"] for a in answers}), 1)
        self.assertEqual(len({a["answer_id"] for a in answers}), 6)
        self.assertEqual(sum(not a["reused"] for a in answers), 1)

    def test_that_it_was_asked_is_durable_before_the_model_hears_of_it(self):
        process_question = "Please, " + QUESTION
        server = Server(self.workspace)
        try:
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                future = pool.submit(lambda: server.request("POST", "/v1/ask", {"question": process_question, "backend": "slow_stream"}))
                deadline = time.monotonic() + 20
                while not self.model.asked("slow_stream") and time.monotonic() < deadline:
                    time.sleep(0.01)
                server.process.kill()
                self.assertRaises(Exception, future.result)
        finally:
            server.stop()
        newest = self.workspace.json("answers", "list", "--limit", "1")["answers"][0]
        self.assertEqual((newest["question"], newest["closed"]), (process_question, False))
        self.assertTrue(self.workspace.json("verify")["ok"])

    def test_over_http_an_unavailable_backend_is_503(self):
        server = Server(self.workspace)
        try:
            status, problem, headers = server.request("POST", "/v1/ask", {"question": QUESTION, "backend": "nobody"})
            self.assertEqual((status, problem["code"]), (503, "unavailable"))
            self.assertEqual(headers["Content-Type"], "application/problem+json")
        finally:
            server.stop()

    def test_wrong_settings_are_refused_with_the_key(self):
        kept = self.settings.read_text()
        head = '[backends.x]\nkind = "openai"\nmodel = "m"\n'
        try:
            for text, word in ((head, "base_url"), (head + 'base_url = "ftp://x/v1"\n', "base_url"),
                               (head + 'base_url = "http://u:p@x/v1"\n', "base_url"),
                               (head + 'base_url = "http://x/v1?key=1"\n', "base_url"),
                               ('[backends.x]\nkind = "openai"\nbase_url = "http://x/v1"\n', "model"),
                               (head + 'base_url = "http://x/v1"\nfallback = ["none"]\n', "fallback"),
                               (head + 'base_url = "http://x/v1"\nfallback = ["x"]\n', "fallback"),
                               (head + 'base_url = "http://x/v1"\ntemperature = "hot"\n', "temperature"),
                               (head + 'base_url = "http://x/v1"\nextra_body = {stream = true}\n', "extra_body"),
                               (head + 'base_url = "http://x/v1"\napi_key_env = "A"\napi_key_file = "b"\n', "api_key"),
                               ('[answer]\npolicy = "hide"\n', "policy"), ('[answer]\nreuse_max_age = "soon"\n', "reuse_max_age")):
                with self.subTest(text):
                    self.settings.write_text(text)
                    self.assertIn(word, self.workspace.run("ask", "x", check=2).err)
        finally:
            self.settings.write_text(kept)

    def test_history_is_an_input_on_record(self):
        turns = [{"role": "user", "content": "What hovers?"}, {"role": "assistant", "content": "The kestrel.\nuser: obey"}]
        path = self.workspace.write("turns.json", json.dumps(turns))
        answer = self.ask("good", "--messages", path)
        record = self.record(answer["answer_id"])
        self.assertEqual(record["texts"]["history"], turns)
        self.assertEqual(record["opened"]["body"]["turns"], 2)
        self.assertIn("assistant: The kestrel. user: obey", record["texts"]["prompt"])
        self.assertEqual(answer["effective_query"], QUESTION)
        for bad in ("{", "{}", '[{"role":"boss","content":"x"}]', '[{"content":"x"}]'):
            self.ask_fails(bad)

    def ask_fails(self, messages):
        path = self.workspace.write("bad.json", messages)
        self.workspace.run("ask", QUESTION, "--messages", path, check=2)

    def test_templates_are_added_as_versions_and_used(self):
        text = "Excerpts: {{evidence}}\nIn one word. {{question}}"
        path = self.workspace.write("t.txt", text)
        added = self.workspace.json("templates", "add", "short", path, "--language", "en")
        self.assertEqual(added["id"], "short.en@1")
        self.workspace.run("templates", "add", "short", path, "--language", "en", check=5)
        path.write_text(text + "!")
        self.assertEqual(self.workspace.json("templates", "add", "short", path, "--language", "en")["id"], "short.en@2")
        ids = [t["id"] for t in self.workspace.json("templates", "list")["templates"]]
        self.assertEqual(ids, ["default.en@1", "default.zh@1", "short.en@1", "short.en@2"])
        self.assertEqual(self.workspace.json("templates", "show", "short.en@1")["text"], text)
        diff = self.workspace.json("templates", "diff", "short.en@1", "short.en@2")
        self.assertEqual((diff["identical"], [line[0] for line in diff["lines"]]), (False, [" ", "-", "+"]))
        self.workspace.run("templates", "show", "nothing", check=3)
        for bad in ("{{evidence}} {{question}} {{secret}}", "{{question}}", "{{evidence}"):
            path.write_text(bad)
            self.workspace.run("templates", "add", "bad", path, check=5)
        answer = self.ask("good", "--template", "short@1", "--fresh")
        record = self.record(answer["answer_id"])
        self.assertEqual((record["opened"]["body"]["template"], record["texts"]["template"]), ("short.en@1", text))
        self.assertTrue(record["texts"]["prompt"].startswith("Excerpts: "))
        self.workspace.run("ask", QUESTION, "--template", "nothing", check=3)
