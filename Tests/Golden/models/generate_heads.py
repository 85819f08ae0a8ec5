#!/usr/bin/env python3
"""Golden losses and gradients of the heads from PyTorch, in double precision.

Usage: generate_heads.py OUT_FILE      (run by hand; writes heads.json)

Every case is a mean over rows: cross-entropy or squared error, over a linear head or over scaled cosines to frozen unit
rows. A number over cosines is the mean of the anchors' values under softmax.
"""
import json, sys
import torch
import torch.nn.functional as F

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)
n, C, k = 5, 7, 4
# Whole multiples of 1/64 are the same numbers in Float.
number = lambda *shape: torch.round(torch.randn(*shape) * 64) / 64
cases = []
for loss in ["cross_entropy", "squared_error"]:
    for head in ["linear", "cosine"]:
        outputs = 1 if (loss, head) == ("squared_error", "linear") else k
        features = number(n, C).requires_grad_()
        weight = number(outputs, C).requires_grad_()
        bias = number(outputs).requires_grad_()
        labels = torch.randint(0, k, (n,))
        targets = number(n)
        anchors = torch.tensor([-1.0, -0.25, 0.5, 2.0])
        scale = 3.0
        if head == "linear":
            logits = F.linear(features, weight, bias)
        else:
            unit = F.normalize(weight, dim=1).detach()
            logits = scale * F.linear(F.normalize(features, dim=1), unit)
        if loss == "cross_entropy":
            value = F.cross_entropy(logits, labels)
        elif head == "linear":
            value = F.mse_loss(logits[:, 0], targets)
        else:
            value = F.mse_loss(logits.softmax(1) @ anchors, targets)
        value.backward()
        flat = lambda t: [] if t is None else t.detach().flatten().tolist()
        cases.append(dict(loss=loss, head=head, outputs=outputs, features=flat(features), weight=flat(weight),
            bias=flat(bias), labels=labels.tolist(), targets=flat(targets), anchors=flat(anchors), scale=scale,
            value=float(value), logits=flat(logits), dfeatures=flat(features.grad), dweight=flat(weight.grad),
            dbias=flat(bias.grad)))
json.dump(dict(rows=n, channels=C, cases=cases, torch=torch.__version__), open(sys.argv[1], "w"), indent=1)
