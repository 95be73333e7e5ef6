#!/usr/bin/env python3
"""Compares `grounds eval score` with pytrec_eval over random runs, to 1e-6 by query and measure.

Needs `pip install pytrec-eval-terrier==0.5.11` and a built program:
    compare_with_pytrec_eval.py build/release/grounds [--rounds 200] [--seed 1]
    compare_with_pytrec_eval.py --write tests/evaluation/data    makes the data of evaluation_test anew
"""
import argparse
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

import pytrec_eval

MEASURES = ["ndcg@10", "recall@100", "mrr@10", "map"]


def random_score(rng):
    kind = rng.randrange(4)
    if kind == 0:
        return rng.randrange(4) / 2  # ties
    if kind == 1:
        return 1 + rng.randrange(4) * 1e-9  # distinct as doubles, equal as floats
    if kind == 2:
        return -rng.random()
    return rng.random() * 10


def random_collection(rng, queries):
    documents = [f"d{i}" for i in range(rng.choice([20, 60, 300]))]
    qrels, run = {}, {}
    for number in range(queries):
        query = f"q{number:03}"
        judged = rng.sample(documents, rng.randrange(1, min(len(documents), 60)))
        grades = rng.choice(3 * [[1], [0, 1], [-1, 0, 1, 2, 3]] + [[0], [-1, 0]])
        qrels[query] = {document: rng.choice(grades) for document in judged}
        ranked = rng.sample(documents, rng.randrange(0, min(len(documents), 200)))
        if ranked and rng.random() < 0.95:
            run[query] = {document: random_score(rng) for document in ranked}
    return qrels, run


def expected(qrels, run):
    evaluator = pytrec_eval.RelevanceEvaluator(
        qrels, {"ndcg_cut.10", "recall.100", "map", "recip_rank", "success.10"})
    values = evaluator.evaluate(run)
    results = {}
    for query in qrels:
        got = values.get(query)
        if got is None:  # trec_eval -c: a query without results scores 0
            results[query] = [0.0] * 4
            continue
        reciprocal = got["recip_rank"] if got["success_10"] else 0.0
        results[query] = [got["ndcg_cut_10"], got["recall_100"], reciprocal, got["map"]]
    return results


def write(directory, qrels, run):
    with open(directory / "qrels.txt", "w") as file:
        for query, judged in qrels.items():
            for document, grade in judged.items():
                file.write(f"{query} 0 {document} {grade}\n")
    with open(directory / "run.txt", "w") as file:
        for query, ranked in run.items():
            for document, score in ranked.items():
                file.write(f"{query} Q0 {document} 0 {score!r} random\n")


def compare(program, rounds, seed):
    worst, compared = 0.0, 0
    for number in range(rounds):
        rng = random.Random(seed * 1_000_003 + number)
        qrels, run = random_collection(rng, rng.randrange(1, 20))
        if not run:
            continue
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            write(directory, qrels, run)
            output = directory / "queries.tsv"
            done = subprocess.run(
                [program, "eval", "score", str(directory / "qrels.txt"), str(directory / "run.txt"),
                 "--queries-out", str(output), "--json"], capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"round {number}, seed {seed}: exit code {done.returncode}: {done.stderr}")
            means = json.loads(done.stdout)
            lines = output.read_text().splitlines()
        wanted = expected(qrels, run)
        got = {line.split("\t")[0]: [float(value) for value in line.split("\t")[1:]] for line in lines[1:]}
        if got.keys() != wanted.keys():
            sys.exit(f"round {number}, seed {seed}: other queries")
        for query, values in wanted.items():
            for measure, value, ours in zip(MEASURES, values, got[query]):
                worst = max(worst, abs(value - ours))
                compared += 1
                if not math.isclose(value, ours, rel_tol=0, abs_tol=1e-6):
                    sys.exit(f"round {number}, seed {seed}, query {query}: {measure} is {ours}, pytrec_eval says {value}")
        for index, measure in enumerate(MEASURES):
            mean = sum(values[index] for values in wanted.values()) / len(wanted)
            if abs(means[measure] - mean) > 1e-6:
                sys.exit(f"round {number}, seed {seed}: the mean of {measure} is {means[measure]}, not {mean}")
    print(f"{compared} values of {rounds} random runs are those of pytrec_eval; greatest difference {worst:.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", metavar="DIRECTORY")
    arguments = parser.parse_args()
    if arguments.write:
        qrels, run = random_collection(random.Random(12), 30)
        directory = pathlib.Path(arguments.write)
        write(directory, qrels, run)
        with open(directory / "expected.tsv", "w") as file:
            file.write("query_id\t" + "\t".join(MEASURES) + "\n")
            for query, values in expected(qrels, run).items():
                file.write(query + "\t" + "\t".join(repr(value) for value in values) + "\n")
    elif arguments.program:
        compare(arguments.program, arguments.rounds, arguments.seed)
    else:
        parser.error("which program?")


if __name__ == "__main__":
    main()
