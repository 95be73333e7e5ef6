"""Chroma with its defaults: its own ONNX MiniLM, a persistent client, HNSW. It looks for its model under the home
folder and would download it; here the same model's files are put there first, under a home of this run's own.
"""
import json
import os
import pathlib
import shutil

import measure
import minilm

folder, scratch, threads = measure.arguments()
model, tokenizer = minilm.files()  # before the home changes
home = pathlib.Path(scratch) / "home"
os.environ["HOME"] = str(home)
os.environ["ANONYMIZED_TELEMETRY"] = "False"


def place_model():
    place = home / ".cache/chroma/onnx_models/all-MiniLM-L6-v2/onnx"
    place.mkdir(parents=True)
    shutil.copy(model, place / "model.onnx")
    shutil.copy(tokenizer, place / "tokenizer.json")
    # It only looks whether these are there.
    vocabulary = json.load(open(tokenizer, encoding="utf-8"))["model"]["vocab"]
    (place / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=vocabulary.get)), encoding="utf-8")
    for name in ("config.json", "special_tokens_map.json", "tokenizer_config.json"):
        (place / name).write_text("{}")


place_model()
os.environ.pop("XDG_CACHE_HOME", None)
import chromadb  # noqa: E402


class Chroma:
    name, version, kind = "Chroma, defaults", chromadb.__version__, "dense"

    def __init__(self):
        self.collection = chromadb.PersistentClient(str(pathlib.Path(scratch) / "db")).create_collection(
            "documents", metadata={"hnsw:space": "cosine"})

    def ingest(self, ids, texts):
        for first in range(0, len(ids), 100):
            self.collection.add(ids=ids[first:first + 100], documents=texts[first:first + 100])

    def search_batch(self, texts, k):
        found = self.collection.query(query_texts=texts, n_results=k)
        return [list(zip(i, d)) for i, d in zip(found["ids"], found["distances"])]

    def search(self, text, k):
        return self.search_batch([text], k)[0]


measure.measure(Chroma(), folder, str(pathlib.Path(scratch) / "db"))
