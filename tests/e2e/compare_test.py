"""Planted causes: two answers differ because of one known thing, and `compare` has to name it.

Scenarios are made from a seed (GROUNDS_SCENARIO_SEED), so many of each kind (GROUNDS_SCENARIOS); a failure
prints both. scripts/nightly-scenarios.sh runs 30 of each.
"""
import contextlib
import datetime
import functools
import http.server
import json
import os
import random
import re
import shutil
import sqlite3
import sys
import threading
import unittest

from e2e.program import EVERYONE, PROGRAM, ROOT, Server, Workspace, planted

sys.path.insert(0, str(ROOT / "samples"))
import verify_export  # noqa: E402

SEED = int(os.environ.get("GROUNDS_SCENARIO_SEED", "20261124"))
COUNT = int(os.environ.get("GROUNDS_SCENARIOS", "2"))
PLACES = ["Norland", "Sudania", "Ostria", "Westmark", "Lakeshire"]


def product(rng):
    """A name that no other product shares, with an answer bound to it."""
    return "".join(rng.choice("BDGKMVXZ") for _ in range(3)) + f"-{rng.randrange(1000, 10000)}"


class Corpus:
    """A collection of its own with sales reports about products that exist nowhere else."""

    def __init__(self, workspace, name, rng, model="none", reports=4):
        self.workspace, self.name, self.rng = workspace, name, rng
        self.folder = workspace.folder / name
        self.folder.mkdir()
        workspace.json("collections", "create", name, "--model", model)
        self.product = product(rng)
        self.place = rng.choice(PLACES)
        self.units = rng.randrange(1000, 9000)
        self.main = f"sales-{self.product}.md"
        self.put(self.main, self.report(self.units))
        for i in range(reports):
            other = product(rng)
            self.put(f"other-{i}-{other}.md", f"# Sales of {other}\n\nIn 2025 the sales of {other} in {rng.choice(PLACES)} "
                                              f"were {rng.randrange(1000, 9000)} units.\n")
        self.question = f"How many units of {self.product} were sold in {self.place} in 2025?"

    def report(self, units):
        return f"# Sales of {self.product}\n\nIn 2025 the sales of {self.product} in {self.place} were {units} units.\n"

    def put(self, name, text):
        self.workspace.write(f"{self.name}/{name}", text)

    def ingest(self, *more, command="sync", **options):
        return self.workspace.json(command, self.folder, "-c", self.name, *more, **options)

    def ask(self, question=None, *more, **options):
        return self.workspace.json("ask", question or self.question, "-c", self.name, *more, **options)

    def set(self, key, value):
        return self.workspace.json("collections", "set", self.name, f"{key}={value}")


def report(test, passed):
    """A line a kind, where many of each were asked for."""
    if "GROUNDS_SCENARIOS" in os.environ:
        print(f"{passed} of {COUNT}: {test.__name__[5:].replace('_', ' ')} (seed {SEED})", flush=True)


def scenario(**options):
    """Runs a test over COUNT corpora, each in its own collection; a failure names the seed that makes it again."""
    def decorate(test):
        @functools.wraps(test)
        def run(self):
            passed = 0
            for number in range(COUNT):
                seed = f"{SEED}/{test.__name__}/{number}"
                with self.subTest(seed=seed):
                    test(self, Corpus(self.workspace, f"{test.__name__[5:50]}-{number}", random.Random(seed), **options))
                    passed += 1
            report(test, passed)
        return run
    return decorate


class Planted(unittest.TestCase):
    """What the scenarios share; no test of its own."""

    @classmethod
    def setUpClass(cls):
        cls.workspace = Workspace()
        cls.addClassCleanup(cls.workspace.close)

    def compare(self, a, b, *more, check=0):
        return self.workspace.json("compare", a["answer_id"], b["answer_id"], *more, check=check)

    def assert_cause(self, result, prompt_causes, cause, basis, party):
        self.assertEqual(result["baselines"], {"a": "identical", "b": "identical"}, result["details"])
        self.assertEqual(result["prompt_causes"], prompt_causes, result)
        self.assertEqual(result["prompt_basis"], "proved")
        self.assertEqual((result["answer_cause"], result["basis"], result["party"]), (cause, basis, party), result)

    def uris(self, result):
        return [each["uri"] for each in result["evidence"]["data"]]


