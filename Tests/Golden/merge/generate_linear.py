"""The linear and the spherical family on full matrices, by programs that are not ours. Run by hand:

    python generate_linear.py

Every rule is written a second time in NumPy from its paper; where mergekit has it, mergekit's own function gives the
expected numbers (field "by") and the difference between the two is printed. Three adapters of ranks 2, 3 and 1 and three
of rank 2 share a part of their factors, so that their changes are neither parallel nor orthogonal; the sixth has that
part with its sign turned. Needs numpy, torch and mergekit; their versions go into versions_linear.txt.
"""

import json
import pathlib
from importlib.metadata import version

import numpy as np
import torch
from mergekit.merge_methods import registry
from mergekit.merge_methods.base import PerInputValues, TensorGroup
from mergekit.merge_methods.karcher import karcher_merge_tensors
from mergekit.merge_methods.slerp import slerp as mergekit_slerp

HERE = pathlib.Path(__file__).parent
SHAPES = {"block.0.dense": (8, 10), "block.1.dense": (9, 7), "block.2.dense": (6, 8), "pooler.dense": (7, 7)}
RANKS = [2, 3, 1, 2, 2, 2]
ALPHAS = [4, 3, 1, 2, 3, 2]
BLOCKS = {"block.0.dense": 0, "block.1.dense": 1, "block.2.dense": 2}


def adapters():
    random = np.random.default_rng(23)
    common = {path: (random.normal(size=(3, i)), random.normal(size=(o, 3))) for path, (o, i) in SHAPES.items()}
    result = []
    for number, (rank, alpha) in enumerate(zip(RANKS, ALPHAS)):
        sites = {}
        for path, (out, inner) in SHAPES.items():
            a = common[path][0][:rank] + 0.7 * random.normal(size=(rank, inner))
            b = (-1 if number == 5 else 1) * common[path][1][:, :rank] + 0.7 * random.normal(size=(out, rank))
            sites[path] = {"a": a.astype(np.float32), "b": b.astype(np.float32), "alpha": alpha}
        result.append(sites)
    return result


def delta(site):
    rank = site["a"].shape[0]
    return site["alpha"] / rank * site["b"].astype(np.float64) @ site["a"].astype(np.float64)


def model_norms(models):
    return np.array([np.sqrt(sum((d ** 2).sum() for d in model.values())) for model in models])


# The rules, model by model: a list of {path: ΔW} and weights in, {path: ΔW} out.


def tensorwise(rule):
    return lambda models, weights: {p: rule([m[p] for m in models], np.array(weights)) for p in models[0]}


def total(models, coefficients):
    return {p: sum(c * m[p] for c, m in zip(coefficients, models)) for p in models[0]}


def metagpt(models, weights):
    squares = model_norms(models) ** 2
    return total(models, np.array(weights) * squares / squares.sum())


def metagpt_per_tensor(deltas, weights):
    squares = np.array([(d ** 2).sum() for d in deltas])
    return sum(w * s * d for w, s, d in zip(weights, squares / squares.sum(), deltas))


def lines(alpha, beta):
    def rule(models, weights):
        first = alpha / np.abs(weights).sum()
        scale = {p: first + (beta * BLOCKS[p] / 2 if p in BLOCKS else 0) for p in SHAPES}
        return {p: scale[p] * d for p, d in total(models, weights).items()}
    return rule


def stock_ratio(cosines, count, clamp):
    ratio = count * cosines / (1 + (count - 1) * cosines)
    return np.clip(ratio, 0, 1) if clamp else ratio


def model_stock(filter_wise, clamp):
    def rule(deltas, weights):
        rows = [d if filter_wise else d.reshape(1, -1) for d in deltas]
        cosines = [
            (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
            for i, a in enumerate(rows) for b in rows[i + 1:]]
        ratio = stock_ratio(np.mean(cosines, axis=0), len(deltas), clamp)
        average = sum(w * r for w, r in zip(weights, rows)) / weights.sum()
        return (ratio[:, None] * average).reshape(deltas[0].shape)
    return rule


def fed_mean(deltas, weights):
    return sum(w * d for w, d in zip(weights, deltas)) / np.abs(weights).sum()


def nova(deltas, steps):
    return sum(np.mean(steps) / k / len(steps) * d for k, d in zip(steps, deltas))


def gma(threshold):
    def rule(deltas, weights):
        agreement = np.abs(sum(np.sign(w * d) for w, d in zip(weights, deltas))) / len(deltas)
        return np.where(agreement >= threshold, 1, agreement) * sum(w * d for w, d in zip(weights, deltas))
    return rule


def weighted_median(deltas, weights):
    """The middle of the number line on which every value stands as often as its weight says; weights in quarters."""
    times = np.rint(4 * np.abs(weights)).astype(int)
    return np.median(np.concatenate([[np.sign(w) * d] * n for d, w, n in zip(deltas, weights, times)]), axis=0)


def cclip(position):
    def rule(models, weights):
        norms = model_norms(models)
        radius = norms.min() + position * (norms.max() - norms.min())
        return total(models, np.array(weights) * np.minimum(1, radius / norms))
    return rule


def arc(a, b, t, axis=None):
    norm = lambda x: np.sqrt((x ** 2).sum(axis=axis, keepdims=True))
    angle = np.arccos(np.clip((a / norm(a) * (b / norm(b))).sum(axis=axis, keepdims=True), -1, 1))
    return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)


