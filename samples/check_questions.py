#!/usr/bin/env python3
"""Checks that samples/questions.jsonl and samples/docs agree, with the standard library alone.

Every accepted answer stands in an expected document, every expected document holds an accepted answer,
what an unanswerable question asks for stands in no document its asker may read, and the sales tables
add up. Prints one line a problem; exit code 1 if there is any.
"""
import csv
import fnmatch
import html.parser
import json
import pathlib
import re
import sys
import tomllib
from decimal import Decimal, InvalidOperation

HERE = pathlib.Path(__file__).resolve().parent
DOCS = HERE / "docs"
# An answer that stands in many documents besides the expected ones would prove nothing.
MOST_OTHER_DOCUMENTS = 6
FIELDS = {"id", "language", "question", "answerable", "documents", "answer", "kind"}
OPTIONAL_FIELDS = {"groups", "absent"}


class TextOfHtml(html.parser.HTMLParser):
    """The visible text of a page."""

    def __init__(self):
        super().__init__()
        self.parts, self.hidden = [], 0

    def handle_starttag(self, tag, attributes):
        self.hidden += tag in ("script", "style")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style")

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data)


def text_of(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        parser = TextOfHtml()
        parser.feed(text)
        text = "\n".join(parser.parts)
    cjk = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
    text = re.sub(rf"(?<={cjk})\n(?={cjk})", "", text)  # a line break inside a Chinese sentence
    return re.sub(r"\s+", " ", text)


def contains(text, needle):
    """Case-insensitive; a needle that begins or ends with a letter or digit must not cut a word or number."""
    left = r"(?<![A-Za-z0-9.])" if re.match(r"[A-Za-z0-9]", needle) else ""
    right = r"(?![A-Za-z0-9]|\.\d)" if re.search(r"[A-Za-z0-9]$", needle) else ""
    return re.search(left + re.escape(needle) + right, text, re.IGNORECASE) is not None


def access_rules():
    rules = tomllib.loads((HERE / "grounds.toml").read_text(encoding="utf-8"))["access"]
    return [(rule["path"], set(rule["groups"])) for rule in rules]


def readable(uri, groups, rules):
    for pattern, allowed in rules:
        if fnmatch.fnmatch(uri, pattern):
            return bool(allowed & groups)
    return "everyone" in groups


def check_question(question, texts, rules):
    unknown = question.keys() - FIELDS - OPTIONAL_FIELDS
    missing = FIELDS - question.keys()
    if unknown or missing:
        yield f"fields unknown: {sorted(unknown)}, missing: {sorted(missing)}"
        return
    if (re.search(r"[\u4e00-\u9fff]", question["question"]) is not None) != (question["language"] == "zh"):
        yield "language does not match the question"
    groups = set(question.get("groups", ["everyone"]))
    visible = {uri: text for uri, text in texts.items() if readable(uri, groups, rules)}
    copied = [uri for uri, text in texts.items() if question["question"].rstrip("?？") in text]
    if copied:
        yield f"the question is copied from {copied}"

    if not question["answerable"]:
        if question["documents"] or question["answer"]:
            yield "unanswerable, but names documents or answers"
        if not question.get("absent"):
            yield "unanswerable, but does not say what is absent"
        for needle in question.get("absent", []):
            for uri, text in visible.items():
                if contains(text, needle):
                    yield f"{needle!r} should be absent but stands in {uri}"
        return

    if not question["documents"] or not question["answer"]:
        yield "answerable, but names no document or no answer"
    for uri in question["documents"]:
        if uri not in visible:
            yield f"{uri} does not exist or may not be read by {sorted(groups)}"
        elif not any(contains(visible[uri], needle) for needle in question["answer"]):
            yield f"{uri} holds none of {question['answer']}"
    for needle in question["answer"]:
        if not any(contains(visible.get(uri, ""), needle) for uri in question["documents"]):
            yield f"{needle!r} stands in none of {question['documents']}"
        others = [u for u, t in visible.items() if u not in question["documents"] and contains(t, needle)]
        if len(others) > MOST_OTHER_DOCUMENTS:
            yield f"{needle!r} stands in {len(others)} other documents"


def tables_of(path):
    """Tables as lists of rows of cells."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        yield list(csv.reader(text.splitlines()))
        return
    rows = []
    for line in text.splitlines() + [""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            yield [row for row in rows if not set("".join(row)) <= set("-:")]
            rows = []


def number(cell):
    try:
        return Decimal(cell.replace(",", ""))
    except InvalidOperation:
        return None


def check_sums(path):
    for header, *rows in tables_of(path):
        if not re.match(r"(?i)total|合计", header[-1]):
            continue
        for row in rows:
            values = [number(cell) for cell in row[1:]]
            if None in values or sum(values[:-1]) != values[-1]:
                yield f"row {row[0]!r} does not add up"
        *parts, last = rows
        if not re.match(r"(?i)year|全年", last[0]):
            yield "no row for the year"
            continue
        for column in range(1, len(header)):
            if sum(number(row[column]) for row in parts) != number(last[column]):
                yield f"column {header[column]!r} does not add up"


def main():
    texts = {path.relative_to(DOCS).as_posix(): text_of(path) for path in sorted(DOCS.rglob("*")) if path.is_file()}
    questions = [json.loads(line) for line in (HERE / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    rules = access_rules()
    problems = []
    for question in questions:
        problems += [f"{question.get('id')}: {problem}" for problem in check_question(question, texts, rules)]
    if len({question["id"] for question in questions}) != len(questions):
        problems.append("questions.jsonl: an id occurs twice")
    tables = 0
    for path in sorted((DOCS / "sales").iterdir()):
        tables += sum(bool(re.match(r"(?i)total|合计", table[0][-1])) for table in tables_of(path))
        problems += [f"{path.name}: {problem}" for problem in check_sums(path)]
    for uri, text in texts.items():
        problems += [f"{uri}: the year {year} is outside 2023-2026"
                     for year in re.findall(r"(?<![\d.,£-])(19\d\d|20[01345]\d|202[0127-9])(?=\s*年|-\d\d)", text)]
    for pattern, _ in rules:
        if not any(fnmatch.fnmatch(uri, pattern) for uri in texts):
            problems.append(f"grounds.toml: {pattern} names no document")
    for problem in problems:
        print(problem)
    answerable = sum(question["answerable"] for question in questions)
    print(f"{len(texts)} documents, {tables} tables with totals, {len(questions)} questions "
          f"({answerable} answerable), {len(problems)} problems", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
