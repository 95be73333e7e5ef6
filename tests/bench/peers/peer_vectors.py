"""faiss-cpu and hnswlib over vectors of the same model by ONNX Runtime. The texts are embedded once; each index
reports the time of embedding plus its own.
"""
import importlib.metadata
import pathlib
import time

import faiss
import hnswlib
import numpy as np

import measure
import minilm

folder, scratch, threads = measure.arguments()
faiss.omp_set_num_threads(threads)
encoder = minilm.Encoder(threads)
vectors = {}


class Vectors:
    kind = "dense"

    def __init__(self, name):
        self.name, self.file = name, pathlib.Path(scratch) / name.replace(" ", "-") / "index"
        self.version = importlib.metadata.version(name.split()[0])
        self.file.parent.mkdir(parents=True)

    def ingest(self, ids, texts):
        self.ids = ids
        self.build(vectors["documents"])

    def search_batch(self, texts, k):
        rows, scores = self.nearest(encoder(texts), k)
        return [[(self.ids[r], float(s)) for r, s in zip(row, score)] for row, score in zip(rows, scores)]

    def search(self, text, k):
        return self.search_batch([text], k)[0]


class Faiss(Vectors):
    def build(self, rows):
        self.index = faiss.IndexFlatIP(rows.shape[1]) if self.name.endswith("IndexFlatIP") else \
            faiss.IndexHNSWFlat(rows.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
        self.index.add(rows)

    def persist(self):
        faiss.write_index(self.index, str(self.file))

    def nearest(self, rows, k):
        scores, found = self.index.search(rows, k)
        return found, scores


class Hnswlib(Vectors):
    def build(self, rows):
        self.index = hnswlib.Index(space="ip", dim=rows.shape[1])
        self.index.init_index(max_elements=len(rows), ef_construction=200, M=16, random_seed=1)
        self.index.set_num_threads(threads)
        self.index.add_items(rows)

    def persist(self):
        self.index.save_index(str(self.file))

    def nearest(self, rows, k):
        found, distances = self.index.knn_query(rows, k=k, num_threads=threads)
        return found, 1 - distances


def report(**values):
    values["ingest_s"] += vectors["seconds"]
    values["ingest_cpu_s"] += vectors["processor"]
    plain(**values)


texts = measure.load(folder)[1]
processor, started = time.process_time(), time.perf_counter()
vectors["documents"] = encoder(texts)
vectors["seconds"], vectors["processor"] = time.perf_counter() - started, time.process_time() - processor
plain, measure.report = measure.report, report
for peer in (Faiss("faiss-cpu IndexFlatIP"), Faiss("faiss-cpu IndexHNSWFlat"), Hnswlib("hnswlib")):
    measure.measure(peer, folder, str(peer.file.parent))
