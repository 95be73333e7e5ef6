#!/usr/bin/env python3
"""Checks an export of a Grounds ledger, with nothing but the Python standard library.

    grounds export > ledger.jsonl
    python3 verify_export.py ledger.jsonl [--head kept_head.json] [--key PUBLIC_KEY_HEX] [--json]

An export is JSON Lines: one record a line, the signed head last (docs/formats/ledger.md). Checked are
the hash of every record (RFC 8785, SHA-256), the chain, the commitments to the texts that are still
there, the erasures, the signature (Ed25519, RFC 8032), and, if given, that a head kept from earlier is
still part of the chain and that the expected key has signed. Exit code: 0 all holds, 1 something does
not, 2 usage or unreadable file.
"""
import argparse
import hashlib
import json
import re
import sys

NO_HASH = "0" * 64
HASH = re.compile(r"[0-9a-f]{64}\Z")
ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}\Z")
FIELDS = {"answer_id": str, "body": dict, "commitments": dict, "hash": str, "hash_alg": str,
          "kind": str, "previous": str, "sequence": int, "time": int}
HASHED = sorted(set(FIELDS) - {"hash"})
SALT_BYTES = 32


# ---- RFC 8785: one value, one byte sequence

def number_text(value):
    """ECMA-262 Number::toString for a float."""
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("not a finite number")
    if value == 0:
        return "0"
    mantissa, _, exponent = ("%r" % abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        text = digits + "0" * (point - count)
    elif 0 < point <= 21:
        text = digits[:point] + "." + digits[point:]
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        text = digits[0] + ("." + digits[1:] if count > 1 else "")
        text += "e" + ("+" if point > 0 else "-") + str(abs(point - 1))
    return ("-" if value < 0 else "") + text


def canonical(value):
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value) if abs(value) <= 2**53 else number_text(float(value))
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"


