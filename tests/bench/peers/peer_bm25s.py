"""bm25s with its default parameters, English stop words and stemming, as its manual has it."""
import importlib.metadata
import pathlib

import bm25s
import Stemmer

import measure

folder, scratch, threads = measure.arguments()
stemmer = Stemmer.Stemmer("english")


def tokenize(texts):
    return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False)


class Bm25s:
    name, version, kind = "bm25s", importlib.metadata.version("bm25s"), "lexical"

    def ingest(self, ids, texts):
        self.ids = ids
        self.index = bm25s.BM25()
        self.index.index(tokenize(texts), show_progress=False)

    def persist(self):
        self.index.save(str(pathlib.Path(scratch) / "index"), corpus=self.ids)

    def search_batch(self, texts, k):
        rows, scores = self.index.retrieve(tokenize(texts), k=k, show_progress=False, n_threads=threads)
        return [[(self.ids[r], float(s)) for r, s in zip(row, score)] for row, score in zip(rows, scores)]

    def search(self, text, k):
        return self.search_batch([text], k)[0]


measure.measure(Bm25s(), folder, scratch)
