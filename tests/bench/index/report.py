#!/usr/bin/env python3
"""What tests/bench/index/run.sh measured: a table of the numbers and their budgets, one of their growth, and growth.svg.

usage: report.py FOLDER        (prints Markdown, writes FOLDER/growth.svg)
"""
import json
import math
import pathlib
import re
import sys


def load(folder, prefix):
    """By chunks."""
    found = {int(path.stem.split("-")[1]): json.loads(path.read_text()) for path in folder.glob(f"{prefix}-*.json")}
    return dict(sorted(found.items()))


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] +
                     ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]) + "\n"


class Budgets:
    def __init__(self):
        self.rows = []

    def add(self, what, value, limit, unit="", at_least=False):
        met = value >= limit if at_least else value <= limit
        self.rows.append((what, f"{value:.3g}{unit}", f"{'>=' if at_least else '<='} {limit:g}{unit}", "met" if met else "**missed**"))

    def text(self):
        return table(("what", "measured", "budget", ""), self.rows)


def vector_budgets(folder, largest, budgets):
    runs = {run["name"].split("/iterations")[0]: run for run in json.loads((folder / "vector.json").read_text())["benchmarks"]}
    for name, run in runs.items():
        if name == f"exact/{largest}":
            budgets.add(f"exact scan of {largest:,} chunks over a plain read", run["ratio"], 1.4)
        if name == "exact/100000":
            budgets.add("exact scan of 100,000 chunks", run["search_ms"], 2, " ms")
        if name == "exact_two_threads":
            budgets.add("gain of two threads over the plain read's", run["gain_ratio"], 0.9, at_least=True)


def lexical_budgets(folder, budgets):
    """Ours over the faster of tantivy's two ways in its better pass."""
    text = (folder / "lexical-peers.txt").read_text()
    for terms in (5, 10):
        ours = re.search(rf"grounds {terms} terms: p50 ([\d.]+) ms, p95 ([\d.]+) ms", text)
        theirs = re.findall(rf"tantivy {terms} terms, \w+: p50 ([\d.]+) ms, p95 ([\d.]+) ms", text)
        for at, name in enumerate(("median", "p95")):
            budgets.add(f"BM25, {terms} terms, {name}, over tantivy's", float(ours.group(at + 1)) / min(float(each[at]) for each in theirs), 1)
    wrong = sum(int(n) for n in re.findall(r"(\d+) of \d+ differ from brute force", text))
    budgets.add("BM25 questions that differ from brute force", wrong, 0)


def search_budgets(largest, searches, commits, budgets):
    now, memory = searches["searches"], searches["memory"]
    hybrid = now["hybrid_ms"]
    budgets.add("hybrid over the sum of its legs", now["hybrid_over_legs"], 1.15)
    budgets.add("hybrid, p50", hybrid["p50"], 30, " ms")
    budgets.add("hybrid, p99 over p50", hybrid["p99"] / hybrid["p50"], 2)
    budgets.add("hybrid, filter that lets 1 % through, p50", searches["one_in_100"]["hybrid_ms"]["p50"], 6, " ms")
    for leg in ("lexical_ms", "hybrid_ms"):
        budgets.add(f"{leg[:-3]} at a past generation over now, p50", searches["past"][leg]["p50"] / now[leg]["p50"], 3)
    budgets.add("anonymous memory beyond 300 MB", max(0, memory["anonymous_mb"] - 300) * 2**20 / memory["chunks"], 64, " B a chunk")
    budgets.add("mapped", memory["mapped_bytes_a_chunk"], 0.9 * 1024, " B a chunk")
    budgets.add("open, warm", searches["warm"]["open_ms"] / 1e3, 2, " s")
    budgets.add("open, cold", searches["cold"]["open_ms"] / 1e3, 2, " s")
    syncs = commits["five_syncs_ms"]
    budgets.add("one document, median, beyond five syncs", commits["commit_ms"]["p50"] - syncs["p50"], 60, " ms")
    budgets.add("one document, p99, beyond five syncs (p99)", commits["commit_ms"]["p99"] - syncs["p99"], 60, " ms")
    budgets.add(f"p99 of the last tenth of {commits['commits']} commits over the first's",
                commits["last_tenth_ms"]["p99"] / commits["first_tenth_ms"]["p99"], 1.2)
    for leg in ("vector_ms", "lexical_ms"):
        budgets.add(f"{leg[:-3]} search after {commits['commits']} commits over before", commits[leg]["after"] / commits[leg]["before"], 1.2)
    budgets.add("segments at most", commits["segments"]["most"], 32)


