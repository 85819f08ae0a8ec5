#!/usr/bin/env python3
"""Golden numbers of a tiny model of each family from PyTorch, transformers and PEFT.

Usage: generate_family.py FAMILY OUT_DIR      (run by hand; FAMILY is a key of `families` below)

Writes model/, cases.json, gradients.safetensors and lora.safetensors; for mpnet and the decoders more.safetensors too.

Two rows of different lengths run without padding (one at a time). The loss is the sum of the last hidden state times fixed
random numbers; its gradients by all weights, and by LoRA factors, are what ours must equal. The curve is ten steps of AdamW
with clipping and a linear schedule on LoRA factors and a linear head over mean pooling.

MPNet's long row is long enough for buckets of several distances. more.safetensors has two more rows of it: "long" reaches
beyond the distance where all fall into one bucket, with the gradient of the buckets' biases by the sum of the hidden state
times the fixed numbers, repeated from row to row; "padded" has the padding token within a text, which counts as no position.

Decoders are saved with their head, and `gradients` holds their logits too. Key heads are fewer than query heads, Llama's heads
are wider than its hidden state asks for, Mistral has a short window, Qwen2 ties its tables and has a window in its upper
block. Their "long" row is longer than the queries that ours takes at a time; with it stand the gradients of two weights.
"""
import json, os, sys
import torch, transformers, peft
from safetensors.torch import save_file
from peft import LoraConfig, get_peft_model

def letters(count, step):  # a row of MPNet's between its <s> and </s>, without <pad> (1)
    return [0] + [3 + (step * i * i + 5 * i) % 37 for i in range(count - 2)] + [2]

short = [dict(ids=[2, 5, 9, 33, 17, 3], types=[0, 0, 0, 1, 1, 1]), dict(ids=[2, 11, 39, 3], types=[0, 0, 0, 0])]
untyped = lambda rows: [dict(ids=ids, types=[0] * len(ids)) for ids in rows]
sizes = dict(vocab_size=40, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=48)
dropout = dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
families = dict(
    bert=dict(model=transformers.BertModel, options=dict(add_pooling_layer=False), rows=short,
        config=transformers.BertConfig(**sizes, **dropout, max_position_embeddings=12, type_vocab_size=2),
        targets=["query", "value", "dense"]),
    distilbert=dict(model=transformers.DistilBertModel, options={}, rows=untyped(r["ids"] for r in short),
        config=transformers.DistilBertConfig(vocab_size=40, dim=24, n_layers=2, n_heads=3, hidden_dim=48,
            max_position_embeddings=12, dropout=0.0, attention_dropout=0.0),
        targets=["q_lin", "v_lin", "out_lin", "lin1", "lin2"]),
    mpnet=dict(model=transformers.MPNetModel, options=dict(add_pooling_layer=False),
        rows=untyped([letters(40, 3), [0, 5, 9, 33, 17, 2]]),
        more=dict(long=letters(300, 7), padded=[0, 5, 1, 9, 1, 1, 33, 2]),
        config=transformers.MPNetConfig(**sizes, **dropout, max_position_embeddings=304, layer_norm_eps=1e-5),
        targets=["q", "v", "o", "dense"]))

decoder = dict(vocab_size=40, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    intermediate_size=40, max_position_embeddings=320, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2, pad_token_id=None)
answering = lambda name, **settings: dict(model=getattr(transformers, name + "ForCausalLM"), options={},
    rows=untyped([letters(11, 3), [0, 5, 9, 33, 17]]), more=dict(long=letters(300, 7)),
    config=getattr(transformers, name + "Config")(**decoder, **settings),
    targets=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"])
families |= dict(
    llama=answering("Llama", head_dim=8, mlp_bias=True, attention_bias=True),
    mistral=answering("Mistral", sliding_window=5, rope_parameters=dict(rope_type="default", rope_theta=50.0)),
    qwen2=answering("Qwen2", tie_word_embeddings=True, use_sliding_window=True, sliding_window=7, max_window_layers=1))

family, out = families[sys.argv[1]], sys.argv[2]
config, rows = family["config"], family["rows"]
is_decoder = family["model"].__name__.endswith("ForCausalLM")
os.makedirs(out, exist_ok=True)
torch.manual_seed(7)
torch.set_num_threads(1)
attention = config._attn_implementation = "sdpa" if sys.argv[1] == "bert" else "eager"
model = family["model"](config, **family["options"]).eval()
for name, p in model.named_parameters():  # away from the start, so that no gradient is zero by symmetry
    scale = name.lower().endswith(("layernorm.weight", "layer_norm.weight", "model.norm.weight"))
    torch.nn.init.normal_(p, mean=1.0 if scale else 0.0, std=0.8 if "relative" in name else 0.15)
model.save_pretrained(out + "/model")

lengths = [len(r["ids"]) for r in rows]
factor = torch.randn(sum(lengths), config.hidden_size)

body = lambda m: (m.get_base_model() if hasattr(m, "peft_config") else m).model

def state(m, ids, types=None):
    if is_decoder: return body(m)(input_ids=torch.tensor([ids])).last_hidden_state[0]
    types = dict(token_type_ids=torch.tensor([types])) if config.model_type == "bert" else {}
    return m(input_ids=torch.tensor([ids]), **types).last_hidden_state[0]

def hidden(m):
    return torch.cat([state(m, r["ids"], r["types"]) for r in rows])

def save(tensors, name):
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, f"{out}/{name}.safetensors")

