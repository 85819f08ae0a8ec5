"""Recomputes the tables of Tests/Golden/reporting from runs.csv alone, with pandas and SciPy.

Run by hand after the snapshots change: python Tests/Golden/statistics/check_tables.py
It shares no code with the program: the tables must agree to 1e-9 with what another program makes of the same runs. The sample has
no predictions; its items are drawn from named streams (SampleItems.swift), which are drawn again here.
"""

import pathlib

import numpy as np
import pandas as pd
from scipy import stats

from gates import rejected, smallest
from streams import Stream

FOLDER = pathlib.Path(__file__).parent.parent / "reporting"
TASKS = {"fpb": ["macro_f1", "accuracy"], "fomc": ["macro_f1"], "fiqa": ["mse", "pearson"]}
LOWER = {"mse"}
tables = {path.stem: pd.read_csv(path) for path in FOLDER.glob("*.csv")}
runs = tables["runs"]
checked = 0


def same(ours, theirs, what):
    global checked
    checked += 1
    if pd.isna(ours) and (theirs is None or pd.isna(theirs)):
        return
    if isinstance(theirs, (str, bool, np.bool_)):
        assert ours == theirs, (what, ours, theirs)
    else:
        assert np.isclose(ours, theirs, rtol=1e-9, atol=1e-13), (what, ours, theirs)


def values(model, task, split, metric):
    rows = runs[(runs.model == model) & (runs.task == task) & (runs.split == split) & (runs.metric == metric)]
    return rows.set_index("seed").value.dropna()


def sign(metric):
    return -1 if metric in LOWER else 1


def mean_ci(data):
    if len(data) == 0:
        return None, None
    return data.mean(), stats.sem(data) * stats.t.ppf(0.975, len(data) - 1) if len(data) > 1 else None


def models(kind):
    return list(dict.fromkeys(runs[runs.kind == kind].model))


def learned(model):
    recipe = runs[runs.model == model].recipe.iloc[0]
    return recipe.split(" of ")[-1].split("+")


def settings(model):
    return runs[runs.model == model].settings.iloc[0]


def choose(candidates, task):
    metric = TASKS[task][0]
    scores = [values(model, task, "validation", metric) for model in candidates]
    full = max(len(score) for score in scores)
    ranked = [sign(metric) * score.mean() if len(score) == full else -np.inf for score in scores]
    return candidates[int(np.argmax(ranked))]


def single_of(task, model):
    return f"single:{task}[{settings(model)}]"


def difference(model, reference, task, metric):
    return (sign(metric) * (values(model, task, "test", metric) - values(reference, task, "test", metric))).dropna()


def items(model, task, metric):
    """Pseudo-scores by seed and item, turned so that more is better."""
    rows = runs[(runs.model == model) & (runs.task == task) & (runs.split == "test") & (runs.metric == metric)]
    out = []
    for row in rows[rows.value.notna()].itertuples():
        shared, own = Stream(0, task, "test", metric), Stream(0, row.job, metric)
        noise = np.array([0.2 * shared.normal() + 0.1 * own.normal() for _ in range(row.n)])
        out.append(sign(metric) * (row.value + noise - noise.mean()))
    return np.array(out), not pd.isna(rows.seed.iloc[0])


def contrast(row):
    """Estimate, parts of the variance with their degrees, and the first's values by seed, of one comparison."""
    (a, has_a), (b, has_b) = items(row.first_model, row.task, row.metric), items(row.second_model, row.task, row.metric)
    if row.paired:
        common = sorted(set(values(row.first_model, row.task, "test", row.metric).index)
                        & set(values(row.second_model, row.task, "test", row.metric).index))
        pick = lambda model, y: y[[list(values(model, row.task, "test", row.metric).index).index(s) for s in common]]
        d = pick(row.first_model, a) - pick(row.second_model, b)
        parts = [(d.mean(1).var(ddof=1) / len(d), len(d) - 1)] if len(d) > 1 else []
        return d.mean(), parts, (d.mean(0).var(ddof=1) / d.shape[1], d.shape[1] - 1)
    parts = [(y.mean(1).var(ddof=1) / len(y), len(y) - 1) for y, has in ((a, has_a), (b, has_b)) if has and len(y) > 1]
    d = a.mean(0) - b.mean(0)
    return a.mean() - b.mean(), parts, (d.var(ddof=1) / len(d), len(d) - 1)


