"""Merges that work entry by entry, computed on full matrices by programs that are not ours. Run by hand:

    python generate_sparse.py

Every rule is written a second time in NumPy from its paper or its authors' code; where PEFT or mergekit has it, their
own functions are called as well, the largest relative error between the two is printed, and theirs is what is stored
(field "by"). Random masks come from the stream of numbers that Mixology names by seed, method, layer and model, written
a second time here; PEFT and mergekit draw from it through torch.bernoulli. Needs numpy, torch, peft and mergekit.
"""

import contextlib
import hashlib
import json
import pathlib

import numpy as np
import torch
from mergekit.merge_methods import registry
from mergekit.merge_methods.base import TensorGroup
from peft import LoraConfig, get_peft_model
from peft.utils import merge_utils as peft_rules

from generate_merge import truncated

HERE = pathlib.Path(__file__).parent
SHAPES = {"block.0.dense": (12, 10), "block.1.dense": (9, 14), "block.2.dense": (11, 11)}
FULL = {"rank": 64}
SEED = 0


# Adapters


def adapters(ranks, alphas, seed):
    random = np.random.default_rng(seed)
    return [
        {path: {"a": random.normal(size=(rank, inner)).astype(np.float32),
                "b": random.normal(size=(out, rank)).astype(np.float32), "alpha": alpha}
         for path, (out, inner) in SHAPES.items()}
        for rank, alpha in zip(ranks, alphas)]


def tiny():
    """The worked example: three 2 x 3 matrices, as B = identity and A = the matrix."""
    rows = [[1, -2, .5, 0, 3, -.1], [.8, 1, -.5, .2, -1, .4], [-.3, -1.5, 0, .6, 2, .3]]
    return [{"layer": {"a": np.array(row, np.float32).reshape(2, 3), "b": np.eye(2, dtype=np.float32), "alpha": 2}}
            for row in rows]


def delta(site):
    return site["alpha"] / len(site["a"]) * site["b"].astype(np.float64) @ site["a"].astype(np.float64)


def numbers(matrix):
    """Nine digits say which float a number is."""
    return [float(f"{x:.9g}") for x in matrix.astype(float).ravel()]


def plain(models):
    return [
        [{"path": path, "rank": len(s["a"]), "alpha": s["alpha"], "shape": [len(s["b"]), s["a"].shape[1]],
          "a": numbers(s["a"]), "b": numbers(s["b"])}
         for path, s in sites.items()]
        for sites in models]


# Random numbers: SplitMix64 from the SHA-256 of "seed/merge/method/layer/name of the model's factors"


def draw_name(site):
    """A hash of the bits of A and then of B."""
    word = 0
    for factor in ("a", "b"):
        for bits in np.ascontiguousarray(site[factor], np.float32).view(np.uint32).ravel():
            word = (word ^ int(bits)) * 0x9FB21C651E98DF25 % 2**64
            word ^= word >> 32
    return f"{word:016x}"


def uniforms(shape, *names):
    state = int.from_bytes(hashlib.sha256("/".join(map(str, (SEED, "merge", *names))).encode()).digest()[:8], "big")
    drawn = []
    for _ in range(int(np.prod(shape))):
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        drawn.append(((z ^ (z >> 31)) >> 11) * 2.0**-53)
    return np.array(drawn).reshape(shape)


@contextlib.contextmanager
def drawing(draws):
    """torch.bernoulli(p) compares p with the next of some arrays."""
    original, rest = torch.bernoulli, iter(draws)
    torch.bernoulli = lambda p: torch.tensor(next(rest) < p.double().numpy()).to(p.dtype)
    try:
        yield
    finally:
        torch.bernoulli = original


# Stages in NumPy


def largest(values, k):
    """True at the k largest magnitudes of all entries; of equal ones the first."""
    mask = np.zeros(values.size, bool)
    mask[np.argsort(-np.abs(values).ravel(), kind="stable")[:k]] = True
    return mask.reshape(values.shape)


