#!/usr/bin/env python3
"""Measures ingesting, one number a line, each with its bound; exits with 1 where one is passed.

Usage: tests/bench/ingest/measure.py [stages] [unchanged] [small] [access] [pdf] [handbook] [memory]     (none: all)
Environment: GROUNDS_TEST_BUILD (build/release), GROUNDS_EVAL_DATA, GROUNDS_MIXED_MB.
Times are by the clock: on a machine that does other work they say little; the load average is printed.
"""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.program import PROGRAM, SAMPLES, Workspace, environment  # noqa: E402

DATA = os.environ.get("GROUNDS_EVAL_DATA")
failed = False


def tell(name, value, unit, bound, holds):
    global failed
    failed = failed or not holds
    print(f"{'ok    ' if holds else 'MISSED'} {name}: {value:.2f} {unit} ({bound}), load {os.getloadavg()[0]:.1f}", flush=True)


def data(*names):
    paths = [pathlib.Path(DATA or "/nonexistent", name) for name in names]
    return [path for path in paths if path.exists()]


def lexical():
    workspace = Workspace()
    workspace.json("collections", "create", "default", "--model", "none")
    return workspace


def notes(folder, count, words=60):
    source = random.Random(7)
    vocabulary = [f"word{i}" for i in range(5000)]
    for i in range(count):
        path = folder / f"{i % 100:02}" / f"note{i:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Note {i}\n\n" + " ".join(source.choices(vocabulary, k=words)) + ".\n")


def stages():
    """All but embedding is at most 15 % of a job's wall time, on a handbook and on PDFs."""
    sources = data("md_sourcegraph_handbook_en/base", "financebench_a/pdfs") or [SAMPLES / "docs"]
    for source in sources:
        workspace = Workspace()
        report = workspace.run("ingest", source, "--json", timeout=7200).json
        seconds = report["stages"]
        print(f"       {source.name}: {report['seconds']:.1f} s, " + ", ".join(f"{name} {value:.1f}" for name, value in seconds.items()))
        share = 1 - report["embedding_seconds"] / report["seconds"]
        tell(f"not embedding, {source.parent.name}/{source.name}", 100 * share, "%", "<= 15", share <= 0.15)
        workspace.close()


def unchanged():
    workspace = lexical()
    folder = workspace.folder / "docs"
    notes(folder, 10_000)
    workspace.json("sync", folder)
    time.sleep(2.5)  # files as young as their reading are hashed again
    workspace.json("sync", folder)
    best = min(workspace.json("sync", folder)["seconds"] for _ in range(3))
    tell("unchanged files", 10_000 / best, "files/s", ">= 5000", 10_000 / best >= 5000)
    workspace.close()


def small():
    workspace = lexical()
    folder = workspace.folder / "docs"
    notes(folder, 10_000)
    report = workspace.json("ingest", folder)
    tell("10,000 small files without a model", report["seconds"], "s", "<= 20", report["seconds"] <= 20)
    workspace.close()


def access():
    workspace = lexical()
    folder = workspace.folder / "docs"
    notes(folder, 10_000, words=5)
    workspace.json("sync", folder)
    time.sleep(2.5)
    seconds = []
    for groups in ("hr", "board", "sales"):
        (folder / ".grounds-access.toml").write_text(f'groups = ["{groups}"]\n')
        report = workspace.json("sync", folder)
        assert report["documents"]["regrouped"] == 10_000 and report["chunks"]["added"] == 0, report
        seconds.append(report["seconds"])
    tell("changed access of 10,000 documents", min(seconds), "s", "<= 1", min(seconds) <= 1)
    workspace.close()


def pdf():
    """A PDF of 200 pages: the first such of the annual reports, or one made of the sample's pages."""
    sys.path.insert(0, str(SAMPLES))
    import make_formats as formats
    lines = [f"Line {i} of a page of the long report says that meter {i} stands in hall {i % 7}." for i in range(45)]
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(200)).encode()
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [" + kids + b"] /Count 200 >>",
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    for page in range(200):
        content = "".join(formats.pdf_text(50, 790 - 16 * n, f"{page}: {line}") for n, line in enumerate(lines))
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>" % (5 + 2 * page))
        objects.append(formats.stream(content.encode()))
    workspace = lexical()
    workspace.write("docs/long.pdf", formats.pdf_objects(objects))
    report = workspace.json("ingest", workspace.folder / "docs")
    tell("a PDF of 200 pages, parsed", report["stages"]["parse"], "s", "<= 3", report["stages"]["parse"] <= 3)
    workspace.close()


