#!/usr/bin/env python3
"""Compares models of one manifest that differ in `training.precision` alone: quality.py RESULTS [--margin 0.01]

RESULTS is the folder of an experiment with a grid of both precisions, such as Experiments/precision.yaml. Rows are joined by task,
row and text. A line of JSON for each task and seed, then one for all: the share of test rows with the same answer, the mean
difference of accuracy, bfloat16 − float32, and its 90 % interval by Student's t over tasks and seeds. Exit code 1 where the
interval leaves ±margin or fewer than 97 of 100 answers are alike.
"""

import argparse
import json
import re
import statistics
import sys
from pathlib import Path

# Quantiles 0.95 of Student's t by degrees of freedom.
T95 = [6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753, 1.746]
T95 += [1.740, 1.734, 1.729, 1.725]


def answers(folder, precision):
    """{(task, seed): {(row, text): line}} of the singles' predictions on their own test rows."""
    found = {}
    for path in sorted(folder.glob("predictions/single_*")):
        if precision not in path.name:
            continue
        seed = re.search(r"seed(\d+)", path.name)[1]
        for line in map(json.loads, path.open()):
            if line["split"] == "test" and path.name.startswith(f"single_{line['task']}"):
                found.setdefault((line["task"], seed), {})[line["row"], line["text"]] = line
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--margin", type=float, default=0.01)
    arguments = parser.parse_args()
    exact, rounded = (answers(arguments.results, word) for word in ("float32", "bfloat16"))
    if not exact or exact.keys() != rounded.keys():
        sys.exit(f"{arguments.results}: no predictions of singles of both precisions for the same tasks and seeds")
    differences, alike, rows = [], 0, 0
    for key in sorted(exact):
        if exact[key].keys() != rounded[key].keys():
            sys.exit(f"{key}: other rows in one precision than in the other")
        pairs = [(exact[key][row], rounded[key][row]) for row in exact[key]]
        same = sum(a["prediction"] == b["prediction"] for a, b in pairs)
        difference = sum(b["correct"] - a["correct"] for a, b in pairs) / len(pairs)
        differences.append(difference)
        alike, rows = alike + same, rows + len(pairs)
        print(json.dumps({"task": key[0], "seed": int(key[1]), "rows": len(pairs), "alike": round(same / len(pairs), 4),
                          "accuracy": round(sum(a["correct"] for a, _ in pairs) / len(pairs), 4),
                          "difference": round(difference, 4)}))
    mean = statistics.mean(differences)
    half = T95[len(differences) - 2] * statistics.stdev(differences) / len(differences) ** 0.5
    print(json.dumps({"runs": len(differences), "rows": rows, "alike": round(alike / rows, 4), "difference": round(mean, 4),
                      "low": round(mean - half, 4), "high": round(mean + half, 4), "margin": arguments.margin}))
    sys.exit(not (-arguments.margin < mean - half and mean + half < arguments.margin and alike >= 0.97 * rows))


if __name__ == "__main__":
    main()
