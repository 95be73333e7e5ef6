"""Jobs: what was run and how it ended is on record; one that runs can be asked to stop; a dead one is known as dead."""
import json
import signal
import subprocess
import threading
import time
import unittest

from e2e.program import PROGRAM, Workspace, environment


class WithDocuments(unittest.TestCase):
    def setUp(self):
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.json("collections", "create", "default", "--model", "none")
        self.docs = self.workspace.folder / "docs"

    def put(self, count):
        for i in range(count):
            self.workspace.write(f"docs/note{i:04}.md", f"# Note {i}\n\n" + f"Text number {i}. " * 200)


class Jobs(WithDocuments):
    def start(self):
        job = subprocess.Popen([PROGRAM, "-w", str(self.workspace.path), "sync", str(self.docs), "--json"],
                               env=environment({"GROUNDS_INGEST_COMMIT_CHUNKS": "16"}), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(lambda: (job.poll() is None and job.kill(), job.communicate()))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            running = [j for j in self.jobs() if j["state"] == "running"]
            if running:
                return job, running[0]["job"]
            time.sleep(0.02)
        self.fail("the job was not seen at work")

    def jobs(self):
        return self.workspace.json("jobs", "list")["jobs"]

    def test_a_job_is_on_record_with_its_counts_and_failures(self):
        self.put(2)
        self.workspace.write("docs/bad.txt", b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 8)
        report = self.workspace.json("ingest", self.docs, check=5)
        shown = self.workspace.json("jobs", "show", report["job"])
        self.assertEqual((shown["state"], shown["kind"], shown["failed"]), ("done", "ingest", 1))
        self.assertEqual(shown["counts"]["added"], 2)
        self.assertEqual(shown["failures"], report["failures"])
        self.assertEqual([j["job"] for j in self.jobs()], [report["job"]])
        self.assertIn("bad.txt", self.workspace.run("jobs", "show", report["job"], check=0).out)
        self.assertFalse(any((self.workspace.path / "jobs").iterdir()))

    def test_an_unknown_job_is_not_found_and_a_finished_one_cannot_be_cancelled(self):
        self.put(1)
        done = self.workspace.json("ingest", self.docs)["job"]
        self.workspace.run("jobs", "show", "01ARZ3NDEKTSV4RRFFQ69G5FAV", check=3)
        self.workspace.run("jobs", "cancel", "01ARZ3NDEKTSV4RRFFQ69G5FAV", check=3)
        self.workspace.run("jobs", "cancel", done, check=2)
        self.workspace.run("jobs", check=2)

    def test_a_running_job_can_be_cancelled_from_another_process_and_completed_later(self):
        self.put(1500)
        job, name = self.start()
        self.assertEqual(self.workspace.json("jobs", "cancel", name)["state"], "cancelling")
        out, _ = job.communicate(timeout=120)
        report = json.loads(out)
        self.assertTrue(report["interrupted"])
        self.assertLess(report["documents"]["added"], 1500)
        self.assertEqual(self.workspace.json("jobs", "show", name)["state"], "cancelled")
        self.workspace.json("sync", self.docs)
        self.assertEqual(self.workspace.json("collections", "show", "default")["documents"], 1500)
        self.assertEqual([j["state"] for j in self.jobs()], ["done", "cancelled"])

    def test_a_job_whose_process_was_killed_says_so(self):
        self.put(1500)
        job, name = self.start()
        job.send_signal(signal.SIGKILL)
        job.communicate()
        self.assertEqual(self.workspace.json("jobs", "show", name)["state"], "killed")
        self.workspace.run("jobs", "cancel", name, check=2)
        self.workspace.json("sync", self.docs)
        self.assertEqual([j["state"] for j in self.jobs()], ["done", "killed"])


class Watch(WithDocuments):
    def watch(self):
        job = subprocess.Popen([PROGRAM, "-w", str(self.workspace.path), "sync", str(self.docs), "--watch", "--json"],
                               env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(lambda: (job.poll() is None and job.kill(), job.communicate()))
        return job

    def test_a_watched_folder_stays_in_step_until_ctrl_c(self):
        self.workspace.write("docs/short.md", "Short.")
        job = self.watch()
        limit = threading.Timer(120, job.kill)
        limit.start()
        self.addCleanup(limit.cancel)

        def reports(count):  # the report that leaves so many chunks; one a document here
            while True:
                report = json.loads(job.stdout.readline())  # not JSON if the time is up
                if report["chunks"]["live"] == count:
                    return report

        reports(1)
        self.workspace.write("docs/new/deep/a.md", "All about the tapir.")
        reports(2)
        (self.docs / "new" / "deep" / "a.md").rename(self.docs / "new" / "b.md")
        self.assertEqual(reports(2)["documents"]["renamed"], 1)
        (self.docs / "new" / "b.md").unlink()
        reports(1)
        job.send_signal(signal.SIGINT)
        self.assertEqual(job.wait(timeout=30), 0)
        self.assertIn(b"watching", job.stderr.read())

    def test_a_folder_that_is_not_there_cannot_be_watched(self):
        self.workspace.run("sync", self.docs, "--watch", check=3)
        self.put(1)
        self.workspace.run("sync", self.docs, "--watch", "--dry-run", check=2)
