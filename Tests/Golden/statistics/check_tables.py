"""Recomputes the tables of Tests/Golden/reporting from runs.csv alone, with pandas and SciPy.

Run by hand after the snapshots change: python Tests/Golden/statistics/check_tables.py
It shares no code with the program: the tables must agree to 1e-9 with what another program makes of the same runs.
"""

import pathlib

import numpy as np
import pandas as pd
from scipy import stats

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


def holm(values):
    order, result, largest = np.argsort(values), np.empty(len(values)), 0
    for rank, index in enumerate(order):
        largest = max(largest, min(1, (len(values) - rank) * values[index]))
        result[index] = largest
    return result


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


def check_comparison():
    tests = {}
    table = tables["comparison"].set_index(["task", "metric"])
    for task, metrics in TASKS.items():
        chosen = {
            "single": choose([m for m in models("single") if learned(m) == [task]], task),
            "best_cocktail": choose([m for m in models("cocktail") if task in learned(m)], task),
            "all_cocktail": choose([m for m in models("cocktail") if set(learned(m)) == set(TASKS)], task),
            "best_merge": choose([m for m in models("merge") if task in learned(m)], task),
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
                if role == "single":
                    continue
                gains = difference(model, chosen["single"], task, metric)
                gain, width = mean_ci(gains)
                same(row[f"{role}_delta"], gain, (task, metric, role, "delta"))
                same(row[f"{role}_delta_ci"], width, (task, metric, role, "delta ci"))
                p = stats.ttest_1samp(gains, 0).pvalue
                same(row[f"{role}_p"], p, (task, metric, role, "p"))
                tests.setdefault((task, metric, model), []).append((role, p, gain))
    # Deciding metrics are one family, further ones another.
    families = [[k for k in tests if (TASKS[k[0]][0] == k[1]) == deciding] for deciding in (True, False)]
    corrected = [pair for keys in families for pair in zip(keys, holm([tests[k][0][1] for k in keys]))]
    for key, adjusted in corrected:
        for role, _, gain in tests[key]:
            row = table.loc[key[0], key[1]]
            same(row[f"{role}_p_adjusted"], adjusted, (key, "adjusted"))
            verdict = "n.s." if adjusted >= 0.05 else "better" if gain > 0 else "worse"
            same(row[f"{role}_verdict"], verdict, (key, "verdict"))


def relative(model, tasks):
    parts = []
    for task in tasks:
        metric, single = TASKS[task][0], single_of(task, model)
        parts.append(100 * difference(model, single, task, metric) / abs(values(single, task, "test", metric).mean()))
    return mean_ci(pd.concat(parts, axis=1).dropna().mean(axis=1))


def check_cocktails():
    table = tables["cocktails"].set_index("model")
    tests, outcome = {}, {}
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
        for task in own if model.startswith("cocktail") else []:
            gains = difference(model, single_of(task, model), task, TASKS[task][0])
            tests[model, task] = (stats.ttest_1samp(gains, 0).pvalue, gains.mean())
    for (key, (_, gain)), adjusted in zip(tests.items(), holm([p for p, _ in tests.values()])):
        outcome.setdefault(key[0], []).append(0 if adjusted >= 0.05 else np.sign(gain))
    for model, results in outcome.items():
        for name, mark in (("wins", 1), ("ties", 0), ("losses", -1)):
            same(table.loc[model][name], results.count(mark), (model, name))


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
        expected = {
            "value": mean_ci(score),
            "gain_over_base": mean_ci(sign(metric) * (score - base)),
            "gain_over_single": mean_ci(
                difference(row.model, single_of(row.evaluated_on, row.model), row.evaluated_on, metric)
            ),
        }
        for name, (mean, width) in expected.items():
            same(row[name], mean, (row.model, row.evaluated_on, name))
            same(row[f"{name}_ci"], width, (row.model, row.evaluated_on, name, "ci"))
        same(bool(row.seen), row.evaluated_on in learned(row.model), "seen")


check_comparison()
check_cocktails()
check_merges()
check_transfer()
shares = tables["mixtures"].groupby(["model", "seed"]).share.sum()
assert np.allclose(shares, 1)
print(f"{checked} cells agree")
for name, table in sorted(tables.items()):
    print(f"{name}: {len(table)} rows; " + ", ".join(f"{c} {t}" for c, t in table.dtypes.items()))
