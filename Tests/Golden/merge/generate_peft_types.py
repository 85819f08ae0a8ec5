"""Merges by PEFT's own add_weighted_adapter, for every word of its combination_type. Run by hand:

    python generate_peft_types.py

Adapters with alpha other than r, of unequal ranks where the type takes them, and negative weights. Random masks are
drawn through torch.bernoulli from the stream that Mixology names (generate_sparse.py). The same is computed a second time
in NumPy and the relative error is printed. Needs numpy, torch and peft.
"""

import json
import pathlib

import numpy as np
import torch
from peft import LoraConfig, get_peft_model

from generate_merge import truncated
from generate_sparse import (
    SHAPES, adapters, band, by_factors, delta, draw_name, drawing, elected, linear, numbers, plain, uniforms)

HERE = pathlib.Path(__file__).parent


def peft(models, weights, combination, draws=(), **settings):
    """ΔW of PEFT's merged adapter."""
    names = {path: path.replace(".", "_") for path in SHAPES}
    layers = {names[path]: torch.nn.Linear(inner, out, bias=False) for path, (out, inner) in SHAPES.items()}
    model = None
    for t, sites in enumerate(models):
        site = next(iter(sites.values()))
        config = LoraConfig(r=len(site["a"]), lora_alpha=site["alpha"], target_modules=list(layers))
        if model is None:
            model = get_peft_model(torch.nn.ModuleDict(layers), config, adapter_name="m0")
        else:
            model.add_adapter(f"m{t}", config)
        for path, site in sites.items():
            layer = model.base_model.model[names[path]]
            layer.lora_A[f"m{t}"].weight.data = torch.tensor(site["a"])
            layer.lora_B[f"m{t}"].weight.data = torch.tensor(site["b"])
    with drawing(draws):
        model.add_weighted_adapter([f"m{t}" for t in range(len(models))], weights, "merged", combination, **settings)
    return {
        path: model.base_model.model[names[path]].get_delta_weight("merged").detach().double().numpy()
        for path in SHAPES}


class Group:
    """Adapters, and what PEFT makes of them."""

    def __init__(self, models):
        self.models, self.cases = models, []
        self.deltas = [{path: delta(site) for path, site in sites.items()} for sites in models]
        self.largest = max(len(site["a"]) for sites in models for site in sites.values())

    def case(self, method, parameters, weights, theirs, ours):
        error = max(np.linalg.norm(ours[p] - theirs[p]) / np.linalg.norm(theirs[p]) for p in theirs)
        print(f"{method:20} {error:.1e}  {parameters} {weights}")
        assert error < 1e-5
        self.cases.append({
            "method": method, "by": "peft", "parameters": parameters, "weights": weights,
            "expected": {path: numbers(matrix) for path, matrix in theirs.items()}})

    def on_changes(self, rule, rank=None):
        result = {path: rule([d[path] for d in self.deltas], path) for path in SHAPES}
        return {path: truncated(matrix, rank or self.largest) for path, matrix in result.items()}

    def masks(self, method):
        """In the order in which PEFT draws: layer by layer, model by model."""
        return [[uniforms(self.deltas[t][path].shape, method, path, draw_name(sites[path]))
                 for t, sites in enumerate(self.models)] for path in SHAPES]

    def drawn(self, method, density):
        masks = dict(zip(SHAPES, self.masks(method)))
        return lambda ds, path: [d * (m < density) / density for d, m in zip(ds, masks[path])]

    def flat(self, method):
        return [mask for layer in self.masks(method) for mask in layer]


def on_changes(g, w):
    """Types that work on whole changes and cut to a rank."""
    g.case("cat", {}, w, peft(g.models, w, "cat"), g.on_changes(lambda ds, _: linear(ds, w), 64))
    for rank in [None, 4]:
        given, asked = ({}, {}) if rank is None else ({"rank": rank}, {"svd_rank": rank})
        g.case("svd@peft", given, w, peft(g.models, w, "svd", **asked),
               g.on_changes(lambda ds, _: linear(ds, w), rank))
        g.case("ties_svd", {"density": 0.4, **given}, w, peft(g.models, w, "ties_svd", density=0.4, **asked),
               g.on_changes(lambda ds, _: elected([band(d, 0.4) for d in ds], w, "unweighted", "mean"), rank))
    g.case("ties_svd", {"density": 0.4, "elect": "count"}, w,
           peft(g.models, w, "ties_svd", density=0.4, majority_sign_method="frequency"),
           g.on_changes(lambda ds, _: elected([band(d, 0.4) for d in ds], w, "count", "mean")))
    g.case("magnitude_prune_svd", {"density": 0.3}, w, peft(g.models, w, "magnitude_prune_svd", density=0.3),
           g.on_changes(lambda ds, _: linear([band(d, 0.3) for d in ds], w)))
    drawn = g.drawn("dare_linear", 0.6)
    g.case("dare_linear_svd", {"density": 0.6}, w,
           peft(g.models, w, "dare_linear_svd", g.flat("dare_linear"), density=0.6),
           g.on_changes(lambda ds, path: linear(drawn(ds, path), w)))
    drawn_again = g.drawn("dare_ties", 0.6)
    g.case("dare_ties_svd", {"density": 0.6}, w,
           peft(g.models, w, "dare_ties_svd", g.flat("dare_ties"), density=0.6),
           g.on_changes(lambda ds, path: elected(drawn_again(ds, path), w, "unweighted", "mean")))


def on_factors(g, w):
    """Types that work on A and on B."""
    g.case("linear@peft", {}, w, peft(g.models, w, "linear"),
           by_factors(g.models, w, lambda _, __, factors, weights: linear(factors, weights)))
    g.case("magnitude_prune", {"density": 0.5}, w, peft(g.models, w, "magnitude_prune", density=0.5),
           by_factors(g.models, w, lambda _, __, fs, ws: linear([band(f, 0.5) for f in fs], ws)))


def main():
    w, signed = [1.0, 0.5, 0.25], [1.0, -0.5, 0.25]
    unequal, equal = Group(adapters([2, 3, 2], [4, 5, 1], 17)), Group(adapters([3] * 3, [6, 2, 1], 18))
    for weights in (w, signed):
        on_changes(unequal, weights)
        on_factors(equal, weights)
    groups = [{"adapters": plain(g.models), "cases": g.cases} for g in (unequal, equal)]
    (HERE / "peft_types.json").write_text(json.dumps(groups) + "\n")


if __name__ == "__main__":
    main()