h = hidden(model)
loss = (h * factor).sum()
loss.backward()
logits = dict(logits=model.lm_head(h)) if hasattr(model, "lm_head") else {}
save({n: torch.zeros_like(p) if p.grad is None else p.grad for n, p in model.named_parameters()} | dict(hidden=h, factor=factor) | logits, "gradients")

lora = get_peft_model(
    family["model"].from_pretrained(out + "/model", attn_implementation=attention, **family["options"]),
    LoraConfig(r=3, lora_alpha=7, target_modules=family["targets"], lora_dropout=0.0)).eval()
for n, p in lora.named_parameters():
    if "lora_" in n: torch.nn.init.normal_(p, std=0.2)
clean = lambda n: n.replace("base_model.model.", "").replace(".default.weight", "")
factors = {clean(n): p for n, p in lora.named_parameters() if "lora_" in n}
saved = {n: p.detach().clone() for n, p in factors.items()}
h = hidden(lora)
(h * factor).sum().backward()
saved |= {n + ".grad": p.grad.clone() for n, p in factors.items()}
saved["hidden"] = h.detach()

# Ten steps: labels 1 and 0, head (2, C), AdamW, clip at 0.5, two warm-up steps, then linear to zero at step ten.
head = torch.nn.Linear(config.hidden_size, 2)
saved["head.weight"], saved["head.bias"] = head.weight.detach().clone(), head.bias.detach().clone()
parameters = [*factors.values(), *head.parameters()]
optimiser = torch.optim.AdamW(parameters, lr=0.02, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1)
schedule = transformers.get_linear_schedule_with_warmup(optimiser, 2, 10)
labels, losses, norms, rates = torch.tensor([1, 0]), [], [], []
for step in range(10):
    optimiser.zero_grad()
    pooled = torch.stack([states.mean(0) for states in hidden(lora).split(lengths)])
    loss = torch.nn.functional.cross_entropy(head(pooled), labels)
    loss.backward()
    norms.append(float(torch.nn.utils.clip_grad_norm_(parameters, 0.5)))
    rates.append(schedule.get_last_lr()[0])
    optimiser.step(); schedule.step()
    losses.append(float(loss.detach()))
saved |= {n + ".final": p for n, p in factors.items()}
saved |= {"head.weight.final": head.weight, "head.bias.final": head.bias}
save(saved, "lora")
cases = dict(rows=rows, losses=losses, norms=norms, rates=rates, rank=3, alpha=7, torch=torch.__version__,
    transformers=transformers.__version__, peft=peft.__version__)

if "more" in family:
    cases["more"] = family["more"]
    more = {f"{name}.hidden": state(model, ids) for name, ids in family["more"].items()}
    model.zero_grad()
    (more["long.hidden"] * factor[torch.arange(len(more["long.hidden"])) % len(factor)]).sum().backward()
    kept = ["model.layers.0.self_attn.k_proj.weight", "model.layers.0.self_attn.q_proj.weight"]
    gradients = {f"long.{name}": model.get_parameter(name).grad for name in kept} if is_decoder \
        else {"long.relative_attention_bias": model.encoder.relative_attention_bias.weight.grad}
    save(more | gradients, "more")
json.dump(cases, open(out + "/cases.json", "w"), indent=1)
