"""A collection as quality_dump writes it, and ranking it in numpy: for experiments with settings.

Scores here are floats over all chunks, where the program has integers over candidates; the program's own numbers
are those of `grounds eval`.
"""
import json
import pathlib

import numpy as np
import scipy.sparse as sparse

TITLE, HEADING, BODY, FILE_NAME = range(4)


class Collection:
    def __init__(self, folder, qrels=None, half=None, every=1):
        """`half`: 0 or 1 for every other query, in the order of the file; of those each `every`th."""
        folder = pathlib.Path(folder)
        self.chunks = [json.loads(line) for line in open(folder / "chunks.jsonl")]
        count = len(self.chunks)
        self.lengths = np.fromfile(folder / "lengths.u32", np.uint32).reshape(count, 4).astype(np.float64)
        self.terms = open(folder / "terms.txt").read().split("\n")[:-1]
        self.number = {term: i for i, term in enumerate(self.terms)}
        rows = np.fromfile(folder / "postings.u32", np.uint32).reshape(-1, 6)
        self.tf = [sparse.csr_matrix((rows[:, 2 + f].astype(np.float64), (rows[:, 0], rows[:, 1])),
                                     shape=(len(self.terms), count)) for f in range(4)]
        self.df = np.bincount(rows[:, 0], minlength=len(self.terms)).astype(np.float64)
        self.space = np.array([c["space"] for c in self.chunks])
        self.queries = [json.loads(line) for line in open(folder / "queries.jsonl")]
        if qrels:
            self.judged = {}
            for line in list(open(qrels))[1:]:
                query, document, grade = line.rstrip("\n").split("\t")[:3]
                self.judged.setdefault(query, {})[document] = int(float(grade))
            self.queries = [q for q in self.queries if q["id"] in self.judged]
        if half is not None:
            self.queries = self.queries[half::2]
        self.queries = self.queries[::every]
        # Documents, and the chunks in their order.
        uris = sorted({c["uri"] for c in self.chunks})
        self.uris = uris
        place = {uri: i for i, uri in enumerate(uris)}
        self.document = np.array([place[c["uri"]] for c in self.chunks])
        self.by_document = np.argsort(self.document, kind="stable")
        self.starts = np.searchsorted(self.document[self.by_document], np.arange(len(uris)))
        if qrels:
            self.gains = []
            for q in self.queries:
                self.gains.append({place[d]: g for d, g in self.judged[q["id"]].items() if d in place and g > 0})
            self.ideal = []
            for q in self.queries:
                gains = sorted((g for g in self.judged[q["id"]].values() if g > 0), reverse=True)[:10]
                self.ideal.append(sum(g / np.log2(r + 2) for r, g in enumerate(gains)))
        self.query_terms = self._query_matrix()
        self.codes, self.query_codes, self.members = {}, {}, {}
        for space in sorted(set(self.space)):
            self.members[space] = np.flatnonzero(self.space == space)
            self.codes[space] = np.fromfile(folder / f"codes-{space}.i8", np.int8).reshape(len(self.members[space]), -1)
            self.query_codes[space] = np.array([list(np.frombuffer(bytes.fromhex(q["codes"][str(space)]), np.int8))
                                                for q in self.queries], np.int8)

    def _query_matrix(self, drop=frozenset()):
        row, column = [], []
        for i, query in enumerate(self.queries):
            for term in query["terms"]:
                if term in self.number and term not in drop:
                    row.append(i)
                    column.append(self.number[term])
        return sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=(len(self.queries), len(self.terms)))

    def idf(self):
        return np.log1p((len(self.chunks) - self.df + 0.5) / (self.df + 0.5))

    def term_weights(self, k1=0.9, b=0.4, weights=(1, 1, 1, 1)):
        """BM25 contributions, a row a term and a column a chunk."""
        tf = sum(w * m for w, m in zip(weights, self.tf) if w).tocoo()
        length = self.lengths @ np.array(weights, np.float64)
        norm = k1 * (1 - b + b * length / max(length.mean(), 1e-9))
        data = self.idf()[tf.row] * tf.data / (tf.data + norm[tf.col])
        return sparse.csr_matrix((data, (tf.row, tf.col)), shape=tf.shape)

    def bm25(self, query_terms=None, **settings):
        return np.asarray(((self.query_terms if query_terms is None else query_terms)
                           @ self.term_weights(**settings)).todense())

    def dense(self, query_codes=None):
        """Similarities standardised by space."""
        z = np.zeros((len(self.queries), len(self.chunks)))
        for space, members in self.members.items():
            queries = (query_codes or self.query_codes)[space].astype(np.float32)
            dots = queries @ self.codes[space].astype(np.float32).T
            if len(members) >= 30:
                z[:, members] = (dots - dots.mean(1, keepdims=True)) / np.maximum(dots.std(1, keepdims=True), 1e-9)
            else:
                low, high = dots.min(1, keepdims=True), dots.max(1, keepdims=True)
                z[:, members] = 4 * (dots - low) / np.maximum(high - low, 1e-9)
        return z

    def documents(self, scores):
        """Scores of documents: that of the best chunk."""
        return np.maximum.reduceat(scores[:, self.by_document], self.starts, axis=1)

    def ndcg(self, scores):
        """nDCG@10 by query, of scores by chunk."""
        documents = self.documents(scores)
        best = np.argpartition(-documents, min(10, documents.shape[1] - 1), axis=1)[:, :10]
        values = np.zeros(len(self.queries))
        for i, row in enumerate(best):
            order = row[np.argsort(-documents[i, row], kind="stable")]
            gain = sum(self.gains[i].get(d, 0) / np.log2(r + 2) for r, d in enumerate(order) if np.isfinite(documents[i, d]))
            values[i] = gain / self.ideal[i] if self.ideal[i] else 0
        return values


