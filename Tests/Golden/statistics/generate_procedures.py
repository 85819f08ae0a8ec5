"""Writes procedures.json: golden values of tests, families, intervals and designs.

Run by hand: python Tests/Golden/statistics/generate_procedures.py
Values come from SciPy, statsmodels and scikit-posthocs where these have the procedure, and otherwise from its definition by
another route than the program's: enumeration, sequential rejection at a level, root finding.
"""

import itertools
import json
import pathlib

import numpy as np
import scikit_posthocs
import scipy
import statsmodels
from scipy import optimize, special, stats
from statsmodels.stats import contingency_tables, multitest, weightstats

from gates import rejected, smallest
from streams import Stream

rng = np.random.default_rng(11)
floats = lambda values: [float(x) for x in np.ravel(values)]
table = lambda values: [floats(row) for row in values]


def welch():
    out = []
    for n, m, s in ((3, 4, 1), (2, 9, 5), (10, 10, 0.2)):
        a, b = rng.normal(0.7, 0.02, n), rng.normal(0.68, 0.02 * s, m)
        r = stats.ttest_ind(a, b, equal_var=False)
        out.append({"a": floats(a), "b": floats(b), "p": float(r.pvalue), "df": float(r.df), "t": float(r.statistic)})
    return out


def corrections():
    out = []
    for m in (1, 2, 3, 5, 12, 40):
        p = rng.random(m) ** 2 * (0.2 if m == 12 else 1)
        p = np.round(p, 3) if m == 5 else p
        adjust = lambda method: floats(multitest.multipletests(p, method=method)[1])
        out.append({"p": floats(p), "hommel": adjust("hommel"), "bh": adjust("fdr_bh"), "holm": adjust("holm")})
    return out


def max_t():
    """Westfall and Young's step-down procedure over all sign flips, by definition: minima over growing sets."""
    out = []
    for tests, units, shift in ((1, 5, 0.5), (4, 6, 1.0), (5, 8, 0.8)):
        d = rng.normal(size=(tests, units)) + shift * (np.arange(tests) % 2)[:, None] + 0.5 * rng.normal(size=units)
        signs = np.array(list(itertools.product((1, -1), repeat=units)))
        x = d[None] * signs[:, None]
        t = np.abs(x.mean(2) / np.sqrt(x.var(2, ddof=1) / units))
        seen = np.abs(stats.ttest_1samp(d, 0, axis=1).statistic)
        order, adjusted, largest = np.argsort(-seen), np.empty(tests), 0
        for place, test in enumerate(order):
            rest = t[:, order[place:]].max(1)
            largest = max(largest, np.mean(rest >= seen[test] * (1 - 1e-10)))
            adjusted[test] = largest
        out.append({"differences": table(d), "adjusted": floats(adjusted)})
    return out


def families():
    out = []
    cases = [(None, 1), (None, 6), (0.0, 6), (0.6, 6), (1.5, 3), (3.0, 4), (-2.0, 5), (0.8, 2), (4.0, 2)]
    for shift, tasks in cases:
        se = rng.uniform(0.5, 1.5, tasks)
        d = (shift or 1.0) * 1.5 + rng.normal(size=tasks) * 1.5
        if shift == 4.0:
            d = np.array([9.0, 7.0])
        df = rng.uniform(4, 30, tasks)
        mean = None if shift is None else (float(d.mean()), float(np.sqrt((se**2).sum()) / tasks), float(df.sum()))
        alpha, share = 0.05, 0.8
        members = ([mean] if mean else []) + [(float(a), float(b), float(c)) for a, b, c in zip(d, se, df)]
        keys = (["mean"] if mean else []) + list(range(tasks))
        tails = [{k: float(stats.t.sf(side * m[0] / m[1], m[2])) for k, m in zip(keys, members)} for side in (1, -1)]
        run = lambda side, level: rejected(tails[side].get("mean"), [tails[side][i] for i in range(tasks)], level, share)

        adjusted = [min(1.0, 2 * min(smallest(k, lambda level, side=side: run(side, level)) for side in (0, 1))) for k in keys]
        wins, losses = run(0, alpha / 2), run(1, alpha / 2)
        direction = [int(k in wins) - int(k in losses) for k in keys]
        start = {"mean": share, **{i: (1 - share if mean else 1) / tasks for i in range(tasks)}}

        def lower(found, key, estimate, se, df):
            quantile = lambda level: estimate - stats.t.ppf(1 - level, df) * se
            every = len(found) == len(keys)
            if key in found:
                return max(0.0, quantile(alpha / 2 * start[key])) if every else 0.0
            open_tasks = [i for i in range(tasks) if i not in found]
            if key == "mean":
                return quantile(alpha / 2 * (share if open_tasks else 1))
            return quantile(alpha / 2 * (1 if not mean or "mean" in found else 1 - share) / len(open_tasks))

        low = [lower(wins, k, *m) for k, m in zip(keys, members)]
        high = [-lower(losses, k, -m[0], *m[1:]) for k, m in zip(keys, members)]
        out.append({
            "hasMean": mean is not None, "members": [list(m) for m in members], "adjusted": adjusted,
            "direction": direction, "low": floats(low), "high": floats(high),
        })
    return out