def spread(parts, item):
    v = sum(x for x, _ in parts) + item[0]
    nu = v**2 / (sum(x**2 / d for x, d in parts) + item[0] ** 2 / item[1])
    return v, max(nu, min([d for _, d in parts] or [1]))


def check_contrasts():
    table = tables["contrasts"].fillna({"subject": "", "arm": "", "note": "", "verdict": "", "task": "", "rule": ""})
    for _, family in table.groupby(["question", "subject", "arm"], sort=False):
        tested = {}
        for row in family[family.task != ""].itertuples():
            name = (row.question, row.subject, row.task, row.metric)
            estimate, parts, item = contrast(row)
            same(row.estimate, estimate, (name, "estimate"))
            same(row.se_seed, np.sqrt(sum(x for x, _ in parts)) if parts or row.first_seeds != 1 else None, (name, "seed"))
            same(row.se_item, np.sqrt(item[0]), (name, "item"))
            if row.rule != "sum":
                continue
            v, nu = spread(parts, item)
            half = stats.t.ppf(0.975, nu) * np.sqrt(v)
            same(row.degrees, nu, (name, "degrees"))
            same(row.ci_low, estimate - half if row.first_candidates == 1 else None, (name, "low"))
            same(row.ci_high, estimate + half if row.second_candidates == 1 else None, (name, "high"))
            if row.verdict:
                tested[row.task] = (estimate, np.sqrt(v), nu, row)
        mean = family[family.task == ""]
        if not tested:
            continue
        mean = mean.iloc[0] if len(mean) else None
        judged = mean is not None and mean.verdict != ""
        # Three seeds a side and few tasks: all levels at 0.8.
        keys = list(tested)
        tails = []
        for side in (1, -1):
            p = {k: stats.t.sf(side * e / s, nu) for k, (e, s, nu, _) in tested.items()}
            se = np.hypot(mean.se_seed, mean.se_item) if judged else 1
            p["mean"] = stats.t.sf(side * mean.estimate / se, mean.degrees) if judged else None
            tails.append(p)

        def run(side, level):
            found = rejected(tails[side]["mean"], [tails[side][k] for k in keys], level, 0.8)
            return {k if k == "mean" else keys[k] for k in found}

        for key in keys + (["mean"] if judged else []):
            estimate, row = (mean.estimate, mean) if key == "mean" else (tested[key][0], tested[key][3])
            levels = [smallest(key, lambda level, side=side: run(side, level)) for side in (0, 1)]
            adjusted = min(1, 2 * min(levels) / 0.8)
            may = row.first_candidates == 1 if estimate > 0 else row.second_candidates == 1
            same(row.p_adjusted, adjusted if may else None, (key, "adjusted"))
            verdict = "undecided" if adjusted > 0.05 or not may else "win" if estimate > 0 else "loss"
            same(row.verdict, verdict, (key, "verdict"))


def check_comparison():
    table = tables["comparison"].set_index(["task", "metric"])
    contrasts = tables["contrasts"].set_index(["question", "task", "metric"])
    for task, metrics in TASKS.items():
        chosen = {
            "single": choose([m for m in models("single") if learned(m) == [task]], task),
            "best_cocktail": choose([m for m in models("cocktail") if task in learned(m)], task),
            "all_cocktail": choose([m for m in models("cocktail") if set(learned(m)) == set(TASKS)], task),
            "best_unseen": choose([m for m in models("single") + models("cocktail") if task not in learned(m)], task),
        }
        for metric in metrics:
            row = table.loc[task, metric]
            same(row.chosen_on, f"validation {TASKS[task][0]}", "chosen on")
            base = runs[(runs.kind == "base") & (runs.task == task) & (runs.split == "test") & (runs.metric == metric)]
            same(row.base, base.value.iloc[0], "base")
            for role, model in chosen.items():
                score, width = mean_ci(values(model, task, "test", metric))
                same(row[f"{role}_model"], model, role)
                same(row[f"{role}_mean"], score, (task, metric, role))
                same(row[f"{role}_ci"], width, (task, metric, role, "ci"))
            for role in (*list(chosen)[1:], "merge"):
                own = contrasts.loc[(role, task, metric)].iloc[0]
                same(row[f"{role}_model"], own.first_model, (task, role))
                for name in ("estimate", "verdict", "p_adjusted"):
                    same(row[f"{role}_{ {'estimate': 'delta'}.get(name, name) }"], own[name], (task, role, name))


