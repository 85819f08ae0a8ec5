"""WUDI-Merging as published: torch's Adam and autograd on the loss, in doubles. Run by hand:

    python generate_wudi.py

The changes are as small as real ones, so that steps of 1e-5 move them visibly. Needs numpy and torch.
"""

import json
import pathlib

import numpy as np
import torch

from generate_sparse import adapters, delta, numbers, plain

HERE = pathlib.Path(__file__).parent


def wudi(changes, weights, steps, rate):
    taus = torch.tensor(np.stack(changes))
    targets = torch.tensor(weights)[:, None, None] * taus
    merged = torch.nn.Parameter(targets.sum(0))
    optimizer = torch.optim.Adam([merged], lr=rate)
    squares = (taus ** 2).sum((1, 2))
    for _ in range(steps):
        optimizer.zero_grad()
        products = (merged - targets) @ taus.transpose(1, 2)
        (products ** 2 / squares[:, None, None]).sum().backward()
        optimizer.step()
    return merged.detach().numpy()


def main():
    groups = []
    for ranks in [[2, 3, 2], [2, 2]]:
        models = adapters(ranks, [0.004 * r for r in ranks], 31)
        cases = []
        for weights, steps, rate, scale in [([1.0] * len(ranks), 300, 1e-5, 1), ([1.0, 0.5, -0.25], 40, 1e-4, 0.7)]:
            weights = weights[:len(ranks)]
            expected = {
                path: scale * wudi([delta(m[path]) for m in models], weights, steps, rate) for path in models[0]}
            sums = {path: scale * sum(w * delta(m[path]) for w, m in zip(weights, models)) for path in models[0]}
            moved = max(np.linalg.norm(expected[p] - sums[p]) / np.linalg.norm(sums[p]) for p in sums)
            print(f"{ranks} {weights}: moved by {moved:.2g} of the sum")
            assert moved > 0.05
            cases.append({
                "method": "wudi", "by": "torch", "weights": weights,
                "parameters": {"steps": steps, "learning_rate": rate, "scale": scale, "rank": 64},
                "expected": {path: numbers(matrix) for path, matrix in expected.items()}})
        groups.append({"adapters": plain(models), "cases": cases})
    (HERE / "wudi.json").write_text(json.dumps(groups) + "\n")


if __name__ == "__main__":
    main()