def band(values, density, gamma=0.0):
    if density >= 1:
        return values
    kept = max(1, int(density * values.size))
    top = min(int(gamma * values.size), values.size - kept)
    return values * (largest(values, kept + top) & ~largest(values, top))


def by_rows(values, density, gamma=0.0):
    return np.stack([band(row, density, gamma) for row in values])


def keep_probability(values, density, epsilon):
    ranks = np.argsort(np.argsort(np.abs(values), axis=1, kind="stable"), axis=1) / (values.shape[1] - 1)
    return density - epsilon + 2 * epsilon * ranks


def rescaled(values, kept, rescale, density):
    if rescale == "l1":
        return kept * (np.abs(values).sum() / np.abs(kept).sum())
    return kept / density if rescale == "inverse_density" else kept


def linear(changes, weights, normalize=False):
    return sum(w * d for w, d in zip(weights, changes)) / (sum(weights) if normalize else 1)


def elected(changes, weights, elect="weighted", combine="weighted_mean"):
    stack, w = np.stack(changes), np.array(weights)[:, None, None]
    votes = {"weighted": w * stack, "unweighted": stack, "count": np.sign(stack)}[elect]
    agree = np.sign(votes) == np.where(votes.sum(0) >= 0, 1, -1)
    total = (w * stack * agree).sum(0)
    if combine == "sum":
        return total
    return total / np.maximum((agree if combine == "mean" else agree * np.abs(w)).sum(0), 1e-30)


# Whole rules in NumPy


def over_models(deltas, rule):
    """A rule on one flat vector per model."""
    flat = rule(np.stack([np.concatenate([d.ravel() for d in model.values()]) for model in deltas]))
    result, start = {}, 0
    for path, d in deltas[0].items():
        result[path] = flat[..., start:start + d.size].reshape(flat.shape[:-1] + d.shape)
        start += d.size
    return result


def trimmed_models(deltas, density):
    """Per layer the changes trimmed over whole models."""
    kept = over_models(deltas, lambda flat: np.stack([band(row, density) for row in flat]))
    return {path: list(stack) for path, stack in kept.items()}


def pcb(flat, weights, ratio, scale, clamp=1e-4):
    n, d = flat.shape

    def minmax(x):
        low, high = x.min(1, keepdims=True), x.max(1, keepdims=True)
        return (x - low) / (high - low)

    def clamped(x, low, high):
        ordered = np.sort(x, axis=1)
        return np.clip(x, ordered[:, [int(d * low)]], ordered[:, [int(d * (1 - high) - 1)]])

    magnitudes = clamped(np.abs(flat), clamp, clamp)
    score = np.exp(n * minmax(magnitudes) ** 2) * np.tanh(flat * flat.sum(0))
    share = minmax(clamped(score, 1 - ratio, 0))
    bounded = np.sign(flat) * magnitudes
    w = np.array(weights)[:, None]
    return scale * (w * bounded * share).sum(0) / np.maximum(share.sum(0), 1e-12)


def sce(changes, topk, masked, weights=None):
    stack = np.stack(changes)
    chosen = np.ones(stack.shape[1:], bool)
    if topk < 1:
        variance = stack.var(0)
        chosen = largest(variance, int(np.count_nonzero(variance) * topk))
    energy = ((stack * chosen) ** 2).mean((1, 2))
    energy = energy / energy.sum()
    values = stack * chosen if masked else stack
    if weights is not None:
        energy, values = energy * np.abs(weights), values * np.sign(weights)[:, None, None]
    agree = np.sign(values) == np.where(values.sum(0) >= 0, 1, -1)
    share = energy[:, None, None] * agree
    return (share * values).sum(0) / np.maximum(share.sum(0), 1e-30)


def magmax(changes, weights, scale):
    stack = np.stack([w * d for w, d in zip(weights, changes)])
    later_first = stack[::-1]
    choice = np.abs(later_first).argmax(0)
    return scale * np.take_along_axis(later_first, choice[None], 0)[0]


