#!/usr/bin/env python3
"""Runs every test of a tier and closes with a line "N passed, N failed".

Usage: tests/run.py fast|full --build DIR [--only e2e|unit|checks] [PATTERN]

fast: ctest programs labelled fast, checks of the samples, end-to-end tests.
full: also ctest programs labelled full, crash tests, and short fuzzing.
What does not run counts as failed; there are no skips.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Totals:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.times = []

    def add(self, name, passed, failed, seconds):
        self.passed += passed
        self.failed += failed
        self.times.append((seconds, name))
        print(f"{'ok    ' if not failed else 'FAILED'} {name}: {passed} passed, {failed} failed, {seconds:.1f} s", flush=True)


def run_ctest(build, labels, pattern, totals):
    """Each program of ctest; the cases are doctest's own counts."""
    listing = subprocess.run(["ctest", "--test-dir", build, "-N", "-L", labels], capture_output=True, text=True)
    names = re.findall(r"Test\s+#\d+: (\S+)", listing.stdout)
    if not names:
        totals.add("ctest (no test programs found)", 0, 1, 0)
    for name in names:
        if pattern and pattern not in name:
            continue
        start = time.monotonic()
        run = subprocess.run(["ctest", "--test-dir", build, "-V", "-R", f"^{re.escape(name)}$"],
                             capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)
        seconds = time.monotonic() - start
        counts = re.findall(r"test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed \|\s*(\d+) skipped", run.stdout)
        if counts:
            passed = sum(int(c[1]) for c in counts)
            # A test registered for one case alone leaves the others out on purpose; elsewhere none may be skipped.
            one_case = re.search(r"^\d+: Test command: .*--test-case=", run.stdout, re.MULTILINE)
            failed = sum(int(c[2]) + (0 if one_case else int(c[3])) for c in counts)
            if passed + failed == 0:
                failed = 1  # the case it names does not exist
        else:
            passed, failed = (1, 0) if run.returncode == 0 else (0, 1)
        if run.returncode != 0 and failed == 0:
            failed = 1  # crashed, or never started
        totals.add(name, passed, failed, seconds)
        if failed:
            print(run.stdout[-8000:], run.stderr[-2000:], flush=True)


def run_check(name, command, totals):
    start = time.monotonic()
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    totals.add(name, int(run.returncode == 0), int(run.returncode != 0), time.monotonic() - start)
    if run.returncode != 0:
        print(run.stdout[-4000:], run.stderr[-4000:], flush=True)


class Result(unittest.TextTestResult):
    """Says each test's outcome and time; a skip is a failure."""

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        bad = {str(getattr(t, "test_case", t)) for t, _ in self.failures + self.errors + self.skipped}
        state = "FAILED" if str(test) in bad else "ok    "
        seconds = time.monotonic() - self.started
        self.times.append((seconds, str(test)))
        print(f"{state} {test} ({seconds:.1f} s)", flush=True)

    times = []


def run_python(folder, pattern, totals):
    loader = unittest.TestLoader()
    suite = loader.discover(str(ROOT / "tests" / folder), pattern="*_test.py", top_level_dir=str(ROOT / "tests"))
    if pattern:
        chosen = unittest.TestSuite()
        stack = [suite]
        while stack:
            for item in stack.pop():
                if isinstance(item, unittest.TestSuite):
                    stack.append(item)
                elif pattern in item.id():
                    chosen.addTest(item)
        suite = chosen
    count = suite.countTestCases()
    if count == 0:
        if not pattern:
            totals.add(f"{folder} (no tests found)", 0, 1, 0)
        return
    start = time.monotonic()
    with open(os.devnull, "w") as quiet:
        result = unittest.TextTestRunner(stream=quiet, resultclass=Result, verbosity=0).run(suite)
    # A subtest that failed fails its test; a class whose set-up failed fails all of its tests.
    failed_names = {str(getattr(t, "test_case", t)) for t, _ in result.failures + result.errors + result.skipped}
    failed = min(count, len(failed_names) + count - result.testsRun)
    for test, trace in result.failures + result.errors:
        print(f"--- {test}\n{trace}", flush=True)
    for test, reason in result.skipped:
        print(f"--- {test} was skipped: {reason}", flush=True)
    totals.add(folder, max(0, count - failed), failed, time.monotonic() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tier", choices=["fast", "full"])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--only", choices=["unit", "checks", "e2e", "crash", "fuzz"])
    parser.add_argument("pattern", nargs="?")
    arguments = parser.parse_intermixed_args()
    os.chdir(ROOT)
    os.environ["GROUNDS_TEST_TIER"] = arguments.tier
    os.environ["GROUNDS_TEST_BUILD"] = str(pathlib.Path(arguments.build).resolve())
    sys.path.insert(0, str(ROOT / "tests"))
    totals = Totals()
    only = arguments.only
    if only in (None, "checks") and not arguments.pattern:
        run_check("the sample questions fit the sample documents", [sys.executable, "samples/check_questions.py"], totals)
        run_check("the data flow picture is current", [sys.executable, "docs/img/data_flow.py", "--check"], totals)
    if only in (None, "unit"):
        run_ctest(arguments.build, "fast|full" if arguments.tier == "full" else "fast", arguments.pattern, totals)
    if only in (None, "e2e"):
        run_python("e2e", arguments.pattern, totals)
    if only == "fuzz" or (only is None and arguments.tier == "full"):
        run_check("ten seconds of fuzzing for each reader of foreign bytes", ["scripts/fuzz.sh", "10"], totals)
    if only == "crash" or (only is None and arguments.tier == "full"):
        run_python("crash", arguments.pattern, totals)
    totals.times += Result.times
    print("slowest:")
    for seconds, name in sorted(totals.times, reverse=True)[:8]:
        print(f"  {seconds:7.1f} s  {name}")
    print(f"{totals.passed} passed, {totals.failed} failed", flush=True)
    return 1 if totals.failed or not totals.passed else 0


if __name__ == "__main__":
    sys.exit(main())
