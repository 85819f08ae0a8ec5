"""DARE in shared coordinates with its draws: KnOTS and the core space, in NumPy. Run by hand:

    python generate_aligned.py

The masks lie over the coordinates, whose axes are ordered by singular value; that an axis may point the other way round
changes nothing. Draws as in generate_sparse.py. Needs numpy.
"""

import json
import pathlib

import numpy as np

from generate_sparse import adapters, delta, draw_name, numbers, plain, uniforms
from generate_svd import agreeing, svd, total

HERE = pathlib.Path(__file__).parent


def knots(sites, deltas):
    u, s, vt = svd(np.hstack(deltas))
    width = deltas[0].shape[1]
    return u, [np.diag(s) @ vt[:, t * width:(t + 1) * width] for t in range(len(deltas))], np.eye(width)


def core(sites, deltas):
    left = svd(np.hstack([site["b"].astype(float) for site in sites]))[0]
    right = svd(np.vstack([site["a"].astype(float) for site in sites]))[2]
    return left, [left.T @ d @ right.T for d in deltas], right


def merged(method, align, models, weights, density, scale, combine):
    result = {}
    for path in models[0]:
        sites = [m[path] for m in models]
        left, coordinates, right = align(sites, [delta(site) for site in sites])
        thinned = [
            c * (uniforms(c.shape, method, path, draw_name(site)) < density) / density
            for c, site in zip(coordinates, sites)]
        together = total(thinned, weights) if combine is None else agreeing(thinned, weights, combine)
        result[path] = scale * left @ together @ right
    return result


def main():
    models = adapters([2, 3, 2], [4, 3, 1], 41)
    cases = []
    for method, align, combine in [
            ("knots_dare_ties", knots, "mean"), ("core_dare_ties", core, "mean"), ("core_dare_linear", core, None)]:
        for weights, density, scale in [([1.0] * 3, 0.5, 1), ([1.0, -0.5, 0.25], 0.7, 0.6)]:
            expected = merged(method, align, models, weights, density, scale, combine)
            cases.append({
                "method": method, "by": "numpy", "weights": weights, "parameters": {"density": density, "scale": scale},
                "expected": {path: numbers(matrix) for path, matrix in expected.items()}})
    (HERE / "aligned.json").write_text(json.dumps({"adapters": plain(models), "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
