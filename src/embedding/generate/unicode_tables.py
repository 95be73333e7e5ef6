#!/usr/bin/env python3
"""Writes bert_characters_data.cpp: what the reference tokenizer does with each character.

The reference (PyPI `tokenizers`) mixes several Unicode versions: one in its categories, one in its
normalisation, one in Rust's standard library. So it is asked, one code point at a time, rather than
a Unicode database; and the answer is kept here, so that no update of ICU changes a vector.

Usage: python unicode_tables.py > ../bert_characters_data.cpp     (needs: pip install tokenizers==0.23.3)
"""
import struct
import sys
import unicodedata

import tokenizers
from tokenizers import normalizers, pre_tokenizers

ALL = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
clean = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
strip = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
chinese = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=True, strip_accents=False, lowercase=False)
nfd = normalizers.NFD()
lower = normalizers.Lowercase()
split = pre_tokenizers.BertPreTokenizer()
DROPPED, BLANK, SEPARATOR, PUNCTUATION, MARK, CHINESE = 1, 2, 4, 8, 16, 32
EXTENDS, CONTROL, PREPENDS = 64, 128, 256
HANGUL = range(0xAC00, 0xAC00 + 11172)  # decomposed by arithmetic (Unicode, section 3.12)


def charsmap(replacements):
    """The bytes of a SentencePiece precompiled_charsmap: a double array over the keys, and what replaces them."""
    root, texts = {}, b""
    for key, text in replacements.items():
        node = root
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[None] = len(texts)
        texts += text.encode() + b"\0"
    units, used = {0: 0}, {0}

    def place(node, at):
        labels = [0 if b is None else b for b in node]
        base = 1
        while any(base ^ b in used for b in labels) or (at ^ base) >= 1 << 21:
            base += 1
        used.update(base ^ b for b in labels)
        units[at] |= (at ^ base) << 10 | (256 if None in node else 0)
        for byte, child in node.items():
            if byte is None:
                units[base] = child | 1 << 31
            else:
                units[base ^ byte] = byte
                place(child, base ^ byte)

    place(root, 0)
    array = [units.get(i, 0) for i in range(max(units) | 255)]
    return struct.pack("<I", 4 * len(array)) + struct.pack(f"<{len(array)}I", *array) + texts


# A cluster under 6 bytes that starts with a key is replaced whole: what is left shows where clusters end.
of_a = normalizers.Precompiled(charsmap({"a": "x"}))
of_mark = normalizers.Precompiled(charsmap({"\u0340": "x"}))


def cluster_flags(c):
    """Rules GB4, GB9, GB9a, GB9b of Unicode Standard Annex 29, as far as they show in clusters under 6 bytes."""
    s = chr(c)
    f = EXTENDS if of_a.normalize_str("a" + s) == "x" else 0
    if of_mark.normalize_str(s + "\u0340\u0318").endswith("x"):
        f |= CONTROL  # the two marks are a cluster of their own
    if of_a.normalize_str(s + "a\u0300").endswith("x\u0300"):
        f |= PREPENDS  # "a" and its mark are not
    return f


def flags(c):
    s = chr(c)
    f = cluster_flags(c)
    cleaned = clean.normalize_str(s)
    f |= DROPPED if cleaned == "" else 0
    f |= BLANK if cleaned == " " else 0
    pieces = [p for p, _ in split.pre_tokenize_str("a" + s + "b")]
    f |= SEPARATOR if pieces == ["a", "b"] else 0
    f |= PUNCTUATION if pieces == ["a", s, "b"] else 0
    if nfd.normalize_str(s) == s and strip.normalize_str(s) == "":
        f |= MARK
    f |= CHINESE if chinese.normalize_str(s) == " " + s + " " else 0
    return f


def combining_classes():
    """Classes by the order in which the reference sorts marks; names of classes from Python's own database."""
    last, first = "\u0345", "\u0334"  # classes 240 (the highest) and 1 (the lowest)
    moving = [c for c in ALL if nfd.normalize_str("a" + last + chr(c)) != "a" + last + nfd.normalize_str(chr(c))
              and nfd.normalize_str(chr(c)) == chr(c)]
    classes = {c: unicodedata.combining(chr(c)) for c in moving}
    classes[0x345] = 240
    assert all(classes.values()), "a mark that Python's database does not know"
    example = {}
    for c, k in classes.items():
        example.setdefault(k, c)
    for c, k in classes.items():
        for other, e in example.items():
            want = chr(e) + chr(c) if other <= k else chr(c) + chr(e)
            assert nfd.normalize_str("a" + chr(e) + chr(c)) == "a" + want, (hex(c), k, other)
    del first
    return classes


def runs(values):
    """(first, last, value) of equal neighbours; 0 is left out."""
    out = []
    for c, v in sorted(values.items()):
        if not v:
            continue
        if out and out[-1][1] == c - 1 and out[-1][2] == v:
            out[-1][1] = c
        else:
            out.append([c, c, v])
    return out


def show(name, type_name, rows):
    print(f"const std::array<{type_name}, {len(rows)}> {name} = {{{{")
    line = "    "
    for row in rows:
        item = "{" + ", ".join(row) + "}, "
        if len(line) + len(item) > 100:
            print(line.rstrip())
            line = "    "
        line += item
    print(line.rstrip())
    print("}};\n")


def main():
    assert cluster_flags(0x301) == EXTENDS and cluster_flags(0x65) == 0 and cluster_flags(0x2028) == CONTROL
    assert cluster_flags(0x600) == PREPENDS
    table = {c: flags(c) for c in ALL}
    classes = combining_classes()
    decomposed, lowered = [], []
    for c in ALL:
        d = nfd.normalize_str(chr(c))
        if d != chr(c) and c not in HANGUL:
            decomposed.append((c, [ord(x) for x in d]))
        w = lower.normalize_str(chr(c))
        if w != chr(c):
            lowered.append((c, [ord(x) for x in w]))
    assert max(len(d) for _, d in decomposed) <= 4 and max(len(d) for _, d in lowered) <= 2
    x = lambda v: f"0x{v:X}"
    print(f"""// What the reference tokenizer does with each character. Generated by generate/unicode_tables.py from
// tokenizers {tokenizers.__version__}: do not edit. Long because it is a table.
#include "embedding/bert_characters_data.h"

namespace grounds {{

// clang-format off""")
    show("kCharacterFlags", "CharacterRun", [(x(a), x(b), str(v)) for a, b, v in runs(table)])
    show("kCombiningClasses", "CharacterRun", [(x(a), x(b), str(v)) for a, b, v in runs(classes)])
    show("kDecompositions", "CharacterMapping", [(x(c), "{" + ", ".join(map(x, d)) + "}") for c, d in decomposed])
    show("kLowercase", "CharacterMapping", [(x(c), "{" + ", ".join(map(x, d)) + "}") for c, d in lowered])
    print("// clang-format on\n\n}  // namespace grounds")
    print(len(decomposed), len(lowered), file=sys.stderr)


if __name__ == "__main__":
    main()
