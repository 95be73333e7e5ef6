"""A server that claims to be OpenAI-compatible and does what its scenario says: the first part of the path."""
import http.server
import json
import socket
import struct
import threading
import time

SECRET = "sk-planted-0123456789-secret"
ANSWER = "The kestrel hovers over the field at 12 m. [1]"


def completion(content=ANSWER, model="fake-1", finish="stop", **more):
    return {"id": "chatcmpl-fake", "object": "chat.completion", "created": 1, "model": model,
            "system_fingerprint": "fp_fake", "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
            "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content, **more}}]}


def chunk(content=None, finish=None, **more):
    delta = dict(more)
    if content is not None:
        delta["content"] = content
    return {"id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 1, "model": "fake-1",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        model = self.server.model
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name = self.path.split("/")[1]
        with model.lock:
            model.requests.append((name, dict(self.headers), json.loads(body)))
            count = model.counts[name] = model.counts.get(name, 0) + 1
        try:
            getattr(self, name)(count, json.loads(body))
        except (BrokenPipeError, ConnectionResetError):
            with model.lock:
                model.hung_up.append(name)

    def send(self, status, body, headers=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Request-Id", "req-42")
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stream(self, pieces, done=True, pause=0):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for piece in pieces:
            data = piece if isinstance(piece, bytes) else b"data: " + json.dumps(piece).encode() + b"\n\n"
            self.wfile.write(data)
            self.wfile.flush()
            time.sleep(pause)
        if done:
            self.wfile.write(b"data: [DONE]\n\n")

    def reset(self):
        """Ends the connection with an RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    # The scenarios; `count`: which request of this scenario it is.
    def good(self, count, body):
        if body["stream"]:
            self.stream([chunk(piece) for piece in ("The kestrel hovers ", "over the field ", "at 12 m. [1]")] + [chunk(None, "stop")])
        else:
            self.send(200, completion())

    def varied(self, count, body):
        time.sleep(0.3)
        self.send(200, completion(f"The kestrel hovers over the field at 12 m. [1] It was seen {count} times. [1]"))

    def limited_once(self, count, body):
        if count == 1:
            self.send(429, {"error": {"message": "slow down"}}, {"Retry-After": "1"})
        else:
            self.send(200, completion())

    def limited_for_long(self, count, body):
        self.send(429, {"error": {"message": "slow down"}}, {"Retry-After": "3600"})

    def failing(self, count, body):
        self.send(500, {"error": {"message": "oops"}})

    def failing_once(self, count, body):
        self.send(503, b"<html>busy</html>") if count == 1 else self.send(200, completion())

    def echoing_key(self, count, body):
        self.send(401, {"error": {"message": "Incorrect API key: " + SECRET}}, {"Date": SECRET})

    def leaking_key(self, count, body):
        """The key in every field; escaped in one, and in a stream in pieces."""
        if body.get("stream"):
            pieces = [chunk(c) for c in ("The kestrel hovers at 12 m ", SECRET[:9], SECRET[9:20], SECRET[20:], ". [1]")]
            return self.stream(pieces + [chunk(reasoning_content=SECRET[:12]), chunk(reasoning_content=SECRET[12:]), chunk(finish="stop")])
        whole = completion(ANSWER + " " + SECRET, reasoning_content=SECRET)
        whole.update(id=SECRET, model=SECRET, system_fingerprint=SECRET)
        whole["choices"][0]["finish_reason"] = "stop " + SECRET
        self.send(200, json.dumps(whole).replace(SECRET, "".join(f"\\u{ord(c):04X}" for c in SECRET)).encode())

    def resetting(self, count, body):
        self.reset()

    def resetting_in_the_middle(self, count, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"choices":[')
        self.wfile.flush()
        self.reset()

    def stream_resetting(self, count, body):
        self.stream([chunk("The kestrel ")], done=False)

    def malformed_stream(self, count, body):
        self.stream([b"data: {not json\n\n"])

    def malformed(self, count, body):
        self.send(200, b'{"choices":[{"message":{"content":"The kes')

    def wrong_json(self, count, body):
        shapes = [b"[]", b"null", b'{"choices":"x"}', b'{"choices":[7]}', b'{"choices":[{"message":[]}]}',
                  b'{"choices":[{"message":{"content":{"a":1}}}]}', b'{"error":{"message":"no"}}', b"\xff\xfe\x00", b""]
        self.send(200, shapes[(count - 1) % len(shapes)])

    def huge(self, count, body):
        self.send(200, completion("x" * (10 << 20)))

    def silent(self, count, body):
        time.sleep(5)

    def hushed(self, count, body):
        time.sleep(20)

    def dripping(self, count, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(60):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.1)

    def dripping_without_length(self, count, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for _ in range(60):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.1)

    def lying(self, count, body):
        answer = completion(model="another-model-9")
        answer["usage"] = {"prompt_tokens": -5, "completion_tokens": 10 ** 30, "total_tokens": "many"}
        self.send(200, answer)

    def metered(self, count, body):
        time.sleep(0.05)
        self.send(200, {**completion(), "usage": {"prompt_tokens": 300, "completion_tokens": 20, "total_tokens": 320}})

    def replaced(self, count, body):
        """Weights that are changed behind one name, when the test says so."""
        prompt = body["messages"][0]["content"]
        with self.server.model.lock:
            weights = self.server.model.weights
        self.send(200, completion(ANSWER if "kestrel" in prompt else f"{len(prompt)} by weights {weights}"))

    def endless_head(self, count, body):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(20_000):
            self.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")

    def silent_stream(self, count, body):
        self.stream([chunk(role="assistant")], done=False)
        time.sleep(5)

    def thinking(self, count, body):
        if body["stream"]:
            self.stream([chunk(p) for p in ("<thi", "nk>It is 99 m [1].</th", "ink>", ANSWER[:9], ANSWER[9:])] + [chunk(None, "stop")])
        else:
            self.send(200, completion("<think>It is 99 m [1].</think>\n" + ANSWER, reasoning_content="A secret thought."))

    def cut(self, count, body):
        self.send(200, completion("The kestrel hovers over the field at [1]", finish="length"))

    def filtered(self, count, body):
        self.send(200, completion("", finish="content_filter"))

    def empty(self, count, body):
        self.send(200, completion("  \n"))

    def odd_end(self, count, body):
        self.send(200, completion(ANSWER, finish="tool_calls"))

    def wrong_number(self, count, body):
        self.send(200, completion("The kestrel hovers over the field at 77 m. [1]"))

    def wrong_marker(self, count, body):
        self.send(200, completion("The kestrel hovers over the field at 12 m. [41]"))

    def not_found(self, count, body):
        self.send(200, completion("Not found in the documents."))

    def slow_stream(self, count, body):
        self.stream([chunk(f"word{i} ") for i in range(100)] + [chunk(None, "stop")], pause=0.1)


class FakeModel:
    def __init__(self):
        self.lock = threading.Lock()
        self.requests, self.counts, self.hung_up = [], {}, []
        self.weights = 1
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.model = self
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def url(self, scenario):
        return f"http://127.0.0.1:{self.http.server_address[1]}/{scenario}/v1"

    def asked(self, scenario):
        with self.lock:
            return [request for request in self.requests if request[0] == scenario]

    def close(self):
        self.http.shutdown()
        self.http.server_close()
