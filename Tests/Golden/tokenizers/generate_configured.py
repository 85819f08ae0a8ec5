"""Writes configured/: small tokenizers beside a tokenizer_config.json, and the ids that transformers and the tokenizers
library give a text with them.

Run by hand: python generate_configured.py   (transformers 5.24.0, tokenizers 0.23.3)
"""

import json
import os
import pathlib
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"

import tokenizers
import transformers

OUT = pathlib.Path(__file__).parent / "configured"
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["the", "tree", "Tree", "café", "cafe", "Café", "山", "水", "山水", "##s", "extraordinary", "re@@d"]
# Case, accents, ideographs, a control inside a word, a long word, a continued word, an unknown one, a token.
TEXT = "the Tree Café cafés 山水 tr\u0007ee extraordinary trees zebra [NEW]"
CONFIG = {"model_type": "bert", "hidden_size": 8, "vocab_size": 40}


def tokenizer(lowercase=True, accents=None, chinese=True, clean=True, longest=100, prefix="##", unknown="[UNK]",
              bare=False, untyped=False):
    vocabulary = {token: i for i, token in enumerate(SPECIALS + WORDS)}
    parts = {name: {"SpecialToken": {"id": name, "type_id": 0}} for name in ("[CLS]", "[SEP]")}
    first, second = {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}
    single = [parts["[CLS]"], first, parts["[SEP]"]]
    pair = single + [second, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}]
    if bare:
        single, pair = [parts["[CLS]"], first, parts["[CLS]"]], [parts["[CLS]"], first, second, parts["[CLS]"]]
    model = {"type": "WordPiece", "unk_token": unknown, "continuing_subword_prefix": prefix,
             "max_input_chars_per_word": longest, "vocab": vocabulary}
    if untyped:
        del model["type"]
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [dict(id=i, content=token, single_word=False, lstrip=False, rstrip=False, normalized=False,
                              special=True) for i, token in enumerate(SPECIALS)],
        "normalizer": {"type": "BertNormalizer", "clean_text": clean, "handle_chinese_chars": chinese,
                       "strip_accents": accents, "lowercase": lowercase},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": {
            name: {"id": name, "ids": [vocabulary[name]], "tokens": [name]} for name in ("[CLS]", "[SEP]")}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": model,
    }


FILES = {
    "uncased": tokenizer(), "cased": tokenizer(lowercase=False), "accented": tokenizer(accents=False),
    "stripped": tokenizer(lowercase=False, accents=True), "joined": tokenizer(chinese=False),
    "unclean": tokenizer(clean=False), "short": tokenizer(longest=6), "marked": tokenizer(prefix="@@"),
    "masking": tokenizer(unknown="[MASK]"), "bare": tokenizer(bare=True), "untyped": tokenizer(untyped=True),
}
SETTINGS = [
    {}, {"do_lower_case": True}, {"do_lower_case": False}, {"strip_accents": True}, {"strip_accents": False},
    {"strip_accents": None}, {"do_lower_case": False, "strip_accents": True}, {"tokenize_chinese_chars": False},
    {"tokenize_chinese_chars": True}, {"unk_token": "[MASK]"}, {"unk_token": {"__type": "AddedToken", "content": "[UNK]", "lstrip": False, "normalized": False,
                                              "rstrip": False, "single_word": False}},
    {"added_tokens_decoder": {"17": {"content": "[NEW]", "special": True}}},
    {"additional_special_tokens": ["[NEW]"]}, {"model_max_length": 6},
]
CLASSES = ["BertTokenizer", "BertTokenizerFast", "DistilBertTokenizerFast", "PreTrainedTokenizerFast", None]


def main():
    OUT.mkdir(exist_ok=True)
    cases = []
    for name, file in FILES.items():
        (OUT / f"{name}.json").write_text(json.dumps(file, ensure_ascii=False) + "\n")
        for kind in CLASSES:
            for settings in SETTINGS if name in ("uncased", "cased") or kind in CLASSES[:1] else [{}]:
                config = settings | ({"tokenizer_class": kind} if kind else {})
                with tempfile.TemporaryDirectory() as folder:
                    for part, value in [("tokenizer", file), ("tokenizer_config", config), ("config", CONFIG)]:
                        pathlib.Path(folder, f"{part}.json").write_text(json.dumps(value))
                    own = tokenizers.Tokenizer.from_file(f"{folder}/tokenizer.json").encode(TEXT).ids
                    ids = transformers.AutoTokenizer.from_pretrained(folder)(TEXT)["input_ids"]
                cases.append({"tokenizer": name, "config": json.dumps(config), "tokenizers": own, "transformers": ids})
    lines = ",\n".join(json.dumps(case) for case in cases)
    text = json.dumps(TEXT)
    (OUT / "cases.json").write_text(f'{{"text": {text}, "cases": [\n{lines}\n]}}\n')
    print(len(cases), "cases,", sum(c["tokenizers"] != c["transformers"] for c in cases), "differ")


main()
