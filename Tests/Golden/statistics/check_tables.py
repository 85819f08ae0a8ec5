"""Computes the tables of an experiment again from its runs and predictions, with pandas and SciPy.

python Tests/Golden/statistics/check_tables.py [FOLDER …]; without a folder the sample in Tests/Golden/reporting and every folder of
Results that has predictions.jsonl.gz. It shares no code with the program: tables must agree to 1e-8 with what another program makes
of the same runs and answers; only the bootstrap of a mean over tasks is held to its Monte-Carlo error. It says of each table how many
cells it made again, and which it could not, and why. costs.csv differs between two runs and is not read.
"""

import pathlib
import sys

from details import Details

root = pathlib.Path(__file__).resolve().parent.parent.parent.parent
folders = [pathlib.Path(argument) for argument in sys.argv[1:]] or [
    root / "Tests/Golden/reporting", *sorted(path.parent for path in (root / "Results").glob("*/predictions.jsonl.gz"))]
for folder in folders:
    checker = Details(folder)
    for check in ("contrasts", "comparison", "recovered", "models_table", "merges", "ingredients", "cocktails", "transfer", "front", "runs",
                  "labels", "choices", "tuning", "mixtures", "curves", "data", "settings"):
        getattr(checker, f"check_{check}")()
    print("\n".join(checker.summary()), flush=True)
