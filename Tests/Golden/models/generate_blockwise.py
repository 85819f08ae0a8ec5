#!/usr/bin/env python3
"""RegMean++ of two adapters of a tiny BERT, block by block in PyTorch, with FusionBench's function for one layer.

Usage: generate_blockwise.py BERT_DIR OUT_DIR      (run by hand; BERT_DIR is what generate_family.py wrote for bert)

Every expert's block reads what the merged blocks below make of that expert's own rows; the Gram matrices of its layers'
inputs there, XᵀX ÷ tokens, merge the block. The first expert has the factors of lora.safetensors, the second random ones.
Everything in float64, one row at a time; needs torch, transformers, peft and fusion_bench.
"""
import copy, json, pathlib, sys
import torch, transformers
from fusion_bench.method.regmean_plusplus.regmean_plusplus import regmean_params_merge
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

bert, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
torch.manual_seed(13)
torch.set_num_threads(1)
torch.set_grad_enabled(False)
cases, factors = json.load(open(bert / "cases.json")), load_file(bert / "lora.safetensors")
clean = lambda n: n.replace("base_model.model.", "").replace(".default.weight", "")
base = transformers.BertModel.from_pretrained(bert / "model", add_pooling_layer=False).double().eval()

def expert(given):
    lora = get_peft_model(copy.deepcopy(base), LoraConfig(r=cases["rank"], lora_alpha=cases["alpha"],
        target_modules=["query", "value", "dense"], lora_dropout=0.0)).eval()
    used = {}
    for n, p in lora.named_parameters():
        if "lora_" not in n: continue
        p.copy_(given[clean(n)] if given else 0.2 * torch.randn(p.shape).float())
        used[clean(n)] = p.float().clone()
    return lora.merge_and_unload(), used

first, _ = expert(factors)
second, used = expert(None)
experts = [first, second]
random = torch.Generator().manual_seed(3)
rows = [[torch.randint(4, 40, (int(n),), generator=random).tolist() for n in torch.randint(2, 12, (25,), generator=random)]
    for _ in experts]

def forward(layer, x):
    y = layer(x)
    return y[0] if isinstance(y, tuple) else y

merged = copy.deepcopy(base)
states = [[base.embeddings(input_ids=torch.tensor([ids])) for ids in own] for own in rows]
saved = {"second." + n: t for n, t in used.items()}
names = ["attention.self.query", "attention.self.value", "attention.output.dense", "intermediate.dense", "output.dense"]
for l, layer in enumerate(merged.encoder.layer):
    grams = []
    for model, own in zip(experts, states):
        gram, hooks = {}, []
        for n in names:
            def see(module, inputs, output, n=n):
                x = inputs[0].reshape(-1, inputs[0].shape[-1])
                gram[n] = gram.get(n, 0) + x.T @ x
            hooks.append(model.encoder.layer[l].get_submodule(n).register_forward_hook(see))
        for x in own: forward(model.encoder.layer[l], x)
        for h in hooks: h.remove()
        tokens = sum(x.shape[1] for x in own)
        grams.append({n: g / tokens for n, g in gram.items()})
    for n in names:
        weights = [m.encoder.layer[l].get_submodule(n).weight for m in experts]
        new = regmean_params_merge(weights, [g[n] for g in grams], reduce_non_diagonal_ratio=0.9)
        target = layer.get_submodule(n).weight
        saved[f"encoder.layer.{l}.{n}"] = (new - target).float()
        target.copy_(new)
    states = [[forward(layer, x) for x in own] for own in states]
save_file({n: t.contiguous() for n, t in saved.items()}, out / "blockwise.safetensors")
json.dump(dict(rows=rows), open(out / "blockwise.json", "w"))
