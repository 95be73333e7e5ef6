#!/usr/bin/env python3
"""Checks manual_questions_zh.jsonl against the folder of Chinese manuals the questions are about.

    check_manual_questions.py BASE [--copy FOLDER]

BASE holds the Markdown files. --copy writes the part of them that the questions are asked over: the documents
they name, and every eighth other one that is no release note. Exit code 1 if an answer is in no named document,
or a text that is said to be absent is there.
"""
import json
import pathlib
import shutil
import sys


def main(arguments):
    if len(arguments) not in (2, 4) or (len(arguments) == 4 and arguments[2] != "--copy"):
        print(__doc__, file=sys.stderr)
        return 2
    base = pathlib.Path(arguments[1])
    documents = {path.relative_to(base).as_posix(): path.read_text(encoding="utf-8", errors="replace") for path in base.rglob("*.md")}
    lines = pathlib.Path(__file__).with_name("manual_questions_zh.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    problems = []
    for question in questions:
        for uri in question["documents"]:
            if not any(answer in documents.get(uri, "") for answer in question["answer"]):
                problems.append(f"{question['id']}: {uri} holds none of the answers")
        for text in question.get("absent", []):
            problems += [f"{question['id']}: {text!r} is not absent, but in {uri}" for uri in documents if text.lower() in documents[uri].lower()]
        if question["answerable"] != bool(question["documents"]):
            problems.append(f"{question['id']}: answerable with documents, or neither")
    if len(arguments) == 4:
        others = [uri for uri in sorted(documents)[::8] if not uri.startswith("releases/")]
        for uri in sorted({uri for question in questions for uri in question["documents"]} | set(others)):
            target = pathlib.Path(arguments[3]) / uri
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(base / uri, target)
    for problem in problems:
        print("problem: " + problem)
    answerable = sum(question["answerable"] for question in questions)
    print(f"{len(questions)} questions, {answerable} answerable, {len(questions) - answerable} not; {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