SERIES = (  # name, colour, where it is
    ("vector leg, p50", "#1f77b4", lambda s, c: s["searches"]["vector_ms"]["p50"]),
    ("lexical leg, p50", "#2ca02c", lambda s, c: s["searches"]["lexical_ms"]["p50"]),
    ("hybrid, p50", "#d62728", lambda s, c: s["searches"]["hybrid_ms"]["p50"]),
    ("hybrid, p99", "#ff9896", lambda s, c: s["searches"]["hybrid_ms"]["p99"]),
    ("hybrid, 1 % filter, p50", "#9467bd", lambda s, c: s["one_in_100"]["hybrid_ms"]["p50"]),
    ("hybrid, past generation, p50", "#8c564b", lambda s, c: s["past"]["hybrid_ms"]["p50"]),
    ("commit of one document, p50", "#7f7f7f", lambda s, c: c["commit_ms"]["p50"]),
    ("open, warm", "#17becf", lambda s, c: s["warm"]["open_ms"]),
    ("open, cold", "#bcbd22", lambda s, c: s["cold"]["open_ms"]),
    ("first search, warm", "#e377c2", lambda s, c: s["warm"]["first_search_ms"]),
    ("first search, cold", "#ffbb78", lambda s, c: s["cold"]["first_search_ms"]),
)


def growth_table(searches, commits):
    rows = [(name, *(f"{value(searches[size], commits[size]):.3g}" for size in searches)) for name, _, value in SERIES]
    for name, key in (("anonymous memory, MB", "anonymous_mb"), ("mapped bytes a chunk", "mapped_bytes_a_chunk")):
        rows.append((name, *(f"{searches[size]['memory'][key]:.0f}" for size in searches)))
    return table(("milliseconds, unless said", *(f"{size:,}" for size in searches)), rows)


def kinds_table(searches):
    kinds = sorted({kind for each in searches.values() for kind in each["memory"]["mapped_bytes_a_chunk_by_kind"]})
    return table(("mapped bytes a chunk", *(f"{size:,}" for size in searches)),
                 [(kind, *(f"{each['memory']['mapped_bytes_a_chunk_by_kind'].get(kind, 0):.0f}" for each in searches.values())) for kind in kinds])


def plot(searches, commits):
    """Both axes logarithmic: what grows with the collection is a line of slope one."""
    width, height, left, right, top, bottom = 860, 520, 70, 230, 20, 50
    lines = [(name, colour, [(size, max(value(searches[size], commits[size]), 1e-3)) for size in searches]) for name, colour, value in SERIES]
    values = [y for _, _, points in lines for _, y in points]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    first, last = math.log10(min(searches)), math.log10(max(searches))
    span = max(last - first, 1e-9)
    x_of = lambda x: left + (math.log10(x) - first) / span * (width - left - right)
    y_of = lambda y: height - bottom - (math.log10(y) - low) / max(high - low, 1) * (height - top - bottom)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
             f'<rect width="{width}" height="{height}" fill="white"/>']
    for power in range(low, high + 1):
        y = y_of(10.0 ** power)
        parts += [f'<line x1="{left}" y1="{y:.1f}" x2="{width - right}" y2="{y:.1f}" stroke="#ddd"/>',
                  f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0 ** power:g} ms</text>']
    for size in searches:
        parts.append(f'<text x="{x_of(size):.1f}" y="{height - bottom + 20}" text-anchor="middle">{size:,}</text>')
    parts.append(f'<text x="{(left + width - right) / 2}" y="{height - 8}" text-anchor="middle">chunks</text>')
    for at, (name, colour, points) in enumerate(lines):
        path = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        y = top + 14 + 20 * at
        parts += [f'<line x1="{width - right + 14}" y1="{y}" x2="{width - right + 38}" y2="{y}" stroke="{colour}" stroke-width="2"/>',
                  f'<text x="{width - right + 44}" y="{y + 4}">{name}</text>']
    return "\n".join(parts + ["</svg>"]) + "\n"


def main():
    if len(sys.argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder = pathlib.Path(sys.argv[1])
    searches, commits = load(folder, "searches"), load(folder, "commits")
    largest = max(searches)
    budgets = Budgets()
    search_budgets(largest, searches[largest], commits[largest], budgets)
    if (folder / "vector.json").exists():
        vector_budgets(folder, largest, budgets)
    if (folder / "lexical-peers.txt").exists():
        lexical_budgets(folder, budgets)
    print(f"## Budgets, {largest:,} chunks\n\n{budgets.text()}")
    print(f"## Growth\n\n{growth_table(searches, commits)}\n{kinds_table(searches)}")
    for name in ("vector-peers.md", "vector-peers-exact.md", "lexical-peers.txt", "run.log"):
        if (folder / name).exists():
            print(f"## {name}\n\n{(folder / name).read_text()}")
    (folder / "growth.svg").write_text(plot(searches, commits))
    return 0


if __name__ == "__main__":
    sys.exit(main())
