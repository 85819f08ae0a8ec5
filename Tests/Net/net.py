#!/usr/bin/env python3
"""Runs the same experiments with two builds of the program and compares what they write, cell by cell.

    net.py OLD NEW [--experiment quickstart|finance|finance-small …] [--data FOLDER] [--work FOLDER]
                   [--may-differ TABLE.COLUMN …] [--may-differ FILE …]

OLD and NEW are binaries. Both run at the same time, one worker each, in stores of their own, with OPENBLAS_CORETYPE and
OPENBLAS_L2_SIZE unset, so that both take the same kernel. Finance is run where --data is given. A table must have the
same rows in the same order and the same text in every cell but those that MAY_DIFFER or --may-differ names; columns and
tables that only NEW has are told and allowed, those that only OLD has are not. Exit code 0 where all is equal, 1 where something differs, 2 for a run that failed.
"""

import argparse
import csv
import difflib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What differs between two runs of one manifest, by table and column: times, memory, who did it, and expectations.
MAY_DIFFER = {
    f"costs.csv.{column}"
    for column in (
        "cpu_seconds arithmetic_seconds wall_seconds peak_rss_mb predicted_seconds worker machine"
    ).split()
}

# Experiments by name: manifest, and arguments; those of finance need --data.
EXPERIMENTS = {
    "quickstart": ("quickstart.yaml", []),
    "finance": ("finance.yaml", []),
    "finance-small": (
        "finance.yaml",
        "name=finance-small seeds=[0,1] cocktails=[singles,all] budget.steps=20 task_defaults.limits.train=200 "
        "task_defaults.limits.validation=60 task_defaults.limits.test=100".split(),
    ),
}


def memory(work):
    """A cache folder of its own for a build, with the usual models in it: what one build remembers the other must find anew."""
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mixology" / "models"
    own = work / "cache" / "mixology"
    own.mkdir(parents=True, exist_ok=True)
    if usual.exists() and not (own / "models").exists():
        (own / "models").symlink_to(usual)
    return str(own.parent)


def start(binary, experiment, work, data):
    """Starts one build on one experiment; returns the process and its folder of results."""
    manifest, settings = EXPERIMENTS[experiment]
    environment = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    environment["XDG_CACHE_HOME"] = memory(work)
    if data:
        environment["MIXOLOGY_DATA"] = str(Path(data).resolve())
    results = work / "Results"
    command = [binary, "run", str(ROOT / "Experiments" / manifest), "--workers", "1", "--quiet", "--results", str(results)]
    for setting in settings:
        command += ["-S", setting]
    log = open(work / f"{experiment}.log", "w")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=work)
    return process, results / experiment


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return (rows[0], rows[1:]) if rows else ([], [])


def compare_tables(name, old, new, may_differ):
    """Findings and notes about one CSV file in two versions, and the number of cells that were held against each other."""
    (old_names, old_rows), (new_names, new_rows) = read(old), read(new)
    findings, notes = [], []
    added = [c for c in new_names if c not in old_names]
    if added:
        notes.append(f"{name}: new columns {', '.join(added)}")
    for column in old_names:
        if column not in new_names and f"{name}.{column}" not in may_differ:
            findings.append(f"{name}: column {column} is gone")
    if len(old_rows) != len(new_rows):
        findings.append(f"{name}: {len(old_rows)} rows before, {len(new_rows)} now")
        return findings, notes, 0
    cells = 0
    for column in old_names:
        if column not in new_names or f"{name}.{column}" in may_differ:
            continue
        a, b = old_names.index(column), new_names.index(column)
        different = [i for i, (x, y) in enumerate(zip(old_rows, new_rows)) if x[a] != y[b]]
        cells += len(old_rows)
        if different:
            i = different[0]
            findings.append(
                f"{name}: {column} differs in {len(different)} of {len(old_rows)} rows, first in line {i + 2}: "
                f"{old_rows[i][a]!r} before, {new_rows[i][b]!r} now"
            )
    if not findings and not added and not any(m.startswith(name + ".") for m in may_differ):
        if old.read_bytes() != new.read_bytes():
            findings.append(f"{name}: the same cells in other bytes (quotes or line ends)")
    return findings, notes, cells


