"""Writes mpnet.json: what the Hugging Face library makes of texts, pairs and words with the tokenizer of all-mpnet-base-v2.

Run by hand: python generate_mpnet.py MODEL_FOLDER
The cases are of the form of small/cases.json; a long text and long pairs are cut where the model's own settings cut.
"""

import hashlib
import json
import pathlib
import sys

import tokenizers
from generate_cases import TEXTS, encodings, mpnet_encodings, noisy

SENTENCES = [
    "Quarterly revenue rose 12 % on strong demand for steel.", "The board cut its dividend after a weak year.",
    "Rates stay where they are, said the bank.", "Nothing happened.",
    "Shares of the Zürich-based reinsurer (SREN.S) fell 3.4% to CHF 88.12; analysts' consensus: \"underweight\".",
]
LONG = " ".join(SENTENCES * 14)
CUTS = [128, 384, 512]


def main(model):
    path = pathlib.Path(model) / "tokenizer.json"
    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    cases = mpnet_encodings(tokenizer, "mpnet", SENTENCES + TEXTS + noisy(60))
    pairs = [(LONG, LONG), (SENTENCES[4], LONG), (LONG, SENTENCES[4]), (SENTENCES[0], SENTENCES[1])]
    for most in CUTS:
        cases += encodings(tokenizer, "mpnet", [], [], [(LONG, None)] + pairs, [], [most])
    golden = {
        "tokenizers": tokenizers.__version__, "tokenizer_sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "cases": cases,
    }
    target = pathlib.Path(__file__).parent / "mpnet.json"
    target.write_text(json.dumps(golden, separators=(",", ":")).replace("},{", "},\n{") + "\n")


main(sys.argv[1])