def relative(model, tasks):
    parts = []
    for task in tasks:
        metric, single = TASKS[task][0], single_of(task, model)
        parts.append(100 * difference(model, single, task, metric) / abs(values(single, task, "test", metric).mean()))
    return mean_ci(pd.concat(parts, axis=1).dropna().mean(axis=1))


def check_cocktails():
    table = tables["cocktails"].set_index("model")
    for model in models("single") + models("cocktail"):
        row = table.loc[model]
        own = [task for task in TASKS if task in learned(model)]
        for name, tasks in (("delta_m", own), ("delta_m_all", list(TASKS))):
            gain, width = relative(model, tasks)
            same(row[name], gain, (model, name))
            same(row[f"{name}_ci"], width, (model, name, "ci"))
        if len({sign(TASKS[task][0]) for task in own}) == 1:
            parts = [values(model, task, "test", TASKS[task][0]) for task in own]
            score, width = mean_ci(pd.concat(parts, axis=1).dropna().mean(axis=1))
            same(row["mean"], score, (model, "mean"))
            same(row["mean_ci"], width, (model, "mean ci"))
        else:
            same(row["mean"], None, (model, "mean"))


def normalised(model, task, split):
    metric = TASKS[task][0]
    both = pd.concat(
        [values(model, task, split, metric), values(single_of(task, model), task, split, metric)], axis=1
    ).dropna()
    merged, single = both.mean()
    return single / merged if metric in LOWER else merged / single


def check_merges():
    table = tables["merges"].set_index("model")
    for model in models("merge"):
        scores = {task: normalised(model, task, "test") for task in TASKS}
        for task, score in scores.items():
            same(table.loc[model][f"normalised_{task}"], score, (model, task))
        same(table.loc[model].mean_normalised, np.mean(list(scores.values())), (model, "mean"))
        same(table.loc[model].worst_task, min(scores, key=scores.get), (model, "worst"))
        validation = np.mean([normalised(model, task, "validation") for task in TASKS])
        same(table.loc[model].validation_mean_normalised, validation, (model, "validation"))
    assert list(table.chosen_on_validation) == list(
        table.validation_mean_normalised == table.validation_mean_normalised.max()
    )


def check_transfer():
    for _, row in tables["transfer"].iterrows():
        metric = TASKS[row.evaluated_on][0]
        score = values(row.model, row.evaluated_on, "test", metric)
        base = runs[(runs.kind == "base") & (runs.task == row.evaluated_on)]
        base = base[(base.split == "test") & (base.metric == metric)].value.iloc[0]
        single = single_of(row.evaluated_on, row.model)
        same(row["value"], score.mean(), (row.model, row.evaluated_on, "value"))
        same(row.value_ci, mean_ci(score)[1], (row.model, row.evaluated_on, "ci"))
        same(row.gain_over_base, (sign(metric) * (score - base)).mean(), (row.model, row.evaluated_on, "base"))
        other = values(single, row.evaluated_on, "test", metric)
        gain = None if single == row.model else sign(metric) * (score.mean() - other.mean())
        same(row.gain_over_single, gain, (row.model, row.evaluated_on, "single"))
        same(bool(row.seen), row.evaluated_on in learned(row.model), "seen")


check_contrasts()
check_comparison()
check_cocktails()
check_merges()
check_transfer()
shares = tables["mixtures"].groupby(["model", "seed"]).share.sum()
assert np.allclose(shares, 1)
print(f"{checked} cells agree")
for name, table in sorted(tables.items()):
    print(f"{name}: {len(table)} rows; " + ", ".join(f"{c} {t}" for c, t in table.dtypes.items()))
