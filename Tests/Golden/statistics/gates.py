"""The gate from a family's mean to its tasks, run as a sequentially rejective procedure."""


def rejected(mean, tasks, level, share):
    """The Bonferroni graph of one side, run as a sequentially rejective procedure with explicit weights."""
    names = (["mean"] if mean is not None else []) + list(range(len(tasks)))
    p = {name: mean if name == "mean" else tasks[name] for name in names}
    group = {"mean": share if mean is not None and tasks else 1.0 if mean is not None else 0.0}
    group["tasks"] = 1 - group["mean"]
    left, out = set(names), set()
    while True:
        open_tasks = [name for name in left if name != "mean"]
        found = None
        for name in sorted(left, key=str):
            weight = group["mean"] if name == "mean" else group["tasks"] / len(open_tasks)
            if p[name] <= weight * level:
                found = name
                break
        if found is None:
            return out
        left.remove(found)
        out.add(found)
        if found == "mean":
            group = {"mean": 0.0, "tasks": 1.0}
        elif not [name for name in left if name != "mean"]:
            group = {"mean": 1.0, "tasks": 0.0}


def smallest(key, run):
    """The smallest level at which a procedure rejects a hypothesis, by bisection."""
    if key not in run(1.0):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if key in run(middle) else (middle, high)
    return high
