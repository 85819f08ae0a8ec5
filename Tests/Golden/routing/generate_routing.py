"""Parts and gates of models that route, by programs that are not ours. Run by hand:

    python generate_routing.py

Masks, cuts, shared and exclusive changes, directions and votes are written a second time in NumPy on full matrices;
the router and the correction are trained by PyTorch's autograd and Adam in doubles. Needs numpy and torch.
"""

import json
import pathlib

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
SHAPES = {"block.0.dense": (8, 10), "block.1.dense": (9, 7), "pooler.dense": (7, 7)}
RANKS, ALPHAS, WEIGHTS = [2, 3, 1], [4, 3, 1], [1.0, 0.5, 0.75]


def adapters():
    random = np.random.default_rng(31)
    return [
        {p: (random.normal(size=(r, i)).astype(np.float32), random.normal(size=(o, r)).astype(np.float32), alpha)
         for p, (o, i) in SHAPES.items()} for r, alpha in zip(RANKS, ALPHAS)]


def delta(site):
    a, b, alpha = site
    return alpha / a.shape[0] * b.astype(np.float64) @ a.astype(np.float64)


def cut(matrix, rank):
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    return (u[:, :rank] * s[:rank]) @ vt[:rank]


def emr(models, weights):
    scaled = [{p: w * d for p, d in m.items()} for m, w in zip(models, weights)]
    unified = {}
    for p in SHAPES:
        stack = np.stack([m[p] for m in scaled])
        sign = np.where(stack.sum(0) > 0, 1, -1)
        unified[p] = sign * np.where(sign * stack > 0, np.abs(stack), 0).max(0)
    result = []
    for m in scaled:
        masks = {p: m[p] * unified[p] > 0 for p in SHAPES}
        factor = sum(np.abs(m[p]).sum() for p in SHAPES) / sum(np.abs(unified[p][masks[p]]).sum() for p in SHAPES)
        result.append({p: factor * masks[p] * unified[p] for p in SHAPES})
    return result, unified


def summed(models, weights):
    return {p: sum(w * m[p] for w, m in zip(weights, models)) for p in SHAPES}


def elected(models, weights, density):
    trimmed = []
    for m in models:
        flat = np.concatenate([m[p].ravel() for p in SHAPES])
        least = np.sort(np.abs(flat))[::-1][max(1, int(density * flat.size)) - 1]
        trimmed.append({p: np.where(np.abs(m[p]) >= least, m[p], 0) for p in SHAPES})
    result = {}
    for p in SHAPES:
        stack = np.stack([w * m[p] for w, m in zip(weights, trimmed)])
        sign = np.where(stack.sum(0) >= 0, 1, -1)
        result[p] = np.where(sign * stack > 0, stack, 0).sum(0)
    return result


def tall(models, unified, threshold):
    return [
        {p: np.where(np.abs(m[p]) > threshold * np.abs(unified[p] - m[p]), unified[p], 0) for p in SHAPES}
        for m in models]


def twin(models, weights, scale, fraction):
    shared = {p: scale * d for p, d in summed(models, weights).items()}
    own = [{p: cut(m[p] - shared[p], max(1, int(fraction * min(SHAPES[p])))) for p in SHAPES} for m in models]
    return own, shared


def directions(models, width):
    """V_t and the projectors on their spans, which have no sign: by layer one for each model."""
    result = {}
    for p in SHAPES:
        result[p] = []
        for m in models:
            v = np.linalg.svd(m[p])[2][:min(width, np.linalg.matrix_rank(m[p]))]
            result[p].append((v.T @ v).ravel().tolist())
    return result


def votes(index, owners, texts, neighbours, experts, together, count):
    unit = lambda x: x / np.linalg.norm(x, axis=1, keepdims=True)
    cosines = unit(texts) @ unit(index).T
    numbers, sums = np.zeros((len(texts), count)), np.zeros((len(texts), count))
    for row, own in enumerate(cosines):
        for place in np.argsort(-own)[:neighbours]:
            numbers[row, owners[place]] += 1
            sums[row, owners[place]] += own[place]
    if together:
        numbers, sums = [np.repeat(x.sum(0, keepdims=True), len(texts), axis=0) for x in (numbers, sums)]
    gates = np.zeros_like(numbers)
    for row in range(len(texts)):
        order = sorted(range(count), key=lambda t: (-numbers[row, t], -sums[row, t]))[:experts]
        order = [t for t in order if numbers[row, t] > 0]
        gates[row, order] = 1 / len(order)
    return gates


