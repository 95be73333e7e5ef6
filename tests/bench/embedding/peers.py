#!/usr/bin/env python3
"""Runs ONNX Runtime f32 (as behind Chroma, fastembed, LangChain) beside this program, in turns in one run: same
model, same texts, same threads. Prints tokens/s of both, by wall clock and by processor time, and the ratio.

Usage: peers.py BENCH MODEL TEXTS [--threads N] [--rounds R]
  BENCH  the program embedding_bench;  MODEL  a registry name, installed;  TEXTS  a file, a text a line
Makes a venv of its own in the user's cache folder on first use (onnxruntime, tokenizers, numpy).
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import venv

PACKAGES = ["onnxruntime==1.32.0", "tokenizers==0.23.3", "numpy==2.4.6"]
cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "grounds"


def inside_venv():
    folder = cache / "venv-embedding-peers"
    python = folder / "bin/python"
    if sys.prefix == str(folder):
        return
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        (folder / "complete").touch()
    os.execv(python, [str(python), *sys.argv])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("model")
    parser.add_argument("texts")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    models = pathlib.Path(os.environ.get("GROUNDS_MODELS", cache / "models"))
    base = models / options.model / options.model
    tokenizer = Tokenizer.from_file(f"{base}-tokenizer.json")
    tokenizer.no_padding()
    tokenizer.no_truncation()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(f"{base}.onnx", settings)
    names = [i.name for i in session.get_inputs()]
    texts = [line.rstrip("\n") for line in open(options.texts, encoding="utf-8")]
    tokenized = sorted((e.ids for e in tokenizer.encode_batch(texts)), key=len, reverse=True)
    tokens = sum(map(len, tokenized))

    def run(ids):
        n = len(ids)
        values = {"input_ids": np.array([ids]), "attention_mask": np.ones((1, n), np.int64), "token_type_ids": np.zeros((1, n), np.int64)}
        session.run(None, {k: values[k] for k in names})

    def peer():
        # One sequence per run, a session's runs side by side: faster here than one padded batch.
        wall, cpu = time.perf_counter(), time.process_time()
        left = list(reversed(tokenized))
        lock = threading.Lock()

        def work():
            while True:
                with lock:
                    if not left:
                        return
                    ids = left.pop()
                run(ids)

        threads = [threading.Thread(target=work) for _ in range(options.threads)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        return tokens / (time.perf_counter() - wall), tokens / (time.process_time() - cpu)

    def ours():
        out = subprocess.run([options.bench, "speed", options.model, "int8", str(options.threads), "1"], check=True,
                             stdin=open(options.texts), stdout=subprocess.PIPE)
        result = json.loads(out.stdout)
        assert result["tokens"] == tokens, (result["tokens"], tokens)
        return result["tokens_per_second"], result["tokens_per_cpu_second"]

    run(tokenized[0])
    best = {"ours": (0, 0), "onnxruntime": (0, 0)}
    for _ in range(options.rounds):
        for name, measure in (("onnxruntime", peer), ("ours", ours)):
            best[name] = tuple(map(max, best[name], measure()))
    print(f"{options.model}, {len(texts)} texts, {tokens} tokens ({tokens / len(texts):.0f} each), {options.threads} thread(s)")
    for i, clock in enumerate(("wall clock", "processor time")):
        a, b = best["ours"][i], best["onnxruntime"][i]
        print(f"  {clock}: ours {a:.0f} tokens/s, ONNX Runtime f32 {b:.0f} tokens/s, ratio {a / b:.2f}")


inside_venv()
main()
