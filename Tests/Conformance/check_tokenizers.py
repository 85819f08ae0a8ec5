#!/usr/bin/env python3
"""Holds the program's tokenizers against the Hugging Face library, text by text.

Tests/Conformance/check_tokenizers.py BINARY TOKENIZER.json… [--data FOLDER] [--random 100000] [--seed 0]

Texts are all strings of all JSONL files below FOLDER, and random ones. Compared are tokens without special tokens, the UTF-8
bytes that each covers (the library's offsets, not trimmed), tokens with special tokens, and what they decode to with
and without special tokens, all at once and token by token. Needs tokenizers (0.23). Not in CI.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.pop(0)  # This file has the library's name.
import tokenizers  # noqa: E402

BITS = [
    " ", "  ", "   ", "\n", "\n\n", "\r\n", "\r", "\t", "\u00a0", "\u2028", "\u3000", "\u200b", "\u200d", "\ufeff", "\x00", "\x1b",
    "'s", "'S", "'ſ", "'ll", "'LL", "n't", "don't", "a", "the", "Hello", "WORLD", "naïve", "cafe\u0301", "é", "ﬁ", "ß", "İ", "ı",
    "1", "12", "2024", "3.14", "１２", "٣", "½", "Ⅷ", "②", "$", "€", "%", "...", "!?", "«", "—", "_", "__init__", "(x)", "{}", "<s>",
    "</s>", "<|endoftext|>", "<|im_start|>", "<|eot_id|>", "<unk>", "<0x0A>", "[MASK]", "▁", "Ġ", "漢字", "かな", "한국어", "\u1112\u1161\u11ab",
    "שלום", "مرحبا", "हिन्दी", "ไทย", "👩‍👩‍👧", "🏳️‍🌈", "🇩🇪", "é\u0323", "a\u0345\u0334", "\u0f73", "\U0001d15e", "Å", "ﷺ", "\ue000",
]


def random_text(stream):
    def scalar():
        while True:
            plane = stream.random()
            top = 0x250 if plane < 0.3 else 0x3000 if plane < 0.6 else 0x10000 if plane < 0.8 else 0x20000 if plane < 0.95 else 0x110000
            value = stream.randrange(top)
            if not 0xD800 <= value < 0xE000:
                return chr(value)

    kind = stream.random()
    length = stream.choice([0, 1, 2, 3, 5, 8, 13, 21, 40])
    if kind < 0.3:
        return "".join(scalar() for _ in range(length))
    if kind < 0.5:
        return "".join(chr(stream.randrange(0x80)) for _ in range(length))
    if kind < 0.8:
        return "".join(stream.choice(BITS) for _ in range(length))
    return "".join(stream.choice(BITS) if stream.random() < 0.6 else scalar() for _ in range(length))


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def untrimmed(value):
    """The same file without trimming of offsets."""
    if isinstance(value, dict):
        return {name: False if name == "trim_offsets" else untrimmed(item) for name, item in value.items()}
    return [untrimmed(item) for item in value] if isinstance(value, list) else value


def byte_ranges(text, offsets):
    """Offsets in characters as offsets in UTF-8 bytes."""
    places = [0]
    for character in text:
        places.append(places[-1] + len(character.encode()))
    return [places[offset] for pair in offsets for offset in pair]


def dropped(reference):
    """The bytes that a byte-level model without an unknown token drops, behind which the library's offsets are shifted."""
    pre = reference.pre_tokenizer
    if pre is None or "ByteLevel" not in str(pre):
        return set()
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    alphabet = {byte: chr(byte) for byte in printable} | {byte: chr(0x100 + i) for i, byte in enumerate(others)}
    return {byte for byte, character in alphabet.items() if reference.token_to_id(character) is None}


def compare(binary, path, texts, scratch, reference, most=5):
    (scratch / "texts.jsonl").write_text("".join(json.dumps(text) + "\n" for text in texts))
    subprocess.run(
        [binary, "bench", "tokenize", "--tokenizer", path, "--data", scratch / "texts.jsonl", "--write", scratch / "ours.jsonl"],
        check=True)
    lines = (scratch / "ours.jsonl").read_text().split("\n")[:-1]
    assert len(lines) == len(texts), f"{len(lines)} lines for {len(texts)} texts"
    wrong = tokens = 0
    missing = dropped(reference)
    for text, line in zip(texts, lines):
        ids, ranges, whole, decoded, plain, streamed = json.loads(line)
        bare = reference.encode(text, add_special_tokens=False)
        full = reference.encode(text).ids
        checks = {
            "ids": (ids, bare.ids), "ranges": (ranges, byte_ranges(text, bare.offsets)), "whole": (whole, full),
            "decoded": (decoded, reference.decode(full, skip_special_tokens=False)),
            "plain": (plain, reference.decode(full, skip_special_tokens=True)), "streamed": (streamed, ""),
        }
        if missing.intersection(text.encode()):
            del checks["ranges"]
        tokens += len(ids)
        bad = {name: pair for name, pair in checks.items() if pair[0] != pair[1]}
        if bad:
            wrong += 1
            if wrong <= most:
                print(f"  {text!r}", *(f"    {name}: ours {a!r}, theirs {b!r}" for name, (a, b) in bad.items()), sep="\n")
    return wrong, tokens


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("tokenizers", nargs="+", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--random", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    stream = random.Random(arguments.seed)
    sets = {"random": [random_text(stream) for _ in range(arguments.random)]}
    if arguments.data:
        sets["data"] = []
        for path in sorted(arguments.data.rglob("*.jsonl")):
            for line in path.read_text().split("\n"):
                if line:
                    sets["data"] += strings(json.loads(line))
    failed = False
    for path in arguments.tokenizers:
        reference = tokenizers.Tokenizer.from_str(json.dumps(untrimmed(json.loads(path.read_text()))))
        reference.no_truncation()
        reference.no_padding()
        for name, texts in sets.items():
            with tempfile.TemporaryDirectory() as scratch:
                wrong, tokens = compare(arguments.binary, path, texts, pathlib.Path(scratch), reference)
            print(f"{path}: {name}: {len(texts)} texts, {tokens} tokens, {wrong} texts otherwise", flush=True)
            failed = failed or wrong > 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