def handbook():
    """16 weeks of a handbook with its models: only texts that were not there before are embedded, renames none."""
    for root in data("md_sourcegraph_handbook_en"):
        workspace = Workspace()
        folder = workspace.folder / "handbook"
        shutil.copytree(root / "base", folder)
        workspace.run("sync", folder, "--json", timeout=7200)
        listed = lambda: {d["uri"]: d for d in workspace.json("docs", "list")["documents"]}
        before, renamed, worst = listed(), 0, 0
        for change in sorted(p for p in (root / "changesets").iterdir() if p.is_dir()):
            rows = [line.split("\t") for line in (change / "ops.tsv").read_text().splitlines()[1:]]
            moved = {}
            for op, path, new_path in (row + [""] * (3 - len(row)) for row in rows):
                if op == "R":
                    moved[new_path] = (folder / path).read_bytes()
                if op in ("R", "D"):
                    (folder / path).unlink()
            for name, content in moved.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
            if (change / "files").exists():
                shutil.copytree(change / "files", folder, dirs_exist_ok=True)
            report = workspace.run("sync", folder, "--json", timeout=7200).json
            now = listed()
            known = {d["source_sha256"] for d in before.values()}
            new_chunks = sum(d["chunks"] for d in now.values() if d["source_sha256"] not in known)
            renamed += report["documents"]["renamed"]
            worst = max(worst, report["embedded"] - new_chunks)
            print(f"       {change.name}: {report['documents']}, {report['embedded']} embedded of {new_chunks} new chunks")
            before = now
        tell(f"chunks embedded beyond those of new texts, {renamed} renames", max(worst, 0), "chunks", "0", worst <= 0)
        workspace.close()


def anonymous(pid):
    """Of a process and its children, in MB; a process that has ended has none."""
    total, pids = 0, [pid]
    while pids:
        each = pids.pop()
        try:
            for line in pathlib.Path(f"/proc/{each}/status").read_text().splitlines():
                if line.startswith("RssAnon:"):
                    total += int(line.split()[1]) / 1024
            for task in pathlib.Path(f"/proc/{each}/task").iterdir():
                pids += [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total


def memory():
    """Anonymous memory of the job and its parsers while mixed files are read: at most 1 GiB, and flat."""
    megabytes = int(os.environ.get("GROUNDS_MIXED_MB", "1000"))
    workspace = lexical()
    folder = workspace.folder / "docs"
    source = random.Random(11)
    seeds = [p for root in [SAMPLES, *data("messy_docs/regular", "financebench_a/pdfs", "md_tidb_docs_zh/base")]
             for p in sorted(root.rglob("*")) if p.is_file() and p.stat().st_size > 1000]
    written, number = 0, 0
    while written < megabytes << 20:  # whole files again and again, those of text with a line of their own
        seed = source.choice(seeds)
        path = folder / f"{number % 200:03}" / f"{number:06}{seed.suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(seed, path)
        if seed.suffix in (".md", ".txt"):
            with open(path, "a") as file:
                file.write(f"\n\nCopy {number}.\n")
        written += path.stat().st_size
        number += 1
    job = subprocess.Popen([PROGRAM, "-w", str(workspace.path), "ingest", str(folder), "--json"], env=environment(),
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    seen = []

    def watch():
        while job.poll() is None:
            seen.append(anonymous(job.pid))
            time.sleep(0.2)
    watcher = threading.Thread(target=watch)
    watcher.start()
    job.communicate()
    watcher.join()
    half = len(seen) // 2
    tell(f"anonymous memory, {number} files of {written >> 20} MB", max(seen), "MiB", "<= 1024", max(seen) <= 1024)
    growth = max(seen[half:]) / max(max(seen[:half]), 1)
    tell("most of the second half to most of the first", growth, "times", "<= 1.25", growth <= 1.25)
    workspace.close()


def main():
    measures = [stages, unchanged, small, access, pdf, handbook, memory]
    names = sys.argv[1:]
    if "--help" in names or set(names) - {m.__name__ for m in measures}:
        print(__doc__)
        return 0 if "--help" in names else 2
    for measure in measures:
        if not names or measure.__name__ in names:
            measure()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
