"""Merges of three small LoRA adapters, computed on full matrices by programs that are not ours. Run by hand:

    python generate_merge.py

NumPy formulas are written from the papers; where PEFT or mergekit has the rule, their own functions are called
(field "by"). Needs numpy, torch, peft and mergekit; their versions go into versions.txt.
"""

import json
import pathlib
from importlib.metadata import version

import numpy as np
import torch
from mergekit.merge_methods.base import TensorGroup
from mergekit.merge_methods import registry
from peft import LoraConfig, get_peft_model
from peft.utils.merge_utils import ties as peft_ties

HERE = pathlib.Path(__file__).parent
SHAPES = {"block.0.dense": (12, 10), "block.1.dense": (9, 14)}
RANKS = [2, 3, 2]
ALPHAS = [4, 3, 1]
MERGEKIT_TIES = registry.get("ties")


def adapters():
    random = np.random.default_rng(7)
    result = []
    for rank, alpha in zip(RANKS, ALPHAS):
        sites = {}
        for path, (out, inner) in SHAPES.items():
            a = random.normal(size=(rank, inner)).astype(np.float32)
            b = random.normal(size=(out, rank)).astype(np.float32)
            sites[path] = {"a": a, "b": b, "alpha": alpha}
        result.append(sites)
    return result


def delta(site):
    rank = site["a"].shape[0]
    return site["alpha"] / rank * site["b"].astype(np.float64) @ site["a"].astype(np.float64)


def truncated(matrix, rank):
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    return (u[:, :rank] * s[:rank]) @ vt[:rank]


def polar(matrix):
    u, _, vt = np.linalg.svd(matrix, full_matrices=False)
    return u @ vt


def tsv_m(deltas, weights, ranks, scale):
    us, ss, vs = [], [], []
    for d, w, k in zip(deltas, weights, ranks):
        u, s, vt = np.linalg.svd(d, full_matrices=False)
        us.append(u[:, :k])
        ss.append(w * s[:k])
        vs.append(vt[:k].T)
    return scale * polar(np.hstack(us)) @ np.diag(np.concatenate(ss)) @ polar(np.hstack(vs)).T


def mergekit_ties(deltas, weights, density, scale):
    tensors = [torch.zeros(deltas[0].shape, dtype=torch.float64)] + [torch.tensor(d) for d in deltas]
    ids = list(range(1, len(tensors)))
    group = TensorGroup.from_tensors(tensors, base_index=0)
    settings = {"weight": dict(zip(ids, weights)), "density": dict.fromkeys(ids, density), "lambda": scale}
    settings |= {"normalize": True, "rescale": False, "int8_mask": False}
    return MERGEKIT_TIES.merge_group(group, **settings).numpy()


def ties_over_the_model(deltas, density):
    """The paper: one vector per model, top share of it, unweighted signs, mean of what agrees."""
    flat = np.stack([np.concatenate([d[path].ravel() for path in SHAPES]) for d in deltas])
    keep = int(density * flat.shape[1])
    for row in flat:
        row[np.abs(row) < np.sort(np.abs(row))[-keep]] = 0
    sign = np.sign(flat.sum(axis=0))
    agree = (np.sign(flat) == sign) & (flat != 0)
    merged = (flat * agree).sum(axis=0) / np.maximum(agree.sum(axis=0), 1)
    result, start = {}, 0
    for path, shape in SHAPES.items():
        end = start + shape[0] * shape[1]
        result[path] = merged[start:end].reshape(shape)
        start = end
    return result


