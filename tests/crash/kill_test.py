"""kill -9 at random moments of a job: what was committed is whole, and doing the job again completes it.

GROUNDS_KILLS: kills a test (20). GROUNDS_SEED: the seed that a failed run printed, to repeat its choices.
The moment of a kill is a time, so a repetition comes close to the first run but is not equal to it.
"""
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import time
import unittest

from e2e.program import PROGRAM, SAMPLES, Server, Workspace, environment, planted

KILLS = int(os.environ.get("GROUNDS_KILLS", "20"))
SEED = int(os.environ.get("GROUNDS_SEED", str(random.SystemRandom().randrange(1 << 32))))
COMMIT_OFTEN = {"GROUNDS_INGEST_COMMIT_CHUNKS": "16"}


class Folder:
    """Source documents, each version with a word that stands in no other."""

    def __init__(self, path):
        self.path = path
        self.words = {}  # (uri, SHA-256 of a version) -> its word
        self.count = 0

    def put(self, uri, content):
        """`content` is a function of the word."""
        word = planted(self.count)
        self.count += 1
        data = content(word).encode()
        path = self.path / uri
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.words[uri, hashlib.sha256(data).hexdigest()] = word

    def rename(self, uri, new):
        data = (self.path / uri).read_bytes()
        (self.path / new).parent.mkdir(parents=True, exist_ok=True)
        (self.path / uri).rename(self.path / new)
        digest = hashlib.sha256(data).hexdigest()
        self.words[new, digest] = self.words[uri, digest]

    def uris(self):
        return sorted(str(p.relative_to(self.path)) for p in self.path.rglob("*") if p.is_file())


def note(random_source, part):
    words = [f"{random_source.choice('abcdefgh')}{random_source.choice('aeiou')}rn{random_source.randrange(400)}"
             for _ in range(random_source.randrange(20, 400))]
    return lambda word: f"# Note {part}\n\n{word} stands here.\n\n## More\n\n" + " ".join(words) + ".\n"


def state(workspace, server, folder):
    """What a user can tell of a workspace, without times and without how the work was cut into commits."""
    documents = workspace.json("docs", "list")["documents"]
    for document in documents:
        for key in ("created", "ingested", "retired"):
            document.pop(key, None)
    found = []
    words = sorted(folder.words.values())
    for query in [*words[::7], "note stands here", "more", "arn1 bern2 cirn3", "报销 标准", "hotel limit London"]:
        for mode in ("hybrid", "lexical", "vector"):
            results = server.post("/v1/search", {"query": query, "mode": mode, "k": 40})["results"]
            found.append([query, mode, results])
    # As the administrator, who sees the scores.
    for query in ("note stands here", "hotel limit London"):
        found.append(workspace.json("search", query, "-k", 40)["results"])
    return json.dumps([documents, found], sort_keys=True)


