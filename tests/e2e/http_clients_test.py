"""Clients that others wrote, unchanged: the official openai package, and schemathesis with /openapi.json (full tier)."""
import json
import os
import subprocess
import unittest

from e2e.fake_model import ANSWER, FakeModel
from e2e.program import FULL, ROOT, Server, Workspace

OPENAI = """
import json, sys
import openai
client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="none", max_retries=0)
question = [{"role": "user", "content": "At what height does the kestrel hover over the field?"}]
out = {"models": [m.id for m in client.models.list()]}
for backend in ("extractive", "good"):
    whole = client.chat.completions.create(model="default", messages=question, temperature=0, extra_body={"backend": backend})
    out[backend] = {"content": whole.choices[0].message.content, "finish": whole.choices[0].finish_reason, "citations": whole.model_extra["citations"]}
    stream = client.chat.completions.create(model="default", messages=question, stream=True, stream_options={"include_usage": True}, extra_body={"backend": backend, "fresh": True})
    chunks = list(stream)
    out[backend]["streamed"] = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices).strip()
    out[backend]["usage"] = chunks[-1].usage is not None
vectors = client.embeddings.create(model="bge-small-en-v1.5", input=["kestrel", "heron"])
out["dimensions"] = [len(d.embedding) for d in vectors.data]
floats = client.embeddings.create(model="bge-small-en-v1.5", input="kestrel", encoding_format="float")
out["same"] = max(abs(a - b) for a, b in zip(vectors.data[0].embedding, floats.data[0].embedding)) < 1e-6
for wrong, error in ((dict(model="no", messages=question), openai.NotFoundError), (dict(model="default", messages=[]), openai.BadRequestError),
                     (dict(model="default", messages=question, stream=True, extra_body={"backend": "failing", "fresh": True}), openai.APIError)):
    try:
        answer = client.chat.completions.create(**wrong)
        list(answer)
        out.setdefault("unexpected", []).append(str(wrong))
    except error as caught:
        out.setdefault("errors", []).append(str(caught))
print(json.dumps(out))
"""


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = subprocess.run([ROOT / "scripts" / "setup-http-clients.sh"], check=True, capture_output=True, text=True)
        cls.programs = done.stdout.strip()
        cls.model = FakeModel()
        cls.workspace = Workspace()
        (cls.workspace.path / "grounds.toml").write_text("".join(
            f'[backends.{name}]\nkind = "openai"\nbase_url = "{cls.model.url(name)}"\nmodel = "fake-1"\nretries = 0\n' for name in ("good", "failing")))
        cls.workspace.json("collections", "create", "default", "--model", "none")
        cls.workspace.json("ingest", cls.workspace.write("kestrel.md", "# Kestrels\n\nThe kestrel hovers over the field at 12 m."))
        cls.server = Server(cls.workspace)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.model.close()
        cls.workspace.close()

    def test_the_official_openai_client_works_unchanged(self):
        done = subprocess.run([self.programs + "/python", "-c", OPENAI, self.server.url], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        out = json.loads(done.stdout)
        self.assertIn("default", out["models"])
        self.assertEqual((out["good"]["content"], out["good"]["streamed"]), (ANSWER, ANSWER))
        for backend in ("extractive", "good"):
            self.assertEqual((out[backend]["finish"], out[backend]["usage"], out[backend]["citations"][0]["uri"]), ("stop", True, "kestrel.md"))
            self.assertEqual(out[backend]["streamed"], out[backend]["content"])
        self.assertEqual((out["dimensions"], out["same"]), ([384, 384], True))
        self.assertEqual((len(out["errors"]), out.get("unexpected")), (3, None))
        self.assertIn("no collection 'no'", out["errors"][0])

    def test_schemathesis_finds_nothing_that_the_description_does_not_say(self):
        # Not the sync: a path made up at random might be "/", all of this machine.
        done = subprocess.run([self.programs + "/schemathesis", "run", self.server.url + "/openapi.json", "--url", self.server.url, "--seed", "1", "--max-examples", "20",
                               "--phases", "examples,coverage,fuzzing", "--checks", "not_a_server_error,content_type_conformance,response_schema_conformance,status_code_conformance",
                               "--exclude-path", "/v1/jobs/{id}/events", "--exclude-path", "/v1/collections/{name}/sync", "--request-timeout", "60", "--no-color"],
                              capture_output=True, text=True, timeout=900, env={**os.environ, "NO_COLOR": "1"})
        self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr[-2000:])
        self.assertTrue(self.workspace.json("verify")["ok"])
        self.workspace.run("doctor", check=0)


def load_tests(loader, tests, pattern):
    return tests if FULL else unittest.TestSuite()
