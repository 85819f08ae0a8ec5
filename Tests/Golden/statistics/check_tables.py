"""Recomputes the comparisons of an experiment from its runs and predictions, with pandas and SciPy: the tables that `check` names.

python Tests/Golden/statistics/check_tables.py [FOLDER …]; without a folder the sample in Tests/Golden/reporting and every folder of
Results that has predictions.jsonl.gz. It shares no code with the program: tables must agree to 1e-8 with what another program makes
of the same runs and answers; only the bootstrap of a mean over tasks is held to its Monte-Carlo error.
"""

import pathlib
import sys

import numpy as np
import pandas as pd
from scipy import optimize, stats

from gates import rejected, smallest
from items import Drawn, Predictions

HERE = pathlib.Path(__file__).parent
ALPHA, SHARE = 0.05, 0.8


def mean_ci(data):
    if len(data) == 0:
        return None, None
    return data.mean(), stats.sem(data) * stats.t.ppf(0.975, len(data) - 1) if len(data) > 1 else None


def satterthwaite(parts):
    total = sum(v for v, _ in parts)
    return total**2 / sum(v**2 / d for v, d in parts if v > 0) if total > 0 else np.inf


class Checker:
    def __init__(self, folder):
        self.folder, self.checked = folder, 0
        text = {"seed": "Int64", "arm": str, "settings": str, "subject": str, "task": str, "metric": str, "note": str, "verdict": str,
                "first_model": str, "second_model": str, "rule": str, "tasks": str}
        read = lambda path: pd.read_csv(path, dtype={k: v for k, v in text.items() if not (path.stem == "contrasts" and k == "tasks")})
        self.tables = {str(p.relative_to(folder).with_suffix("")): read(p) for p in folder.rglob("*.csv") if p.name != "costs.csv"}
        for table in self.tables.values():
            for column in table.columns.intersection([c for c in text if c != "seed"]):
                if table[column].dtype == object or str(table[column].dtype).startswith("str"):
                    table[column] = table[column].fillna("")
        runs = self.runs = self.tables["runs"]
        self.tasks = {t: list(dict.fromkeys(runs[runs.task == t].metric)) for t in dict.fromkeys(runs.task)}
        comparison = self.tables["comparison"]
        self.lower = set(comparison[~comparison.higher_is_better].metric)
        path = folder / "predictions.jsonl.gz"
        self.source = Predictions(path) if path.exists() else Drawn()
        self.rows = {key: rows for key, rows in runs[runs.value.notna()].groupby(["model", "task", "split", "metric"], sort=False)}
        facts = runs.drop_duplicates("model").set_index("model")
        self.kind, self.settings = facts.kind.to_dict(), facts.settings.to_dict()
        self.recipe = facts.recipe.to_dict()
        self.known = {}

    def same(self, ours, theirs, *what, tolerance=1e-8):
        self.checked += 1
        if pd.isna(ours) and (theirs is None or pd.isna(theirs)):
            return
        if isinstance(theirs, (str, bool, np.bool_)):
            assert ours == theirs, (self.folder, what, ours, theirs)
        else:
            assert theirs is not None and np.isclose(ours, theirs, rtol=tolerance, atol=1e-12), (self.folder, what, ours, theirs)

    # Scores

    def sign(self, metric):
        return -1 if metric in self.lower else 1

    def values(self, model, task, split, metric):
        rows = self.rows.get((model, task, split, metric))
        return rows.set_index("seed").value if rows is not None else pd.Series(dtype=float)

    def models(self, *kinds):
        return [m for m, kind in self.kind.items() if kind in kinds]

    def learned_from(self, model):
        return [] if self.kind[model] == "base" else self.recipe[model].split(" of ")[-1].split("+")

    def base_of(self, settings):
        bases = self.models("base")
        same = [m for m in bases if self.settings[m] == settings]
        return same[0] if same else bases[0] if len(bases) == 1 else None

    def single_of(self, task, settings):
        singles = [m for m in self.models("single") if self.learned_from(m) == [task]]
        same = [m for m in singles if self.settings[m] == settings]
        return same[0] if same else singles[0] if len(singles) == 1 else None

    def choose(self, candidates, task):
        metric = self.tasks[task][0]
        scores = [self.values(m, task, "validation", metric) for m in candidates]
        full = max(map(len, scores), default=0)
        ranked = [self.sign(metric) * s.mean() if len(s) == full and full else -np.inf for s in scores]
        return candidates[int(np.argmax(ranked))] if full else None

    def items(self, model, task, metric, split="test"):
        """Pseudo-scores by seed and item, more is better; whether it has seeds; seeds; collapsed seeds; answers."""
        key = model, task, metric, split
        if key not in self.known:
            rows = self.rows.get((model, task, split, metric))
            rows = [] if rows is None else list(rows.itertuples())
            if not rows or not all(self.source.has(r) for r in rows):
                self.known[key] = None
            else:
                y = np.array([self.source.scores(r) for r in rows])
                for row, scores in zip(rows, y):
                    self.same(row.value, scores.mean(), key, "value from predictions", tolerance=1e-6)
                y = self.sign(metric) * y
                floor = self.source.floor(rows[0])
                one = np.array([self.source.is_one_answer(r) for r in rows])
                if floor is not None:
                    floor *= self.sign(metric)
                    low = y.mean(1) <= floor + 2 * np.sqrt(y.var(1, ddof=1) / y.shape[1])
                    one = one | (low & (not low.all()))
                self.known[key] = dict(
                    y=y, seeds=[None if pd.isna(r.seed) else int(r.seed) for r in rows], fallen=one, floor=floor,
                    constant=metric in ("pearson", "spearman", "matthews") and bool((y.std(1) == 0).any()),
                    answers=[self.source.answered(r) for r in rows])
        return self.known[key]

    def pair(self, first, second, task, metric, paired, split="test"):
        """The parts of a comparison, or nothing without predictions."""
        a, b = self.items(first, task, metric, split), self.items(second, task, metric, split)
        if a is None or b is None:
            return None
        ya, yb, fallen, names = a["y"], b["y"], [a["fallen"], b["fallen"]], (a["seeds"], b["seeds"])
        has_a, has_b = a["seeds"][0] is not None, b["seeds"][0] is not None
        if paired:
            common = [s for s in a["seeds"] if s in b["seeds"]]
            pick = lambda side: [side["seeds"].index(s) for s in common]
            ya, yb = ya[pick(a)], yb[pick(b)]
            fallen = [a["fallen"][pick(a)], b["fallen"][pick(b)]]
            d, names = ya - yb, (common, common)
            parts = [(d.mean(1).var(ddof=1) / len(d), len(d) - 1)] if len(d) > 1 else []
        else:
            parts = [(y.mean(1).var(ddof=1) / len(y), len(y) - 1) for y, has in ((ya, has_a), (yb, has_b)) if has and len(y) > 1]
        d = ya.mean(0) - yb.mean(0)
        code = lambda answers: [sorted(map(str, column)) for column in zip(*answers)]
        differ = sum(p != q for p, q in zip(code(a["answers"]), code(b["answers"]))) if len(a["answers"]) == len(b["answers"]) \
            else sum(len(set(map(str, p)) | set(map(str, q))) > 1 for p, q in zip(zip(*a["answers"]), zip(*b["answers"])))
        return dict(
            estimate=ya.mean() - yb.mean(), parts=parts, item=(d.var(ddof=1) / len(d), len(d) - 1), ya=ya, yb=yb,
            seeds=[(len(ya), has_a), (len(yb), has_b)], has=(has_a, has_b),
            fallen=sum(f.sum() for f, has in zip(fallen, (has_a, has_b)) if has), constant=a["constant"] or b["constant"],
            differ=differ, names=names, first=first, second=second, task=task)

    # Learned, and the scale

    def is_learned(self, task, settings):
        metric, single, base = self.tasks[task][0], self.single_of(task, settings), self.base_of(settings)
        own = self.items(single, task, metric, "validation") if single else None
        values = self.sign(metric) * self.values(single, task, "validation", metric) if single else []
        if len(values) == 0:
            return True
        if own and own["floor"] is not None and values.mean() <= own["floor"]:
            return False
        if base is None or len(self.values(base, task, "validation", metric)) == 0:
            return True
        c = self.pair(single, base, task, metric, False, "validation")
        v = sum(x for x, _ in c["parts"]) + c["item"][0]
        nu = max(satterthwaite(c["parts"] + [c["item"]]), min([d for _, d in c["parts"]] or [1]))
        return c["estimate"] > stats.t.ppf(0.975, nu) * np.sqrt(v)

    def measured(self, settings):
        if self.single_of(next(iter(self.tasks)), settings) is None:
            trained = {self.settings[m] for m in self.models("single")}
            return [t for t in self.tasks if any(t in self.measured(s) for s in trained)]
        out = []
        for task, metrics in self.tasks.items():
            single, base = self.single_of(task, settings), self.base_of(settings)
            if single is None or base is None or len(self.values(base, task, "validation", metrics[0])) == 0:
                continue
            if not self.is_learned(task, settings):
                continue
            s, b = (self.items(m, task, metrics[0], "validation") for m in (single, base))
            q = s["y"].mean(0) - b["y"].mean(0)
            seed = s["y"].mean(1).var(ddof=1) / len(s["y"]) if len(s["y"]) > 1 else 0
            if q.mean() / np.sqrt(seed + q.var(ddof=1) / len(q)) >= 4:
                out.append(task)
        return out

    def orders(self, task, settings):
        metric, single, base = self.tasks[task][0], self.single_of(task, settings), self.base_of(settings)
        values = self.values(single, task, "validation", metric) if single else []
        if len(values) == 0:
            return False
        spread = values.std() if len(values) > 1 else 0
        zero = self.values(base, task, "validation", metric) if base else []
        if len(zero) == 0:
            return values.mean() > (0 if metric in self.lower else spread)
        return self.sign(metric) * (values.mean() - zero.mean()) > spread

    def recovered(self, model, task, split):
        metric, settings = self.tasks[task][0], self.settings[model]
        if self.kind[model] == "base":
            return 0.0
        single, base = self.single_of(task, settings), self.base_of(settings)
        own, whole = self.values(model, task, split, metric), self.values(single, task, split, metric)
        if self.kind[model] == "merge":
            common = own.index.intersection(whole.index)
            own, whole = own[common], whole[common]
        zero = self.values(base, task, split, metric).mean()
        return (own.mean() - zero) / (whole.mean() - zero) if len(own) and len(whole) else None

    def gain_sample(self, model, task):
        metric, settings = self.tasks[task][0], self.settings[model]
        single, base = self.single_of(task, settings), self.base_of(settings)
        m, s, b = (self.items(x, task, metric) for x in (model, single, base))
        if m is None or s is None or b is None:
            return None
        ym, ys, paired = m["y"], s["y"], self.kind[model] == "merge" or model == single
        if paired:
            common = [x for x in m["seeds"] if x in s["seeds"]]
            ym, ys = ym[[m["seeds"].index(x) for x in common]], ys[[s["seeds"].index(x) for x in common]]
        zero = b["y"].mean(0)
        return ym.mean(1), ys.mean(1), ym.mean(0) - zero, ys.mean(0) - zero, paired

    @staticmethod
    def fieller(sample):
        m, s, n, q, paired = sample
        if len(s) < 2 or len(m) < 2:
            return None
        cov, count = np.cov(n, q), len(n)
        seeds = np.cov(m, s) if paired else np.diag([m.var(ddof=1), 0])
        vm, vs = m.var(ddof=1) / len(m), s.var(ddof=1) / len(s)
        vn, vq = vm + cov[0, 0] / count, vs + cov[1, 1] / count
        vnq = cov[0, 1] / count + (seeds[0, 1] / len(m) if paired else 0)
        N, Q = n.mean(), q.mean()
        nus = []
        for rho in (0, N / Q, 1):
            item = max(0, cov[0, 0] - 2 * rho * cov[0, 1] + rho**2 * cov[1, 1]) / count
            if paired:
                parts = [((m - rho * s).var(ddof=1) / len(m), len(m) - 1)]
            else:
                parts = [(vm, len(m) - 1), (rho**2 * vs, len(s) - 1)]
            nus.append(max(min(d for _, d in parts), satterthwaite(parts + [(item, count - 1)])))
        t = stats.t.ppf(0.975, min(nus))
        A, B, C = Q**2 - t**2 * vq, N * Q - t**2 * vnq, N**2 - t**2 * vn
        if A <= 0:
            return None
        half = np.sqrt(max(0, B**2 - A * C))
        return (B - half) / A, (B + half) / A

    @staticmethod
    def mean_interval(samples, draws=40_000):
        random, total = np.random.default_rng(1), 0
        R = len(samples[0][0])
        t = lambda r: random.standard_normal((draws, r)) / np.sqrt(random.chisquare(r - 1, (draws, 1)) / (r - 1))
        seeds = t(R)
        scaled = lambda x: (x - x.mean()) / np.sqrt(len(x) * (len(x) - 1))
        for m, s, n, q, paired in samples:
            own = seeds if paired else t(len(s))
            item = random.multivariate_normal([n.mean(), q.mean()], np.cov(n, q) / len(n), draws)
            total = total + (item[:, 0] + seeds @ scaled(m)) / (item[:, 1] + own @ scaled(s))
        return np.quantile(total / len(samples), [0.025, 0.975])

    # Tables

    def check_contrasts(self):
        table = self.tables["contrasts"]
        for (question, subject, arm), family in table.groupby(["question", "subject", "arm"], sort=False):
            if question != "one_model":
                self.check_family(question, family)
        for arm, family in table[table.question == "one_model"].groupby("arm", sort=False):
            self.check_models(family)

    def rule(self, cells, paired):
        """Which sum of variances, at which share of the level; moderated ones are left to limma's golden numbers."""
        counts = [r for c in cells for r, has in c["seeds"] if has]
        one = paired or any(not all(c["has"]) for c in cells)
        if min(counts) < 3:
            return None, 1
        if one:
            if min(counts) >= 7:
                return "sum", 1
            return ("moderated", 0.9) if len(cells) >= 6 else ("sum", 0.8) if min(counts) >= 4 else (None, 1)
        degrees = min(sum(r - 1 for r, has in c["seeds"] if has) for c in cells)
        if degrees >= 6:
            return "sum", 0.8 if degrees < 8 else 0.9 if degrees < 10 else 1
        return ("moderated", 0.9) if 2 * len(cells) >= 8 else ("sum", 0.8)

    def check_numbers(self, row, estimate, seed_parts, item, total, name):
        self.same(row.estimate, estimate, name, "estimate")
        self.same(row.se_item, np.sqrt(item) if item is not None else None, name, "se_item")
        self.same(row.se_seed, np.sqrt(sum(v for v, _ in seed_parts)), name, "se_seed")
        if row.rule != "sum":
            return
        v, nu = total
        half = stats.t.ppf(0.975, nu) * np.sqrt(v)
        self.same(row.degrees, nu, name, "degrees")
        self.same(row.ci_low, estimate - half if row.first_candidates == 1 else None, name, "low")
        self.same(row.ci_high, estimate + half if row.second_candidates == 1 else None, name, "high")
        may = row.first_candidates == 1 if estimate > 0 else row.second_candidates == 1
        self.same(row.p, 2 * stats.t.sf(abs(estimate) / np.sqrt(v), nu) if may else None, name, "p", tolerance=1e-6)
        self.same(row.smallest_margin, abs(estimate) + stats.t.ppf(0.95, nu) * np.sqrt(v), name, "margin")

    def detectable(self, row, level, v, nu):
        power = lambda x: stats.nct.sf(stats.t.ppf(1 - level / 2, nu), nu, x) - 0.8
        if nu < 1e4:
            self.same(row.detectable, np.sqrt(v) * optimize.brentq(power, 0.1, 500), "detectable", tolerance=1e-5)

    def mean_parts(self, cells, paired):
        """Seeds' parts of a mean over tasks: jointly over the seeds of a model, but at least as if tasks had their own."""
        w, parts = 1 / len(cells), []
        sides = [("first", lambda c: c["ya"].mean(1) - c["yb"].mean(1), 0)] if paired else [
            ("first", lambda c: c["ya"].mean(1), 0), ("second", lambda c: c["yb"].mean(1), 1)]
        for side, values, place in sides:
            for model in dict.fromkeys(c[side] for c in cells):
                mine = [c for c in cells if c[side] == model]
                if not mine[0]["has"][place]:
                    continue
                common = [s for s in mine[0]["names"][place] if all(s in c["names"][place] for c in mine)]
                own = [values(c)[[c["names"][place].index(s) for s in common]] for c in mine]
                sums = w * np.sum(own, axis=0)
                joint = (sums.var(ddof=1) / len(sums), len(sums) - 1)
                apart = [(w * w * x.var(ddof=1) / len(x), len(x) - 1) for x in own]
                parts += apart if sum(v for v, _ in apart) > joint[0] else [joint]
        items = [(w * w * c["item"][0], c["item"][1]) for c in cells]
        total = sum(v for v, _ in parts + items)
        nu = max(min([d for _, d in parts] or [1]), satterthwaite(parts + items))
        return parts, sum(v for v, _ in items), (total, nu)

    def settings_of(self, model):
        return self.settings.get(model, "")

    def check_family(self, question, family):
        paired = bool(family.paired.iloc[0])
        cells, testable = {}, []
        judged_question = question != "model"
        for row in family[family.task != ""].itertuples():
            name = (row.question, row.subject, row.task, row.metric)
            c = self.pair(row.first_model, row.second_model, row.task, row.metric, paired)
            if c is None:
                assert row.note == "no predictions" or row.rule == "", name
                continue
            v = sum(x for x, _ in c["parts"]) + c["item"][0]
            nu = max(satterthwaite(c["parts"] + [c["item"]]), min([d for _, d in c["parts"]] or [1]))
            self.check_numbers(row, c["estimate"], c["parts"], c["item"][0], (v, nu), name)
            self.same(row.collapsed, c["fallen"], name, "collapsed")
            learned = self.is_learned(row.task, self.settings_of(row.second_model))
            open_ = learned and c["fallen"] == 0 and not c["constant"] and c["differ"] >= 10 and v > 0
            if row.metric == self.tasks[row.task][0] and judged_question:
                cells[row.task] = (row, c, v, nu, learned)
                if open_:
                    testable.append(row.task)
        mean = family[family.task == ""]
        if not judged_question or not cells:
            return
        kind, share = self.rule([cells[t][1] for t in testable], paired) if testable else (None, 1)
        judged_mean = False
        if len(mean):
            row = mean.iloc[0]
            inside = [c for t, (r, c, _, _, learned) in cells.items() if learned and r.metric not in self.lower | {"r2"}]
            parts, item, total = self.mean_parts(inside, paired)
            self.check_numbers(row, np.mean([c["estimate"] for c in inside]), parts, item, total, (question, "mean"))
            self.same(row.tasks, len(inside), question, "tasks of the mean")
            judged_mean = kind is not None and all(c["fallen"] == 0 and not c["constant"] for c in inside)
            assert (row.verdict != "") == judged_mean, (question, "mean is judged")
        if kind != "sum":
            return
        level = ALPHA * share
        tails = []
        for side in (1, -1):
            p = {t: stats.t.sf(side * cells[t][1]["estimate"] / np.sqrt(cells[t][2]), cells[t][3]) for t in testable}
            p["mean"] = stats.t.sf(side * row.estimate / np.sqrt(total[0]), total[1]) if judged_mean else None
            tails.append(p)

        def run(side, alpha):
            found = rejected(tails[side]["mean"], [tails[side][k] for k in testable], alpha, SHARE)
            return {k if k == "mean" else testable[k] for k in found}

        for key in testable + (["mean"] if judged_mean else []):
            one = row if key == "mean" else cells[key][0]
            estimate = one.estimate
            levels = [smallest(key, lambda a, side=side: run(side, a)) for side in (0, 1)]
            self.check_verdict(one, estimate, 2 * min(levels) / share, (question, one.subject, key))
            first = level * (SHARE if key == "mean" else (1 - SHARE if judged_mean else 1) / len(testable))
            self.detectable(one, first, *(total if key == "mean" else cells[key][2:4]))
        for task in set(cells) - set(testable):
            self.same(cells[task][0].verdict, "", question, task, "no verdict")
            assert cells[task][0].note, (question, task)

    def check_verdict(self, row, estimate, adjusted, name):
        adjusted = min(1, adjusted)
        may = row.first_candidates == 1 if estimate > 0 else row.second_candidates == 1
        self.same(row.p_adjusted, adjusted if may else None, name, "adjusted", tolerance=1e-6)
        verdict = "undecided" if adjusted > ALPHA or not may else "win" if estimate > 0 else "loss"
        if row.verdict != "equal":
            self.same(row.verdict, verdict, name, "verdict")

    def check_models(self, family):
        """Several models against the cocktail of all: Holm over their means."""
        members, share = [], 1
        for row in family.itertuples():
            tasks = [t for t in self.tasks if self.tasks[t][0] not in self.lower | {"r2"}
                     and self.is_learned(t, self.settings_of(row.second_model))]
            cells = [self.pair(row.first_model, row.second_model, t, self.tasks[t][0], False) for t in tasks]
            parts, item, total = self.mean_parts(cells, False)
            self.check_numbers(row, np.mean([c["estimate"] for c in cells]), parts, item, total, ("one_model", row.subject))
            kind, own = self.rule(cells, False)
            fallen = sum(c["fallen"] for c in cells) or any(c["constant"] for c in cells)
            self.same(row.verdict != "", bool(kind and not fallen), "one_model", row.subject, "judged")
            if row.verdict:
                members.append((row, *total))
                share = min(share, own)
        for side in (1, -1):
            order = sorted(members, key=lambda m: stats.t.sf(side * m[0].estimate / np.sqrt(m[1]), m[2]))
            largest = 0
            for rank, (row, v, nu) in enumerate(order):
                largest = max(largest, (len(order) - rank) * stats.t.sf(side * row.estimate / np.sqrt(v), nu))
                if side * row.estimate > 0:
                    self.check_verdict(row, row.estimate, 2 * largest / share, ("one_model", row.subject))

    def check_comparison(self):
        contrasts = self.tables["contrasts"].set_index(["question", "task", "metric"]).sort_index()
        for row in self.tables["comparison"].itertuples():
            task, metric = row.task, row.metric
            multi = [m for m in self.models("cocktail") if task in self.learned_from(m)]
            chosen = {
                "single": self.choose([m for m in self.models("single") if self.learned_from(m) == [task]], task),
                "best_cocktail": self.choose(multi, task),
                "all_cocktail": self.choose([m for m in multi if set(self.learned_from(m)) == set(self.tasks)], task),
                "best_unseen": self.choose([m for m in self.models("single", "cocktail") if task not in self.learned_from(m)], task),
                "merge": self.serving_merge()}
            base = self.values(self.base_of(self.settings[chosen["single"]]), task, "test", metric)
            self.same(row.base, base.mean() if len(base) else None, task, "base")
            for role, model in chosen.items():
                score, width = mean_ci(self.values(model, task, "test", metric))
                self.same(getattr(row, f"{role}_model"), model, task, role)
                self.same(getattr(row, f"{role}_mean"), score, task, metric, role)
                self.same(getattr(row, f"{role}_ci"), width, task, metric, role, "ci")
                if role == "single" or model is None:
                    continue
                own = contrasts.loc[[(role, task, metric)]].iloc[0]
                self.same(own.first_model, model, task, role)
                for ours, theirs in (("delta", "estimate"), ("low", "ci_low"), ("high", "ci_high"), ("p_adjusted",) * 2):
                    self.same(getattr(row, f"{role}_{ours}"), own[theirs], task, role, ours)
                self.same(getattr(row, f"{role}_verdict") if not pd.isna(getattr(row, f"{role}_verdict")) else "", own.verdict, role)

    def validation_mean(self, model, tasks):
        own = [t for t in tasks if self.orders(t, self.settings[model])]
        shares = [self.recovered(model, t, "validation") for t in own]
        return np.mean(shares) if shares and None not in shares else None

    def serving_merge(self):
        served = self.tables["merges"].set_index("model").served
        merges = [m for m in self.models("merge") if set(self.learned_from(m)) == set(self.tasks) and pd.isna(served[m])
                  and all(len(self.values(m, t, "test", ms[0])) for t, ms in self.tasks.items())]
        scores = [self.validation_mean(m, self.tasks) for m in merges]
        return merges[int(np.argmax(scores))] if merges else None

    def check_recovered(self):
        scale = {s: self.measured(s) for s in set(self.settings.values())}
        for row in self.tables["recovered"].itertuples():
            name = (row.model, row.task)
            self.same(row.measured, row.task in scale[row.settings], name, "measured")
            self.same(row.value, self.values(row.model, row.task, "test", row.metric).mean(), name, "value")
            if not row.measured:
                self.same(row.recovered, None, name)
                continue
            self.same(row.recovered, self.recovered(row.model, row.task, "test"), name, "recovered")
            seeds = set(self.values(row.model, row.task, "test", row.metric).index)
            if row.kind == "merge":
                seeds &= set(self.values(self.single_of(row.task, row.settings), row.task, "test", row.metric).index)
            holds = len(seeds) >= (4 if row.kind == "merge" else 3) and row.kind != "base"
            sample = self.gain_sample(row.model, row.task) if holds and not (row.kind == "single" and row.seen) else None
            low, high = (self.fieller(sample) if sample else None) or (None, None)
            self.same(row.recovered_low, low, name, "low", tolerance=1e-6)
            self.same(row.recovered_high, high, name, "high", tolerance=1e-6)
        for row in self.tables["wide/recovered"].to_dict("records"):
            for task in self.tasks:
                for split in ("validation", "test"):
                    part = task in scale[row["settings"]] if split == "test" else self.orders(task, row["settings"])
                    share = self.recovered(row["model"], task, split) if part else None
                    self.same(row[f"{split}_{task}"], share, row["model"], task, split)
        return scale

    def check_mean(self, row, model, tasks, name):
        shares = [self.recovered(model, t, "test") for t in tasks]
        self.same(row.recovered, np.mean(shares) if shares and None not in shares else None, name, "mean")
        if pd.isna(row.recovered_low):
            return
        low, high = self.mean_interval([self.gain_sample(model, t) for t in tasks])
        # Quantiles of 2,000 draws with the tails of three seeds vary by a twentieth of the width.
        slack = 0.15 * (high - low)
        assert abs(row.recovered_low - low) < slack and abs(row.recovered_high - high) < slack, (name, low, high, row)
        self.checked += 2

    def check_models_table(self, scale):
        contrasts = self.tables["contrasts"]
        own = contrasts[contrasts.question == "one_model"].set_index("subject")
        rows = self.tables["models"]
        for row in rows.itertuples():
            if row.model == "singles":
                self.same(row.recovered, 1.0 if scale[row.settings] else None, "singles")
                continue
            self.check_mean(row, row.model, scale[row.settings], ("models", row.model))
            shares = [self.recovered(row.model, t, "validation") for t in scale[row.settings]]
            mean = np.mean(shares) if shares and None not in shares else None
            self.same(row.validation_recovered, mean, row.model, "validation")
            if row.model in own.index:
                for ours, theirs in (("gain_over_all", "estimate"), ("gain_over_all_low", "ci_low"), ("verdict", "verdict")):
                    self.same(getattr(row, ours), own.loc[row.model][theirs], row.model, ours)
        tested = [m for m in self.kind if all(len(self.values(m, t, "test", ms[0])) for t, ms in self.tasks.items())]
        assert set(rows.model) - {"singles"} == set(tested)

    def check_merges(self, scale):
        for name in ("merges", "methods"):
            for row in self.tables[name].itertuples():
                learned = self.learned_from(row.model) or list(self.tasks)
                tasks = [t for t in scale[row.settings] if t in learned] if row.settings in scale else []
                if len(self.values(row.model, learned[0], "test", self.tasks[learned[0]][0])) == 0:
                    continue
                self.check_mean(row, row.model, tasks, (name, row.model))
                shares = {t: self.recovered(row.model, t, "test") for t in tasks}
                self.same(row.worst_task, min(shares, key=shares.get) if shares else None, name, row.model, "worst")
                if self.kind[row.model] == "merge":
                    self.same(row.validation_recovered, self.validation_mean(row.model, learned), name, row.model, "validation")

    def check_ingredients(self):
        contrasts = self.tables["contrasts"]
        for row in self.tables["ingredients"].itertuples():
            for prefix, question in (("all", "ingredient"), ("pair", "pair")):
                own = contrasts[(contrasts.question == question) & (contrasts.subject == row.ingredient) & (contrasts.arm == row.arm)
                                & (contrasts.task == row.target) & (contrasts.metric == row.metric)]
                estimate = own.estimate.iloc[0] if len(own) else None
                self.same(getattr(row, f"{prefix}_effect"), estimate, row.target, row.ingredient)
                if len(own):
                    one = own.iloc[0]
                    a, b = (self.values(m, row.target, "test", row.metric).mean() for m in (one.first_model, one.second_model))
                    self.same(estimate, self.sign(row.metric) * (a - b), row.target, row.ingredient)
                    self.same(row.ingredient in self.learned_from(one.first_model), True)
                    self.same(row.ingredient in self.learned_from(one.second_model), False)

    def relative(self, model, tasks):
        parts = []
        for task in tasks:
            metric, single = self.tasks[task][0], self.single_of(task, self.settings[model])
            reference = self.values(single, task, "test", metric)
            if abs(reference.mean()) <= max(1e-12, reference.std() if len(reference) > 1 else 0):
                continue
            gain = self.sign(metric) * (self.values(model, task, "test", metric) - reference)
            parts.append(100 * gain.dropna() / abs(reference.mean()))
        return mean_ci(pd.concat(parts, axis=1).dropna().mean(axis=1)) if parts else (None, None)

    def check_cocktails(self):
        for row in self.tables["cocktails"].to_dict("records"):
            model = row["model"]
            own = [t for t in self.tasks if t in self.learned_from(model)]
            for name, tasks in (("delta_m", own if row["kind"] == "cocktail" else []), ("delta_m_all", list(self.tasks))):
                gain, width = self.relative(model, tasks)
                self.same(row[name], gain, model, name)
                self.same(row[f"{name}_ci"], width, model, name, "ci")
            if len({self.sign(self.tasks[t][0]) for t in own}) == 1:
                parts = [self.values(model, t, "test", self.tasks[t][0]) for t in own]
                score, width = mean_ci(pd.concat(parts, axis=1).dropna().mean(axis=1))
                self.same(row["mean"], score, model, "mean")
                self.same(row["mean_ci"], width, model, "mean ci")
            else:
                self.same(row["mean"], None, model, "mean")

    def check_transfer(self):
        for row in self.tables["transfer"].to_dict("records"):
            model, task, metric = row["model"], row["evaluated_on"], row["metric"]
            score = self.values(model, task, "test", metric)
            base = self.values(self.base_of(row["settings"]), task, "test", metric).mean()
            single = self.single_of(task, row["settings"])
            self.same(row["value"], score.mean(), model, task, "value")
            self.same(row["value_ci"], mean_ci(score)[1], model, task, "ci")
            self.same(row["gain_over_base"], self.sign(metric) * (score.mean() - base), model, task, "base")
            other = self.values(single, task, "test", metric)
            gain = None if single == model else self.sign(metric) * (score.mean() - other.mean())
            self.same(row["gain_over_single"], gain, model, task, "single")
            self.same(bool(row["seen"]), task in self.learned_from(model), "seen")

    def check_front(self):
        rows = self.tables["pareto"]
        points = {m: [self.recovered(m, t, "validation") for t in self.learned_from(m) if self.orders(t, self.settings[m])] for m in rows.model}
        for row in rows.itertuples():
            rivals = rows[(rows.tasks == row.tasks) & (rows.settings == row.settings) & ((rows.served == "task known") == (row.served == "task known"))]
            beats = lambda m: all(a >= b for a, b in zip(points[m], points[row.model])) and points[m] != points[row.model]
            better = [m for m in rivals.model if beats(m)]
            self.same(bool(row.on_front), not better, row.model, "front")
            self.same(row.beaten_by, better[0] if better else None, row.model, "beaten by")

    def check(self):
        self.check_contrasts()
        self.check_comparison()
        scale = self.check_recovered()
        self.check_models_table(scale)
        self.check_merges(scale)
        self.check_ingredients()
        self.check_cocktails()
        self.check_transfer()
        self.check_front()
        shares = self.tables["mixtures"].groupby(["model", "seed"]).share.sum()
        assert np.allclose(shares, 1)
        for name, table in self.tables.items():
            assert table.columns[0] == "experiment" and table.experiment.nunique() <= 1, name
        print(f"{self.folder}: {self.checked} cells agree, of contrasts, comparison, recovered, models, merges, ingredients, "
              "cocktails, transfer, pareto, and the sums of mixtures")


root = HERE.parent.parent.parent
folders = [pathlib.Path(argument) for argument in sys.argv[1:]] or [
    HERE.parent / "reporting", *sorted(path.parent for path in (root / "Results").glob("*/predictions.jsonl.gz"))]
for folder in folders:
    Checker(folder).check()
