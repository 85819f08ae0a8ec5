#!/usr/bin/env python3
"""Golden numbers of a tiny BERT from PyTorch, transformers and PEFT.

Usage: generate_bert.py OUT_DIR      (run by hand; writes model/, cases.json, gradients.safetensors, lora.safetensors)

Two rows of different lengths run without padding (one at a time). The loss is the sum of the last hidden state times fixed
random numbers; its gradients by all weights, and by LoRA factors, are what ours must equal. The curve is ten steps of AdamW
with clipping and a linear schedule on LoRA factors and a linear head over mean pooling.
"""
import json, os, sys
import torch, transformers, peft
from safetensors.torch import save_file
from peft import LoraConfig, get_peft_model

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
torch.manual_seed(7)
torch.set_num_threads(1)
config = transformers.BertConfig(vocab_size=40, hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
    intermediate_size=48, max_position_embeddings=12, type_vocab_size=2, hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0)
model = transformers.BertModel(config, add_pooling_layer=False).eval()
for name, p in model.named_parameters():  # away from the start, so that no gradient is zero by symmetry
    torch.nn.init.normal_(p, mean=1.0 if name.endswith("LayerNorm.weight") else 0.0, std=0.15)
model.save_pretrained(out + "/model")

rows = [dict(ids=[2, 5, 9, 33, 17, 3], types=[0, 0, 0, 1, 1, 1]), dict(ids=[2, 11, 39, 3], types=[0, 0, 0, 0])]
T = sum(len(r["ids"]) for r in rows)
factor = torch.randn(T, config.hidden_size)

def hidden(m):
    states = [m(input_ids=torch.tensor([r["ids"]]), token_type_ids=torch.tensor([r["types"]])).last_hidden_state[0] for r in rows]
    return torch.cat(states)

h = hidden(model)
loss = (h * factor).sum()
loss.backward()
gradients = {n: p.grad.clone() for n, p in model.named_parameters()}
gradients["hidden"] = h.detach()
gradients["factor"] = factor
save_file({k: v.contiguous() for k, v in gradients.items()}, out + "/gradients.safetensors")

lora = get_peft_model(transformers.BertModel.from_pretrained(out + "/model", add_pooling_layer=False),
    LoraConfig(r=3, lora_alpha=7, target_modules=["query", "value", "dense"], lora_dropout=0.0)).eval()
for n, p in lora.named_parameters():
    if "lora_" in n: torch.nn.init.normal_(p, std=0.2)
clean = lambda n: n.replace("base_model.model.", "").replace(".default.weight", "")
saved = {clean(n): p.detach().clone() for n, p in lora.named_parameters() if "lora_" in n}
h = hidden(lora)
(h * factor).sum().backward()
saved |= {clean(n) + ".grad": p.grad.clone() for n, p in lora.named_parameters() if "lora_" in n}
saved["hidden"] = h.detach()

# Ten steps: labels 1 and 0, head (2, C), AdamW, clip at 0.5, two warm-up steps, then linear to zero at step ten.
head = torch.nn.Linear(config.hidden_size, 2)
saved["head.weight"], saved["head.bias"] = head.weight.detach().clone(), head.bias.detach().clone()
parameters = [p for n, p in lora.named_parameters() if "lora_" in n] + list(head.parameters())
optimiser = torch.optim.AdamW(parameters, lr=0.02, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1)
schedule = transformers.get_linear_schedule_with_warmup(optimiser, 2, 10)
labels, losses, norms, rates = torch.tensor([1, 0]), [], [], []
for step in range(10):
    optimiser.zero_grad()
    states = hidden(lora)
    pooled = torch.stack([states[:6].mean(0), states[6:].mean(0)])
    loss = torch.nn.functional.cross_entropy(head(pooled), labels)
    loss.backward()
    norms.append(float(torch.nn.utils.clip_grad_norm_(parameters, 0.5)))
    rates.append(schedule.get_last_lr()[0])
    optimiser.step(); schedule.step()
    losses.append(float(loss))
saved |= {clean(n) + ".final": p.detach().clone() for n, p in lora.named_parameters() if "lora_" in n}
saved["head.weight.final"], saved["head.bias.final"] = head.weight.detach().clone(), head.bias.detach().clone()
save_file({k: v.contiguous() for k, v in saved.items()}, out + "/lora.safetensors")
json.dump(dict(rows=rows, losses=losses, norms=norms, rates=rates, rank=3, alpha=7, torch=torch.__version__,
    transformers=transformers.__version__, peft=peft.__version__), open(out + "/cases.json", "w"), indent=1)
