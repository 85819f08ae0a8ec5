"""Golden probes: logistic and ridge regressions by scikit-learn on vectors of this script's own.

    generate_probes.py OUT.json     (scikit-learn, numpy)

Vectors are drawn with a fixed seed and rounded, so that the file holds all that a fit reads.
"""

import json
import sys
import warnings

import numpy
import sklearn
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss

LAMBDAS = [10.0, 1.0, 0.1, 0.01, 0.001]
FOLDS = 5
SETS = False


def vectors(random, n, width):
    mix = random.normal(size=(width, width)) / numpy.sqrt(width)
    return numpy.round(random.normal(size=(n, width)) @ mix + random.normal(size=width), 4)


def scaled(x):
    centred = x - x.mean(axis=0)
    return centred / numpy.sqrt((centred**2).mean())


def logistic(x, y, penalty):
    # Of two classes scikit-learn has one vector w where softmax has w/2 and -w/2, whose squares are half of it.
    penalty = penalty / 2 if len(set(y)) == 2 and not SETS else penalty
    model = LogisticRegression(C=1 / (len(x) * penalty), tol=1e-10, max_iter=100000, solver="lbfgs")
    return model.fit(x, y)


def held_out(x, y, groups, fit, loss):
    """The mean loss of rows that were held out; the i-th group is in part i mod 5."""
    order = {g: i for i, g in enumerate(dict.fromkeys(groups))}
    part = numpy.array([order[g] % FOLDS for g in groups])
    return [
        sum(loss(fit(x[part != p], y[part != p], l), x[part == p], y[part == p]) for p in range(FOLDS)) / len(x)
        for l in LAMBDAS
    ]


def classes(random, n, width, count, grouped):
    x = vectors(random, n, width)
    z = scaled(x) @ random.normal(size=(width, count)) + random.gumbel(size=(n, count)) * 1.5
    y = z.argmax(axis=1)
    groups = [i // 3 for i in range(n)] if grouped else list(range(n))
    fits = []
    for penalty in LAMBDAS:
        model = logistic(scaled(x), y, penalty)
        fits.append(model.predict_log_proba(scaled(x)[:4]).tolist())
    losses = held_out(
        scaled(x), y, groups, logistic,
        lambda m, a, b: log_loss(b, m.predict_proba(a), labels=m.classes_, normalize=False))
    return {"kind": "classes", "count": count, "targets": y.tolist(), "groups": groups, "vectors": x.tolist(),
            "log_probabilities": fits, "losses": losses}


def numbers(random, n, width):
    x = vectors(random, n, width)
    y = numpy.round(scaled(x) @ random.normal(size=width) + random.normal(size=n), 4)

    def ridge(a, b, penalty):
        return Ridge(alpha=len(a) * penalty, solver="cholesky").fit(a, b)

    fits = [ridge(scaled(x), y, l).predict(scaled(x)[:4]).tolist() for l in LAMBDAS]
    losses = held_out(scaled(x), y, list(range(n)), ridge, lambda m, a, b: float(((m.predict(a) - b) ** 2).sum() / 2))
    return {"kind": "numbers", "count": 1, "targets": y.tolist(), "groups": list(range(n)), "vectors": x.tolist(),
            "log_probabilities": [[[v] for v in f] for f in fits], "losses": losses}


def sets(random, n, width, count):
    global SETS
    SETS = True
    x = vectors(random, n, width)
    y = (scaled(x) @ random.normal(size=(width, count)) + random.normal(size=(n, count)) > 0.3).astype(int)
    fits = []
    for penalty in LAMBDAS:
        # Each label is a regression of its own, under the same penalty.
        fits.append(numpy.stack([logistic(scaled(x), y[:, k], penalty).decision_function(scaled(x)[:4]) for k in range(count)],
                                axis=1).tolist())
    return {"kind": "sets", "count": count, "targets": y.reshape(-1).tolist(), "groups": list(range(n)),
            "vectors": x.tolist(), "log_probabilities": fits, "losses": []}


def main():
    warnings.simplefilter("error")
    random = numpy.random.default_rng(7)
    cases = [
        classes(random, 60, 5, 3, False), classes(random, 90, 4, 2, True), classes(random, 40, 12, 4, False),
        numbers(random, 50, 6), numbers(random, 20, 30), sets(random, 60, 5, 3),
    ]
    out = {"scikit_learn": sklearn.__version__, "lambdas": LAMBDAS, "cases": cases}
    with open(sys.argv[1], "w") as file:
        json.dump(out, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