def reciprocal_rank(lexical, dense, weight=0.5, k=60, depth=200):
    def ranks(scores, least):
        order = np.argsort(-scores, axis=1, kind="stable")
        place = np.empty_like(order)
        np.put_along_axis(place, order, np.broadcast_to(np.arange(scores.shape[1]), scores.shape), axis=1)
        return np.where((place < depth) & (scores > least), 1.0 / (k + place + 1), 0)
    return (1 - weight) * ranks(lexical, 0) + weight * ranks(dense, -np.inf)


def over_maximum(lexical):
    return lexical / np.maximum(lexical.max(1, keepdims=True), 1e-9)


def min_max(scores, depth=200):
    best = -np.sort(-scores, axis=1)[:, :depth]
    low, high = best[:, -1:], best[:, :1]
    return np.clip((scores - low) / np.maximum(high - low, 1e-9), 0, None)


def coverage(lexical, collection):
    """Each score over the sum of the question's idf: how much of the question the chunk has."""
    attainable = np.asarray(collection.query_terms @ collection.idf()).ravel()
    return lexical / np.maximum(attainable[:, None], 1e-9)


def feedback(collection, scores, best):
    """Likeness to the `best` chunks of each question, less their own, in the unit of the question's similarities."""
    likeness = np.zeros_like(scores)
    for space, members in collection.members.items():
        codes = collection.codes[space].astype(np.float32)
        unit = (collection.query_codes[space].astype(np.float32) @ codes.T).std(1)
        count = min(best, len(members))
        top = np.argpartition(-scores[:, members], count - 1, axis=1)[:, :count]
        for i in range(len(scores)):
            raw = codes @ codes[top[i]].mean(0)
            likeness[i, members] = (raw - raw[top[i]].mean()) / max(unit[i], 1e-9)
    return likeness


def among_best(base, scores, depth=200):
    """`scores` for the best `depth` chunks by `base`, the others behind them."""
    if base.shape[1] <= depth:
        return scores
    last = -np.partition(-base, depth - 1, axis=1)[:, depth - 1:depth]
    return np.where(base >= last, scores, base - 1e6)