class Killed(unittest.TestCase):
    """One test's workspaces: `prepare` makes them, `command` is the job that is killed."""

    model = "none"
    command = "ingest"

    def setUp(self):
        print(f"       GROUNDS_SEED={SEED} GROUNDS_KILLS={KILLS}", flush=True)
        self.random = random.Random(f"{SEED} {self.id()}")
        self.home = Workspace(init=False)
        self.addCleanup(self.home.close)
        self.folder = Folder(self.home.folder / "source")

    def make(self):
        workspace = Workspace()
        self.addCleanup(workspace.close)
        workspace.json("collections", "create", "default", *(["--model", self.model] if self.model else []))
        return workspace

    def start(self, workspace):
        return subprocess.Popen([PROGRAM, "-w", str(workspace.path), self.command, str(self.folder.path), "--json"],
                                env=environment(COMMIT_OFTEN), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def complete(self, workspace):
        job = self.start(workspace)
        out, err = job.communicate(timeout=600)
        self.assertEqual(job.returncode, 0, err)
        return json.loads(out)

    def assertWhole(self, workspace, server):
        """Doctor is content, and what is listed is found, each version by its own word."""
        report = workspace.json("doctor")
        self.assertTrue(report["ok"])
        self.assertEqual([f for f in report["findings"] if f["severity"] != "garbage"], [])
        documents = workspace.json("docs", "list")["documents"]
        live = {}
        for document in documents:
            word = self.folder.words[document["uri"], document["source_sha256"]]
            live[word] = document["uri"]
        for word, uri in live.items():
            results = server.post("/v1/search", {"query": word, "mode": "lexical"})["results"]
            self.assertEqual({r["uri"] for r in results}, {uri}, word)
        self.assertEqual(len(live), len(documents))  # no document stands under two names
        for word in set(self.folder.words.values()) - set(live):
            self.assertEqual(server.post("/v1/search", {"query": word, "mode": "lexical"})["results"], [], word)
        return documents

    def kill(self, workspace, server, delay):
        """Starts the job, kills it after so many seconds. True if it was at work until then."""
        seen = server.get("/v1/collections/default")
        job = self.start(workspace)
        children = set()
        end = time.monotonic() + delay
        while time.monotonic() < end and job.poll() is None:
            seen = server.get("/v1/collections/default")
            children |= children_of(job.pid)
            time.sleep(min(0.01, max(0, end - time.monotonic())))
        running = job.poll() is None
        job.kill()
        job.communicate()
        # Its parsers notice that they are alone, and end.
        deadline = time.monotonic() + 30
        while any(is_parser(child) for child in children) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual([child for child in children if is_parser(child)], [])
        after = server.get("/v1/collections/default")
        # What anybody could see before is there: acknowledged means on disk.
        self.assertGreaterEqual(after["generation"], seen["generation"])
        return running

    def fix(self, workspace):
        """What the killed job never published goes, and nothing else."""
        before = workspace.json("doctor")
        garbage = [f for f in before["findings"] if f["severity"] == "garbage"]
        fixed = workspace.json("doctor", "--fix")
        self.assertEqual(fixed["removed"], len(garbage))
        after = workspace.json("doctor")
        self.assertEqual(after["findings"], [])
        self.assertEqual((after["segments"], after["packs"], after["chunks"], after["documents"]),
                         (before["segments"], before["packs"], before["chunks"], before["documents"]))

    def finish(self, workspace, server, expected):
        """Doing the job again completes it; then there is no telling it from one that was never killed."""
        self.complete(workspace)
        self.assertEqual([d["uri"] for d in self.assertWhole(workspace, server)], self.folder.uris())
        self.assertEqual(state(workspace, server, self.folder), expected)
        again = self.complete(workspace)
        self.assertEqual(again["documents"]["unchanged"], len(self.folder.uris()))
        self.assertEqual(again["chunks"]["added"], 0)
        workspace.json("doctor", "--fix")
        self.assertEqual(workspace.json("doctor")["findings"], [])
        named = {p.name for folder in ("segments", "extracts") for p in (workspace.path / folder).iterdir()}
        report = workspace.json("doctor")
        self.assertEqual(len(named), report["segments"] + report["packs"])

    def run_kills(self):
        whole = self.make()
        started = time.monotonic()
        self.complete(whole)
        seconds = time.monotonic() - started
        # Else there is little that a kill could cut in two.
        self.assertGreaterEqual(whole.json("collections", "show", "default")["generation"], 8)
        server = Server(whole)
        self.assertWhole(whole, server)
        expected = state(whole, server, self.folder)
        server.stop()
        killed, unfinished = 0, None
        while killed < KILLS:
            if unfinished is None:
                workspace = self.make()
                unfinished = workspace, Server(workspace)
            workspace, server = unfinished
            try:
                delay = self.random.uniform(0, seconds)
                at_work = self.kill(workspace, server, delay)
                killed += at_work
                if self.random.random() < 0.5:
                    self.fix(workspace)  # beside the server, which has the files open
                self.assertWhole(workspace, server)
                if not at_work or killed == KILLS or self.random.random() < 0.25:
                    self.finish(workspace, server, expected)
                    server.stop()
                    workspace.close()
                    unfinished = None
            except BaseException:
                print(f"       kill {killed} after {delay:.3f} s", flush=True)
                server.stop()
                raise
        if unfinished:
            unfinished[1].stop()


def children_of(pid):
    try:
        return {int(child) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
                for child in (task / "children").read_text().split()}
    except (FileNotFoundError, ProcessLookupError):
        return set()


def is_parser(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().startswith("grounds-parse")
    except (FileNotFoundError, ProcessLookupError):
        return False


class KilledIngest(Killed):
    def test_an_ingest_of_many_small_documents_killed_at_random_moments(self):
        for i in range(300):
            self.folder.put(f"{i % 7}/note{i:03}.md", note(self.random, i))
        self.run_kills()


class KilledIngestWithModels(Killed):
    model = None  # the two default ones

    def test_an_ingest_of_the_samples_killed_at_random_moments(self):
        for path in sorted(p for p in (SAMPLES / "docs").rglob("*") if p.is_file()):
            text = path.read_text()
            if path.suffix == ".csv":
                end = lambda word: text + word + "," * (text.split("\n", 1)[0].count(",")) + "\n"
            elif path.suffix == ".html":
                end = lambda word: text.replace("</body>", f"<p>{word}</p></body>") if "</body>" in text else text + f"<p>{word}</p>"
            else:
                end = lambda word: text + f"\n\n{word}\n"
            self.folder.put(str(path.relative_to(SAMPLES / "docs")), end)
        self.run_kills()


class KilledSync(Killed):
    command = "sync"

    def make(self):
        if not hasattr(self, "base"):
            self.base = super().make()
            for i in range(200):
                self.folder.put(f"note{i:03}.md", note(self.random, i))
            self.complete(self.base)
            for i in range(0, 200, 4):
                self.folder.put(f"note{i:03}.md", note(self.random, f"{i}, changed"))
            for i in range(1, 200, 4):
                (self.folder.path / f"note{i:03}.md").unlink()
            for i in range(2, 200, 4):
                self.folder.rename(f"note{i:03}.md", f"{'az'[i % 8 == 2]}/note{i:03}.md")
            for i in range(60):
                self.folder.put(f"new/note{i:03}.md", note(self.random, f"new {i}"))
        workspace = Workspace(init=False)
        self.addCleanup(workspace.close)
        shutil.copytree(self.base.path, workspace.path)
        return workspace

    def test_a_sync_that_adds_changes_renames_and_deletes_killed_at_random_moments(self):
        self.run_kills()


del Killed  # not a test itself
