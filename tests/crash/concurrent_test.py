"""Adding, changing, deleting, searching and killing at the same time, held against an oracle of intervals; and deleting
documents while a job takes them in.

GROUNDS_ROUNDS: operations a worker (12). GROUNDS_SEED: the seed that a failed run printed.
"""
import json
import os
import random
import subprocess
import threading
import time
import unittest

from e2e.program import PROGRAM, Server, Workspace, environment, planted

ROUNDS = int(os.environ.get("GROUNDS_ROUNDS", "12"))
SEED = int(os.environ.get("GROUNDS_SEED", str(random.SystemRandom().randrange(1 << 32))))
FOREVER = float("inf")


class Oracle:
    """Each version of a document has a word of its own. When may the word be found, and when must it be?"""

    def __init__(self):
        self.lock = threading.Lock()
        self.count = 0
        self.words = {}  # word -> [may from, must from, must until, may until]

    def new_word(self):
        with self.lock:
            self.count += 1
            word = planted(self.count)
            self.words[word] = [FOREVER, FOREVER, FOREVER, FOREVER]
            return word

    def may_from(self, word, when):
        with self.lock:
            self.words[word][0] = when

    def must_from(self, word, when):
        with self.lock:
            self.words[word][1] = when

    def must_until(self, word, when):
        with self.lock:
            self.words[word][2] = min(self.words[word][2], when)

    def may_until(self, word, when):
        with self.lock:
            self.words[word][3] = when

    def judge(self, word, found, begin, end):
        """"" or what is wrong with what a search for the word found between these times."""
        with self.lock:
            may_from, must_from, must_until, may_until = self.words[word]
        if found and (end < may_from or begin > may_until):
            return f"{word} was found where it cannot be"
        if not found and must_from < begin and end < must_until:
            return f"{word} was not found where it must be"
        return ""


