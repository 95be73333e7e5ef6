"""Bad input ends in one clear line that says what to do, and leaves nothing half done."""
import json
import os
import pathlib
import random
import resource
import shutil
import socket
import sqlite3
import tempfile
import unittest

from e2e.program import FULL, Server, Workspace, WITHOUT_PRIVILEGES, run

MIB = 1 << 20


class BadInput(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.addCleanup(self.assertHealthy)

    def assertHealthy(self):
        report = self.workspace.json("doctor")
        self.assertEqual((report["ok"], report["findings"]), (True, []))

    def refused(self, code, name, *arguments, workspace=..., says=(), **options):
        """The command must fail so, with one line, with and without --json; gives the error object."""
        workspace = self.workspace.path if workspace is ... else workspace
        plain = run(*arguments, workspace=workspace, **options)
        self.assertEqual((plain.code, plain.out), (code, ""), plain.err)
        coded = run(*arguments, "--json", workspace=workspace, **options)
        self.assertEqual(coded.code, code, coded.err)
        error = coded.json["error"]
        self.assertEqual(error["code"], name)
        self.assertTrue(error["hint"], error)
        for outcome in (plain, coded):
            self.assertRegex(outcome.err, r"\Agrounds: [^\n]+\n\Z")
            self.assertIn(error["message"], outcome.err)
            self.assertIn(error["hint"], outcome.err)
            for text in says:
                self.assertIn(text, outcome.err)
        return error

    def lexical(self):
        self.workspace.json("collections", "create", "default", "--model", "none")

    def failed_document(self, uri, *arguments, **options):
        """An ingest of a good document and a bad one: the bad one is reported and the good one found."""
        good = self.workspace.write("in/good.md", "Plain words about the kestrel.")
        plain = self.workspace.run("ingest", good.parent, *arguments, check=5, **options)
        self.assertRegex(plain.err, r"\Afailed: [^\n]+\n\Z")
        self.assertIn(uri, plain.err)
        report = self.workspace.json("ingest", good.parent, *arguments, check=5, **options)
        self.assertEqual((report["documents"]["failed"], len(report["failures"])), (1, 1))
        self.assertEqual(report["failures"][0]["uri"], uri)
        documents = self.workspace.json("docs", "list")["documents"]
        self.assertEqual([d["uri"] for d in documents], ["good.md"])
        self.assertEqual([r["uri"] for r in self.workspace.json("search", "kestrel")["results"]], ["good.md"])
        return report["failures"][0]

    def test_a_workspace_that_is_not_there_is_named_with_the_command_that_makes_one(self):
        nowhere = self.workspace.folder / "nowhere"
        source = self.workspace.write("a.md", "text")
        for arguments in (["search", "x"], ["ask", "x"], ["ingest", source], ["sync", source.parent], ["docs", "list"],
                          ["collections", "list"], ["doctor"], ["verify"], ["answers", "list"], ["replay", "X"],
                          ["serve", "--listen", "127.0.0.1:0"]):
            with self.subTest(arguments[0]):
                self.refused(3, "not_found", *arguments, workspace=nowhere, says=[f"grounds init -w {nowhere}"])
        self.assertFalse(nowhere.exists())

    def test_a_folder_of_other_things_does_not_become_a_workspace(self):
        self.workspace.write("full/letter.txt", "mine")
        full = self.workspace.folder / "full"
        self.refused(2, "usage", "init", workspace=full, says=["letter.txt"])
        self.refused(2, "usage", "init", workspace=full / "letter.txt")
        self.assertEqual([p.name for p in full.iterdir()], ["letter.txt"])

    def test_a_workspace_from_the_future_is_left_alone(self):
        other = Workspace()
        self.addCleanup(other.close)
        with sqlite3.connect(other.path / "catalog.db") as catalog:
            catalog.execute("UPDATE meta SET value = '99' WHERE key = 'format_version'")
        catalog.close()
        source = self.workspace.write("a.md", "text")
        for arguments in (["search", "x"], ["ingest", source], ["init"], ["doctor"]):
            with self.subTest(arguments[0]):
                self.refused(2, "usage", *arguments, workspace=other.path, says=["99", "later version"])
        with sqlite3.connect(other.path / "catalog.db") as catalog:
            rows = catalog.execute("SELECT value FROM meta WHERE key = 'format_version'").fetchall()
        catalog.close()
        self.assertEqual(rows, [("99",)])

    def test_a_catalog_that_is_no_database_is_damage(self):
        other = Workspace()
        self.addCleanup(other.close)
        for name in ("catalog.db", "catalog.db-wal", "catalog.db-shm"):
            (other.path / name).unlink(missing_ok=True)
        (other.path / "catalog.db").write_bytes(random.Random(1).randbytes(8192))
        self.refused(6, "damaged", "search", "x", workspace=other.path, says=["catalog.db"])

    def test_a_path_that_is_not_there_is_named(self):
        self.refused(3, "not_found", "ingest", self.workspace.folder / "no-such-folder", says=["no-such-folder"])
        self.refused(3, "not_found", "sync", self.workspace.folder / "no-such-folder", says=["no-such-folder"])
        self.refused(3, "not_found", "ingest", "--jsonl", self.workspace.folder / "no.jsonl", says=["no.jsonl"])
        self.refused(2, "usage", "ingest", says=["name a file or a folder"])

    def test_an_unreadable_folder_is_a_failure_and_what_it_held_stays(self):
        self.lexical()
        self.workspace.write("in/locked/secret.md", "Words about the merlin.")
        self.workspace.write("in/open.md", "Other words.")
        self.workspace.json("ingest", self.workspace.folder / "in")
        locked = self.workspace.folder / "in" / "locked"
        locked.chmod(0)
        self.addCleanup(locked.chmod, 0o700)
        for command in ("ingest", "sync"):
            report = self.workspace.json(command, self.workspace.folder / "in", check=5, prefix=WITHOUT_PRIVILEGES)
            self.assertEqual([f["uri"] for f in report["failures"]], ["locked/"])
            self.assertIn("Permission denied", report["failures"][0]["reason"])
            self.assertEqual(report["documents"]["deleted"], 0)
        self.assertEqual([r["uri"] for r in self.workspace.json("search", "merlin")["results"]], ["locked/secret.md"])
        # Nothing readable at all is no reason to think that everything is gone.
        self.refused(3, "not_found", "sync", locked, prefix=WITHOUT_PRIVILEGES, says=["Permission denied"])
        self.assertEqual(len(self.workspace.json("docs", "list")["documents"]), 2)

    def test_a_folder_whose_ignore_file_is_unreadable_keeps_its_documents(self):
        self.lexical()
        self.workspace.write("in/sub/a.md", "Words about the merlin.")
        ignore = self.workspace.write("in/sub/.groundsignore", "*.log\n")
        self.workspace.write("in/open.md", "Other words.")
        self.workspace.json("sync", self.workspace.folder / "in")
        ignore.chmod(0)
        report = self.workspace.json("sync", self.workspace.folder / "in", check=5, prefix=WITHOUT_PRIVILEGES)
        self.assertIn("Permission denied", report["failures"][0]["reason"])
        self.assertEqual((report["documents"]["failed"], report["documents"]["deleted"]), (1, 0))
        self.assertEqual([r["uri"] for r in self.workspace.json("search", "merlin")["results"]], ["sub/a.md"])

    def test_an_unreadable_file_is_a_failure(self):
        self.lexical()
        secret = self.workspace.write("in/secret.md", "Words.")
        secret.chmod(0)
        failure = self.failed_document("secret.md", prefix=WITHOUT_PRIVILEGES)
        self.assertIn("Permission denied", failure["reason"])

    def test_an_empty_file_is_a_failure(self):
        self.lexical()
        for content in (b"", b" \n\t\n", b"\xef\xbb\xbf"):
            with self.subTest(content):
                self.workspace.write("in/empty.txt", content)
                self.assertRegex(self.failed_document("empty.txt")["reason"], "empty|no text")

    def test_a_binary_named_txt_is_a_failure(self):
        self.lexical()
        png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(64)
        for content in (random.Random(7).randbytes(200_000), b"\x7fELF\x02\x01\x01" + bytes(256), png, b"abc\0\0def"):
            with self.subTest(content[:8]):
                self.workspace.write("in/binary.txt", content)
                self.assertRegex(self.failed_document("binary.txt")["reason"], "binary|not supported|image has no text|tesseract, which is not installed")

    def test_invalid_utf8_becomes_valid_text_that_is_found(self):
        self.lexical()
        self.workspace.write("in/mixed.txt", b"Words about the harrier.\nThen \xff\xfe broken \x80 bytes. \xc3\x28\n")
        self.workspace.write("in/gbk.txt", "关于苍鹰的文字，使用旧的编码保存。这是第二句话。".encode("gbk"))
        self.workspace.write("in/latin.txt", "Über den Habicht: er jagt im Wald. Größe und Länge.".encode("latin-1"))
        self.workspace.json("ingest", self.workspace.folder / "in")
        for uri, term in (("mixed.txt", "harrier"), ("gbk.txt", "苍鹰"), ("latin.txt", "Größe")):
            self.assertEqual([r["uri"] for r in self.workspace.json("search", term)["results"]], [uri])
            self.workspace.run("docs", "extract", uri, binary=True, check=0).out.decode("utf-8")  # strictly

    def test_a_line_of_300_mb_is_a_failure(self):
        self.lexical()
        path = self.workspace.write("in/long.txt", "")
        size = 300 * MIB if FULL else 65 * MIB
        with open(path, "wb") as file:
            for _ in range(size // MIB):
                file.write(b"word " * (MIB // 5) + b"x" * (MIB % 5))
        self.failed_document("long.txt")

    def test_a_line_of_300_mb_of_json_lines_is_a_failure(self):
        self.lexical()
        path = self.workspace.write("long.jsonl", "")
        with open(path, "wb") as file:
            file.write(b'{"uri":"long","text":"')
            for _ in range(300 if FULL else 80):
                file.write(b"x" * MIB)
            file.write(b'"}\n{"uri":"after","text":"Words about the osprey."}\n')
        report = self.workspace.json("ingest", "--jsonl", path, check=5)
        self.assertEqual((report["documents"]["added"], report["documents"]["failed"]), (1, 1))
        self.assertEqual([r["uri"] for r in self.workspace.json("search", "osprey")["results"]], ["after"])

    def test_an_unknown_model_is_answered_with_those_known(self):
        for arguments in (["collections", "create", "x", "--model", "no-such-model"], ["model", "info", "no-such-model"],
                          ["model", "pull", "no-such-model"], ["model", "embed", "--model", "no-such-model"]):
            with self.subTest(arguments):
                self.refused(3, "not_found", *arguments, says=["no-such-model", "bge-small-en-v1.5"])
        self.assertEqual(self.workspace.json("collections", "list")["collections"], [])

    def test_a_missing_model_file_is_answered_with_the_command_that_gets_it(self):
        source = self.workspace.write("in/a.md", "text")
        empty = self.workspace.folder / "models"
        empty.mkdir()
        for arguments in (["ingest", source.parent], ["collections", "create", "x"]):
            self.refused(3, "not_found", *arguments, env={"GROUNDS_MODELS": str(empty)},
                         says=["grounds model pull bge-small-en-v1.5"])
        self.assertEqual(self.workspace.json("collections", "list")["collections"], [])
        # A collection whose model went away afterwards: searching says so, and other modes still work.
        self.workspace.json("ingest", source.parent)
        self.refused(3, "not_found", "search", "text", env={"GROUNDS_MODELS": str(empty)},
                     says=["grounds model pull bge-small-en-v1.5"])
        found = self.workspace.json("search", "text", "--mode", "lexical", env={"GROUNDS_MODELS": str(empty)})
        self.assertEqual(len(found["results"]), 1)

    def test_a_damaged_model_file_is_not_used(self):
        registry = self.workspace.json("model", "list")
        folder = next(pathlib.Path(m["folder"]) for m in registry["models"] if m["name"] == "bge-small-en-v1.5")
        models = self.workspace.folder / "models"
        copied = models / folder.relative_to(registry["folder"])
        copied.mkdir(parents=True)
        # Without what was compiled from it: that has checksums of its own.
        sources = [p for p in folder.iterdir() if p.suffix in (".json", ".onnx")]
        self.assertEqual(len(sources), 2)
        for damaged in sources:
            with self.subTest(damaged.suffix):
                for source in sources:
                    shutil.copyfile(source, copied / source.name)
                with open(copied / damaged.name, "r+b") as file:
                    file.truncate(damaged.stat().st_size // 2)
                self.refused(6, "damaged", "collections", "create", "x", "--model", "bge-small-en-v1.5",
                             env={"GROUNDS_MODELS": str(models)}, says=[damaged.name, "pull it again"])
        self.assertEqual(self.workspace.json("collections", "list")["collections"], [])

    def test_an_empty_question_is_refused(self):
        for command in ("ask", "search", "consistency"):
            for question in ("", "  \t", "\u3000"):
                with self.subTest(command=command, question=question):
                    self.refused(2, "usage", command, question, says=["empty"])

    def test_a_question_too_long_or_not_utf8_is_refused(self):
        # An argument of the command line is at most 128 KiB; HTTP carries the full megabyte.
        for command in ("ask", "search", "consistency"):
            self.refused(2, "usage", command, "why " * 30_000, says=["120000", "32768"])
            self.refused(2, "usage", command, os.fsdecode(b"caf\xe9"), says=["UTF-8"])
        server = Server(self.workspace)
        try:
            for path, field in (("/v1/ask", "question"), ("/v1/search", "query")):
                self.assertEqual(server.post(path, {field: "x" * 1_000_000}, expect=400)["code"], "usage")
                server.post(path, {field: "x" * (2 * MIB)}, expect=413)
                server.post(path, {field: ""}, expect=400)
                server.post(path, {field: " \n"}, expect=400)
            server.get("/readyz")
        finally:
            self.assertEqual(server.stop(), 0)
        self.assertEqual(self.workspace.json("answers", "list")["answers"], [])

    def test_nothing_is_asked_of_a_collection_that_is_not_there(self):
        for arguments in (["ask", "x"], ["search", "x"], ["docs", "list"], ["ingest", self.workspace.folder]):
            self.refused(3, "not_found", *arguments, "-c", "nowhere", says=["nowhere"])
        self.assertEqual(self.workspace.json("collections", "list")["collections"], [])

    def test_a_port_in_use_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.refused(7, "unavailable", "serve", "--listen", address, says=[address, "--listen"])

    def test_a_listening_server_keeps_its_port(self):
        server = Server(self.workspace)
        try:
            address = server.url.removeprefix("http://")
            self.refused(7, "unavailable", "serve", "--listen", address, says=[address])
            server.get("/livez")
        finally:
            self.assertEqual(server.stop(), 0)

    def test_a_listen_address_for_other_machines_or_none_is_refused(self):
        self.refused(4, "refused", "serve", "--listen", "0.0.0.0:0", says=["127.0.0.1"])
        for address in ("127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", ":80", "127.0.0.1:-1"):
            self.refused(2, "usage", "serve", "--listen", address)


class FullDisk(unittest.TestCase):
    """A disk that takes no more, played by a limit on the size of files or by missing permissions."""

    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.json("collections", "create", "default", "--model", "none")
        self.source = self.workspace.write("in/a.md", "The kestrel hovers over the field.")
        self.workspace.json("ingest", self.source.parent)

    def limited(self, size, *arguments):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return self.workspace.run(*arguments, "--json", preexec=limit)

    def assertNoAnswer(self, outcome):
        self.assertNotIn(outcome.code, (0, 1, 70), outcome.err)
        self.assertGreater(outcome.code, 0, "killed by a signal")
        self.assertRegex(outcome.err, r"\Agrounds: [^\n]+\n\Z")
        self.assertEqual(list(outcome.json), ["error"])
        self.assertNotIn("hovers", outcome.out + outcome.err)

    def test_without_a_record_there_is_no_answer(self):
        for size in (0, 1, 100, 4096, 8192):
            with self.subTest(size):
                self.assertNoAnswer(self.limited(size, "ask", "What does the kestrel do?"))
        self.workspace.run("doctor", check=0)
        self.assertTrue(self.workspace.json("verify")["ok"])
        answer = self.workspace.json("ask", "What does the kestrel do?")
        self.assertIn("hovers", answer["answer"])
        self.assertTrue(self.workspace.json("verify")["ok"])

    def test_a_ledger_without_permission_to_write_gives_no_answer(self):
        self.workspace.json("ask", "What does the kestrel do?")
        for name in ("ledger.db", "ledger.db-wal"):
            (self.workspace.path / name).chmod(0o444)
            outcome = self.workspace.run("ask", "What does the kestrel do?", "--json", prefix=WITHOUT_PRIVILEGES)
            self.assertNoAnswer(outcome)
            self.assertEqual(outcome.code, 7)
            self.assertIn("ledger.db", outcome.err)
            (self.workspace.path / name).chmod(0o644)
        self.assertTrue(self.workspace.json("verify")["ok"])

    def test_a_server_that_cannot_record_gives_no_answer_and_recovers_by_itself(self):
        with open(self.workspace.path / "ledger.db-wal", "ab"):
            pass
        server = Server(self.workspace)
        try:
            self.assertIn("hovers", server.post("/v1/ask", {"question": "What does the kestrel do?"})["answer"])
            for _ in range(2):
                resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
                for stream in (False, True):
                    problem = server.post("/v1/ask", {"question": "What does the kestrel do?", "stream": stream}, expect=503)
                    self.assertEqual(problem["code"], "unavailable")
                    self.assertNotIn("hovers", json.dumps(problem))
                # Once there is room again, the same process answers.
                resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                self.assertIn("hovers", server.post("/v1/ask", {"question": "What does the kestrel do?"})["answer"])
        finally:
            self.assertEqual(server.stop(), 0)
        self.assertTrue(self.workspace.json("verify")["ok"])

    def test_an_ingest_onto_a_full_disk_keeps_the_last_generation(self):
        before = self.workspace.json("docs", "list")
        for i in range(40):
            self.workspace.write(f"in/more{i}.md", f"More words, number{i}. " * 200)
        for size in (0, 100, 5000, 20_000):
            with self.subTest(size):
                outcome = self.limited(size, "ingest", self.source.parent)
                self.assertIn(outcome.code, (5, 7), outcome.err)
                outcome.json
                self.assertEqual(self.workspace.json("docs", "list"), before)
                self.workspace.run("doctor", check=0)
        report = self.workspace.json("ingest", self.source.parent)
        self.assertEqual(report["documents"]["added"], 40)
        self.workspace.json("doctor", "--fix")
        self.assertEqual(self.workspace.json("doctor")["findings"], [])
