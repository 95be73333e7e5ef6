"""The ledger as an auditor meets it: whatever was done to it is named precisely, and nothing else stops working."""
import json
import pathlib
import sqlite3
import subprocess
import sys
import unittest

from e2e.program import ROOT, Workspace, run

sys.path.insert(0, str(ROOT / "samples"))
import verify_export  # noqa: E402  (canonical JSON and hashes that are not the program's own)

QUESTION = "What is the limit for a hotel night?"
UNKNOWN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


class Ledger(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.json("collections", "create", "default", "--model", "none", "--set", "generations.retain=1",
                            "--set", "generations.replay_days=0")
        self.put("40 EUR")
        self.answers = [self.ask() for _ in range(3)]

    def put(self, limit):
        self.workspace.write("d/travel.md", f"# Travel\n\nThe limit for a hotel night is {limit}.\n")
        self.workspace.json("sync", self.workspace.folder / "d")

    def ask(self):
        return self.workspace.json("ask", QUESTION)["answer_id"]

    def sql(self, statement, *values):
        with sqlite3.connect(self.workspace.path / "ledger.db") as ledger:
            rows = ledger.execute(statement, values).fetchall()
        ledger.close()
        return rows

    def problems(self, *more):
        result = self.workspace.json("verify", *more, check=1)
        self.assertFalse(result["ok"])
        return [(p["record"], p["kind"]) for p in result["problems"]]

    def all_else_works(self, damaged=()):
        """Asking, searching, listing, and replaying what was not touched."""
        self.workspace.json("search", "hotel")
        self.assertEqual(self.workspace.json("replay", self.ask())["prompt"], "identical")
        self.assertGreaterEqual(len(self.workspace.json("answers", "list")["answers"]), 1)
        for answer in self.answers:
            if answer not in damaged:
                self.assertEqual(self.workspace.json("replay", answer)["prompt"], "identical")
        # A backup is made with what is wrong in it, and restored with neither more nor less.
        verified = self.workspace.run("verify", "--json").json
        backup = self.workspace.folder / "all.tar"
        made = self.workspace.json("backup", backup)
        self.assertEqual(made["problems"], len(verified["problems"]))
        restored = self.workspace.folder / "restored"
        report = run("restore", backup, "--json", workspace=restored, check=0).json
        self.assertEqual(report["problems"], made["problems"])
        self.assertEqual(run("verify", "--json", workspace=restored).json["problems"], verified["problems"])

    def test_an_unknown_id_and_one_of_another_workspace_are_told_in_the_same_words(self):
        other = Workspace()
        self.addCleanup(other.close)
        other.json("collections", "create", "default", "--model", "none")
        other.json("ingest", self.workspace.folder / "d")
        foreign = other.json("ask", QUESTION)["answer_id"]
        for command in (["replay"], ["answers", "show"], ["explain"], ["compare", self.answers[0]]):
            said = [self.workspace.run(*command, id, check=3).err.replace(id, "ID") for id in (UNKNOWN, foreign)]
            self.assertEqual(said[0], said[1])
            self.assertIn("ids belong to one workspace", said[0])
        for odd in ("", "x", "../../etc/passwd", "01ARZ3NDEKTSV4RRFFQ69G5FAV' OR 1=1"):
            self.workspace.run("replay", odd, check=3)
        self.all_else_works()

    def test_a_record_whose_generation_was_pruned_says_so(self):
        for limit in ("50 EUR", "60 EUR", "70 EUR"):
            self.put(limit)
        self.workspace.json("index", "merge")
        result = self.workspace.json("replay", self.answers[0])
        self.assertEqual(result["retrieval"], "pruned")
        self.assertIn("generation 1 was pruned", str(result["details"]))
        comparison = self.workspace.json("compare", self.answers[0], self.ask())
        self.assertEqual((comparison["baselines"]["a"], comparison["basis"]), ("pruned", "undecidable"))
        self.assertIn("pruned", comparison["reason"])
        self.assertTrue(comparison["decided_by"])
        # The prompt is still there.
        self.assertIn("40 EUR", json.dumps(self.workspace.json("answers", "show", self.answers[0])))
        self.answers = []
        self.all_else_works()
        self.assertTrue(self.workspace.json("verify")["ok"])

    def test_a_damaged_text_is_named_with_its_record(self):
        sequence = self.sql("SELECT sequence FROM texts WHERE answer_id = ? AND name = 'prompt'", self.answers[1])[0][0]
        self.sql("UPDATE texts SET text = replace(text, '40', '90') WHERE sequence = ? AND name = 'prompt'", sequence)
        self.assertEqual(self.problems(), [(sequence, "commitment")])
        shown = self.workspace.json("answers", "show", self.answers[1])
        self.assertIn("prompt", json.dumps(shown["problems"]))
        replayed = self.workspace.json("replay", self.answers[1])
        self.assertEqual((replayed["prompt"], replayed["causes"]), ("not_replayable", ["damaged"]))
        self.assertIn(f"record {sequence} ", replayed["details"][0])
        self.assertIn("'prompt'", self.workspace.run("compare", self.answers[0], self.answers[1], check=6).err)
        self.workspace.run("doctor", check=6)
        self.all_else_works([self.answers[1]])

    def test_a_record_edited_with_sqlite3_is_named(self):
        sequence = self.sql("SELECT sequence FROM entries WHERE answer_id = ? AND kind = 'opened'", self.answers[1])[0][0]
        self.sql("UPDATE entries SET body = replace(body, '\"mode\":\"hybrid\"', '\"mode\":\"vector\"') WHERE sequence = ?", sequence)
        self.assertEqual(self.problems(), [(sequence, "hash")])
        self.all_else_works([self.answers[1]])

    def test_a_record_taken_out_of_the_middle_is_a_gap(self):
        sequence = self.sql("SELECT sequence FROM entries WHERE answer_id = ? AND kind = 'closed'", self.answers[1])[0][0]
        self.sql("DELETE FROM entries WHERE sequence = ?", sequence)
        found = self.problems()
        self.assertIn("gap", [kind for _, kind in found])
        self.assertTrue(all(abs(record - sequence) <= 1 for record, _ in found), found)
        self.all_else_works([self.answers[1]])

    def test_a_ledger_that_was_cut_off_is_found_by_the_kept_head(self):
        kept = self.workspace.write("head.json", self.workspace.run("anchor", check=0).out)
        self.sql("DELETE FROM texts WHERE sequence > 2")
        self.sql("DELETE FROM entries WHERE sequence > 2")
        self.sql("DELETE FROM anchors")
        self.assertTrue(self.workspace.json("verify")["ok"])  # in itself it is whole
        result = self.workspace.json("verify", "--head", kept, check=1)
        self.assertIn("truncated", [p["kind"] for p in result["problems"]])
        self.all_else_works(self.answers[1:])

    def test_a_whole_chain_rebuilt_is_found_by_the_kept_head(self):
        kept = self.workspace.write("head.json", self.workspace.run("anchor", check=0).out)
        previous = verify_export.NO_HASH
        columns = "sequence, answer_id, kind, time, hash_alg, commitments, body"
        for sequence, answer, kind, time, algorithm, commitments, body in self.sql(f"SELECT {columns} FROM entries ORDER BY sequence"):
            if sequence == 1:
                body = body.replace('"admin":true', '"admin":false')
            entry = {"answer_id": answer, "body": json.loads(body), "commitments": json.loads(commitments), "hash_alg": algorithm,
                     "kind": kind, "previous": previous, "sequence": sequence, "time": time}
            digest = verify_export.sha256(verify_export.canonical(entry).encode())
            self.sql("UPDATE entries SET body = ?, previous = ?, hash = ? WHERE sequence = ?", body, previous, digest, sequence)
            previous = digest
        self.sql("DELETE FROM anchors")
        self.assertTrue(self.workspace.json("verify")["ok"])  # nothing in the file gives it away
        result = self.workspace.json("verify", "--head", kept, check=1)
        self.assertIn("rebuilt", [p["kind"] for p in result["problems"]])
        export = self.workspace.write("export.jsonl", self.workspace.run("export", check=0).out)
        checked = subprocess.run([sys.executable, ROOT / "samples" / "verify_export.py", export, "--head", kept], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 1, checked.stdout)
        self.all_else_works(self.answers[:1])

    def test_the_independent_checker_takes_what_is_whole_and_needs_nothing_of_ours(self):
        export = self.workspace.write("export.jsonl", self.workspace.run("export", check=0).out)
        script = self.workspace.write("alone/verify_export.py", (ROOT / "samples" / "verify_export.py").read_bytes())
        checked = subprocess.run([sys.executable, "-I", script, export], capture_output=True, text=True, cwd=self.workspace.folder, env={})
        self.assertEqual((checked.returncode, checked.stdout.startswith("ok: 6 records")), (0, True), checked.stdout + checked.stderr)
        lines = pathlib.Path(export).read_text().splitlines()
        for number, line in enumerate(lines[:-1]):
            damaged = self.workspace.write("damaged.jsonl", "\n".join(lines[:number] + [line.replace("40 EUR", "41 EUR").replace('"time":1', '"time":2')]
                                                                      + lines[number + 1:]) + "\n")
            checked = subprocess.run([sys.executable, "-I", script, damaged], capture_output=True, text=True, env={})
            self.assertEqual(checked.returncode, 1)
            self.assertIn(f"record {number + 1}:", checked.stdout)


if __name__ == "__main__":
    unittest.main()
