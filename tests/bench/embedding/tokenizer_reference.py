#!/usr/bin/env python3
"""Compares our tokenizer with the reference (PyPI `tokenizers`): ids and byte offsets, line by line.

Usage: tokenizer_reference.py BENCH TOKENIZER_JSON [--lines N] [--seed S] [--texts FILE...]
BENCH is the program embedding_bench. Lines are the given files' (each line of text), then random Unicode
by seed: English, Chinese, emoji, control characters, combining marks, any code point, added tokens.
Exit code 1 and the first differences if there are any. Needs: pip install tokenizers==0.23.3
"""
import argparse
import random
import subprocess
import sys
import threading

from tokenizers import Tokenizer

ENGLISH = "the of and to in contract revenue invoice unbelievable Müller naïve İstanbul STRASSE ﬁnance e-mail".split()
CHINESE = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
BLOCKS = [(0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700), (0x900, 0xE80), (0x1100, 0x1200),
          (0x1AB0, 0x1B00), (0x1DC0, 0x1F00), (0x1F00, 0x2100), (0x2000, 0x2070), (0x20D0, 0x2100), (0x2E80, 0x3130),
          (0x3130, 0x3400), (0x4E00, 0xA000), (0xAC00, 0xD7A4), (0xF900, 0xFB00), (0xFB00, 0xFE30), (0xFF00, 0x10000),
          (0x1D100, 0x1D200), (0x1F300, 0x1FB00), (0x20000, 0x20100), (0x2F800, 0x2FA20), (0xE0000, 0xE01F0)]
CONTROL = [0, 1, 8, 9, 0xB, 0xC, 0x1C, 0x1F, 0x7F, 0x85, 0xA0, 0xAD, 0x200B, 0x200D, 0x2028, 0x2029, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0xE000]
ADDED = ["[CLS]", "[SEP]", "[MASK]", "[UNK]", "[PAD]", "[cls]", "[CLS", "<s>", "</s>", "<mask>", "<unk>", "<pad>"]


def character(rng):
    kind = rng.random()
    if kind < 0.30:
        lo, hi = rng.choice(BLOCKS)
        return chr(rng.randrange(lo, hi))
    if kind < 0.45:
        return chr(rng.randrange(0x300, 0x370))
    if kind < 0.55:
        return chr(rng.choice(CONTROL))
    if kind < 0.75:
        return rng.choice("abcXYZ .,-_'\"#")
    if kind < 0.85:
        return rng.choice(CHINESE)
    while True:
        c = rng.randrange(0x110000)
        if not 0xD800 <= c < 0xE000 and c not in (10, 13):
            return chr(c)


def random_line(rng):
    kind = rng.random()
    if kind < 0.3:
        words = [rng.choice(ENGLISH) + rng.choice(["", "s", "ing", "\u0301", "!", "…", "——"]) for _ in range(rng.randrange(1, 12))]
        line = rng.choice([" ", "  ", "\t", "\u3000"]).join(words)
    elif kind < 0.45:
        line = "".join(rng.choice(CHINESE) for _ in range(rng.randrange(1, 30)))
    else:
        line = "".join(character(rng) for _ in range(rng.randrange(1, 40)))
    if rng.random() < 0.05:
        at = rng.randrange(len(line) + 1)
        line = line[:at] + rng.choice([" ", ""]) + rng.choice(ADDED) + rng.choice([" ", ""]) + line[at:]
    if rng.random() < 0.01:
        line += rng.choice("aé中") * rng.randrange(90, 110)
    return line.replace("\n", " ").replace("\r", " ")


def lines(options):
    for path in options.texts:
        for line in open(path, encoding="utf-8", errors="replace"):
            line = line.strip("\r\n").replace("\r", " ")
            if line:
                yield line
    rng = random.Random(options.seed)
    for _ in range(options.lines):
        yield random_line(rng)


def expected(encoding, line):
    if line.isascii():
        return [(i, b, e) for i, (b, e) in zip(encoding.ids, encoding.offsets)]
    byte = [0]
    for c in line:
        byte.append(byte[-1] + len(c.encode()))
    return [(i, byte[b], byte[e]) for i, (b, e) in zip(encoding.ids, encoding.offsets)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("tokenizer")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--texts", nargs="*", default=[])
    options = parser.parse_args()
    reference = Tokenizer.from_file(options.tokenizer)
    reference.no_padding()
    reference.no_truncation()
    total = different = tokens = 0
    process = subprocess.Popen([options.bench, "tokenize", options.tokenizer], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def feed():
        for line in lines(options):
            process.stdin.write(line.encode() + b"\n")
        process.stdin.close()

    threading.Thread(target=feed, daemon=True).start()
    batch = []

    def check():
        nonlocal total, different, tokens
        for line, encoding in zip(batch, reference.encode_batch(batch, add_special_tokens=False)):
            want = expected(encoding, line)
            got = [tuple(map(int, t.split(b":"))) for t in process.stdout.readline().split()]
            total += 1
            tokens += len(got)
            if got != want:
                different += 1
                if different <= 10:
                    print("differs:", ascii(line), "\n  reference", want, "\n  ours     ", got)
        batch.clear()

    for line in lines(options):
        batch.append(line)
        if len(batch) == 2000:
            check()
    check()
    process.wait()
    print(f"{total} lines, {tokens} tokens, {different} lines differ")
    sys.exit(1 if different or not total else 0)


if __name__ == "__main__":
    main()
