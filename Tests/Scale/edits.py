#!/usr/bin/env python3
"""Shows what an edit of each kind makes run again, and why: runs an experiment, edits it, and prints what `plan` says.

    edits.py BINARY --experiment quickstart|finance-small [--data FOLDER] [--work FOLDER] [--workers N]

The experiment runs once in the work folder (and is found done the next time); finance-small runs on a copy of its data, in
which single rows are then changed. After each edit the lines of `plan` on jobs to run and their reasons are printed, then the
edit is undone. Nothing else is run.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SMALL = (
    "name=finance-small seeds=[0,1] cocktails=[singles,all] budget.steps=20 task_defaults.limits.train=200 "
    "task_defaults.limits.validation=60 task_defaults.limits.test=100"
).split()
# By experiment: manifest, settings, and the edits: a name with settings, or with a file and a line whose text changes.
EXPERIMENTS = {
    "quickstart": (
        "quickstart.yaml",
        [],
        [
            ("one more metric", ["tasks.news.metrics=[accuracy,macro_f1,matthews]"]),
            ("more validation rows", ["tasks.news.generate.rows={train: 96, validation: 110, test: 250}"]),
            ("more training rows", ["tasks.news.generate.rows={train: 97, validation: 100, test: 250}"]),
            ("more noise in training labels", ["tasks.news.generate.noise=0.1"]),
            ("one more seed", ["seeds=[0,1,2,3,4]"]),
            ("another learning rate", ["training.learning_rate=2e-3"]),
        ],
    ),
    "finance-small": (
        "finance.yaml",
        SMALL,
        [
            ("one more metric", ["tasks.fpb.metrics=[macro_f1,accuracy,matthews]"]),
            ("a validation row", ("fpb/validation.jsonl", 7)),
            ("a training row", ("fpb/train.jsonl", 11)),
            ("a label's description", ["tasks.fpb.labels={negative: very bad news, neutral: neither, positive: good news}"]),
            ("one more seed", ["seeds=[0,1,2]"]),
            ("another learning rate", ["training.learning_rate=5e-4"]),
        ],
    ),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--experiment", choices=sorted(EXPERIMENTS), default="quickstart")
    parser.add_argument("--data", help="the folder of datasets that finance.yaml needs")
    parser.add_argument("--work", help="where to run; a new temporary folder by default, kept")
    parser.add_argument("--workers", default="2")
    options = parser.parse_args()
    manifest, settings, edits = EXPERIMENTS[options.experiment]
    work = Path(options.work or tempfile.mkdtemp(prefix="mixology-edits-")).resolve()
    work.mkdir(parents=True, exist_ok=True)
    environment = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    if options.data:
        copy = work / "data"
        if not copy.exists():
            shutil.copytree(options.data, copy)
            subprocess.run(["chmod", "-R", "u+w", str(copy)], check=True)
        environment["MIXOLOGY_DATA"] = str(copy)

    def call(command, more):
        arguments = [str(Path(options.binary).resolve()), command, str(ROOT / "Experiments" / manifest), "--results", "Results"]
        for setting in settings + more:
            arguments += ["-S", setting]
        arguments += ["--workers", options.workers] + (["--quiet"] if command == "run" else [])
        done = subprocess.run(arguments, cwd=work, env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{command} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    call("run", [])
    for name, edit in [("nothing", [])] + edits:
        kept = None
        if isinstance(edit, tuple):
            path, line = work / "data" / edit[0], edit[1]
            kept = path.read_text(encoding="utf-8")
            lines = kept.split("\n")
            lines[line - 1] = lines[line - 1].replace(" the ", " this ", 1) if " the " in lines[line - 1] else lines[line - 1] + " "
            path.write_text("\n".join(lines), encoding="utf-8")
        output = call("plan", [] if kept else edit)
        if kept:
            path.write_text(kept, encoding="utf-8")
        print(f"{options.experiment}, {name}:")
        for line in output.splitlines():
            if not line.endswith(" 0 to run, about 0 s of work"):
                print("  " + line)
    print(f"kept in {work}")


if __name__ == "__main__":
    main()