def slerp(t, axis=None):
    return lambda deltas, weights: arc(
        *deltas, weights[1] * t / (weights[0] * (1 - t) + weights[1] * t), axis)


def multislerp(normalize):
    def rule(deltas, weights):
        weights = weights / weights.sum() if normalize else weights
        norms = np.array([np.linalg.norm(d) for d in deltas])
        mean = sum(w * d / n for w, d, n in zip(weights, deltas, norms))
        return (weights * norms).sum() * mean / np.linalg.norm(mean)
    return rule


def karcher(iterations, tolerance=1e-5):
    def rule(deltas, weights):
        weights = weights / weights.sum()
        norms = np.array([np.linalg.norm(d) for d in deltas])
        units = [d / n for d, n in zip(deltas, norms)]
        mean = sum(w * u for w, u in zip(weights, units))
        mean /= np.linalg.norm(mean)
        for _ in range(iterations):
            step = 0
            for w, u in zip(weights, units):
                angle = np.arccos(np.clip((mean * u).sum(), -1, 1))
                step = step + w * angle / np.sin(angle) * (u - np.cos(angle) * mean)
            length = np.linalg.norm(step)
            if length < tolerance:
                break
            mean = np.cos(length) * mean + np.sin(length) * step / length
            mean /= np.linalg.norm(mean)
        return (weights * norms).sum() * mean
    return rule


# mergekit's functions on tensors of ΔW, with a base of zero where they want one.


def mergekit(name, base, weighted, **settings):
    def rule(deltas, weights):
        tensors = [torch.tensor(d) for d in deltas]
        if base:
            tensors.insert(0, torch.zeros_like(tensors[0]))
        ids = list(range(len(tensors)))
        group = TensorGroup.from_tensors(tensors, base_index=0 if base else None)
        given = {"weight": PerInputValues(list(zip(ids[1 if base else 0:], weights.tolist())))} if weighted else {}
        return registry.get(name).merge_group(group, **given, **settings).numpy()
    return rule


def slerp_of_mergekit(t):
    return lambda deltas, weights: mergekit_slerp(
        torch.tensor([t], dtype=torch.float64), *(torch.tensor(d)[None] for d in deltas))[0].numpy()


def karcher_of_mergekit(deltas, weights):
    return karcher_merge_tensors([torch.tensor(d) for d in deltas], (weights / weights.sum()).tolist()).numpy()


def self_positioning(scale):
    """An arc to every next model in turn, its place by the mean of the weights before."""
    def rule(deltas, weights):
        position = deltas[0]
        for n in range(1, len(deltas)):
            place = weights[n] / (np.mean(weights[:n]) + weights[n])
            position = slerp_of_mergekit(place)([position, deltas[n]], None)
        return scale * position
    return rule


def deeper(gain, rule):
    """A rule whose change grows with the depth of the block."""
    def scaled(models, weights):
        return {p: (1 + gain * BLOCKS.get(p, 0) / 2) * d for p, d in rule(models, weights).items()}
    return scaled


def rounded(matrix):
    return [float(f"{x:.9g}") for x in np.asarray(matrix, dtype=np.float64).ravel()]


