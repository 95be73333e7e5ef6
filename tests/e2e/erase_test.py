"""`erase URI`: no byte of a document remains in the workspace, and everything else goes on."""
import ctypes
import ctypes.util
import os
import random
import struct
import subprocess
import threading
import time
import unittest

from e2e.program import EVERYONE, PROGRAM, Server, Workspace, environment

KILLS = int(os.environ.get("GROUNDS_KILLS", "8"))
SEED = int(os.environ.get("GROUNDS_SEED", str(random.SystemRandom().randrange(1 << 32))))
SECRET = "QUAGMIRE-74411"
PASSAGE = "the severance of Ms Vandermeer amounts to thirty-one thousand guilders"

zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
zstd.ZSTD_decompress.restype = ctypes.c_size_t


def unpacked(pack):
    """The text of an extract pack (docs/formats/extract_pack.md)."""
    frames, frame_bytes = struct.unpack_from("<II", pack, len(pack) - 32)
    index = len(pack) - 32 - 20 * frames
    text = b""
    for number in range(frames):
        offset, size = struct.unpack_from("<QI", pack, index + 20 * number)
        out = ctypes.create_string_buffer(frame_bytes)
        length = zstd.ZSTD_decompress(out, ctypes.c_size_t(frame_bytes), pack[offset:offset + size], ctypes.c_size_t(size))
        text += out.raw[:length]
    return text


