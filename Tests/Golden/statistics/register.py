"""The register of comparisons: contrasts.csv, family by family."""

import numpy as np
from scipy import integrate, optimize, stats

from evidence import ALPHA, SHARE, Evidence, satterthwaite
from gates import rejected, smallest


def expected_maximum(k):
    """Of k standard normal numbers."""
    return integrate.quad(lambda x: k * x * stats.norm.pdf(x) * stats.norm.cdf(x) ** (k - 1), -10, 10)[0] if k > 1 else 0


class Register(Evidence):
    def check_contrasts(self):
        table = self.tables["contrasts"]
        self.table = "contrasts"
        for (question, *_), family in table.groupby(["question", "subject", "arm", "second_arm"], sort=False):
            if question == "one_model":
                continue
            first = [self.tasks[t][0] if t else "" for t in family.task]
            for plan in (family[family.metric == first], family[family.metric != first]):
                if len(plan):
                    self.check_family(question, plan)
        for arm, family in table[table.question == "one_model"].groupby("arm", sort=False):
            self.check_models(family)
        # Nothing to choose, nothing asked twice.
        for arm in self.arms():
            with self.at(arm):
                assert ((table.question == "best_cocktail") & (table.arm == arm)).any() <= self.chooses_cocktail()

    def candidates(self, question, role, tasks, arm):
        """Among how many a side was chosen by the trainings that are compared."""
        if self.choice and role != "single" and question != "one_model":
            return 1
        pools = {"best_cocktail": self.cocktails_of, "all_cocktail": lambda t: self.all_cocktails(), "best_unseen": self.unseen,
                 "single": self.singles_of}
        if question == "one_model" and role == "all_cocktail":
            return sum(self.settings[m] == arm for m in self.all_cocktails())
        if question in ("merge", "merge_against_all") and role == "merge":
            return len(self.rivals())
        chooses = ("learned", "all_cocktail", "best_cocktail", "best_unseen")
        if question in chooses or question == "merge_against_all":
            return max(len(pools[role](t)) for t in tasks) if role in pools else 1
        return 1

    @staticmethod
    def obstacle(c, v, learned):
        """Why a comparison gets no verdict."""
        return ("not learned" if not learned else "collapsed" if c["fallen"] else "constant predictions" if c["constant"]
                else "identical" if v <= 0 else "fewer than 10 items differ" if c["differ"] < 10 else "")

    @staticmethod
    def mean_obstacle(cells):
        fallen = [c["task"] for c in cells if c["fallen"]]
        return "collapsed: " + ", ".join(fallen) if fallen else "constant predictions" if any(c["constant"] for c in cells) else ""

    @staticmethod
    def reason(cells, kind):
        counts = [r for c in cells for r, has in c["seeds"] if has]
        return "" if kind or not counts else "fewer than 3 seeds" if min(counts) < 3 else "3 seeds and fewer than 6 tasks"

    def rule(self, cells):
        """Which sum of variances, at which share of the level; moderated ones are left to limma's golden numbers."""
        counts = [r for c in cells for r, has in c["seeds"] if has]
        one = any(c["paired"] or not all(c["has"]) for c in cells)
        if min(counts) < 3:
            return None, 1
        if one:
            if min(counts) >= 7:
                return "sum", 1
            return ("moderated", 0.9) if len(cells) >= 6 else ("sum", 0.8) if min(counts) >= 4 else (None, 1)
        degrees = min(sum(r - 1 for r, has in c["seeds"] if has) for c in cells)
        if degrees >= 6:
            return "sum", 0.8 if degrees < 8 else 0.9 if degrees < 10 else 1
        return ("moderated", 0.9) if len(cells) >= 4 else ("sum", 0.8)

    def check_numbers(self, row, estimate, seed_parts, item, first_error, total, name):
        self.cell(row, "estimate", estimate, name)
        self.cell(row, "se_item", np.sqrt(item), name)
        seed = np.sqrt(sum(v for v, _ in seed_parts))
        self.cell(row, "se_seed", seed, name)
        self.cell(row, "decides", "" if seed + item < 1e-12 else "seeds" if seed > np.sqrt(item) else "items", name)
        self.cell(row, "chosen_bias", expected_maximum(row.first_candidates) * first_error, name, tolerance=1e-6)
        if row.rule != "sum":
            return
        v, nu = total
        half = stats.t.ppf(0.975, nu) * np.sqrt(v)
        self.cell(row, "degrees", nu, name)
        self.cell(row, "ci_low", estimate - half if row.first_candidates == 1 else None, name)
        self.cell(row, "ci_high", estimate + half if row.second_candidates == 1 else None, name)
        may = row.first_candidates == 1 if estimate > 0 else row.second_candidates == 1
        self.cell(row, "p", 2 * stats.t.sf(abs(estimate) / np.sqrt(v), nu) if may else None, name, tolerance=1e-6)
        self.cell(row, "smallest_margin", abs(estimate) + stats.t.ppf(0.95, nu) * np.sqrt(v), name)

    def check_candidates(self, rows, tasks):
        """Of a family over all of its tasks."""
        for row in rows:
            for side, role, arm in (("first", row.first_role, row.arm), ("second", row.second_role, row.second_arm or row.arm)):
                with self.at(arm if arm in self.arms() else ""):
                    theirs = self.candidates(row.question, role, tasks, row.arm)
                self.cell(row, f"{side}_candidates", theirs, row.question, row.task)

    def check_sides(self, row, cells, name):
        """Seeds and items of a row with one cell or, of a mean, several."""
        for side, place in (("first", 0), ("second", 1)):
            self.cell(row, f"{side}_seeds", min(r if has else 0 for r, has in (c["seeds"][place] for c in cells)), name)
        self.cell(row, "n_test", sum(c["ya"].shape[1] for c in cells), name)
        self.cell(row, "collapsed", sum(c["fallen"] for c in cells), name)
        self.cell(row, "paired", all(c["paired"] for c in cells), name)

    def detectable(self, row, level, v, nu):
        power = lambda x: stats.nct.sf(stats.t.ppf(1 - level / 2, nu), nu, x) - 0.8
        if nu < 1e4:
            self.cell(row, "detectable", np.sqrt(v) * optimize.brentq(power, 0.1, 500), tolerance=1e-5)

    def mean_parts(self, cells, paired):
        """Seeds' parts of a mean over tasks: jointly over the seeds of a model, but at least as if tasks had their own."""
        difference = lambda c: c["ya"].mean(1) - c["yb"].mean(1) if c["paired"] else c["ya"].mean(1)
        sides = [("first", difference, 0)] if paired or self.own_bases else [
            ("first", lambda c: c["ya"].mean(1), 0), ("second", lambda c: c["yb"].mean(1), 1)]
        parts = [part for side in sides for part in self.side_parts(cells, *side)]
        items = [(c["item"][0] / len(cells) ** 2, c["item"][1]) for c in cells]
        total = sum(v for v, _ in parts + items)
        nu = max(min([d for _, d in parts] or [1]), satterthwaite(parts + items))
        first = np.sqrt(sum(v for v, _ in self.side_parts(cells, "first", lambda c: c["ya"].mean(1), 0)))
        return parts, sum(v for v, _ in items), first, (total, nu)

    def side_parts(self, cells, side, values, place):
        w, parts = 1 / len(cells), []
        # The seeds of a model; where they have bases of their own those of all models are the same.
        owner = lambda c: "" if self.own_bases else c[side]
        for model in dict.fromkeys(map(owner, cells)):
            mine = [c for c in cells if owner(c) == model]
            if not mine[0]["has"][place]:
                continue
            common = [s for s in mine[0]["names"][place] if all(s in c["names"][place] for c in mine)]
            own = [values(c)[[c["names"][place].index(s) for s in common]] for c in mine]
            sums = w * np.sum(own, axis=0)
            joint = (sums.var(ddof=1) / len(sums), len(sums) - 1)
            apart = [(w * w * x.var(ddof=1) / len(x), len(x) - 1) for x in own]
            parts += apart if sum(v for v, _ in apart) > joint[0] else [joint]
        return parts

    def settings_of(self, model):
        return self.settings.get(model, "")

    def check_family(self, question, family):
        """One plan: the mean over tasks, then its tasks, by one metric of each."""
        paired = question == "merge"
        rows = [row for row in family.itertuples() if row.task]
        judged_question = question != "model" and rows[0].metric == self.tasks[rows[0].task][0]
        cells, testable = {}, []
        for row in rows:
            name = (row.question, row.subject, row.task, row.metric)
            self.cell(row, "tasks", len(rows), name)
            self.cell(row, "held", self.held(row.first_model, row.second_model, row.task), name)
            c = self.pair(row.first_model, row.second_model, row.task, row.metric, paired)
            if c is None:
                assert row.note == "no predictions" or row.rule == "", name
                continue
            v = sum(x for x, _ in c["parts"]) + c["item"][0]
            nu = max(satterthwaite(c["parts"] + [c["item"]]), min([d for _, d in c["parts"]] or [1]))
            first = np.sqrt(c["ya"].mean(1).var(ddof=1) / len(c["ya"])) if c["has"][0] and len(c["ya"]) > 1 else 0
            self.check_numbers(row, c["estimate"], c["parts"], c["item"][0], first, (v, nu), name)
            self.check_sides(row, [c], name)
            learned = self.is_learned(row.task, self.settings_of(row.second_model))
            key = row.task, row.metric
            cells[key] = (row, c, v, nu, learned)
            if not self.obstacle(c, v, learned):
                testable.append(key)
        self.check_candidates(family.itertuples(), [row.task for row in rows])
        kind, share = self.rule([cells[t][1] for t in testable]) if testable else (None, 1)
        for key, (row, c, v, nu, learned) in cells.items():
            if key not in testable or kind is None or not judged_question:
                why = self.obstacle(c, v, learned) or self.reason([cells[t][1] for t in testable], kind)
                self.cell(row, "note", why, question, key)
            rule = kind if key in testable else "sum" if kind and v > 0 and c["fallen"] == 0 else None
            self.cell(row, "rule", rule, question, key)
            if rule == "sum" and not judged_question:
                self.detectable(row, ALPHA, v, nu)
        if not judged_question or not cells:
            for row in rows:
                self.cell(row, "verdict", None, question, row.task)
                self.cell(row, "p_adjusted", None, question, row.task)
            return
        means = [row for row in family.itertuples() if not row.task]
        for row in means:
            held = [set(self.held(r.first_model, r.second_model, r.task).split(" and ")) for r in rows]
            self.cell(row, "held", " and ".join(w for w in ("steps", "exposure") if all(w in h for h in held)), question, "mean")
        row, total, judged_mean = None, None, False
        if means:
            row = means[0]
            inside = [c for (task, _), (_, c, _, _, learned) in cells.items() if learned and self.in_points(task)]
            parts, item, first, total = self.mean_parts(inside, paired)
            self.check_numbers(row, np.mean([c["estimate"] for c in inside]), parts, item, first, total, (question, "mean"))
            self.check_sides(row, inside, (question, "mean"))
            self.cell(row, "tasks", len(inside), question, "mean")
            judged_mean = kind is not None and all(c["fallen"] == 0 and not c["constant"] for c in inside)
            self.cell(row, "rule", "sum" if judged_mean else None, question, "mean")
            if not judged_mean:
                self.cell(row, "note", self.mean_obstacle(inside) or self.reason([cells[t][1] for t in testable], kind), question)
            assert (row.verdict != "") == judged_mean, (question, "mean is judged")
        if kind == "sum":
            self.check_family_tests(question, row, total, judged_mean, cells, testable, share)
        for key in set(cells) - set(testable):
            row, c, v, nu, _ = cells[key]
            self.cell(row, "verdict", None, question, key)
            assert row.note, (question, key)
            if row.rule == "sum":
                self.detectable(row, ALPHA * share * (1 - SHARE if judged_mean else 1) / max(1, len(testable)), v, nu)

    def check_family_tests(self, question, row, total, judged_mean, cells, testable, share):
        one = {t: cells[t] for t in testable} | ({"mean": (row, dict(estimate=row.estimate), *total)} if judged_mean else {})
        tail = lambda key, side: stats.t.sf(side * one[key][1]["estimate"] / np.sqrt(one[key][2]), one[key][3])
        tails = {side: {key: tail(key, side) for key in one} for side in (1, -1)}

        def run(side, level):
            found = rejected(tails[side].get("mean"), [tails[side][t] for t in testable], level, SHARE)
            return {k if k == "mean" else testable[k] for k in found}

        level, weight = ALPHA * share, SHARE if judged_mean else 0
        equal = self.equal([(t, *cells[t][:4]) for t in testable], share)
        if judged_mean:
            equal |= self.equal([("mean", row, one["mean"][1], *total)], share)
        for key, (own, c, v, nu, *_) in one.items():
            name = (question, own.subject, key)
            levels = [smallest(key, lambda a, side=side: run(side, a)) for side in (1, -1)]
            self.check_verdict(own, c["estimate"], 2 * min(levels) / share, equal.get(key), name)
            first = weight if key == "mean" else (1 - weight) / len(testable)
            self.detectable(own, level * first, v, nu)
            ends = [side * self.bound(key, side * c["estimate"], np.sqrt(v), nu, run(side, level / 2), testable, weight, level / 2)
                    for side in (1, -1)]
            self.cell(own, "family_low", ends[0] if own.first_candidates == 1 else None, name, tolerance=1e-6)
            self.cell(own, "family_high", ends[1] if own.second_candidates == 1 else None, name, tolerance=1e-6)

    @staticmethod
    def bound(key, estimate, error, nu, found, testable, weight, level):
        """The end towards zero of the intervals that belong to the gate (Strassburger and Bretz 2008)."""
        below = lambda a: estimate - stats.t.ppf(1 - a, nu) * error
        missing = [t for t in testable if t not in found]
        own = weight if key == "mean" else (1 - weight) / len(testable)
        if key in found:
            everything = not missing and (weight == 0 or "mean" in found)
            return max(0, below(level * own)) if everything else 0
        if key == "mean":
            return below(level if testable and not missing else level * weight)
        return below((level if weight == 0 or "mean" in found else level * (1 - weight)) / len(missing))

    @staticmethod
    def equal(members, share):
        """p of equality by two one-sided tests within the margin and Holm, of what nobody chose by these trainings."""
        p = {key: max(stats.t.sf((row.margin + side * c["estimate"]) / np.sqrt(v), nu) for side in (1, -1))
             for key, row, c, v, nu in members if row.margin > 0 and row.first_candidates == row.second_candidates == 1}
        largest, adjusted = 0, {}
        for rank, key in enumerate(sorted(p, key=p.get)):
            largest = max(largest, (len(p) - rank) * p[key])
            adjusted[key] = min(1, min(1, largest) / share)
        return adjusted

    def check_verdict(self, row, estimate, adjusted, equal, name):
        adjusted = min(1, adjusted)
        may = row.first_candidates == 1 if estimate > 0 else row.second_candidates == 1
        self.cell(row, "p_adjusted", adjusted if may else None, name, tolerance=1e-6)
        verdict = "undecided" if adjusted > ALPHA or not may else "win" if estimate > 0 else "loss"
        self.cell(row, "p_equal", equal, name, tolerance=1e-6)
        within = equal is not None and equal <= ALPHA
        note = "chosen on the same seeds" if adjusted <= ALPHA and not may else None
        self.cell(row, "verdict", "equal" if within and verdict == "undecided" else verdict, name)
        self.cell(row, "note", "within the margin" if within and verdict != "undecided" else note, name)

    def check_models(self, family):
        """Several models against the cocktail of all: Holm over their means."""
        members, share = [], 1
        self.check_candidates(family.itertuples(), [])
        for row in family.itertuples():
            name = ("one_model", row.subject)
            tasks = [t for t in self.tasks if self.in_points(t) and self.is_learned(t, self.settings_of(row.second_model))]
            cells = [self.pair(row.first_model, row.second_model, t, self.tasks[t][0], False) for t in tasks]
            parts, item, first, total = self.mean_parts(cells, False)
            self.check_numbers(row, np.mean([c["estimate"] for c in cells]), parts, item, first, total, name)
            self.check_sides(row, cells, name)
            self.cell(row, "tasks", len(tasks), name)
            kind, own = self.rule(cells)
            fallen = sum(c["fallen"] for c in cells) or any(c["constant"] for c in cells)
            self.cell(row, "rule", "sum" if kind and not fallen else None, name)
            if kind and not fallen:
                members.append((row, *total))
                share = min(share, own)
            else:
                self.cell(row, "verdict", None, name)
                self.cell(row, "note", self.mean_obstacle(cells) or self.reason(cells, kind), name)
        equal = self.equal([(row.Index, row, {"estimate": row.estimate}, v, nu) for row, v, nu in members], share)
        for side in (1, -1):
            order = sorted(members, key=lambda m: stats.t.sf(side * m[0].estimate / np.sqrt(m[1]), m[2]))
            largest = 0
            for rank, (row, v, nu) in enumerate(order):
                largest = max(largest, (len(order) - rank) * stats.t.sf(side * row.estimate / np.sqrt(v), nu))
                if side * row.estimate > 0:
                    self.check_verdict(row, row.estimate, 2 * largest / share, equal.get(row.Index), ("one_model", row.subject))
                    self.detectable(row, ALPHA * share / len(members), v, nu)
        level, keys = ALPHA * share / 2, list(range(len(members)))
        found = {side: rejected(None, [stats.t.sf(side * row.estimate / np.sqrt(v), nu) for row, v, nu in members], level, SHARE)
                 for side in (1, -1)}
        for key, (row, v, nu) in enumerate(members):
            for side, end, open_ in ((1, "low", row.first_candidates > 1), (-1, "high", row.second_candidates > 1)):
                theirs = side * self.bound(key, side * row.estimate, np.sqrt(v), nu, found[side], keys, 0, level)
                self.cell(row, f"family_{end}", None if open_ else theirs, row.subject, tolerance=1e-6)
