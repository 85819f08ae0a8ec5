#!/usr/bin/env python3
"""Golden numbers of a real sentence encoder from transformers and PEFT.

Usage: generate_sentences.py MODEL_DIR DATA_DIR OUT_FILE      (run by hand; writes minilm.json of all-MiniLM-L6-v2 and
mpnet.json of all-mpnet-base-v2)

Sentences are the first hundred texts of two test sets, at most 128 tokens; no text is written. Of each last hidden state
the file holds the Frobenius norm and eight projections of the mean over tokens on vectors of signs. Gradients are those
of LoRA factors (r = 4, on queries and values) on four texts of our own; the loss is the last hidden state times fixed numbers.
Signs and numbers come from SplitMix64's mixing of an index, a rule that the test follows too.
"""
import json, sys
import numpy, peft, torch, transformers
from peft import LoraConfig, get_peft_model

model_dir, data_dir, out = sys.argv[1:]
torch.set_num_threads(1)
tokenizer = transformers.AutoTokenizer.from_pretrained(model_dir)
load = lambda: transformers.AutoModel.from_pretrained(model_dir, add_pooling_layer=False).eval()
targets = dict(bert=["query", "value"], mpnet=["q", "v"])

def bits(seed, count):
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(seed) * numpy.uint64(1 << 32) + numpy.arange(1, count + 1, dtype=numpy.uint64)
        z = z * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        return z ^ (z >> numpy.uint64(31))

signs = lambda seed, count: torch.from_numpy(1.0 - 2.0 * (bits(seed, count) & numpy.uint64(1)).astype(numpy.float64))
def numbers(seed, *shape):  # -1 ..< 1
    flat = (bits(seed, int(numpy.prod(shape))) >> numpy.uint64(11)).astype(numpy.float64) * 2.0 ** -52 - 1
    return torch.from_numpy(flat.astype(numpy.float32)).reshape(shape)
project = lambda x, count: [float((x.double().flatten() * signs(j, x.numel())).sum()) for j in range(count)]

model = load()
sentences = []
for name in ["fpb", "twitter_fin_sentiment"]:
    rows = [json.loads(line) for line in open(f"{data_dir}/{name}/test.jsonl", encoding="utf-8")][:100]
    for index, row in enumerate(rows):
        batch = tokenizer(row["text"], truncation=True, max_length=128, return_tensors="pt")
        with torch.no_grad():
            hidden = model(**batch).last_hidden_state[0]
        sentences.append(dict(set=name, row=index, tokens=hidden.shape[0], norm=float(hidden.double().norm()),
            projections=project(hidden.double().mean(0), 8)))

texts = ["Quarterly revenue rose 12 % on strong demand for steel.", "The board cut its dividend after a weak year.",
    "Rates stay where they are, said the bank.", "Nothing happened."]
lora = get_peft_model(load(),
    LoraConfig(r=4, lora_alpha=8, target_modules=targets[model.config.model_type], lora_dropout=0.0)).eval()
clean = lambda n: n.replace("base_model.model.", "").replace(".default.weight", "")
factors = [(clean(n), p) for n, p in lora.named_parameters() if "lora_" in n]
with torch.no_grad():
    for index, (_, p) in enumerate(factors):
        p.copy_(0.05 * numbers(100 + index, *p.shape))
states = []
for text in texts:
    states.append(lora(**tokenizer(text, return_tensors="pt")).last_hidden_state[0])
hidden = torch.cat(states)
(hidden * numbers(99, *hidden.shape)).sum().backward()
gradients = [dict(name=n, norm=float(p.grad.double().norm()), projections=project(p.grad, 4)) for n, p in factors]
json.dump(dict(sentences=sentences, texts=texts, rank=4, alpha=8, hidden=float(hidden.detach().double().norm()),
    gradients=gradients, torch=torch.__version__, transformers=transformers.__version__, peft=peft.__version__),
    open(out, "w"), indent=1)
