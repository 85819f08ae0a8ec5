#!/usr/bin/env python3
"""What net.py must see: a changed cell, another row, a lost column or file; and what it must let pass."""

import tempfile
import unittest
from pathlib import Path

from net import compare

RUNS = "model,value,job\nbase,0.5,a\nsingle,0.75,b\n"
COSTS = "job,cpu_seconds\na,1.5\n"


class NetTests(unittest.TestCase):
    def findings(self, changes, may_differ=()):
        """The findings where the second of two equal folders has other files (None: the file is missing)."""
        files = {"runs.csv": RUNS, "costs.csv": COSTS, "report.md": "# A\n\ntext\n"}
        with tempfile.TemporaryDirectory() as folder:
            folders = [Path(folder) / side for side in ("old", "new")]
            for path, contents in zip(folders, (files, {**files, **changes})):
                path.mkdir()
                for name, text in contents.items():
                    if text is not None:
                        (path / name).write_bytes(text.encode())
            return compare(*folders, may_differ)

    def test_equal_folders_have_no_finding(self):
        findings, notes, cells = self.findings({})
        self.assertEqual((findings, notes, cells), ([], [], 7))

    def test_a_last_digit_is_found_with_its_line(self):
        findings, _, _ = self.findings({"runs.csv": RUNS.replace("0.75", "0.7500000000000001")})
        self.assertEqual(len(findings), 1)
        self.assertIn("value differs in 1 of 2 rows, first in line 3: '0.75' before", findings[0])

    def test_rows_columns_and_files_that_are_gone_are_found(self):
        for changes in (
            {"runs.csv": RUNS.replace("single,0.75,b\n", "")},
            {"runs.csv": RUNS.replace(",job", "").replace(",a", "").replace(",b", "")},
            {"runs.csv": None},
            {"report.md": "# A\n\nother\n"},
            {"runs.csv": RUNS.replace("\n", "\r\n")},
        ):
            self.assertEqual(len(self.findings(changes)[0]), 1, changes)

    def test_predictions_are_told_by_fields(self):
        line = '{"id": 1, "prediction": "a", "correct": %s}\n'
        before, now = line % "false", line % "null"
        with tempfile.TemporaryDirectory() as folder:
            folders = [Path(folder) / side for side in ("old", "new")]
            for path, text in zip(folders, (before, now)):
                for seed in "01":
                    (path / "predictions").mkdir(parents=True, exist_ok=True)
                    (path / "predictions" / f"a.seed{seed}.jsonl").write_text(text * 3)
            self.assertEqual(
                compare(*folders)[0],
                ["predictions: correct differs in 6 lines of 2 files, first predictions/a.seed0.jsonl"],
            )
            self.assertEqual(compare(*folders, ["predictions.correct"])[0], [])
            (folders[1] / "predictions" / "a.seed1.jsonl").write_text(now)
            self.assertEqual(
                compare(*folders, ["predictions.correct"])[0], ["predictions/a.seed1.jsonl: another number of lines"]
            )

    def test_times_named_columns_and_what_is_new_may_differ(self):
        self.assertEqual(self.findings({"costs.csv": COSTS.replace("1.5", "2")})[0], [])
        self.assertEqual(self.findings({"runs.csv": RUNS.replace(",b", ",c")}, ["runs.csv.job"])[0], [])
        self.assertEqual(self.findings({"report.md": "# B\n"}, ["report.md"])[0], [])
        findings, notes, _ = self.findings({"runs.csv": "n," + RUNS.replace("\nb", "\n1,b").replace("\ns", "\n1,s"), "data.csv": "a\n"})
        self.assertEqual(findings, [])
        self.assertEqual(notes, ["data.csv: new", "runs.csv: new columns n"])


if __name__ == "__main__":
    unittest.main()