class Worker(threading.Thread):
    """Adds, changes and deletes documents that nobody else touches; kills some of its own commands."""

    def __init__(self, workspace, oracle, name, random_source):
        super().__init__()
        self.workspace, self.oracle, self.prefix, self.random = workspace, oracle, name, random_source
        self.live = {}  # uri -> its word
        self.kills, self.errors = 0, []

    def run(self):
        try:
            for _ in range(ROUNDS):
                uri = f"{self.prefix}/{self.random.randrange(4)}"
                if uri in self.live and self.random.random() < 0.35:
                    self.change(uri, None)
                else:
                    self.change(uri, self.oracle.new_word())
        except BaseException as error:
            self.errors.append(repr(error))

    def change(self, uri, word):
        old = self.live.get(uri)
        begin = time.monotonic()
        if word:
            self.oracle.may_from(word, begin)
        if old:
            self.oracle.must_until(old, begin)
        arguments = ["ingest", "--jsonl", "-"] if word else ["docs", "delete", uri]
        text = json.dumps({"uri": uri, "text": f"Here stands {word}. " + "More words follow. " * 40}) if word else ""
        job = subprocess.Popen([PROGRAM, "-w", str(self.workspace.path), *arguments], env=environment(), stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        killed = self.random.random() < 0.3
        if killed:
            try:
                job.stdin.write(text.encode())
                job.stdin.close()
                job.wait(timeout=self.random.uniform(0, 0.6))
            except (subprocess.TimeoutExpired, BrokenPipeError):
                pass
            job.kill()
            job.wait()
            job.stderr.close()
        else:
            _, err = job.communicate(text.encode(), timeout=300)
            if job.returncode != 0:
                raise AssertionError(f"{arguments} on {uri}: {job.returncode} {err}")
        end = time.monotonic()
        now = self.word_of(uri, {old, word} - {None}) if killed else word
        self.kills += killed
        if now == word:
            if word:
                self.oracle.must_from(word, end)
            if old:
                self.oracle.may_until(old, end)
        else:
            # It was killed before it came to anything: the old version stands, as it did all the while.
            if word:
                self.oracle.may_until(word, begin)
            if old:
                with self.oracle.lock:
                    self.oracle.words[old][2] = FOREVER
        if now:
            self.live[uri] = now
        else:
            self.live.pop(uri, None)

    def word_of(self, uri, possible):
        """After a kill: which version there is, by its text; it must be one of those it can be."""
        shown = self.workspace.run("docs", "extract", uri)
        if shown.code == 3:
            return None
        found = {word for word in possible if word in shown.out}
        if shown.code != 0 or len(found) != 1:
            raise AssertionError(f"{uri} is {shown.out!r} {shown.err!r}, not one of {possible}")
        return found.pop()


class Searcher(threading.Thread):
    def __init__(self, server, oracle, random_source):
        super().__init__()
        self.server, self.oracle, self.random = server, oracle, random_source
        self.done, self.searches, self.errors = threading.Event(), 0, []

    def run(self):
        try:
            self.search()
        except BaseException as error:
            self.errors.append(repr(error))

    def search(self):
        while not self.done.is_set():
            with self.oracle.lock:
                words = list(self.oracle.words)
            if not words:
                time.sleep(0.01)
                continue
            word = self.random.choice(words[-40:])
            begin = time.monotonic()
            results = self.server.post("/v1/search", {"query": word, "mode": "lexical", "k": 100})["results"]
            end = time.monotonic()
            self.searches += 1
            wrong = self.oracle.judge(word, bool(results), begin, end)
            if not wrong and results and any(word not in r["text"] for r in results if r["begin"] == 0):
                wrong = f"{word} gave another text"
            if wrong:
                self.errors.append(wrong)


class Concurrent(unittest.TestCase):
    def setUp(self):
        print(f"       GROUNDS_SEED={SEED} GROUNDS_ROUNDS={ROUNDS}", flush=True)
        self.random = random.Random(f"{SEED} {self.id()}")
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.json("collections", "create", "default", "--model", "none")
        self.server = Server(self.workspace)
        self.addCleanup(self.server.stop)

    def source(self, name):
        return random.Random(f"{SEED} {self.id()} {name}")

    def test_adding_changing_deleting_searching_and_killing_at_once_agree_with_the_oracle(self):
        oracle = Oracle()
        workers = [Worker(self.workspace, oracle, f"w{i}", self.source(i)) for i in range(3)]
        searchers = [Searcher(self.server, oracle, self.source(f"s{i}")) for i in range(2)]
        for thread in [*searchers, *workers]:
            thread.start()
        for worker in workers:
            worker.join()
        for searcher in searchers:
            searcher.done.set()
            searcher.join()
        for thread in [*workers, *searchers]:
            self.assertEqual(thread.errors, [])
        self.assertGreater(sum(s.searches for s in searchers), 20)
        expected = {uri: word for worker in workers for uri, word in worker.live.items()}
        documents = {d["uri"] for d in self.workspace.json("docs", "list")["documents"]}
        self.assertEqual(documents, set(expected))
        for uri, word in expected.items():
            self.assertEqual([r["uri"] for r in self.server.post("/v1/search", {"query": word, "mode": "lexical"})["results"]], [uri])
        for word in set(oracle.words) - set(expected.values()):
            self.assertEqual(self.server.post("/v1/search", {"query": word, "mode": "lexical"})["results"], [], word)
        self.assertTrue(self.workspace.json("doctor")["ok"])

    def test_a_document_deleted_while_a_job_takes_it_in_is_wholly_new_or_not_there_and_never_the_old_one(self):
        docs = self.workspace.folder / "docs"
        words = {}
        for version in range(2):
            for i in range(150):
                words[version, i] = planted(2000 + 150 * version + i)
        for i in range(150):
            self.workspace.write(f"docs/note{i:03}.md", f"# Old {i}\n\nHere stands {words[0, i]}.\n" + "Old words. " * 400)
        self.workspace.json("sync", docs)
        for i in range(150):
            self.workspace.write(f"docs/note{i:03}.md", f"# New {i}\n\nHere stands {words[1, i]}.\n" + "New words. " * 400)
        job = subprocess.Popen([PROGRAM, "-w", str(self.workspace.path), "sync", str(docs), "--json"], stdin=subprocess.DEVNULL,
                               env=environment({"GROUNDS_INGEST_COMMIT_CHUNKS": "8"}), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        deleted, during = self.random.sample(range(150), 40), 0
        for i in deleted:  # before it is read, while it is parsed, waits to be committed, or is there already
            during += job.poll() is None
            self.workspace.run("docs", "delete", f"note{i:03}.md")
            self.assertEqual(self.found(words[0, i]), [], "the old version, right after the delete")
        out, err = job.communicate(timeout=300)
        self.assertEqual(job.returncode, 0, err)
        self.assertGreater(during, 0)
        there = {d["uri"]: d for d in self.workspace.json("docs", "list")["documents"]}
        for i in range(150):
            uri = f"note{i:03}.md"
            self.assertEqual(self.found(words[0, i]), [], uri)
            self.assertEqual(self.found(words[1, i]), [uri] if uri in there else [], uri)
            if i not in deleted:
                self.assertIn(uri, there)
        self.assertEqual(sum(d["chunks"] for d in there.values()), self.workspace.json("collections", "show", "default")["chunks"])
        self.assertTrue(self.workspace.json("doctor")["ok"])
        # The source still has them: the next sync takes them in.
        self.workspace.json("sync", docs)
        self.assertEqual(len(self.workspace.json("docs", "list")["documents"]), 150)

    def found(self, word):
        return sorted({r["uri"] for r in self.server.post("/v1/search", {"query": word, "mode": "lexical"})["results"]})