def emr(changes, weights):
    stack = np.stack([w * d for w, d in zip(weights, changes)])
    sign = np.where(stack.sum(0) > 0, 1, -1)
    return sign * np.where(stack * sign > 0, np.abs(stack), 0).max(0)


def emr_of_task(deltas, weights, task, scale):
    """The unified change under the task's mask, as long in L1 as the task's own change."""
    unified = {path: emr([d[path] for d in deltas], weights) for path in deltas[0]}
    own = {path: weights[task] * d for path, d in deltas[task].items()}
    masked = {path: np.where(own[path] * unified[path] > 0, unified[path], 0) for path in own}
    factor = sum(np.abs(d).sum() for d in own.values()) / sum(np.abs(m).sum() for m in masked.values())
    return {path: scale * factor * m for path, m in masked.items()}


def tall(changes, together, task, mask_lambda, scale):
    return scale * together * (np.abs(changes[task]) > mask_lambda * np.abs(together - changes[task]))


def consensus(changes, together, k, mask_lambda, scale):
    votes = sum((np.abs(d) > mask_lambda * np.abs(together - d)).astype(int) for d in changes)
    return scale * together * (votes >= k)


# References


def mergekit(name, deltas, weights, **settings):
    tensors = [torch.zeros(deltas[0].shape, dtype=torch.float64)] + [torch.tensor(d) for d in deltas]
    ids = list(range(1, len(tensors)))
    for key in ("density", "epsilon", "gamma"):
        if key in settings:
            settings[key] = dict.fromkeys(ids, settings[key])
    if weights is not None:
        settings |= {"weight": dict(zip(ids, weights))}
    group = TensorGroup.from_tensors(tensors, base_index=0)
    return registry.get(name).merge_group(group, int8_mask=False, **settings).numpy()


def peft_factors(models, weights, combination, density, method):
    """PEFT's add_weighted_adapter on A and B separately; all of one rank."""
    rank = len(next(iter(models[0].values()))["a"])
    layers = {path.replace(".", "_"): torch.nn.Linear(inner, out, bias=False) for path, (out, inner) in SHAPES.items()}
    model = None
    for t, sites in enumerate(models):
        config = LoraConfig(r=rank, lora_alpha=next(iter(sites.values()))["alpha"], target_modules=list(layers))
        if model is None:
            model = get_peft_model(torch.nn.ModuleDict(layers), config, adapter_name="m0")
        else:
            model.add_adapter(f"m{t}", config)
        for path, site in sites.items():
            layer = model.base_model.model[path.replace(".", "_")]
            layer.lora_A[f"m{t}"].weight.data = torch.tensor(site["a"])
            layer.lora_B[f"m{t}"].weight.data = torch.tensor(site["b"])
    draws = [uniforms(sites[path][factor].shape, method, path, draw_name(sites[path]), factor)
             for path in SHAPES for factor in "ab" for sites in models]
    with drawing(draws):
        model.add_weighted_adapter(
            [f"m{t}" for t in range(len(models))], weights, "merged", combination, density=density)
    return {path: model.base_model.model[path.replace(".", "_")].get_delta_weight("merged").detach().double().numpy()
            for path in SHAPES}


def by_factors(models, weights, rule):
    """The same in NumPy: √|w·s| on both factors, the sign of w on A."""
    result = {}
    for path in SHAPES:
        scaled = [w * m[path]["alpha"] / len(m[path]["a"]) for w, m in zip(weights, models)]
        roots = np.sqrt(np.abs(scaled))
        a = rule(path, "a", [m[path]["a"].astype(float) for m in models], roots * np.sign(scaled))
        b = rule(path, "b", [m[path]["b"].astype(float) for m in models], roots)
        result[path] = b @ a
    return result


# Cases


def relative(ours, theirs):
    return max(np.linalg.norm(ours[p] - theirs[p]) / max(np.linalg.norm(theirs[p]), 1e-30) for p in theirs)


