"""Grounds: `grounds eval` ingests and scores; the latency is that of POST /v1/search over loopback, a connection each,
text of the results included, where the peers answer within one process.
"""
import argparse
import http.client
import json
import os
import pathlib
import resource
import subprocess
import time

import measure

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("scratch")
parser.add_argument("--program", required=True)
parser.add_argument("--model", default="", help="one model for all; else the program's defaults")
options = parser.parse_args()
workspace = pathlib.Path(options.scratch) / "workspace"
base = [options.program, "-w", str(workspace)]


def evaluate(mode):
    command = [*base, "eval", "--beir", options.folder, "-c", "peers", "--mode", mode, "--json"]
    if options.model:
        command += ["--model", options.model]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command} exited with {process.returncode}: {out.decode()[:300]}")
    return json.loads(out), usage, time.perf_counter() - started


def status_mb(pid, name):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1e3
    return 0.0


class Server:
    def __enter__(self):
        self.process = subprocess.Popen([*base, "serve", "--listen", "127.0.0.1:0", "--json"], stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        while b'"url"' not in line:
            if not line:
                raise SystemExit("grounds serve did not start")
            line = self.process.stdout.readline()
        self.address = line.split(b"http://")[1].split(b'"')[0].decode()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def search(self, text, mode):
        connection = http.client.HTTPConnection(self.address)
        connection.request("POST", "/v1/search", json.dumps({"collection": "peers", "query": text, "k": measure.K, "mode": mode}),
                           {"Content-Type": "application/json"})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if response.status != 200:
            raise SystemExit(f"search failed: {body[:300]}")
        return [(r["chunk_id"], r["rank"]) for r in json.loads(body)["results"]]


version = json.loads(subprocess.run([options.program, "version", "--json"], stdout=subprocess.PIPE, check=True).stdout)["version"]
_, _, queries, _ = measure.load(options.folder)
before = resource.getrusage(resource.RUSAGE_CHILDREN)
results = {}
for mode in ("hybrid", "vector", "lexical"):
    results[mode], usage, _ = evaluate(mode)
    if mode == "hybrid":
        ingest = results[mode]["ingest"]
        processor, ingest_peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3
for mode in ("hybrid", "vector", "lexical"):
    with Server() as server:
        for _, text in queries[:5]:
            server.search(text, mode)
        first, seconds = {}, []
        for number, (query, text) in enumerate(queries):
            started = time.perf_counter()
            first[query] = server.search(text, mode)
            if number < measure.TIMED_QUERIES:
                seconds.append(time.perf_counter() - started)
        again = {query: server.search(text, mode) for query, text in queries}
        peak = status_mb(server.process.pid, "VmHWM")
    # A fresh process that is asked in the other order: what was asked before must not matter.
    with Server() as server:
        other = {query: server.search(text, mode) for query, text in reversed(queries)}
    measure.report(peer=f"Grounds, {options.model or 'default models'}, {mode}", version=version, kind=mode,
                   documents=ingest["added"], ingest_s=ingest["seconds"], ingest_cpu_s=processor,
                   ingest_peak_mb=ingest_peak, peak_mb=peak, disk_mb=measure.disk_mb(workspace),
                   **measure.percentiles(seconds), **{"ndcg@10": results[mode]["ndcg@10"]},
                   repeats_equal=again == first, batches_equal=other == first)