def strict_object(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return result


def refuse_constant(name):
    raise ValueError(name + " is not JSON")


def parse(line):
    value = json.loads(line, object_pairs_hook=strict_object, parse_constant=refuse_constant)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def sha256(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


# ---- RFC 8032, section 5.1.7 (after the reference code of section 6)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P:
        return None
    return P - x if (x & 1) != sign else x


def add(a, b):
    p, q = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    r, s = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = q - p, s - r, s + r, q + p
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def equal(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def decompress(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def ed25519_holds(key, message, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r = decompress(key), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return equal(multiply(s, BASE), add(r, multiply(k, a)))


def head_defect(head):
    """What is wrong with a signed head, or None."""
    try:
        kinds = {"head": str, "key": str, "records": int, "signature": str, "time": str}
        for name, kind in kinds.items():
            if type(head.get(name)) is not kind:
                return "'%s' is missing" % name
        message = canonical({name: value for name, value in head.items() if name not in ("signature", "timestamp")})
        if not ed25519_holds(bytes.fromhex(head["key"]), message.encode(), bytes.fromhex(head["signature"])):
            return "the signature does not fit"
    except ValueError as error:
        return str(error)
    return None


def timestamp_digest(head):
    """What an RFC 3161 time stamp of a signed head is of."""
    return sha256(canonical({name: value for name, value in head.items() if name != "timestamp"}).encode())


# ---- the chain

class Checker:
    def __init__(self, kept):
        self.kept = kept
        self.problems = []
        self.first = self.last = None        # sequence numbers
        self.last_hash = None
        self.kept_found = False
        self.opened, self.closed = set(), set()
        self.marked = {}                     # (answer, name) -> record: texts said to be erased
        self.texts_checked = self.texts_erased = 0
        self.with_texts = True

    def problem(self, record, kind, detail):
        self.problems.append({"record": record, "kind": kind, "detail": detail})

    def record(self, number, entry):
        """`number`: of the line, for lines that do not even say which record they are."""
        where = entry.get("sequence")
        if type(where) is not int or where < 1:
            self.problem(None, "malformed", "line %d has no number of a record" % number)
            return
        for name, kind in FIELDS.items():
            if type(entry.get(name)) is not kind:
                self.problem(where, "malformed", "'%s' is missing or of a wrong type" % name)
                return
        unknown = set(entry) - set(FIELDS) - {"texts"}
        if unknown:
            self.problem(where, "malformed", "unknown: " + ", ".join(sorted(unknown)))
        if entry["hash_alg"] != "sha256" or not ULID.match(entry["answer_id"]) \
                or entry["kind"] not in ("opened", "closed", "erased"):
            self.problem(where, "malformed", "hash_alg, answer_id or kind is none that a record has")
        self.place(where, entry)
        computed = sha256(canonical({name: entry[name] for name in HASHED}).encode("utf-8", "surrogatepass"))
        if computed != entry["hash"]:
            self.problem(where, "hash", "the record was changed after it was written")
        if self.kept and self.kept["records"] == where:
            self.kept_found = True
            if self.kept["head"] != entry["hash"]:
                self.problem(where, "rebuilt", "the kept head covers another record %d: this one or one before it "
                                               "was changed and the chain rebuilt" % where)
        self.order(where, entry)
        self.texts(where, entry)
        self.last, self.last_hash = where, entry["hash"]

    def place(self, where, entry):
        if self.last is None:
            self.first = where
            if where == 1 and entry["previous"] != NO_HASH:
                self.problem(1, "previous", "it is the first record and names one before it")
            if self.kept and self.kept["records"] == where - 1:
                self.kept_found = True
                if self.kept["head"] != entry["previous"]:
                    self.problem(where, "rebuilt", "it does not continue the chain that the kept head covers")
        elif where != self.last + 1:
            if where > self.last:
                self.problem(self.last + 1, "gap", "records are missing up to %d" % (where - 1))
            else:
                self.problem(where, "order", "it stands after record %d" % self.last)
        elif entry["previous"] != self.last_hash:
            self.problem(where, "previous", "it does not continue record %d" % self.last)

    def order(self, where, entry):
        answer, kind = entry["answer_id"], entry["kind"]
        if kind != "opened" and answer not in self.opened and self.first == 1:
            self.problem(where, "order", "answer %s was never opened" % answer)
        if kind == "opened" and answer in self.opened or kind == "closed" and answer in self.closed:
            self.problem(where, "order", "answer %s is %s a second time" % (answer, kind))
        if kind == "opened":
            self.opened.add(answer)
        elif kind == "closed":
            self.closed.add(answer)
        elif isinstance(entry["body"].get("names"), list):
            for name in entry["body"]["names"]:
                self.marked.pop((answer, name), None) if isinstance(name, str) else None

    def texts(self, where, entry):
        if "texts" not in entry:
            self.with_texts = False
            return
        texts = entry["texts"] if isinstance(entry["texts"], dict) else {}
        for name in sorted(set(texts) - set(entry["commitments"])):
            self.problem(where, "unknown_text", "text '%s' is not one the record knows of" % name)
        for name, commitment in sorted(entry["commitments"].items()):
            text = texts.get(name)
            if isinstance(text, dict) and set(text) == {"erased"}:
                self.marked[entry["answer_id"], name] = where
                self.texts_erased += 1
                continue
            if not isinstance(text, dict) or not isinstance(text.get("text"), str) \
                    or not isinstance(text.get("salt"), str):
                self.problem(where, "missing_text", "text '%s' is gone and was not erased" % name)
                continue
            try:
                salt = bytes.fromhex(text["salt"])
            except ValueError:
                salt = b""
            if len(salt) != SALT_BYTES or sha256(salt, text["text"].encode("utf-8", "surrogatepass")) != commitment:
                self.problem(where, "commitment", "text '%s' or its salt was changed after it was recorded" % name)
            self.texts_checked += 1

    def finish(self, head, key):
        for (answer, name), where in sorted(self.marked.items(), key=lambda item: item[1]):
            self.problem(where, "missing_text", "text '%s' is marked as erased, but no record says so" % name)
        if head is None:
            self.problem(None, "signature", "the last line is not a signed head")
        else:
            defect = head_defect(head)
            if defect:
                self.problem(None, "signature", "the signed head: " + defect)
            elif key and head["key"] != key:
                self.problem(None, "signature", "signed by another key: " + head["key"])
            if self.last is not None and (head.get("head"), head.get("records")) != (self.last_hash, self.last):
                self.problem(self.last, "truncated", "the signed head covers %s records, ending with another one "
                                                     "than the export" % head.get("records"))
            elif self.last is None and type(head.get("records")) is int and head.get("head") == NO_HASH \
                    and head["records"] != 0:
                self.problem(None, "truncated", "the export holds no records")
        if self.kept and not self.kept_found and self.kept["records"] != 0:
            covers = self.kept["records"]
            if self.last is None or covers > self.last:
                self.problem((self.last or 0) + 1, "truncated", "the kept head covers %d records, the export ends "
                                                                "with record %s" % (covers, self.last or 0))
            elif covers < self.first:
                self.problem(None, "kept_head", "the export starts after record %d, which the kept head covers; "
                                                "export from there on" % covers)


def lines_of(stream):
    for number, line in enumerate(stream, 1):
        if line.strip():
            yield number, line


def check(stream, kept, key):
    checker = Checker(kept)
    held = None                              # the last line is the head: known once nothing follows
    head = None
    for number, line in lines_of(stream):
        if held:
            feed(checker, *held)
        held = (number, line)
    if held:
        try:
            last = parse(held[1])
            head = last if "signature" in last else None
        except (ValueError, RecursionError):
            pass
        if head is None:
            feed(checker, *held)
    checker.finish(head, key)
    return checker, head


def feed(checker, number, line):
    try:
        entry = parse(line)
    except (ValueError, RecursionError) as error:
        checker.problem(None, "malformed", "line %d is not JSON: %s" % (number, error))
        return
    checker.record(number, entry)


def main():
    arguments = argparse.ArgumentParser(description="Checks an export of a Grounds ledger.")
    arguments.add_argument("export", help="the file that 'grounds export' wrote, or - for stdin")
    arguments.add_argument("--head", help="a signed head kept from earlier (JSON): must be part of the chain")
    arguments.add_argument("--key", help="the public key (hex) that must have signed")
    arguments.add_argument("--json", action="store_true", help="print one JSON document")
    options = arguments.parse_args()
    kept = None
    try:
        if options.head:
            with open(options.head, encoding="utf-8") as file:
                kept = parse(file.read())
            defect = head_defect(kept)
            if not defect and not HASH.match(kept["head"]):
                defect = "'head' is not a hash"
            if defect:
                print("%s is not a signed head: %s" % (options.head, defect), file=sys.stderr)
                return 2
            if options.key and kept["key"] != options.key:
                print("%s was signed by another key" % options.head, file=sys.stderr)
                return 2
        if options.export == "-":
            sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")
            checker, head = check(sys.stdin, kept, options.key)
        else:
            with open(options.export, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
                checker, head = check(file, kept, options.key)
    except (OSError, ValueError) as error:
        print("cannot read: %s" % error, file=sys.stderr)
        return 2
    records = 0 if checker.last is None else checker.last - checker.first + 1
    ok = not checker.problems
    if options.json:
        print(json.dumps({"ok": ok, "records": records, "first": checker.first, "last": checker.last,
                          "head": checker.last_hash, "key": head and head.get("key"),
                          "texts": checker.texts_checked, "erased": checker.texts_erased,
                          "kept_head": checker.kept_found if kept else None, "problems": checker.problems}))
        return 0 if ok else 1
    for item in checker.problems:
        where = "export" if item["record"] is None else "record %d" % item["record"]
        print("%s: %s: %s" % (where, item["kind"], item["detail"]))
    if not ok:
        print("NOT OK: %d problems in %d records" % (len(checker.problems), records))
        return 1
    print("ok: %d records, %d texts match their commitments, %d erased" % (records, checker.texts_checked,
                                                                          checker.texts_erased))
    if checker.first not in (None, 1):
        print("the export starts with record %d: nothing is said of what is before it" % checker.first)
    if not checker.with_texts:
        print("exported without texts: commitments not checked")
    print("signed by %s at %s%s" % (head["key"], head["time"], "" if options.key else
                                    " (compare the key with the one you know)"))
    if "timestamp" in head:
        print("time-stamped: openssl ts -verify -digest %s -in RESPONSE -CAfile AUTHORITY (RESPONSE: 'timestamp' of "
              "the last line, out of base64)" % timestamp_digest(head))
    if not kept:
        print("no kept head was given: this proves the export to be whole in itself, not that it was never rebuilt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
