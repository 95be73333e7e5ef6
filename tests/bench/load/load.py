#!/usr/bin/env python3
"""Load for `grounds serve`: requests arrive at a set rate whether or not earlier ones are answered.

Arrivals are a Poisson process (by seed). A latency counts from the time at which a request was due, waiting for
a connection included, so that a server that stalls is charged for every request that the stall delayed: no
coordinated omission. How late the generator itself was is reported beside it; where that is not far below the
latencies, the generator was too slow, and the numbers say nothing about the server.

  load.py corpus 100000 > corpus.jsonl            # documents of one chunk each, for `grounds ingest --jsonl -`
  load.py run --url URL --rate 100 --seconds 60   # distinct searches; --distinct 50: fifty of them, again and again
  load.py run --url URL --route ask --rate 20 --seconds 60 --pid PID --csv requests.csv --samples samples.csv
"""
import argparse
import asyncio
import collections
import csv
import json
import os
import pathlib
import random
import re
import sys
import time
import urllib.parse

SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "el", "or")]
TOPICS = ("contract invoice delivery warranty budget audit meeting project customer report price discount refund travel expense salary holiday training safety machine "
          "sensor pressure temperature valve pump cable network server database backup password incident release test quality supplier shipment customs tax office "
          "building parking energy water waste recycling vehicle insurance claim policy approval deadline").split()


def words(rng, count):
    """Half of what texts share, half of a long tail: word counts as in real texts, roughly."""
    return [rng.choice(TOPICS) if rng.random() < 0.5 else "".join(rng.choices(SYLLABLES, k=rng.choice((2, 3)))) for _ in range(count)]


def corpus(count, seed):
    rng = random.Random(seed)
    for i in range(count):
        text = " ".join(words(rng, 18)).capitalize() + "."
        print(json.dumps({"uri": f"load/{i:07}.txt", "text": text}))


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


def summary(values):
    ordered = sorted(values)
    return {name: round(percentile(ordered, share) * 1000, 2) for name, share in
            (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0))} if ordered else {}


class Client:
    """Connections that are kept and lent to one request at a time."""

    def __init__(self, url, connections):
        address = urllib.parse.urlsplit(url)
        self.host, self.port = address.hostname, address.port
        self.free = asyncio.LifoQueue()
        for _ in range(connections):
            self.free.put_nowait(None)

    async def post(self, path, body):
        """The status; 0 if the connection broke."""
        kept = await self.free.get()
        try:
            if kept is None:
                kept = await asyncio.open_connection(self.host, self.port)
            reader, writer = kept
            writer.write(b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (path, len(body), body))
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"\r\nContent-Length: (\d+)", head)
            if length:
                await reader.readexactly(int(length[1]))
            else:  # chunks
                while size := int((await reader.readline()).split(b";")[0], 16):
                    await reader.readexactly(size + 2)
                await reader.readline()
            if b"\r\nConnection: close" in head:
                writer.close()
                kept = None
            return int(head.split(b" ", 2)[1])
        except (OSError, asyncio.IncompleteReadError):
            if kept:
                kept[1].close()
            kept = None
            return 0
        finally:
            self.free.put_nowait(kept)