class Group:
    """Adapters and what merges of them must give."""

    def __init__(self, models):
        self.models = models
        self.deltas = [{path: delta(site) for path, site in sites.items()} for sites in models]
        self.cases = []

    def uniforms(self, t, path, method):
        """What a model draws for its change at a layer."""
        return uniforms(self.deltas[t][path].shape, method, path, draw_name(self.models[t][path]))

    def per_layer(self, rule):
        return {path: rule([d[path] for d in self.deltas], path) for path in self.deltas[0]}

    def case(self, method, parameters, weights, ours, reference=None, theirs=None):
        ours = self.per_layer(ours) if callable(ours) else ours
        expected = ours
        if theirs is not None:
            expected = self.per_layer(theirs) if callable(theirs) else theirs
            print(f"{method:24} {reference:9} {relative(ours, expected):.1e}  {parameters}")
        self.cases.append({
            "method": method, "by": reference or "numpy", "parameters": parameters, "weights": weights,
            "expected": {path: numbers(matrix) for path, matrix in expected.items()}})


def sparse_cases(g, w, signed):
    """Trim by magnitude or band, then a sum or an election."""
    g.case("ties@mergekit", {"density": 0.3, "scale": 1.2, **FULL}, w,
           lambda ds, _: 1.2 * elected([band(d, 0.3) for d in ds], w),
           "mergekit", lambda ds, _: mergekit(
               "ties", ds, w, density=0.3, normalize=True, rescale=False, **{"lambda": 1.2}))
    g.case("ties@mergekit", {"density": 0.4, "rescale": "l1", "combine": "sum", **FULL}, signed,
           lambda ds, _: elected([rescaled(d, band(d, 0.4), "l1", 0) for d in ds], signed, combine="sum"),
           "mergekit", lambda ds, _: mergekit(
               "ties", ds, signed, density=0.4, normalize=False, rescale=True, **{"lambda": 1.0}))
    g.case("ties", {"density": 0.4, "elect": "count", "combine": "mean", **FULL}, w,
           lambda ds, _: elected([band(d, 0.4) for d in ds], w, "count", "mean"),
           "peft", lambda ds, _: peft_rules.ties(
               [torch.tensor(d) for d in ds], torch.tensor(w), 0.4, "frequency").numpy())
    trimmed = trimmed_models(g.deltas, 0.25)
    g.case("ties@paper", {"density": 0.25, **FULL}, [1.0] * len(w),
           lambda ds, path: elected(trimmed[path], [1.0] * len(w), "unweighted", "mean"))
    g.case("ties@paper", {"density": 0.25}, w, lambda ds, path: truncated(
        elected(trimmed[path], w, "unweighted", "mean"), sum(len(m[path]["a"]) for m in g.models)))
    g.case("magnitude", {"density": 0.3, "scale": 0.7, **FULL}, signed,
           lambda ds, _: 0.7 * linear([band(d, 0.3) for d in ds], signed),
           "peft", lambda ds, _: 0.7 * peft_rules.magnitude_prune(
               [torch.tensor(d) for d in ds], torch.tensor(signed), 0.3).numpy())
    g.case("magnitude", {"density": 0.3, "trim_scope": "row", "normalize": True, "scale": 1, **FULL}, w,
           lambda ds, _: linear([by_rows(d, 0.3) for d in ds], w, True))
    whole = trimmed_models(g.deltas, 0.1)
    g.case("magnitude", {"density": 0.1, "trim_scope": "model", "rescale": "inverse_density", "scale": 1, **FULL}, w,
           lambda ds, path: linear([d / 0.1 for d in whole[path]], w))
    for density, gamma in [(0.5, 0.1), (0.95, 0.2), (0.3, 0.001)]:
        settings = {"density": density, "gamma": gamma, **FULL}
        g.case("breadcrumbs@mergekit", settings, w,
               lambda ds, _: linear([band(d, density, gamma) for d in ds], w),
               "mergekit", lambda ds, _: mergekit("breadcrumbs", ds, w, density=density, gamma=gamma, normalize=False,
                                                  rescale=False, **{"lambda": 1.0}))
    g.case("breadcrumbs", {"density": 0.5, "gamma": 0.1, "rescale": "l1", "normalize": True, "scale": 0.6, **FULL}, w,
           lambda ds, _: 0.6 * linear([rescaled(d, band(d, 0.5, 0.1), "l1", 0) for d in ds], w, True),
           "mergekit", lambda ds, _: mergekit("breadcrumbs", ds, w, density=0.5, gamma=0.1, normalize=True,
                                              rescale=True, **{"lambda": 0.6}))
    g.case("breadcrumbs@paper", {"density": 0.5, "gamma": 0.2, "scale": 0.4, **FULL}, w,
           lambda ds, _: 0.4 * linear([by_rows(d, 0.5, 0.2) for d in ds], w))
    g.case("breadcrumbs_ties@mergekit", {"density": 0.5, "gamma": 0.1, **FULL}, w,
           lambda ds, _: elected([band(d, 0.5, 0.1) for d in ds], w, combine="sum"),
           "mergekit", lambda ds, _: mergekit("breadcrumbs_ties", ds, w, density=0.5, gamma=0.1, normalize=False,
                                              rescale=False, **{"lambda": 1.0}))
    g.case("breadcrumbs_ties", {"density": 0.5, "gamma": 0.1, "combine": "weighted_mean", "scale": 1, **FULL}, w,
           lambda ds, _: elected([band(d, 0.5, 0.1) for d in ds], w),
           "mergekit", lambda ds, _: mergekit("breadcrumbs_ties", ds, w, density=0.5, gamma=0.1, normalize=True,
                                              rescale=False, **{"lambda": 1.0}))


