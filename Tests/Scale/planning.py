#!/usr/bin/env python3
"""Measures how long planning takes and how much memory: `mixology plan` on made-up manifests of more and more jobs.

    planning.py BINARY [--jobs 1000 10000 100000 1000000] [--form trainings|merges] [--json] [--keep FOLDER]

`trainings` has three generated tasks, four cocktails and some merges over a grid of learning rates and seeds, so that most
cells are of trainings' grids; `merges` has the same cocktails once and grids of merge parameters in their place. One line of
JSON for each manifest: jobs, seconds, seconds of processor and the most resident memory of `mixology plan`, without a
store. `--json` measures `plan --json` instead.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEAD = """name: {name}
seeds: [{seeds}]
base: {{pretrain: {{layers: 4, hidden: 128}}}}
tasks:
  a: {{generate: {{form: sentiment, rows: {{train: 96, validation: 100, test: 250}}}}}}
  b: {{generate: {{form: sentiment, relatedness: 0.5, rows: {{train: 600, validation: 100, test: 250}}}}}}
  c: {{generate: {{form: score, rows: {{train: 300, validation: 100, test: 250}}}}}}
cocktails: [singles, all]
budget: {{steps: 100}}
adapter: {{rank: 8, alpha: 16, targets: [query, key, value, dense]}}
"""


def numbers(count, start):
    return ", ".join(f"{start + i * 1e-6:.6f}" for i in range(count))


def manifest(form, jobs):
    """A manifest of about so many jobs: 118 for a point and seed of `trainings`, 7 for a cell of `merges`."""
    if form == "trainings":
        cells = max(1, round(jobs / 118))
        seeds = min(10, cells)
        points = max(1, round(cells / seeds))
        text = HEAD.format(name="scale", seeds=", ".join(map(str, range(seeds))))
        rates = numbers(points, 1e-3)
        text += "training: {learning_rate: " + (f"{{grid: [{rates}]}}" if points > 1 else rates) + "}\n"
        text += "merges:\n  - {method: linear, of: singles}\n"
        text += "  - {method: task_arithmetic, of: singles, scale: {grid: [0.2, 0.3, 0.4, 0.5, 0.6]}}\n"
        text += "  - {method: ties, of: singles, density: {grid: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}}\n"
        return text
    points = max(1, round(jobs / 7 / 2))
    text = HEAD.format(name="scale", seeds="0, 1")
    text += "merges:\n"
    text += "  - {method: ties, of: singles, density: {grid: [" + numbers(points, 0.1) + "]}}\n"
    return text


def run(binary, folder, arguments):
    """Seconds, seconds of processor, most resident bytes and output of one command in a fresh process."""
    environment = dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"))
    began = time.monotonic()
    process = subprocess.Popen(
        [binary, "plan", "m.yaml", "--workers", "2", *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{binary} plan ended with {status}")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--form", choices=["trainings", "merges"], default="trainings")
    parser.add_argument("--json", action="store_true", help="measure `plan --json`")
    parser.add_argument("--keep", help="where manifests are written; a temporary folder by default")
    options = parser.parse_args()
    binary = str(Path(options.binary).resolve())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(options.keep or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for jobs in options.jobs:
            text = manifest(options.form, jobs)
            (folder / "m.yaml").write_text(text)
            seconds, processor, memory, output = run(binary, folder, ["--json"] if options.json else [])
            if options.json:
                count = len(json.loads(output)["jobs"])
            else:
                kinds = re.findall(r"^\w+: (.*?) jobs?, .* to run, about ", output.decode(), re.MULTILINE)
                count = sum(int(re.sub(r"\D", "", number)) for number in kinds)
            print(json.dumps({
                "form": options.form, "command": "plan --json" if options.json else "plan", "jobs": count,
                "manifest_bytes": len(text), "seconds": round(seconds, 2), "cpu_seconds": round(processor, 2),
                "peak_mb": round(memory / 1e6)}), flush=True)


if __name__ == "__main__":
    main()
