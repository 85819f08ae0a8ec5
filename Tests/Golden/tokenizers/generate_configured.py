"""Writes configured/: small tokenizers beside a tokenizer_config.json, and the ids that transformers and the tokenizers
library give a text with them: cases.json for BERT's family, mpnet_cases.json for MPNet.

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


def mpnet(processing="RobertaProcessing", separators=2, type=0, **on):
    """A tokenizer of MPNet's kind, whose [PAD], [CLS], [SEP] and [MASK] are tokens like others."""
    file = tokenizer(**on)
    own = ["<s>", "<pad>", "</s>", "<unk>"]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "<mask>"]
    file["model"]["vocab"] = {token: i for i, token in enumerate(own + words)}
    file["added_tokens"] = [
        dict(id=file["model"]["vocab"][token], content=token, single_word=False, lstrip=token == "<mask>", rstrip=False,
             normalized=token == "<unk>", special=True) for token in [*own, "[UNK]", "<mask>"]]
    ends = {"sep": ["</s>", 2], "cls": ["<s>", 0]}
    if processing == "RobertaProcessing":
        file["post_processor"] = {"type": processing, **ends, "trim_offsets": True, "add_prefix_space": False}
    elif processing == "BertProcessing":
        file["post_processor"] = {"type": processing, **ends}
    else:
        first, last = {"SpecialToken": {"id": "<s>", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}
        single = [first, {"Sequence": {"id": "A", "type_id": 0}}, last]
        pair = single + [last] * (separators - 1) + [
            {"Sequence": {"id": "B", "type_id": type}}, {"SpecialToken": {"id": "</s>", "type_id": type}}]
        file["post_processor"] = {"type": processing, "single": single, "pair": pair, "special_tokens": {
            name: {"id": name, "ids": [id], "tokens": [name]} for name, id in ends.values()}}
    return file


MPNET_FILES = {
    "mpnet": mpnet(), "mpnet_cased": mpnet(lowercase=False), "mpnet_accented": mpnet(accents=False),
    "mpnet_joined": mpnet(chinese=False), "mpnet_unclean": mpnet(clean=False), "mpnet_short": mpnet(longest=6),
    "mpnet_marked": mpnet(prefix="@@"), "mpnet_masking": mpnet(unknown="<mask>"), "mpnet_bert": mpnet("BertProcessing"),
    "mpnet_template": mpnet("TemplateProcessing", type=1), "mpnet_single": mpnet("TemplateProcessing", 1),
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
MPNET_SETTINGS = SETTINGS + [
    {"cls_token": "</s>"}, {"sep_token": "<s>"}, {"cls_token": "<s>", "sep_token": "</s>", "unk_token": "[UNK]", "mask_token": "<mask>"},
    {"unk_token": "<unk>"},
]
CLASSES = ["BertTokenizer", "BertTokenizerFast", "DistilBertTokenizerFast", "PreTrainedTokenizerFast", None]


MPNET_CLASSES = ["MPNetTokenizer", "MPNetTokenizerFast", "PreTrainedTokenizerFast", None]
PAIR = "the café"


def ids(tokenize, name):
    """Of BERT's family a text's ids; of MPNet a pair's too, whose separators are another matter."""
    return tokenize(TEXT) if name in FILES else tokenize(TEXT) + tokenize(TEXT, PAIR)


def cases(files, classes, settings, model):
    found = []
    for name, file in files.items():
        (OUT / f"{name}.json").write_text(json.dumps(file, ensure_ascii=False) + "\n")
        for kind in classes:
            for chosen in settings if name in list(files)[:2] or kind in classes[:1] else [{}]:
                config = chosen | ({"tokenizer_class": kind} if kind else {})
                with tempfile.TemporaryDirectory() as folder:
                    for part, value in [("tokenizer", file), ("tokenizer_config", config), ("config", CONFIG | {"model_type": model})]:
                        pathlib.Path(folder, f"{part}.json").write_text(json.dumps(value))
                    own = tokenizers.Tokenizer.from_file(f"{folder}/tokenizer.json")
                    theirs = transformers.AutoTokenizer.from_pretrained(folder)
                    found.append({
                        "tokenizer": name, "config": json.dumps(config), "tokenizers": ids(lambda *t: own.encode(*t).ids, name),
                        "transformers": ids(lambda *t: theirs(*t)["input_ids"], name)})
    return found


def write(name, found, **more):
    head = json.dumps({"text": TEXT} | more)[:-1]
    lines = ",\n".join(json.dumps(case) for case in found)
    (OUT / name).write_text(f'{head}, "cases": [\n{lines}\n]}}\n')
    print(len(found), "cases,", sum(c["tokenizers"] != c["transformers"] for c in found), "differ")


def main():
    OUT.mkdir(exist_ok=True)
    write("cases.json", cases(FILES, CLASSES, SETTINGS, "bert"))
    write("mpnet_cases.json", cases(MPNET_FILES, MPNET_CLASSES, MPNET_SETTINGS, "mpnet"), pair=PAIR)


main()
