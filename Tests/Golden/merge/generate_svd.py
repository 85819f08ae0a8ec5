"""Merges of the SVD family on full matrices, written a second time from the formulas. Run by hand:

    pip install --no-deps --target FOLDER fusion-bench==0.2.33
    FUSION_BENCH=FOLDER python generate_svd.py

Where FusionBench has the rule, its own function is called too and the relative distance to ours is printed and
written as "reference": that works on the models of full rank only (on a change of low rank the published codes take
arbitrary vectors of its null space, which is why our rules cap the ranks). Needs numpy, and for that torch.
"""

import importlib.util
import json
import math
import os
import pathlib
import sys
import types
from unittest.mock import MagicMock

import numpy as np

HERE = pathlib.Path(__file__).parent
SHAPES = {"block.0.dense": (12, 10), "block.1.dense": (9, 14)}
NEGLIGIBLE = 1e-6


# --- Models ---------------------------------------------------------------------------------------------------------


def model(random, rank, alpha):
    sites = {}
    for path, (out, inner) in SHAPES.items():
        r = rank or min(out, inner)
        a = random.normal(size=(r, inner)).astype(np.float32)
        b = random.normal(size=(out, r)).astype(np.float32)
        sites[path] = {"a": a, "b": b, "alpha": alpha}
    return sites


def models():
    random = np.random.default_rng(23)
    unequal = [model(random, r, alpha) for r, alpha in [(2, 4), (3, 3), (1, 2)]]
    equal = [model(random, 2, 2) for _ in range(3)]
    full = [model(random, None, 8) for _ in range(3)]
    column, row = np.array([[1], [2], [0], [2]], np.float32), np.array([[2, 0, 1]], np.float32)
    first = {"layer": {"b": column, "a": row, "alpha": 1}}
    column, row = np.array([[0], [1], [1], [0]], np.float32), np.array([[1, 1, 0]], np.float32)
    second = {"layer": {"b": column, "a": row, "alpha": 1}}
    return unequal + equal + full + [first, second]


UNEQUAL, EQUAL, FULL, EXAMPLE = [0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10]


def delta(site):
    return site["alpha"] / site["a"].shape[0] * site["b"].astype(np.float64) @ site["a"].astype(np.float64)


# --- Rules ----------------------------------------------------------------------------------------------------------


def svd(matrix, least=None):
    """The singular triples that are not zero."""
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    k = int((s > (NEGLIGIBLE * s[0] if least is None else least)).sum())
    return u[:, :k], s[:k], vt[:k]


def polar(matrix):
    u, s, vt = svd(matrix)
    return u @ vt


def total(ds, ws):
    return sum(w * d for w, d in zip(ws, ds))


def tsv_c(ds, ws, fraction):
    result = 0
    for d, w in zip(ds, ws):
        u, s, vt = svd(d)
        k = max(1, int((fraction or 1 / len(ds)) * len(s)))
        result = result + w * (u[:, :k] * s[:k]) @ vt[:k]
    return result


