"""Who may read a document, said by rules and by files beside the documents; kept on update, and changed without work."""
import os
import unittest

from e2e.program import Workspace


class SourceAccess(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.json("collections", "create", "default", "--model", "none")
        self.docs = self.workspace.folder / "docs"

    def put(self, name, text):
        return self.workspace.write(f"docs/{name}", text)

    def sync(self, check=0):
        return self.workspace.json("sync", self.docs, check=check)

    def readers(self, word):
        """Of the groups that there are, those that find the word."""
        return [g for g in ("everyone", "hr", "board")
                if self.workspace.json("search", word, "--as", f"user:x,group:{g}")["results"]]

    def rules(self, text):
        (self.workspace.path / "grounds.toml").write_text(text)

    def test_files_beside_documents_say_who_reads_them_and_are_no_documents(self):
        self.put("open.md", "About the gnu.")
        self.put("hr/.grounds-access.toml", 'groups = ["hr"]\n')
        self.put("hr/deep/pay.md", "About the kudu.")
        self.put("hr/bonus.md", "About the oryx.")
        self.put("hr/bonus.md.access.toml", 'groups = ["board"]\n')
        report = self.sync()
        self.assertEqual(report["documents"]["added"], 3)
        self.assertEqual([d["uri"] for d in self.workspace.json("docs", "list")["documents"]], ["hr/bonus.md", "hr/deep/pay.md", "open.md"])
        self.assertEqual((self.readers("gnu"), self.readers("kudu"), self.readers("oryx")), (["everyone"], ["hr"], ["board"]))
        # An update, a rename and a file's end do not open anything.
        self.put("hr/deep/pay.md", "About the kudu and the eland.")
        os.rename(self.docs / "hr/bonus.md", self.docs / "hr/bonus-2026.md")
        os.rename(self.docs / "hr/bonus.md.access.toml", self.docs / "hr/bonus-2026.md.access.toml")
        report = self.sync()
        self.assertEqual((report["documents"]["updated"], report["documents"]["renamed"]), (1, 1))
        self.assertEqual((self.readers("eland"), self.readers("oryx")), (["hr"], ["board"]))
        (self.docs / "hr/.grounds-access.toml").unlink()
        self.sync()
        self.assertEqual(self.readers("eland"), ["hr"])

    def test_a_changed_access_file_or_rule_takes_effect_with_nothing_read_or_embedded_anew(self):
        self.put("hr/.grounds-access.toml", 'groups = ["hr"]\n')
        self.put("hr/pay.md", "About the kudu.")
        self.put("plan.md", "About the eland.")
        first = self.sync()
        self.put("hr/.grounds-access.toml", 'groups = ["board"]\n')
        self.rules('[[access]]\npath = "*.md"\ngroups = ["hr", "board"]\n')
        report = self.sync()
        self.assertEqual(report["documents"]["regrouped"], 2)
        self.assertEqual((report["chunks"]["added"], report["embedded"], report["documents"]["updated"]), (0, 0, 0))
        self.assertEqual(report["generation"], first["generation"] + 1)
        self.assertEqual((self.readers("kudu"), self.readers("eland")), (["board"], ["hr", "board"]))
        # The file in the folder goes before the rule.
        self.rules('[[access]]\npath = "**"\ngroups = ["everyone"]\n')
        self.sync()
        self.assertEqual((self.readers("kudu"), self.readers("eland")), (["board"], ["everyone"]))
        # And who asks for a group on the command line goes before both.
        self.workspace.json("ingest", self.docs, "--groups", "hr")
        self.assertEqual((self.readers("kudu"), self.readers("eland")), (["hr"], ["hr"]))

    def test_an_access_file_that_cannot_be_understood_keeps_what_was_and_lets_nothing_new_in(self):
        self.put("hr/.grounds-access.toml", 'groups = ["hr"]\n')
        self.put("hr/pay.md", "About the kudu.")
        self.put("open.md", "About the gnu.")
        self.sync()
        self.put("hr/.grounds-access.toml", "groups = hr\n")
        self.put("hr/new.md", "About the eland.")
        report = self.sync(check=5)
        self.assertEqual(report["failures"][0]["uri"], "hr/.grounds-access.toml")
        self.assertIn("line 1", report["failures"][0]["reason"])
        self.assertEqual(report["documents"]["deleted"], 0)
        self.assertEqual((self.readers("kudu"), self.readers("eland")), (["hr"], []))
        self.put("hr/.grounds-access.toml", "groups = []\n")
        self.sync()
        self.assertEqual((self.readers("kudu"), self.readers("eland")), ([], []))  # administrators alone
        self.assertEqual(len(self.workspace.json("search", "eland")["results"]), 1)
