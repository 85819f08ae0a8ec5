"""Pseudo-scores by seed and item of the models of an experiment, from its predictions.jsonl.gz and formulas in NumPy.

Their mean over items is the metric, their variance its item noise. The sample of Tests/Golden/reporting has no predictions: its
items are drawn from named streams (SampleItems.swift), which are drawn again here.
"""

import gzip
import json

import numpy as np
import pandas as pd
from scipy import stats

from streams import Stream


def f1_parts(y, p, classes):
    """F1 of each class that occurs, with the derivative of each item's share in it."""
    parts = []
    for k in range(classes):
        t, h = (y == k) * 1.0, (p == k) * 1.0
        b = t.mean() + h.mean()
        if b > 0:
            f = 2 * (t * h).mean() / b
            parts.append((t, f, (2 * t * h - f * (t + h)) / b))
    return parts


def accuracy(y, p, labels):
    return (y == p) * 1.0


def macro_f1(y, p, labels):
    parts = f1_parts(y, p, len(labels))
    return np.mean([f for _, f, _ in parts]) + np.mean([phi for _, _, phi in parts], axis=0)


def weighted_f1(y, p, labels):
    parts = f1_parts(y, p, len(labels))
    value = sum(t.mean() * f for t, f, _ in parts)
    return value + sum(t.mean() * phi + f * (t - t.mean()) for t, f, phi in parts)


def matthews(y, p, labels):
    c, k = (y == p).mean(), range(len(labels))
    t, h = np.array([(y == i).mean() for i in k]), np.array([(p == i).mean() for i in k])
    P, Q = 1 - (h**2).sum(), 1 - (t**2).sum()
    if min(P, Q) <= 1e-12:
        return np.zeros(len(y))
    r = (c - (t * h).sum()) / np.sqrt(P * Q)
    phi = ((y == p) - c - (t[p] - (t * h).sum()) - (h[y] - (t * h).sum())) / np.sqrt(P * Q)
    return r + phi + r * ((h[p] - (h**2).sum()) / P + (t[y] - (t**2).sum()) / Q)


def mse(y, p, labels):
    return (p - y) ** 2


def r2(y, p, labels):
    e, v = (p - y) ** 2, y.var()
    return 1 - e.mean() / v - (e - e.mean()) / v + e.mean() * ((y - y.mean()) ** 2 - v) / v**2


def pearson(y, p, labels):
    if y.std() == 0 or p.std() == 0:
        return np.zeros(len(y))
    a, b = (p - p.mean()) / p.std(), (y - y.mean()) / y.std()
    r = (a * b).mean()
    return r + a * b - r * (a**2 + b**2) / 2


def spearman(y, p, labels):
    """The exact influence of ranks, divided by the deviations of tied ones."""
    n = len(y)
    u, v = (stats.rankdata(p) - 0.5) / n - 0.5, (stats.rankdata(y) - 0.5) / n - 0.5
    if u.std() == 0 or v.std() == 0:
        return np.zeros(n)
    above = lambda x, w: ((x[None, :] > x[:, None]) * w[None, :] + 0.5 * (x[None, :] == x[:, None]) * w[None, :]).mean(1)
    raw = (u * v + above(p, v) + above(y, u)) / np.sqrt((u**2).mean() * (v**2).mean())
    return stats.spearmanr(p, y).statistic + raw - raw.mean()


def ratio(u, w):
    theta = u.sum() / w.sum() if w.sum() else 0.0
    return theta + (u - theta * w) / w.mean() if w.sum() else np.zeros(len(u))


def entities(tags):
    found, start = set(), None
    for i, tag in enumerate(tags + ["O"]):
        if start is not None and not (tag.startswith("I-") and tag[2:] == tags[start][2:]):
            found.add((tags[start][2:], start, i))
            start = None
        if tag.startswith("B-"):
            start = i
    return found


def entity_f1(y, p, labels):
    pairs = [(entities([labels[t] for t in a]), entities([labels[t] for t in b])) for a, b in zip(y, p)]
    return ratio(np.array([2.0 * len(a & b) for a, b in pairs]), np.array([float(len(a) + len(b)) for a, b in pairs]))


def token_accuracy(y, p, labels):
    right = np.array([float(sum(i == j for i, j in zip(a, b))) for a, b in zip(y, p)])
    return ratio(right, np.array([float(len(a)) for a in y]))


def micro_f1(y, p, labels):
    right = np.array([2.0 * len(set(a) & set(b)) for a, b in zip(y, p)])
    return ratio(right, np.array([float(len(a) + len(b)) for a, b in zip(y, p)]))


METRICS = {f.__name__: f for f in (
    accuracy, macro_f1, weighted_f1, matthews, mse, r2, pearson, spearman, entity_f1, token_accuracy, micro_f1)}


