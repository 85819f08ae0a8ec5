#!/usr/bin/env python3
"""Measures how long tables of many runs take and what a run takes on disk: a grid of merges over a tiny encoder, then `report`.

    reporting.py BINARY [--runs 1000] [--work FOLDER] [--workers N] [--all]

The manifest has two generated tasks and one grid of a merge parameter with so many points; a run is a point. It is run once in the work
folder (and found done the next time), then `report` is timed twice: the second time nothing is left to be computed or written. One
line of JSON each: seconds, most resident memory; and the bytes of the store by what the jobs are, divided by the runs. `--all`
evaluates all points on test, so that nothing is dropped.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MANIFEST = """name: scale
seeds: [0]
base: {{pretrain: {{hidden: 16, layers: 1, heads: 2, intermediate: 32, sentences: 200, steps: 10}}}}
tasks:
  a: {{generate: {{form: sentiment, rows: {{train: 32, validation: 100, test: 250}}}}}}
  b: {{generate: {{form: topic, relatedness: 0.5, rows: {{train: 32, validation: 100, test: 250}}}}}}
budget: {{steps: 5}}
adapter: {{rank: 2}}
evaluate: {{grids: {grids}}}
merges:
  - {{method: task_arithmetic, of: singles, scale: {{grid: [{scales}]}}}}
"""


def run(binary, folder, *arguments):
    began = time.monotonic()
    with open(folder / "log", "w") as log:
        process = subprocess.Popen([binary, *arguments], cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{arguments[0]} ended with {status}: see {folder}/log")
    return {"seconds": round(time.monotonic() - began, 2), "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
            "peak_mb": round(usage.ru_maxrss / 1000)}


def disk(folder):
    """Bytes that files of the store take, by kind of job."""
    sums = {}
    for job in folder.iterdir():
        spec = next((job / name for name in ("job.json", "spec.json") if (job / name).exists()), None)
        kind = next(iter(json.loads(spec.read_text()))) if spec else "other"
        for path in job.rglob("*") if job.is_dir() else [job]:
            sums[kind] = sums.get(kind, 0) + path.stat().st_blocks * 512
    return sums


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--work")
    parser.add_argument("--workers", default="2")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    binary = str(Path(options.binary).resolve())
    folder = Path(options.work or tempfile.mkdtemp(prefix="mixology-reporting-")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    scales = ", ".join(f"{0.1 + i / options.runs:.6f}" for i in range(options.runs))
    (folder / "m.yaml").write_text(MANIFEST.format(scales=scales, grids="all" if options.all else "chosen"))
    print(json.dumps({"command": "run", "runs": options.runs, **run(binary, folder, "run", "m.yaml", "--quiet", "--workers", options.workers)}), flush=True)
    for _ in range(2):
        print(json.dumps({"command": "report", "runs": options.runs, **run(binary, folder, "report", "m.yaml")}), flush=True)
    sums = disk(folder / "Results" / ".store")
    print(json.dumps({"store_bytes_a_run": {kind: round(size / options.runs) for kind, size in sorted(sums.items())}}))
    print(f"kept in {folder}")


if __name__ == "__main__":
    main()
