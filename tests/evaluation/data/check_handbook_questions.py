#!/usr/bin/env python3
"""Checks handbook_questions.jsonl against the folder of documents the questions are about.

    check_handbook_questions.py BASE [QUESTIONS]

BASE holds the markdown files; the URIs of the questions are paths below it. Prints a summary; exit code 1
if anything is wrong: counts, ids, keys, a document that is not there, an answer no document holds, a
document without any of the answers, a text said to be absent that is in a document.
"""
import collections
import json
import pathlib
import re
import sys

ANSWERABLE = 200
NEAR_MISSES = 50
OUTSIDE = 50
FEWEST_DOCUMENTS = 120
LONGEST_ANSWER = 60
KEYS = {"id", "language", "question", "answerable", "documents", "answer", "kind"}


def read_documents(base):
    return {path.relative_to(base).as_posix(): path.read_text(encoding="utf-8", errors="replace")
            for path in sorted(base.rglob("*.md"))}


def read_questions(path, problems):
    questions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            question = json.loads(line)
        except ValueError as error:
            problems.append(f"line {number}: {error}")
            continue
        missing = KEYS - question.keys()
        unknown = question.keys() - KEYS - {"absent"}
        if missing or unknown:
            problems.append(f"line {number}: missing keys {sorted(missing)}, unknown keys {sorted(unknown)}")
        else:
            questions.append(question)
    return questions


def check_answerable(question, documents, problems):
    def problem(text):
        problems.append(f"{question['id']}: {text}")

    if not question["documents"] or not question["answer"]:
        problem("answerable, but without a document or an answer")
    if len(set(question["documents"])) != len(question["documents"]):
        problem("a document is named twice")
    for answer in question["answer"]:
        if not answer.strip() or "\n" in answer or len(answer) > LONGEST_ANSWER:
            problem(f"not a short answer: {answer!r}")
        if not any(answer in documents.get(uri, "") for uri in question["documents"]):
            problem(f"no named document holds {answer!r}")
    for uri in question["documents"]:
        if uri not in documents:
            problem(f"no such document: {uri}")
        elif not any(answer in documents[uri] for answer in question["answer"]):
            problem(f"{uri} holds none of the answers")


def check_unanswerable(question, lowered, problems):
    def problem(text):
        problems.append(f"{question['id']}: {text}")

    if question["documents"] or question["answer"]:
        problem("unanswerable, but with a document or an answer")
    if not question.get("absent"):
        problem("unanswerable, but nothing named as absent")
    for text in question.get("absent", []):
        word = re.compile(r"(?<![a-z0-9])" + re.escape(text.lower()) + r"(?![a-z0-9])")
        where = [uri for uri, content in lowered.items() if word.search(content)]
        if where:
            problem(f"{text!r} is not absent, but in {where[0]}")


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    base = pathlib.Path(arguments[1])
    path = (pathlib.Path(arguments[2]) if len(arguments) == 3
            else pathlib.Path(__file__).with_name("handbook_questions.jsonl"))
    problems = []
    documents = read_documents(base)
    if not documents:
        problems.append("the base folder holds no markdown files")
    lowered = {uri: content.lower() for uri, content in documents.items()}
    questions = read_questions(path, problems)

    for name in ("id", "question"):
        for value, count in collections.Counter(question[name] for question in questions).items():
            if count > 1:
                problems.append(f"{count} questions have the {name} {value!r}")
    for number, question in enumerate(questions, 1):
        if question["id"] != f"h{number:03d}":
            problems.append(f"{question['id']}: h{number:03d} was expected")
        if not question["question"].strip():
            problems.append(f"{question['id']}: no text")
        if question["answerable"]:
            check_answerable(question, documents, problems)
        else:
            check_unanswerable(question, lowered, problems)

    answerable = [question for question in questions if question["answerable"]]
    near = [question for question in questions
            if not question["answerable"] and question["kind"].startswith("near miss: ")]
    outside = [question for question in questions
               if not question["answerable"] and question["kind"] == "outside"]
    for name, found, wanted in (("answerable", answerable, ANSWERABLE), ("near miss", near, NEAR_MISSES),
                                ("outside", outside, OUTSIDE)):
        if len(found) != wanted:
            problems.append(f"{len(found)} {name} questions instead of {wanted}")
    if len(questions) != ANSWERABLE + NEAR_MISSES + OUTSIDE:
        problems.append(f"{len(questions)} questions in all")

    used = {uri for question in answerable for uri in question["documents"]}
    if len(used) < FEWEST_DOCUMENTS:
        problems.append(f"only {len(used)} documents are asked about")
    folders = collections.Counter("/".join(question["documents"][0].split("/")[:2])
                                  for question in answerable if question["documents"])
    for folder in sorted({"/".join(uri.split("/")[:2]) for uri in documents if uri.count("/") > 1}):
        if folder not in folders:
            problems.append(f"no question about {folder}")

    print(f"{len(questions)} questions: {len(answerable)} answerable, {len(near)} near misses, "
          f"{len(outside)} outside; {len(used)} of {len(documents)} documents are asked about")
    for title, counts in (("by folder", folders),
                          ("by kind", collections.Counter(question["kind"] for question in questions))):
        print(title + ": " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    for text in problems:
        print("problem: " + text)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