def random_cases(g, w):
    """Entries dropped at random: DARE and DELLA."""

    def dropped(ds, path, method, density, rescale):
        return [rescaled(d, d * (g.uniforms(t, path, method) < density), rescale, density) for t, d in enumerate(ds)]

    def mergekit_drawing(name, ds, path, **settings):
        with drawing([g.uniforms(t, path, name) for t in range(len(ds))]):
            return mergekit(name, ds, w, **settings)

    one = {"lambda": 1.0}
    for name, merge in [("dare_linear", linear), ("dare_ties", lambda ds, w: elected(ds, w, combine="sum"))]:
        sums = {} if name == "dare_linear" else {"combine": "sum"}
        g.case(f"{name}@mergekit", {"density": 0.4, **FULL}, w,
               lambda ds, path: merge(dropped(ds, path, name, 0.4, "l1"), w),
               "mergekit", lambda ds, path: mergekit_drawing(
                   name, ds, path, density=0.4, normalize=False, rescale=True, **one))
        g.case(name, {"density": 0.6, "rescale": "none", "scale": 1, **sums, **FULL}, w,
               lambda ds, path: merge(dropped(ds, path, name, 0.6, "none"), w),
               "mergekit", lambda ds, path: mergekit_drawing(
                   name, ds, path, density=0.6, normalize=False, rescale=False, **one))
    with_peft = "peft"
    for name, ours in [("dare_linear", linear), ("dare_ties", lambda ds, w: elected(ds, w, "unweighted", "mean"))]:
        settings = {} if name == "dare_linear" else {"elect": "unweighted", "combine": "mean"}

        def peft_drawing(ds, path):
            with drawing([g.uniforms(t, path, name) for t in range(len(ds))]):
                return getattr(peft_rules, name)([torch.tensor(d) for d in ds], torch.tensor(w), 0.5).numpy()

        g.case(name, {"density": 0.5, "scale": 1, **settings, **FULL}, w,
               lambda ds, path: ours(dropped(ds, path, name, 0.5, "inverse_density"), w), with_peft, peft_drawing)

    def pruned(ds, path, method, density, epsilon, rescale):
        result = []
        for t, d in enumerate(ds):
            p = keep_probability(d, density, epsilon)
            kept = d * (g.uniforms(t, path, method) < p)
            result.append(kept / p if rescale == "inverse_density" else rescaled(d, kept, rescale, density))
        return result

    for name, merge, normalize in [("della", elected, True), ("della_linear", linear, False)]:
        g.case(f"{name}@mergekit", {"density": 0.5, "epsilon": 0.2, **FULL}, w,
               lambda ds, path: merge(pruned(ds, path, name, 0.5, 0.2, "l1"), w),
               "mergekit", lambda ds, path: mergekit_drawing(
                   name, ds, path, density=0.5, epsilon=0.2, normalize=normalize, rescale=True, **one))
        g.case(name, {"density": 0.6, "epsilon": 0.1, "scale": 0.9, **FULL}, w,
               lambda ds, path: 0.9 * merge(pruned(ds, path, name, 0.6, 0.1, "inverse_density"), w))


