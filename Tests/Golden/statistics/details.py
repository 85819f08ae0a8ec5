"""What stands behind the comparisons: runs, labels, choices, mixtures, curves, data; and which cells nothing here makes again."""

import numpy as np
import pandas as pd
from scipy import special

from streams import indices
from tables import Tables

# Columns that say which row it is.
NAMES = {
    "experiment", "question", "subject", "arm", "model", "kind", "recipe", "settings", "tasks", "task", "metric", "split", "seed", "role",
    "first_role", "first_model", "second_arm", "second_role", "second_model", "served", "method", "label", "target", "answer", "step", "evaluated_on",
    "trained_on", "ingredient", "job", "model_job", "higher_is_better", "tuned", "k", "distinct"}
# Why some columns are not made again, by table; `*` is all of its columns.
REASONS = {
    "runs": "values of models that no comparison names have no predictions here; counts, precisions and FLOPs are the trainings' own",
    "contrasts": "numbers of the rule moderated are held to limma's golden ones, and what is needed is found by a search",
    "models": "sizes and passes are those of adapters, which the store alone has",
    "merges": "energies and sizes are those of adapters, which the store alone has; parameters are the methods' own",
    "methods": "sizes are those of adapters, which the store alone has; parameters are the methods' own",
    "pareto": "hypervolumes",
    "mixtures": "what was drawn is known to the training alone; its sums are held to runs.csv and data.csv",
    "curves": "losses stand in the store alone",
    "tuning": "validation values of what was tried stand in the store alone",
    "data": "texts stand in no committed file: their lengths, repeats and overlaps, and the training rows' labels, need the data",
}


