#!/usr/bin/env python3
"""What one `grounds search` costs, process start included: makes a workspace of many chunks (synthetic_workspace), then
runs the program again and again. Prints milliseconds by the clock and of processor time, for each mode.

Usage: one_shot.py BUILD [--chunks N] [--runs R] [--workspace DIR]
  BUILD  the folder with grounds and synthetic_workspace (ninja synthetic_workspace)
  DIR    a workspace that is there already, or where to keep the one that is made
"""
import argparse
import json
import pathlib
import resource
import shutil
import subprocess
import tempfile
import time


def run(command):
    """Seconds by the clock, processor seconds, largest resident MB so far, and what was printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--chunks", type=int, default=100000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--workspace", type=pathlib.Path)
    options = parser.parse_args()
    folder = options.workspace or pathlib.Path(tempfile.mkdtemp(prefix="grounds-one-shot-"))
    program = str(options.build / "grounds")
    try:
        if not (folder / "catalog.db").exists():
            subprocess.run([str(options.build / "synthetic_workspace"), str(folder), str(options.chunks)], check=True)
        shown = json.loads(run([program, "-w", str(folder), "collections", "show", "default", "--json"])[2])
        print(f"{shown['chunks']} chunks, {options.runs} runs of each; ms")
        searches = {mode: [program, "-w", str(folder), "search", "--json", "--mode", mode, "word7 word120 word3000 contract"]
                    for mode in ("lexical", "vector", "hybrid")}
        commands = {"version": [program, "version"], **searches}
        times = {name: [] for name in commands}
        for i in range(options.runs + 1):
            for name, command in commands.items():
                wall, cpu, out = run(command)
                if i > 0:  # the first warms up
                    times[name].append((wall, cpu))
                if name in searches:
                    assert len(json.loads(out)["results"]) == 10
        for name, each in times.items():
            wall, cpu = (sorted(column) for column in zip(*each))
            print(f"  {name:8} clock: p50 {wall[len(wall) // 2] * 1e3:.0f}, lowest {wall[0] * 1e3:.0f};"
                  f" processor: p50 {cpu[len(cpu) // 2] * 1e3:.0f}, lowest {cpu[0] * 1e3:.0f}")
        print(f"  largest resident memory of any: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3:.0f} MB")
    finally:
        if not options.workspace:
            shutil.rmtree(folder)


main()
