"""What every peer is measured by: a BEIR folder in, one JSON line out.

A peer is an object with `name`, `version`, `kind` (dense, lexical or hybrid), ingest(ids, texts), search(text, k) and
search_batch(texts, k), which give lists of (id, score); and optionally persist(), whose time counts as ingest.
"""
import json
import math
import os
import pathlib
import resource
import statistics
import sys
import time

K = 10
TIMED_QUERIES = 200


def load(folder):
    """Ids, texts (title first), queries that are judged, judgements."""
    folder = pathlib.Path(folder)
    documents = [json.loads(line) for line in open(folder / "corpus.jsonl", encoding="utf-8")]
    judged = {}
    for line in list(open(folder / "qrels/test.tsv", encoding="utf-8"))[1:]:
        query, document, grade = line.rstrip("\n").split("\t")[:3]
        judged.setdefault(query, {})[document] = int(float(grade))
    queries = [json.loads(line) for line in open(folder / "queries.jsonl", encoding="utf-8")]
    texts = {str(d["_id"]): " ".join(((d.get("title") or "") + " " + d["text"]).split()) for d in documents}
    texts = {i: t for i, t in texts.items() if t}
    return list(texts), list(texts.values()), [(str(q["_id"]), q["text"]) for q in queries if str(q["_id"]) in judged], judged


def ndcg(run, judged):
    """Mean nDCG@10 as trec_eval computes it, of {query: [document, ...]}."""
    total = 0.0
    for query, grades in judged.items():
        gains = sorted((g for g in grades.values() if g > 0), reverse=True)[:K]
        ideal = sum(g / math.log2(r + 2) for r, g in enumerate(gains))
        found = sum(max(grades.get(d, 0), 0) / math.log2(r + 2) for r, d in enumerate(run.get(query, [])[:K]))
        total += found / ideal if ideal else 0.0
    return total / len(judged)


def disk_mb(folder):
    return sum(p.stat().st_size for p in pathlib.Path(folder).rglob("*") if p.is_file()) / 1e6


def percentiles(seconds):
    ordered = sorted(seconds)
    return {"query_p50_ms": 1e3 * statistics.median(ordered), "query_p95_ms": 1e3 * ordered[int(0.95 * (len(ordered) - 1))]}


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def report(**values):
    print("RESULT " + json.dumps(values), flush=True)


def measure(peer, folder, scratch):
    ids, texts, queries, judged = load(folder)
    processor = time.process_time()
    started = time.perf_counter()
    peer.ingest(ids, texts)
    if hasattr(peer, "persist"):
        peer.persist()
    ingest = time.perf_counter() - started
    processor = time.process_time() - processor
    ingest_peak = peak_mb()
    first, seconds = {}, []
    for _, text in queries[:5]:
        peer.search(text, K)
    for number, (query, text) in enumerate(queries):
        started = time.perf_counter()
        first[query] = peer.search(text, K)
        if number < TIMED_QUERIES:
            seconds.append(time.perf_counter() - started)
    again = {query: peer.search(text, K) for query, text in queries}
    batch = peer.search_batch([text for _, text in queries], K)
    equal_batches = batch and all(list(b) == list(first[q]) for b, (q, _) in zip(batch, queries))
    judged = {q: judged[q] for q, _ in queries}
    report(peer=peer.name, version=peer.version, kind=peer.kind, documents=len(ids), ingest_s=ingest,
           ingest_cpu_s=processor, ingest_peak_mb=ingest_peak, peak_mb=peak_mb(), disk_mb=disk_mb(scratch),
           **percentiles(seconds), **{"ndcg@10": ndcg({q: [d for d, _ in r] for q, r in first.items()}, judged)},
           repeats_equal=again == first, batches_equal=bool(equal_batches) if batch else None)


def arguments():
    """The BEIR folder, a scratch folder, and the number of threads."""
    return sys.argv[1], sys.argv[2], int(os.environ["PEERS_THREADS"])
