#!/usr/bin/env python3
"""Which layers PEFT adapts for which words: writes targets.json beside this file.

Needs peft (made with 0.21.2). Every case asks PEFT's own rule for every path.
"""

import json
from pathlib import Path

import peft
from peft import LoraConfig
from peft.tuners.tuners_utils import check_target_module_exists

PATHS = [
    f"{stack}.{block}.{part}"
    for stack, parts in {
        "encoder.layer": ["attention.self.query", "attention.self.key", "attention.output.dense", "intermediate.dense", "output.dense"],
        "transformer.layer": ["attention.q_lin", "ffn.lin1"],
        "model.layers": ["self_attn.q_proj", "mlp.down_proj", "experts.3.down_proj"],
        "layers": ["q_proj"],
    }.items()
    for block in (0, 1, 11)
    for part in parts
] + ["pooler.dense", "dense", "lm_head", "model.layers.1"]

CASES = [
    {"names": ["query"]},
    {"names": ["query", "value"]},
    {"names": ["dense"]},
    {"names": ["output.dense", "q_proj"]},
    {"names": ["encoder.layer.1.attention.self.query"]},
    {"names": ["self.query", "uery", "layer.1.intermediate.dense"]},
    {"names": ["1"]},
    {"names": ["down_proj", "q_proj"], "blocks": [1]},
    {"names": ["down_proj", "q_lin", "query"], "blocks": [0, 11]},
    {"names": ["encoder.layer.1.attention.self.query", "key"], "blocks": [0]},
    {"names": ["dense"], "blocks": [0, 1, 11]},
    {"names": ["lm_head", "dense"], "blocks": []},
    {"pattern": r".*\.layer\.1\..*"},
    {"pattern": r"encoder\.layer\.(0|11)\..*(query|key)"},
    {"pattern": r"query"},
    {"pattern": r".*dense"},
    {"pattern": r".*q_(proj|lin)", "blocks": [0]},
]


def chosen(case):
    config = LoraConfig(target_modules=case.get("pattern") or case["names"])
    # Set afterwards: LoraConfig refuses numbers beside an expression, though its rule is defined for them.
    config.layers_to_transform = case.get("blocks")
    return [path for path in PATHS if check_target_module_exists(config, path)]


if __name__ == "__main__":
    golden = {"peft": peft.__version__, "paths": PATHS, "cases": [{**case, "chosen": chosen(case)} for case in CASES]}
    Path(__file__).with_name("targets.json").write_text(json.dumps(golden, indent=1) + "\n")
