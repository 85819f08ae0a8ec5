#!/usr/bin/env python3
"""Golden numbers of the tiny models with products in bf16, from PyTorch, transformers and PEFT.

Usage: generate_rounded.py FOLDER...      (run by hand; a folder is what generate_family.py wrote)

Writes bfloat16.safetensors: the last hidden state, and the gradients of the LoRA factors by its sum times the fixed numbers

- "casts": where exactly what ours rounds is rounded, and all sums are single precision: what enters a frozen weight and the
  weight, what the activation reads and in decoders what it gates, the gradient of what a weight gives, A and B beside it, and the inner sides of the factors'
  gradients;
- "autocast": under torch.autocast, which rounds what products give as well.
"""
import json, sys
import torch, transformers, peft
from safetensors.torch import load_file, save_file
from peft import LoraConfig, get_peft_model

rounded = lambda t: t.bfloat16().float()

class Frozen(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight):
        ctx.weight = rounded(weight)
        return rounded(x) @ ctx.weight.T

    @staticmethod
    def backward(ctx, dy):
        return rounded(dy) @ ctx.weight, None

class Beside(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, a, b, scale):
        u = rounded(x) @ rounded(a).T
        ctx.save_for_backward(x, a, b, u)
        ctx.scale = scale
        return scale * (u @ b.T)

    @staticmethod
    def backward(ctx, dy):
        x, a, b, u = ctx.saved_tensors
        x, dy = rounded(x)[0], rounded(dy)[0]
        v = dy @ rounded(b)
        return (ctx.scale * (v @ a))[None], rounded(ctx.scale * v).T @ x, dy.T @ rounded(ctx.scale * u[0]), None

class Linear(torch.nn.Module):
    def __init__(self, linear, a, b, scale):
        super().__init__()
        self.linear, self.a, self.b, self.scale = linear, a, b, scale

    def forward(self, x):
        y = Frozen.apply(x, self.linear.weight)
        if self.a is not None: y = y + Beside.apply(x, self.a, self.b, self.scale)
        return y if self.linear.bias is None else y + self.linear.bias

class Rounding(torch.autograd.Function):
    """Rounds, and lets the gradient through."""
    @staticmethod
    def forward(ctx, x): return rounded(x)

    @staticmethod
    def backward(ctx, dy): return dy

class Round(torch.nn.Module):
    def forward(self, x): return Rounding.apply(x)

def state(m, row):
    if hasattr(m, "lm_head"): return (m.get_base_model() if hasattr(m, "peft_config") else m).model(
        input_ids=torch.tensor([row["ids"]])).last_hidden_state[0]
    types = dict(token_type_ids=torch.tensor([row["types"]])) if m.config.model_type == "bert" else {}
    return m(input_ids=torch.tensor([row["ids"]]), **types).last_hidden_state[0]

torch.set_num_threads(1)
for folder in sys.argv[1:]:
    cases = json.load(open(folder + "/cases.json"))
    factor = load_file(folder + "/gradients.safetensors")["factor"]
    lora = load_file(folder + "/lora.safetensors")
    paths = sorted(n[: -len(".lora_A")] for n in lora if n.endswith(".lora_A"))
    scale = cases["alpha"] / cases["rank"]
    kind = "AutoModelForCausalLM" if (transformers.AutoConfig.from_pretrained(folder + "/model").architectures or [""])[0].endswith("ForCausalLM") else "AutoModel"
    load = lambda: getattr(transformers, kind).from_pretrained(folder + "/model", attn_implementation="eager").eval().float()
    out = {}

    model = load().requires_grad_(False)
    factors = {p: [torch.nn.Parameter(lora[f"{p}.lora_{k}"].clone()) for k in "AB"] for p in paths}
    for path, module in list(model.named_modules()):
        if isinstance(module, torch.nn.Linear) and "pooler" not in path and path != "lm_head":
            parent, _, name = path.rpartition(".")
            ours = Linear(module, *factors.get(path, (None, None)), scale)
            if name in ("gate_proj", "up_proj"): ours = torch.nn.Sequential(ours, Round())
            setattr(model.get_submodule(parent), name, ours)
    for module in model.modules():
        for name in ("intermediate_act_fn", "activation"):
            if callable(getattr(module, name, None)):
                setattr(module, name, torch.nn.Sequential(Round(), getattr(module, name)))
    h = torch.cat([state(model, row) for row in cases["rows"]])
    (h * factor).sum().backward()
    out["casts.hidden"] = h
    for path, (a, b) in factors.items():
        out |= {f"casts.{path}.lora_A.grad": a.grad, f"casts.{path}.lora_B.grad": b.grad}

    tuned = get_peft_model(load(), LoraConfig(r=cases["rank"], lora_alpha=cases["alpha"], target_modules=paths)).eval()
    clean = lambda n: n.replace("base_model.model.", "").replace(".default.weight", "")
    parameters = {clean(n): p for n, p in tuned.named_parameters() if "lora_" in n}
    for name, p in parameters.items(): p.data.copy_(lora[name])
    with torch.autocast("cpu", torch.bfloat16):
        h = torch.cat([state(tuned, row) for row in cases["rows"]])
    (h.float() * factor).sum().backward()
    out["autocast.hidden"] = h.float()
    out |= {f"autocast.{name}.grad": p.grad for name, p in parameters.items()}
    save_file({k: v.detach().contiguous() for k, v in out.items()}, folder + "/bfloat16.safetensors",
        metadata=dict(torch=torch.__version__, transformers=transformers.__version__, peft=peft.__version__))
