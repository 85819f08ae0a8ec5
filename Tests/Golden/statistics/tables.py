"""The tables that read the register, and those of shares of the singles' gains."""

import numpy as np
import pandas as pd

from evidence import mean_ci
from register import Register

ROLES = ("best_cocktail", "all_cocktail", "best_unseen", "merge")


class Tables(Register):
    def contrast(self, question, **where):
        table = self.tables["contrasts"]
        own = table[(table.question == question) & (table.second_arm == "")]
        for column, value in where.items():
            own = own[own[column] == value]
        return None if own.empty else own.iloc[0]

    def copy(self, row, prefix, contrast, *columns):
        """Cells that stand in the register: `low` is its `ci_low`."""
        names = {"effect": "estimate", "delta": "estimate", "low": "ci_low", "high": "ci_high"}
        for column in columns:
            theirs = None if contrast is None else contrast[names.get(column, column)]
            self.cell(row, f"{prefix}_{column}", theirs, row.get("task"), row.get("model"))

    def chosen(self, task):
        return {
            "single": self.choose(self.singles_of(task), task), "best_cocktail": self.best_cocktail(task),
            "all_cocktail": self.choose(self.all_cocktails(), task), "best_unseen": self.best_unseen(task),
            "merge": self.serving_merge()}

    def check_comparison(self):
        for row in self.records("comparison"):
            with self.at(row["arm"]):
                self.check_comparison_row(row, row["task"], row["metric"])

    def check_comparison_row(self, row, task, metric):
        chosen = self.chosen(task)
        settings = self.settings.get(chosen["single"], "")
        base = self.base_of(settings)
        base = self.values(base, task, "test", metric) if base else []
        self.cell(row, "base", base.mean() if len(base) else None, task)
        self.cell_if(row, "base_ci", mean_ci(base)[1], task)
        for floor in ("majority", "blind", "probe"):
            model = self.choose([m for m in self.floors_of(task, settings) if self.recipe[m].split("-")[0] == floor], task)
            values = self.values(model, task, "test", metric) if model else []
            self.cell(row, f"floor_{floor}", values.mean() if len(values) else None, task)
        floor = self.best_floor(task, settings)
        self.cell(row, "floor_model", floor, task)
        values = self.values(floor, task, "test", metric) if floor else []
        self.cell(row, "floor", values.mean() if len(values) else None, task)
        self.cell_if(row, "floor_ci", mean_ci(values)[1], task)
        n = self.runs[(self.runs.task == task) & (self.runs.split == "test") & (self.runs.metric == metric)].n
        self.cell(row, "n_test", n.iloc[0], task)
        self.cell_if(row, "by", self.runs[self.runs.task == task].by.iloc[0] if "by" in self.runs else "", task)
        self.cell(row, "chosen_on", f"validation {self.tasks[task][0]}" + (" of the seeds of tune" if self.choice else ""), task)
        for role, model in chosen.items():
            values = self.values(model, task, "test", metric)
            score, width = mean_ci(values)
            self.cell(row, f"{role}_model", model, task)
            self.cell(row, f"{role}_mean", score, task, metric)
            self.cell(row, f"{role}_ci", width, task, metric)
            self.cell(row, "seeds" if role == "single" else f"{role}_seeds", len(values) or None, task)
            if role == "single" or model is None:
                continue
            asked = "all_cocktail" if role == "best_cocktail" and not self.chooses_cocktail() else role
            own = self.contrast(asked, arm=row["arm"], task=task, metric=metric)
            # Without a single in the arm there is nothing to hold it against.
            assert (own is None) == (chosen["single"] is None), (task, role)
            if own is not None:
                self.same(own.first_model, model, task, role)
            self.copy(row, role, own, "delta", "low", "high", "p_adjusted", "verdict")
            across = self.tables["contrasts"]
            across = across[(across.question == asked) & (across.arm == row["arm"]) & (across.task == task) & (across.metric == metric)]
            why = "" if chosen["single"] or model is None else "no single of this budget" if row["arm"] else "no single"
            if why and len(across) and row["arm"]:
                why += f"; contrasts.csv has it against that of {', '.join(across.second_arm)}"
            self.cell(row, f"{role}_note", own.note if own is not None else why, task)

    def spent(self, model, column):
        """The mean over seeds; not known of a model of which a seed has no score and so no row."""
        mixtures = self.tables["mixtures"]
        seeds, own = set(mixtures[mixtures.model == model].seed), self.runs[self.runs.model == model].drop_duplicates("seed")
        return own[column].mean() if column in own and seeds <= set(own.seed.dropna()) else None

    def rivals(self):
        """Merges of all tasks that are one adapter and were tested."""
        served = self.tables["merges"].set_index("model").served
        return [m for m in self.models("merge")
                if set(self.learned_from(m)) == set(self.tasks) and served[m] == "" and self.tested(m)]

    def serving_merge(self):
        merges = self.rivals()
        if self.choice:
            # By what tries recover seed by seed, which stands in no table: read, and held to be one of them.
            table = self.tables["contrasts"]
            own = table[(table.first_role == "merge") & table.first_model.isin(merges)]
            return own.first_model.iloc[0] if len(own) else None
        scores = [self.validation_mean(m, self.tasks) for m in merges]
        return merges[int(np.argmax(scores))] if merges else None

    def check_recovered(self):
        for row in self.records("recovered"):
            model, task = name = row["model"], row["task"]
            metric, settings = self.tasks[task][0], row["settings"]
            measured = task in self.measured(settings)
            values = self.values(model, task, "test", metric)
            single, base = self.single_of(task, settings), self.base_of(settings)
            self.cell(row, "metric", metric, name)
            self.cell(row, "measured", measured, name)
            self.cell(row, "value", values.mean(), name)
            self.cell(row, "seen", task in self.learned_from(model), name)
            self.cell(row, "seeds", 0 if row["kind"] == "base" and not self.own_bases else len(values), name)
            self.cell(row, "single", self.values(single, task, "test", metric).mean() if single else None, name)
            self.cell(row, "base", self.values(base, task, "test", metric).mean() if base else None, name)
            self.cell(row, "recovered", self.recovered(model, task, "test") if measured else None, name)
            seeds = set(values.index)
            if row["kind"] == "merge":
                seeds &= set(self.values(single, task, "test", metric).index)
            holds = measured and len(seeds) >= (4 if row["kind"] == "merge" or self.own_bases else 3) and row["kind"] != "base"
            sample = self.gain_sample(model, task) if holds and not (row["kind"] == "single" and row["seen"]) else None
            low, high = (self.fieller(sample) if sample else None) or (None, None)
            self.cell(row, "recovered_low", low, name, tolerance=1e-6)
            self.cell(row, "recovered_high", high, name, tolerance=1e-6)
        for row in self.records("wide/recovered"):
            for task in self.tasks:
                for split in ("validation", "test"):
                    settings = row["settings"]
                    part = task in self.measured(settings) if split == "test" else self.orders(task, settings)
                    part = part and self.has_base(task, settings, split)
                    self.cell(row, f"{split}_{task}", self.recovered(row["model"], task, split) if part else None, row["model"])

    def check_mean(self, row, model, tasks):
        """A mean over tasks with its interval and its lowest task."""
        shares = {t: self.recovered(model, t, "test") for t in tasks}
        whole = shares and None not in shares.values()
        self.cell(row, "recovered", np.mean(list(shares.values())) if whole else None, model)
        self.cell(row, "worst_task", min(shares, key=shares.get) if whole else None, model)
        self.cell(row, "worst_recovered", min(shares.values()) if whole else None, model)
        if pd.isna(row["recovered_low"]):
            return
        ends = self.mean_interval([self.gain_sample(model, t) for t in tasks])
        for column, low, high in (("recovered_low", *ends[:2]), ("recovered_high", *ends[2:])):
            assert low < row[column] < high, (self.folder, self.table, model, column, row[column], low, high)
            self.cells[self.table].add((row["Index"], column))

    def learned(self, settings):
        learned = lambda at: [t for t in self.tasks if self.is_learned(t, at)]
        trained = list(dict.fromkeys(self.settings[m] for m in self.models("single", "cocktail")))
        return learned(settings) if settings in trained else [t for t in self.tasks if any(t in learned(s) for s in trained)]

    def check_models_table(self):
        rows = self.records("models")
        validation = {}
        for row in rows:
            name, settings = row["model"], row["settings"]
            learned = self.learned(settings)
            singles = [self.single_of(t, settings) for t in self.tasks]
            score = lambda m, t: self.values(m, t, "validation", self.tasks[t][0])
            if name == "singles":
                measured = self.measured(settings)
                self.cell(row, "recovered", 1 if measured else None)
                self.cell(row, "worst_recovered", 1 if measured else None)
                for column in ("steps", "tokens", "flops"):
                    parts = [self.spent(m, column) for m in singles]
                    if None not in parts:
                        self.cell(row, column, sum(parts), name)
                scores = [score(self.single_of(t, settings), t) for t in learned]
                self.cell(row, "worst_task", measured[0] if measured else None)
                self.check_singles_gain(row, singles[0])
                if None not in [self.spent(m, "steps") for m in singles]:
                    self.cell(row, "seeds", min(self.runs[self.runs.model == m].seed.nunique() for m in singles))
            else:
                measured = [t for t in self.measured(settings) if row["kind"] != "single" or self.learned_from(name) != [t]]
                self.check_mean(row, name, measured)
                for column in ("steps", "tokens", "flops"):
                    own = 0 if row["kind"] == "base" else self.spent(name, column)
                    if own is not None:
                        self.cell(row, column, own, name)
                scores = [score(name, t) for t in learned]
                own = self.contrast("one_model", subject=name)
                self.copy(row, "gain_over_all", own, "low", "high")
                self.cell(row, "gain_over_all", None if own is None else own.estimate, name)
                self.cell(row, "verdict", None if own is None else own.verdict, name)
                self.cell(row, "note", None if own is None else own.note, name)
                if self.spent(name, "steps") is not None:
                    self.cell(row, "seeds", self.runs[self.runs.model == name].seed.nunique(), name)
            self.cell(row, "measured_tasks", len(measured), name)
            self.cell(row, "learned_tasks", len(learned), name)
            whole = len(learned) > 1 and all(len(s) for s in scores) and all(map(self.in_points, learned))
            mean = np.mean([s.mean() for s in scores]) if whole else None
            self.cell(row, "validation_mean", mean, name)
            self.cell(row, "parameters", row["bytes"] / 4, name)
            if whole and row["kind"] != "base" and row["served"] != "task known":
                validation[name] = settings, min(map(len, scores)), mean
        for row in rows:
            rivals = [v for v in validation.values() if v[0] == row["settings"]]
            best = max((v[1:] for v in rivals), default=None)
            best = next((m for m, v in validation.items() if v[0] == row["settings"] and v[1:] == best), None)
            self.cell(row, "chosen_on_validation", row["model"] == best, row["model"])
        assert {r["model"] for r in rows} - {"singles"} == {m for m in self.kind if self.kind[m] != "floor" and self.tested(m)}

    def check_singles_gain(self, row, single):
        """The singles against the cocktail of all: the answer to all_cocktail from the other side."""
        own = self.contrast("all_cocktail", arm=self.arm_of[single], task="")
        if own is None or own.second_candidates != 1:
            return
        turned = {"win": "loss", "loss": "win"}
        self.cell(row, "gain_over_all", -own.estimate)
        self.cell(row, "gain_over_all_low", -own.ci_high)
        self.cell(row, "gain_over_all_high", -own.ci_low)
        self.cell(row, "verdict", turned.get(own.verdict, own.verdict))
        self.cell(row, "note", own.note)

    def check_merges(self):
        for table in ("merges", "methods"):
            rows = self.records(table)
            told = {r["model"]: r["served"] == "task known" for r in rows}
            for row in rows:
                model = row["model"]
                own = self.learned_from(model) or list(self.tasks)
                self.cell(row, "validation_recovered", self.validation_mean(model, own) if self.kind[model] == "merge" else None, model)
                if table == "merges":
                    merges = [m for m in told if self.kind[m] == "merge" and set(self.learned_from(m)) == set(own)
                              and told[m] == told[model] and self.arm_of[m] == self.arm_of[model] and self.validation_mean(m, own) is not None]
                    best = max(merges, key=lambda m: self.validation_mean(m, own), default=None)
                    self.cell(row, "chosen_on_validation", model == best and self.kind[model] == "merge", model)
                tasks = [t for t in self.measured(row["settings"]) if t in own]
                if len(self.values(model, own[0], "test", self.tasks[own[0]][0])):
                    self.check_mean(row, model, tasks)
                    seeds = [len(self.values(model, t, "test", self.tasks[t][0])) for t in tasks]
                    self.cell(row, "seeds", 0 if self.kind[model] == "base" else min(seeds, default=0), model)
        merges = self.tables["merges"][self.tables["merges"].method.notna()]
        for row in self.records("methods"):
            if pd.isna(row["method"]):
                self.cell(row, "points", 1, row["model"])
                continue
            points = merges[(merges.method == row["method"]) & (merges.tasks == row["tasks"]) & (merges.settings == row["settings"])
                            & merges.validation_recovered.notna()]
            self.cell(row, "points", len(points), row["model"])
            self.same(row["model"], points.model.loc[points.validation_recovered.idxmax()], "point of", row["method"])

    def check_ingredients(self):
        for row in self.records("ingredients"):
            for prefix, question in (("all", "ingredient"), ("pair", "pair"), ("pair_other", "pair_other")):
                own = self.contrast(question, subject=row["ingredient"], arm=row["arm"], task=row["target"], metric=row["metric"])
                self.copy(row, prefix, own, "effect", "low", "high", "verdict", "note")
                if own is not None:
                    a, b = (self.values(m, row["target"], "test", row["metric"]).mean() for m in (own.first_model, own.second_model))
                    self.same(own.estimate, self.sign(row["metric"]) * (a - b), row["target"], row["ingredient"])
                    assert row["ingredient"] in self.learned_from(own.first_model)
                    assert (row["ingredient"] in self.learned_from(own.second_model)) == (question == "pair_other")

    def relative(self, model, tasks):
        """Δm in percent with its half width, its tasks and its seeds."""
        parts = []
        if any(self.single_of(t, self.settings[model]) is None for t in tasks):
            return None, None, None, None
        for task in tasks:
            metric, single = self.tasks[task][0], self.single_of(task, self.settings[model])
            reference = self.values(single, task, "test", metric)
            if abs(reference.mean()) <= max(1e-12, reference.std() if len(reference) > 1 else 0):
                continue
            gain = self.sign(metric) * (self.values(model, task, "test", metric) - reference)
            parts.append(100 * gain.dropna() / abs(reference.mean()))
        if not parts:
            return None, None, None, None
        means = pd.concat(parts, axis=1).dropna().mean(axis=1)
        return *mean_ci(means), len(parts), len(means)

    def check_cocktails(self):
        for row in self.records("cocktails"):
            model = row["model"]
            own = [t for t in self.tasks if t in self.learned_from(model)]
            seen = [t for t in self.tasks if len(self.values(model, t, "test", self.tasks[t][0]).dropna())
                    and self.single_of(t, self.settings[model])]
            others = row["kind"] == "cocktail" or any(t not in own for t in seen)
            for name, tasks in (("delta_m", own if row["kind"] == "cocktail" else []), ("delta_m_all", seen if others else [])):
                for ending, theirs in zip(("", "_ci", "_tasks", "_seeds"), self.relative(model, tasks)):
                    self.cell(row, name + ending, theirs, model)
            parts = pd.concat([self.values(model, t, "test", self.tasks[t][0]) for t in own], axis=1).dropna()
            one_direction = len({self.sign(self.tasks[t][0]) for t in own}) == 1
            score, width = mean_ci(parts.mean(axis=1)) if one_direction else (None, None)
            self.cell(row, "mean", score, model)
            self.cell(row, "mean_ci", width, model)
            self.cell(row, "seeds", len(parts), model)
            self.cell(row, "task_count", len(own), model)
            for column in ("steps", "examples", "tokens", "flops"):
                if self.spent(model, column) is not None:
                    self.cell(row, column, self.spent(model, column), model)
            mean = self.contrast("all_cocktail", arm=self.arm_of[model], task="")
            self.cell(row, "verdict", mean.verdict if mean is not None and mean.first_model == model else None, model)

    def check_transfer(self):
        for row in self.records("transfer"):
            model, task, metric = row["model"], row["evaluated_on"], row["metric"]
            score = self.values(model, task, "test", metric)
            base = self.values(self.base_of(row["settings"]), task, "test", metric).mean()
            single = self.single_of(task, row["settings"])
            self.cell(row, "seeds", len(score), model, task)
            self.cell(row, "value", score.mean(), model, task)
            self.cell(row, "value_ci", mean_ci(score)[1], model, task)
            self.cell(row, "higher_is_better", metric not in self.lower, model, task)
            self.cell(row, "gain_over_base", self.sign(metric) * (score.mean() - base), model, task)
            other = self.values(single, task, "test", metric)
            gain = None if single == model else self.sign(metric) * (score.mean() - other.mean())
            self.cell(row, "gain_over_single", gain, model, task)
            self.copy(row, "gain_over_single", self.contrast("model", subject=model, task=task, metric=metric), "low", "high")
            self.cell(row, "seen", task in self.learned_from(model), model, task)

    def check_front(self):
        rows = self.records("pareto")
        points = {r["model"]: [self.recovered(r["model"], t, "validation") 
                               for t in self.ordering(self.learned_from(r["model"]), r["settings"])] for r in rows}
        for row in rows:
            alike = lambda r: (r["tasks"], r["settings"], r["served"] == "task known")
            rivals = [r["model"] for r in rows if alike(r) == alike(row)]
            mine = points[row["model"]]
            if not mine or None in mine:
                # Where nothing is learned there is no front.
                self.cell(row, "on_front", None, row["model"])
                continue
            better = [m for m in rivals if all(a >= b for a, b in zip(points[m], mine)) and points[m] != mine]
            self.cell(row, "on_front", not better, row["model"])
            self.cell(row, "beaten_by", better[0] if better else None, row["model"])
