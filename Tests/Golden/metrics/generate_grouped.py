"""Writes grouped.json: means over groups of rows of metrics within each, by pandas, scikit-learn, SciPy and seqeval, with their errors.

Run by hand: python Tests/Golden/metrics/generate_grouped.py

The errors are those of a stratified sample: for means of items from the variances within the groups, exact; for the others by leaving
out one item at a time within its group (Rao and Wu 1985), near to what derivatives give.
"""

import json
import random
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.stats
import sklearn.metrics as metrics
from seqeval import metrics as entities
from seqeval.scheme import IOB2
from sklearn.preprocessing import MultiLabelBinarizer

warnings.simplefilter("ignore")
rng = random.Random(20261201)
TAGS = ["O", "B-ORG", "I-ORG", "B-PER", "I-PER", "B-LOC", "I-LOC"]
f1 = lambda average: lambda t, p: metrics.f1_score(t, p, average=average, zero_division=0)
names = lambda rows: [[TAGS[tag] for tag in row] for row in rows]


def binary(t, p):
    found = MultiLabelBinarizer(classes=sorted({k for row in [*t, *p] for k in row}))
    return found.fit_transform(t), found.transform(p)


METRICS = {
    "classification": {
        "accuracy": metrics.accuracy_score, "macro_f1": f1("macro"), "weighted_f1": f1("weighted"), "matthews": metrics.matthews_corrcoef},
    "regression": {
        "mse": metrics.mean_squared_error, "r2": metrics.r2_score, "pearson": lambda t, p: scipy.stats.pearsonr(t, p).statistic,
        "spearman": lambda t, p: scipy.stats.spearmanr(t, p).statistic},
    "tagging": {
        "entity_f1": lambda t, p: float(entities.f1_score(names(t), names(p), mode="strict", scheme=IOB2)),
        "token_accuracy": lambda t, p: float(entities.accuracy_score(names(t), names(p)))},
    "multilabel": {"micro_f1": lambda t, p: f1("micro")(*binary(t, p)), "macro_f1": lambda t, p: f1("macro")(*binary(t, p))},
}
MEANS = {"accuracy": lambda t, p: float(t == p), "mse": lambda t, p: (t - p) ** 2}


def errors(table, metric, function):
    total = 0
    for _, rows in table.groupby("group", sort=False):
        t, p, n = list(rows.target), list(rows.prediction), len(rows)
        if metric in MEANS:
            total += np.var([MEANS[metric](a, b) for a, b in zip(t, p)], ddof=1) / n
        else:
            left = [function(t[:i] + t[i + 1:], p[:i] + p[i + 1:]) for i in range(n)]
            total += (n - 1) / n * ((np.array(left) - np.mean(left)) ** 2).sum()
    return np.sqrt(total) / table.group.nunique()


def case(kind, sizes, row):
    groups = [name for name, size in sizes.items() for _ in range(size)]
    rng.shuffle(groups)
    table = pd.DataFrame([(group, *row(group)) for group in groups], columns=["group", "target", "prediction"])
    values = {
        name: float(table.groupby("group", sort=False)[["target", "prediction"]].apply(
            lambda rows, f=function: f(list(rows.target), list(rows.prediction))).mean())
        for name, function in METRICS[kind].items()}
    return {
        "groups": groups, "targets": list(table.target), "predictions": list(table.prediction), "values": values,
        "errors": {name: float(errors(table, name, function)) for name, function in METRICS[kind].items()}}


def near(target, share, values):
    return target if rng.random() < share else rng.choice(values)


def label(group):
    # Each group has a balance of its own, as questions about one text have.
    target = 0 if rng.random() < {"up": 0.5, "down": 0.3, "same": 0.9}[group] else rng.choice([1, 2])
    return target, near(target, {"up": 0.9, "down": 0.6, "same": 0.8}[group], [0, 1, 2])


def number(group):
    target = round(rng.gauss(0, 1), 3)
    return target, round(target + rng.gauss(0, {"a": 0.3, "b": 2}[group]), 3)


def tags(group):
    target = [rng.randrange(7) for _ in range(rng.randint(3, 9))]
    return target, [near(tag, {"x": 0.9, "y": 0.6}[group], range(7)) for tag in target]


def some(group):
    target = [k for k in range(4) if rng.random() < 0.5]
    return target, [k for k in range(4) if (k in target) == (rng.random() < 0.8)]


document = {
    "classification": case("classification", {"up": 200, "down": 40, "same": 90}, label),
    "regression": case("regression", {"a": 150, "b": 60}, number),
    "tagging": case("tagging", {"x": 70, "y": 30}, tags),
    "multilabel": case("multilabel", {"x": 90, "y": 40}, lambda group: some(group)),
}
Path(__file__).with_name("grouped.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
