#!/usr/bin/env python3
"""Golden gradients by merge coefficients from PyTorch, in double precision.

Usage: generate_learned.py BERT_FOLDER OUT_FILE      (run by hand; writes learned/gradients.json)

BERT_FOLDER is Tests/Golden/models/bert/model. Two adapters of unequal ranks, of which one lacks a site, are summed into
the weights with a coefficient for each model and site; each of two tasks (classification over the mean of the tokens,
tagging over the first tokens of words) has a linear head of its own. The loss is the sum over the tasks of the mean over
their rows of the entropy, of the Jensen-Shannon divergence to the task's own adapter, or of the cross-entropy. Words of a
row are averaged first. Gradients are those by all coefficients at once, and summed over sites by model.
"""
import json, sys
import torch, transformers
from torch.func import functional_call
import torch.nn.functional as F

folder, out = sys.argv[1:]
torch.manual_seed(5)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
model = transformers.BertModel.from_pretrained(folder, add_pooling_layer=False).double().eval()
C = model.config.hidden_size
# Whole multiples of 1/64 are the same numbers in Float.
number = lambda *shape: torch.round(torch.randn(*shape) * 16) / 64
base = dict(model.named_parameters())
sites = [n.removesuffix(".weight") for n in base if n.endswith(("query.weight", "value.weight", "output.dense.weight"))]
adapters = []
for index, (rank, alpha) in enumerate([(2, 3.0), (3, 6.0)]):
    entries = []
    for path in sorted(sites):
        if index == 1 and path.endswith("1.attention.self.value"): continue
        o, i = base[path + ".weight"].shape
        entries.append(dict(path=path, rank=rank, alpha=alpha, a=number(rank, i), b=number(o, rank)))
    adapters.append(entries)
rows = [
    dict(task=0, ids=[2, 5, 9, 33, 17, 3], types=[0, 0, 0, 1, 1, 1], words=[], labels=[1]),
    dict(task=0, ids=[2, 11, 39, 3], types=[0, 0, 0, 0], words=[], labels=[0]),
    dict(task=0, ids=[2, 8, 21, 22, 3], types=[0, 0, 0, 0, 0], words=[], labels=[2]),
    dict(task=1, ids=[2, 14, 6, 7, 30, 3], types=[0] * 6, words=[1, 2, 4], labels=[0, 1, 1]),
    dict(task=1, ids=[2, 25, 3], types=[0, 0, 0], words=[1], labels=[1]),
]
heads = [dict(weight=number(k, C) * 4, bias=number(k)) for k in (3, 2)]

def weights(coefficients):
    changed = {}
    for t, entries in enumerate(adapters):
        for e in entries:
            name = e["path"] + ".weight"
            delta = coefficients(t, e["path"]) * e["alpha"] / e["rank"] * (e["b"] @ e["a"])
            changed[name] = changed.get(name, base[name].detach()) + delta
    return changed

def logits(row, changed):
    h = functional_call(model, changed, kwargs=dict(input_ids=torch.tensor([row["ids"]]),
        token_type_ids=torch.tensor([row["types"]]))).last_hidden_state[0]
    features = h[row["words"]] if row["words"] else h.mean(0, keepdim=True)
    head = heads[row["task"]]
    return F.linear(features, head["weight"], head["bias"])

experts = [weights(lambda t, path, own=own: 1.0 * (t == own)) for own in range(2)]
teacher = [F.softmax(logits(r, experts[r["task"]]), 1).detach() for r in rows]

def item_losses(objective, row, index, changed):
    z = logits(row, changed)
    log_q = F.log_softmax(z, 1)
    q = log_q.exp()
    if objective == "entropy": return -(q * log_q).sum(1)
    if objective == "cross_entropy": return F.cross_entropy(z, torch.tensor(row["labels"]), reduction="none")
    p = teacher[index]
    m = 0.5 * (p + q)
    return 0.5 * (p * (p / m).log()).sum(1) + 0.5 * (q * (q / m).log()).sum(1)

cases = []
for objective in ["entropy", "jensen_shannon", "cross_entropy"]:
    c = {(t, e["path"]): torch.tensor(0.3, requires_grad=True) for t, es in enumerate(adapters) for e in es}
    changed = weights(lambda t, path: c[t, path])
    per_task = [[], []]
    for index, row in enumerate(rows):
        per_task[row["task"]].append(item_losses(objective, row, index, changed).mean())
    loss = sum(torch.stack(l).mean() for l in per_task)
    loss.backward()
    cases.append(dict(objective=objective, start=0.3, loss=loss.item(),
        gradient={f"{t} {path}": v.grad.item() for (t, path), v in c.items()}))
flat = lambda e: dict(e, a=e["a"].flatten().tolist(), b=e["b"].flatten().tolist(),
    shape=[e["b"].shape[0], e["a"].shape[1]])
json.dump(dict(adapters=[[flat(e) for e in es] for es in adapters], rows=rows,
    heads=[dict(weight=h["weight"].flatten().tolist(), bias=h["bias"].tolist()) for h in heads], cases=cases),
    open(out, "w"))
