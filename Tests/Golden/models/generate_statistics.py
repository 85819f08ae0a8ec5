#!/usr/bin/env python3
"""Gram matrices of layer inputs and Fisher information of a tiny BERT with LoRA factors, from PyTorch and PEFT.

Usage: generate_statistics.py BERT_DIR OUT_DIR      (run by hand; BERT_DIR is what generate_family.py wrote for bert)

Grams: forward hooks on PEFT's base layers see their inputs; XᵀX ÷ tokens in doubles. Fisher: for every example the gradient
of log p(y|x) by the folded weight W + s·B·A, squared, and the mean over examples; heads are linear over mean pooling
(classes and a number) and over the first tokens of words (tags). "model" takes all labels by their probability: for tags
word by word, which is the mean of what drawing one tag for every word gives. Everything in float64.
"""
import json, pathlib, sys
import torch, transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

bert, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
torch.manual_seed(11)
torch.set_num_threads(1)
cases, factors = json.load(open(bert / "cases.json")), load_file(bert / "lora.safetensors")
lora = get_peft_model(transformers.BertModel.from_pretrained(bert / "model", add_pooling_layer=False),
    LoraConfig(r=cases["rank"], lora_alpha=cases["alpha"], target_modules=["query", "value", "dense"],
        lora_dropout=0.0)).eval()
clean = lambda n: n.replace("base_model.model.", "").replace(".default.weight", "")
with torch.no_grad():
    for n, p in lora.named_parameters():
        if "lora_" in n: p.copy_(factors[clean(n)])
lora.double()

rows = [[2, 5, 9, 33, 17, 3], [2, 11, 39, 3], [2, 7, 7, 21, 3], [2, 30, 4, 12, 19, 25, 8, 3], [2, 15, 3]]
C = lora.config.hidden_size
head, regression, tagger = torch.nn.Linear(C, 3), torch.nn.Linear(C, 1), torch.nn.Linear(C, 4)
for layer in (head, regression, tagger): torch.nn.init.normal_(layer.weight, std=0.5)
labels, numbers = [2, 0, 1, 1, 0], [0.5, -1.0, 2.0, 0.0, 1.5]
words = [[1, 2, 4], [1], [1, 3], [1, 2, 3, 6], [1]]
tags = [[0, 3, 1], [2], [1, 1], [0, 0, 2, 3], [1]]
saved = {"head.weight": head.weight, "head.bias": head.bias, "regression.weight": regression.weight,
    "regression.bias": regression.bias, "tagger.weight": tagger.weight, "tagger.bias": tagger.bias}
saved = {n: p.detach().clone() for n, p in saved.items()}
for layer in (head, regression, tagger): layer.double()

# Grams, in the adapted model as PEFT runs it.
grams, tokens = {}, sum(map(len, rows))
def hook(name):
    def see(module, inputs, output):
        x = inputs[0].reshape(-1, inputs[0].shape[-1])
        grams[name] = grams.get(name, 0) + x.T @ x
    return see
targets = {n.replace("base_model.model.", ""): m for n, m in lora.named_modules() if hasattr(m, "lora_A")}
hooks = [m.register_forward_hook(hook(n)) for n, m in targets.items()]
with torch.no_grad():
    for ids in rows: lora(input_ids=torch.tensor([ids]))
for h in hooks: h.remove()
for name, gram in grams.items():
    if name.endswith((".key", ".value")): continue
    saved["gram." + name.removesuffix(".query")] = (gram / tokens).float()

# Fisher, by the folded weights.
model = lora.merge_and_unload()
weights = {n: dict(model.named_parameters())[n + ".weight"] for n in targets}
for p in model.parameters(): p.requires_grad_(False)
for p in weights.values(): p.requires_grad_(True)
state = lambda ids: model(input_ids=torch.tensor([ids])).last_hidden_state[0]

def fisher(terms):
    """terms(i): pairs (q, log p) of example i."""
    total = {n: 0 for n in weights}
    for i in range(len(rows)):
        for q, log_p in terms(i):
            gradients = torch.autograd.grad(log_p, list(weights.values()), retain_graph=True)
            for n, g in zip(weights, gradients): total[n] = total[n] + q * g ** 2
    return {n: (t / len(rows)).float() for n, t in total.items()}

def classes(i, of_model):
    log_p = torch.log_softmax(head(state(rows[i]).mean(0)), -1)
    if not of_model: return [(1.0, log_p[labels[i]])]
    return [(float(log_p[y].exp()), log_p[y]) for y in range(3)]
def number(i, of_model):
    o = regression(state(rows[i]).mean(0))[0]
    return [(1.0, o if of_model else -(o - numbers[i]) ** 2 / 2)]
def tagged(i, of_model):
    log_p = torch.log_softmax(tagger(state(rows[i])[words[i]]), -1)
    if not of_model: return [(1.0, sum(log_p[w, t] for w, t in enumerate(tags[i])))]
    return [(float(log_p[w, t].exp()), log_p[w, t]) for w in range(len(words[i])) for t in range(4)]

for kind, rule in (("classes", classes), ("number", number), ("tags", tagged)):
    for which in ("data", "model"):
        for n, f in fisher(lambda i: rule(i, which == "model")).items(): saved[f"{kind}.{which}.{n}"] = f
save_file({n: t.contiguous() for n, t in saved.items()}, out / "statistics.safetensors")
json.dump(dict(rows=rows, labels=labels, numbers=numbers, words=words, tags=tags), open(out / "statistics.json", "w"))
