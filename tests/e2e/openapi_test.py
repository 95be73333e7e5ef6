"""/openapi.json is true: it names the routes that there are, and each response is as it describes, no field more."""
import json
import re
import unittest
import urllib.parse
import urllib.request

from e2e.program import ROOT, Server, Workspace

JSON = {"Content-Type": "application/json"}
TYPES = {"string": str, "boolean": bool, "object": dict, "array": list, "null": type(None)}


class Described(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = Workspace()
        cls.workspace.json("collections", "create", "default", "--model", "none")
        cls.workspace.json("ingest", cls.workspace.write("kestrel.md", "# Kestrels\n\nThe kestrel hovers over the field at 12 m."))
        cls.server = Server(cls.workspace)
        cls.document = cls.server.get("/openapi.json")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.workspace.close()

    def wrong(self, value, schema, at="$"):
        """What about `value` is not as described; every field must be."""
        if "$ref" in schema:
            return self.wrong(value, self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], at)
        if "oneOf" in schema:
            tried = [self.wrong(value, each, at) for each in schema["oneOf"]]
            return [] if sum(not t for t in tried) == 1 else tried[0] or [at + ": fits more than one"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{at}: {value!r} is none of {schema['enum']}"]
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types

        def fits(kind):
            if kind in ("integer", "number"):
                return isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
            return isinstance(value, TYPES[kind])
        if types and not any(fits(kind) for kind in types):
            return [f"{at}: {value!r} is not of type {types}"]
        out = []
        if isinstance(value, list) and "items" in schema:
            for i, each in enumerate(value):
                out += self.wrong(each, schema["items"], f"{at}[{i}]")
        if isinstance(value, dict) and ("properties" in schema or "additionalProperties" in schema):
            out += [f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value]
            for name, each in value.items():
                described = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
                if described is None or described is False:
                    out.append(f"{at}: {name} is not described")
                else:
                    out += self.wrong(each, described, f"{at}.{name}")
        return out

    def check(self, method, template, body=None, expect=200, headers=None, **names):
        path = template
        for name, value in names.items():
            path = path.replace("{" + name + "}", urllib.parse.quote(value, safe=""))
        status, reply, _ = self.server.request(method, path, body, headers or (JSON if body is not None else None))
        self.assertEqual(status, expect, reply)
        responses = self.document["paths"][template.split("?")[0]][method.lower()]["responses"]
        content = responses.get(str(status), responses["default"])["content"]
        schema = content["application/json" if str(status) in responses else "application/problem+json"]["schema"]
        self.assertEqual(self.wrong(reply, schema), [], (method, template))
        return reply

    def test_it_names_exactly_the_routes(self):
        described = self.document["paths"]
        for path in described:
            concrete = re.sub(r"\{\w+\}", "x", path)
            # "/v1/answers/compare" is also the address of an answer.
            methods = {m.upper() for each in described if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), concrete) for m in described[each]}
            status, _, headers = self.server.request("PATCH", concrete)
            self.assertEqual((status, set(headers["Allow"].split(", "))), (405, methods), path)
        source = "".join(file.read_text() for file in (ROOT / "src/server").glob("service*.cpp"))
        registered = {p for p in re.findall(r'"\(?(/[a-z][^"]*?)\)?"', source) if not p.endswith("/")}
        job = "/v1/jobs/([0-9A-Za-z]+)"
        registered = {job + p if p in ("/events", "/cancel") else p for p in registered}
        self.assertEqual({p.replace("([0-9A-Za-z]+)", "{id}").replace("([^/]+)", "{name}") for p in registered}, set(described))
        references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(self.document)))
        self.assertEqual(references, set(self.document["components"]["schemas"]))

    def test_responses_are_as_described(self):
        self.check("GET", "/livez")
        self.check("GET", "/readyz")
        self.check("GET", "/v1/models")
        self.check("GET", "/v1/collections")
        self.check("GET", "/v1/collections/{name}", name="default")
        self.check("POST", "/v1/search", {"query": "kestrel"})
        answers = [self.check("POST", "/v1/ask", {"question": q})["answer_id"] for q in ("How high does the kestrel hover?", "What does the okapi eat?")]
        for answer in answers:
            self.check("GET", "/v1/answers/{id}", id=answer)
            self.check("POST", "/v1/answers/{id}/replay", b"", id=answer)
            self.check("POST", "/v1/answers/{id}/verify", b"", id=answer)
        self.check("POST", "/v1/chat/completions", {"model": "default", "messages": [{"role": "user", "content": "How high does the kestrel hover?"}]})
        for encoding in ("float", "base64"):
            self.check("POST", "/v1/embeddings", {"model": "bge-small-en-v1.5", "input": ["kestrel", "heron"], "encoding_format": encoding})
        self.check("POST", "/v1/collections", {"name": "described", "model": "none"}, expect=201)
        self.check("PUT", "/v1/collections/{name}/documents?uri=a.md", b"The heron stands.", expect=201, name="described")
        self.check("PUT", "/v1/collections/{name}/documents?uri=a.md", b"The heron sits.", name="described")
        self.check("DELETE", "/v1/collections/{name}/documents?uri=a.md", name="described")
        job = self.check("POST", "/v1/collections/{name}/sync", {"path": str(self.workspace.folder / "kestrel.md")}, expect=202, name="described")["job"]
        self.check("GET", "/v1/jobs/{id}", id=job)

    def test_problems_are_as_described(self):
        none = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
        for method, template, body, status, names in (
                ("POST", "/v1/search", {}, 400, {}), ("POST", "/v1/ask", {"question": "x", "collection": "no"}, 404, {}), ("POST", "/v1/ask", {"question": "x", "as": "user:x"}, 403, {}),
                ("GET", "/v1/answers/{id}", None, 404, {"id": none}), ("GET", "/v1/jobs/{id}", None, 404, {"id": none}), ("POST", "/v1/jobs/{id}/cancel", {}, 404, {"id": none}),
                ("GET", "/v1/collections/{name}", None, 404, {"name": "no"}), ("POST", "/v1/collections", {"name": "default", "model": "none"}, 409, {}),
                ("POST", "/v1/chat/completions", {"model": "no", "messages": [{"role": "user", "content": "x"}]}, 404, {}),
                ("PUT", "/v1/collections/{name}/documents?uri=..%2Fx", b"x", 400, {"name": "default"})):
            with self.subTest(template=template, status=status):
                problem = self.check(method, template, body, expect=status, **names)
                # Hints are for whoever speaks HTTP.
                if "on the server's machine" not in problem["hint"]:
                    self.assertNotRegex(problem["hint"], r"grounds [a-z]| --[a-z]")

    def test_the_comparison_of_two_answers_is_as_described(self):
        ids = [self.server.post("/v1/ask", {"question": q})["answer_id"] for q in ("How high does the kestrel hover?", "What hovers?")]
        reply = self.server.post("/v1/answers/compare", {"a": ids[0], "b": ids[1]})
        described = self.document["components"]["schemas"]["Comparison"]
        self.assertLessEqual(set(described["required"]), set(reply))
        self.assertEqual(self.wrong({name: reply[name] for name in described["properties"] if name in reply}, described), [])

    def test_metrics_are_text(self):
        with urllib.request.urlopen(self.server.url + "/metrics", timeout=30) as response:
            self.assertTrue(response.headers["Content-Type"].startswith("text/plain"))