class Details(Tables):
    def check_runs(self):
        """Every value whose predictions are there."""
        if not self.source.is_read:
            return
        for model, task, split, metric in list(self.rows):
            self.items(model, task, metric, split)
        self.table = "runs"
        for row in self.runs.itertuples():
            if self.source.has(row):
                self.cell(row, "n", self.source.count(row), row.model)
                self.cell_if(row._asdict(), "by", self.source.by(row), row.model)

    def expected_labels(self):
        """By arm, task and role, for every model of the comparison with answers of labels: its name, the labels, a matrix for each seed."""
        found = {}
        for arm in self.arms():
            for task, metrics in self.tasks.items():
                with self.at(arm):
                    chosen = self.chosen(task)
                roles = {"base": self.base_of(self.settings.get(chosen["single"], "")), **chosen}
                for role, model in roles.items():
                    rows = self.rows.get((model, task, "test", metrics[0]))
                    rows = [] if rows is None else list(rows.itertuples())
                    seeds = self.runs[self.runs.model == model].seed.nunique(dropna=False)
                    known = [self.source.confusion(r, self.answer_kind(task)) for r in rows if self.source.has(r)]
                    if known and None not in known and len(known) == seeds and self.spent(model, "steps") is not None:
                        found[arm, task, role] = model, known[0][0], np.array([counts for _, counts in known])
        return found

    def answer_kind(self, task):
        data = self.tables["data"]
        kinds = data[data.task == task].kind
        return kinds.iloc[0] if len(kinds) else None

    def check_labels(self):
        expected = self.expected_labels()
        ratio = lambda a, b: np.divide(a, b, out=np.zeros(a.shape), where=b > 0).mean(0)
        for table, rows_of in (("classes", 1), ("confusion", 2)):
            rows = self.records(table)
            assert {(r["arm"], r["task"], r["role"]) for r in rows} == set(expected), (self.folder, table)
            assert len(rows) == sum(len(labels) ** rows_of for _, labels, _ in expected.values()), (self.folder, table)
            for row in rows:
                model, labels, counts = expected[row["arm"], row["task"], row["role"]]
                name = (row["task"], row["role"])
                self.same(row["model"], model, table, name)
                self.cell(row, "seeds", len(counts), name)
                right = np.array([c.diagonal() for c in counts])
                wanted, answered = counts.sum(2), counts.sum(1)
                if table == "confusion":
                    self.cell(row, "count", counts[:, labels.index(row["target"]), labels.index(row["answer"])].mean(), name)
                    continue
                at = labels.index(row["label"])
                self.cell(row, "support", wanted[0][at], name)
                self.cell(row, "precision", ratio(right, answered)[at], name)
                self.cell(row, "recall", ratio(right, wanted)[at], name)
                self.cell(row, "f1", ratio(2 * right, answered + wanted)[at], name)

    def pools(self):
        """Every choice with its candidates' scores by seed and item on validation."""
        for arm in self.arms() if self.choice is None else []:
            with self.at(arm):
                yield from ((arm, *pool) for pool in self.pools_here())

    def pools_here(self):
        scores = lambda m, t: (self.items(m, t, self.tasks[t][0], "validation") or {}).get("y")
        for task in self.tasks:
            best = self.cocktails_of(task) if self.chooses_cocktail() else []
            pools = {"single": self.singles_of(task), "best_cocktail": best, "all_cocktail": self.all_cocktails(),
                     "best_unseen": self.unseen(task)}
            for role, models in pools.items():
                yield task, role, models, [scores(m, task) for m in models]
        merges = self.rivals()
        yield "", "merge", merges, [self.recovered_items(m, scores) for m in merges]

    def recovered_items(self, model, scores):
        settings = self.settings[model]
        parts = []
        for task in self.ordering(self.tasks, settings):
            metric, single, base = self.tasks[task][0], self.single_of(task, settings), self.base_of(settings)
            if metric in self.lower and not self.has_base(task, settings, "validation"):
                return None
            mean = lambda m: self.sign(metric) * self.values(m, task, "validation", metric).mean() if m else 0
            zero, y = mean(base), scores(model, task)
            if y is None:
                return None
            own = self.sign(metric) * self.values(base, task, "validation", metric) if base and self.own_bases else {}
            zeros = [own.get(s, zero) for s in self.items(model, task, metric, "validation")["seeds"]]
            parts.append((y, np.array(zeros)[:, None], mean(single) - zero))
        total = sum(y.shape[1] for y, _, _ in parts)
        return np.hstack([(y - zero) * (total / (y.shape[1] * len(parts)) / gain) for y, zero, gain in parts]) if parts else None

    def check_choices(self):
        table = self.tables["choices"]
        expected, unseen = set(), set()
        for arm, task, role, models, scores in self.pools():
            if any(y is None for y in scores):
                unseen.add((arm, task, role))
            seeds = max((len(y) for y in scores if y is not None), default=0)
            full = [(m, y) for m, y in zip(models, scores) if y is not None and len(y) == seeds]
            if len(full) < 2:
                continue
            expected.add((arm, task, role))
            y = np.array([y for _, y in full])
            shares, best = self.choice_shares(y, f"{task} {arm}" if arm else task, role), int(np.argmax(y.mean(2).mean(1)))
            own = [r for r in self.records("choices") if (r["arm"], r["task"], r["role"]) == (arm, task, role)]
            assert [r["model"] for r in own] == [m for m, _ in full], (self.folder, task, role)
            for place, row in enumerate(own):
                # Candidates that are equal on a draw may change places by the last bit of a sum.
                assert abs(row["share"] - shares[place]) < 0.01, (self.folder, task, role, row["share"], shares[place])
                self.cells["choices"].add((row["Index"], "share"))
                chosen = full[best][0]
                if role == "merge":
                    with self.at(arm):
                        chosen = self.serving_merge()
                self.cell(row, "chosen", full[place][0] == chosen, task, role)
                self.cell(row, "candidates", len(full), task, role)
                self.cell(row, "seeds", seeds, task, role)
                self.cell(row, "n_validation", y.shape[2], task, role)
        named = set(zip(table.arm, table.task, table.role))
        # A choice among models that no comparison names has no predictions to be made again from.
        assert expected <= named and named - expected <= unseen, (self.folder, "choices", expected ^ named)

    @staticmethod
    def choice_shares(y, task, role, draws=200):
        """Each seed left out in turn, and for each 200 draws of the items, by the program's named stream."""
        models, seeds, items = y.shape
        drawn = indices((0, "choice", task, role), seeds * draws * items, items).reshape(seeds, draws, items)
        counts = np.zeros(models)
        for left in range(seeds):
            kept = [s for s in range(seeds) if seeds == 1 or s != left]
            means = y[:, kept].sum(1) / len(kept)
            weights = np.stack([np.bincount(row, minlength=items) for row in drawn[left]])
            # From the first item to the last, as the program sums.
            values = np.cumsum(weights[:, None, :] * means[None], axis=2)[:, :, -1]
            counts += np.bincount(values.argmax(1), minlength=models)
        return counts / counts.sum()

    def check_tuning(self):
        """Which points validation chose, and what the best of k tries is expected to be."""
        table = self.tables["tuning"]
        for row in self.records("tuning"):
            if row["kind"] != "merge":
                self.cell(row, "chosen", self.choice["points"].get(row["model"]) == row["settings"], row["model"])
            if row["kind"] != "merge" and row["task"] == "":
                tasks = row["tasks"].split("+")
                own = table[(table.model == row["model"]) & (table.settings == row["settings"]) & table.task.isin(tasks)]
                self.cell(row, "seeds", own.seeds.min(), row["model"])
                if all(map(self.in_points, tasks)) and not pd.isna(row["validation"]):
                    self.cell(row, "validation", own.validation.mean(), row["model"])
        whole = table[(table.task == "") & table.validation.notna()].groupby("model").settings.agg(set).to_dict()
        full = np.array([s in whole.get(m, ()) for m, s in zip(table.model, table.settings)], bool)
        tries = table[(table.task != "") & full & (table.distinct == True)] if len(table) else table  # noqa: E712
        for row in self.records("expected_best"):
            holds = [(kind == row["kind"]) and row["task"] in tasks.split("+") for kind, tasks in zip(tries.kind, tries.tasks)]
            values = np.sort(self.sign(row["metric"]) * tries[np.array(holds, bool) & (tries.task == row["task"])].validation.to_numpy())
            n, k = len(values), row["k"]
            ways = np.array([special.comb(i, k - 1, exact=False) for i in range(n)]) / special.comb(n, k, exact=False)
            self.cell(row, "tried", n, row["task"])
            self.cell(row, "expected", self.sign(row["metric"]) * (ways * values).sum(), row["task"], row["k"])

    def check_mixtures(self):
        data = self.tables["data"]
        sizes = data[data.split == "train"].set_index("task").rows
        whole = self.tables["mixtures"].groupby(["model", "seed"])[["examples", "tokens"]].sum()
        spent = self.runs.drop_duplicates(["model", "seed"]).set_index(["model", "seed"])
        for row in self.records("mixtures"):
            key, task = (row["model"], row["seed"]), row["task"]
            self.cell(row, "share", row["examples"] / whole.examples[key], key)
            if not self.source.is_read:
                continue
            for column in ("examples", "tokens"):
                self.same(whole[column][key], spent[column][key], key, column)
                self.cells["mixtures"].add((row["Index"], column))
            if task in sizes:
                self.cell(row, "epochs", row["examples"] / sizes[task], key, task)
                assert row["examples"] - sizes[task] <= row["repeats"] < row["examples"], (self.folder, key, task, "repeats")

    def check_curves(self):
        steps = self.runs.drop_duplicates(["model", "seed"]).set_index(["model", "seed"]).steps
        rows = pd.DataFrame(self.records("curves"))
        for key, curve in rows.groupby(["model", "seed"], sort=False) if len(rows) else []:
            # A model of which a seed has no score has no row in runs.csv.
            if key not in steps:
                continue
            total, parts = steps[key], len(curve)
            assert list(curve.step) == [(part + 1) * total // parts for part in range(parts)] and parts == min(20, total), key

    def check_data(self):
        for row in self.records("data"):
            self.cell(row, "cut_rows_share", row["cut_rows"] / row["rows"] if row["rows"] and not pd.isna(row["cut_rows"]) else None)
            asked = self.source.asked.get((row["task"], row["split"])) if self.source.is_read else None
            if asked is None:
                continue
            y, name = asked["targets"], (row["task"], row["split"])
            self.cell(row, "rows", len(y), name)
            if row["kind"] == "regression":
                for column, theirs in (("low", np.min(y)), ("high", np.max(y)), ("mean", np.mean(y)), ("deviation", np.std(y))):
                    # Targets are kept as single-precision numbers.
                    self.cell(row, f"target_{column}", theirs, name, tolerance=1e-5)
            else:
                flat = [label for target in y for label in (target if isinstance(target, list) else [target])]
                counts = np.bincount(flat, minlength=len(asked["labels"]))
                self.cell(row, "labels", ";".join(f"{label}:{count}" for label, count in zip(asked["labels"], counts)), name)

    def check_settings(self):
        """Settings of grids, which have columns of their own."""
        for name, table in self.tables.items():
            words = next((c for c in ("settings", "arm") if c in table), None)
            if words is None:
                continue
            for row in self.records(name):
                for part in str(row[words]).split(","):
                    key, _, value = part.partition("=")
                    column = "".join(c if c.isalnum() else "_" for c in key.lower())
                    if value and column in table:
                        number = pd.to_numeric(value, errors="coerce")
                        self.cell(row, column, value if pd.isna(number) else number, name)

    def summary(self):
        """One line a table: how many cells were made again, which columns were not, and why."""
        total = sum(map(len, self.cells.values()))
        yield f"{self.folder}: {total:,} cells agree"
        for name, table in self.tables.items():
            assert table.columns[0] == "experiment" and table.experiment.nunique() <= 1, name
            full = table.replace("", np.nan).notna()
            own = [c for c in table.columns if c not in NAMES and full[c].any()]
            made = {(i, c) for i, c in self.cells[name] if c in own and full.loc[i, c]}
            cells = int(full[own].to_numpy().sum())
            part = {c: sum(1 for _, column in made if column == c) for c in own}
            rest = [f"{c} ({part[c]:,} of {full[c].sum():,})" if part[c] else c for c in own if part[c] < full[c].sum()]
            why = f"; not {', '.join(rest)}" + (f": {REASONS[name]}" if name in REASONS else "") if rest else ""
            yield f"  {name}: {len(made):,} of {cells:,}{why}"