def crossed():
    """Mean squares by the table of a two-way analysis of variance, by loops."""
    out = []
    for ra, rb, n, base in ((3, 4, 7, False), (4, 4, 30, False), (1, 3, 12, True)):
        item = rng.normal(0, 0.3, n)
        a = 0.7 + item + rng.normal(0, 0.05, (ra, 1)) + rng.normal(0, 0.2, (ra, n))
        b = 0.6 + item + rng.normal(0, 0.05, (rb, 1)) + rng.normal(0, 0.2, (rb, n))

        def squares(y):
            r = len(y)
            s = np.var(y.mean(1), ddof=1) if r > 1 else None
            fit = y.mean(1, keepdims=True) + y.mean(0, keepdims=True) - y.mean()
            return s, ((y - fit) ** 2).sum() / ((r - 1) * (n - 1)) if r > 1 else None

        (sa, ma), (sb, mb) = squares(a), squares(b)
        si = np.var(a.mean(0) - b.mean(0), ddof=1)
        rows = {}
        parts = [(s / r, r - 1) for s, r in ((sa, ra), (sb, rb)) if s is not None]
        rest = [(m / (r * n), (r - 1) * (n - 1)) for m, r in ((ma, ra), (mb, rb)) if m is not None]
        seed, res = sum(v for v, _ in parts), sum(v for v, _ in rest)
        for rule in ("sum", "unbiased", "largest"):
            v = seed + si / n - (0 if rule == "sum" else res)
            v = max(v, seed, si / n) if rule == "largest" else v
            every = parts + [(si / n, n - 1)] + ([] if rule == "sum" else rest)
            df = max(v**2 / sum(x**2 / d for x, d in every), min(d for _, d in parts))
            rows[rule] = [float(v), float(df)]
        clusters = [i // 3 for i in range(n)]
        diff = a.mean(0) - b.mean(0)
        totals = [sum(diff[i] - diff.mean() for i in range(n) if clusters[i] == c) for c in sorted(set(clusters))]
        m = len(totals)
        case = {
            "a": table(a), "b": table(b), "estimate": float(a.mean() - b.mean()), "rules": rows,
            "seedError": float(np.sqrt(seed)), "itemError": float(np.sqrt(si / n)), "clusters": clusters,
            "clusterError": float(np.sqrt(m / (m - 1) * sum(x * x for x in totals) / n**2)),
        }
        if ra == rb:
            d = a - b
            sp = np.var(d.mean(1), ddof=1) / ra
            sd = np.var(d.mean(0), ddof=1) / n
            case["paired"] = [float(sp + sd), float(max(ra - 1, (sp + sd) ** 2 / (sp**2 / (ra - 1) + sd**2 / (n - 1))))]
        out.append(case)
    return out


def conservative():
    """Variances drawn towards a family's, only upwards, by a prior whose spread is taken at its upper 90 % limit."""
    out = []
    for cells, df, d0, outlier in ((12, 2, 5, 0), (12, 3, 8, 400), (40, 2, 1e6, 900), (16, 4, 3, 0), (8, 2, 1e6, 0)):
        s = 4e-4 * d0 / rng.chisquare(d0, cells) * rng.chisquare(df, cells) / df
        if outlier:
            s[3] = outlier * np.median(s)
        keep = np.ones(cells, bool)
        logs = np.log(np.maximum(s, 1e-5 * np.median(s))) - special.digamma(df / 2) + np.log(df / 2)
        for turn in range(4):
            m = keep.sum()
            spread = logs[keep].var(ddof=1) * (m - 1) / stats.chi2.ppf(0.1, m - 1) - special.polygamma(1, df / 2)
            prior_df, scale = np.inf, np.exp(logs[keep].mean())
            if spread > 0:
                half = optimize.brentq(lambda x: special.polygamma(1, x) - spread, 1e-6, 1e9, xtol=1e-14)
                prior_df, scale = 2 * half, np.exp(logs[keep].mean() + special.digamma(half) - np.log(half))
            if turn < 3:
                tail = stats.f.sf(s / scale, df, prior_df) if np.isfinite(prior_df) else stats.chi2.sf(df * s / scale, df)
                keep = tail > 0.01
        borrowed = min(prior_df, (keep.sum() - 1) * df)
        squeezed = np.maximum(s, (borrowed * s[keep].mean() + df * s) / (borrowed + df))
        out.append({
            "variances": floats(s), "degrees": [float(df)] * cells, "kept": keep.tolist(),
            "squeezed": floats(np.where(keep, squeezed, s)), "freedom": floats(np.where(keep, df + borrowed, df)),
        })
    assert any(not all(case["kept"]) for case in out)
    return out


def mcnemar():
    out = []
    for b, c in ((0, 0), (1, 5), (5, 5), (12, 3), (40, 61)):
        ours = contingency_tables.mcnemar([[10, b], [c, 10]], exact=True).pvalue
        n = b + c
        mass = stats.binom.pmf(range(n + 1), n, 0.5)
        extreme = [k for k in range(n + 1) if abs(k - n / 2) >= abs(b - n / 2)]
        equal = [k for k in range(n + 1) if abs(k - n / 2) == abs(b - n / 2)]
        out.append([b, c, float(min(1, ours)), float(mass[extreme].sum() - mass[equal].sum() / 2)])
    return out


def equivalence():
    out = []
    for n, shift, margin in ((4, 0.0, 0.05), (8, 0.02, 0.05), (5, -0.08, 0.05)):
        a = rng.normal(0.7, 0.02, n)
        b = a - shift + rng.normal(0, 0.02, n)
        p = weightstats.ttost_paired(a, b, -margin, margin)[0]
        d = a - b
        se, t = d.std(ddof=1) / np.sqrt(n), stats.t.ppf(0.95, n - 1)
        smallest = optimize.brentq(lambda m: weightstats.ttost_paired(a, b, -m, m)[0] - 0.05, 1e-6, 1, xtol=1e-14)
        out.append([float(d.mean()), float(se), n - 1, margin, float(p), float(smallest)])
    return out


def fieller():
    """Ends of the set by root finding on the test itself."""
    out = []
    for n, q, vn, vq, c, t in ((0.8, 1.0, 0.01, 0.01, 0.004, 2.1), (0.1, 0.3, 0.004, 0.002, 0.0, 2.5), (-0.2, 0.4, 0.01, 0.01, -0.003, 2.0), (0.2, 0.1, 0.01, 0.01, 0.0, 2.3)):
        f = lambda r: abs(n - r * q) - t * np.sqrt(vn - 2 * r * c + r * r * vq)
        if q * q <= t * t * vq:
            out.append([n, q, vn, vq, c, t])
            continue
        ends = [optimize.brentq(f, n / q, n / q + side * 1e4, xtol=1e-15) for side in (-1, 1)]
        out.append([n, q, vn, vq, c, t, *ends])
    return out


def wilcoxon():
    out = []
    for d in ([1.0, 2, -3, 4, 5], [1.0, 1, -1, 2, 2, 0, 3], [0.5] * 4, [0.0, 0.0], list(np.round(rng.normal(0.3, 1, 14), 1)), list(rng.normal(0.5, 1, 12))):
        d = np.array(d, float)
        x = d[d != 0]
        ranks = stats.rankdata(np.abs(x))
        signs = np.array(list(itertools.product((0, 1), repeat=len(x)))).reshape(2 ** len(x), len(x))
        sums = signs @ ranks
        w = min(ranks[x > 0].sum(), ranks[x < 0].sum())
        p = float(min(1, 2 * np.mean(sums <= w + 1e-9)))
        if len(x) == len(d) == len(set(np.abs(x))):
            assert np.isclose(p, stats.wilcoxon(d, method="exact").pvalue)
        out.append({"d": floats(d), "p": p, "positive": float(ranks[x > 0].sum())})
    return out


def friedman():
    out = []
    for n, k, effect in ((6, 3, 0.2), (8, 5, 1.0), (12, 7, 2.0), (5, 4, 0)):
        s = rng.normal(size=(n, k)) + effect * np.arange(k) / k
        s = np.round(s, 0) if effect == 0 else s
        chi, p = stats.friedmanchisquare(*s.T)
        f = (n - 1) * chi / (n * (k - 1) - chi)
        ranks = stats.rankdata(-s, axis=1).mean(0)
        cd = stats.studentized_range.ppf(0.95, k, np.inf) / np.sqrt(2) * np.sqrt(k * (k + 1) / (6 * n))
        order = np.argsort(ranks, kind="stable")
        cliques = [
            list(map(int, order[i:j + 1])) for i in range(k) for j in range(i + 1, k) if ranks[order[j]] - ranks[order[i]] <= cd
        ]
        cliques = [c for c in cliques if not any(set(c) < set(other) for other in cliques)]
        out.append({
            "scores": table(s), "chi": float(chi), "p": float(p), "f": float(f), "fP": float(stats.f.sf(f, k - 1, (k - 1) * (n - 1))),
            "ranks": floats(ranks), "nemenyi": table(scikit_posthocs.posthoc_nemenyi_friedman(s).to_numpy()), "cd": float(cd), "groups": cliques,
        })
    return out


def aggregates():
    scores = [floats(rng.normal(0.7, 0.1, n)) for n in (3, 4, 5)]
    others = [floats(np.round(rng.normal(0.65, 0.1, n), 1)) for n in (4, 4, 2)]
    first = [floats(np.round(x, 1)) for x in scores]
    better = np.mean([stats.mannwhitneyu(a, b).statistic / (len(a) * len(b)) for a, b in zip(first, others)])
    pool = floats(np.concatenate(scores))
    return {"pool": pool, "iqm": float(stats.trim_mean(pool, 0.25)), "first": first, "second": others, "better": float(better)}


def best_of():
    scores = floats(rng.normal(0.7, 0.1, 6))
    out = []
    for k in (1, 2, 4):
        with_repetition = np.mean([max(c) for c in itertools.product(scores, repeat=k)])
        without = np.mean([max(c) for c in itertools.combinations(scores, k)])
        out.append([k, float(with_repetition), float(without)])
    return {"scores": scores, "rows": out}


def choices():
    candidates, seeds, items = 3, 3, 20
    s = rng.normal(0.7, 0.3, (candidates, seeds, items))
    out = []
    for draws in (0, 50):
        stream = Stream(4, "choices")
        counts = np.zeros(candidates)
        for left in range(seeds):
            means = np.delete(s, left, axis=1).mean(1)
            if draws == 0:
                counts[means.sum(1).argmax()] += 1
            for _ in range(draws):
                drawn = [stream.index(items) for _ in range(items)]
                counts[means[:, drawn].sum(1).argmax()] += 1
        out.append(floats(counts / counts.sum()))
    return {"scores": [table(c) for c in s], "fixed": out[0], "drawn": out[1]}


def power():
    out = []
    for df in (2, 3, 4, 6, 8, 14, 18, 400.5):
        for alpha in (0.05, 0.05 / 6):
            limit = stats.t.isf(alpha / 2, df)
            factor = optimize.brentq(lambda d: stats.nct.sf(limit, df, d) - 0.8, 0.5, 60, xtol=1e-13)
            both = float(stats.nct.sf(limit, df, 1.7) + stats.nct.cdf(-limit, df, 1.7))
            out.append([df, alpha, factor, both])
    return out


def designs():
    """Needed seeds and items, by trying all of them, where one side's seeds or differences vary (k = 1) or two sides' (2)."""
    def enough(k, s, g, e, r, n, size):
        own, shared = (s + e / n) / r, (g + e / r) / n
        v = own + shared
        parts = ([(own / k, r - 1)] * k if r > 1 else []) + [(shared, n - 1)]
        df = max(r - 1, 1, v**2 / sum(x**2 / d for x, d in parts))
        limit = stats.t.isf(0.025, df)
        return stats.nct.sf(limit, df, size / np.sqrt(v)) >= 0.8

    out = []
    cases = ((4e-4, 0.02, 0.05, 4, 400, 0.03), (1e-4, 0.1, 0.05, 4, 400, 0.02), (9e-4, 0.02, 0.05, 3, 1600, 0.02), (9e-3, 0.01, 0.05, 3, 400, 0.01), (4e-4, 0.005, 0.05, 3, 2000, 0.05))
    for k, (s, g, e, r, n, size) in itertools.product((2, 1), cases):
        seeds = next((x for x in range(r, 51) if x > 1 and enough(k, s, g, e, x, n, size)), None)
        # The normal limit for endless seeds, which says that items decide.
        stuck = (stats.norm.isf(0.025) + stats.norm.isf(0.2)) ** 2 * g / n >= size**2
        helps = enough(k, s, g, e, r, 10**9, size)
        out.append({"design": [s, g, e], "seedParts": k, "r": r, "n": n, "size": size, "seeds": seeds or 0, "stuck": bool(stuck), "helps": bool(helps)})
    return out


golden = {
    "versions": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "scikit-posthocs": scikit_posthocs.__version__},
    "welch": welch(), "corrections": corrections(), "maxT": max_t(), "families": families(), "crossed": crossed(), "conservative": conservative(), "mcnemar": mcnemar(),
    "equivalence": equivalence(), "fieller": fieller(), "wilcoxon": wilcoxon(), "friedman": friedman(), "aggregates": aggregates(),
    "bestOf": best_of(), "choices": choices(), "power": power(), "designs": designs(),
}
pathlib.Path(__file__).with_name("procedures.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
