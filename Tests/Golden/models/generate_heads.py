#!/usr/bin/env python3
"""Golden losses and gradients of the heads from PyTorch, in double precision.

Usage: generate_heads.py OUT_FILE      (run by hand; writes heads.json)

Every case is a mean over rows, over a linear head or over scaled cosines to frozen unit rows. The anchored loss is the
cross-entropy against hat functions of the anchors at the target, which np.interp gives.
"""
import json, sys
import numpy, torch
import torch.nn.functional as F

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)
n, C, k = 5, 7, 4
# Whole multiples of 1/64 are the same numbers in Float.
number = lambda *shape: torch.round(torch.randn(*shape) * 64) / 64
# The rows of the table of readouts that a loss belongs to.
readouts = dict(cross_entropy=["label", "tags"], squared_error=["number"], anchored=["anchors"],
    binary=["labels"])
# The labels that hold of each row, for binary losses.
sets = [[], [0], [0, 2], [1, 2, 3], [0, 1, 2, 3]]
cases = []
for loss, heads in dict(cross_entropy=["linear", "cosine"], squared_error=["linear"], anchored=["linear", "cosine"],
        binary=["linear", "cosine"]).items():
    for head in heads:
        outputs = 1 if loss == "squared_error" else k
        features = number(n, C).requires_grad_()
        weight = number(outputs, C).requires_grad_()
        bias = number(outputs).requires_grad_()
        labels = torch.randint(0, k, (n,))
        targets = number(n)
        targets[:3] = torch.tensor([-1.75, 3.0, 0.5])  # beyond both ends, and on an anchor
        anchors = torch.tensor([-1.0, -0.25, 0.5, 2.0])
        scale = 3.0
        if head == "linear":
            logits = F.linear(features, weight, bias)
        else:
            unit = F.normalize(weight, dim=1).detach()
            logits = scale * F.linear(F.normalize(features, dim=1), unit)
        if loss == "cross_entropy":
            value = F.cross_entropy(logits, labels)
        elif loss == "squared_error":
            value = F.mse_loss(logits[:, 0], targets)
        elif loss == "binary":
            wanted = torch.tensor([[float(i in row) for i in range(k)] for row in sets])
            value = F.binary_cross_entropy_with_logits(logits, wanted)
        else:
            shares = numpy.stack([numpy.interp(targets, anchors, one) for one in numpy.eye(k)], axis=1)
            value = F.cross_entropy(logits, torch.from_numpy(shares))
        value.backward()
        flat = lambda t: [] if t is None else t.detach().flatten().tolist()
        cases.append(dict(loss=loss, readouts=readouts[loss], head=head, outputs=outputs, features=flat(features), weight=flat(weight),
            bias=flat(bias), labels=labels.tolist(), sets=sets, targets=flat(targets), anchors=flat(anchors), scale=scale,
            predicted=flat(logits.softmax(1) @ anchors if outputs == k else logits[:, 0]),
            value=value.item(), logits=flat(logits), dfeatures=flat(features.grad), dweight=flat(weight.grad),
            dbias=flat(bias.grad)))
json.dump(dict(rows=n, channels=C, cases=cases, torch=torch.__version__), open(sys.argv[1], "w"), indent=1)
