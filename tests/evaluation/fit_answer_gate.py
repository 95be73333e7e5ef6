#!/usr/bin/env python3
"""Fits the two linear rules of the built-in backend (src/answer/gate.h) to labelled questions.

    grounds eval answers QUESTIONS -c COLLECTION --features-out FILE
    fit_answer_gate.py FILE... [--seed 1] [--write src/answer/gate_weights.h]

Half of the questions, drawn by seed, are fitted to; the other half is reported as held out. The rule of
preference (which span answers best) is a softmax over the spans of a question, the gate (does it answer at
all) a logistic regression over the features of the span preferred. Needs numpy. The same input gives the
same weights.
"""
import argparse
import json
import pathlib
import random
import sys

import numpy as np

WITHHELD = 0.05     # share of answerable questions that may be declined: the threshold is set to it
SURE = 0.9          # share of the others that are not to be answered as if it were sure


def read(paths):
    questions, names = [], None
    for path in paths:
        for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
            question = json.loads(line)
            names = names or question["features"]
            if question["features"] != names:
                sys.exit(f"{path}: other features than the first file's")
            values = np.array([span["values"] for span in question["spans"]], dtype=float).reshape(-1, len(names)) / 1000
            questions.append({"id": question["id"], "set": pathlib.Path(path).stem, "answerable": question["answerable"], "x": values,
                              "holds": np.array([span["holds"] for span in question["spans"]], dtype=bool),
                              "document": np.array([span["document"] for span in question["spans"]], dtype=bool)})
    return questions, names


def descend(gradient, size, steps=3000, rate=0.3):
    """Adam: plain, deterministic."""
    w, m, v = np.zeros(size), np.zeros(size), np.zeros(size)
    for step in range(1, steps + 1):
        g = gradient(w)
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        w = w - rate / (1 + step / 300) * (m / (1 - 0.9 ** step)) / (np.sqrt(v / (1 - 0.999 ** step)) + 1e-8) * 0.1
    return w


def fit_preference(questions, ridge):
    useful = [q for q in questions if q["answerable"] and q["holds"].any() and not q["holds"].all()]
    rows = np.concatenate([q["x"] for q in useful])
    holds = np.concatenate([q["holds"] for q in useful])
    starts = np.cumsum([0] + [len(q["x"]) for q in useful])[:-1]
    lengths = [len(q["x"]) for q in useful]

    def gradient(w):
        score = rows @ w
        score = score - np.repeat(np.maximum.reduceat(score, starts), lengths)
        e = np.exp(score)
        p = e / np.repeat(np.add.reduceat(e, starts), lengths)
        h = e * holds
        target = h / np.repeat(np.add.reduceat(h, starts), lengths)
        return rows.T @ (p - target) / len(useful) + ridge * w
    return descend(gradient, rows.shape[1])


def fit_gate(questions, weights, ridge):
    chosen = [q for q in questions if len(q["x"])]
    rows = np.array([q["x"][np.argmax(q["x"] @ weights)] for q in chosen])
    rows = np.hstack([rows, np.ones((len(rows), 1))])
    labels = np.array([q["answerable"] for q in chosen], dtype=float)
    balance = np.where(labels > 0, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))

    def gradient(w):
        p = 1 / (1 + np.exp(-(rows @ w)))
        penalty = ridge * w
        penalty[-1] = 0
        return rows.T @ (balance * (p - labels)) / len(rows) + penalty
    w = descend(gradient, rows.shape[1])
    scores = np.sort((rows @ w)[labels > 0])
    w[-1] -= scores[int(WITHHELD * len(scores))] - 1e-6
    others = np.sort((rows @ w)[labels == 0])
    return w, max(others[int(SURE * len(others))], 0.0)


def report(name, questions, preference, gate, sure_at):
    sure = sure_others = right = shown = withheld = declined = answerable = others = holds = 0
    for q in questions:
        if not len(q["x"]):
            answered = False
        else:
            best = int(np.argmax(q["x"] @ preference))
            score = q["x"][best] @ gate[:-1] + gate[-1]
            answered = score > 0
            sure += q["answerable"] and score > sure_at
            sure_others += not q["answerable"] and score > sure_at
        if q["answerable"]:
            answerable += 1
            withheld += not answered
            if len(q["x"]):
                right += bool(q["document"][best])
                holds += bool(q["holds"][best])
                shown += bool(answered and q["document"][best])
        else:
            others += 1
            declined += not answered
    print(f"{name:28} answerable {answerable:3}: right document first {right}, holds the answer {holds}, "
          f"withheld {withheld} ({100 * withheld / max(answerable, 1):.1f} %), right and shown {shown}; "
          f"sure {sure}; others {others:3}: declined {declined} ({100 * declined / max(others, 1):.1f} %), sure {sure_others}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ridge", type=float, default=0.02)
    parser.add_argument("--write")
    arguments = parser.parse_args()
    questions, names = read(arguments.files)
    order = sorted(questions, key=lambda q: q["id"])
    random.Random(arguments.seed).shuffle(order)
    # Half of each kind of each set.
    fitted, held_out, seen = [], [], {}
    for q in order:
        key = (q["set"], q["answerable"])
        seen[key] = seen.get(key, 0) + 1
        (fitted if seen[key] % 2 else held_out).append(q)
    preference = fit_preference(fitted, arguments.ridge)
    gate, sure_at = fit_gate(fitted, preference, arguments.ridge)
    preference, gate, sure_at = np.round(preference, 3), np.round(gate, 3), round(float(sure_at), 3)
    print(f"{'feature':14} {'preference':>10} {'gate':>8}")
    for i, name in enumerate(names):
        print(f"{name:14} {preference[i]:10.3f} {gate[i]:8.3f}")
    print(f"{'bias':14} {'':10} {gate[-1]:8.3f}")
    print(f"sure above {sure_at:.3f}")
    report("fitted", fitted, preference, gate, sure_at)
    report("held out", held_out, preference, gate, sure_at)
    for name in sorted({q["set"] for q in questions}):
        report("held out, " + name, [q for q in held_out if q["set"] == name], preference, gate, sure_at)
    if arguments.write:
        path = pathlib.Path(arguments.write)
        lines = path.read_text(encoding="utf-8").splitlines()

        def array(name, values):
            return [f"inline constexpr std::array<std::int32_t, {len(names)}> {name} = {{",
                    "    " + ", ".join(str(int(round(v * 1000))) for v in values) + "};"]
        start = next(i for i, line in enumerate(lines) if line.startswith("inline constexpr"))
        end = next(i for i, line in enumerate(lines) if line.startswith("}  // namespace"))
        body = array("kPreferenceWeights", preference) + array("kGateWeights", gate[:-1]) + \
            [f"inline constexpr std::int32_t kGateBias = {int(round(gate[-1] * 1000))};",
             f"inline constexpr std::int32_t kSureAt = {int(round(sure_at * 1000))};", ""]
        path.write_text("\n".join(lines[:start] + body + lines[end:]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