def over_groups(metric, y, p, labels, groups):
    """Pseudo-scores of the mean over groups of a metric within each; items of a group vary as those of a stratum."""
    n, scores = len(y), np.empty(len(y))
    pick = lambda side, own: [side[i] for i in own] if isinstance(side, list) else side[own]
    parts = [METRICS[metric](pick(y, own), pick(p, own), labels) for own in groups]
    mean = np.mean([part.mean() for part in parts])
    for own, part in zip(groups, parts):
        m = len(own)
        # The variance of a mean over strata: sum of s^2/m over G^2 (Cochran 1977), which items' own variance over n gives back.
        weight = np.sqrt((n - 1) * m / (n * (m - 1))) * n / (len(groups) * m) if m > 1 else 0
        scores[own] = mean + weight * (part - part.mean())
    return scores


class Predictions:
    """What models answered."""

    is_read = True

    def __init__(self, path):
        self.asked, self.answers = {}, {}
        with gzip.open(path, "rt") as file:
            for line in map(json.loads, file):
                key = line["task"], line["split"]
                if "targets" in line:
                    self.asked[key] = line
                else:
                    self.answers[(*key, line["model"], line["seed"])] = line
        for (task, split, _, _), line in self.answers.items():
            targets = self.asked[task, split]["targets"]
            if "correct" in line:
                assert line["correct"] == "".join(str(int(a == b)) for a, b in zip(line["predictions"], targets))

    @staticmethod
    def _key(row):
        return row.task, row.split, row.model, None if row.seed is pd.NA else int(row.seed)

    def has(self, row):
        return self._key(row) in self.answers

    def _read(self, row):
        asked = self.asked[row.task, row.split]
        answers, y = self.answers[self._key(row)]["predictions"], asked["targets"]
        if not isinstance(y[0], list):
            answers, y = np.array(answers), np.array(y)
        return y, answers, asked["labels"]

    def groups(self, row):
        """The items of each group within which metrics are computed; one of all where there are none."""
        asked = self.asked[row.task, row.split]
        places = np.array(asked.get("group", [0] * len(asked["targets"])))
        return [np.flatnonzero(places == k) for k in range(places.max() + 1)]

    def by(self, row):
        return self.asked[row.task, row.split].get("by")

    def _grouped(self, row, y, p, labels):
        groups = self.groups(row)
        return METRICS[row.metric](y, p, labels) if self.by(row) is None else over_groups(row.metric, y, p, labels, groups)

    def scores(self, row):
        return self._grouped(row, *self._read(row))

    def is_constant(self, row, scores):
        """Whether the metric is a convention, in a group of rows at least."""
        return row.metric in ("pearson", "spearman", "matthews") and any(scores[own].std() == 0 for own in self.groups(row))

    def count(self, row):
        return len(self.asked[row.task, row.split]["targets"])

    def confusion(self, row, kind):
        """The labels, and how often each was answered (columns) where each was wanted (rows), of tags by word."""
        y, p, labels = self._read(row)
        if kind not in ("classification", "tagging"):
            return None
        if kind == "tagging":
            y, p = ([tag for tags in side for tag in tags] for side in (y, p))
        table = pd.crosstab(np.asarray(y), np.asarray(p)).reindex(range(len(labels)), fill_value=0)
        return labels, table.reindex(range(len(labels)), axis=1, fill_value=0).to_numpy()

    def answered(self, row):
        return [tuple(a) if isinstance(a, list) else a for a in self.answers[self._key(row)]["predictions"]]

    def floor(self, row):
        """What the commonest label, or the mean number, scores."""
        y, _, labels = self._read(row)
        if isinstance(y, list):
            return None
        constant = np.argmax(np.bincount(y)) if y.dtype.kind == "i" else y.mean()
        return self._grouped(row, y, np.full(len(y), constant), labels).mean()

    def is_one_answer(self, row):
        y, p, labels = self._read(row)
        if isinstance(y, list) or y.dtype.kind != "i":
            return False
        return np.bincount(p).max() / len(p) > 0.95 and np.bincount(y).max() / len(y) < 0.9


class Drawn:
    """The items of the sample."""

    is_read = False

    def confusion(self, row, kind):
        """Three labels, of which a better model takes fewer for the next one (SampleItems.swift)."""
        if row.task == "fiqa":
            return None
        counts = np.zeros((3, 3), dtype=int)
        for target, wanted in enumerate((600, 300, 70)):
            counts[target, target] = int(wanted * max(0, min(1, row.value)))
            counts[target, (target + 1) % 3] = wanted - counts[target, target]
        return ["neutral", "positive", "=negative"], counts

    def has(self, row):
        return True

    def is_constant(self, row, scores):
        return row.metric in ("pearson", "spearman", "matthews") and scores.std() == 0

    def scores(self, row):
        shared, own = Stream(0, row.task, row.split, row.metric), Stream(0, row.job, row.metric)
        noise = np.array([0.2 * shared.normal() + 0.1 * own.normal() for _ in range(row.n)])
        return row.value + noise - noise.mean()

    def answered(self, row):
        return list(self.scores(row))

    def floor(self, row):
        return None

    def is_one_answer(self, row):
        return False