def peft_svd(models, weights, rank):
    """PEFT's add_weighted_adapter, with the scales in B."""
    module = torch.nn.ModuleDict({
        path.replace(".", "_"): torch.nn.Linear(inner, out, bias=False) for path, (out, inner) in SHAPES.items()})
    names = [path.replace(".", "_") for path in SHAPES]
    model = get_peft_model(module, LoraConfig(r=2, lora_alpha=2, target_modules=names), adapter_name="m0")
    for t, sites in enumerate(models):
        r = RANKS[t]
        if t > 0:
            model.add_adapter(f"m{t}", LoraConfig(r=r, lora_alpha=r, target_modules=names))
        for path, site in sites.items():
            layer = model.base_model.model[path.replace(".", "_")]
            layer.lora_A[f"m{t}"].weight.data = torch.tensor(site["a"])
            layer.lora_B[f"m{t}"].weight.data = torch.tensor(site["b"]) * (site["alpha"] / r)
    model.add_weighted_adapter([f"m{t}" for t in range(len(models))], weights, "merged", "svd", svd_rank=rank)
    return {
        path: model.base_model.model[path.replace(".", "_")].get_delta_weight("merged").detach().double().numpy()
        for path in SHAPES}


def main():
    models = adapters()
    deltas = [{path: delta(site) for path, site in sites.items()} for sites in models]
    cases = []

    def case(method, by, parameters, weights, rule):
        expected = {path: rule([d[path] for d in deltas]) for path in SHAPES} if callable(rule) else rule
        cases.append({
            "method": method, "by": by, "parameters": parameters, "weights": weights,
            "expected": {path: matrix.ravel().tolist() for path, matrix in expected.items()}})

    def total(ds, ws):
        return sum(w * d for w, d in zip(ws, ds))

    w = [1.0, 0.5, 0.25]
    signed = [1.0, -0.5, 0.25]
    full = {"rank": 64}
    case("linear", "numpy", {}, w, lambda ds: total(ds, w) / sum(w))
    case("linear", "numpy", {"rank": 3}, w, lambda ds: truncated(total(ds, w) / sum(w), 3))
    case("task_arithmetic", "numpy", {"scale": 0.4}, signed, lambda ds: 0.4 * total(ds, signed))
    case("svd", "peft", {"rank": 3}, w, peft_svd(models, w, 3))
    case("svd", "numpy", {}, w, lambda ds: truncated(total(ds, w), max(RANKS)))
    case("tsv_m", "numpy", {"scale": 1}, [1.0] * 3, lambda ds: tsv_m(ds, [1.0] * 3, RANKS, 1))
    case("tsv_m", "numpy", {"scale": 0.7}, w, lambda ds: tsv_m(ds, w, RANKS, 0.7))
    case("ties", "mergekit", {"density": 0.3, "scale": 1.2, **full}, w, lambda ds: mergekit_ties(ds, w, 0.3, 1.2))
    case("ties", "mergekit", {"density": 1, **full}, w, lambda ds: mergekit_ties(ds, w, 1.0, 1.0))
    case(
        "ties", "mergekit, cut by numpy", {"density": 0.3}, w,
        lambda ds: truncated(mergekit_ties(ds, w, 0.3, 1.0), sum(RANKS)))
    case(
        "ties", "peft", {"density": 0.4, "elect": "unweighted", "combine": "mean", **full}, w,
        lambda ds: peft_ties([torch.tensor(d) for d in ds], torch.tensor(w), 0.4).numpy())
    case(
        "ties", "numpy", {"density": 0.2, "trim_scope": "model", "elect": "unweighted", "combine": "mean", **full},
        [1.0] * 3, ties_over_the_model(deltas, 0.2))
    plain = [
        [{"path": path, "rank": r, "alpha": s["alpha"], "shape": list(SHAPES[path]),
          "a": s["a"].astype(float).ravel().tolist(), "b": s["b"].astype(float).ravel().tolist()}
         for path, s in sites.items()]
        for sites, r in zip(models, RANKS)]
    (HERE / "golden.json").write_text(json.dumps({"adapters": plain, "cases": cases}) + "\n")
    libraries = ["numpy", "torch", "peft", "mergekit"]
    (HERE / "versions.txt").write_text("".join(f"{name} {version(name)}\n" for name in libraries))


if __name__ == "__main__":
    main()
