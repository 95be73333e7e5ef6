"""`consistency`: one question asked many times, and a list of questions watched against a baseline."""
import json
import signal
import socket
import subprocess
import time
import unittest

from e2e.program import EVERYONE, PROGRAM, Workspace, environment

HOURS = "When does the shop in Norland open?"
LIMIT = "What is the hotel limit in Sudania?"


class Consistency(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.json("collections", "create", "default", "--model", "none")
        self.put("shop.md", "# Shops\n\nThe shop in Norland opens at 9:30.\n")
        self.put("travel.md", "# Travel\n\nThe hotel limit in Sudania is 140 EUR a night.\n")
        self.ingest()
        self.questions = self.workspace.write("questions.txt", f"# watched daily\n{HOURS}\n\n{json.dumps({'question': LIMIT})}\n")
        self.baseline = self.workspace.folder / "baseline.json"

    def put(self, name, text):
        self.workspace.write(f"docs/{name}", text)

    def ingest(self):
        return self.workspace.json("sync", self.workspace.folder / "docs")

    def watch(self, *more, check=0):
        return self.workspace.json("consistency", "--watch", self.questions, "--baseline", self.baseline, *more, check=check)

    def test_the_same_question_gets_the_same_answer_every_time(self):
        result = self.workspace.json("consistency", HOURS, "-n", 5)
        self.assertEqual((result["asked"], result["distinct_answers"], result["distinct_claims"]), (5, 1, 1))
        self.assertTrue(result["retrieval_identical"] and result["prompt_identical"])
        self.assertEqual([a["count"] for a in result["answers"]], [5])
        self.assertIn("9:30", result["answers"][0]["answer"])

    def test_the_first_watch_writes_the_baseline_and_the_next_finds_nothing_changed(self):
        first = self.watch()
        self.assertTrue(first["baseline_written"])
        self.assertEqual({q["question"] for q in json.loads(self.baseline.read_text())["questions"]}, {HOURS, LIMIT})
        kept = self.baseline.read_bytes()
        again = self.watch()
        self.assertEqual((again["asked"], again["changed"], again["not_in_baseline"], again["baseline_written"]), (2, [], [], False))
        self.assertEqual(self.baseline.read_bytes(), kept)

    def test_a_changed_claim_ends_in_1_with_its_cause(self):
        self.watch()
        self.put("travel.md", "# Travel\n\nThe hotel limit in Sudania is 155 EUR a night.\n")
        self.ingest()
        result = self.watch(check=1)
        (change,) = result["changed"]
        self.assertEqual(change["question"], LIMIT)
        self.assertIn("140", change["before"]["answer"])
        self.assertIn("155", change["after"]["answer"])
        self.assertEqual((change["comparison"]["prompt_causes"], change["comparison"]["answer_cause"], change["comparison"]["party"]),
                         ([["data"]], "data", "A"))
        self.assertEqual([d["uri"] for d in change["comparison"]["evidence"]["data"]], ["travel.md"])
        text = self.workspace.run("consistency", "--watch", self.questions, "--baseline", self.baseline, check=1).out
        self.assertIn("because of data (proved), party A", text)
        # Taken as the new baseline, it is no change any more.
        self.assertTrue(self.watch("--update")["baseline_written"])
        self.assertEqual(self.watch()["changed"], [])

    def test_a_name_within_another_name_is_a_change(self):
        question = "Who is the manager in Norland?"
        self.questions.write_text(question + "\n")
        self.put("people.md", "# People\n\nIn Norland the manager is Ann.\n")
        self.ingest()
        self.watch()
        # A name at the beginning of a sentence is no claim of its own; the one that is gone decides.
        self.put("people.md", "# People\n\nJoanna is the manager in Norland.\n")
        self.ingest()
        (change,) = self.watch(check=1)["changed"]
        self.assertIn("Ann.", change["before"]["answer"])
        self.assertIn("Joanna", change["after"]["answer"])
        self.put("people.md", "# People\n\nAnn is the manager in Norland.\n")
        self.ingest()
        self.assertEqual(self.watch()["changed"], [])

    def test_other_words_with_the_same_claims_are_no_change(self):
        self.watch()
        self.put("travel.md", "# Travel\n\nIn Sudania the hotel limit: 140 EUR a night, breakfast included.\n")
        self.ingest()
        self.assertEqual(self.watch()["changed"], [])

    def test_a_question_that_the_baseline_lacks_is_named(self):
        self.watch()
        self.questions.write_text(self.questions.read_text() + "Is there a harbour?\n")
        self.assertEqual(self.watch()["not_in_baseline"], ["Is there a harbour?"])

    def test_watching_again_and_again_ends_with_ctrl_c_and_says_if_anything_changed(self):
        self.watch()
        process = subprocess.Popen([PROGRAM, "-w", str(self.workspace.path), "consistency", "--watch", str(self.questions), "--baseline",
                                    str(self.baseline), "--every", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        self.assertIn(b"0 with changed claims", process.stdout.readline())
        self.put("shop.md", "# Shops\n\nThe shop in Norland opens at 10:15.\n")
        self.ingest()
        deadline = time.monotonic() + 60
        seen = b""
        while b"10:15" not in seen and time.monotonic() < deadline:
            seen += process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertIn(b"10:15", seen)
        self.assertEqual(process.returncode, 1)

    def test_a_question_that_fails_takes_nothing_from_the_others(self):
        self.watch()
        kept = self.baseline.read_bytes()
        self.put("travel.md", "# Travel\n\nThe hotel limit in Sudania is 155 EUR a night.\n")
        self.ingest()
        listener = socket.socket()  # listens no more: whoever calls it is refused
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        listener.close()
        config = self.workspace.path / "grounds.toml"
        config.write_text(f'[backends.gone]\nkind = "openai"\nbase_url = "http://127.0.0.1:{port}/v1"\nmodel = "m"\nretries = 0\n')
        result = self.watch("--backend", "gone", check=7)
        self.assertEqual(([f["question"] for f in result["failed"]], result["changed"], result["asked"]), ([HOURS, LIMIT], [], 2))
        text = self.workspace.run("consistency", "--watch", self.questions, "--baseline", self.baseline, "--backend", "gone", check=7)
        self.assertIn("2 failed", text.out)
        self.assertIn("not answered: " + HOURS, text.err)
        # A baseline with gaps would take their answers for new questions.
        self.assertFalse(self.watch("--backend", "gone", "--update", check=7)["baseline_written"])
        self.assertEqual(self.baseline.read_bytes(), kept)
        self.assertEqual(len(self.watch(check=1)["changed"]), 1)

    def test_bad_input_is_named(self):
        missing = self.workspace.folder / "none.txt"
        empty = self.workspace.write("empty.txt", "\n# nothing\n")
        odd = self.workspace.write("odd.txt", '{"q": 1}\n')
        for arguments, code, word in ((["--watch", self.questions], 2, "--baseline"),
                                      (["--watch", missing, "--baseline", self.baseline], 3, "none.txt"),
                                      (["--watch", empty, "--baseline", self.baseline], 5, "no question"),
                                      (["--watch", odd, "--baseline", self.baseline], 5, "line 1"),
                                      (["--watch", self.questions, "--baseline", self.workspace.folder / "no" / "b.json"], 2, "no folder"),
                                      ([], 2, "question"), ([HOURS, "-n", "0"], 2, ""), ([HOURS, "-c", "none"], 3, "none"),
                                      ([HOURS, "--backend", "none"], 3, "none"), ([HOURS, "--baseline", "x"], 2, "")):
            with self.subTest(arguments):
                outcome = self.workspace.run("consistency", *arguments, "--json", check=code)
                self.assertRegex(outcome.err, r"\Agrounds: [^\n]+\n\Z")
                self.assertIn(word, outcome.err)
        self.baseline.write_text("[]")
        self.workspace.json("consistency", "--watch", self.questions, "--baseline", self.baseline, check=5)

    def test_who_asks_counts(self):
        self.workspace.json("ingest", self.workspace.folder / "docs", "--include", "shop.md", "--groups", "staff")
        result = self.workspace.json("consistency", HOURS, "-n", 2, "--as", EVERYONE)
        self.assertEqual(result["distinct_answers"], 1)
        self.assertNotIn("9:30", result["answers"][0]["answer"])


if __name__ == "__main__":
    unittest.main()
