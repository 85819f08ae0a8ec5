"""Merges that need data, on full matrices, by programs that are not ours. Run by hand:

    python generate_data.py

RegMean and Fisher merging are FusionBench's own functions where they have what is tested (equal weights; "by" in the
cases), and the papers' formulas in NumPy otherwise: of whole weights over a random base, from which the base is taken away
again, while ours never sees a base. Four adapters of ranks 2, 3, 1 and 2; the inputs of each model are random with
channels of very different sizes; the Fisher information is random over four orders of magnitude, with zeros.
Needs numpy, torch and fusion_bench; their versions go into versions_data.txt.
"""

import json
import pathlib
from importlib.metadata import version

import numpy as np
import torch
from fusion_bench.method.fisher_merging.fisher_merging import merging_with_fisher_weights
from fusion_bench.method.regmean.regmean import merging_with_regmean_weights

HERE = pathlib.Path(__file__).parent
SHAPES = {"block.0.attention.query": (8, 10), "block.0.attention.value": (6, 10), "block.0.dense": (9, 7)}
INPUTS = {"block.0.attention": 10, "block.0.dense": 7}
RANKS, ALPHAS = [2, 3, 1, 2], [4, 3, 1, 2]


def made():
    random = np.random.default_rng(31)
    models, grams, fishers = [], [], []
    for rank, alpha in zip(RANKS, ALPHAS):
        sites = {}
        for path, (out, inner) in SHAPES.items():
            a, b = random.normal(size=(rank, inner)), random.normal(size=(out, rank))
            sites[path] = {"a": a.astype(np.float32), "b": b.astype(np.float32), "alpha": alpha}
        models.append(sites)
        gram = {}
        for name, width in INPUTS.items():
            x = random.normal(size=(40, width)) * np.exp(random.normal(size=width)) + random.normal(size=width)
            gram[name] = (x.T @ x / 40).astype(np.float32)
        grams.append(gram)
        fisher = {p: 10 ** random.uniform(-3, 1, size=s) for p, s in SHAPES.items()}
        for f in fisher.values():
            f[random.random(f.shape) < 0.2] = 0
        fishers.append({p: f.astype(np.float32) for p, f in fisher.items()})
    for fisher in fishers:  # entries on which no model depends
        for f in fisher.values():
            f[0, :2] = 0
    return models, grams, fishers


def delta(site):
    rank = site["a"].shape[0]
    return site["alpha"] / rank * site["b"].astype(np.float64) @ site["a"].astype(np.float64)


def input_of(path):
    return path if path in INPUTS else path.rsplit(".", 1)[0]


def reduced(gram, a):
    return a * gram + (1 - a) * np.diag(np.diag(gram))


def regmean(a, ridge=0.0):
    def rule(whole, weights, grams, fishers):
        result = {}
        for path in SHAPES:
            used = [g[input_of(path)].astype(np.float64) for g in grams]
            sizes = np.abs(weights)
            mean = sum(w * np.trace(g) for w, g in zip(sizes, used)) / len(used[0]) / sizes.sum()
            used = [w * (reduced(g, a) + ridge * mean * np.eye(len(g))) for w, g in zip(sizes, used)]
            result[path] = np.linalg.solve(sum(used), sum(g @ m[path].T for g, m in zip(used, whole))).T
        return result
    return rule


def fisher(normalize, floor):
    def rule(whole, weights, grams, fishers):
        size = [np.sqrt(np.mean(np.concatenate([f.astype(np.float64).ravel() ** 2 for f in model.values()])))
                for model in fishers]
        result = {}
        for path in SHAPES:
            f = [w * (model[path].astype(np.float64) / (s if normalize else 1) + floor)
                 for w, model, s in zip(weights, fishers, size)]
            result[path] = sum(g * m[path] for g, m in zip(f, whole)) / sum(f)
        return result
    return rule


def torches(tables):
    return [{name: torch.tensor(x, dtype=torch.float64) for name, x in table.items()} for table in tables]


def regmean_of_fusionbench(a):
    def rule(whole, grams, fishers):
        tables = [{p: torch.tensor(g[input_of(p)], dtype=torch.float64) for p in SHAPES} for g in grams]
        merged = merging_with_regmean_weights(
            {p + ".weight": [torch.tensor(m[p]) for m in whole] for p in SHAPES}, tables,
            reduce_non_diagonal_ratio=a)
        return {p: merged[p + ".weight"].numpy() for p in SHAPES}
    return rule


