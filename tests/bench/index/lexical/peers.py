#!/usr/bin/env python3
"""Times BM25 of lexical_bench and of tantivy on one Zipf-distributed corpus, one thread each, in one run.

usage: peers.py path/to/lexical_bench [chunks]

Makes a venv with numpy and tantivy beside the corpus, under the temporary folder. Each query runs once to
warm up and five times for its median; the lines give p50 and p95 over the queries.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import venv

FOLDER = os.path.join(tempfile.gettempdir(), "grounds-lexical-bench")
WORDS, VOCABULARY, QUERIES, RUNS, TOP = 150, 60_000, 60, 5, 50


def in_venv():
    """Runs this script again with the venv's Python, made on first use."""
    python = os.path.join(FOLDER, "venv", "bin", "python")
    if sys.executable == python:
        return
    if not os.path.exists(python):
        os.makedirs(FOLDER, exist_ok=True)
        venv.create(os.path.join(FOLDER, "venv"), with_pip=True)
        subprocess.check_call([python, "-m", "pip", "install", "-q", "numpy", "tantivy"])
    os.execv(python, [python] + sys.argv)


def main():
    in_venv()
    import time

    import numpy as np
    import tantivy

    bench, chunks = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200_000
    rng = np.random.default_rng(0)
    p = 1 / np.arange(3, VOCABULARY + 3) ** 1.05
    p /= p.sum()
    corpus = rng.choice(VOCABULARY, (chunks, WORDS), p=p).astype(np.uint32)
    groups = [rng.choice(VOCABULARY, (QUERIES, n), p=p).astype(np.uint32) for n in (5, 10)]
    path = os.path.join(FOLDER, "corpus")
    with open(path, "wb") as file:
        file.write(np.array([chunks, WORDS, len(groups)], dtype=np.uint32).tobytes())
        file.write(corpus.tobytes())
        for group in groups:
            file.write(np.array(group.shape, dtype=np.uint32).tobytes())
            file.write(group.tobytes())

    schema = tantivy.SchemaBuilder().add_text_field("t", stored=False).add_unsigned_field("id", stored=True).build()
    index_folder = os.path.join(FOLDER, "tantivy")
    shutil.rmtree(index_folder, ignore_errors=True)
    os.makedirs(index_folder)
    index = tantivy.Index(schema, path=index_folder)
    writer = index.writer(1_000_000_000, 1)
    start = time.time()
    for i, row in enumerate(corpus):
        writer.add_document(tantivy.Document(t=[" ".join(f"w{n}" for n in row)], id=[i]))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    size = sum(os.path.getsize(os.path.join(index_folder, f)) for f in os.listdir(index_folder))
    print(f"tantivy {tantivy.__version__} build: {time.time() - start:.1f} s, {searcher.num_segments} segments, {size / chunks:.0f} bytes a chunk", flush=True)

    def tantivy_times(group, count):
        """`count`: also count all matches, which switches pruning off. Neither is always the faster."""
        medians = []
        for row in group:
            query = index.parse_query(" OR ".join(f"w{n}" for n in row), ["t"])
            searcher.search(query, TOP, count=count)
            times = []
            for _ in range(RUNS):
                start = time.perf_counter()
                searcher.search(query, TOP, count=count)
                times.append(time.perf_counter() - start)
            medians.append(np.median(times) * 1e3)
        return medians

    folder = os.path.join(FOLDER, "grounds")
    for run in range(2):  # before and after, so that a busy machine shows
        for group in groups:
            for count in (False, True):
                times = tantivy_times(group, count)
                print(f"tantivy {group.shape[1]} terms, {'counting' if count else 'pruning'}: p50 {np.median(times):.3f} ms, "
                      f"p95 {np.percentile(times, 95):.3f} ms", flush=True)
        if run == 0:
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            subprocess.check_call([bench, path, folder, str(RUNS), "verify"])
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
