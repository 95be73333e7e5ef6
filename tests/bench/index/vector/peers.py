#!/usr/bin/env python3
"""Vector search beside its peers, in one run on one machine, over the same vectors.

    python3 -m venv build/peers && build/peers/bin/pip install faiss-cpu hnswlib
    build/peers/bin/python tests/bench/index/vector/peers.py build/release/vector_bench [--rows N]

Peers: faiss-cpu IndexFlatIP (exact) and IndexHNSWFlat, hnswlib; one thread each, timed by that thread's
processor time. They hold the vectors as floats; recall is against the exact integer ranking, ties counting as found. Prints a table.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

os.environ["OMP_NUM_THREADS"] = "1"
import faiss  # noqa: E402
import hnswlib  # noqa: E402
import numpy as np  # noqa: E402

DIMENSION = 384
K = 10
LINKS = 32
BUILD_BREADTH = 200
BREADTHS = (16, 32, 64, 128, 256)


def load(bench, rows):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([bench, "--export", folder, str(rows)], check=True)
        read = lambda name: np.fromfile(f"{folder}/{name}.i8", dtype=np.int8).reshape(-1, DIMENSION)
        return read("codes"), read("queries")


def exact_scores(codes, queries):
    """The K-th best score of each query, in whole numbers."""
    least = np.empty(len(queries), dtype=np.int64)
    floats = queries.astype(np.float32)
    best = np.empty((len(queries), 0), dtype=np.float32)
    for first in range(0, len(codes), 50000):  # float32 holds these sums exactly
        block = floats @ codes[first:first + 50000].astype(np.float32).T
        best = np.partition(np.hstack([best, block]), -K, axis=1)[:, -K:]
    least[:] = best.min(axis=1)
    return least


def recall(codes, queries, found, least):
    scores = np.einsum("qkd,qd->qk", codes[found].astype(np.int32), queries.astype(np.int32))
    return float((scores >= least[:, None]).mean())


def measure(search, queries):
    """Milliseconds of each query, one at a time; and the rows found."""
    times, found = [], []
    for query in queries:
        start = time.thread_time()
        rows = search(query[None, :])
        times.append((time.thread_time() - start) * 1e3)
        found.append(rows[0])
    return np.array(times), np.array(found)


def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


class Table:
    def __init__(self):
        print("| what | rows | build s | bytes a row | median ms | fastest tenth ms | recall@10 |")
        print("|---|---|---|---|---|---|---|", flush=True)

    def add(self, what, rows, build, size, median, best, found):
        text = lambda value, form: "" if value is None else format(value, form)
        print(f"| {what} | {rows} | {text(build, '.1f')} | {text(size, '.0f')} | {median:.3f} | {best:.3f} "
              f"| {text(found, '.4f')} |", flush=True)


def peers(table, codes, queries, graphs):
    rows = len(codes)
    floats = codes.astype(np.float32)
    least = exact_scores(codes, queries)
    asked = queries.astype(np.float32)
    report = lambda what, build, size, search, count=None: (
        lambda times, found: table.add(what, rows, build, size, np.median(times), np.quantile(times, 0.1),
                                       recall(codes, queries[:count], found, least[:count])))(
        *measure(search, asked[:count]))

    before, start = memory(), time.thread_time()
    flat = faiss.IndexFlatIP(DIMENSION)
    flat.add(floats)
    report("faiss-cpu IndexFlatIP", time.thread_time() - start, (memory() - before) / rows,
           lambda query: flat.search(query, K)[1], 40)
    del flat
    if not graphs:
        return

    before, start = memory(), time.thread_time()
    graph = faiss.IndexHNSWFlat(DIMENSION, LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = BUILD_BREADTH
    graph.add(floats)
    build, size = time.thread_time() - start, (memory() - before) / rows
    for breadth in BREADTHS:
        graph.hnsw.efSearch = breadth
        report(f"faiss-cpu IndexHNSWFlat, efSearch {breadth}", build, size, lambda query: graph.search(query, K)[1])
    del graph

    before, start = memory(), time.thread_time()
    lib = hnswlib.Index(space="ip", dim=DIMENSION)
    lib.init_index(max_elements=rows, ef_construction=BUILD_BREADTH, M=LINKS, random_seed=1)
    lib.set_num_threads(1)
    lib.add_items(floats, num_threads=1)
    build, size = time.thread_time() - start, (memory() - before) / rows
    for breadth in BREADTHS:
        lib.set_ef(breadth)
        report(f"hnswlib, ef {breadth}", build, size, lambda query: lib.knn_query(query, k=K, num_threads=1)[0])


def ours(table, bench, rows, graphs):
    wanted = f"exact/{rows}$" + ("|graph_build|graph_search/breadth_[0-9]+/iter" if graphs else "")
    wanted = wanted.replace("$", "/iter")
    environment = dict(os.environ, GROUNDS_BENCH_ROWS=str(rows), GROUNDS_BENCH_GRAPH_ROWS=str(rows))
    output = subprocess.run([bench, f"--benchmark_filter={wanted}", "--benchmark_format=json"], check=True,
                            env=environment, stdout=subprocess.PIPE).stdout
    build = size = None
    for run in json.loads(output)["benchmarks"]:
        name = run["name"].split("/iterations")[0]
        if name.startswith("exact"):
            table.add("grounds exact", rows, None, DIMENSION, run["search_ms"], run["best_ms"], 1.0)
        elif name == "graph_build":
            build, size = run["real_time"] / 1e3, DIMENSION + run["bytes_a_chunk"]
        else:
            table.add("grounds " + name.replace("_", " "), rows, build, size, run["median_ms"], run["best_ms"],
                      run["recall_at_10"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("bench", help="the vector_bench program")
    parser.add_argument("--rows", type=int, default=100000)
    parser.add_argument("--flat-only", action="store_true", help="no graphs")
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(1)
    codes, queries = load(arguments.bench, arguments.rows)
    table = Table()
    ours(table, arguments.bench, arguments.rows, not arguments.flat_only)
    peers(table, codes, queries, not arguments.flat_only)
    return 0


if __name__ == "__main__":
    sys.exit(main())