def fisher_of_fusionbench(normalize, floor):
    def rule(whole, grams, fishers):
        merged = merging_with_fisher_weights(
            {p: [torch.tensor(m[p]) for m in whole] for p in SHAPES}, torches(fishers),
            torch.ones(len(whole), dtype=torch.float64), normalize, floor)
        return {p: merged[p].numpy() for p in SHAPES}
    return rule


def main():
    models, grams, fishers = made()
    deltas = [{p: delta(s) for p, s in sites.items()} for sites in models]
    base = {p: np.random.default_rng(5).normal(size=s) for p, s in SHAPES.items()}
    cases = []

    def case(method, parameters, weights, rule, reference=None):
        used = [i for i, w in enumerate(weights) if w != 0]
        pick = lambda things: [things[i] for i in used]
        whole = [{p: base[p] + np.sign(weights[i]) * deltas[i][p] for p in SHAPES} for i in used]
        sizes = np.abs([weights[i] for i in used])
        expected = rule(whole, sizes, pick(grams), pick(fishers))
        by = "numpy"
        if reference:
            other = reference(whole, pick(grams), pick(fishers))
            difference = max(
                np.linalg.norm(other[p] - expected[p]) / np.linalg.norm(expected[p] - base[p]) for p in SHAPES)
            print(f"{method} {parameters}: fusion_bench differs from numpy by {difference:.1e}")
            expected, by = other, "fusion_bench"
        cases.append({
            "method": method, "by": by, "parameters": parameters, "weights": weights,
            "expected": {p: rounded(expected[p] - base[p]) for p in SHAPES}})

    for method in ["regmean", "regmean_pp"]:
        for w in [[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 0]]:
            for a in [1, 0.9, 0.1, 0]:
                case(method, {"reduce_non_diagonal": a, "ridge": 0}, w, regmean(a), regmean_of_fusionbench(a))
        for w in [[1, 0.5, 0.25, 2], [1, -0.5, 0.25, 0]]:
            for a, ridge in [(0.9, 1e-6), (0.7, 0.1), (1, 1)]:
                case(method, {"reduce_non_diagonal": a, "ridge": ridge}, w, regmean(a, ridge))

    full = {"rank": 64}
    for w in [[1, 1, 1, 1], [0, 1, 1, 0], [0, 0, 0, 1]]:
        plain, scaled = {"normalize": False, **full}, {"normalize": True, **full}
        case("fisher", {**plain, "floor": 1e-6}, w, fisher(False, 1e-6), fisher_of_fusionbench(False, 1e-6))
        case("fisher", {**plain, "floor": 0.01}, w, fisher(False, 0.01), fisher_of_fusionbench(False, 0.01))
        # FusionBench adds its floor before it divides by the norm, ours is added after, so that it has no unit.
        case("fisher", {**scaled, "floor": 1e-3}, w, fisher(True, 1e-3))
    for w in [[1, 0.5, 0.25, 2], [1, -0.5, 0.25, 0]]:
        case("fisher", full, w, fisher(True, 1e-6))
        case("fisher", {"floor": 0.1, "labels": "data", **full}, w, fisher(True, 0.1))

    plain = [
        [{"path": path, "rank": r, "alpha": s["alpha"], "shape": list(SHAPES[path]),
          "a": rounded(s["a"]), "b": rounded(s["b"])} for path, s in sites.items()]
        for sites, r in zip(models, RANKS)]
    evidence = [
        {"grams": {n: rounded(g) for n, g in gram.items()}, "fisher": {p: rounded(f) for p, f in fisher_.items()}}
        for gram, fisher_ in zip(grams, fishers)]
    text = json.dumps({"adapters": plain, "evidence": evidence, "cases": cases})
    (HERE / "data.json").write_text(text + "\n")
    libraries = ["numpy", "torch", "fusion_bench"]
    (HERE / "versions_data.txt").write_text("".join(f"{name} {version(name)}\n" for name in libraries))
    print(len(cases), "cases")


def rounded(x):
    return [float(f"{v:.9g}") for v in np.asarray(x, dtype=np.float64).ravel()]


if __name__ == "__main__":
    main()
