"""docs/operations.md tells the truth: its settings are those of the program, and a copy is a backup."""
import json
import re
import shutil
import subprocess
import sys
import unittest

from e2e.program import ROOT, Workspace, run

MANUAL = (ROOT / "docs" / "operations.md").read_text()
SOURCE = (ROOT / "src" / "engine" / "configuration.cpp").read_text()


class Settings(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)

    def test_the_example_with_every_section_is_accepted(self):
        example = re.search(r"```toml\n(.*?)```", MANUAL, re.S).group(1)
        (self.workspace.path / "grounds.toml").write_text(example)
        self.workspace.run("doctor", check=0)
        # And it is indeed read.
        (self.workspace.path / "grounds.toml").write_text(example.replace("commit_seconds", "commit_second"))
        self.workspace.run("doctor", check=2)

    def test_every_key_of_the_program_is_in_the_manual(self):
        table = MANUAL.partition("| key of `grounds.toml`")[2].partition("\n\n")[0]
        keys = re.findall(r'key == "([a-z_.]+)"', SOURCE)
        self.assertGreater(len(keys), 12)
        for key in keys:
            self.assertIn(f"`{key}`", table)
        for key in re.findall(r"^\| `([a-z_]+\.[a-z_]+)`", table, re.M):
            self.assertIn(f'"{key}"', SOURCE)

    def test_every_environment_variable_of_the_program_is_in_the_manual(self):
        sources = [p.read_text() for folder in ("src", "index", "ingest") for p in (ROOT / folder).rglob("*.cpp")]
        names = {name for text in sources for name in re.findall(r'"(GROUNDS_[A-Z_]+)"', text)} - {"GROUNDS_VERSION"}
        self.assertGreater(len(names), 7)
        for name in names:
            self.assertIn(f"`{name}`", MANUAL)

    def test_the_defaults_are_those_of_the_manual(self):
        header = (ROOT / "src" / "engine" / "configuration.h").read_text()
        header = re.sub(r"(\d+) << (\d+)", lambda shift: str(int(shift[1]) << int(shift[2])), header)
        for key, value in re.findall(r"^\| `[a-z]+\.([a-z_]+)` \| `([^`]+)`", MANUAL, re.M):
            value = {'"int8"': "Precision::kInt8"}.get(value, value)
            self.assertRegex(header, rf"\b{key} = {re.escape(value)};")


class Backup(unittest.TestCase):
    def test_a_copy_of_the_folder_works_in_another_place(self):
        workspace = Workspace()
        self.addCleanup(workspace.close)
        workspace.json("collections", "create", "default", "--model", "none")
        workspace.write("in/a.md", "The kestrel hovers over the field.")
        workspace.json("ingest", workspace.folder / "in")
        answer = workspace.json("ask", "What does the kestrel do?")
        copy = workspace.folder / "elsewhere" / "copy"
        shutil.copytree(workspace.path, copy)
        before = workspace.json("search", "kestrel")["results"]
        shutil.rmtree(workspace.path)
        run("doctor", workspace=copy, check=0)
        self.assertTrue(run("verify", "--json", workspace=copy, check=0).json["ok"])
        self.assertEqual(run("search", "kestrel", "--json", workspace=copy, check=0).json["results"], before)
        replay = run("replay", answer["answer_id"], "--json", workspace=copy, check=0).json
        for part in ("retrieval", "prompt", "analysis", "answer"):
            self.assertEqual(replay[part], "identical", part)
        run("ask", "What does the kestrel do?", workspace=copy, check=0)


class KeptHeads(unittest.TestCase):
    def test_a_head_kept_elsewhere_shows_a_ledger_that_was_made_anew(self):
        workspace = Workspace()
        self.addCleanup(workspace.close)
        workspace.json("collections", "create", "default", "--model", "none")
        workspace.json("ingest", workspace.write("a.md", "The kestrel hovers over the field."))
        empty = workspace.folder / "earlier"
        shutil.copytree(workspace.path, empty)
        workspace.json("ask", "What does the kestrel do?")
        head = workspace.write("head.json", workspace.run("anchor", "--json", check=0).out)
        workspace.json("ask", "Does the kestrel hover?")
        workspace.run("verify", "--head", head, check=0)
        # Somebody puts an earlier state in its place, and goes on from there.
        shutil.rmtree(workspace.path)
        shutil.copytree(empty, workspace.path)
        workspace.json("ask", "What does the heron do?")
        workspace.json("ask", "Does the heron stand?")
        self.assertTrue(workspace.json("verify")["ok"])
        self.assertFalse(workspace.json("verify", "--head", head, check=1)["ok"])

    def test_an_export_is_checked_by_the_sample_script(self):
        workspace = Workspace()
        self.addCleanup(workspace.close)
        workspace.json("collections", "create", "default", "--model", "none")
        workspace.json("ingest", workspace.write("a.md", "The kestrel hovers over the field."))
        for _ in range(3):
            workspace.json("ask", "What does the kestrel do?")
        exported = workspace.run("export", check=0).out
        lines = [json.loads(line) for line in exported.splitlines()]
        self.assertEqual(len(lines), 7)
        self.assertEqual(lines[-1]["records"], 6)
        script = [sys.executable, str(ROOT / "samples" / "verify_export.py")]
        whole = workspace.write("whole.jsonl", exported)
        self.assertEqual(subprocess.run([*script, str(whole)], capture_output=True).returncode, 0)
        forged = workspace.write("forged.jsonl", exported.replace("hovers", "swims"))
        self.assertNotEqual(forged.read_text(), exported)
        self.assertNotEqual(subprocess.run([*script, str(forged)], capture_output=True).returncode, 0)
        short = workspace.write("short.jsonl", "".join(exported.splitlines(True)[:2] + exported.splitlines(True)[3:]))
        self.assertNotEqual(subprocess.run([*script, str(short)], capture_output=True).returncode, 0)
