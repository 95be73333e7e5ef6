"""Annual reports as PDF, where GROUNDS_EVAL_DATA names a folder with financebench_a: the page that a piece of
evidence is labelled with holds, in the extract, the text that stands on that page of the PDF. Full tier."""
import csv
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from e2e.program import FULL, Workspace

DATA = os.environ.get("GROUNDS_EVAL_DATA")
PAGE, KIND_NUMBERS = 4, 6


def words(text):
    return set(re.findall(r"[A-Za-z]{4,}|\d[\d,.]*\d", text))


def page_of_pdf(path, number):
    """The words of one page, by a run of pdftotext for that page alone, in the order of its content stream."""
    shown = subprocess.run(["pdftotext", "-q", "-raw", "-enc", "UTF-8", "-f", str(number), "-l", str(number), path, "-"],
                           capture_output=True, check=True)
    return words(shown.stdout.decode("utf-8", "replace"))


def pages_of_extract(document):
    """The words of each page, by the block map."""
    text, blocks = document["text"].encode(), document["map"]["blocks"]
    pages = {}
    for at in range(0, len(blocks), KIND_NUMBERS):
        begin, end, page = blocks[at + 1], blocks[at + 2], blocks[at + PAGE]
        pages.setdefault(page, set()).update(words(text[begin:end].decode()))
    return pages


class FinanceBench(unittest.TestCase):
    def test_the_text_of_each_evidence_page_is_on_its_labelled_page(self):
        data = pathlib.Path(DATA) / "financebench_a"
        workspace = Workspace()
        self.addCleanup(workspace.close)
        workspace.json("collections", "create", "default", "--model", "none")
        folder = workspace.folder / "pdfs"
        shutil.copytree(data / "pdfs", folder)
        report = workspace.json("ingest", str(folder))
        self.assertEqual(report["failures"], [])
        uris = {pathlib.Path(d["uri"]).stem: d["uri"] for d in workspace.json("docs", "list")["documents"]}
        self.assertEqual(len(uris), 13)
        with open(data / "evidence.tsv", newline="") as file:
            evidence = [row for row in csv.DictReader(file, delimiter="\t") if row["doc_present"] == "1"]
        self.assertGreaterEqual(len(evidence), 40)
        extracts, checked = {}, 0
        for row in evidence:
            name, number = row["doc_name"], int(row["page_index0"]) + 1
            if name not in extracts:
                extracts[name] = pages_of_extract(workspace.json("docs", "extract", uris[name]))
            expected = page_of_pdf(str(data / "pdfs" / f"{name}.pdf"), number)
            with self.subTest(document=name, page=number):
                self.assertGreater(len(expected), 10)
                found = extracts[name].get(number, set())
                self.assertGreaterEqual(len(expected & found), 0.98 * len(expected), sorted(expected - found)[:20])
                # Not that every page had those words: the neighbours have fewer of them.
                for neighbour in (number - 1, number + 1):
                    self.assertLess(len(expected & extracts[name].get(neighbour, set())), 0.9 * len(expected))
                checked += 1
        self.assertEqual(checked, len(evidence))


def load_tests(loader, tests, pattern):
    if FULL and DATA and (pathlib.Path(DATA) / "financebench_a").is_dir():
        return tests
    if FULL:
        print("       GROUNDS_EVAL_DATA names no folder with financebench_a: no annual report is read", flush=True)
    return unittest.TestSuite()