class Scenarios(Planted):
    @scenario()
    def test_the_same_question_asked_again(self, corpus):
        corpus.ingest()
        result = self.compare(corpus.ask(), corpus.ask(), "--check")
        self.assertTrue(result["same_answer"] and result["same_claims"] and result["same_prompt"])
        self.assert_cause(result, [], "none", "proved", "none")

    @scenario()
    def test_a_document_that_was_edited(self, corpus):
        corpus.ingest()
        before = corpus.ask()
        corpus.put(corpus.main, corpus.report(corpus.units + 7))
        job = corpus.ingest()
        after = corpus.ask()
        result = self.compare(before, after, "--check", check=1)
        self.assertFalse(result["same_answer"] or result["same_claims"])
        self.assert_cause(result, [["data"]], "data", "proved", "A")
        self.assertEqual(self.uris(result), [corpus.main])
        document = result["evidence"]["data"][0]
        self.assertEqual((document["change"], document["b"]["job"]), ("edited", job["job"]))
        self.assertIn(f"- In 2025 the sales of {corpus.product} in {corpus.place} were {corpus.units} units.", document["diff"])
        self.assertIn(f"were {corpus.units + 7} units.", document["diff"])
        self.assertTrue(result["evidence"]["documents_suffice"])
        # The other way round it is the same cause.
        self.assert_cause(self.compare(after, before), [["data"]], "data", "proved", "A")

    @scenario()
    def test_a_document_that_was_added(self, corpus):
        (corpus.folder / corpus.main).unlink()
        corpus.ingest()
        before = corpus.ask()
        self.assertEqual(before["verdict"], "not_found")
        corpus.put(corpus.main, corpus.report(corpus.units))
        corpus.put("unrelated.md", f"# Notes\n\nNothing about it: {planted(corpus.rng.randrange(10000))}.")
        corpus.ingest()
        result = self.compare(before, corpus.ask())
        self.assert_cause(result, [["data"]], "data", "proved", "A")
        self.assertIn(corpus.main, self.uris(result))

    @scenario()
    def test_a_document_that_was_deleted_asked_by_somebody_in_a_group(self, corpus):
        corpus.ingest()
        before = corpus.ask(None, "--as", EVERYONE)
        self.assertEqual(before["verdict"], "supported")
        (corpus.folder / corpus.main).unlink()
        corpus.ingest()
        after = corpus.ask(None, "--as", EVERYONE)
        result = self.compare(before, after)
        self.assert_cause(result, [["data"]], "data", "proved", "A")
        self.assertEqual([(d["uri"], d["change"]) for d in result["evidence"]["data"]], [(corpus.main, "deleted")])

    @scenario()
    def test_a_document_that_may_be_read_no_more(self, corpus):
        corpus.ingest()
        before = corpus.ask(None, "--as", EVERYONE)
        corpus.ingest("--groups", "hr", "--include", corpus.main, command="ingest")
        after = corpus.ask(None, "--as", EVERYONE)
        self.assertEqual(after["verdict"], "not_found")
        result = self.compare(before, after)
        self.assert_cause(result, [["permissions"]], "permissions", "proved", "A")
        self.assertEqual([(p["uri"], p["a"], p["b"]) for p in result["evidence"]["permissions"]],
                         [(corpus.main, ["everyone"], ["hr"])])

    @scenario()
    def test_somebody_in_another_group(self, corpus):
        corpus.ingest()
        corpus.ingest("--groups", "hr", "--include", corpus.main, command="ingest")
        result = self.compare(corpus.ask(None, "--as", EVERYONE), corpus.ask(None, "--as", "user:y,group:everyone,group:hr"))
        self.assert_cause(result, [["permissions"]], "permissions", "proved", "A")
        self.assertIn("principal", result["evidence"])

    @scenario(reports=0)
    def test_a_setting(self, corpus):
        # One of two reports is left out of the prompt.
        corpus.put("b.md", f"# {corpus.product}\n\nSales of {corpus.product} in {corpus.place} in 2025, revised: {corpus.units + 5} units.\n")
        corpus.ingest()
        before = corpus.ask()
        corpus.set("evidence.max_chunks", 1)
        result = self.compare(before, corpus.ask())
        self.assertEqual(result["prompt_causes"], [["settings"]])
        self.assertIn(result["answer_cause"], ("settings", "none"))
        self.assertEqual(result["basis"], "proved")
        setting = result["evidence"]["settings"]
        self.assertEqual([(s["key"], s["a"], s["b"]) for s in setting], [("evidence.max_chunks", "8", "1")])
        self.assertTrue(setting[0]["by"].startswith("local:"))
        self.assertIsNotNone(setting[0]["time"])

    @scenario()
    def test_a_document_that_another_parser_reads_otherwise(self, corpus):
        # The same bytes under the same name, read as a page first and as plain text then: what was a comment is content.
        page = (f"<h1>Sales of {corpus.product}</h1>\n<p>In 2025 the sales of {corpus.product} in {corpus.place} "
                f"were <!-- {corpus.units + 11} units, no: --> {corpus.units} units.</p>\n")
        corpus.ingest()
        for kind in ("html", "text"):
            line = json.dumps({"uri": corpus.main, kind: page})
            job = corpus.workspace.json("ingest", "--jsonl", "-", "-c", corpus.name, stdin=line.encode())
            after = corpus.ask()
            if kind == "html":
                before = after
                # Known bytes are not parsed again while they are there.
                corpus.workspace.json("docs", "delete", corpus.main, "-c", corpus.name)
        result = self.compare(before, after)
        self.assertEqual(result["baselines"], {"a": "identical", "b": "identical"}, result["details"])
        self.assertEqual((result["prompt_causes"], result["prompt_basis"]), ([["parser"]], "proved"), result)
        self.assertIn(result["answer_cause"], ("parser", "none"))
        self.assertEqual([(d["uri"], d["change"], d["b"]["job"]) for d in result["evidence"]["data"]],
                         [(corpus.main, "reparsed", job["job"])])

    @scenario()
    def test_a_rephrased_question(self, corpus):
        corpus.ingest()
        result = self.compare(corpus.ask(), corpus.ask(f"In 2025, what were the sales of {corpus.product} in {corpus.place}, in units?"))
        self.assertEqual(result["prompt_causes"], [["question"]])
        self.assertIn(result["answer_cause"], ("question", "none"))

    @scenario()
    def test_another_day(self, corpus):
        # It is another date in these two zones at any moment: they are 25 hours apart.
        now = datetime.datetime.now(datetime.timezone.utc)
        days = sorted({(now + datetime.timedelta(hours=h)).date() for h in (-11 - 24, -11, 14 - 24, 14)})
        rows = "".join(f"| {day.isoformat()} | {1000 + 11 * i} |\n" for i, day in enumerate(days))
        corpus.put("visitors.md", f"# Visitors of the {corpus.product} hall\n\n| Day | Visitors |\n|---|---|\n{rows}")
        corpus.ingest()
        question = f"How many visitors did the {corpus.product} hall have yesterday?"
        before = corpus.ask(question, env={"TZ": "Pacific/Niue"})
        after = corpus.ask(question, env={"TZ": "Pacific/Kiritimati"})
        result = self.compare(before, after)
        self.assertEqual(result["prompt_causes"], [["time"]])
        self.assertFalse(result["same_answer"], (before["answer"], after["answer"]))
        self.assert_cause(result, [["time"]], "time", "proved", "none")

    @scenario()
    def test_an_irrelevant_edit_is_not_blamed(self, corpus):
        corpus.ingest()
        before = corpus.ask()
        corpus.put(corpus.main, corpus.report(corpus.units) + f"\nThis page was set in {planted(corpus.rng.randrange(10000))} type.\n")
        corpus.ingest()
        result = self.compare(before, corpus.ask())
        self.assertTrue(result["same_answer"])
        self.assert_cause(result, [["data"]], "none", "proved", "none")

    @scenario(reports=0)
    def test_two_causes_at_once(self, corpus):
        corpus.put("b.md", f"# {corpus.product}\n\nThe hall of {corpus.product} is in {corpus.place}.\n")
        corpus.ingest()
        before = corpus.ask()
        corpus.put(corpus.main, corpus.report(corpus.units + 9))
        corpus.ingest()
        corpus.set("evidence.max_chunks", 1)
        result = self.compare(before, corpus.ask())
        # Neither alone gives the other prompt; the answer changed with the document.
        self.assert_cause(result, [["data", "settings"]], "data", "proved", "A")
        self.assertEqual(self.uris(result)[0], corpus.main)
        self.assertEqual([s["key"] for s in result["evidence"]["settings"]], ["evidence.max_chunks"])

    @scenario(reports=14)
    def test_another_embedding_model(self, corpus):
        corpus.ingest()
        other = f"{corpus.name}-b"
        self.workspace.json("collections", "create", other, "--model", "bge-small-en-v1.5")
        self.workspace.json("sync", corpus.folder, "-c", other)
        question = "What do we know about trade in the north?"
        before = corpus.ask(question)
        after = self.workspace.json("ask", question, "-c", other)
        result = self.compare(before, after)
        self.assertEqual(result["baselines"], {"a": "identical", "b": "identical"}, result["details"])
        self.assertEqual(result["prompt_causes"], [["embedding"]], result)
        self.assertIn(result["answer_cause"], ("embedding", "none"))
        self.assertEqual(result["basis"], "proved")
        self.assertIn("bge-small-en-v1.5", result["evidence"]["embedding"]["b"])

    @scenario()
    def test_an_answer_explained_against_today(self, corpus):
        corpus.ingest()
        before = corpus.ask()
        same = self.workspace.json("explain", before["answer_id"])
        self.assertEqual((same["answer_cause"], same["prompt_causes"]), ("none", []))
        corpus.put(corpus.main, corpus.report(corpus.units + 3))
        corpus.ingest()
        result = self.workspace.json("explain", before["answer_id"])
        self.assert_cause(result, [["data"]], "data", "proved", "A")
        self.assertIsNone(result["b"]["answer_id"])
        self.assertIn(str(corpus.units + 3), result["b"]["answer"])


