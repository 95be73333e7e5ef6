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


class Doctor(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.json("collections", "create", "default", "--model", "none")
        self.workspace.write("in/a.md", "The kestrel hovers over the field.")
        self.workspace.json("ingest", self.workspace.folder / "in")

    def found(self):
        report = self.workspace.json("doctor", check=6)
        self.assertFalse(report["ok"])
        return {f["subject"] for f in report["findings"] if f["severity"] == "damage"}

    def test_what_is_kept_of_backends_and_templates_is_checked_too(self):
        text = self.workspace.write("short.txt", "{{question}}\n{{evidence}}\n")
        self.workspace.json("templates", "add", "short", "--language", "en", text)
        (self.workspace.path / "grounds.toml").write_text(
            '[backends.far]\nkind = "openai"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\nextra_body = {max_tokens = 10}\nbudget = {tokens = 1000000}\n')
        self.workspace.json("ask", "What does the kestrel do?", "--backend", "far", check=7)
        self.workspace.run("doctor", check=0)
        template = self.workspace.path / "templates" / "short.en@1.txt"
        template.write_bytes(b"\xff\xfe")
        self.assertEqual(self.found(), {"templates/short.en@1.txt"})
        self.workspace.run("ask", "What does the kestrel do?", "--template", "short", check=6)
        template.write_text("{{question}}\n{{evidence}}\n")
        store = self.workspace.path / "backends.db"
        self.assertTrue(store.exists())
        store.with_name("backends.db-wal").unlink(missing_ok=True)
        store.write_bytes(b"\xa5" * 8192)
        self.assertEqual(self.found(), {"backends.db"})

    def test_verify_looks_into_the_data_if_asked(self):
        self.workspace.json("ask", "What does the kestrel do?")
        self.assertEqual(self.workspace.json("verify", "--segments")["problems"], [])
        segment = next((self.workspace.path / "segments").iterdir())
        data = bytearray(segment.read_bytes())
        data[len(data) // 2] ^= 1
        segment.write_bytes(data)
        self.assertTrue(self.workspace.json("verify")["ok"])
        result = self.workspace.json("verify", "--segments", check=1)
        self.assertFalse(result["ok"])
        self.assertIn(segment.name, result["problems"][0]["detail"])
        self.assertIn("the chain of 2 records verifies", self.workspace.run("verify", "--segments", check=1).out)


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
