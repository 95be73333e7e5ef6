"""Upkeep of the index as a user meets it: index stats, merge, rebuild, analyze; pruned generations; backup and restore."""
import json
import shutil
import sqlite3
import tarfile
import unittest

from e2e.program import EVERYONE, Server, Workspace, run


class IndexCommands(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.run("collections", "create", "default", "--model", "none", check=0)
        self.folder = self.workspace.folder / "docs"
        self.folder.mkdir()

    def put(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def ingest(self):
        return self.workspace.json("sync", self.folder)

    def search(self, query, *more):
        found = self.workspace.json("search", query, *more)
        found.pop("took_ms")
        return found

    def test_many_commits_merge_and_show_the_same_results(self):
        for i in range(12):
            self.put(f"doc{i}.md", f"# Part {i}\n\nThe wombat number{i} eats grass and roots.")
            self.ingest()
        before = self.search("wombat grass")
        stats = self.workspace.json("index", "stats")
        self.assertLessEqual(stats["segments"], 11)
        self.assertEqual(stats["chunks"], {"live": 12, "retired": 0})
        self.assertEqual(stats["generations"]["retained"], 12)
        self.assertGreater(stats["spaces"][0]["bytes_by_kind"]["postings"], 0)
        merged = self.workspace.json("index", "merge")
        self.assertEqual(merged["segments"], 1)
        self.assertEqual(self.search("wombat grass"), before)
        self.assertEqual(len(list((self.workspace.path / "segments").iterdir())), 1)
        self.workspace.run("doctor", check=0)

    def test_old_generations_are_pruned_unless_an_answer_used_them(self):
        self.workspace.run("collections", "set", "default", "generations.retain=2", check=0)
        answered = None
        for i in range(8):
            self.put("a.md", f"# Limits\n\nThe limit of version{i} is {100 + i} euro.")
            generation = self.ingest()["generation"]
            if i == 2:
                answered = self.workspace.json("ask", "What is the limit of version2?")
                self.assertEqual(answered["generation"], generation)
        pruned = self.workspace.run("search", "limit", "--as-of", 2, "--json")
        self.assertEqual(pruned.code, 3)
        self.assertIn("pruned", pruned.json["error"]["message"])
        self.assertEqual(len(self.search("limit", "--as-of", 3)["results"]), 1)
        replay = self.workspace.json("replay", answered["answer_id"])
        self.assertEqual((replay["retrieval"], replay["prompt"]), ("identical", "identical"))
        self.workspace.run("collections", "set", "default", "generations.replay_days=0", check=0)
        self.workspace.run("index", "merge", check=0)
        replay = self.workspace.run("replay", answered["answer_id"], "--json").json
        self.assertEqual(replay["retrieval"], "pruned")
        stats = self.workspace.json("index", "stats")
        self.assertEqual(stats["generations"], {"retained": 3, "pruned": 5, "oldest_retained": 6})
        self.assertEqual(stats["chunks"], {"live": 1, "retired": 2})
        self.assertEqual(len(self.workspace.json("docs", "history", "a.md")["versions"]), 3)
        self.workspace.run("doctor", check=0)

    def test_all_generations_are_kept_if_the_setting_says_so(self):
        self.workspace.run("collections", "set", "default", "generations.retain=all", check=0)
        for i in range(4):
            self.put("a.md", f"Word{i}.")
            self.ingest()
        self.workspace.run("index", "merge", check=0)
        self.assertEqual(len(self.search("word0", "--as-of", 1)["results"]), 1)
        self.assertEqual(self.workspace.run("collections", "set", "default", "generations.retain=some").code, 2)

    def test_a_rebuild_changes_no_result_and_repairs_a_segment(self):
        self.put("a.md", "# Leave\n\nEmployees have 25 days of annual leave.\n\n| item | euro |\n|---|---|\n| taxi | 30 |\n")
        self.put("b.md", "# 年假\n\n员工每年有二十五天年假。")
        self.ingest()
        queries = ["annual leave", "taxi euro", "年假", "a.md"]
        before = [self.search(q) for q in queries]
        report = self.workspace.json("index", "rebuild")
        self.assertFalse(report["new_generation"])
        self.assertEqual([self.search(q) for q in queries], before)
        segment = next((self.workspace.path / "segments").iterdir())
        data = bytearray(segment.read_bytes())
        at = data.find(b"nnual")  # its beginning is shared with the term before
        self.assertGreater(at, 0)
        data[at] ^= 1
        segment.write_bytes(data)
        self.assertEqual(self.workspace.run("doctor").code, 6)
        self.workspace.run("index", "rebuild", check=0)
        self.workspace.run("doctor", check=0)
        self.assertEqual([self.search(q) for q in queries], before)

    def test_analyze_shows_terms_with_their_places(self):
        tokens = run("index", "analyze", "max_connections is 151 连接", "--json", check=0).json["tokens"]
        kinds = {t["term"]: t["kind"] for t in tokens}
        self.assertEqual(kinds["max_connections"], "identifier")
        self.assertEqual(kinds["151"], "number")
        self.assertEqual(kinds["连接"], "cjk")
        for token in tokens:
            self.assertLess(token["begin"], token["end"])
        query = run("index", "analyze", "--query", "what is the limit", "--json", check=0).json["tokens"]
        self.assertEqual([t["term"] for t in query], ["limit"])

    def test_usage_and_missing_collections_have_their_codes(self):
        for command in (["index"], ["index", "analyze"], ["index", "shrink"], ["backup"], ["restore"]):
            self.assertEqual(self.workspace.run(*command).code, 2, command)
        for command in ("stats", "merge", "rebuild"):
            self.assertEqual(self.workspace.run("index", command, "-c", "nosuch").code, 3, command)
            self.assertIn("Example:", self.workspace.run("index", command, "--help", check=0).out)


class Filters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = Workspace()
        cls.workspace.run("collections", "create", "default", "--model", "none", check=0)
        rows = [{"uri": f"{team}/{year}.md", "text": f"Sales of {team} in {year} were good.",
                 "metadata": {"team": team, "year": year, "tags": ["report", team[0]]}, "groups": [group]}
                for team, group in (("north", "everyone"), ("south", "hr")) for year in (2019, 2020, 2021)]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        cls.workspace.run("ingest", "--jsonl", "-", stdin=lines.encode(), check=0)

    @classmethod
    def tearDownClass(cls):
        cls.workspace.close()

    def uris(self, *more):
        return sorted(r["uri"] for r in self.workspace.json("search", "sales", *more)["results"])

    def test_only_documents_that_pass_every_filter_are_found(self):
        self.assertEqual(len(self.uris()), 6)
        self.assertEqual(self.uris("--filter", "team=north", "--filter", "year=2020..2021"), ["north/2020.md", "north/2021.md"])
        self.assertEqual(self.uris("--filter", "uri=south/*", "--filter", "year=2019"), ["south/2019.md"])
        self.assertEqual(self.uris("--filter", "tags=n", "--mode", "lexical"), ["north/2019.md", "north/2020.md", "north/2021.md"])
        self.assertEqual(self.uris("--filter", "none=1"), [])

    def test_a_filter_shows_no_document_that_may_not_be_read(self):
        self.assertEqual(self.uris("--filter", "year=2020", "--as", EVERYONE), ["north/2020.md"])
        self.assertEqual(self.uris("--filter", "team=south", "--as", EVERYONE), [])

    def test_a_filter_of_another_form_is_a_usage_error(self):
        for bad in ("team", "=x", "team="):
            self.assertEqual(self.workspace.run("search", "sales", "--filter", bad).code, 2)

    def test_http_takes_the_same_filters(self):
        server = Server(self.workspace)
        try:
            def found(value):
                return sorted(r["uri"] for r in server.post("/v1/search", {"query": "sales", "filter": value})["results"])
            self.assertEqual(found({"year": 2020}), ["north/2020.md"])
            self.assertEqual(found({"year": "2020..", "team": "north"}), ["north/2020.md", "north/2021.md"])
            self.assertEqual(found(["uri=north/*", "year=2019"]), ["north/2019.md"])
            for bad in ("team=north", 5, [5], {"year": [2020]}, {"year": None}):
                server.post("/v1/search", {"query": "sales", "filter": bad}, expect=400)
        finally:
            server.stop()

    def test_with_visible_statistics_the_scores_tell_nothing_of_what_may_not_be_read(self):
        workspace = Workspace()
        self.addCleanup(workspace.close)
        workspace.run("collections", "create", "default", "--model", "none", "--set", "statistics.scope=visible", check=0)
        def ingest(rows):
            workspace.run("ingest", "--jsonl", "-", stdin="".join(json.dumps(r) + "\n" for r in rows).encode(), check=0)
        ingest([{"uri": f"open{i}", "text": f"The wombat number {i} digs.", "groups": ["everyone"]} for i in range(3)])
        def scores():
            return [(r["uri"], r["lexical_score"]) for r in
                    workspace.json("search", "wombat digs", "--mode", "lexical", "--as", EVERYONE)["results"]]
        before = scores()
        self.assertEqual(len(before), 3)
        self.assertGreater(before[0][1], 0)
        ingest([{"uri": f"secret{i}", "text": "The wombat is secret and sleeps a very long time.", "groups": ["hr"]} for i in range(5)])
        self.assertEqual(scores(), before)


class ApproximateMode(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.run("collections", "create", "default", "--model", "bge-small-en-v1.5", "--set", "index.mode=approximate",
                           "--set", "index.scan_below=1", check=0)
        self.folder = self.workspace.folder / "docs"
        self.folder.mkdir()
        for i, animal in enumerate(("wombat", "heron", "otter", "badger", "marten", "lynx", "osprey", "newt", "hare", "stoat")):
            (self.folder / f"{animal}.md").write_text(f"# The {animal}\n\nThe {animal} eats {20 + i} grams of food a day.")
        self.workspace.json("sync", self.folder)

    def recorded_index(self, answer):
        ledger = sqlite3.connect(self.workspace.path / "ledger.db")
        (body,) = ledger.execute("SELECT body FROM entries WHERE kind = 'opened' AND answer_id = ?", (answer["answer_id"],)).fetchone()
        ledger.close()
        return json.loads(body)["index"]

    def replay(self, answer):
        replay = self.workspace.run("replay", answer["answer_id"], "--json").json
        return tuple(replay[part] for part in ("retrieval", "prompt", "embedding", "analysis"))

    def test_answers_name_the_graphs_and_replay_until_these_are_gone(self):
        stats = self.workspace.json("index", "stats")
        self.assertEqual(stats["mode"], "approximate")
        graphs = stats["spaces"][0]["approximate"]
        self.assertEqual(graphs["graphs"], 1)
        self.assertGreaterEqual(graphs["recall_at_10"], 0.98)
        self.assertIn("recall@10", self.workspace.run("index", "stats", check=0).out)
        found = self.workspace.json("search", "What does the otter eat?")
        self.assertTrue(found["approximate"])
        self.assertEqual(found["results"][0]["uri"], "otter.md")
        self.assertFalse(self.workspace.json("search", "otter", "--mode", "lexical")["approximate"])
        answer = self.workspace.json("ask", "How many grams of food does the otter eat a day?")
        index = self.recorded_index(answer)
        self.assertEqual((index["mode"], index["reproducible"], len(index["graphs"])), ("approximate", False, 1))
        self.assertEqual(self.replay(answer), ("identical",) * 4)
        # More segments leave the graphs of that generation as they were.
        (self.folder / "mole.md").write_text("# The mole\n\nThe mole eats 50 grams of food a day.")
        self.workspace.json("sync", self.folder)
        self.assertEqual(self.replay(answer), ("identical",) * 4)
        self.workspace.json("index", "merge")
        self.assertEqual(self.replay(answer), ("not_replayable", "not_replayable", "identical", "identical"))
        self.assertIn("graphs", self.workspace.run("replay", answer["answer_id"]).out)
        self.workspace.run("doctor", check=0)

    def test_exact_mode_comes_back_with_a_setting(self):
        before = self.workspace.json("search", "otter food")
        note = self.workspace.run("collections", "set", "default", "index.mode=exact", check=0)
        self.assertNotIn("graph", note.err)
        answer = self.workspace.json("ask", "How many grams of food does the otter eat a day?")
        self.assertEqual(self.recorded_index(answer), {"mode": "exact", "reproducible": True})
        self.assertFalse(self.workspace.json("search", "otter food")["approximate"])
        self.assertIsNone(self.workspace.json("index", "stats")["spaces"][0]["approximate"])
        self.workspace.json("index", "merge")
        self.assertEqual([p.suffix for p in (self.workspace.path / "segments").iterdir()], [".segment"])
        note = self.workspace.run("collections", "set", "default", "index.mode=approximate", check=0)
        self.assertIn("index merge", note.err)
        self.assertEqual(self.workspace.json("index", "merge")["graphs_built"], 1)
        again = self.workspace.json("search", "otter food")
        before.pop("took_ms"), again.pop("took_ms")
        self.assertEqual(again, before)


class Backups(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.run("collections", "create", "default", "--model", "none", check=0)
        self.folder = self.workspace.folder / "docs"
        self.folder.mkdir()
        for i in range(3):
            (self.folder / "leave.md").write_text(f"# Leave\n\nEmployees have {25 + i} days of annual leave.")
            self.workspace.json("sync", self.folder)
        self.answer = self.workspace.json("ask", "How many days of annual leave do employees have?")
        self.head = self.workspace.json("anchor")
        self.file = self.workspace.folder / "backup.tar"
        self.other = Workspace(init=False)
        self.addCleanup(self.other.close)

    def test_a_restored_workspace_gives_the_same_searches_replays_and_verification(self):
        made = self.workspace.json("backup", self.file)
        self.assertEqual(made["bytes"], self.file.stat().st_size)
        self.assertEqual(self.file.stat().st_mode & 0o077, 0)
        # What comes later is not in it.
        (self.folder / "leave.md").write_text("Something else.")
        later = self.workspace.json("sync", self.folder)["generation"]
        restored = self.other.json("restore", self.file)
        self.assertEqual((restored["documents"], restored["workspace_id"]), (1, made["workspace_id"]))
        for more in ([], ["--as-of", 1], ["--as-of", 2]):
            theirs = self.other.json("search", "annual leave", *more)
            ours = self.workspace.json("search", "annual leave", *(more or ["--as-of", later - 1]))
            theirs.pop("took_ms"), ours.pop("took_ms")
            self.assertEqual(theirs, ours)
        self.assertEqual(self.other.json("replay", self.answer["answer_id"]),
                         self.workspace.json("replay", self.answer["answer_id"]))
        ours, theirs = self.workspace.json("verify"), self.other.json("verify")
        self.assertTrue(theirs["ok"])
        self.assertEqual((theirs["head"], theirs["anchored"]), (ours["head"], ours["anchored"]))
        self.other.run("doctor", check=0)
        self.assertEqual(sorted(p.name for p in self.file.parent.iterdir()), ["backup.tar", "docs", "w"])

    def test_the_file_is_a_tar_archive(self):
        self.workspace.run("backup", self.file, check=0)
        with tarfile.open(self.file) as archive:
            names = archive.getnames()
        self.assertEqual(names[:2], ["ledger.db", "catalog.db"])
        self.assertEqual(names[-1], "manifest.json")

    def test_nothing_is_overwritten(self):
        self.workspace.run("backup", self.file, check=0)
        size = self.file.stat().st_size
        self.assertEqual(self.workspace.run("backup", self.file).code, 2)
        self.assertEqual(self.file.stat().st_size, size)
        self.assertEqual(self.workspace.run("restore", self.file).code, 2)
        self.workspace.run("doctor", check=0)
        self.assertEqual(self.other.run("restore", self.workspace.folder / "none.tar").code, 3)
        self.assertFalse(self.other.path.exists())

    def test_a_damaged_or_cut_backup_is_refused_and_leaves_nothing(self):
        self.workspace.run("backup", self.file, check=0)
        data = self.file.read_bytes()
        bad = self.workspace.folder / "bad.tar"
        places = list(range(100, len(data) - 1024, len(data) // 25))
        for at in places:
            broken = bytearray(data)
            broken[at] ^= 0x10
            bad.write_bytes(broken)
            outcome = self.other.run("restore", bad)
            # A flipped byte of the padding, or of a name's tail, may be without effect.
            if outcome.code == 0:
                self.other.run("doctor", check=0)
                shutil.rmtree(self.other.path)
                continue
            self.assertIn(outcome.code, (5, 6), (at, outcome.err))
            self.assertEqual(list(self.other.folder.iterdir()), [])
        for size in (0, 10, 512, len(data) // 2, len(data) - 2000):
            bad.write_bytes(data[:size])
            self.assertEqual(self.other.run("restore", bad).code, 5, size)
            self.assertEqual(list(self.other.folder.iterdir()), [])

    def test_a_path_out_of_the_workspace_is_refused(self):
        note = self.workspace.folder / "note.txt"
        note.write_text("x")
        for name in ("../escaped", "/etc/escaped", "segments/../../escaped", "segments/sub/x", "catalog.db-wal"):
            with tarfile.open(self.file, "w", format=tarfile.USTAR_FORMAT) as archive:
                archive.add(note, arcname=name.lstrip("/") if name.startswith("/") else name)
            self.assertEqual(self.other.run("restore", self.file).code, 5, name)
            self.assertEqual(list(self.other.folder.iterdir()), [])

    def test_a_damaged_workspace_is_not_backed_up(self):
        self.workspace.run("backup", self.file, check=0)
        for folder in ("segments", "extracts"):
            for path in (self.workspace.path / folder).iterdir():
                data = path.read_bytes()
                # A pack's frame and a segment's section: both are under a checksum.
                path.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
                self.assertDamaged(path.name)
                path.unlink()
                self.assertDamaged(path.name)
                path.write_bytes(data)
        ledger = sqlite3.connect(self.workspace.path / "ledger.db")
        ledger.execute("UPDATE texts SET text = text || 'x' WHERE name = 'question'")
        ledger.commit()
        ledger.close()
        # Nothing mends a record of the ledger: it is backed up as it is, and counted.
        outcome = self.workspace.run("backup", self.workspace.folder / "second.tar", "--json", check=0)
        self.assertGreater(outcome.json["problems"], 0)
        self.assertIn("ledger", outcome.err)
        self.assertIn("commitment", outcome.err)

    def assertDamaged(self, what):
        outcome = self.workspace.run("backup", self.workspace.folder / "second.tar", "--json")
        self.assertEqual(outcome.code, 6, outcome.err)
        self.assertIn(what, outcome.json["error"]["message"])
        self.assertEqual(sorted(p.name for p in self.file.parent.iterdir()), ["backup.tar", "docs", "w"])

    def watch_backup(self, act=lambda folder: None):
        """Makes backups until one was caught at work; `act` is called once a folder of it is seen."""
        import threading
        for _ in range(20):
            seen, end = [], threading.Event()

            def watch():
                while not end.is_set():
                    for folder in self.file.parent.glob("backup.tar*"):
                        if not folder.is_dir():
                            continue
                        try:
                            names = [p.name for p in folder.iterdir()]
                            if names:  # listed first: the folder is private before anything is in it
                                seen.append((names, folder.stat().st_mode & 0o077))
                                act(folder)
                        except FileNotFoundError:
                            pass

            watcher = threading.Thread(target=watch)
            watcher.start()
            outcome = self.workspace.run("backup", self.file)
            end.set()
            watcher.join()
            if seen:
                return outcome, seen
            self.file.unlink()
        self.fail("no backup was caught at work")

    def test_nobody_else_can_read_a_backup_that_is_being_made(self):
        outcome, seen = self.watch_backup()
        self.assertEqual(outcome.code, 0)
        self.assertEqual({mode for _, mode in seen}, {0})

    def test_a_file_that_comes_to_be_meanwhile_is_not_overwritten(self):
        def occupy(_):
            try:
                with open(self.file, "xb") as file:
                    file.write(b"mine")
            except FileExistsError:
                pass
        outcome, _ = self.watch_backup(occupy)
        if self.file.read_bytes() == b"mine":
            self.assertEqual(outcome.code, 2)
            self.assertIn("exists", outcome.err)
        else:  # too late: the backup had its name
            self.assertEqual(outcome.code, 0)
        self.assertEqual(sorted(p.name for p in self.file.parent.iterdir()), ["backup.tar", "docs", "w"])

    def test_a_backup_while_documents_come_in_is_whole(self):
        import threading
        stop = threading.Event()

        def write():
            for i in range(40):
                if stop.is_set():
                    return
                (self.folder / f"more{i}.md").write_text(f"Document {i} about wombats.")
                self.workspace.json("sync", self.folder)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for i in range(3):
                file = self.workspace.folder / f"backup{i}.tar"
                self.workspace.run("backup", file, check=0)
                self.other.run("restore", file, check=0)
                self.other.run("doctor", check=0)
                shutil.rmtree(self.other.path)
        finally:
            stop.set()
            writer.join()


if __name__ == "__main__":
    unittest.main()