def sample(pid):
    """(resident bytes, open descriptors, threads) of the server."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    field = lambda name: int(re.search(name + r":\s+(\d+)", status)[1])
    return field("VmRSS") * 1024, len(os.listdir(f"/proc/{pid}/fd")), field("Threads")


async def watch(pid, samples, started):
    while True:
        samples.append((round(time.monotonic() - started, 1), *sample(pid)))
        await asyncio.sleep(1)


async def run(options):
    rng = random.Random(options.seed)
    arrivals, at = [], 0.0
    while (at := at + rng.expovariate(options.rate)) < options.seconds:
        arrivals.append(at)
    distinct = options.distinct or len(arrivals)
    queries = [" ".join(words(rng, 4)) for _ in range(distinct)]
    client = Client(options.url, options.connections)
    path = f"/v1/{options.route}".encode()
    field = {"search": "query", "ask": "question"}[options.route]
    rows, samples, running = [], [], set()
    for query in queries[:options.warm_up] if options.distinct == 0 else queries:
        await client.post(path, json.dumps({field: "warm " + query if options.distinct == 0 else query, "collection": options.collection}).encode())
    started = time.monotonic() + 0.1
    watching = asyncio.create_task(watch(options.pid, samples, started)) if options.pid else None

    async def one(index, due):
        late = time.monotonic() - started - due
        body = {field: queries[index % distinct], "collection": options.collection}
        if options.route == "ask":
            body["backend"] = options.backend
        status = await client.post(path, json.dumps(body).encode())
        rows.append((due, late, time.monotonic() - started - due, status))

    for index, due in enumerate(arrivals):
        wait = started + due - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(one(index, due))
        running.add(task)
        task.add_done_callback(running.discard)
    if running:
        await asyncio.wait(running, timeout=120)
    took = time.monotonic() - started
    if watching:
        watching.cancel()
    if options.csv:
        with open(options.csv, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("due_s", "generator_late_ms", "latency_ms", "status"))
            writer.writerows((f"{d:.4f}", f"{l * 1000:.3f}", f"{t * 1000:.3f}", s) for d, l, t, s in sorted(rows))
    if options.samples and samples:
        with open(options.samples, "w", newline="") as file:
            csv.writer(file).writerows([("second", "resident_bytes", "descriptors", "threads"), *samples])
    good = [r for r in rows if r[3] == 200]
    result = {"route": options.route, "due": len(arrivals), "answered": len(good), "unanswered": len(arrivals) - len(rows),
              "statuses": dict(collections.Counter(str(r[3]) for r in rows)), "rate_asked": options.rate, "rate_answered": round(len(good) / took, 1),
              "distinct_queries": distinct, "latency_ms": summary([r[2] for r in good]), "generator_late_ms": summary([r[1] for r in rows])}
    if samples:
        quarter = max(1, len(samples) // 4)
        middle = lambda part, column: sorted(row[column] for row in part)[len(part) // 2]
        second, last = samples[quarter:2 * quarter] or samples, samples[-quarter:]
        result["memory"] = {"second_quarter_mb": round(middle(second, 1) / 1e6, 1), "last_quarter_mb": round(middle(last, 1) / 1e6, 1),
                            "descriptors_second_quarter": middle(second, 2), "descriptors_last_quarter": middle(last, 2)}
    print(json.dumps(result))
    return 0 if len(good) == len(arrivals) else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("corpus")
    make.add_argument("count", type=int)
    make.add_argument("--seed", type=int, default=1)
    go = commands.add_parser("run")
    go.add_argument("--url", required=True)
    go.add_argument("--route", choices=("search", "ask"), default="search")
    go.add_argument("--rate", type=float, default=100, help="requests a second")
    go.add_argument("--seconds", type=float, default=60)
    go.add_argument("--distinct", type=int, default=0, help="so many queries again and again; 0: all are distinct")
    go.add_argument("--connections", type=int, default=64)
    go.add_argument("--collection", default="default")
    go.add_argument("--backend", default="extractive")
    go.add_argument("--seed", type=int, default=2)
    go.add_argument("--warm-up", type=int, default=20, help="requests before, not counted")
    go.add_argument("--pid", type=int, help="the server's, to sample its memory and descriptors each second")
    go.add_argument("--csv", help="a line a request")
    go.add_argument("--samples", help="a line a second of memory and descriptors")
    options = parser.parse_args()
    if options.command == "corpus":
        return corpus(options.count, options.seed)
    if not 0 < options.seconds <= 3600 or not 0 < options.rate <= 10_000:
        parser.error("--seconds is at most 3600 and --rate at most 10000")
    if urllib.parse.urlsplit(options.url).hostname not in ("127.0.0.1", "::1", "localhost"):
        parser.error("--url must be of this machine")
    return asyncio.run(run(options))


if __name__ == "__main__":
    sys.exit(main())
