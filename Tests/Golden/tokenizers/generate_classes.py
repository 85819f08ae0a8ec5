"""Writes decoders/classes.json: where transformers gives a text other ids than the tokenizers library does from the same
tokenizer.json, by the class, the model and the settings beside it, and which special tokens it has.

Run by hand after generate_decoders.py: python generate_classes.py (transformers 5.24.0, tokenizers 0.23.3)
"""

import json
import os
import pathlib
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import transformers
from generate_decoders import FOLDER, TEXTS
from tokenizers import Tokenizer

MORE = ["12345 a1b22", "a  b", " a", "x <unk> y", "don't", "\n\nx", "é e\u0301", "a<|im_end|>b", "a </s> b", "a<s>b", "tool x"]
CONFIG = {"hidden_size": 8, "vocab_size": 40, "num_attention_heads": 2, "num_hidden_layers": 1}
CLASSES = ["PreTrainedTokenizerFast", "LlamaTokenizer", "GPT2TokenizerFast", "Qwen2Tokenizer", "GemmaTokenizerFast", None]
MODELS = ["llama", "gpt2", "qwen2", "phi3"]
NAMED = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}
PLAIN = {"content": "<s>", "lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": True}
TOKEN = {"__type": "AddedToken"}
SETTINGS = [
    {}, {"add_prefix_space": True}, {"add_prefix_space": False}, {"legacy": True}, {"add_bos_token": True}, {"add_bos_token": False, "add_eos_token": True},
    {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}, {"bos_token": None, "eos_token": "<|endoftext|>"}, NAMED,
    {"bos_token": TOKEN | PLAIN, "eos_token": TOKEN | PLAIN | {"content": "</s>"}}, {"added_tokens_decoder": {"1": {**PLAIN, "lstrip": True}}},
    {"eos_token": "the"}, {"additional_special_tokens": ["<tool>"]},
]
FILES = ["gpt2", "llama3", "qwen2", "smollm", "llama2", "mistral", "gemma", "roberta"]


def cases(name):
    path = FOLDER / f"{name}.json"
    own = Tokenizer.from_file(str(path))
    texts = TEXTS + MORE + [text for token in own.get_added_tokens_decoder().values() for text in (f"a{token.content}b", f"a {token.content} b")]
    expected = [own.encode(text).ids for text in texts]
    for kind in CLASSES:
        for model in MODELS:
            for settings in SETTINGS if model == "llama" and kind in CLASSES[:4] else [{}, NAMED]:
                named = [value["content"] if isinstance(value, dict) else value for key, value in settings.items() if key.endswith("_token") and not isinstance(value, bool)]
                if any(value and own.token_to_id(value) is None for value in named):
                    continue
                config = settings | ({"tokenizer_class": kind} if kind else {})
                with tempfile.TemporaryDirectory() as folder:
                    folder = pathlib.Path(folder)
                    (folder / "tokenizer.json").write_text(path.read_text())
                    (folder / "tokenizer_config.json").write_text(json.dumps(config))
                    (folder / "config.json").write_text(json.dumps(CONFIG | {"model_type": model}))
                    try:
                        theirs = transformers.AutoTokenizer.from_pretrained(folder)
                        # A token that only a class assumes becomes a new one; texts without it are the same question for all.
                        added = [token for token in theirs.get_added_vocab() if own.token_to_id(token) is None and token not in json.dumps(config)]
                        asked = [(text, ids) for text, ids in zip(texts, expected) if not any(token in text for token in added)]
                        differs = any(theirs(text)["input_ids"] != ids for text, ids in asked)
                    except Exception as error:
                        print(name, config, model, "cannot be used:", repr(error)[:150])
                        continue
                specials = [getattr(theirs, f"{key}_token_id") for key in ("bos", "eos", "pad", "unk")]
                specials = [None if id is None else own.token_to_id(theirs.convert_ids_to_tokens(id)) for id in specials]
                yield [name, json.dumps(config), model, differs, specials, type(theirs).__name__]


found = [case for name in FILES for case in cases(name)]
(FOLDER / "classes.json").write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in found) + "\n]\n")
print(len(found), "cases,", sum(case[3] for case in found), "differ")
