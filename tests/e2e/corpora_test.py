"""Real corpora, where GROUNDS_EVAL_DATA names a folder of them: a company's handbook through 17 weeks of
changes, a manual of 1,152 Chinese files, and the quality of the ranking. Part of the full tier."""
import csv
import hashlib
import os
import pathlib
import shutil
import unittest

from e2e.program import FULL, Workspace

DATA = os.environ.get("GROUNDS_EVAL_DATA")


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


class Corpora(unittest.TestCase):
    def setUp(self):
        self.data = pathlib.Path(DATA)
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)

    def lexical(self):
        self.workspace.json("collections", "create", "default", "--model", "none")

    def assertEqualToFolder(self, folder):
        """The collection holds the files of the folder, byte by byte, and nothing else. Hidden ones are
        passed over; of those that are empty now, a version from before may be there."""
        there = {d["uri"]: d["source_sha256"] for d in self.workspace.json("docs", "list")["documents"]}
        files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        files = {uri: content for uri, content in files.items() if not uri.startswith(".") and "/." not in uri}
        empty = {uri for uri, content in files.items() if not content}
        expected = {uri: hashlib.sha256(content).hexdigest() for uri, content in files.items() if content}
        self.assertEqual({uri: sha256 for uri, sha256 in there.items() if uri not in empty}, expected)
        return empty

    def sync(self, folder):
        """Empty files fail, and nothing else does."""
        outcome = self.workspace.run("sync", folder, "--json")
        report = outcome.json
        self.assertEqual({f["reason"] for f in report["failures"]} - {"the file is empty"}, set())
        self.assertEqual(outcome.code, 5 if report["failures"] else 0)
        self.assertEqual({f["uri"] for f in report["failures"]}, self.assertEqualToFolder(folder))
        return report

    def test_a_handbook_is_kept_in_step_with_weeks_of_changes(self):
        self.lexical()
        handbook = self.data / "md_sourcegraph_handbook_en"
        folder = self.workspace.folder / "handbook"
        shutil.copytree(handbook / "base", folder)
        report = self.sync(folder)
        self.assertEqual(report["documents"]["added"] + report["documents"]["failed"], 839)
        self.assertGreater(report["chunks"]["live"], 839)
        generations, renamed = {report["generation"]}, 0
        for change in sorted(p for p in (handbook / "changesets").iterdir() if p.is_dir()):
            operations = rows(change / "ops.tsv")
            moved = {}  # first all of them aside: a name may be given and taken in one set
            for row in operations:
                source = folder / row["path"]
                if row["op"] == "D":
                    source.unlink()
                elif row["op"] == "R":
                    moved[row["new_path"]] = source.read_bytes()
                    source.unlink()
            for name, content in moved.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
            if (change / "files").exists():
                shutil.copytree(change / "files", folder, dirs_exist_ok=True)
            with self.subTest(change.name):
                report = self.sync(folder)
                generations.add(report["generation"])
                unchanged = sum((folder / name).read_bytes() == content for name, content in moved.items() if content)
                self.assertEqual(report["documents"]["renamed"], unchanged)
                renamed += unchanged
        self.assertEqual(len(generations), 17)
        self.assertGreater(renamed, 500)
        final = {r["path"]: r["sha256"] for r in rows(handbook / "final_manifest.tsv")}
        self.assertEqual({str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}, set(final))
        again = self.sync(folder)["documents"]
        self.assertEqual([again[k] for k in ("added", "updated", "renamed", "deleted")], [0, 0, 0, 0])
        self.workspace.run("doctor", check=0)

    def test_a_chinese_manual_is_ingested_whole_and_found(self):
        self.lexical()
        manual = self.data / "md_tidb_docs_zh" / "base"
        report = self.workspace.json("ingest", manual)
        self.assertEqual(report["documents"]["failed"], 0, report["failures"])
        self.assertEqualToFolder(manual)
        for query, word in (("分区表 限制", "分区"), ("tidb_mem_quota_query", "tidb_mem_quota_query"), ("慢查询日志", "慢查询"),
                            ("GC 机制 life time", "GC")):
            with self.subTest(query):
                results = self.workspace.json("search", query)["results"]
                self.assertEqual(len(results), 10)
                self.assertIn(word, results[0]["text"])
        answer = self.workspace.json("ask", "tidb_mem_quota_query 的默认值是多少？")
        self.assertTrue(answer["citations"])
        self.assertEqual(self.workspace.json("replay", answer["answer_id"])["answer"], "identical")
        self.workspace.run("doctor", check=0)

    def evaluate(self, folder):
        scores = self.workspace.json("eval", "--beir", self.data / folder, timeout=1200)
        print(f"       {folder}: nDCG@10 {scores['ndcg@10']:.4f}, recall@100 {scores['recall@100']:.4f}", flush=True)
        return scores["ndcg@10"]

    def test_english_abstracts_are_ranked_well(self):
        self.assertGreaterEqual(self.evaluate("cranfield"), 0.53)

    def test_chinese_snippets_are_ranked_well(self):
        self.assertGreaterEqual(self.evaluate("rgb/beir_zh"), 0.54)


def load_tests(loader, tests, pattern):
    if FULL and DATA:
        return tests
    if FULL:
        print("       GROUNDS_EVAL_DATA is not set: nothing is measured on real corpora", flush=True)
    return unittest.TestSuite()
