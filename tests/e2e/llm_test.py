"""A real language model, llama.cpp's server with SmolLM2-135M: asked, streamed, cancelled, restarted under load; different
answers at temperature 1, and one when it is given again."""
import concurrent.futures
import json
import socket
import subprocess
import time
import unittest
import urllib.request

from e2e.program import FULL, ROOT, Server, Workspace

QUESTION = "At what height does the kestrel hover over the field?"


class Llama:
    """llama.cpp's server on a free port of its own, which it keeps over restarts."""

    def __init__(self, program, model):
        # One thread: several wait for each other at every step, which on a busy machine costs a hundredfold.
        self.command = [program, "-m", model, "--host", "127.0.0.1", "-c", "4096", "-t", "1", "-np", "1", "--slots"]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    def start(self):
        self.process = subprocess.Popen([*self.command, "--port", str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 180
        while True:
            try:
                return self.get("/health")
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.2)

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
            return json.loads(response.read())

    def busy(self):
        return any(slot["is_processing"] for slot in self.get("/slots"))

    def stop(self):
        self.process.kill()
        self.process.wait()


class RealModel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Ten CPU minutes once, then nothing.
        program, model = subprocess.run([ROOT / "scripts/setup-llm.sh"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        cls.llama = Llama(program, model)
        cls.addClassCleanup(lambda: cls.llama.stop())
        cls.workspace = Workspace()
        cls.addClassCleanup(cls.workspace.close)
        backend = f'kind = "openai"\nbase_url = "http://127.0.0.1:{cls.llama.port}/v1"\nmodel = "smollm2"\ntimeout_seconds = 300\n'
        (cls.workspace.path / "grounds.toml").write_text(
            f"[backends.local]\n{backend}temperature = 1.0\nextra_body = {{max_tokens = 60, stop = [\".\"]}}\n"
            f"[backends.still]\n{backend}temperature = 0\nextra_body = {{max_tokens = 30, cache_prompt = false}}\ncanary_interval = \"1h\"\n"
            "budget = {tokens = 1000000}\n"
            f"[backends.long]\n{backend}retries = 0\nextra_body = {{max_tokens = 3000, ignore_eos = true}}\n"
            f"[backends.backed]\n{backend}retries = 0\nbreaker_failures = 0\nmax_concurrent = 2\nextra_body = {{max_tokens = 60, ignore_eos = true}}\nfallback = [\"extractive\"]\n")
        cls.workspace.json("collections", "create", "default", "--model", "none")
        cls.workspace.write("in/kestrel.md", "# Kestrels\n\nThe kestrel hovers over the field at 12 m. It eats voles and sleeps in a barn.\n")
        cls.workspace.json("ingest", cls.workspace.folder / "in")

    def ask(self, backend, *more):
        return self.workspace.json("ask", QUESTION, "--backend", backend, *more, timeout=600)

    def record(self, answer_id):
        return self.workspace.json("answers", "show", answer_id)

    def test_asked_ten_times_afresh_it_gives_several_answers_and_one_without(self):
        fresh = [self.ask("local", "--fresh") for _ in range(10)]
        self.assertGreater(len({a["answer"] for a in fresh}), 1)
        self.assertFalse(any(a["reused"] for a in fresh))
        # An answer that was cut at its limit, or whose samples were, is not given again: until one is complete.
        deadline = time.monotonic() + 600
        first = self.ask("local")
        while not first["reused"] and time.monotonic() < deadline:
            first = self.ask("local")
        stable = [self.ask("local") for _ in range(10)]
        self.assertEqual({a["answer"] for a in stable}, {first["answer"]})
        self.assertTrue(all(a["reused"] for a in stable))
        self.assertEqual(len({a["answer_id"] for a in fresh + stable}), 20)

    def test_at_temperature_0_it_repeats_itself_its_usage_is_believed_and_its_canaries_stay_the_same(self):
        answers = [self.ask("still", "--fresh") for _ in range(3)]
        self.assertEqual(len({a["answer"] for a in answers}), 1)
        attempt, = self.record(answers[0]["answer_id"])["closed"]["body"]["attempts"]
        self.assertTrue(attempt["charged"]["reported"], attempt)
        self.assertEqual(attempt["charged"]["tokens"], attempt["usage"]["prompt_tokens"] + attempt["usage"]["completion_tokens"])
        self.assertFalse(self.workspace.json("backends", "check", "still", timeout=600)["drifted"])

    def test_it_streams_and_whoever_hangs_up_ends_its_work(self):
        server = Server(self.workspace)
        try:
            def stream(backend):
                body = json.dumps({"question": QUESTION, "backend": backend, "stream": True, "fresh": True}).encode()
                request = urllib.request.Request(server.url + "/v1/ask", body, {"Content-Type": "application/json"})
                return urllib.request.urlopen(request, timeout=300)
            with stream("local") as response:
                text = response.read().decode()
            self.assertGreater(text.count("event: delta"), 2)
            self.assertEqual(text.count("event: answer"), 1)
            with stream("long") as response:
                self.assertEqual(response.readline().strip(), b"event: evidence")
                answer_id = json.loads(response.readline().removeprefix(b"data: "))["answer_id"]
                while response.readline().strip() != b"event: delta":
                    pass
                self.assertTrue(self.llama.busy())
            # 3,000 tokens would take it half a minute on an idle machine, and longer on a busy one.
            deadline = time.monotonic() + 15
            while self.llama.busy() and time.monotonic() < deadline:
                time.sleep(0.1)
            self.assertFalse(self.llama.busy())
            while self.record(answer_id)["state"] == "interrupted" and time.monotonic() < deadline:
                time.sleep(0.1)
            record = self.record(answer_id)
            self.assertEqual((record["state"], record["closed"]["body"]["attempts"][0]["outcome"]), ("failed", "cancelled"))
        finally:
            self.assertEqual(server.stop(), 0)

    def test_restarted_under_load_it_costs_fallbacks_and_no_record(self):
        server = Server(self.workspace)
        try:
            def ask(_):
                return server.post("/v1/ask", {"question": QUESTION, "backend": "backed", "fresh": True})
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                running = [pool.submit(ask, i) for i in range(8)]
                deadline = time.monotonic() + 60
                while not self.llama.busy() and time.monotonic() < deadline:
                    time.sleep(0.02)
                self.llama.stop()
                during = [each.result() for each in running]
                self.llama.start()
                after = [each.result() for each in [pool.submit(ask, i) for i in range(2)]]
        finally:
            self.assertEqual(server.stop(), 0)
        fallbacks = [a for a in during if a["fallback"]]
        self.assertTrue(fallbacks)
        self.assertEqual({a["backend_reason"] for a in fallbacks}, {"backed: connection"})
        self.assertTrue(all("12 m" in a["answer"] for a in fallbacks))
        self.assertEqual([a["backend"] for a in after], ["backed"] * 2)
        for answer in during + after:
            self.assertEqual(self.record(answer["answer_id"])["state"], "answered")
        self.assertTrue(self.workspace.json("verify")["ok"])


if not FULL:
    del RealModel  # of the full tier: it needs minutes, and once a download