def differing_fields(old, new):
    """The fields of two JSONL files that differ, each with the number of lines; None where the lines do not match up."""
    a, b = ([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] for path in (old, new))
    if len(a) != len(b):
        return None
    counts = {}
    for x, y in zip(a, b):
        for field in x.keys() | y.keys():
            if field not in x or field not in y or x[field] != y[field]:
                counts[field] = counts.get(field, 0) + 1
    return counts


def compare_predictions(pairs, may_differ):
    """Findings about all files of predictions, told once for each field: there is one file for each model and seed."""
    findings, fields = [], {}
    for name, old, new in pairs:
        counts = differing_fields(old, new)
        if counts is None:
            findings.append(f"{name}: another number of lines")
        for field, count in (counts or {}).items():
            if f"predictions.{field}" not in may_differ:
                fields.setdefault(field, []).append((name, count))
    for field, places in sorted(fields.items()):
        lines = sum(count for _, count in places)
        findings.append(f"predictions: {field} differs in {lines} lines of {len(places)} files, first {places[0][0]}")
    return findings


def compare_texts(name, old, new):
    a, b = (path.read_text(encoding="utf-8").splitlines() for path in (old, new))
    if a == b:
        return []
    lines = [line for line in difflib.unified_diff(a, b, lineterm="", n=0) if not line.startswith(("---", "+++", "@@"))]
    return [f"{name}: {len(lines)} lines differ, first: {lines[0][:200]}"]


def compare(old, new, may_differ=frozenset()):
    """Findings and notes about two folders of results, and the number of cells compared."""
    may_differ = MAY_DIFFER | set(may_differ)
    findings, notes, cells = [], [], 0
    predictions = []
    names = {p.relative_to(f).as_posix() for f in (old, new) for p in f.rglob("*") if p.is_file()}
    for name in sorted(names):
        a, b = old / name, new / name
        if name in may_differ:
            continue
        if not a.exists():
            notes.append(f"{name}: new")
        elif not b.exists():
            findings.append(f"{name}: is gone")
        elif name.endswith(".csv"):
            found, told, count = compare_tables(name, a, b, may_differ)
            findings, notes, cells = findings + found, notes + told, cells + count
        elif name.startswith("predictions/"):
            predictions.append((name, a, b))
        else:
            findings += compare_texts(name, a, b)
    return findings + compare_predictions(predictions, may_differ), notes, cells


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--experiment", action="append", choices=sorted(EXPERIMENTS))
    parser.add_argument("--data", help="the folder of datasets that finance.yaml needs")
    parser.add_argument("--work", help="where to run; a new temporary folder by default, kept")
    parser.add_argument("--may-differ", action="append", default=[], metavar="TABLE.COLUMN or FILE")
    options = parser.parse_args()
    work = Path(options.work or tempfile.mkdtemp(prefix="mixology-net-")).resolve()
    failed = False
    usual = ["quickstart", "finance"] if options.data else ["quickstart"]
    for experiment in options.experiment or usual:
        began = time.time()
        runs = []
        for side, binary in (("old", options.old), ("new", options.new)):
            (work / side).mkdir(parents=True, exist_ok=True)
            runs.append(start(str(Path(binary).resolve()), experiment, work / side, options.data))
        for process, folder in runs:
            if process.wait() != 0:
                for other, _ in runs:
                    other.kill()
                print(f"{experiment}: {process.args[0]} ended with {process.returncode}: see {folder.parents[1]}/{experiment}.log")
                return 2
        findings, notes, cells = compare(runs[0][1], runs[1][1], options.may_differ)
        for line in notes:
            print(f"{experiment}/{line}")
        for line in findings:
            print(f"{experiment}/{line}")
        verdict = f"{len(findings)} differences" if findings else "all equal"
        print(f"{experiment}: {cells} cells compared in {time.time() - began:.0f} s: {verdict}")
        failed = failed or bool(findings)
    print(f"kept in {work}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
