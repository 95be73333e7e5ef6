"""No text is embedded twice: what a rename, a move, a changed paragraph or another collection leaves as it was is not
sent to the model again. The model is a server that notes what it was sent."""
import unittest

from e2e import served_model_test
from e2e.program import Workspace

PARAGRAPH = "Here stands paragraph {} of the report, about the {} and where it was last seen this year. " * 6


class Reuse(unittest.TestCase):
    def setUp(self):
        self.server = served_model_test.FakeServer()
        self.addCleanup(self.server.close)
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        served_model_test.configure(self.workspace, self.server.url)
        self.animals = ["kestrel", "otter", "heron", "stoat", "lynx", "marten"]
        self.write("report.md", self.animals)
        self.write("other.md", ["osprey"])
        self.folder = self.workspace.folder / "in"
        self.create("first")
        report = self.sync("first")
        self.chunks = report["chunks"]["live"]
        self.assertGreater(self.chunks, 3)
        self.assertEqual((report["embedded"], report["reused"]), (self.chunks, 0))

    def write(self, name, animals):
        # A heading each, so that a chunk holds no more than one of them.
        sections = (f"## The {a}\n\n{PARAGRAPH.format(*[i, a] * 6)}\n" for i, a in enumerate(animals))
        self.workspace.write("in/" + name, "# Report\n\n" + "\n".join(sections))

    def create(self, name, model="far"):
        self.workspace.json("collections", "create", name, "--model", model, "--set", "chunking.max_tokens=160",
                            "--set", "chunking.target_tokens=120")

    def sync(self, name):
        """The report of a sync, and that the server was sent as many texts as it says."""
        before = len(self.server.texts)
        report = self.workspace.json("sync", "-c", name, self.folder)
        self.assertEqual(len(self.server.texts) - before, report["embedded"])
        return report

    def first_hit(self, collection, query):
        found = self.workspace.json("search", "-c", collection, "--mode", "vector", query)["results"][0]
        return found["uri"], found["vector_score"]

    def test_a_rename_and_a_move_embed_nothing(self):
        before = self.first_hit("first", "otter")
        self.assertEqual(before[0], "report.md")
        (self.folder / "report.md").rename(self.folder / "yearly.md")
        renamed = self.sync("first")
        self.assertEqual((renamed["embedded"], renamed["documents"]["renamed"]), (0, 1))
        (self.folder / "archive").mkdir()
        (self.folder / "yearly.md").rename(self.folder / "archive" / "yearly.md")
        moved = self.sync("first")
        self.assertEqual((moved["embedded"], moved["documents"]["renamed"]), (0, 1))
        self.assertEqual(moved["chunks"]["live"], self.chunks)
        self.assertEqual(self.first_hit("first", "otter"), ("archive/yearly.md", before[1]))

    def test_one_changed_paragraph_embeds_that_paragraph(self):
        self.animals[2] = "bittern"
        self.write("report.md", self.animals)
        sent = len(self.server.texts)
        report = self.sync("first")
        texts = self.server.texts[sent:]
        self.assertTrue(texts and all("bittern" in text for text in texts), texts)
        self.assertEqual(report["reused"] + report["embedded"], report["chunks"]["added"])
        self.assertGreaterEqual(report["reused"], len(self.animals) - 1)

    def test_a_text_that_was_deleted_is_not_embedded_again_when_it_comes_back(self):
        text = (self.folder / "report.md").read_bytes()
        (self.folder / "report.md").unlink()
        self.assertEqual(self.sync("first")["documents"]["deleted"], 1)
        (self.folder / "report.md").write_bytes(text)
        self.assertEqual(self.sync("first")["embedded"], 0)

    def test_another_collection_with_the_same_model_embeds_nothing(self):
        self.create("second")
        report = self.sync("second")
        self.assertEqual((report["embedded"], report["reused"]), (0, self.chunks))
        for animal in self.animals:
            self.assertEqual(self.first_hit("second", animal), self.first_hit("first", animal))
        # What is its own by now stays when the first is gone.
        self.workspace.json("collections", "delete", "first")
        self.assertEqual(self.first_hit("second", "otter")[0], "report.md")
        self.assertEqual(self.workspace.json("doctor")["findings"], [])

    def test_another_model_and_a_collection_that_is_gone_give_nothing(self):
        with open(self.workspace.path / "grounds.toml", "a") as file:
            file.write('[models.prefixed]\nkind = "http"\nbase_url = "%s"\nmodel = "fake"\ndimension = %d\npassage_prefix = "p: "\n'
                       % (self.server.url, served_model_test.DIMENSION))
        self.create("second", model="prefixed")
        self.assertEqual(self.sync("second")["embedded"], self.chunks)
        self.workspace.json("collections", "delete", "first")
        self.create("third")
        self.assertEqual(self.sync("third")["embedded"], self.chunks)

    def test_a_collection_that_is_damaged_costs_another_one_no_more_than_its_codes(self):
        for segment in (self.workspace.path / "segments").iterdir():
            segment.write_bytes(segment.read_bytes()[:100])
        self.create("second")
        self.assertEqual(self.sync("second")["embedded"], self.chunks)
        self.assertEqual(self.first_hit("second", "otter")[0], "report.md")
