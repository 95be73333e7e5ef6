"""What stands before language models: budgets, turns, circuit breakers, canaries; on record, in /metrics, across restarts."""
import concurrent.futures
import json
import sqlite3
import unittest
import urllib.request

from e2e.fake_model import FakeModel
from e2e.program import Server, Workspace

QUESTION = "At what height does the kestrel hover over the field?"


class Gateway(unittest.TestCase):
    def setUp(self):
        self.model = FakeModel()
        self.addCleanup(self.model.close)
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.json("collections", "create", "default", "--model", "none")
        self.workspace.write("in/kestrel.md", "# Kestrels\n\nThe kestrel hovers over the field at 12 m.\n")
        self.workspace.json("ingest", self.workspace.folder / "in")

    def configure(self, *backends, prices=""):
        text = prices
        for name, scenario, settings in backends:
            text += (f'[backends.{name}]\nkind = "openai"\nbase_url = "{self.model.url(scenario)}"\nmodel = "fake-1"\nretries = 0\n'
                     f'extra_body = {{max_tokens = 100}}\n{settings}\n')
        (self.workspace.path / "grounds.toml").write_text(text)

    def ask(self, backend, *more, check=0):
        return self.workspace.json("ask", QUESTION, "--backend", backend, "--fresh", *more, check=check)

    def attempts(self, answer):
        return self.workspace.json("answers", "show", answer["answer_id"])["closed"]["body"]["attempts"]

    def spent(self, name):
        listed = {b["name"]: b for b in self.workspace.json("backends", "list")["backends"]}
        return listed[name]["budget"]["spent"]

    def metrics(self, server):
        with urllib.request.urlopen(server.url + "/metrics", timeout=30) as response:
            lines = [line for line in response.read().decode().splitlines() if not line.startswith("#")]
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}

    def test_a_budget_outlives_the_process_and_its_end_is_refused_with_exit_code_4(self):
        self.configure(("metered", "metered", 'budget = {tokens = 1000000, money = 100.0, period = "total"}'),
                       prices='[prices."fake-1"]\nprompt = 1.0\ncompletion = 10.0\ncurrency = "EUR"\n')
        attempt, = self.attempts(self.ask("metered"))
        self.assertEqual(attempt["charged"], {"tokens": 320, "money": 0.0005, "currency": "EUR", "reported": True})
        self.assertGreater(attempt["reserved"]["tokens"], 320)
        self.assertEqual(self.spent("metered"), {"tokens": 320, "money": 0.0005})
        self.ask("metered")
        self.assertEqual(self.spent("metered"), {"tokens": 640, "money": 0.001})
        most = attempt["reserved"]["tokens"]
        self.configure(("metered", "metered", f'budget = {{tokens = {640 + most - 1}, period = "total"}}'))
        outcome = self.workspace.run("ask", QUESTION, "--backend", "metered", "--fresh", "--json", check=4)
        self.assertEqual(outcome.json["error"]["code"], "refused")
        self.assertIn("budget", outcome.err)
        newest = self.workspace.json("answers", "list", "--limit", "1")["answers"][0]
        record = self.workspace.json("answers", "show", newest["answer_id"])
        self.assertEqual((record["state"], record["closed"]["body"]["attempts"][0]["outcome"]), ("failed", "over_budget"))
        self.assertEqual(len(self.model.asked("metered")), 2)
        with sqlite3.connect(self.workspace.path / "backends.db") as database:
            self.assertEqual(database.execute("SELECT * FROM spending").fetchall(), [("metered", "total", 640, 1_000_000)])

    def test_through_fallbacks_and_at_once_no_budget_is_overspent(self):
        """litellm#41344, #26672."""
        self.configure(("first", "metered", 'fallback = ["second", "extractive"]\nbudget = {tokens = 6000, period = "total"}'),
                       ("second", "metered", 'budget = {tokens = 4000, period = "total"}'))
        server = Server(self.workspace)
        try:
            with concurrent.futures.ThreadPoolExecutor(12) as pool:
                answers = list(pool.map(lambda _: server.post("/v1/ask", {"question": QUESTION, "backend": "first", "fresh": True}), range(40)))
            by = {name: sum(a["backend"] == name for a in answers) for name in ("first", "second", "extractive")}
            spent = self.metrics(server)
        finally:
            self.assertEqual(server.stop(), 0)
        self.assertEqual(sum(by.values()), 40)
        self.assertGreater(min(by.values()), 0, by)
        for name, budget in (("first", 6000), ("second", 4000)):
            self.assertEqual(spent[f'grounds_backend_spent_tokens{{backend="{name}"}}'], 320 * by[name])
            self.assertEqual(spent[f'grounds_backend_budget_tokens{{backend="{name}"}}'], budget)
            self.assertLessEqual(320 * by[name], budget)
        self.assertEqual(len(self.model.asked("metered")), by["first"] + by["second"])
        reasons = {a["backend_reason"] for a in answers if a["backend"] != "first"}
        self.assertEqual(reasons, {"first: over_budget"})
        self.assertTrue(self.workspace.json("verify")["ok"])

    def test_what_a_server_says_of_its_usage_is_charged_only_if_it_can_be_true(self):
        self.configure(("lying", "lying", 'budget = {tokens = 1000000, period = "total"}'),
                       ("failing", "failing", 'budget = {tokens = 1000000, period = "total"}'),
                       ("cut_off", "resetting_in_the_middle", 'budget = {tokens = 1000000, period = "total"}'))
        attempt, = self.attempts(self.ask("lying"))
        self.assertFalse(attempt["charged"]["reported"])
        self.assertGreaterEqual(attempt["charged"]["tokens"], attempt["reserved"]["tokens"])
        self.assertEqual(self.spent("lying")["tokens"], attempt["charged"]["tokens"])
        self.workspace.run("ask", QUESTION, "--backend", "failing", check=7)
        self.assertEqual(self.spent("failing")["tokens"], 0)
        self.workspace.run("ask", QUESTION, "--backend", "cut_off", check=7)
        self.assertGreater(self.spent("cut_off")["tokens"], 300)

    def test_a_backend_that_keeps_failing_is_left_alone(self):
        self.configure(("failing", "failing", 'fallback = ["extractive"]\nbreaker_failures = 3\nbreaker_seconds = 600'))
        server = Server(self.workspace)
        try:
            answers = [server.post("/v1/ask", {"question": QUESTION, "backend": "failing", "fresh": True}) for _ in range(5)]
            metrics = self.metrics(server)
        finally:
            server.stop()
        self.assertEqual([a["backend_reason"] for a in answers], ["failing: http_error"] * 3 + ["failing: circuit_open"] * 2)
        self.assertEqual(len(self.model.asked("failing")), 3)
        self.assertEqual(metrics['grounds_backend_circuit_open{backend="failing"}'], 1)
        self.assertEqual(metrics['grounds_backend_attempts_total{backend="failing",outcome="circuit_open"}'], 2)

    def test_more_than_may_wait_are_refused(self):
        self.configure(("metered", "metered", "max_concurrent = 1\nmax_queue = 2"))
        server = Server(self.workspace)
        try:
            with concurrent.futures.ThreadPoolExecutor(12) as pool:
                done = list(pool.map(lambda _: server.request("POST", "/v1/ask", {"question": QUESTION, "backend": "metered", "fresh": True})[:2], range(12)))
        finally:
            server.stop()
        self.assertGreaterEqual(sum(status == 200 for status, _ in done), 3)
        refused = [body for status, body in done if status != 200]
        self.assertTrue(all("wait for it already" in body["detail"] for body in refused), refused)

    def test_changed_weights_behind_the_same_name_are_noticed_and_end_the_reuse(self):
        self.configure(("replaced", "replaced", 'canary_interval = "1h"'))
        first = self.workspace.json("ask", QUESTION, "--backend", "replaced")
        self.assertTrue(self.workspace.json("ask", QUESTION, "--backend", "replaced")["reused"])
        same = self.workspace.json("backends", "check", "replaced")
        self.assertEqual((same["drifted"], same["epoch"]), (False, 1))
        self.model.weights = 2
        outcome = self.workspace.run("backends", "check", "replaced", "--json", check=1)
        self.assertEqual((outcome.json["drifted"], outcome.json["epoch"]), (True, 2))
        self.assertIn("another model answers than before", outcome.err)
        after = self.workspace.json("ask", QUESTION, "--backend", "replaced")
        self.assertEqual((after["reused"], after["answer"]), (False, first["answer"]))
        self.assertEqual(self.workspace.json("answers", "show", after["answer_id"])["opened"]["body"]["epoch"], 2)
        self.assertTrue(self.workspace.json("ask", QUESTION, "--backend", "replaced")["reused"])
        self.assertFalse(self.workspace.json("backends", "check", "replaced")["drifted"])
        server = Server(self.workspace)
        try:
            self.assertEqual(self.metrics(server)['grounds_backend_epoch{backend="replaced"}'], 2)
        finally:
            server.stop()
        self.assertTrue(self.workspace.json("verify")["ok"])
        # The canaries are on record and are no answers.
        self.assertEqual({a["question"] for a in self.workspace.json("answers", "list")["answers"]}, {QUESTION})
        backup = self.workspace.folder / "b.tar"
        self.workspace.json("backup", backup)
        self.workspace.run("backends", "check", "nobody", check=3)
        self.workspace.run("backends", check=2)

    def test_a_canary_that_cannot_be_asked_is_no_drift(self):
        self.configure(("failing", "failing", 'canary_interval = "1h"\nfallback = ["extractive"]'))
        self.assertEqual(self.ask("failing")["backend"], "extractive")
        self.workspace.run("backends", "check", "failing", check=7)

    def test_an_endless_head_and_a_stream_without_a_word_end_as_documented(self):
        self.configure(("endless_head", "endless_head", "timeout_seconds = 20"),
                       ("silent_stream", "silent_stream", 'first_token_timeout_seconds = 1\nfallback = ["extractive"]'))
        self.workspace.run("ask", QUESTION, "--backend", "endless_head", check=7)
        newest = self.workspace.json("answers", "list", "--limit", "1")["answers"][0]
        attempt, = self.attempts(newest)
        self.assertEqual(attempt["outcome"], "too_large")
        server = Server(self.workspace)
        try:
            body = json.dumps({"question": QUESTION, "backend": "silent_stream", "stream": True}).encode()
            with urllib.request.urlopen(urllib.request.Request(server.url + "/v1/ask", body, {"Content-Type": "application/json"}), timeout=30) as response:
                events = response.read().decode()
        finally:
            server.stop()
        answer = json.loads(events.split("event: answer\ndata: ")[1].split("\n")[0])
        self.assertEqual((answer["backend"], answer["backend_reason"]), ("extractive", "silent_stream: timeout"))

    def test_wrong_settings_are_refused_with_the_key(self):
        for settings, word in (("budget = {}", "budget"), ("budget = {tokens = 0}", "budget.tokens"), ('budget = {tokens = 5, period = "week"}', "budget.period"),
                               ("budget = {tokens = 5, more = 1}", "budget.more"), ("budget = {money = 5}", "prices"), ("budget = {money = -1.0}", "budget.money"),
                               ("breaker_seconds = 0", "breaker_seconds"), ("connect_timeout_seconds = 0", "connect_timeout_seconds"),
                               ('canary_interval = "often"', "canary_interval"), ('canaries = [""]', "canary"), ("max_concurrent = -1", "max_concurrent"),
                               ("first_token_timeout_seconds = 1.5", "first_token_timeout_seconds")):
            with self.subTest(settings):
                self.configure(("x", "good", settings))
                self.assertIn(word, self.workspace.run("ask", "x", check=2).err)
        for prices, word in (('[prices.m]\nprompt = 1.0\n', "completion"), ('[prices.m]\nprompt = "1"\ncompletion = 1\n', "prompt"),
                             ('[prices.m]\nprompt = 1\ncompletion = 1\nper = 1\n', "per"), ("[answer]\nnumeric_samples = 0\n", "numeric_samples")):
            with self.subTest(prices):
                self.configure(("x", "good", ""), prices=prices)
                self.assertIn(word, self.workspace.run("ask", "x", check=2).err)
        text = '[backends.x]\nkind = "openai"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\nbudget = {tokens = 9}\n'
        (self.workspace.path / "grounds.toml").write_text(text)
        self.assertIn("max_tokens", self.workspace.run("ask", "x", check=2).err)
