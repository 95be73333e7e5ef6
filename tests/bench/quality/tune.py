#!/usr/bin/env python3
"""Tries settings of ranking on dumped collections, without the program. Prints nDCG@10 of each, a line at a time.

    ninja -C build/release quality_dump
    build/release/grounds -w W eval --beir DATA/cranfield          # ingests
    build/release/quality_dump W cranfield DATA/cranfield/queries.jsonl DUMP
    tune.py DUMP DATA/cranfield/qrels/test.tsv [--half 0]

Needs numpy and scipy. OPENBLAS_NUM_THREADS=1 is faster on a busy machine. What was chosen by it, and what was not:
docs/quality.md.
"""
import argparse

import numpy as np
from collection import Collection, among_best, coverage, feedback, min_max, over_maximum, reciprocal_rank

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("dump")
parser.add_argument("qrels")
parser.add_argument("--half", type=int, choices=(0, 1), help="every other query, from the first or the second")
parser.add_argument("--every", type=int, default=1, help="each so manieth query only")
options = parser.parse_args()
collection = Collection(options.dump, options.qrels, options.half, options.every)


def show(name, scores):
    print(f"{collection.ndcg(scores).mean():.4f}  {name}", flush=True)


dense = collection.dense()
show("vectors", dense)
for k1, b in ((0.9, 0.4), (1.2, 0.6), (1.2, 0.75), (1.5, 0.75), (2.0, 0.75)):
    show(f"BM25, k1 {k1}, b {b}", collection.bm25(k1=k1, b=b))
for weights in ((1, 1, 1, 0), (1, 1, 1, 1), (2, 1, 1, 1), (3, 2, 1, 1)):
    show(f"BM25, k1 1.2, b 0.75, weights of title, headings, body and name {weights}",
         collection.bm25(k1=1.2, b=0.75, weights=weights))
lexical = collection.bm25(k1=1.2, b=0.75, weights=(2, 1, 1, 1))
show("reciprocal rank, BM25 of k1 0.9, b 0.4", reciprocal_rank(collection.bm25(), dense))
show("reciprocal rank", reciprocal_rank(lexical, dense))
for weight in (0.4, 0.5, 0.6, 0.7):
    show(f"min-max, vectors {weight}", (1 - weight) * min_max(lexical) + weight * min_max(dense))
share = coverage(lexical, collection)
scales = {"over its maximum": over_maximum(lexical), "by coverage": 2 * share,
          "by the root of coverage": np.sqrt(2 * over_maximum(lexical) * share)}
for name, scaled in scales.items():
    for weight in (0.15, 0.2, 0.25, 0.3):
        base = (1 - weight) * scaled + weight * dense
        show(f"BM25 {name}, vectors {weight}", base)
        for best in (3, 5, 10):
            likeness = feedback(collection, base, best)
            for strength in (0.05, 0.1, 0.15, 0.2):
                show(f"BM25 {name}, vectors {weight}, feedback {strength} of {best}",
                     among_best(base, base + strength * likeness))