def entry_cases(g, w, signed):
    """Rules with a step of their own over all models."""
    for topk in [1.0, 0.4]:
        g.case("sce@mergekit", {"select_topk": topk, **FULL}, [1.0] * len(w), lambda ds, _: sce(ds, topk, True),
               "mergekit", lambda ds, _: mergekit("sce", ds, None, select_topk=topk))
    g.case("sce@paper", {"select_topk": 0.4, **FULL}, [2.0] * len(w), lambda ds, _: sce(ds, 0.4, False))
    g.case("sce", {"select_topk": 0.7, "scale": 0.9, **FULL}, signed, lambda ds, _: 0.9 * sce(ds, 0.7, True, signed))
    g.case("pcb", {"ratio": 0.3, "scale": 1.1, **FULL}, w,
           over_models(g.deltas, lambda flat: pcb(flat, w, 0.3, 1.1)))
    g.case("pcb", {"ratio": 0.2, "trim_scope": "tensor", "clamp": 0.05, "scale": 1, **FULL}, [1.0] * len(w),
           lambda ds, _: pcb(np.stack([d.ravel() for d in ds]), [1.0] * len(w), 0.2, 1, 0.05).reshape(ds[0].shape))
    g.case("magmax", FULL, w, lambda ds, _: magmax(ds, w, 0.5))
    g.case("magmax", {"scale": 1, **FULL}, signed, lambda ds, _: magmax(ds, signed, 1))
    g.case("emr", FULL, w, lambda ds, _: emr(ds, w))
    g.case("emr", {"scale": 0.5, **FULL}, signed, lambda ds, _: 0.5 * emr(ds, signed))
    for task in (1, 2, 3):
        g.case("emr", {"task": task, "scale": 0.8, **FULL}, signed, emr_of_task(g.deltas, signed, task - 1, 0.8))
        g.case("tall_masks", {"task": task, "mask_lambda": 0.5, **FULL}, w,
               lambda ds, _: tall(ds, linear(ds, w), task - 1, 0.5, 1))
    for k, mask_lambda in [(2, 0.4), (1, 0.6), (3, 0.2)]:
        g.case("consensus", {"k": k, "mask_lambda": mask_lambda, "scale": 0.8, **FULL}, w,
               lambda ds, _: consensus(ds, linear(ds, w), k, mask_lambda, 0.8))
    trimmed = trimmed_models(g.deltas, 0.2)
    g.case("consensus", {"vector": "ties", "scale": 0.5, **FULL}, [1.0] * len(w),
           lambda ds, path: consensus(
               ds, elected(trimmed[path], [1.0] * len(w), combine="sum"), 2, 0.4, 0.5))
    g.case("tall_masks", {"vector": "ties", "task": 2, "scale": 0.5, **FULL}, [1.0] * len(w),
           lambda ds, path: tall(ds, elected(trimmed[path], [1.0] * len(w), combine="sum"), 1, 0.4, 0.5))


