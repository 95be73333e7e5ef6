"""Models and texts that cannot be used are refused with one line, before anything is stored."""
import os
import pathlib
import unittest

from e2e.program import Workspace

TOML = """name = "own"
model_file = "model.onnx"
tokenizer_file = "tokenizer.json"
dimension = 384
max_tokens = 512
pooling = "cls"
query_prefix = ""
passage_prefix = ""
code_scale = 300.0
model_sha256 = ""
tokenizer_sha256 = ""
languages = ["en"]
licence = ""
"""


class ModelInput(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        # A folder of models of its own, as tests link into it.
        self.installed = {m["name"]: pathlib.Path(m["folder"]) for m in self.workspace.json("model", "list")["models"]}
        models = self.workspace.folder / "models"
        models.mkdir()
        for name, folder in self.installed.items():
            os.symlink(folder, models / name)
        self.environment = {"GROUNDS_MODELS": str(models)}

    def json(self, *arguments, **options):
        return self.workspace.json(*arguments, env=self.environment, **options)

    def refused(self, code, *arguments, says=(), **options):
        outcome = self.workspace.run(*arguments, env=self.environment, **options)
        self.assertEqual((outcome.code, outcome.out), (code, ""), outcome.err)
        self.assertRegex(outcome.err, r"\Agrounds: [^\n]+\n\Z")
        for text in says:
            self.assertIn(text, outcome.err)

    def test_a_text_that_cannot_be_embedded_is_named_by_its_line(self):
        for text in (b"", b" \t", b"\xed\xa0\x80 half of a pair", b"\xff", b"\x01\x02", "　".encode(), b"contract " * (10 << 20 >> 3)):
            with self.subTest(text[:20]):
                self.refused(5, "model", "embed", "--model", "all-minilm-l6-v2", stdin=b"a good one\n" + text + b"\nanother\n",
                             says=["line 2"])

    def own_model(self, toml=TOML, onnx=None, tokenizer=None):
        """A folder with a model of the registry as a user's own, or other files in its place."""
        english, chinese = self.installed["bge-small-en-v1.5"], self.installed["bge-small-zh-v1.5"]
        folder = self.workspace.folder / f"own{len(os.listdir(self.workspace.folder))}"
        folder.mkdir()
        (folder / "model.toml").write_text(toml)
        if onnx is None:
            os.symlink(english / "bge-small-en-v1.5.onnx", folder / "model.onnx")
        else:
            (folder / "model.onnx").write_bytes(onnx)
        source = chinese / "bge-small-zh-v1.5" if tokenizer == "chinese" else english / "bge-small-en-v1.5"
        os.symlink(f"{source}-tokenizer.json", folder / "tokenizer.json")
        return folder

    def test_a_model_that_does_not_fit_makes_no_collection(self):
        cases = (
            ("no ONNX", 5, {"onnx": b"<html>Not found</html>"}, "not an ONNX model"),
            ("wrong tokenizer", 5, {"tokenizer": "chinese"}, "do not belong together"),
            ("dimension", 5, {"toml": TOML.replace("384", "512")}, "dimension 384, not 512"),
            ("hash of the model", 6, {"toml": TOML.replace('model_sha256 = ""', f'model_sha256 = "{"0" * 64}"')}, "SHA-256"),
            ("hash of the tokenizer", 6, {"toml": TOML.replace('tokenizer_sha256 = ""', f'tokenizer_sha256 = "{"0" * 64}"')}, "SHA-256"),
            ("unknown pooling", 5, {"toml": TOML.replace('"cls"', '"max"')}, "pooling"),
        )
        for name, code, changes, reason in cases:
            with self.subTest(name):
                folder = self.own_model(**changes)
                self.refused(code, "collections", "create", "own", "--model", folder, says=[reason])
                self.assertEqual(sorted(p.suffix for p in folder.iterdir()), [".json", ".onnx", ".toml"])
        self.assertEqual(self.json("collections", "list")["collections"], [])

    def test_a_model_of_ones_own_works_and_is_another_space_when_a_file_changes(self):
        folder = self.own_model()
        self.workspace.write("in/kestrel.md", "The kestrel hovers over the field.")
        self.json("collections", "create", "own", "--model", folder)
        self.json("ingest", "-c", "own", self.workspace.folder / "in")
        self.assertEqual(self.json("search", "-c", "own", "--mode", "vector", "bird")["results"][0]["uri"], "kestrel.md")
        # A folder that has moved is found again once it has been named.
        moved = folder.rename(self.workspace.folder / "elsewhere")
        self.refused(3, "search", "-c", "own", "bird", says=["own", "folder with a model.toml"])
        self.json("collections", "create", "other", "--model", "elsewhere", cwd=self.workspace.folder)
        self.assertEqual(self.json("search", "-c", "own", "--mode", "vector", "bird")["results"][0]["uri"], "kestrel.md")
        (moved / "model.toml").write_text(TOML.replace("300.0", "310.0"))
        for command in (("search", "bird"), ("ingest", self.workspace.write("more/otter.md", "An otter."))):
            self.refused(4, command[0], "-c", "own", command[1], says=["310", "grounds collections create NEW --model"])
        self.assertEqual(self.json("collections", "show", "own")["chunks"], 1)