def files_with(folder, *secrets):
    """Files under `folder` that hold one of the secrets in any case, packs also in what they decompress to."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        if path.suffix == ".pack":
            data += unpacked(data)
        data = data.lower()
        found += [(path.name, secret) for secret in secrets if secret.lower().encode() in data]
    return found


class Erase(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.fill(self.workspace)

    def fill(self, workspace, *settings):
        workspace.json("collections", "create", "default", "--model", "none", *settings)
        workspace.write("docs/hr/vandermeer.md", f"# Severance\n\nCase {SECRET}: {PASSAGE}, payable in May.\n")
        for i in range(6):
            workspace.write(f"docs/note-{i}.md", f"# Severance rules {i}\n\nA severance is payable within {i + 2} weeks of May.\n")
        workspace.json("ingest", workspace.folder / "docs")

    def ask(self, question, *more):
        return self.workspace.json("ask", question, *more)

    def replay(self, answer):
        return self.workspace.json("replay", answer["answer_id"])

    def test_no_byte_remains_and_the_receipt_says_what_went(self):
        workspace = self.workspace
        quoting = self.ask("What does the severance of Ms Vandermeer amount to?")
        self.assertIn("guilders", quoting["answer"])
        named = self.ask(f"Who is case {SECRET}?")
        other = self.ask("Within how many weeks is a severance payable?", "--as", "user:x,group:nobody")
        self.assertEqual(other["citations"], [])
        workspace.write("docs/hr/vandermeer.md", f"# Severance\n\nCase {SECRET}, second version: {PASSAGE}, payable in June.\n")
        workspace.json("ingest", workspace.folder / "docs")
        backup = workspace.folder / "backup.tar"
        workspace.json("backup", backup)
        self.assertTrue(files_with(workspace.path, SECRET, PASSAGE))
        receipt = workspace.json("erase", "hr/vandermeer.md")
        self.assertEqual(files_with(workspace.path, SECRET, PASSAGE, "Vandermeer amounts"), [])
        self.assertEqual(receipt["uri"], "hr/vandermeer.md")
        self.assertEqual(receipt["destroyed"]["versions"], 2)
        self.assertEqual(receipt["destroyed"]["chunks"], 2)
        self.assertGreaterEqual(receipt["destroyed"]["segments_rewritten"], 1)
        self.assertGreater(receipt["destroyed"]["texts"], 5)
        self.assertEqual(receipt["answers_that_quoted"], sorted([quoting["answer_id"], named["answer_id"]]))
        self.assertEqual(receipt["backups_to_check"], [str(backup)])
        self.assertTrue(workspace.json("verify")["ok"])
        self.assertEqual(workspace.json("doctor")["findings"], [])
        self.assertEqual(self.replay(quoting)["prompt"], "erased")
        self.assertEqual(workspace.json("search", "Vandermeer guilders")["results"], [])
        self.assertEqual(workspace.json("search", "Vandermeer guilders", "--as-of", 1)["results"], [])
        for command in (["docs", "show"], ["docs", "history"], ["erase"]):
            workspace.run(*command, "hr/vandermeer.md", check=3)
        # The source is the user's own: whoever ingests it again has it again.
        workspace.json("ingest", workspace.folder / "docs")
        self.assertTrue(workspace.json("search", "Vandermeer")["results"])
        self.assertEqual(workspace.json("erase", "hr/vandermeer.md")["destroyed"]["versions"], 1)
        self.assertEqual(files_with(workspace.path, SECRET, PASSAGE), [])

    def test_what_quotes_nothing_stays_and_its_replay_says_what_changed(self):
        # A word that the erased document and others have: its weight in the past is another one afterwards.
        kept = self.ask("Within how many weeks of May is a severance payable?", "--as", EVERYONE)
        self.workspace.json("ingest", self.workspace.folder / "docs", "--include", "hr/**", "--groups", "hr")
        later = self.ask("Within how many weeks of May is a severance payable?", "--as", EVERYONE)
        receipt = self.workspace.json("erase", "hr/vandermeer.md")
        record = self.workspace.json("answers", "show", later["answer_id"])
        self.assertNotIn(later["answer_id"], receipt["answers_that_quoted"])
        self.assertIn("severance", str(record))
        result = self.replay(later)
        self.assertEqual((result["retrieval"], result["causes"]), ("different", ["statistics_changed_by_erasure"]), result)
        if kept["answer_id"] in receipt["answers_that_quoted"]:
            self.assertEqual(self.replay(kept)["prompt"], "erased")
        # What is asked from now on replays, and a comparison blames no software.
        now = self.ask("Within how many weeks of May is a severance payable?", "--as", EVERYONE)
        self.assertEqual(self.replay(now)["retrieval"], "identical")
        comparison = self.workspace.json("compare", later["answer_id"], now["answer_id"])
        self.assertNotIn(["software"], comparison["prompt_causes"])
        self.assertIn("erased", str(comparison["details"]))

    def test_what_a_conversation_quoted_goes_as_well(self):
        server = Server(self.workspace)
        self.addCleanup(server.stop)
        talk = {"question": "And when is it payable?",
                "messages": [{"role": "user", "content": "What about her?"},
                             {"role": "assistant", "content": f"It says that {PASSAGE}."}]}
        self.workspace.json("collections", "create", "other", "--model", "none")
        self.workspace.write("o/other.md", "# Other\n\nInvoices are payable in autumn.\n")
        self.workspace.json("ingest", self.workspace.folder / "o", "-c", "other")
        answer = server.post("/v1/ask", {**talk, "collection": "other"})
        aside = server.post("/v1/ask", {"question": "When are invoices payable?", "collection": "other"})
        receipt = self.workspace.json("erase", "hr/vandermeer.md")
        self.assertIn(answer["answer_id"], receipt["answers_that_quoted"])
        self.assertNotIn(aside["answer_id"], receipt["answers_that_quoted"])
        self.assertEqual(files_with(self.workspace.path, PASSAGE, SECRET), [])
        self.assertEqual(self.replay(aside)["prompt"], "identical")

    def test_shared_content_stays_until_its_last_reference(self):
        source = (self.workspace.folder / "docs/hr/vandermeer.md").read_bytes()
        self.workspace.write("docs/copy.md", source)
        self.workspace.json("ingest", self.workspace.folder / "docs")
        self.workspace.json("erase", "hr/vandermeer.md")
        self.assertEqual([r["uri"] for r in self.workspace.json("search", SECRET)["results"]], ["copy.md"])
        self.assertIn(PASSAGE, self.workspace.run("docs", "extract", "copy.md", check=0).out)
        self.workspace.json("erase", "copy.md")
        self.assertEqual(files_with(self.workspace.path, PASSAGE, SECRET), [])
        self.workspace.run("doctor", check=0)

    def test_what_it_said_under_an_earlier_name_goes_as_well(self):
        workspace = self.workspace
        early = self.ask("What does the severance of Ms Vandermeer amount to?")
        source = workspace.folder / "docs/hr/vandermeer.md"
        source.rename(workspace.folder / "docs/hr/case-12.md")
        workspace.json("sync", workspace.folder / "docs")
        late = self.ask("What does the severance of Ms Vandermeer amount to?")
        workspace.write("docs/copy.md", "# Severance\n\nNothing of it.\n")
        workspace.json("ingest", workspace.folder / "docs")
        receipt = workspace.json("erase", "hr/case-12.md")
        self.assertEqual(files_with(workspace.path, SECRET, PASSAGE), [])
        self.assertEqual((receipt["earlier_names"], receipt["same_content"]), (["hr/vandermeer.md"], []))
        self.assertEqual(receipt["destroyed"]["versions"], 2)
        self.assertEqual(receipt["answers_that_quoted"], sorted([early["answer_id"], late["answer_id"]]))
        self.assertEqual(self.replay(early)["prompt"], "erased")
        for uri in ("hr/vandermeer.md", "hr/case-12.md"):
            workspace.run("erase", uri, check=3)
        self.assertEqual(workspace.json("doctor")["findings"], [])

    def test_who_else_has_its_content_is_named(self):
        workspace = self.workspace
        workspace.write("docs/copy.md", (workspace.folder / "docs/hr/vandermeer.md").read_bytes())
        workspace.json("ingest", workspace.folder / "docs")
        outcome = workspace.run("erase", "hr/vandermeer.md", "--json", check=0)
        self.assertEqual((outcome.json["earlier_names"], outcome.json["same_content"]), ([], [{"collection": "default", "uri": "copy.md"}]))
        self.assertIn("still held under copy.md in collection default: erase that as well", outcome.err)

    def test_what_was_deleted_and_pruned_is_found_by_what_is_left_of_it(self):
        workspace = self.workspace = Workspace()
        self.addCleanup(workspace.close)
        self.fill(workspace, "--set", "generations.retain=1", "--set", "generations.replay_days=0")
        early = self.ask("What does the severance of Ms Vandermeer amount to?")
        workspace.json("docs", "delete", "hr/vandermeer.md")
        for number in range(3):
            workspace.write("docs/note-0.md", f"# Severance rules\n\nA severance is payable within {number + 20} weeks.\n")
            workspace.json("ingest", workspace.folder / "docs", "--include", "note-0.md")
        workspace.json("index", "merge")
        workspace.run("docs", "history", "hr/vandermeer.md", check=3)
        self.assertIn("ledger.db", [name.split("-")[0] for name, _ in files_with(workspace.path, PASSAGE)])
        receipt = workspace.json("erase", "hr/vandermeer.md")
        self.assertEqual(files_with(workspace.path, SECRET, PASSAGE), [])
        self.assertEqual((receipt["destroyed"]["versions"], receipt["answers_that_quoted"]), (0, [early["answer_id"]]))
        self.assertEqual(self.replay(early)["prompt"], "erased")
        self.assertTrue(workspace.json("verify")["ok"])
        workspace.run("erase", "hr/vandermeer.md", check=3)
        workspace.run("erase", "never.md", check=3)
        self.assertEqual(workspace.json("doctor")["findings"], [])

    def test_a_document_that_was_deleted_can_be_erased(self):
        self.workspace.json("docs", "delete", "hr/vandermeer.md")
        self.assertTrue(files_with(self.workspace.path, SECRET))
        self.workspace.json("erase", "hr/vandermeer.md")
        self.assertEqual(files_with(self.workspace.path, PASSAGE, SECRET), [])

    def test_a_server_goes_on_meanwhile(self):
        server = Server(self.workspace)
        self.addCleanup(server.stop)
        stop, problems, asked = threading.Event(), [], []

        def keep_asking(number):
            while not stop.is_set():
                for path, body in (("/v1/ask", {"question": "Within how many weeks is a severance payable?"}),
                                   ("/v1/search", {"query": "severance Vandermeer guilders"})):
                    status, answer, _ = server.request("POST", path, body)
                    asked.append(status)
                    if status != 200:
                        problems.append((number, answer))

        threads = [threading.Thread(target=keep_asking, args=(n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        try:
            time.sleep(0.3)
            receipt = self.workspace.json("erase", "hr/vandermeer.md")
            time.sleep(0.3)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(problems, [])
        self.assertGreater(len(asked), 10)
        self.assertTrue(receipt["logs_emptied"])
        self.assertEqual(server.post("/v1/search", {"query": "Vandermeer guilders"})["results"], [])
        self.assertEqual(files_with(self.workspace.path, PASSAGE, SECRET), [])
        self.assertTrue(self.workspace.json("verify")["ok"])

    def test_bad_input_is_named_and_destroys_nothing(self):
        before = files_with(self.workspace.path, SECRET)
        for arguments, code in ((["nothing.md"], 3), (["hr/vandermeer.md", "-c", "none"], 3), ([], 2),
                                (["hr/vandermeer.md", "--as", EVERYONE], 4), (["hr/vandermeer.md", "--as", "x"], 2)):
            outcome = self.workspace.run("erase", *arguments, "--json", check=code)
            self.assertRegex(outcome.err, r"\Agrounds: [^\n]+\n\Z")
        self.assertEqual(files_with(self.workspace.path, SECRET), before)
        self.assertIn("Example:", self.workspace.run("erase", "--help", check=0).out)

    def test_killed_at_any_moment_it_leaves_a_sound_workspace_and_can_be_done_again(self):
        rng = random.Random(SEED)
        started = time.monotonic()
        took = None
        for number in range(KILLS + 1):
            workspace = Workspace()
            self.addCleanup(workspace.close)
            self.fill(workspace)
            asked = [workspace.json("ask", "What does the severance of Ms Vandermeer amount to?") for _ in range(3)]
            command = [PROGRAM, "-w", str(workspace.path), "--json", "erase", "hr/vandermeer.md"]
            begun = time.monotonic()
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
            if took is None:  # the first one is not killed: it tells how long there is
                process.communicate()
                took = time.monotonic() - begun
                self.assertEqual(process.returncode, 0)
                continue
            delay = rng.uniform(0, took * 1.1)
            with self.subTest(seed=SEED, number=number, delay=delay):
                try:
                    process.communicate(timeout=delay)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                self.assertEqual([f for f in workspace.json("doctor")["findings"] if f["severity"] == "damage"], [])
                again = workspace.run("erase", "hr/vandermeer.md", "--json")
                self.assertIn(again.code, (0, 3), again.err)
                if again.code == 0:
                    self.assertEqual(again.json["answers_that_quoted"], sorted(a["answer_id"] for a in asked))
                self.assertEqual(files_with(workspace.path, PASSAGE, SECRET), [])
                self.assertEqual(workspace.json("doctor")["findings"], [])
                self.assertTrue(workspace.json("verify")["ok"])
                self.assertEqual(len(workspace.json("search", "severance", "-k", 50)["results"]), 6)
        print(f"erase: {KILLS} kills in {time.monotonic() - started:.0f} s, seed {SEED}", flush=True)


if __name__ == "__main__":
    unittest.main()
