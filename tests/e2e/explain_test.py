"""Planted losses: a statement gets lost at one known stage, and `explain --expected` has to say at which."""
import functools
import os
import random
import unittest

from e2e.program import EVERYONE, Workspace, planted

SEED = int(os.environ.get("GROUNDS_SCENARIO_SEED", "20261124"))
COUNT = int(os.environ.get("GROUNDS_SCENARIOS", "2"))


def planted_loss(test):
    """Runs a test over COUNT collections; a failure names the seed that makes it again."""
    @functools.wraps(test)
    def run(self):
        passed = 0
        for number in range(COUNT):
            seed = f"{SEED}/{test.__name__}/{number}"
            with self.subTest(seed=seed):
                self.begin(f"{test.__name__[5:50]}-{number}", seed)
                test(self)
                passed += 1
        if "GROUNDS_SCENARIOS" in os.environ:
            print(f"{passed} of {COUNT}: {test.__name__[5:].replace('_', ' ')} (seed {SEED})", flush=True)
    return run


class Expected(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = Workspace()
        cls.addClassCleanup(cls.workspace.close)

    def begin(self, name, seed):
        self.rng, self.name = random.Random(seed), name
        self.folder = self.workspace.folder / name
        self.folder.mkdir()
        self.workspace.json("collections", "create", name, "--model", "none")
        self.product = "".join(self.rng.choice("BDGKMVXZ") for _ in range(3)) + f"-{self.rng.randrange(1000, 10000)}"
        self.units = self.rng.randrange(1000, 9000)
        self.question = f"How many units of {self.product} were sold in 2025?"
        self.put("about.md", f"# {self.product}\n\nThe {self.product} is made in many places.\n")

    def put(self, name, text):
        self.workspace.write(f"{self.name}/{name}", text)

    def ingest(self, *more, check=0):
        return self.workspace.json("sync", self.folder, "-c", self.name, *more, check=check)

    def ask(self, *more):
        return self.workspace.json("ask", self.question, "-c", self.name, *more)["answer_id"]

    def explain(self, answer, *more, expected=None):
        return self.workspace.json("explain", answer, "--expected", expected or f"{self.units} units", *more)

    def fact(self):
        return f"In 2025, {self.units} units of {self.product} were sold."

    def assert_stage(self, result, stage, uri=None):
        self.assertEqual(result["stage"], stage, result)
        if uri:
            self.assertEqual(result["where"]["uri"], uri, result)
        self.assertTrue(result["hint"])

    @planted_loss
    def test_what_the_answer_says_is_answered(self):
        self.put("fact.md", f"# Sales\n\n{self.fact()}\n")
        self.ingest()
        self.assert_stage(self.explain(self.ask()), "answered")

    def test_a_report_is_of_two_answers_and_not_of_an_expected_one(self):
        self.workspace.run("explain", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "--expected", "x", "--report", "r.html", check=2)

    @planted_loss
    def test_what_no_source_says(self):
        self.put("other.md", f"# Sales\n\nIn 2024, {self.units + 1} units of {self.product} were sold.\n")
        self.ingest()
        self.assert_stage(self.explain(self.ask()), "not_in_sources")

    @planted_loss
    def test_what_a_parser_leaves_out(self):
        way = self.rng.choice(["comment", "script", "refused"])
        if way == "refused":
            name = "fact.txt"
            self.put(name, b"\x7fELF\x02\x01\x01" + self.fact().encode() + bytes(range(256)) * 8)
        else:
            name = "fact.html"
            hidden = f"<!-- {self.fact()} -->" if way == "comment" else f"<script>var s = '{self.fact()}';</script>"
            self.put(name, f"<html><body><h1>Sales</h1><p>About {self.product}.</p>{hidden}</body></html>")
        self.ingest(check=5 if way == "refused" else 0)
        self.assert_stage(self.explain(self.ask()), "lost_in_parsing", name)

    @planted_loss
    def test_what_is_in_no_index(self):
        way = self.rng.choice(["excluded", "later", "changed"])
        if way == "changed":
            self.put("fact.md", "# Sales\n\nTo be written.\n")
        if way == "excluded":
            self.put("fact.md", f"# Sales\n\n{self.fact()}\n")
        self.ingest(*(["--exclude", "fact.md"] if way == "excluded" else []))
        answer = self.ask()
        self.put("fact.md", f"# Sales\n\n{self.fact()}\n")
        if way == "later":
            self.ingest()
        self.assert_stage(self.explain(answer), "not_indexed", "fact.md")

    @planted_loss
    def test_what_the_one_who_asks_may_not_read(self):
        self.put("fact.md", f"# Sales\n\n{self.fact()}\n")
        self.ingest()
        self.workspace.json("ingest", self.folder, "-c", self.name, "--include", "fact.md", "--groups", "board")
        result = self.explain(self.ask("--as", EVERYONE))
        self.assert_stage(result, "not_permitted", "fact.md")
        self.assertEqual(result["where"]["groups"], "everyone")

    @planted_loss
    def test_what_ranks_too_low(self):
        # The fact in words that the question does not use, behind many pages that use all of them.
        other = f"the article shipped {self.units} pieces"
        self.put("fact.md", f"# Annual figures\n\nDuring the year, {other}.\n")
        for i in range(30):
            self.put(f"n{i}.md", f"# {self.product} {i}\n\nHow many units of {self.product} were sold in 2025 is asked in note {i}.\n")
        self.ingest()
        result = self.explain(self.ask(), expected=other)
        self.assert_stage(result, "not_retrieved", "fact.md")
        if "rank" in result["where"]:
            self.assertGreater(result["where"]["rank"], 16)

    @planted_loss
    def test_what_the_prompt_has_no_room_for(self):
        self.workspace.json("collections", "set", self.name, f"evidence.max_chunks={self.rng.choice([1, 2])}")
        for i in range(3):
            self.put(f"n{i}.md", f"# {self.product} sold\n\nUnits of {self.product} sold in 2025: {self.product} sold in 2025, note {i}.\n")
        # Without the heading and most of the words it comes after those.
        self.put("fact.md", f"# Annual figures\n\nOf {self.product}, {self.units} units were sold.\n")
        self.ingest()
        result = self.explain(self.ask())
        self.assert_stage(result, "packed_out", "fact.md")
        self.assertEqual(result["where"]["setting"], "evidence.max_chunks")
        self.assertGreater(result["where"]["rank"], 1)

    @planted_loss
    def test_what_stands_in_the_prompt_and_not_in_the_answer(self):
        aside = f"the colour is {planted(self.rng.randrange(10000))}"
        self.put("fact.md", f"# Sales\n\n{self.fact()} By the way, {aside}.\n")
        self.ingest()
        self.assert_stage(self.explain(self.ask(), expected=aside), "model_missed", "fact.md")

    @planted_loss
    def test_numbers_count_by_value_and_words_without_case(self):
        self.put("fact.md", f"# Sales\n\nIn 2025, {self.units // 1000},{self.units % 1000:03} Units of {self.product} were sold.\n")
        self.ingest()
        answer = self.ask()
        self.assert_stage(self.explain(answer, expected=str(self.units)), "answered")
        self.assert_stage(self.explain(answer, expected="UNITS  OF"), "answered")

    @planted_loss
    def test_a_source_can_be_named(self):
        self.ingest()
        elsewhere = self.workspace.folder / f"{self.name}-elsewhere"
        elsewhere.mkdir()
        (elsewhere / "new.md").write_text(self.fact())
        answer = self.ask()
        self.assert_stage(self.explain(answer), "not_in_sources")
        self.assert_stage(self.explain(answer, "--source", elsewhere), "not_indexed", "new.md")


if __name__ == "__main__":
    unittest.main()
