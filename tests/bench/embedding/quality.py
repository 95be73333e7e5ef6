#!/usr/bin/env python3
"""What int8 costs: cosine to f32 of the same encoder, the spread of components (for code_scale), and nDCG@10
of f32 vectors, codes of these, int8 vectors and codes of these on BEIR folders, each with the difference from f32
vectors and the 95 % interval of its mean over the questions (paired bootstrap: whether it could be chance).
Data comes from GROUNDS_EVAL_DATA; none is kept.

Usage: quality.py BENCH MODEL [--texts DIR:COUNT] [--ndcg DIR] [--scale S] [--queries N]
  BENCH  the program embedding_bench;  DIR  a BEIR folder under GROUNDS_EVAL_DATA
Needs numpy.
"""
import argparse
import json
import math
import os
import subprocess
from collections import defaultdict

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("bench")
parser.add_argument("model")
parser.add_argument("--texts", default="")
parser.add_argument("--ndcg", default="")
parser.add_argument("--scale", type=float, default=0)
parser.add_argument("--queries", type=int, default=10**9, help="the first so many only")
options = parser.parse_args()
data = os.environ["GROUNDS_EVAL_DATA"]
chinese = "-zh-" in options.model
longest = 400 if chinese else 500 if "minilm" in options.model else 1000  # characters: surely within the model's tokens


def vectors(texts, precision, role="passage"):
    run = subprocess.run([options.bench, "vectors", options.model, precision, role], check=True, stdout=subprocess.PIPE,
                         input="\n".join(texts).encode())
    return np.frombuffer(run.stdout, np.float32).reshape(len(texts), -1)


def read(folder, name):
    with open(os.path.join(data, folder, name), encoding="utf-8") as file:
        for line in file:
            item = json.loads(line)
            text = " ".join((item.get("title", "") + " " + item["text"]).split())[:longest]
            if text:
                yield item["_id"], text


def codes(v, scale):
    return np.rint(np.clip(scale * v.astype(np.float64), -127, 127)).astype(np.int32)


def ndcg(scores, ids, query_ids, judged):
    total = []
    for row, query in zip(scores, query_ids):
        best = sorted(range(len(ids)), key=lambda i: (-row[i], ids[i]))[:10] if len(ids) < 2000 else \
            sorted(np.argpartition(-row, 50)[:50], key=lambda i: (-row[i], ids[i]))[:10]
        gain = sum((2 ** judged[query].get(ids[i], 0) - 1) / math.log2(r + 2) for r, i in enumerate(best))
        ideal = sum((2 ** g - 1) / math.log2(r + 2) for r, g in enumerate(sorted(judged[query].values(), reverse=True)[:10]))
        total.append(gain / ideal)
    return np.array(total)  # by question


def interval(differences):
    random = np.random.default_rng(1)
    means = differences[random.integers(0, len(differences), (2000, len(differences)))].mean(1)
    return np.quantile(means, [0.025, 0.975])


if options.texts:
    folder, count = options.texts.split(":")
    texts = [t for _, t in read(folder, "corpus.jsonl")][: int(count)]
    int8, f32 = vectors(texts, "int8"), vectors(texts, "f32")
    cosine = (int8.astype(np.float64) * f32).sum(1)
    print(f"{options.model}: {len(texts)} passages, cosine to f32: mean {cosine.mean():.5f}, lowest {cosine.min():.5f}")
    size = np.abs(f32).ravel()
    for q in (0.99, 0.999, 0.9999, 1.0):
        print(f"  |x| at {q}: {np.quantile(size, q):.4f}  S = {127 / np.quantile(size, q):.1f}", end="")
        s = 127 / np.quantile(size, q)
        exact, coded = f32[:200] @ f32.T, codes(f32[:200], s) @ codes(f32, s).T / s / s
        print(f"  error of the dot product: {np.sqrt(((exact - coded) ** 2).mean()):.6f}")

if options.ndcg:
    judged = defaultdict(dict)
    with open(os.path.join(data, options.ndcg, "qrels/test.tsv")) as file:
        for line in list(file)[1:]:
            query, document, score = line.split("\t")
            if int(score) > 0:
                judged[query][document] = int(score)
    ids, passages = zip(*read(options.ndcg, "corpus.jsonl"))
    query_ids, questions = zip(*[(i, q) for i, q in read(options.ndcg, "queries.jsonl") if i in judged][:options.queries])
    pairs = {p: (vectors(questions, p, "query"), vectors(passages, p)) for p in ("f32", "int8")}
    pair = [pairs[p][1].astype(np.float64)[:1000] for p in ("f32", "int8")]
    cosine = (pair[0] * pair[1]).sum(1)
    print(f"{options.model}: {len(cosine)} passages of {options.ndcg}, cosine to f32: mean {cosine.mean():.5f}, lowest {cosine.min():.5f}")
    results = {p: ndcg(q @ v.T, ids, query_ids, judged) for p, (q, v) in pairs.items()}
    for scale in [options.scale] if options.scale else [300, 400, 500, 600, 700, 800]:
        for precision, (q, v) in pairs.items():
            saturated = (np.abs(scale * v) > 127).mean()
            results[f"codes S={scale:g} of {precision} ({saturated * 100:.4f}% saturated)"] = ndcg(
                codes(q, scale) @ codes(v, scale).T, ids, query_ids, judged)
    for name, values in results.items():
        low, high = interval(values - results["f32"])
        print(f"{options.model} {options.ndcg} nDCG@10 {name}: {values.mean():.4f}"
              f" ({(values - results['f32']).mean():+.4f} [{low:+.4f}, {high:+.4f}])")
