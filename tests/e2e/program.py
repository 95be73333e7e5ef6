"""The program under test, as a user meets it: its command line and its HTTP service."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("GROUNDS_TEST_BUILD", ROOT / "build" / "release"))
PROGRAM = str(BUILD / "grounds")
FULL = os.environ.get("GROUNDS_TEST_TIER") == "full"
SAMPLES = ROOT / "samples"
EVERYONE = "user:x,group:everyone"
# Goes before a command: it runs without root's privilege to pass over permissions.
WITHOUT_PRIVILEGES = (["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else [])


def planted(number):
    """A word of letters alone that stands in one document and is no part, form or stem of another."""
    letters = "bdfgkmpvxz"
    return "quo" + "".join(letters[int(digit)] + "a" for digit in f"{number:04}") + "x"


class Outcome:
    """What a run of the program left: exit code, stdout, stderr."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


def environment(more=None):
    """This process's own, without the settings of a user who runs the tests."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDS_")}
    if "GROUNDS_MODELS" in os.environ:
        kept["GROUNDS_MODELS"] = os.environ["GROUNDS_MODELS"]
    return {**kept, **(more or {})}


def run(*arguments, workspace=None, stdin=None, env=None, timeout=300, check=None, binary=False, prefix=(), preexec=None, cwd=None):
    command = [*prefix, PROGRAM]
    if workspace is not None:
        command += ["-w", str(workspace)]
    command += [str(a) for a in arguments]
    done = subprocess.run(command, input=stdin if stdin is not None else b"", capture_output=True,
                          env=environment(env), timeout=timeout, preexec_fn=preexec, cwd=cwd)
    out = done.stdout if binary else done.stdout.decode("utf-8", "replace")
    outcome = Outcome(done.returncode, out, done.stderr.decode("utf-8", "replace"))
    if check is not None and outcome.code != check:
        raise AssertionError(f"{command} exited with {outcome.code}, not {check}\n{outcome.out}\n{outcome.err}")
    return outcome


class Workspace:
    """A workspace in a folder of its own, removed by close()."""

    def __init__(self, init=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="grounds-e2e-"))
        self.path = self.folder / "w"
        if init:
            self.run("init", check=0)

    def run(self, *arguments, **options):
        return run(*arguments, workspace=self.path, **options)

    def json(self, *arguments, **options):
        options.setdefault("check", 0)
        return self.run(*arguments, "--json", **options).json

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def samples_workspace():
    """The sample company, with its access rules."""
    workspace = Workspace()
    shutil.copy(SAMPLES / "grounds.toml", workspace.path / "grounds.toml")
    workspace.json("ingest", SAMPLES / "docs")
    return workspace


class Server:
    """`grounds serve` on a free port; stop() ends it with SIGTERM and gives its exit code."""

    def __init__(self, workspace, listen="127.0.0.1:0", preexec=None):
        self.process = subprocess.Popen([PROGRAM, "-w", str(workspace.path), "--json", "serve", "--listen", listen],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), preexec_fn=preexec)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.stderr.read().decode())
        self.url = json.loads(line)["url"]

    def request(self, method, path, body=None, headers=None):
        """(status, parsed JSON, headers)"""
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.loads(response.read()), response.headers
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read()), error.headers

    def post(self, path, body, expect=200, headers=None):
        status, answer, _ = self.request("POST", path, body, headers)
        if status != expect:
            raise AssertionError(f"POST {path} gave {status}, not {expect}: {answer}")
        return answer

    def get(self, path, expect=200, headers=None):
        status, answer, _ = self.request("GET", path, None, headers)
        if status != expect:
            raise AssertionError(f"GET {path} gave {status}, not {expect}: {answer}")
        return answer

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
        return code