def main():
    models = adapters()
    deltas = [{path: delta(site) for path, site in sites.items()} for sites in models]
    cases = []

    def case(method, parameters, weights, rule, by=None, times=1):
        """`times` is what the published rule is multiplied with to be ours."""
        used = [(m, w) for m, w in zip(deltas, weights) if w != 0]
        expected = rule([m for m, _ in used], [w for _, w in used])
        if by is not None:
            reference = tensorwise(by)([m for m, _ in used], [w for _, w in used])
            error = max(np.linalg.norm(expected[p] - reference[p]) / np.linalg.norm(reference[p]) for p in SHAPES)
            print(f"{method} {parameters} {weights}: NumPy against mergekit {error:.1e}")
            assert error < 1e-7
            expected = reference
        cases.append({
            "method": method, "by": "numpy" if by is None else "mergekit", "parameters": parameters,
            "weights": weights, "expected": {p: rounded(times * d) for p, d in expected.items()}})

    unequal, equal, every = [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], [1.0] * 6
    mixed, opposed = [1, 0.5, 0.25, 0, 0, 0], [0, 0, 0, 1, 0.5, 0.75]
    pair, turned = [0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 0, 1]
    full = {"rank": 64}

    for w in [[-1, 1, 1, 0, 0, 0], [0, 0, 0, -1, 0, 0]]:
        case("task_arithmetic", {"scale": 1}, w, total)

    for w in [unequal, equal, every, [1, -0.5, 0.25, 0, 0, 0]]:
        case("metagpt", {}, w, metagpt)
    case("metagpt", {"norm_scope": "tensor"}, mixed, tensorwise(metagpt_per_tensor))

    case("lines", {}, unequal, lines(1, 0.5))
    case("lines", {"alpha": 1.2, "beta": 0.8}, mixed, lines(1.2, 0.8))
    case("lines", {"alpha": 0, "beta": 1}, equal, lines(0, 1))

    case("linear", {"depth_gain": 0.8}, mixed, deeper(0.8, tensorwise(lambda ds, w: sum(
        x * d for x, d in zip(w, ds)) / w.sum())))
    case("multislerp", {"depth_gain": -0.5}, mixed, deeper(-0.5, tensorwise(multislerp(True))))

    for w in [unequal, equal, every]:
        for filter_wise in [False, True]:
            for clamp in [False, True]:
                reference = mergekit("model_stock", True, False, filter_wise=filter_wise)
                case(
                    "model_stock", {"filter_wise": filter_wise, "clamp": clamp}, w,
                    tensorwise(model_stock(filter_wise, clamp)), None if clamp else reference)
    case("model_stock", {}, mixed, tensorwise(model_stock(False, False)))

    case("fedavg", {}, mixed, tensorwise(fed_mean))
    case("fedavg", {"weighting": "nova"}, [100, 200, 300, 0, 0, 0], tensorwise(nova))
    case("fedavg", {"weighting": "gma", "agreement": 0.5, **full}, every, tensorwise(gma(0.5)), times=1 / 6)
    case("fedavg", {"weighting": "gma", "scale": 3, **full}, equal, tensorwise(gma(0.8)))
    for w in [unequal, pair, every, mixed, [1, -0.5, 0.25, 0, 0.5, 0]]:
        case("fedavg", {"weighting": "median", **full}, w, tensorwise(weighted_median))
    case("fedavg", {"weighting": "cclip", "scale": 6}, every, cclip(0.5))
    case("fedavg", {"weighting": "cclip", "clip": 0.2, "scale": 1.75}, mixed, cclip(0.2))

    for t in [0, 0.25, 0.5, 0.9]:
        case("slerp", {"t": t}, pair, tensorwise(slerp(t)), slerp_of_mergekit(t))
        case("slerp", {"t": t}, turned, tensorwise(slerp(t)), slerp_of_mergekit(t))
    case("slerp", {"t": 0.3}, [0, 0, 0.5, 0, 2, 0], tensorwise(slerp(0.3)))

    for w in [pair, turned, [0.5, 0, 0, 2, 0, 0], [0, 0, 0, 1, 0, -0.4]]:
        for along, axis in [("tensor", None), ("row", 1), ("column", 0)]:
            flags = {"nuslerp_flatten": along == "tensor", "nuslerp_row_wise": along == "column"}
            case(
                "nuslerp", flags, w, tensorwise(slerp(0.5, axis)), mergekit("nuslerp", True, True, **flags))

    for w in [unequal, mixed, equal, opposed, every]:
        for flag in [True, False]:
            case(
                "multislerp", {"normalize_weights": flag}, w, tensorwise(multislerp(flag)),
                mergekit("multislerp", True, True, normalize_weights=flag))

    for w in [unequal, equal, every]:
        case("karcher", {}, w, tensorwise(karcher(10)), mergekit("karcher", False, False))
        case(
            "karcher", {"max_iter": 2}, w, tensorwise(karcher(2)), mergekit("karcher", False, False, max_iter=2))
    for w in [mixed, opposed]:
        case("karcher", {}, w, tensorwise(karcher(10)), karcher_of_mergekit)

    for w in [unequal, mixed, equal, [0, 2, 0, 0.5, 0, 1]]:
        case("self_positioning", {}, w, tensorwise(self_positioning(1)))
        case("self_positioning", {"scale": 0.6}, w, tensorwise(self_positioning(0.6)))

    plain = [
        [{"path": path, "rank": r, "alpha": s["alpha"], "shape": list(SHAPES[path]),
          "a": rounded(s["a"]), "b": rounded(s["b"])} for path, s in sites.items()]
        for sites, r in zip(models, RANKS)]
    (HERE / "linear.json").write_text(json.dumps({"adapters": plain, "cases": cases}) + "\n")
    libraries = ["numpy", "torch", "mergekit"]
    (HERE / "versions_linear.txt").write_text("".join(f"{name} {version(name)}\n" for name in libraries))
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