def factor_cases(g, w, signed):
    """PEFT's rules on A and B separately."""
    trim = {"trim_scope": "factor", **FULL}
    for weights in (w, signed):
        g.case("ties@peft", {"density": 0.5, **FULL}, weights, by_factors(
            g.models, weights, lambda _, __, fs, ws: elected([band(f, 0.5) for f in fs], ws, "unweighted", "mean")),
            "peft", peft_factors(g.models, weights, "ties", 0.5, "ties"))
        g.case("magnitude@peft", {"density": 0.5, **FULL}, weights, by_factors(
            g.models, weights, lambda _, __, fs, ws: linear([band(f, 0.5) for f in fs], ws)),
            "peft", peft_factors(g.models, weights, "magnitude_prune", 0.5, "magnitude"))

    def dropped(method, path, factor, factors):
        names = [draw_name(m[path]) for m in g.models]
        return [f * (uniforms(f.shape, method, path, name, factor) < 0.7) / 0.7 for name, f in zip(names, factors)]

    g.case("dare_linear@peft", {"density": 0.7, **FULL}, w, by_factors(
        g.models, w, lambda path, factor, fs, ws: linear(dropped("dare_linear", path, factor, fs), ws)),
        "peft", peft_factors(g.models, w, "dare_linear", 0.7, "dare_linear"))
    g.case("dare_ties@peft", {"density": 0.7, **FULL}, w, by_factors(
        g.models, w, lambda path, factor, fs, ws: elected(
            dropped("dare_ties", path, factor, fs), ws, "unweighted", "mean")),
        "peft", peft_factors(g.models, w, "dare_ties", 0.7, "dare_ties"))
    g.case("ties", {"density": 0.5, "elect": "unweighted", "combine": "sum", **trim}, w, by_factors(
        g.models, w, lambda _, __, fs, ws: elected([band(f, 0.5) for f in fs], ws, "unweighted", "sum")))


def worked_examples(g):
    """Numbers of a second implementation on the three tiny matrices, rounded to six digits, beside the rules above."""
    half, ones = [1.0, 0.5, 0.5], [1.0] * 3

    def known(method, parameters, weights, expected):
        g.case(method, {**parameters, **FULL}, weights, {"layer": np.array(expected, float).reshape(2, 3)})

    known("ties@mergekit", {"density": 0.5}, half, [.933333333, -1.833333333, 0, .6, 2.666666667, 0])
    known("ties", {"density": 1, "elect": "count", "combine": "mean"}, half, [.7, -1.375, .5, .2, 2, .175])
    known("magmax", {"scale": 1}, ones, [1, -2, -.5, .6, 3, .4])
    known("emr", {}, ones, [1, -2, -.5, .6, 3, .4])
    known("consensus", {"scale": 1}, [.4] * 3, [.6, -1, 0, .32, 1.6, .24])
    known("pcb", {"ratio": 0.5, "scale": 1}, ones, pcb(np.stack([d["layer"].ravel() for d in g.deltas]), ones, .5, 1))
    known("sce@mergekit", {"select_topk": 0.5}, ones, [.968269, -1.844149, 0, 0, 2.688299, 0])
    g.case("sce@mergekit", {"select_topk": 0.5, **FULL}, ones, lambda ds, _: sce(ds, 0.5, True),
           "mergekit", lambda ds, _: mergekit("sce", ds, None, select_topk=0.5))


def main():
    w, signed = [1.0, 0.5, 0.25], [1.0, -0.5, 0.25]
    unequal, equal, small = Group(adapters([2, 3, 2], [4, 3, 1], 7)), Group(adapters([3] * 3, [6, 3, 2], 8)), Group(tiny())
    sparse_cases(unequal, w, signed)
    random_cases(unequal, w)
    entry_cases(unequal, w, signed)
    factor_cases(equal, w, signed)
    worked_examples(small)
    groups = [{"adapters": plain(g.models), "cases": g.cases} for g in (unequal, equal, small)]
    (HERE / "sparse.json").write_text(json.dumps(groups) + "\n")
    print(sum(len(g.cases) for g in (unequal, equal, small)), "cases")


if __name__ == "__main__":
    main()
