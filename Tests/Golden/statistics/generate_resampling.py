"""Writes resampling.json: metrics with their influence values, and bootstraps on the program's own random streams.

Run by hand: python Tests/Golden/statistics/generate_resampling.py
Influence values are n times the derivative of scikit-learn's weighted metric by an item's weight; the program's are
derived by hand. Bootstraps repeat the draws (streams.py) and compute the metric of the drawn items by scikit-learn and SciPy.
"""

import json
import pathlib
import warnings

import numpy as np
import scipy
import sklearn
from scipy import special, stats
from sklearn import metrics

from streams import Stream

warnings.simplefilter("ignore")
rng = np.random.default_rng(5)
floats = lambda values: [float(x) for x in np.ravel(values)]


def correlation(p, t, w):
    c = np.cov(p, t, aweights=w, ddof=0)
    return c[0, 1] / np.sqrt(c[0, 0] * c[1, 1])


METRICS = {
    "accuracy": lambda p, t, w: metrics.accuracy_score(t, p, sample_weight=w),
    "macroF1": lambda p, t, w: metrics.f1_score(t, p, average="macro", sample_weight=w),
    "weightedF1": lambda p, t, w: metrics.f1_score(t, p, average="weighted", sample_weight=w),
    "matthews": lambda p, t, w: metrics.matthews_corrcoef(t, p, sample_weight=w),
    "meanSquaredError": lambda p, t, w: metrics.mean_squared_error(t, p, sample_weight=w),
    "rSquared": lambda p, t, w: metrics.r2_score(t, p, sample_weight=w),
    "pearson": correlation,
}


def influence(name, p, t):
    f, n, h = METRICS[name], len(t), 1e-4
    out = []
    for i in range(n):
        w = np.ones(n)
        values = []
        for k in (1, -1, 2, -2):
            w[i] = 1 + k * h
            values.append(f(p, t, w))
        out.append(n * (8 * (values[0] - values[1]) - (values[2] - values[3])) / (12 * h))
    return out


def spearman_influence(x, y):
    """reference form: 12[(u-1/2)(v-1/2) + A + B], A_i the mean over j of (v_j - 1/2) above x_i, half where equal."""
    n = len(x)
    u, v = (stats.rankdata(x) - 0.5) / n - 0.5, (stats.rankdata(y) - 0.5) / n - 0.5
    above = lambda z, i: (z > z[i]) + 0.5 * (z == z[i])
    raw = [u[i] * v[i] + np.mean(above(x, i) * v) + np.mean(above(y, i) * u) for i in range(n)]
    raw = np.array(raw) / np.sqrt(np.mean(u * u) * np.mean(v * v))
    return raw - raw.mean()


def plain(name, p, t, index):
    if name == "spearman":
        return float(stats.spearmanr(p[index], t[index]).statistic)
    return float(METRICS[name](p[index], t[index], None if name != "pearson" else np.ones(len(index))))


cases = []
for name in (*METRICS, "spearman"):
    n = 40
    if name in ("accuracy", "macroF1", "weightedF1", "matthews"):
        t = rng.choice(3, n, p=[0.5, 0.3, 0.2])
        models = [np.where(rng.random(n) < q, t, rng.choice(3, n)) for q in (0.8, 0.7, 0.5, 0.6)]
    else:
        t = rng.normal(50, 1, n)
        models = [t + rng.normal(0.1, s, n) for s in (0.3, 0.4, 0.8, 0.6)]
        if name == "spearman":
            models[3] = np.round(models[3], 1)
    phi = spearman_influence(models[0], t) if name == "spearman" else influence(name, models[0], t)
    draws, stream = [], Stream(3, "bootstrap", name)
    for _ in range(60):
        index = np.array([stream.index(n) for _ in range(n)])
        a, b, c, d = (plain(name, m, t, index) for m in models)
        draws.append((a + b) / 2 - (c + d) / 2)
    every = np.arange(n)
    value = [plain(name, m, t, every) for m in models]
    estimate = (value[0] + value[1]) / 2 - (value[2] + value[3]) / 2
    jack = []
    for i in range(n):
        a, b, c, d = (plain(name, m, t, np.delete(every, i)) for m in models)
        jack.append((a + b) / 2 - (c + d) / 2)
    jack = np.array(jack)
    e = jack.mean() - jack
    acceleration = (e**3).sum() / (6 * (e**2).sum() ** 1.5)
    z0 = special.ndtri(stats.percentileofscore(np.round(draws, 11), round(estimate, 11), "mean") / 100)
    ends = [special.ndtr(z0 + (z0 + special.ndtri(q)) / (1 - acceleration * (z0 + special.ndtri(q)))) for q in (0.025, 0.975)]
    stream, count = Stream(3, "swaps", name), 0
    for _ in range(99):
        swap = np.array([stream.flip() for _ in range(n)])
        mixed = lambda a, b: plain(name, np.where(swap, b, a), t, every)
        d = np.mean([mixed(models[k], models[k + 2]) - mixed(models[k + 2], models[k]) for k in (0, 1)])
        count += abs(d) >= abs(estimate) - 1e-12
    cases.append({
        "metric": name, "targets": floats(t), "models": [floats(m) for m in models], "value": value[0], "influence": floats(phi),
        "draws": draws, "jackknife": floats(jack), "percentile": floats(np.quantile(draws, [0.025, 0.975])),
        "accelerated": floats(np.quantile(draws, ends)), "p": (count + 1) / 100,
    })

right, found, wanted = (rng.integers(0, 3, 25) for _ in range(3))
found, wanted = found + right, wanted + right


def entity(w):
    return 2 * (w * right).sum() / ((w * found).sum() + (w * wanted).sum())


phi = []
for i in range(25):
    w = np.ones(25)
    w[i] = 1 + 1e-5
    high = entity(w)
    w[i] = 1 - 1e-5
    phi.append(25 * (high - entity(w)) / 2e-5)
golden = {
    "versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__},
    "cases": cases,
    "entities": {"right": right.tolist(), "found": found.tolist(), "wanted": wanted.tolist(), "value": float(entity(np.ones(25))), "influence": floats(phi)},
}
y = rng.normal(size=(3, 8))
stream, means = Stream(3, "pigeonhole"), []
for _ in range(40):
    rows = [stream.index(3) for _ in range(3)]
    columns = [stream.index(8) for _ in range(8)]
    means.append(float(y[np.ix_(rows, columns)].mean()))
# All draws of 2 x 3 at once: the variance without a random number.
small = rng.normal(size=(2, 3))
every = [small[np.ix_([a, b], [c, d, e])].mean() for a in range(2) for b in range(2) for c in range(3) for d in range(3) for e in range(3)]
golden["pigeonhole"] = {"scores": [floats(r) for r in y], "means": means, "small": [floats(r) for r in small], "variance": float(np.var(every))}
pathlib.Path(__file__).with_name("resampling.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
