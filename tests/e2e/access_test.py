"""Access is decided before ranking: what a principal may not read is nowhere."""
import json
import unittest

from e2e.program import EVERYONE, Server, samples_workspace

SECRET = "hr-only/"
HR = "user:h,group:everyone,group:hr"


class Access(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = samples_workspace()
        documents = cls.workspace.json("docs", "list")["documents"]
        cls.secret = [d["uri"] for d in documents if d["uri"].startswith(SECRET)]
        cls.titles = [d["title"] for d in documents if d["uri"].startswith(SECRET)]

    @classmethod
    def tearDownClass(cls):
        cls.workspace.close()

    def assertSecretFree(self, text):
        self.assertNotIn(SECRET, text)
        for title in self.titles:
            self.assertNotIn(title, text)

    def test_there_is_something_to_hide(self):
        self.assertGreater(len(self.secret), 0)

    def test_no_search_mode_shows_a_document_of_another_group(self):
        for mode in ("hybrid", "vector", "lexical"):
            for query in ("salary bands", "工资等级", self.titles[0]):
                hidden = self.workspace.json("search", query, "--mode", mode, "-k", 100, "--as", EVERYONE)
                self.assertFalse([r for r in hidden["results"] if r["uri"] in self.secret])
                self.assertTrue(all(r["score"] is None for r in hidden["results"]))
                shown = self.workspace.json("search", query, "--mode", mode, "-k", 1000, "--as", HR)
                if mode != "lexical":
                    self.assertTrue([r for r in shown["results"] if r["uri"] in self.secret], (mode, query))

    def test_documents_of_another_group_are_not_found_by_name(self):
        for command in ("show", "history", "extract", "delete"):
            refused = self.workspace.run("docs", command, self.secret[0], "--as", EVERYONE, check=3)
            unknown = self.workspace.run("docs", command, "hr-only/no-such-file.md", "--as", EVERYONE, check=3)
            # The same words: an error must not tell that there is something.
            self.assertEqual(refused.err.replace(self.secret[0], "X"), unknown.err.replace("hr-only/no-such-file.md", "X"))
        self.assertSecretFree(self.workspace.run("docs", "list", "--as", EVERYONE, check=0).out)
        self.assertIn(self.secret[0], self.workspace.run("docs", "list", "--as", HR, check=0).out)

    def test_no_answer_is_made_from_a_document_of_another_group(self):
        for title in self.titles:
            answer = self.workspace.json("ask", title, "--as", EVERYONE)
            self.assertSecretFree(json.dumps(answer["citations"]))
            record = self.workspace.json("answers", "show", answer["answer_id"])
            self.assertNotIn(SECRET, json.dumps(record["texts"]["evidence"]))

    def test_http_is_group_everyone(self):
        server = Server(self.workspace)
        try:
            for title in self.titles:
                results = server.post("/v1/search", {"query": title, "k": 1000})["results"]
                self.assertFalse([r for r in results if r["uri"] in self.secret])
                answer = server.post("/v1/ask", {"question": title})
                self.assertSecretFree(json.dumps(answer["citations"]))
            self.assertEqual(server.post("/v1/search", {"query": "x", "as": HR}, expect=403)["code"], "refused")
            self.assertEqual(server.post("/v1/ask", {"question": "x", "as": HR}, expect=403)["code"], "refused")
            # The record of somebody else's answer is not there for a stranger.
            mine = self.workspace.json("ask", self.titles[0], "--as", HR)["answer_id"]
            server.get(f"/v1/answers/{mine}", expect=404)
            server.request("POST", f"/v1/answers/{mine}/replay")
            status, _, _ = server.request("POST", f"/v1/answers/{mine}/replay", b"")
            self.assertEqual(status, 404)
        finally:
            server.stop()

    def test_a_principal_in_no_group_reads_nothing(self):
        self.assertEqual(self.workspace.json("search", "sales", "-k", 100, "--as", "user:nobody")["results"], [])
        answer = self.workspace.json("ask", "What is the hotel limit in London?", "--as", "user:nobody")
        self.assertEqual((answer["verdict"], answer["citations"]), ("not_found", []))
        self.assertEqual(self.workspace.json("docs", "list", "--as", "user:nobody")["documents"], [])

    def test_equal_groups_see_equal_lists(self):
        lists = [self.workspace.json("search", "flow meter warranty", "--as", f"user:{name},group:everyone")["results"]
                 for name in ("ann", "bob", "ann")]
        self.assertEqual(lists[0], lists[1])
        self.assertEqual(lists[0], lists[2])
