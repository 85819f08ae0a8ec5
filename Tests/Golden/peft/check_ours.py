"""Checks that PEFT loads an adapter folder that Mixology wrote and computes what the golden file says. Run by hand:

    python check_ours.py ADAPTER_FOLDER plain|mixed|rslora
"""

import json
import pathlib
import sys

import torch
from peft import PeftModel
from transformers import BertModel

HERE = pathlib.Path(__file__).parent


def main(folder, name):
    golden = json.loads((HERE / "golden.json").read_text())
    model = PeftModel.from_pretrained(BertModel.from_pretrained(HERE / "base", add_pooling_layer=False), folder).eval()
    with torch.no_grad():
        out = model(input_ids=torch.tensor(golden["ids"]), attention_mask=torch.tensor(golden["mask"]))
    expected = torch.tensor(golden["adapters"][name]["last_hidden_state"])
    actual = out.last_hidden_state.flatten()
    error = ((actual - expected).norm() / expected.norm()).item()
    print(f"{name}: relative error {error:.2e}")
    return 0 if error < 1e-6 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
