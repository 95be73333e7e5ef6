#!/usr/bin/env python3
"""Writes data/*_tokenizer.json and data/*_golden.jsonl: lines of random Unicode by seed, and the ids and
byte offsets that the reference (PyPI `tokenizers` 0.23.3) gives them. The vocabulary is a small one of our
own, with every character of the lines in it, so that nearly each character's place is seen in a token.

Usage: generate_golden.py        (writes beside itself)
"""
import base64
import importlib.util
import json
import pathlib
import random

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

here = pathlib.Path(__file__).parent


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = load("reference", here.parent / "bench/embedding/tokenizer_reference.py")
tables = load("tables", here.parent.parent / "src/embedding/generate/unicode_tables.py")



def write(name, tokenizer_json, lines):
    (here / "data" / f"{name}_tokenizer.json").write_text(tokenizer_json)
    tokenizer = Tokenizer.from_str(tokenizer_json)
    with open(here / "data" / f"{name}_golden.jsonl", "w") as out:
        for line in lines:
            tokens = reference.expected(tokenizer.encode(line, add_special_tokens=False), line)
            out.write(json.dumps({"text": line, "tokens": tokens}, separators=(",", ":")) + "\n")


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
    write(name, tokenizer.to_str(), lines)

# As XLM-R models have it, in its two usual forms.
CHARSMAP = {"\u3000": " ", "\t": " ", "\u00a0": " ", "\u2028": " ", "ﬁ": "fi", "…": "...", "Ａ": "A", "Ｂ": "B", "\u0340": "\u0300",
            "\x01": "", "\u200b": "", "\u00ad": "", "㎏": "kg", "e\u0301": "é", "ü": "ue"}
PRECOMPILED = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(tables.charsmap(CHARSMAP)).decode()}
METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
FORMS = {"unigram": (PRECOMPILED, {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, METASPACE]}),
         "unigram_spaces": ({"type": "Sequence", "normalizers": [
             PRECOMPILED, {"type": "Strip", "strip_left": False, "strip_right": True},
             {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]}, METASPACE)}
for name, (normalizer, pre_tokenizer) in FORMS.items():
    rng = random.Random("grounds " + name)
    lines = [reference.random_line(rng) for _ in range(250)]
    pieces = {"<s>": 0.0, "<pad>": 0.0, "</s>": 0.0, "<unk>": 0.0}
    for c in sorted({c for line in lines for c in line} | set("▁.fikgAB ue")):
        if rng.random() < 8 / 9:
            pieces[c] = -9.0 - rng.random()
    for word in ["▁contract", "▁the", "▁of", "▁un", "believ", "able", "revenue", "ing", "voice", "▁in", "in", "的一", "一是", "▁e", "ss", "..."]:
        pieces[word] = -6.0 - rng.random()
    pieces["<mask>"] = 0.0
    ids = {piece: i for i, piece in enumerate(pieces)}
    special = [{"id": ids[t], "content": t, "single_word": False, "lstrip": t == "<mask>", "rstrip": False,
                "normalized": False, "special": True} for t in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")]
    text = json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer, "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0],
                                                           "trim_offsets": False, "add_prefix_space": True},
        "decoder": None, "model": {"type": "Unigram", "unk_id": 3, "vocab": list(map(list, pieces.items())), "byte_fallback": False}})
    write(name, text, lines)
