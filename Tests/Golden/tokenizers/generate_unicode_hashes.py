"""Writes unicode.json: hashes of what the Hugging Face library's normaliser and pre-tokeniser make of every scalar.

Run by hand: python generate_unicode_hashes.py

A block is 4096 scalars, surrogates left out; blocks without any assigned scalar are not there, of the private
planes only the first. Its text is, for each scalar c, "a c b" without the spaces, and
a, U+302E, c, U+0334, U+1BF2, b: marks of other combining classes that strip_accents leaves or removes.
"""

import hashlib
import json
import pathlib

import tokenizers
from tokenizers import normalizers, pre_tokenizers

FLAGS = ["clean_text", "handle_chinese_chars", "strip_accents", "lowercase"]
SETTINGS = ["1111", "0111", "0010", "0001", "1100"]


def text(block):
    scalars = (chr(c) for c in range(block * 4096, block * 4096 + 4096) if not 0xD800 <= c < 0xE000)
    return "".join(f"a{c}ba\u302e{c}\u0334\u1bf2b" for c in scalars)


def digest(pieces):
    return hashlib.sha256("\n".join(pieces).encode()).hexdigest()


words = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
settings = {s: normalizers.BertNormalizer(**{f: v == "1" for f, v in zip(FLAGS, s)}) for s in SETTINGS}
blocks = []
for block in [*range(0x34), 0xE0, 0xF0, 0x100]:
    content = text(block)
    blocks.append({
        "block": block,
        "words": digest(word for word, _ in words(content)),
        "normalized": {s: digest([n.normalize_str(content)]) for s, n in settings.items()},
    })
golden = {"tokenizers": tokenizers.__version__, "blocks": blocks}
(pathlib.Path(__file__).parent / "unicode.json").write_text(json.dumps(golden, indent=1) + "\n")