class FakeModel:
    """An OpenAI-compatible server that reads the first figure of units out of the prompt. By model name:
    reader-1 and reader-2 tell it, each in its own way; sampler tells it or the next one, in turn; where the
    request's temperature is over 0, reader-1 rounds; broken fails."""

    def __init__(self):
        model = self
        self.calls = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                model.calls += 1
                status, content = model.answer(body)
                data = json.dumps({"id": "x", "model": body["model"], "choices": [
                    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}]}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def answer(self, body):
        prompt = body["messages"][-1]["content"]
        figure = re.search(r"were (\d+) units", prompt)
        units = int(figure.group(1)) if figure else 0
        name = body["model"]
        if name == "broken":
            return 400, ""
        if name == "reader-2":
            return 200, f"The total is {units + 100} units [1]."
        if name == "sampler":
            units += self.calls % 2
        if body.get("temperature", 0) > 0 and name == "reader-1":
            units = units // 100 * 100
        return 200, f"{units} units were sold [1]."

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Models(Planted):
    """Two answers of language models, which no replay can give back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = FakeModel()
        cls.addClassCleanup(cls.model.close)
        url = f"http://127.0.0.1:{cls.model.server.server_address[1]}/v1"
        sections = ["[answer]\nreuse = false\n"]
        for name, more in (("reader-1", ""), ("reader-2", ""), ("sampler", "temperature = 1.0\n"),
                           ("broken", 'retries = 0\nfallback = ["reader-2"]\n')):
            sections.append(f'[backends.{name}]\nkind = "openai"\nbase_url = "{url}"\nmodel = "{name}"\n{more}')
        (cls.workspace.path / "grounds.toml").write_text("\n".join(sections))

    @scenario()
    def test_another_model(self, corpus):
        corpus.ingest()
        result = self.compare(corpus.ask(None, "--backend", "reader-1"), corpus.ask(None, "--backend", "reader-2"))
        self.assertFalse(result["same_claims"])
        self.assert_cause(result, [], "model", "by_exclusion", "B")
        self.assertIn("reader-2", result["evidence"]["model"]["b"])

    @scenario()
    def test_today_no_model_is_asked_and_no_difference_claimed_that_nobody_saw(self, corpus):
        corpus.ingest()
        before = corpus.ask(None, "--backend", "reader-1")
        report = self.workspace.folder / "today.html"
        result = self.workspace.json("explain", before["answer_id"], "--report", report)
        self.assertEqual((result["prompt_causes"], result["answer_cause"], result["basis"], result["party"]),
                         ([], "undecidable", "undecidable", "unassigned"))
        self.assertEqual((result["b"]["status"], result["evidence"]["claims"]["only_a"]), ("not_asked", []))
        self.assertIn(f"grounds replay {before['answer_id']} --model", result["decided_by"])
        self.assertNotIn("would differ", report.read_text())
        text = self.workspace.run("explain", before["answer_id"]).out
        self.assertIn("answers: not compared, no model was asked", text)
        self.assertNotIn("answers differ", text)

    @scenario()
    def test_another_parameter(self, corpus):
        corpus.ingest()
        before = corpus.ask(None, "--backend", "reader-1")
        after = corpus.ask(None, "--backend", "reader-1", "--temperature", "0.9")
        result = self.compare(before, after)
        if not result["same_answer"]:
            self.assert_cause(result, [], "model_parameters", "by_exclusion", "C")
        self.assertIn("parameters", result["evidence"])

    @scenario()
    def test_a_fallback(self, corpus):
        corpus.ingest()
        result = self.compare(corpus.ask(None, "--backend", "reader-1"), corpus.ask(None, "--backend", "broken"))
        self.assert_cause(result, [], "routing", "by_exclusion", "B")

    @scenario()
    def test_a_model_that_samples(self, corpus):
        corpus.ingest()
        before, after = (corpus.ask(None, "--backend", "sampler") for _ in range(2))
        self.assert_cause(self.compare(before, after), [], "model_randomness", "by_exclusion", "B")
        result = self.compare(before, after, "--controls", 4)
        self.assert_cause(result, [], "model_randomness", "proved", "B")
        self.assertEqual(result["controls"]["a"]["distinct_answers"], 2)
        replay = self.workspace.json("replay", before["answer_id"], "--model", 4)
        self.assertEqual((replay["prompt"], replay["model"]["runs"], replay["model"]["distinct"]), ("identical", 4, 2))
        self.assertTrue(replay["model"]["matches_recorded"])

    @scenario()
    def test_an_edited_document_is_established_by_its_claim(self, corpus):
        corpus.ingest()
        before = corpus.ask(None, "--backend", "reader-1")
        corpus.put(corpus.main, corpus.report(corpus.units + 7))
        corpus.ingest()
        result = self.compare(before, corpus.ask(None, "--backend", "reader-1"))
        self.assert_cause(result, [["data"]], "data", "proved", "A")
        self.assertEqual(self.uris(result), [corpus.main])
        self.assertIn(str(corpus.units + 7), result["evidence"]["claims"]["only_b"][0])

    @scenario()
    def test_an_irrelevant_edit_beside_a_model_that_samples(self, corpus):
        corpus.ingest()
        before = corpus.ask(None, "--backend", "sampler")
        corpus.put(corpus.main, corpus.report(corpus.units) + "\nThis page was set in blue type.\n")
        corpus.ingest()
        after = corpus.ask(None, "--backend", "sampler")
        result = self.compare(before, after)
        self.assertFalse(result["same_answer"])
        # Never the document: undecidable, and controls decide.
        self.assert_cause(result, [["data"]], "undecidable", "undecidable", "unassigned")
        self.assertIn("--controls", result["decided_by"])
        self.assert_cause(self.compare(before, after, "--controls", 6), [["data"]], "model_randomness", "proved", "B")

    @scenario()
    def test_undecidable_where_the_backend_is_gone(self, corpus):
        corpus.ingest()
        before = corpus.ask(None, "--backend", "sampler")
        corpus.put(corpus.main, corpus.report(corpus.units) + "\nThis page was set in blue type.\n")
        corpus.ingest()
        after = corpus.ask(None, "--backend", "sampler")
        config = self.workspace.path / "grounds.toml"
        kept = config.read_text()
        config.write_text(kept.replace("[backends.sampler]", "[backends.other]"))
        try:
            result = self.compare(before, after, "--controls", 3)
        finally:
            config.write_text(kept)
        self.assert_cause(result, [["data"]], "undecidable", "undecidable", "unassigned")
        self.assertTrue(result["reason"] and result["decided_by"])
        self.assertIn("not configured", result["controls"]["error"])

    @scenario()
    def test_another_template(self, corpus):
        corpus.ingest()
        before = corpus.ask(None, "--backend", "reader-1")
        name = f"brief-{corpus.name[-1]}"
        text = self.workspace.write(f"{name}.txt", "Answer briefly.\n\n{{evidence}}\nQuestion: {{question}}\n")
        self.workspace.json("templates", "add", name, text, "--language", "en")
        after = corpus.ask(None, "--backend", "reader-1", "--template", name)
        result = self.compare(before, after)
        self.assertTrue(result["same_answer"])
        self.assert_cause(result, [["template"]], "none", "proved", "none")
        self.assertIn(name, result["evidence"]["template"]["b"])
        self.assertEqual(self.workspace.json("replay", after["answer_id"])["prompt"], "identical")
        corpus.put(corpus.main, corpus.report(corpus.units + 7))
        corpus.ingest()
        both = self.compare(before, corpus.ask(None, "--backend", "reader-1", "--template", name))
        self.assert_cause(both, [["data", "template"]], "data", "proved", "A")

    @scenario()
    def test_a_conversation_before(self, corpus):
        server = Server(self.workspace)
        self.addCleanup(server.stop)
        corpus.ingest()
        ask = {"collection": corpus.name, "question": corpus.question, "backend": "reader-1"}
        first = server.post("/v1/ask", ask)
        second = server.post("/v1/ask", {**ask, "messages": [{"role": "user", "content": "Good morning."},
                                                             {"role": "assistant", "content": "Good morning!"}]})
        result = self.compare(first, second)
        self.assert_cause(result, [["history"]], "none", "proved", "none")
        self.assertIn("Good morning", result["evidence"]["history"]["b"])


def recorded_by_another_build(path):
    """Every prompt on record as a build would have written it whose template ends otherwise; commitments and chain fit."""
    with contextlib.closing(sqlite3.connect(path)) as ledger, ledger:
        previous = verify_export.NO_HASH
        columns = "sequence, answer_id, kind, time, hash_alg, commitments, body"
        for sequence, answer, kind, at, algorithm, commitments, body in ledger.execute(f"SELECT {columns} FROM entries ORDER BY sequence").fetchall():
            commitments = json.loads(commitments)
            for text, salt in ledger.execute("SELECT text, salt FROM texts WHERE sequence = ? AND name = 'prompt'", (sequence,)).fetchall():
                text += "\nBe brief."
                commitments["prompt"] = verify_export.sha256(salt, text.encode())
                ledger.execute("UPDATE texts SET text = ? WHERE sequence = ? AND name = 'prompt'", (text, sequence))
            entry = {"answer_id": answer, "body": json.loads(body), "commitments": commitments, "hash_alg": algorithm,
                     "kind": kind, "previous": previous, "sequence": sequence, "time": at}
            digest = verify_export.sha256(verify_export.canonical(entry).encode())
            ledger.execute("UPDATE entries SET commitments = ?, previous = ?, hash = ? WHERE sequence = ?",
                           (verify_export.canonical(commitments), previous, digest, sequence))
            previous = digest


class Command(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.corpus = Corpus(self.workspace, "default", random.Random(SEED))

    def edited(self):
        self.corpus.ingest()
        before = self.corpus.ask()["answer_id"]
        self.corpus.put(self.corpus.main, self.corpus.report(self.corpus.units + 7))
        self.corpus.ingest()
        return before, self.corpus.ask()["answer_id"]

    def test_the_configuration_says_whose_a_cause_is(self):
        before, after = self.edited()
        config = self.workspace.path / "grounds.toml"
        for lines, party in (('data = "C"', "C"), ('data = "our editors"', "our editors"), ('settings = "B"', "A")):
            config.write_text(f"[parties]\n{lines}\n")
            self.assertEqual(self.workspace.json("compare", before, after)["party"], party)

    def test_errors_name_what_is_wrong_and_exit_as_promised(self):
        self.corpus.ingest()
        known = self.corpus.ask()["answer_id"]
        unknown = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
        self.assertEqual(self.workspace.json("compare", known, unknown, check=3)["error"]["code"], "not_found")
        self.assertIn(unknown, self.workspace.run("compare", unknown, known, check=3).err)
        self.workspace.run("compare", known, check=2)
        self.workspace.run("compare", known, known, "--lang", "fr", check=2)
        self.workspace.run("explain", unknown, check=3)
        self.workspace.run("explain", known, "--expected", " ", check=2)
        self.workspace.run("explain", known, "--source", ".", check=2)

    def test_a_report_is_one_page_in_either_language(self):
        self.corpus.put("evil.md", f"# <script>alert(1)</script>\n\nSales of {self.corpus.product}: \"<img src=x>\" units.")
        before, after = self.edited()
        for language, words in (("en", "Why two answers differ"), ("zh", "两次回答为何不同")):
            path = self.workspace.folder / f"report-{language}.html"
            view = self.workspace.json("compare", before, after, "--report", path, "--lang", language)
            self.assertEqual(view["report"], str(path))
            page = path.read_text()
            self.assertIn(words, page)
            self.assertIn(self.corpus.main, page)
            self.assertIn(str(self.corpus.units + 7), page)
            self.assertNotRegex(page, r"https?://|<script|<img")
            reason = view["reason_zh" if language == "zh" else "reason"]
            self.assertIn(reason, page)
        self.assertNotRegex(re.sub(r"<style>.*?</style>|<pre>.*?</pre>", "", page, flags=re.DOTALL), r"swapping|alone gives")

    def test_a_person_reads_what_was_asked_what_was_answered_and_why_it_differs(self):
        before, after = self.edited()
        text = self.workspace.run("compare", before, after, check=0).out
        self.assertIn(f"question: {self.corpus.question}\n", text)
        self.assertRegex(text, rf"first answer: .*{self.corpus.units} units")
        self.assertRegex(text, rf"second answer: .*{self.corpus.units + 7} units")
        self.assertIn("the answers differ because of: data (proved)", text)
        other = self.corpus.ask(f"In 2025, what were the sales of {self.corpus.product} in {self.corpus.place}, in units?")["answer_id"]
        text = self.workspace.run("compare", before, other, check=0).out
        self.assertIn(f"first question: {self.corpus.question}\n", text)
        self.assertIn("second question: In 2025, what were", text)
        sets = self.workspace.json("compare", before, other)["answer_causes"]
        self.assertIn("because of: " + ", or ".join(" with ".join(each) for each in sets) + " (", text)

    def test_equal_answers_have_no_cause_to_print(self):
        self.corpus.ingest()
        ids = [self.corpus.ask()["answer_id"] for _ in range(2)]
        text = self.workspace.run("compare", *ids, check=0).out
        self.assertIn("answers: the same; prompts: the same", text)
        self.assertRegex(text, rf"\nanswer: .*{self.corpus.units} units")
        self.assertNotIn("because of", text)
        self.assertNotIn("party", text)

    def test_documents_that_did_not_decide_stand_apart(self):
        self.corpus.put("a-note.md", f"# {self.corpus.product}\n\nThe {self.corpus.product} is sold in {self.corpus.place}.\n")
        self.corpus.ingest()
        before = self.corpus.ask()["answer_id"]
        self.corpus.put("a-note.md", f"# {self.corpus.product}\n\nThe {self.corpus.product} is sold in {self.corpus.place} as well.\n")
        self.corpus.put(self.corpus.main, self.corpus.report(self.corpus.units + 7))
        self.corpus.ingest()
        after = self.corpus.ask()["answer_id"]
        path = self.workspace.folder / "report.html"
        view = self.workspace.json("compare", before, after, "--report", path)
        self.assertEqual([(d["uri"], d["decisive"]) for d in view["evidence"]["data"]],
                         [(self.corpus.main, True), ("a-note.md", False)])
        page = path.read_text()
        apart = page.index("What else changed, and did not decide")
        self.assertLess(page.index(self.corpus.main), apart)
        self.assertGreater(page.index("a-note.md"), apart)
        text = self.workspace.run("compare", before, after, check=0).out
        self.assertLess(text.index("edited " + self.corpus.main), text.index("changed as well, and did not decide:"))

    def test_a_page_that_cannot_be_written_is_a_usage_error_before_any_work(self):
        before, after = self.edited()
        for path in (self.workspace.folder / "none" / "r.html", self.workspace.folder):
            for command in (["compare", before, after], ["explain", before]):
                self.assertIn("cannot write", self.workspace.run(*command, "--report", path, check=2).err)

    def other_build(self, name, script):
        path = self.workspace.write(name, f"#!/bin/sh\n{script}\n")
        path.chmod(0o700)
        return path

    def test_another_build_replays_as_well(self):
        before, after = self.edited()
        same = self.other_build("same", f'exec {PROGRAM} "$@"')
        replayed = self.workspace.json("replay", before, "--software", same)["software"]
        self.assertEqual((replayed["binary"], replayed["retrieval"], replayed["prompt"]), (str(same), "identical", "identical"))
        result = self.workspace.json("compare", before, after, "--software", same)
        self.assertEqual([each["prompt"] for each in result["software"].values()], ["identical", "identical"])
        self.assertEqual((result["answer_cause"], result["basis"]), ("data", "proved"))
        self.assertIn(f"with {same} (", self.workspace.run("compare", before, after, "--software", same, check=0).out)

    def test_a_build_that_still_replays_both_answers_makes_software_no_cause_of_their_difference(self):
        before, after = self.edited()
        truth = self.workspace.json("compare", before, after)
        self.assertEqual((truth["answer_cause"], truth["basis"], truth["party"]), ("data", "proved", "A"))
        kept = shutil.copytree(self.workspace.path, self.workspace.folder / "kept")
        recorded_by_another_build(self.workspace.path / "ledger.db")
        # The other build is this one on the records as it would have written them.
        other = self.other_build("other", f'if [ "$1" = -w ]; then shift 2; set -- -w {kept} "$@"; fi\nexec {PROGRAM} "$@"')
        result = self.workspace.json("compare", before, after, "--software", other)
        self.assertEqual(result["baselines"], {"a": "different", "b": "different"})
        self.assertEqual((result["answer_cause"], result["basis"], result["party"]), ("undecidable", "undecidable", "unassigned"))
        self.assertIn("only this program's replay is changed by software", str(result["details"]))
        found = result["software"]["comparison"]
        self.assertEqual((found["answer_causes"], found["basis"], found["party"]), ([["data"]], "proved", "A"))
        text = self.workspace.run("compare", before, after, "--software", other, check=0).out
        self.assertIn(f"compared with {other}:", text)
        self.assertIn('answer_causes: [["data"]]', text)
        self.assertNotIn("software (proved)", text)
        outcome = self.workspace.run("explain", before, "--expected", "a text", "--software", other, check=2)
        self.assertIn("--software and --expected", outcome.err)

    def test_a_build_that_computes_otherwise_is_told_apart(self):
        self.workspace.json("collections", "create", "vectors", "--model", "bge-small-en-v1.5")
        self.workspace.json("sync", self.corpus.folder, "-c", "vectors")
        answer = self.workspace.json("ask", self.corpus.question, "-c", "vectors")["answer_id"]
        other = self.other_build("other", f'GROUNDS_EMBEDDING_PRECISION=f32 exec {PROGRAM} "$@"')
        result = self.workspace.json("replay", answer, "--software", other)
        self.assertEqual(result["embedding"], "identical")
        self.assertNotEqual(result["software"]["embedding"], "identical")
        self.assertEqual(result["software"]["prompt"], "identical")

    def test_a_build_that_does_not_run_is_named(self):
        before, after = self.edited()
        refuses = self.other_build("refuses", "echo this workspace is of a later format >&2; exit 2")
        chatters = self.other_build("chatters", "echo hello")
        for build, word in ((self.workspace.folder / "none", "cannot be started"), (refuses, "later format"), (chatters, "no JSON")):
            for command in (["replay", before], ["compare", before, after]):
                outcome = self.workspace.run(*command, "--software", build, check=7)
                self.assertRegex(outcome.err, r"\Agrounds: [^\n]+\n\Z")
                self.assertIn(word, outcome.err)

    def test_over_http_only_who_asked_may_compare(self):
        self.corpus.ingest()
        mine = self.corpus.ask()["answer_id"]
        server = Server(self.workspace)
        self.addCleanup(server.stop)
        first = server.post("/v1/ask", {"question": self.corpus.question})["answer_id"]
        self.corpus.put(self.corpus.main, self.corpus.report(self.corpus.units + 7))
        self.corpus.put("secret.md", f"# Secret\n\nNot for everyone: {self.corpus.product}.")
        self.corpus.ingest()
        self.corpus.ingest("--groups", "hr", "--include", "secret.md", command="ingest")
        second = server.post("/v1/ask", {"question": self.corpus.question})["answer_id"]
        result = server.post("/v1/answers/compare", {"a": first, "b": second})
        self.assertEqual((result["prompt_causes"], result["answer_cause"], result["party"]), ([["data"]], "data", "A"))
        self.assertNotIn("secret", str(result))
        server.post("/v1/answers/compare", {"a": first, "b": mine}, expect=404)
        server.post("/v1/answers/compare", {"a": first}, expect=400)
        server.post("/v1/answers/compare", {"a": first, "b": second, "c": 1}, expect=400)
        self.assertTrue(server.post(f"/v1/answers/{first}/verify", {})["ok"])

    def test_a_record_of_which_texts_were_erased_says_so(self):
        before, after = self.edited()
        self.workspace.json("ledger", "prune", "--older-than", "0s")
        outcome = self.workspace.run("compare", before, after, "--json", check=3)
        self.assertIn("erased", outcome.err)
        self.assertTrue(self.workspace.json("verify")["ok"])


if __name__ == "__main__":
    unittest.main()
