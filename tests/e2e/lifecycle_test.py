"""Documents come, change, move and go; what is found is what is there."""
import json
import os
import signal
import subprocess
import time
import unittest

from e2e.program import PROGRAM, Server, Workspace, environment


class Lifecycle(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.json("collections", "create", "default", "--model", "none")
        self.docs = self.workspace.folder / "docs"
        self.docs.mkdir()

    def put(self, name, text):
        return self.workspace.write(f"docs/{name}", text)

    def ingest(self, *more, command="ingest", **options):
        return self.workspace.json(command, self.docs, *more, **options)

    def uris(self, query, *more):
        return sorted({r["uri"] for r in self.workspace.json("search", query, "-k", 100, *more)["results"]})

    def test_ingesting_again_is_a_no_op(self):
        self.put("a.md", "# Zebra\n\nAlpha text.")
        first = self.ingest()
        self.assertEqual(first["documents"]["added"], 1)
        again = self.ingest()
        self.assertEqual((again["documents"]["unchanged"], again["documents"]["added"]), (1, 0))
        self.assertEqual(again["generation"], first["generation"])
        self.assertEqual(again["chunks"], {"live": first["chunks"]["live"], "added": 0})

    def test_an_update_replaces_the_text_and_the_past_can_still_be_searched(self):
        self.put("a.md", "The limit is wombat.")
        first = self.ingest()["generation"]
        self.put("a.md", "The limit is quokka.")
        report = self.ingest()
        self.assertEqual(report["documents"]["updated"], 1)
        self.assertEqual(self.uris("wombat"), [])
        self.assertEqual(self.uris("quokka"), ["a.md"])
        self.assertEqual(self.uris("wombat", "--as-of", first), ["a.md"])
        self.assertEqual(len(self.workspace.json("docs", "history", "a.md")["versions"]), 2)

    def test_every_chunk_of_a_long_document_survives_an_update(self):
        text = "\n\n".join(f"# Part {i}\n\nThis part is about subject{i}. " + "Some more words. " * 60 for i in range(30))
        self.put("long.md", text)
        chunks = self.ingest()["chunks"]["live"]
        self.put("long.md", text + "\n\nA new end: okapi.")
        self.assertGreaterEqual(self.ingest()["chunks"]["live"], chunks)
        for i in range(30):
            self.assertEqual(self.uris(f"subject{i}"), ["long.md"])

    def test_a_deleted_document_is_gone_at_once_everywhere_and_stays_gone(self):
        self.put("a.md", "All about the axolotl.")
        self.put("b.md", "Shared sentence.")
        self.ingest()
        server = Server(self.workspace)
        try:
            self.assertEqual(len(server.post("/v1/search", {"query": "axolotl"})["results"]), 1)
            deleted = self.workspace.json("docs", "delete", "a.md")
            self.assertEqual(deleted["deleted"], "a.md")
            self.assertEqual(server.post("/v1/search", {"query": "axolotl"})["results"], [])
            answer = server.post("/v1/ask", {"question": "What is said about the axolotl?"})
            self.assertEqual(answer["verdict"], "not_found")
        finally:
            server.stop()
        self.assertEqual(self.uris("axolotl"), [])
        self.workspace.run("docs", "show", "a.md", check=3)
        self.assertEqual(self.workspace.json("docs", "list")["documents"][0]["uri"], "b.md")
        self.assertEqual(self.workspace.json("collections", "show", "default")["documents"], 1)
        # A deleted document can be deleted no more, and ingested again.
        self.workspace.run("docs", "delete", "a.md", check=3)
        self.ingest()
        self.assertEqual(self.uris("axolotl"), ["a.md"])

    def test_deleting_one_document_keeps_content_that_others_share(self):
        self.put("a.md", "Equal words about the ibex.")
        self.put("b.md", "Equal words about the ibex.")
        self.ingest()
        self.workspace.json("docs", "delete", "a.md")
        self.assertEqual(self.uris("ibex"), ["b.md"])
        self.workspace.run("docs", "extract", "b.md", check=0)
        self.workspace.run("doctor", check=0)

    def test_sync_makes_equal_and_knows_a_rename(self):
        self.put("a.md", "Text of the lynx.")
        self.put("b.md", "Text of the stoat.")
        self.ingest(command="sync")
        os.rename(self.docs / "a.md", self.docs / "c.md")
        (self.docs / "b.md").unlink()
        self.put("d.md", "Text of the marten.")
        dry = self.ingest("--dry-run", command="sync")["documents"]
        report = self.ingest(command="sync")["documents"]
        for name, count in (("renamed", 1), ("deleted", 1), ("added", 1), ("failed", 0)):
            self.assertEqual(report[name], count, name)
            self.assertEqual(dry[name], count, name)
        self.assertEqual(self.uris("text"), ["c.md", "d.md"])
        again = self.ingest(command="sync")["documents"]
        self.assertEqual((again["unchanged"], again["added"], again["deleted"]), (2, 0, 0))

    def test_a_renamed_document_never_stands_under_both_names_nor_under_none(self):
        for i in range(40):
            self.put(f"note{i:02}.md", f"Here stands number {i}.")
        first = self.ingest(command="sync")["generation"]
        for i in range(40):
            os.rename(self.docs / f"note{i:02}.md", self.docs / f"{'az'[i % 2]}{i:02}.md")
        report = self.ingest(command="sync", env={"GROUNDS_INGEST_COMMIT_CHUNKS": "4"})
        self.assertEqual(report["documents"]["renamed"], 40)
        self.assertEqual((report["embedded"], report["documents"]["deleted"]), (0, 0))
        self.assertGreater(report["generation"], first + 4)
        for generation in range(first, report["generation"] + 1):
            uris = self.uris("stands", "--as-of", generation)
            self.assertEqual(sorted(uri[-5:-3] for uri in uris), [f"{i:02}" for i in range(40)], generation)

    def test_a_renamed_file_that_cannot_be_read_keeps_its_document(self):
        self.put("a.txt", "<style>Words about the saiga.</style>")
        self.ingest(command="sync")
        # By its new name the same bytes are a page without text.
        os.rename(self.docs / "a.txt", self.docs / "a.html")
        self.ingest(command="sync", check=5)
        self.assertEqual(self.uris("saiga"), ["a.txt"])

    def test_an_atomic_sync_is_one_generation(self):
        for i in range(40):
            self.put(f"note{i:02}.md", f"Here stands number {i}.")
        often = {"GROUNDS_INGEST_COMMIT_CHUNKS": "4"}
        first = self.ingest("--atomic", command="sync", env=often)
        self.assertEqual((first["generation"], first["documents"]["added"]), (1, 40))
        for i in range(20):
            self.put(f"note{i:02}.md", f"Here stands number {i}, revised.")
            os.rename(self.docs / f"note{i + 20:02}.md", self.docs / f"moved{i:02}.md")
        second = self.ingest("--atomic", command="sync", env=often)
        self.assertEqual(second["generation"], 2)
        self.assertEqual((second["documents"]["updated"], second["documents"]["renamed"]), (20, 20))

    def test_an_atomic_sync_of_more_than_can_be_held_changes_nothing(self):
        for i in range(30):
            self.put(f"note{i:02}.md", f"Here stands number {i}.")
        limit = {"GROUNDS_INGEST_ATOMIC_CHUNKS": "20", "GROUNDS_INGEST_COMMIT_CHUNKS": "4"}
        refused = self.workspace.run("sync", self.docs, "--atomic", env=limit, check=4)
        self.assertIn("20 chunks", refused.err)
        self.assertEqual(self.uris("stands"), [])
        self.ingest("--atomic", command="sync", env={"GROUNDS_INGEST_ATOMIC_CHUNKS": "30"})
        self.assertEqual(len(self.uris("stands")), 30)

    def test_an_atomic_sync_that_is_interrupted_changes_nothing(self):
        self.put("a.md", "The one that was there.")
        self.ingest(command="sync")
        for i in range(3000):
            self.put(f"note{i:04}.md", "Some more words. " * 300)
        job = subprocess.Popen([PROGRAM, "-w", str(self.workspace.path), "sync", str(self.docs), "--atomic", "--json"],
                               env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.7)
        job.send_signal(signal.SIGINT)
        out, _ = job.communicate(timeout=120)
        self.assertEqual(job.returncode, 130)
        report = json.loads(out)
        self.assertEqual((report["interrupted"], report["generation"], report["documents"]["added"]), (True, 1, 0))
        self.assertEqual(self.uris("words"), [])

    def test_quotation_marks_are_an_order_to_a_search_and_only_quote_in_a_question(self):
        self.put("a.md", "The daily limit of the okapi is 25 kg.")
        self.put("b.md", "XL-200 的保修期是 24 个月。")
        self.ingest()
        self.assertEqual(self.uris('"daily limit"'), ["a.md"])
        self.assertEqual(self.uris('"okapi limit"'), [])
        for question, uri, words in (('What is the "okapi limit"?', "a.md", "25 kg"),
                                     ("「XL-200 保修期」是多久？", "b.md", "24 个月")):
            answer = self.workspace.json("ask", question)
            self.assertEqual([c["uri"] for c in answer["citations"]], [uri], answer)
            self.assertIn(words, answer["answer"])
            self.assertEqual(self.workspace.json("replay", answer["answer_id"])["analysis"], "identical")

    def test_a_sync_of_a_folder_that_is_gone_deletes_nothing(self):
        self.put("a.md", "Precious.")
        self.ingest(command="sync")
        self.docs.rename(self.workspace.folder / "moved")
        self.workspace.run("sync", self.docs, check=3)
        self.assertEqual(self.uris("precious"), ["a.md"])

    def test_a_sync_of_an_emptied_folder_deletes_many_documents_only_if_told_to(self):
        for i in range(11):
            self.put(f"{i}.md", f"Precious number{i}.")
        generation = self.ingest(command="sync")["generation"]
        for path in self.docs.iterdir():
            path.unlink()
        for more in ([], ["--atomic"], ["--dry-run"]):
            refused = self.workspace.run("sync", self.docs, *more, "--json", check=4)
            self.assertIn("11", refused.json["error"]["message"])
            self.assertIn("--allow-empty", refused.json["error"]["hint"])
        self.assertEqual(len(self.uris("precious")), 11)
        self.assertEqual(self.workspace.json("collections", "show", "default")["generation"], generation)
        # One file is no empty folder.
        self.put("other.md", "Something else.")
        self.assertEqual(self.ingest(command="sync")["documents"]["deleted"], 11)
        for i in range(11):
            self.put(f"{i}.md", f"Precious number{i}.")
        self.ingest(command="sync")
        for path in self.docs.iterdir():
            path.unlink()
        self.assertEqual(self.ingest("--allow-empty", command="sync")["documents"]["deleted"], 12)
        # Few documents need no telling.
        self.put("a.md", "Short.")
        self.ingest(command="sync")
        (self.docs / "a.md").unlink()
        self.assertEqual(self.ingest(command="sync")["documents"]["deleted"], 1)

    def test_groups_survive_an_update_and_a_missing_one_denies(self):
        self.put("a.md", "Secret of the dingo.")
        self.ingest("--groups", "hr")
        self.put("a.md", "Secret of the dingo, revised.")
        self.ingest()
        self.assertEqual(self.uris("dingo", "--as", "user:x,group:everyone"), [])
        self.assertEqual(self.uris("dingo", "--as", "user:x,group:hr"), ["a.md"])
        report = self.ingest("--groups", "sales")
        self.assertEqual(report["documents"]["regrouped"], 1)
        self.assertEqual(self.uris("dingo", "--as", "user:x,group:hr"), [])
        self.assertEqual(self.uris("dingo", "--as", "user:x,group:sales"), ["a.md"])

    def test_a_renamed_document_is_read_by_who_could_read_it(self):
        self.put("secret.md", "Secret of the dingo.")
        self.ingest("--groups", "board")
        os.rename(self.docs / "secret.md", self.docs / "secret-2026.md")
        self.assertEqual(self.ingest(command="sync")["documents"]["renamed"], 1)
        self.assertEqual(self.uris("dingo", "--as", "user:x,group:everyone"), [])
        self.assertEqual(self.uris("dingo", "--as", "user:x,group:board"), ["secret-2026.md"])
        # Over a document that others may read.
        self.put("menu.md", "What there is for lunch.")
        self.ingest()
        os.replace(self.docs / "secret-2026.md", self.docs / "menu.md")
        self.ingest(command="sync")
        self.assertEqual(self.uris("dingo"), ["menu.md"])
        self.assertEqual(self.uris("dingo", "--as", "user:x,group:everyone"), [])

    def test_new_metadata_of_an_unchanged_text_count(self):
        line = '{"uri":"p1","text":"Words about the saiga.","title":"%s","metadata":{"dept":"%s"}}\n'
        for title, dept, other in (("One", "sales", "hr"), ("Two", "hr", "sales")):
            self.workspace.json("ingest", "--jsonl", "-", stdin=(line % (title, dept)).encode())
            self.assertEqual(self.uris("saiga", "--filter", f"dept={dept}"), ["p1"])
            self.assertEqual(self.uris("saiga", "--filter", f"dept={other}"), [])
            self.assertEqual(self.workspace.json("docs", "show", "p1")["title"], title)

    def test_a_failed_document_keeps_its_last_good_version_and_can_be_deleted(self):
        self.put("a.txt", "Good words about the heron.")
        self.ingest()
        self.put("a.txt", b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 8)
        report = self.ingest(check=5)
        self.assertEqual(report["documents"]["failed"], 1)
        self.assertEqual(report["failures"][0]["uri"], "a.txt")
        self.assertEqual(self.uris("heron"), ["a.txt"])
        self.workspace.json("docs", "delete", "a.txt")
        self.assertEqual(self.uris("heron"), [])

    def test_json_lines_bring_texts_titles_metadata_and_groups(self):
        lines = ('{"uri":"x/1","text":"About the gecko.","title":"Lizards","metadata":{"year":2025}}\n'
                 '{"uri":"x/2","html":"<h1>Skinks</h1><p>About the skink.</p>","groups":["hr"]}\n'
                 'not json\n'
                 '{"uri":"x/1","text":"again"}\n')
        report = self.workspace.json("ingest", "--jsonl", "-", stdin=lines.encode(), check=5)
        self.assertEqual((report["documents"]["added"], report["documents"]["failed"]), (2, 2))
        self.assertEqual(self.uris("gecko"), ["x/1"])
        self.assertEqual(self.uris("skink", "--as", "user:x,group:everyone"), [])
        document = self.workspace.json("docs", "show", "x/1")
        self.assertEqual((document["title"], document["metadata"]), ("Lizards", {"year": 2025}))

    def test_every_planted_chinese_term_and_mixed_query_is_found(self):
        self.put("zh.md", "# 备份\n\n使用GitHub备份脚本每天导出数据，负责人是欧阳靖宇。错误代码为ERR-1045，参数max_connections要调大。")
        self.put("other.md", "# 其他\n\n完全无关的内容。")
        self.ingest()
        for query in ("GitHub备份脚本", "欧阳靖宇", "负责人", "ERR-1045", "max_connections", "导出", "備份腳本"):
            self.assertEqual(self.uris(query, "--mode", "lexical")[0:1], ["zh.md"], query)

    def test_a_table_takes_its_header_along(self):
        rows = "\n".join(f"Region {i},2025-{1 + i % 12:02d},{1000 + i}" for i in range(400))
        self.put("sales.csv", "Region,Month,Sales\n" + rows + "\n")
        self.ingest()
        results = self.workspace.json("search", "Region 399 sales", "-k", 1)["results"]
        self.assertIn("Region 399", results[0]["text"])
        answer = self.workspace.json("ask", "What were the sales of Region 399 in April 2025?")
        self.assertIn("Sales: 1399", answer["answer"])

    def test_order_and_number_of_ingests_change_nothing_in_the_results(self):
        names = [f"n{i}.md" for i in range(12)]
        for name in names:
            self.put(name, f"# {name}\n\nCommon words stand in every note; {name} adds a tie. Equal paragraph.")
        self.ingest()
        other = Workspace()
        self.addCleanup(other.close)
        other.json("collections", "create", "default", "--model", "none")
        for name in reversed(names):
            other.json("ingest", self.docs, "--include", name)
        for query in ("common words", "equal paragraph tie", "n7.md"):
            mine = [self.workspace.json("search", query, "-k", 50)["results"] for _ in range(3)]
            self.assertEqual(mine[0], mine[1])
            self.assertEqual(mine[0], mine[2])
            self.assertEqual(mine[0], other.json("search", query, "-k", 50)["results"])
