"""Makes a tiny random BERT and PEFT adapters over it, with their last hidden states. Run by hand:

    python generate_peft.py

Needs torch, transformers, peft and safetensors; their versions go into versions.txt.
"""

import json
import pathlib
import shutil

import peft
import safetensors
import torch
import transformers
from peft import LoraConfig, get_peft_model
from transformers import BertConfig, BertModel

HERE = pathlib.Path(__file__).parent
IDS = [[2, 17, 5, 40, 3, 0, 0], [2, 9, 33, 21, 8, 47, 3]]
MASK = [[1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1, 1]]

ADAPTERS = {
    "plain": dict(r=4, lora_alpha=8, target_modules=["query", "value"]),
    "mixed": dict(
        r=4,
        lora_alpha=6,
        target_modules=["query", "value", "dense"],
        rank_pattern={"value": 2, "encoder.layer.1.output.dense": 3},
        alpha_pattern={"value": 5, "encoder.layer.1.output.dense": 9},
    ),
    "rslora": dict(r=3, lora_alpha=4, target_modules=["query", "output.dense"], use_rslora=True),
}


def hidden(model):
    with torch.no_grad():
        out = model(input_ids=torch.tensor(IDS), attention_mask=torch.tensor(MASK))
    return out.last_hidden_state.flatten().tolist()


def main():
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
        max_position_embeddings=16, type_vocab_size=2,
    )
    base = BertModel(config, add_pooling_layer=False).eval()
    base.save_pretrained(HERE / "base")
    golden = {"ids": IDS, "mask": MASK, "base": hidden(base), "adapters": {}}
    for name, settings in ADAPTERS.items():
        torch.manual_seed(len(name))
        model = BertModel.from_pretrained(HERE / "base", add_pooling_layer=False)
        model = get_peft_model(model, LoraConfig(task_type="FEATURE_EXTRACTION", **settings)).eval()
        deltas = {}
        for module_name, module in model.named_modules():
            if hasattr(module, "lora_B") and len(module.lora_B):
                weight = module.lora_B["default"].weight
                torch.nn.init.normal_(weight, std=0.3)
                delta = module.get_delta_weight("default").detach().double()
                path = module_name.removeprefix("base_model.model.")
                deltas[path] = {"norm": delta.norm().item(), "scale": module.scaling["default"]}
        model.base_model.model.name_or_path = "base"
        model.peft_config["default"].base_model_name_or_path = "base"
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)
        golden["adapters"][name] = {"deltas": deltas, "last_hidden_state": hidden(model)}
    (HERE / "golden.json").write_text(json.dumps(golden) + "\n")
    libraries = [torch, transformers, peft, safetensors]
    (HERE / "versions.txt").write_text("".join(f"{m.__name__} {m.__version__}\n" for m in libraries))


if __name__ == "__main__":
    main()
