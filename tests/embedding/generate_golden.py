#!/usr/bin/env python3
"""Writes data/*_tokenizer.json and data/*_golden.jsonl: lines of random Unicode by seed, and the ids and
byte offsets that the reference (PyPI `tokenizers` 0.23.3) gives them. The vocabulary is a small one of our
own, with every character of the lines in it, so that nearly each character's place is seen in a token.

Usage: generate_golden.py        (writes beside itself)
"""
import importlib.util
import json
import pathlib
import random

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

here = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("reference", here.parent / "bench/embedding/tokenizer_reference.py")
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)

VARIANTS = {"uncased": dict(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True),
            "cased": dict(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=False),
            "raw": dict(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)}

for name, options in VARIANTS.items():
    rng = random.Random("grounds " + name)
    lines = [reference.random_line(rng) for _ in range(250)]
    normalizer = normalizers.BertNormalizer(**options)
    seen = sorted({c for line in lines for c in normalizer.normalize_str(line) if not c.isspace()})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    for c in seen:
        # One in nine is left unknown.
        if rng.random() < 8 / 9:
            pieces += [c, "##" + c]
    pieces += ["contract", "revenue", "un", "##believ", "##able", "invoice", "##ing", "##s", "the", "of"]
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])])
    tokenizer.save(str(here / "data" / f"{name}_tokenizer.json"), pretty=False)
    with open(here / "data" / f"{name}_golden.jsonl", "w") as out:
        for line in lines:
            tokens = reference.expected(tokenizer.encode(line, add_special_tokens=False), line)
            out.write(json.dumps({"text": line, "tokens": tokens}, separators=(",", ":")) + "\n")
