"""Writes metrics.json: metric values by scikit-learn, SciPy and seqeval for random and awkward cases.

Run by hand: python Tests/Golden/metrics/generate_metrics.py
"""

import json
import random
import warnings
from pathlib import Path

import scipy
import scipy.stats
import seqeval
import sklearn
from importlib.metadata import version
from seqeval import metrics as entities
from seqeval.scheme import IOB2
from sklearn import metrics

warnings.simplefilter("ignore")
rng = random.Random(20240917)
TAGS = ["O", "B-ORG", "I-ORG", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def classification(targets, predictions):
    return {
        "targets": targets,
        "predictions": predictions,
        "values": {
            "accuracy": metrics.accuracy_score(targets, predictions),
            "macro_f1": metrics.f1_score(targets, predictions, average="macro", zero_division=0),
            "weighted_f1": metrics.f1_score(targets, predictions, average="weighted", zero_division=0),
            "matthews": metrics.matthews_corrcoef(targets, predictions),
        },
    }


def multilabel(targets, predictions):
    present = sorted(set(sum(targets + predictions, [])))
    wanted, found = ([[int(k in row) for k in present] for row in rows] for rows in (targets, predictions))
    return {
        "targets": targets,
        "predictions": predictions,
        "values": {
            "accuracy": metrics.accuracy_score(wanted, found),
            "macro_f1": metrics.f1_score(wanted, found, average="macro", zero_division=0),
            "weighted_f1": metrics.f1_score(wanted, found, average="weighted", zero_division=0),
            "micro_f1": metrics.f1_score(wanted, found, average="micro", zero_division=0),
        },
    }


def regression(targets, predictions):
    def known(value):
        # SciPy says NaN of constant input; Mixology says 0 (see Metrics/Pearson.swift).
        return 0.0 if value != value else value

    return {
        "targets": targets,
        "predictions": predictions,
        "values": {
            "mse": metrics.mean_squared_error(targets, predictions),
            "r2": metrics.r2_score(targets, predictions),
            "pearson": known(scipy.stats.pearsonr(targets, predictions).statistic),
            "spearman": known(scipy.stats.spearmanr(targets, predictions).statistic),
        },
    }


def tagging(targets, predictions):
    def names(rows):
        return [[TAGS[tag] for tag in row] for row in rows]

    wanted, found = names(targets), names(predictions)
    return {
        "targets": targets,
        "predictions": predictions,
        "values": {
            "entity_f1": float(entities.f1_score(wanted, found, mode="strict", scheme=IOB2)),
            "token_accuracy": float(entities.accuracy_score(wanted, found)),
        },
        "default_mode_f1": float(entities.f1_score(wanted, found)),
    }


def labels(count, classes):
    return [rng.choice(classes) for _ in range(count)]


def near(targets, share, values):
    return [target if rng.random() < share else rng.choice(values) for target in targets]


cases = {"classification": [], "regression": [], "tagging": []}

for count in [2, 5, 17, 60, 200]:
    for classes in [[0, 1], [0, 1, 2], [0, 1, 2, 3, 4, 5], [1, 4]]:
        targets = labels(count, classes)
        cases["classification"].append(classification(targets, near(targets, 0.6, [0, 1, 2, 3, 4, 5])))
        cases["classification"].append(classification(targets, near(targets, 0.8, classes)))
cases["classification"] += [
    classification([0, 1, 1, 2], [1, 1, 1, 1]),
    classification([1, 1, 1], [1, 1, 1]),
    classification([1, 1, 1], [0, 2, 0]),
    classification([0], [0]),
    classification([0, 1, 2, 0], [1, 2, 0, 2]),
    classification([0, 1, 0, 1], [1, 0, 1, 0]),
]

for count in [2, 3, 10, 50, 300]:
    for spread in [0.1, 1.0, 10.0]:
        targets = [rng.gauss(0, 1) for _ in range(count)]
        cases["regression"].append(regression(targets, [t + rng.gauss(0, spread) for t in targets]))
        ties = [rng.randint(-2, 2) / 2 for _ in range(count - 1)] + [3.0]
        cases["regression"].append(regression(ties, [rng.randint(0, 3) / 4 for _ in range(count - 1)] + [2.5]))
cases["regression"] += [
    regression([0.1, 0.2, 0.7], [0.1, 0.1, 0.1]),
    # Halves: the mean of three tenths is not a tenth, and scikit-learn's R2 is then rounding noise.
    regression([0.5, 0.5, 0.5], [0.3, 0.2, 0.1]),
    regression([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
    regression([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]),
    regression([1e8, 1e8 + 1, 1e8 + 2, 1e8 + 4], [1e8 + 1, 1e8, 1e8 + 3, 1e8 + 3]),
]

for share in [0.0, 0.5, 0.8, 0.95, 1.0]:
    for count in [1, 4, 20]:
        targets = [labels(rng.randint(1, 25), range(7)) for _ in range(count)]
        predictions = [near(row, share, range(7)) for row in targets]
        cases["tagging"].append(tagging(targets, predictions))
cases["tagging"] += [
    tagging([[0, 0, 0]], [[0, 0, 0]]),
    tagging([[1, 2, 2, 0]], [[2, 2, 2, 0]]),
    tagging([[1, 2, 0, 2]], [[1, 2, 0, 1]]),
    tagging([[1, 1, 2]], [[1, 2, 2]]),
    tagging([[1, 4, 2]], [[1, 0, 0]]),
    tagging([[1], [2]], [[1], [1]]),
]

def some(share, count):
    return [k for k in range(count) if rng.random() < share]


cases["multilabel"] = []
for count in [2, 5, 7]:
    for rows in [1, 4, 30]:
        for share in [0.2, 0.6]:
            targets = [some(share, count) for _ in range(rows - 1)] + [[0, count - 1]]
            cases["multilabel"].append(multilabel(targets, [some(share, count) for _ in range(rows)]))
            cases["multilabel"].append(multilabel(targets, [some(0.1, count) or row for row in targets]))
cases["multilabel"] += [
    multilabel([[0, 1], [], [2]], [[0], [], [1, 2]]),
    multilabel([[0], [1]], [[], []]),
    multilabel([[], []], [[0], [1]]),
]

document = {
    "made_with": {
        "scikit-learn": sklearn.__version__,
        "scipy": scipy.__version__,
        "seqeval": version("seqeval"),
    },
    "tags": TAGS,
    **cases,
}
Path(__file__).with_name("metrics.json").write_text(json.dumps(document, indent=None, separators=(",", ":")) + "\n")
