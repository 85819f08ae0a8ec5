"""Points on the line between two models, written a second time in NumPy. Run by hand:

    python generate_pareto.py
"""

import json
import pathlib

import numpy as np

SHAPES = {"block.0.dense": (8, 10), "pooler.dense": (7, 7)}


def main():
    random = np.random.default_rng(41)
    sites = [
        {p: (random.normal(size=(r, i)).astype(np.float32), random.normal(size=(o, r)).astype(np.float32), alpha)
         for p, (o, i) in SHAPES.items()} for r, alpha in [(2, 4), (3, 3)]]
    models = [
        {p: alpha / a.shape[0] * b.astype(np.float64) @ a.astype(np.float64) for p, (a, b, alpha) in m.items()}
        for m in sites]
    flat = lambda matrix: [float(f"{x:.9g}") for x in np.asarray(matrix, dtype=np.float64).ravel()]
    cases = [
        {"method": "pareto", "by": "numpy", "parameters": {"alpha": alpha}, "weights": weights,
         "expected": {p: flat((1 - alpha) * weights[0] * models[0][p] + alpha * weights[1] * models[1][p]) for p in SHAPES}}
        for alpha in [0, 0.25, 0.5, 1] for weights in [[1, 1], [0.5, 2]]]
    adapters = [
        [{"path": p, "rank": a.shape[0], "alpha": alpha, "shape": [b.shape[0], a.shape[1]], "a": flat(a), "b": flat(b)}
         for p, (a, b, alpha) in m.items()] for m in sites]
    text = json.dumps({"adapters": adapters, "cases": cases}, separators=(",", ":"))
    (pathlib.Path(__file__).parent / "pareto.json").write_text(text + "\n")


main()
