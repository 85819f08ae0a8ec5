"""Writes distributions.json: golden values of distributions and special functions, by SciPy.

Run by hand: python Tests/Golden/statistics/generate_distributions.py
Each entry is its arguments and the value. Dunnett's probability, which SciPy draws at random, is integrated here by adaptive
quadrature, and held against SciPy's own value to 2e-3.
"""

import json
import pathlib

import numpy as np
import scipy
from scipy import integrate, special, stats
from statsmodels.stats.proportion import proportion_confint

RANGES = [(k, v) for k in (2, 3, 5, 10, 20) for v in (3, 6.5, 12, 60, np.inf)]


def dunnett(t, df, loadings):
    """P(max |t| > t), integrated over the pooled deviation and the control's mean."""
    loadings = np.asarray(loadings)
    scale = np.sqrt(1 - loadings**2)

    def inner(s):
        def f(z):
            high = special.ndtr((loadings * z + t * s) / scale)
            return stats.norm.pdf(z) * np.prod(high - special.ndtr((loadings * z - t * s) / scale))

        return integrate.quad(f, -9, 9, epsabs=1e-13, limit=400)[0]

    if np.isinf(df):
        return 1 - inner(1.0)
    chi = stats.chi(df, scale=1 / np.sqrt(df))
    low, high = chi.ppf(1e-15), chi.isf(1e-15)
    return 1 - integrate.quad(lambda s: chi.pdf(s) * inner(s), low, high, epsabs=1e-12, limit=400)[0]


golden = {
    "versions": {"scipy": scipy.__version__, "numpy": np.__version__},
    "digamma": [[x, float(special.digamma(x))] for x in (0.05, 0.5, 1, 1.5, 3, 11.5, 40, 1e4)],
    "trigamma": [[x, float(special.polygamma(1, x))] for x in (0.05, 0.5, 1, 1.5, 3, 11.5, 40, 1e4)],
    "tetragamma": [[x, float(special.polygamma(2, x))] for x in (0.05, 0.5, 1, 1.5, 3, 11.5, 40, 1e4)],
    "normal_cdf": [[x, float(special.ndtr(x))] for x in (-38, -9.5, -3, -0.1, 0, 1e-9, 0.7, 2, 8)],
    "normal_quantile": [[p, float(special.ndtri(p))] for p in (1e-300, 1e-20, 1e-5, 0.02, 0.3, 0.5, 0.75, 0.999, 1 - 1e-12)],
    "chi_squared_upper": [[x, k, float(stats.chi2.sf(x, k))] for x in (1e-6, 0.3, 2, 10, 150) for k in (0.7, 1, 2, 9, 100)],
    "chi_squared_quantile": [[p, k, float(stats.chi2.ppf(p, k))] for p in (0.001, 0.1, 0.5, 0.95, 0.9999) for k in (1, 2, 11, 100)],
    "f_upper": [[x, a, b, float(stats.f.sf(x, a, b))] for x in (0.01, 1, 4, 60) for a in (1, 3, 20) for b in (1, 7, 200)],
    "f_quantile": [[p, a, b, float(stats.f.ppf(p, a, b))] for p in (0.05, 0.5, 0.99) for a in (1, 3, 20) for b in (2, 7, 200)],
    "binomial_cdf": [[k, n, p, float(stats.binom.cdf(k, n, p))] for k, n in ((0, 3), (2, 9), (40, 100), (480, 1000)) for p in (0.1, 0.5, 0.93)],
    "clopper_pearson": [
        [k, n, *map(float, proportion_confint(k, n, 0.05, "beta"))] for k, n in ((0, 3), (3, 3), (1, 4), (7, 24), (300, 1000))
    ],
    "fisher": [
        [a, n, b, m, float(stats.fisher_exact([[a, n - a], [b, m - b]])[1])]
        for a, n, b, m in ((0, 3, 3, 3), (1, 8, 6, 8), (2, 10, 2, 12), (5, 24, 1, 24), (0, 4, 0, 4), (30, 60, 44, 60))
    ],
    "noncentral_t_cdf": [
        [t, v, d, float(stats.nct.cdf(t, v, d))] for t in (-3, 0.0, 0.5, 2, 4.3) for v in (2, 3.7, 8, 60) for d in (-1, 0, 0.5, 3, 6)
    ],
    "range_cdf": [[q, k, v if np.isfinite(v) else 0, float(stats.studentized_range.cdf(q, k, v))] for q in (0.8, 3, 5) for k, v in RANGES],
    "range_quantile": [[p, k, v if np.isfinite(v) else 0, float(stats.studentized_range.ppf(p, k, v))] for p in (0.9, 0.95, 0.99) for k, v in RANGES[::3]],
    "dunnett_upper": [
        [t, df if np.isfinite(df) else 0, loadings, dunnett(t, df, loadings)]
        for t in (1.0, 2.4, 4)
        for df in (3, 9.5, 40, np.inf)
        for loadings in ([0.5**0.5] * 2, [0.5**0.5] * 6, [0.3, 0.6, 0.9])
    ],
}
samples = [[1.1, 1.9, 1.4, 2.2], [0.3, 0.8, 0.2], [2.9, 3.3, 2.1, 2.4, 2.6]]
control = [0.9, 1.2, 1.6, 0.7]
groups = [*samples, control]
df = sum(map(len, groups)) - len(groups)
pooled = sum(np.var(g) * len(g) for g in groups) / df
t = [(np.mean(g) - np.mean(control)) / np.sqrt(pooled * (1 / len(g) + 1 / len(control))) for g in samples]
loadings = [np.sqrt(len(g) / (len(g) + len(control))) for g in samples]
adjusted = [dunnett(abs(x), df, loadings) for x in t]
theirs = stats.dunnett(*map(np.array, samples), control=np.array(control), rng=np.random.default_rng(1))
assert np.allclose(adjusted, theirs.pvalue, atol=2e-3), (adjusted, theirs.pvalue)
golden["dunnett"] = {"groups": samples, "control": control, "t": [float(x) for x in t], "adjusted": [float(p) for p in adjusted]}
pathlib.Path(__file__).with_name("distributions.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
