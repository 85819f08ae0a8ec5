"""Writes seeds.json: golden values of Student's t, confidence intervals, paired tests and Holm's correction.

Run by hand: python Tests/Golden/statistics/generate_seeds.py
Values come from SciPy; Holm's correction is written out here from its definition, by an independent route
(sequential rejection at a level, found as the smallest level that rejects), not by the running maximum.
"""

import json
import pathlib
import random

import scipy
from scipy import special, stats


def holm(values):
    """The smallest level at which the sequentially rejective procedure rejects each hypothesis."""
    count = len(values)
    levels = sorted({min(1.0, (count - k) * p) for k in range(count) for p in values} | {1.0})
    order = sorted(range(count), key=lambda i: (values[i], i))
    result = [1.0] * count
    for level in reversed(levels):
        for step, index in enumerate(order):
            if (count - step) * values[index] > level:
                break
            result[index] = level
    return result


random.seed(7)
degrees = [1, 2, 3, 4, 5, 7, 9, 14, 19, 29, 49, 99, 199, 999]
# No |t| below 1e-5: SciPy 1.17 rounds those to the middle (t = 1e-9, one degree: off by 6e-10).
points = [-40.0, -6.3, -2.0, -0.5, -1e-5, 0.0, 1e-4, 1e-3, 0.3, 1.0, 2.5, 4.302652729749464, 12.0, 75.0, 3000.0]
samples = [[round(random.gauss(0.7, 0.05), random.choice([2, 3, 16])) for _ in range(n)] for n in (2, 3, 3, 5, 10, 30)]
pairs = []
for n, shift, noise in ((2, 0.1, 0.02), (3, 0.0, 0.03), (3, 0.05, 0.001), (5, -0.02, 0.02), (10, 0.01, 0.01), (20, -5, 1)):
    reference = [random.gauss(0.6, 0.1) for _ in range(n)]
    pairs.append({"candidate": [x + random.gauss(shift, noise) for x in reference], "reference": reference})
families = [[0.01, 0.04, 0.03, 0.005], [0.5], [0.02, 0.02, 0.02], [0.9, 0.8, 0.001], [random.random() ** 3 for _ in range(12)]]


def interval(sample):
    mean, n = sum(sample) / len(sample), len(sample)
    low, high = stats.t.interval(0.95, n - 1, loc=mean, scale=stats.sem(sample))
    return {"values": sample, "mean": mean, "deviation": float(stats.tstd(sample)), "half_width": float((high - low) / 2)}


golden = {
    "versions": {"scipy": scipy.__version__},
    "log_gamma": [[x, float(special.gammaln(x))] for x in (0.01, 0.5, 0.999, 1.5, 2.5, 7.0, 11.99, 12.0, 50.5, 1000.0)],
    "incomplete_beta": [
        [x, a, b, float(special.betainc(a, b, x))]
        for x in (1e-12, 0.01, 0.3, 0.5, 0.77, 0.999) for a in (0.5, 1.0, 2.5, 40.0, 500.0) for b in (0.5, 3.0, 60.0)
    ],
    "cdf": [[t, v, float(stats.t.cdf(t, v))] for v in degrees for t in points],
    "two_sided": [[t, v, float(2 * stats.t.sf(abs(t), v))] for v in degrees for t in points],
    "quantile": [[p, v, float(stats.t.ppf(p, v))] for v in degrees for p in (0.001, 0.025, 0.3, 0.5, 0.9, 0.975, 0.995)],
    "intervals": [interval(sample) for sample in samples],
    "paired": [
        dict(pair, p=float(stats.ttest_rel(pair["candidate"], pair["reference"]).pvalue)) for pair in pairs
    ],
    "holm": [{"p": family, "adjusted": holm(family)} for family in families],
}
path = pathlib.Path(__file__).with_name("seeds.json")
path.write_text(json.dumps(golden, indent=1) + "\n")