def router(x, labels, experts, iterations, rate, decay):
    x = torch.tensor(x, dtype=torch.float64)
    x = x / x.norm(dim=1, keepdim=True) * x.shape[1] ** 0.5
    weight = torch.zeros(experts, x.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(experts, dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([weight, bias], lr=rate)
    for _ in range(iterations):
        adam.zero_grad()
        loss = torch.nn.functional.cross_entropy(x @ weight.T + bias, torch.tensor(labels))
        (loss + decay / 2 * (weight ** 2).sum()).backward()
        adam.step()
    return weight.detach().numpy(), bias.detach().numpy()


def surgery(z, wanted, down, up, iterations, rate):
    z, wanted = torch.tensor(z), torch.tensor(wanted)
    down, up = torch.tensor(down, requires_grad=True), torch.tensor(up, requires_grad=True)
    loss = lambda: torch.nn.functional.l1_loss(z - torch.relu(z @ down.T) @ up.T, wanted)
    first = loss()
    first.backward()
    gradients = (down.grad.numpy().copy(), up.grad.numpy().copy())
    adam = torch.optim.Adam([down, up], lr=rate)
    for _ in range(iterations):
        adam.zero_grad()
        loss().backward()
        adam.step()
    return first.item(), gradients, down.detach().numpy(), up.detach().numpy()


def flat(matrix):
    return [float(f"{x:.9g}") for x in np.asarray(matrix, dtype=np.float64).ravel()]


def by_layer(changes):
    return {p: flat(d) for p, d in changes.items()}


def main():
    sites = adapters()
    models = [{p: delta(s) for p, s in m.items()} for m in sites]
    weighted = [{p: w * d for p, d in m.items()} for m, w in zip(models, WEIGHTS)]
    cases = []

    def add(method, parameters, parts, unified=None, spans=None):
        cases.append({
            "method": method, "parameters": parameters, "parts": [by_layer(p) for p in parts],
            "unified": by_layer(unified) if unified else None, "spans": spans})

    add("emr_masks", {}, *emr(models, WEIGHTS))
    add("tall_masks", {}, tall(models, summed(models, WEIGHTS), 0.4), summed(models, WEIGHTS))
    ties = elected(models, WEIGHTS, 0.5)
    add("tall_masks", {"vector": "ties", "density": 0.5, "mask_lambda": 0.3}, tall(models, ties, 0.3), ties)
    for fraction, ranks in [(0, [1, 1, 1]), (0.7, [1, 2, 1]), (1, RANKS)]:
        add("tsv_compress", {"fraction": fraction},
            [{p: cut(d, k) for p, d in m.items()} for m, k in zip(weighted, ranks)])
    add("twin", {"scale": 0.4, "fraction": 0.3}, *twin(models, WEIGHTS, 0.4, 0.3))
    add("arrow", {}, weighted, spans=directions(models, 1))
    add("smile", {"rank": 1, "gate_rank": 2},
        [{p: cut(d, 1) for p, d in m.items()} for m in weighted], spans=directions(models, 2))
    add("retrieval", {}, weighted)
    add("moe", {}, weighted)
    add("surgery", {"over": "task_arithmetic"}, [{} for _ in models],
        {p: 0.3 * d for p, d in summed(models, WEIGHTS).items()})

    random = np.random.default_rng(5)
    index, texts = random.normal(size=(12, 6)), random.normal(size=(7, 6))
    owners = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2]
    voting = [
        {"neighbours": n, "experts": e, "together": t, "gates": flat(votes(index, owners, texts, n, e, t, 3))}
        for n, e, t in [(1, 1, False), (5, 1, False), (5, 2, False), (7, 2, True), (12, 3, False)]]
    x, labels = random.normal(size=(15, 5)), [i % 3 for i in range(15)]
    x += 0.5 * np.eye(3, 5)[labels]
    weight, bias = router(x, labels, 3, 60, 0.01, 1e-2)
    z, wanted = random.normal(size=(9, 5)), random.normal(size=(9, 5))
    down, up = random.normal(size=(3, 5)), 0.3 * random.normal(size=(5, 3))
    loss, gradients, last_down, last_up = surgery(z, wanted, down, up, 50, 1e-3)
    golden = {
        "weights": WEIGHTS,
        "adapters": [
            [{"path": p, "rank": a.shape[0], "alpha": alpha, "shape": [b.shape[0], a.shape[1]], "a": flat(a), "b": flat(b)}
             for p, (a, b, alpha) in m.items()] for m in sites],
        "cases": cases,
        "voting": {"index": flat(index / np.linalg.norm(index, axis=1, keepdims=True)), "owners": owners,
                   "texts": flat(texts), "cases": voting},
        "router": {"embeddings": flat(x), "labels": labels, "iterations": 60, "rate": 0.01, "decay": 1e-2,
                   "weight": flat(weight), "bias": flat(bias)},
        "surgery": {"z": flat(z), "wanted": flat(wanted), "down": flat(down), "up": flat(up), "loss": loss,
                    "down_gradient": flat(gradients[0]), "up_gradient": flat(gradients[1]), "iterations": 50,
                    "rate": 1e-3, "last_down": flat(last_down), "last_up": flat(last_up)},
    }
    (HERE / "routing.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


main()
