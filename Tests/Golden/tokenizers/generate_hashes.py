"""Writes hashes: what the Hugging Face library makes of every text of the real datasets.

Run by hand: python generate_hashes.py MODEL_FOLDER DATA_FOLDER OUT_FILE
OUT_FILE is hashes.json for all-MiniLM-L6-v2 and mpnet_hashes.json for all-mpnet-base-v2.

For each set and split: the number of texts, the number of tokens and one SHA-256 over all token ids
(32-bit little-endian, special tokens included, nothing cut; -1 after each text). Texts are all string
values of a row, depth first in the order of the file. "sample" is the same for every 16th row from the
first on, for test runs without optimisation.
"""

import hashlib
import json
import pathlib
import sys

import numpy
import tokenizers

STRIDE = 16


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)


def summary(tokenizer, rows):
    texts = [text for row in rows for text in strings(json.loads(row))]
    digest, tokens = hashlib.sha256(), 0
    for encoding in tokenizer.encode_batch(texts):
        tokens += len(encoding.ids)
        digest.update(numpy.array(encoding.ids + [-1], dtype="<i4").tobytes())
    return {"texts": len(texts), "tokens": tokens, "sha256": digest.hexdigest()}


def main(model, data, out):
    path = pathlib.Path(model) / "tokenizer.json"
    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    files = []
    for file in sorted(pathlib.Path(data).glob("*/*.jsonl")):
        rows = [row for row in file.read_bytes().split(b"\n") if row.strip()]
        files.append({
            "set": file.parent.name, "split": file.stem,
            "all": summary(tokenizer, rows), "sample": summary(tokenizer, rows[::STRIDE]),
        })
    golden = {
        "tokenizers": tokenizers.__version__,
        "tokenizer_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "stride": STRIDE,
        "files": files,
    }
    pathlib.Path(out).write_text(json.dumps(golden, indent=1) + "\n")


main(*sys.argv[1:])