def tsv_m(ds, ws, scale):
    triples = [svd(d) for d in ds]
    smaller = min(ds[0].shape)
    whole = sum(len(s) for _, s, _ in triples) <= smaller
    k = smaller if whole else max(1, smaller // len(ds))
    u = np.hstack([u[:, :k] for u, _, _ in triples])
    s = np.concatenate([w * s[:k] for (_, s, _), w in zip(triples, ws)])
    v = np.hstack([vt[:k].T for _, _, vt in triples])
    return scale * polar(u) @ np.diag(s) @ polar(v).T


def iso_c(ds, ws, scale, isotropy=1):
    u, s, vt = svd(total(ds, ws))
    s = (1 - isotropy) * s + isotropy * s.mean()
    return scale * (u * s) @ vt


def iso_cts(ds, ws, scale, common, isotropy=1):
    u, s, vt = svd(total(ds, ws))
    r, t = len(s), len(ds)
    own = min(round((r - int(r * common)) / t), r // t)
    k = r - own * t
    us, ss, vs = [], [], []
    for d, w in zip(ds, ws):
        rest = w * d - u[:, :k] @ (u[:, :k].T @ (w * d))
        ut, st, vtt = svd(rest, NEGLIGIBLE * np.linalg.norm(w * d))
        us.append(ut[:, :own]), ss.append(st[:own]), vs.append(vtt[:own].T)
    us.append(u[:, :k]), ss.append(s[:k]), vs.append(vt[:k].T)
    s = np.concatenate(ss)
    s = (1 - isotropy) * s + isotropy * s.mean()
    return scale * polar(np.hstack(us)) @ np.diag(s) @ polar(np.hstack(vs)).T


def trimmed(vector, density):
    k = max(1, int(density * vector.size))
    order = np.argsort(-np.abs(vector), kind="stable")
    result = np.zeros_like(vector)
    result[order[:k]] = vector[order[:k]]
    return result


def agreeing(vs, ws, combine):
    """Signs elected without weights; an entry whose sum is zero stays zero."""
    vs = np.stack(vs)
    agrees = np.sign(vs) * np.sign(vs.sum(axis=0)) > 0
    w = np.reshape(ws, (-1,) + (1,) * (vs.ndim - 1))
    mixed = (w * vs * agrees).sum(axis=0)
    parts = agrees.sum(axis=0) if combine == "mean" else (np.abs(w) * agrees).sum(axis=0)
    return mixed if combine == "sum" else np.divide(mixed, parts, out=np.zeros_like(mixed), where=parts > 0)


def elementwise(coordinates, ws, density, scope, combine):
    """TIES on coordinates[model][site]."""
    if scope == "model":
        flat = [trimmed(np.concatenate([c.ravel() for c in sites.values()]), density) for sites in coordinates]
    else:
        flat = [np.concatenate([trimmed(c.ravel(), density) for c in sites.values()]) for sites in coordinates]
    merged, result, start = agreeing(flat, ws, combine), {}, 0
    for path, c in coordinates[0].items():
        result[path] = merged[start:start + c.size].reshape(c.shape)
        start += c.size
    return result


def knots_ties(deltas, ws, density, scale, scope, combine):
    basis = {path: svd(np.hstack([d[path] for d in deltas])) for path in deltas[0]}
    coordinates = []
    for t, d in enumerate(deltas):
        width = {path: d[path].shape[1] for path in d}
        coordinates.append({
            path: np.diag(s) @ vt[:, t * width[path]:(t + 1) * width[path]] for path, (_, s, vt) in basis.items()})
    merged = elementwise(coordinates, ws, density, scope, combine)
    return {path: scale * basis[path][0] @ merged[path] for path in merged}


def core_ties(sites, deltas, ws, density, scale, scope, combine):
    """The basis: left singular vectors of [B_1 … B_T] and right ones of [A_1; …; A_T], scales not among them."""
    left, right = {}, {}
    for path in deltas[0]:
        left[path] = svd(np.hstack([m[path]["b"].astype(float) for m in sites]))[0]
        right[path] = svd(np.vstack([m[path]["a"].astype(float) for m in sites]))[2]
    coordinates = [{path: left[path].T @ d[path] @ right[path].T for path in d} for d in deltas]
    merged = elementwise(coordinates, ws, density, scope, combine)
    return {path: scale * left[path] @ merged[path] @ right[path] for path in merged}


def cart(ds, ws, fraction, scale):
    ws = np.array(ws) * len(ws) / sum(ws)
    mean = total(ds, ws) / len(ds)
    result = mean
    for d, w in zip(ds, ws):
        u, s, vt = svd(d - mean)
        k = math.ceil(fraction * len(s))
        result = result + scale * w * (u[:, :k] * s[:k]) @ vt[:k]
    return result


def star(ds, ws, eta):
    result = 0
    for d, w in zip(ds, ws):
        u, s, vt = svd(d)
        k = int(np.argmax(np.cumsum(s) >= eta * s.sum())) + 1
        result = result + w * s.sum() / s[:k].sum() * (u[:, :k] * s[:k]) @ vt[:k]
    return result / sum(ws)


def subspace_boosting(merged, beta):
    u, s, vt = svd(merged)
    cutoff = int(np.argmax(np.cumsum(s) / s.sum() >= beta))
    return (u * np.maximum(s, s[cutoff])) @ vt


def svc(merged, ds, alpha, basis=None):
    """With a basis, its directions stand for those of the merged matrix, where equal values leave them open."""
    u, s, vt = svd(merged if basis is None else basis)
    s = np.diag(u.T @ merged @ vt.T)
    responses = u.T @ merged
    share = np.zeros(len(s))
    for d in ds:
        a = u.T @ d
        size = (a * a).sum(axis=1)
        dots = (responses * a).sum(axis=1)
        share += np.maximum(alpha, np.divide(dots, size, out=np.zeros_like(dots), where=size > 1e-12))
    return (u * (s * len(ds) / share)) @ vt


def wudi(ds, ws, ridge):
    """The least squares min_X Σ ‖(X − w_t·τ_t)·τ_tᵀ‖²/‖τ_t‖² + ρ‖X‖², as one stacked system."""
    k = np.vstack([d / np.linalg.norm(d) for d in ds])
    y = np.vstack([(w * d @ d.T / np.linalg.norm(d)).T for d, w in zip(ds, ws)])
    if ridge == 0:
        return np.linalg.lstsq(k, y, rcond=NEGLIGIBLE)[0].T
    rho = ridge * np.linalg.norm(k, 2) ** 2
    return np.linalg.solve(k.T @ k + rho * np.eye(k.shape[1]), k.T @ y).T


def check_wudi(ds):
    """The published loss is flat at the closed form: its gradient there, over the one at the sum, is nothing."""
    def gradient(x):
        return np.linalg.norm(sum((x - d) @ d.T @ d / (d * d).sum() for d in ds))

    assert gradient(wudi(ds, [1.0] * len(ds), 0)) < 1e-9 * gradient(sum(ds))


def opcm(deltas, ws, alpha):
    """Sites in sequence of models; the scale λ of the method cancels but for the last norm."""
    taus = [{path: w * m for path, m in d.items()} for d, w in zip(deltas, ws)]
    norms = [math.sqrt(sum((m * m).sum() for m in t.values())) for t in taus]
    merged = dict(taus[0])
    for tau in taus[1:]:
        for path in merged:
            u, s, vt = svd(merged[path])
            split = int(np.argmax(np.cumsum(s) / s.sum() > alpha))
            p = u.T @ tau[path] @ vt.T
            gone = np.eye(len(s), dtype=bool)
            gone[:split, :split] = True
            merged[path] = merged[path] + tau[path] - u @ (p * gone) @ vt
    norm = math.sqrt(sum((m * m).sum() for m in merged.values()))
    return {path: m * np.mean(norms) / norm for path, m in merged.items()}


# --- FusionBench ----------------------------------------------------------------------------------------------------


def fusion_bench(module):
    """One file of FusionBench, without what the package imports around it."""
    folder = os.environ.get("FUSION_BENCH")
    if not folder:
        return None
    for name in ["fusion_bench", "fusion_bench.utils", "fusion_bench.utils.type", "fusion_bench.mixins", "lightning",
                 "fusion_bench.models", "fusion_bench.models.utils", "fusion_bench.taskpool", "omegaconf",
                 "fusion_bench.utils.json", "fusion_bench.utils.parameters", "tqdm", "tqdm.auto", "transformers",
                 "fusion_bench.utils.state_dict_arithmetic", "method", "method.utils"]:
        sys.modules.setdefault(name, MagicMock())
    for home, name in [("fusion_bench", "BaseAlgorithm"), ("fusion_bench.mixins", "LightningFabricMixin"),
                       ("fusion_bench.mixins", "SimpleProfilerMixin")]:
        setattr(sys.modules[home], name, type(name, (), {}))
    sys.modules["tqdm"].tqdm = lambda items, **_: items
    path = pathlib.Path(folder) / "fusion_bench" / "method" / f"{module}.py"
    spec = importlib.util.spec_from_file_location("method." + module.replace("/", "_"), path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def references(deltas):
    """What FusionBench makes of the models of full rank; by name of our case."""
    if not os.environ.get("FUSION_BENCH"):
        return {}
    import torch

    vectors = [{path: torch.tensor(m) for path, m in d.items()} for d in deltas]
    zeros = {path: torch.zeros_like(m) for path, m in vectors[0].items()}
    sums = {path: sum(v[path] for v in vectors) for path in zeros}

    def each(rule):
        return {path: rule(path).detach().numpy() for path in zeros}

    iso = fusion_bench("isotropic_merging/iso_utils")
    calibrate = fusion_bench("singular_value_calibration/utils").subspace_consistency_spectral_calibration_accelerated
    found = {
        "iso_c": iso.iso_c(vectors, accelerator="cpu"),
        "iso_cts": iso.iso_cts(vectors, 0.6, accelerator="cpu"),
        "tsv_m": fusion_bench("task_singular_vector/utils/TSVM_utils").compute_and_sum_svd_mem_reduction(
            vectors, accelerator="cpu"),
        "svc": {path: calibrate(zeros[path], [v[path] for v in vectors], sums[path], 1.0, "cpu") for path in zeros},
    }
    compress = fusion_bench("task_singular_vector/utils/TSVC_utils").compute_svd_and_compress

    def compressed(path):
        _, u, s, vt = compress(path, vectors[0][path], 0.4)
        return u @ torch.diag(s) @ vt

    found["tsv_c"] = each(compressed)
    align = fusion_bench("knots/knots_utils").subspace_alignment

    def knots(path):
        u, s, vs = align([v[path] for v in vectors])
        return torch.tensor(u.numpy() @ agreeing([(torch.diag(s) @ v).numpy() for v in vs], [1.0] * 3, "mean"))

    found["knots_ties"] = each(knots)
    found["opcm"] = continual(fusion_bench("opcm/opcm"), vectors)
    return {name: {path: np.asarray(m) for path, m in sites.items()} for name, sites in found.items()}


def continual(opcm, vectors):
    """OPCM's rule for one layer, in its loop over models with the norms of whole models."""
    opcm.svd = lambda w: (lambda u, s, vh: (u, s, vh.T))(*np_linalg(w))
    state = types.SimpleNamespace(previous_lambda_t=1.0, lambda_t=1.0)
    norms = [math.sqrt(sum(float((m * m).sum()) for m in v.values())) for v in vectors]
    merged = dict(vectors[0])
    rule = opcm.OPCMForCLIP.merge_linear_weights
    for count, vector in enumerate(vectors[1:], start=2):
        for path in merged:
            merged[path] = rule(state, merged[path], 0 * merged[path], vector[path], path, 0.5)
        norm = math.sqrt(sum(float((m * m).sum()) for m in merged.values()))
        mean = sum(norms[:count]) / count
        merged = {path: m * (mean / norm) for path, m in merged.items()}
        state.previous_lambda_t = norm / mean
    return merged


def np_linalg(matrix):
    import torch

    return torch.linalg.svd(matrix, full_matrices=True)


# --- Cases ----------------------------------------------------------------------------------------------------------


def digits(matrix):
    """Nine digits: floats come back exactly."""
    return [float(f"{x:.9g}") for x in matrix.ravel()]


def main():
    sites = models()
    deltas = [{path: delta(site) for path, site in m.items()} for m in sites]
    known = references([deltas[i] for i in FULL])
    cases = []

    def case(method, parameters, chosen, weights, rule, reference=None, whole=False):
        ds = [deltas[i] for i in chosen]
        expected = rule(ds) if whole else {path: rule([d[path] for d in ds]) for path in ds[0]}
        item = {"method": method, "by": "numpy", "parameters": parameters, "models": chosen, "weights": weights,
                "expected": {path: digits(matrix) for path, matrix in expected.items()}}
        if reference in known:
            other = known[reference]
            error = max(np.linalg.norm(other[p] - expected[p]) / np.linalg.norm(expected[p]) for p in expected)
            item["reference"] = {"name": f"FusionBench {reference}", "error": float(f"{error:.1e}")}
            print(f"{method} against FusionBench: {error:.1e}")
            assert error < 1e-5
        cases.append(item)

    ones, w, signed = [1.0] * 3, [1.0, 0.5, 0.25], [1.0, -0.5, 0.25]
    for chosen in [UNEQUAL, EQUAL, FULL]:
        full = chosen == FULL

        def known_as(name):
            return name if full else None

        for path in SHAPES:
            check_wudi([deltas[i][path] for i in chosen])

        case("tsv_c", {"fraction": 0.4}, chosen[:1], [1.0], lambda ds: tsv_c(ds, [1.0], 0.4), known_as("tsv_c"))
        case("tsv_c", {}, chosen, w, lambda ds: tsv_c(ds, w, 0))
        case("tsv_m", {}, chosen, ones, lambda ds: tsv_m(ds, ones, 1), known_as("tsv_m"))
        case("tsv_m", {"scale": 0.7}, chosen, signed, lambda ds: tsv_m(ds, signed, 0.7))
        case("iso_c", {}, chosen, ones, lambda ds: iso_c(ds, ones, 1), known_as("iso_c"))
        case("iso_c", {"scale": 1.5}, chosen, signed, lambda ds: iso_c(ds, signed, 1.5))
        case("iso_c", {"isotropy": 0.25}, chosen, w, lambda ds: iso_c(ds, w, 1, 0.25))
        case("iso_cts", {"common_space_fraction": 0.6}, chosen, ones, lambda ds: iso_cts(ds, ones, 1, 0.6),
             known_as("iso_cts"))
        case("iso_cts", {"scale": 0.5}, chosen, signed, lambda ds: iso_cts(ds, signed, 0.5, 0.8))
        case("iso_cts", {"common_space_fraction": 0.3, "isotropy": 0.5}, chosen, w,
             lambda ds: iso_cts(ds, w, 1, 0.3, 0.5))
        case("knots_linear", {"scale": 0.6}, chosen, signed, lambda ds: 0.6 * total(ds, signed))
        case("knots_ties", {"density": 1}, chosen, ones,
             lambda ds: knots_ties(ds, ones, 1, 1, "model", "mean"), known_as("knots_ties"), whole=True)
        case("knots_ties", {"density": 0.3, "scale": 0.6}, chosen, w,
             lambda ds: knots_ties(ds, w, 0.3, 0.6, "model", "mean"), whole=True)
        case("knots_ties", {"density": 0.3, "trim_scope": "tensor", "combine": "weighted_mean"}, chosen, w,
             lambda ds: knots_ties(ds, w, 0.3, 1, "tensor", "weighted_mean"), whole=True)
        case("knots_dare_ties", {"density": 1, "combine": "sum"}, chosen, w,
             lambda ds: knots_ties(ds, w, 1, 1, "model", "sum"), whole=True)
        case("core_ties", {"density": 0.4}, chosen, w,
             lambda ds: core_ties([sites[i] for i in chosen], ds, w, 0.4, 1, "tensor", "mean"), whole=True)
        case("core_ties", {"density": 0.4, "trim_scope": "model"}, chosen, signed,
             lambda ds: core_ties([sites[i] for i in chosen], ds, signed, 0.4, 1, "model", "mean"), whole=True)
        case("core_dare_ties", {"density": 1, "scale": 0.5}, chosen, ones,
             lambda ds: core_ties([sites[i] for i in chosen], ds, ones, 1, 0.5, "tensor", "mean"), whole=True)
        case("core_dare_linear", {"density": 1, "scale": 0.5}, chosen, w, lambda ds: 0.5 * total(ds, w))
        case("cart", {}, chosen, ones, lambda ds: cart(ds, ones, 0.08, 1))
        case("cart", {"fraction": 0.3, "scale": 0.4}, chosen, w, lambda ds: cart(ds, w, 0.3, 0.4))
        case("star", {}, chosen, ones, lambda ds: star(ds, ones, 0.4))
        case("star", {"eta": 0.7}, chosen, w, lambda ds: star(ds, w, 0.7))
        case("subspace_boosting", {"beta": 0.3}, chosen, ones, lambda ds: subspace_boosting(total(ds, ones), 0.3))
        case("subspace_boosting", {"beta": 0.6, "scale": 0.4}, chosen, signed,
             lambda ds: subspace_boosting(0.4 * total(ds, signed), 0.6))
        case("svc", {}, chosen, ones, lambda ds: svc(total(ds, ones), ds, 1), known_as("svc"))
        case("svc", {"alpha": 0.5, "scale": 0.6}, chosen, w, lambda ds: svc(0.6 * total(ds, w), ds, 0.5))
        case("svc", {"base_method": "tsv_m"}, chosen, w, lambda ds: svc(tsv_m(ds, w, 1), ds, 1))
        case("svc", {"base_method": "iso_c", "scale": 1.5}, chosen, w, lambda ds: svc(iso_c(ds, w, 1.5), ds, 1, basis=total(ds, w)))
        case("wudi_closed_form", {"ridge": 0}, chosen, ones, lambda ds: wudi(ds, ones, 0))
        case("wudi_closed_form", {"ridge": 0.01, "scale": 0.8}, chosen, signed,
             lambda ds: 0.8 * wudi(ds, signed, 0.01))
        case("opcm", {}, chosen, ones, lambda ds: opcm(ds, ones, 0.5), known_as("opcm"), whole=True)
        case("opcm", {"alpha": 0.2}, chosen, w, lambda ds: opcm(ds, w, 0.2), whole=True)

    two = [1.0, 1.0]
    case("tsv_m", {}, EXAMPLE, two, lambda ds: tsv_m(ds, two, 1))
    case("iso_c", {}, EXAMPLE, two, lambda ds: iso_c(ds, two, 1))
    case("knots_ties", {"density": 1}, EXAMPLE, two, lambda ds: knots_ties(ds, two, 1, 1, "model", "mean"), whole=True)
    case("subspace_boosting", {"beta": 0.3}, EXAMPLE, two, lambda ds: subspace_boosting(total(ds, two), 0.3))
    check_examples(cases[-4:])

    plain = [
        [{"path": path, "rank": s["a"].shape[0], "alpha": s["alpha"], "shape": list(delta(s).shape),
          "a": digits(s["a"]), "b": digits(s["b"])}
         for path, s in m.items()]
        for m in sites]
    groups = {}
    for item in cases:
        chosen = item.pop("models")
        group = groups.setdefault(tuple(chosen), {"adapters": [plain[i] for i in chosen], "cases": []})
        group["cases"].append(item)
    (HERE / "svd.json").write_text(json.dumps(list(groups.values())) + "\n")
    print(f"{len(cases)} cases")


def check_examples(cases):
    """Numbers worked out independently for two matrices of rank one."""
    known = [
        [1.834667, -.911676, 1.373172, 3.382934, -.085269, 1.734102, -.2864, 1.738083, -1.012242, 3.669334, -1.823353,
         2.746343],
        [1.109109, -.763763, .936436, 2.99099, 1.645644, .672673, .772772, 3.173169, -1.200198, 2.218218, -1.527525,
         1.872872],
        [.861247, 0, 1, 2.80461, 1, 2, 1.082115, 1, 0, 1.722495, 0, 2],
    ]
    for item, numbers in zip(cases, known):
        assert np.abs(np.array(item["expected"]["layer"]) - numbers).max() < 2e-6, item["method"]


if __name__ == "__main__":
    main()
