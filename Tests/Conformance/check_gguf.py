#!/usr/bin/env python3
"""Imports real and tiny GGUF files and holds every number and many tokens against independent programs. Not in CI.

Usage: check_gguf.py MIXOLOGY [MODEL.gguf ...]

Needs numpy, gguf, safetensors, torch, transformers and tokenizers; with xllamacpp (llama.cpp in a wheel) also its tokens and
probabilities are compared. Without a file it takes the decoders of Tests/Golden/checkpoints/gguf. For each file:
weights are those that gguf.quants dequantises, put into order by transformers' own rule; transformers opens the folder without
a missing or spare tensor; tokens and the probabilities of the next one are llama.cpp's. Ends with 1 where something differs.
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile

# This script has the name of the package that it needs.
sys.path = [folder for folder in sys.path if pathlib.Path(folder).resolve() != pathlib.Path(__file__).resolve().parent]

import gguf
import numpy as np
import torch
import transformers
from safetensors.torch import load_file

transformers.utils.logging.set_verbosity_error()
TEXTS = [
    "Hello world 123", "  two\n\n\n x", "<|im_start|>user\nhi<|im_end|>", "½ ² Ⅷ 1²3", "don't CAN'T I'LL  \t\n ", "日本語 é 🙂",
    "12345678 1,234.56", "a\u00a0b\u3000c\u2028d", "if (x==3) { return y+=1; } // ok\r\n\tfoo", "हिन्दी ไทย العربية ١٢٣", "   ", "\n",
    "...!!! $100 <=> ^~| `a`", "camelCaseABCdef",
]
LETTERS = list("abcXYZ 019 \n\t'.,!-_()$+<=>^~|`/\\\"éßДжΑβ漢字かナ한글ไ🙂½²Ⅷ١٢ǅʰ\u00a0\u3000\r") + ["'s", " the", "  ", "1234"]


def texts(count=400):
    draw = random.Random(1)
    return TEXTS + ["".join(draw.choice(LETTERS) for _ in range(draw.randint(1, 30))) for _ in range(count)]


def llama_cpp(file, texts, ids):
    """Tokens of texts, and log-probabilities behind ids, from a server in a process of its own."""
    code = f"""
import json, sys, urllib.request, xllamacpp
parameters = xllamacpp.CommonParams()
parameters.model.path = {str(file)!r}
parameters.n_ctx, parameters.n_parallel, parameters.warmup = 256, 1, False
server = xllamacpp.Server(parameters)
def ask(path, body):
    request = urllib.request.Request(server.listening_address + path, data=json.dumps(body).encode(),
        headers={{"Content-Type": "application/json"}})
    return json.load(urllib.request.urlopen(request))
texts, ids = json.load(sys.stdin)
tokens = [ask("/tokenize", dict(content=t, add_special=True, parse_special=True))["tokens"] for t in texts]
# A letter is drawn, as the server says no probabilities behind half of one; those that it says are without the bias.
answer = ask("/completion", dict(prompt=ids, n_predict=1, n_probs=200, temperature=-1, logit_bias=[["a", 100]]))
top = answer["completion_probabilities"][0]["top_logprobs"]
print(json.dumps([tokens, [[t["id"], t["logprob"]] for t in top]]))
"""
    run = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps([texts, ids]), capture_output=True, text=True, check=True)
    return json.loads(run.stdout.strip().split("\n")[-1])


def expected(reader, folder):
    """Every stored tensor, dequantised and in transformers' order."""
    config = json.loads((folder / "config.json").read_text())
    stored = {t.name: gguf.quants.dequantize(t.data, t.tensor_type) for t in reader.tensors}
    for name, values in stored.items():
        if config["model_type"] in ("llama", "mistral") and (".attn_q." in name or ".attn_k." in name):
            heads = config["num_attention_heads" if ".attn_q." in name else "num_key_value_heads"]
            values = values.reshape(heads, values.shape[0] // heads // 2, 2, *values.shape[1:]).swapaxes(1, 2)
            stored[name] = values.reshape(-1, *values.shape[3:])
        if config["model_type"] == "gpt2" and name.startswith("blk.") and values.ndim == 2:
            stored[name] = values.T
    return stored


def check(program, file):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder) / "out"
        subprocess.run([program, "import", str(file), str(folder), "--quiet"], check=True, stdout=subprocess.DEVNULL)
        reader = gguf.GGUFReader(file)
        stored = expected(reader, folder)
        stored.pop("rope_freqs.weight", None)
        ours = load_file(folder / "model.safetensors")
        # Names are proved by transformers below; here every stored tensor must be there once, to the last bit.
        left = {name: values.numpy() for name, values in ours.items()}
        missing = []
        for name, values in stored.items():
            match = next((n for n, v in left.items() if np.array_equal(v, values)), None)
            missing += [name] if match is None else []
            left.pop(match, None)
        problems = [f"no tensor equals {name}" for name in missing] + [f"{name} equals none" for name in left]
        model, report = transformers.AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
        problems += [f"transformers: {key} {value}" for key, value in report.items() if value]
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        draw = random.Random(2)
        ids = [draw.randrange(3, len(tokenizer)) for _ in range(12)]
        line = f"{len(stored)} tensors"
        try:
            import xllamacpp  # noqa: F401
        except ImportError:
            print(f"{file.name}: {line}, no llama.cpp here:", problems or "equal")
            return problems
        asked = texts()
        if len(stored) < 100:
            asked = [text for text in asked if text.isascii()]
        tokens, behind = llama_cpp(file, asked, ids)
        for text, theirs in zip(asked, tokens):
            mine = tokenizer(text).input_ids
            if mine != theirs:
                problems.append(f"tokens of {text!r}: {mine}, llama.cpp has {theirs}")
        with torch.no_grad():
            logits = torch.log_softmax(model(torch.tensor([ids])).logits[0, -1].double(), -1)
        worst = max(abs(logits[i].item() - p) for i, p in behind)
        # llama.cpp computes with rounded activations where weights are quantised.
        if worst > (0.5 if any(t.tensor_type.name.startswith("Q") for t in reader.tensors) else 0.01):
            problems.append(f"log-probabilities differ by {worst}")
        print(f"{file.name}: {line}, {len(asked)} texts, log-probabilities within {worst:.1e}:", problems[:3] or "equal")
        return problems


golden = pathlib.Path(__file__).parent.parent / "Golden/checkpoints/gguf"
files = [pathlib.Path(name) for name in sys.argv[2:]] or sorted(golden.glob("*.gguf"))
sys.exit(1 if sum(len(check(sys.argv[1], file)) for file in files) else 0)
