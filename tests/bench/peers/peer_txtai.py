"""txtai over faiss, with the same model by ONNX Runtime."""
import importlib.metadata
import pathlib

from txtai import Embeddings

import measure
import minilm

folder, scratch, threads = measure.arguments()
encoder = minilm.Encoder(threads)


class Txtai:
    name, version, kind = "txtai, faiss", importlib.metadata.version("txtai"), "dense"

    def ingest(self, ids, texts):
        self.index = Embeddings(method="external", transform=lambda inputs: encoder(list(inputs)), content=False)
        self.index.index([(i, t, None) for i, t in zip(ids, texts)])

    def persist(self):
        self.index.save(str(pathlib.Path(scratch) / "index"))

    def search(self, text, k):
        return self.index.search(text, k)

    def search_batch(self, texts, k):
        return self.index.batchsearch(texts, k)


measure.measure(Txtai(), folder, scratch)
