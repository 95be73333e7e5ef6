"""all-MiniLM-L6-v2 by ONNX Runtime, f32, as the peers run it that bring no model of their own: batches of 32, padded
to the longest, mean pooling, normalised. The files are those that `grounds model pull all-minilm-l6-v2` installs.
"""
import os
import pathlib

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

NAME = "all-minilm-l6-v2"
BATCH = 32


def files():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    folder = pathlib.Path(os.environ.get("GROUNDS_MODELS", cache / "grounds/models")) / NAME
    return folder / f"{NAME}.onnx", folder / f"{NAME}-tokenizer.json"


class Encoder:
    def __init__(self, threads):
        model, tokenizer = files()
        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.tokenizer.enable_truncation(256)
        self.tokenizer.enable_padding()
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(model), settings, providers=["CPUExecutionProvider"])
        self.names = [i.name for i in self.session.get_inputs()]

    def __call__(self, texts):
        rows = []
        for first in range(0, len(texts), BATCH):
            encoded = self.tokenizer.encode_batch(list(texts[first:first + BATCH]))
            inputs = {"input_ids": np.array([e.ids for e in encoded], np.int64),
                      "attention_mask": np.array([e.attention_mask for e in encoded], np.int64)}
            inputs["token_type_ids"] = np.zeros_like(inputs["input_ids"])
            hidden = self.session.run(None, {n: inputs[n] for n in self.names})[0]
            mask = inputs["attention_mask"][:, :, None].astype(np.float32)
            mean = (hidden * mask).sum(1) / mask.sum(1)
            rows.append(mean / np.linalg.norm(mean, axis=1, keepdims=True))
        return np.concatenate(rows).astype(np.float32)
