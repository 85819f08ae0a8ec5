#!/usr/bin/env python3
"""Golden learning-rate factors from transformers' schedulers.

Usage: generate_schedules.py OUT_FILE      (run by hand; writes schedules.json)

Factors are rates with a peak rate of 1, one for each step of the budget.
"""
import json, sys
import torch, transformers
from transformers import get_scheduler

names = dict(constant="constant_with_warmup", linear="linear", cosine="cosine")
cases = []
for ours, theirs in names.items():
    for warmup, total in [(0, 10), (1, 10), (6, 100), (5, 20), (30, 30)]:
        optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        schedule = get_scheduler(theirs, optimiser, num_warmup_steps=warmup, num_training_steps=total)
        factors = []
        for _ in range(total):
            factors.append(schedule.get_last_lr()[0])
            optimiser.step()
            schedule.step()
        cases.append(dict(schedule=ours, warmup=warmup, total=total, factors=factors))
json.dump(dict(cases=cases, torch=torch.__version__, transformers=transformers.__version__),
    open(sys.argv[1], "w"), indent=1)
