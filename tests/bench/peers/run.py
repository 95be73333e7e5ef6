"""Runs the peers in turns, each in a process of its own on the same processors. See run.sh."""
import argparse
import csv
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FIELDS = ["set", "peer", "version", "kind", "threads", "round", "documents", "ingest_s", "ingest_cpu_s", "ingest_peak_mb",
          "peak_mb", "disk_mb", "query_p50_ms", "query_p95_ms", "ndcg@10", "repeats_equal", "batches_equal", "load"]

parser = argparse.ArgumentParser()
parser.add_argument("--grounds", required=True)
parser.add_argument("--data", default=os.environ.get("GROUNDS_EVAL_DATA"), help="folder of BEIR folders")
parser.add_argument("--sets", default="cranfield")
parser.add_argument("--threads", type=int, default=min(2, os.cpu_count()))
parser.add_argument("--rounds", type=int, default=1)
parser.add_argument("--peers", default="grounds,grounds-defaults,chroma,llama_index,vectors,bm25s,tantivy")
parser.add_argument("--txtai-python")
parser.add_argument("--out", default="build/peers-results")
options = parser.parse_args()
if not options.data:
    parser.error("--data or GROUNDS_EVAL_DATA must name a folder of BEIR folders")
options.grounds = str(pathlib.Path(options.grounds).resolve())
if options.txtai_python:
    options.peers += ",txtai"


def command(peer, folder, scratch):
    if peer.startswith("grounds"):
        model = [] if peer == "grounds-defaults" else ["--model", "all-minilm-l6-v2"]
        return [sys.executable, HERE / "peer_grounds.py", folder, scratch, "--program", options.grounds, *model]
    python = options.txtai_python if peer == "txtai" else sys.executable
    return [python, HERE / f"peer_{peer}.py", folder, scratch]


def run(peer, name, number):
    scratch = tempfile.mkdtemp(prefix=f"grounds-peers-{peer}-")
    environment = dict(os.environ, PEERS_THREADS=str(options.threads), OMP_NUM_THREADS=str(options.threads),
                       TOKENIZERS_PARALLELISM="false")
    processors = set(sorted(os.sched_getaffinity(0))[:options.threads])
    print(f"{name}, round {number}: {peer}", file=sys.stderr, flush=True)
    try:
        done = subprocess.run([str(c) for c in command(peer, str(pathlib.Path(options.data) / name), scratch)], env=environment,
                              stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, processors))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    found = [json.loads(line[7:]) for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if done.returncode != 0 or not found:
        print(f"{peer} failed with {done.returncode}", file=sys.stderr)
    return [dict(each, set=name, threads=options.threads, round=number, load=round(os.getloadavg()[0], 1)) for each in found]


def table(rows):
    """Medians over the rounds, and ratios to Grounds with the same model: how many times better, above 1."""
    groups = {}
    for row in rows:
        groups.setdefault((row["set"], row["peer"]), []).append(row)
    median = lambda group, field: statistics.median(r[field] for r in group)
    lines = ["| set | | ingest, documents/s | peak MB, ingest | peak MB, in all | disk MB | query p50, ms | p95 | nDCG@10 | repeats | batches |",
             "|---|---|---|---|---|---|---|---|---|---|---|"]
    for (name, peer), group in groups.items():
        same = "lexical" if group[0]["kind"] == "lexical" else "hybrid"
        ours = groups.get((name, f"Grounds, all-minilm-l6-v2, {same}"))
        speed = lambda g: median(g, "documents") / median(g, "ingest_s")
        ratio = lambda value: f" ({value:.2f})" if ours and not peer.startswith("Grounds") else ""
        cells = [name, f"{peer} {group[0]['version']}"]
        cells.append(f"{speed(group):.1f}" + (ratio(speed(ours) / speed(group)) if ours else ""))
        for field in ("ingest_peak_mb", "peak_mb", "disk_mb"):
            cells.append(f"{median(group, field):.0f}" + (ratio(median(ours, field) / median(group, field)) if ours else ""))
        cells.append(f"{median(group, 'query_p50_ms'):.2f}" +
                     (ratio(median(group, "query_p50_ms") / median(ours, "query_p50_ms")) if ours else ""))
        cells.append(f"{median(group, 'query_p95_ms'):.2f}")
        cells.append(f"{median(group, 'ndcg@10'):.4f}")
        for field in ("repeats_equal", "batches_equal"):
            values = {r[field] for r in group}
            cells.append("differ" if False in values else "-" if None in values else "equal")
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("")
    lines.append(f"Medians of {options.rounds} round(s), {options.threads} thread(s); in brackets, beside Grounds with the same model "
                 "(its lexical mode for lexical peers, else hybrid): speed and latency as times better, memory and disk as its share.")
    return "\n".join(lines) + "\n"


rows = []
out = pathlib.Path(options.out)
out.mkdir(parents=True, exist_ok=True)
for number in range(1, options.rounds + 1):
    for name in options.sets.split(","):
        for peer in options.peers.split(","):
            rows += run(peer, name, number)
            with open(out / "peers.csv", "w", newline="") as file:  # after each, so that a run cut short is not lost
                writer = csv.DictWriter(file, FIELDS)
                writer.writeheader()
                writer.writerows(rows)
            (out / "peers.md").write_text(table(rows), encoding="utf-8")
print((out / "peers.md").read_text(encoding="utf-8"))
