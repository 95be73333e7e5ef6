#!/usr/bin/env python3
"""The numbers of the ledger in one run: appends, verification, replay and comparison.

Usage: tests/bench/ledger/ledger_numbers.py --build DIR [--chunks 100000] [--answers 50] [--seed N] [--skip-bench]

Makes a collection of --chunks documents of a chunk each (lexical only: --model none), asks --answers questions of which
each second one after a change of documents, replays every answer over HTTP and compares each two. Times are of the
wall, as the client sees them; the load of the machine stands beside them. Appends and verification are ledger_bench's
(ninja -C DIR ledger_bench).
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

WORDS = ["warehouse", "invoice", "severance", "turbine", "license", "harbour", "pension", "voltage", "customs", "audit",
         "freight", "tenant", "reactor", "textile", "orchard", "drainage", "ferry", "quarry", "brewery", "archive"]
PLACES = ["Norland", "Sudania", "Ostria", "Westmark", "Lakeshire"]


def document(rng, number):
    words = [rng.choice(WORDS) for _ in range(40)]
    return (f"# {rng.choice(WORDS)} report {number}\n\nIn {rng.choice(PLACES)} the {words[0]} office counted {rng.randrange(1000, 9999)} "
            f"units of {words[1]} in {rng.randrange(2015, 2026)}. " + " ".join(words) + ".\n")


def lines(rng, numbers):
    return "".join(json.dumps({"uri": f"d{n}.md", "text": document(rng, n)}) + "\n" for n in numbers).encode()


def spread(milliseconds):
    ordered = sorted(milliseconds)
    return (f"p50 {statistics.median(ordered):.1f} ms, p99 {ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]:.1f} ms, "
            f"max {ordered[-1]:.1f} ms of {len(ordered)}")


def run_bench(build):
    subprocess.run(["ninja", "-C", build, "ledger_bench"], check=True, stdout=subprocess.DEVNULL)
    program = next(pathlib.Path(build).rglob("ledger_bench"))
    done = subprocess.run([program, "--benchmark_filter=AppendPairs/32|Verify", "--benchmark_format=json"], check=True,
                          stdout=subprocess.PIPE)
    for each in json.loads(done.stdout)["benchmarks"]:
        line = f"{each['name']}: {each['items_per_second']:.0f} a second"
        if "cpu_us" in each:
            line += f", {each['cpu_us'] / 1000:.3f} ms of processor time each"
        print(line, flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--build", required=True)
    arguments.add_argument("--chunks", type=int, default=100_000)
    arguments.add_argument("--answers", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=20261124)
    arguments.add_argument("--skip-bench", action="store_true")
    options = arguments.parse_args()
    os.environ["GROUNDS_TEST_BUILD"] = options.build
    from e2e.program import Server, Workspace
    rng = random.Random(options.seed)
    print(f"seed {options.seed}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
    if not options.skip_bench:
        run_bench(options.build)
    workspace = Workspace()
    try:
        workspace.json("collections", "create", "default", "--model", "none")
        started = time.monotonic()
        report = workspace.json("ingest", "--jsonl", "-", stdin=lines(rng, range(options.chunks)), timeout=3600)
        print(f"{report['chunks']['live']} chunks ingested in {time.monotonic() - started:.0f} s", flush=True)
        server = Server(workspace)
        try:
            answers = []
            for number in range(options.answers):
                if number % 2 == 1:
                    workspace.json("ingest", "--jsonl", "-", stdin=lines(rng, rng.sample(range(options.chunks), 20)))
                else:
                    question = f"How many units of {rng.choice(WORDS)} did the {rng.choice(WORDS)} office in {rng.choice(PLACES)} count?"
                answers.append(server.post("/v1/ask", {"question": question})["answer_id"])
            times = []
            for answer in answers:
                begun = time.monotonic()
                replayed = server.post(f"/v1/answers/{answer}/replay", {})
                times.append(1000 * (time.monotonic() - begun))
                if (replayed["retrieval"], replayed["prompt"]) != ("identical", "identical"):
                    raise SystemExit(f"answer {answer} does not replay: {replayed}")
            print(f"replay, first: {spread(times)}")
            times = []
            for answer in answers:
                begun = time.monotonic()
                server.post(f"/v1/answers/{answer}/replay", {})
                times.append(1000 * (time.monotonic() - begun))
            print(f"replay, again: {spread(times)}")
            times = []
            for a, b in zip(answers[::2], answers[1::2]):
                begun = time.monotonic()
                server.post("/v1/answers/compare", {"a": a, "b": b})
                times.append(1000 * (time.monotonic() - begun))
            print(f"compare over HTTP: {spread(times)}")
        finally:
            server.stop()
        times = [workspace.json("compare", a, b)["took_ms"] for a, b in list(zip(answers[::2], answers[1::2]))[:10]]
        print(f"compare by the command line (took_ms): {spread(times)}")
        print(f"load {os.getloadavg()[0]:.1f} at the end")
    finally:
        workspace.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
