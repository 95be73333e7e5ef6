#!/usr/bin/env python3
"""What streaming through `grounds serve` adds to the first token of a model's answer.

A model of this script's own notes when it sends its first token; the client notes when that token arrives, once
asked through the server and once of the model directly. Prints both, and their difference, in milliseconds.

  streaming.py --program build/release/grounds --rounds 200
"""
import argparse
import http.client
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

QUESTION = "At what height does the kestrel hover over the field?"


class Model(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sent_at = 0.0

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.wfile.flush()
        time.sleep(0.005)  # so that the head is not taken for a part of the first token
        for content, finish in (("The kestrel ", None), ("hovers at 12 m. [1]", None), (None, "stop")):
            delta = {} if content is None else {"content": content}
            event = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
            if content == "The kestrel ":
                Model.sent_at = time.monotonic()
            self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
            self.wfile.flush()
            time.sleep(0.002)
        self.wfile.write(b"data: [DONE]\n\n")


def first_token(host, path, body):
    """Seconds between the model's sending the first token and its arrival here."""
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    response = connection.getresponse()
    arrived = None
    while line := response.readline():
        if b"kestrel " in line and (b'"delta"' in line or b'"text"' in line) and b"evidence" not in line:
            arrived = time.monotonic()
            break
    response.read()
    connection.close()
    return arrived - Model.sent_at


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/grounds")
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    model = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=model.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        workspace = pathlib.Path(folder) / "w"
        program = [options.program, "-w", str(workspace)]
        subprocess.run([*program, "init", "--json"], check=True, stdout=subprocess.DEVNULL)
        address = f"127.0.0.1:{model.server_address[1]}"
        (workspace / "grounds.toml").write_text(f'[answer]\nreuse = false\n[backends.m]\nkind = "openai"\nbase_url = "http://{address}/v1"\nmodel = "m"\n')
        (pathlib.Path(folder) / "kestrel.md").write_text("# Kestrels\n\nThe kestrel hovers over the field at 12 m.\n")
        subprocess.run([*program, "collections", "create", "default", "--model", "none", "--json"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([*program, "ingest", f"{folder}/kestrel.md", "--json"], check=True, stdout=subprocess.DEVNULL)
        server = subprocess.Popen([*program, "--json", "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE)
        try:
            host = json.loads(server.stdout.readline())["url"].removeprefix("http://")
            through, direct = [], []
            for i in range(options.rounds):  # in turn: what disturbs one disturbs the other
                direct.append(first_token(address, "/v1/chat/completions", {"model": "m", "messages": []}))
                through.append(first_token(host, "/v1/ask", {"question": QUESTION, "backend": "m", "stream": True, "fresh": True}))
        finally:
            server.terminate()
            server.wait(timeout=60)
    at = lambda values, share: round(sorted(values)[int((len(values) - 1) * share)] * 1000, 3)
    print(json.dumps({"rounds": options.rounds, "direct_ms": {"p50": at(direct, 0.5), "p90": at(direct, 0.9)}, "through_ms": {"p50": at(through, 0.5), "p90": at(through, 0.9)},
                      "added_ms": {"p50": round(at(through, 0.5) - at(direct, 0.5), 3), "p90": round(at(through, 0.9) - at(direct, 0.9), 3)}}))


if __name__ == "__main__":
    sys.exit(main())
