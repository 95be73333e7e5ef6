"""RFC 3161: a head of the ledger is time-stamped by an authority, here one made of `openssl ts`."""
import base64
import json
import shutil
import subprocess
import sys
import unittest

from e2e.program import ROOT, Workspace

CONFIGURATION = """[tsa]
default_tsa = stamp
[stamp]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""
SCRIPT = """#!/bin/sh
set -e
cd {folder}
openssl ts -query -digest "$2" -sha256 -cert -out query.tsq 2>log
openssl ts -reply -queryfile query.tsq -signer authority.pem -inkey authority.key -config authority.cnf -out response.tsr 2>>log
cat response.tsr
"""


class Authority:
    """A certificate that may time-stamp, and the command that asks it."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        (folder / "serial").write_text("01\n")
        (folder / "authority.cnf").write_text(CONFIGURATION.format(folder=folder))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=Authority of a test", "-addext", "keyUsage=critical,digitalSignature",
                        "-addext", "extendedKeyUsage=critical,timeStamping", "-keyout", folder / "authority.key", "-out",
                        folder / "authority.pem"], check=True, capture_output=True)
        self.script = folder / "stamp.sh"
        self.script.write_text(SCRIPT.format(folder=folder))
        self.script.chmod(0o700)

    def vouches(self, digest, response):
        path = self.folder / "check.tsr"
        path.write_bytes(response)
        return subprocess.run(["openssl", "ts", "-verify", "-digest", digest, "-in", path, "-CAfile", self.folder / "authority.pem"],
                              capture_output=True).returncode == 0


class Timestamps(unittest.TestCase):
    def setUp(self):
        self.assertIsNotNone(shutil.which("openssl"), "this test needs the openssl program")
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.json("collections", "create", "default", "--model", "none")
        self.workspace.write("d/a.md", "# A\n\nThe limit is 40 days.\n")
        self.workspace.json("ingest", self.workspace.folder / "d")
        self.workspace.json("ask", "What is the limit?")
        self.authority = Authority(self.workspace.folder / "authority")
        self.configure(str(self.authority.script), "--for")

    def configure(self, *command):
        (self.workspace.path / "grounds.toml").write_text(f"[ledger]\ntimestamp_command = {json.dumps(command)}\n")

    def digest(self, head):
        sys.path.insert(0, str(ROOT / "samples"))
        import verify_export
        return verify_export.timestamp_digest(head)

    def kept(self):
        import sqlite3
        with sqlite3.connect(f"file:{self.workspace.path / 'ledger.db'}?mode=ro", uri=True) as ledger:
            return ledger.execute("SELECT digest, response FROM timestamps ORDER BY id").fetchall()

    def test_an_anchor_is_stamped_and_its_stamp_is_kept(self):
        head = self.workspace.json("anchor")
        response = base64.b64decode(head["timestamp"])
        self.assertTrue(self.authority.vouches(self.digest(head), response))
        self.assertFalse(self.authority.vouches(self.digest({**head, "records": head["records"] + 1}), response))
        self.assertEqual(self.kept(), [(self.digest(head), response)])
        # The head with its stamp is still a head that verification takes.
        path = self.workspace.write("head.json", json.dumps(head))
        self.assertTrue(self.workspace.json("verify", "--head", path)["ok"])

    def test_an_export_ends_with_a_stamped_head_that_the_independent_checker_takes(self):
        exported = self.workspace.run("export", check=0).out
        head = json.loads(exported.splitlines()[-1])
        self.assertTrue(self.authority.vouches(self.digest(head), base64.b64decode(head["timestamp"])))
        path = self.workspace.write("export.jsonl", exported)
        checked = subprocess.run([sys.executable, ROOT / "samples" / "verify_export.py", path], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.assertIn(f"openssl ts -verify -digest {self.digest(head)}", checked.stdout)

    def test_without_a_command_nothing_is_stamped(self):
        (self.workspace.path / "grounds.toml").write_text("")
        self.assertNotIn("timestamp", self.workspace.json("anchor"))

    def test_what_is_no_stamp_of_this_head_is_not_kept(self):
        page = self.workspace.write("page.html", "<html><body>Sign in</body></html>")
        other = self.workspace.folder / "other.tsr"
        digest = "ab" * 32
        other.write_bytes(subprocess.run([self.authority.script, "--for", digest], check=True, capture_output=True).stdout)
        self.assertTrue(self.authority.vouches(digest, other.read_bytes()))
        # An authority that does not know the policy which is asked for refuses: a response without a stamp.
        script = SCRIPT.format(folder=self.authority.folder).replace("-cert -out", "-cert -tspolicy 1.2.3.4.9 -out")
        refuses = self.workspace.write("refuses.sh", script)
        refuses.chmod(0o700)
        # The right stamp with something after it is not the response of an authority, either.
        longer = self.workspace.write("longer.sh", f'#!/bin/sh\n{self.authority.script} --for "$1" && echo more\n')
        longer.chmod(0o700)
        for command, word in ((["sh", "-c", f"cat {page}"], "no RFC 3161 response"), (["sh", "-c", f"cat {other}"], "something else"),
                              ([str(refuses), "--for"], "status is 2"), ([str(longer)], "no RFC 3161 response")):
            self.configure(*command)
            with self.subTest(command):
                outcome = self.workspace.run("export", check=7)
                self.assertRegex(outcome.err, r"\Agrounds: no time stamp: [^\n]+ gave no time stamp of this head: [^\n]+\n\Z")
                self.assertIn(word, outcome.err)
                # The export is whole, with a head that is signed.
                path = self.workspace.write("export.jsonl", outcome.out)
                checked = subprocess.run([sys.executable, ROOT / "samples" / "verify_export.py", path], capture_output=True, text=True)
                self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        import sqlite3
        with sqlite3.connect(f"file:{self.workspace.path / 'ledger.db'}?mode=ro", uri=True) as ledger:
            self.assertEqual(ledger.execute("SELECT name FROM sqlite_schema WHERE name = 'timestamps'").fetchall(), [])
        self.assertIsNotNone(self.workspace.json("verify")["anchored"])

    def test_an_authority_that_fails_is_named_and_the_head_stands(self):
        for command, word in ((["/no/such/program"], "cannot be started"), (["false"], "ended with 1"),
                              (["sh", "-c", "echo the clock is broken >&2; exit 3"], "the clock is broken"), (["true"], "wrote nothing")):
            self.configure(*command)
            for what in ("anchor", "export"):
                outcome = self.workspace.run(what, check=7)
                self.assertRegex(outcome.err, r"\Agrounds: no time stamp: [^\n]+\n\Z")
                self.assertIn(word, outcome.err)
        self.assertIsNotNone(self.workspace.json("verify")["anchored"])
        (self.workspace.path / "grounds.toml").write_text("[ledger]\ntimestamp_command = 'sh'\n")
        self.workspace.run("anchor", check=2)


if __name__ == "__main__":
    unittest.main()
