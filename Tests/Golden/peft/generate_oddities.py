"""Adapters that are not plain, made by PEFT, and merges of unequal ones by PEFT. Run by hand after generate_peft.py:

    python generate_oddities.py

A change is written as its product with the vector 1, 1/2, 1/3 …; Conv1D's changes are (in, out) in PEFT and are turned
first. Needs torch, transformers and peft.
"""

import json
import pathlib
import shutil

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import BertForSequenceClassification, BertModel, GPT2Config, GPT2Model

HERE = pathlib.Path(__file__).parent
MERGE = {"plain": 1.0, "mixed": -0.5, "rslora": 2.0}


def probed(matrix):
    matrix = matrix.detach().double()
    return (matrix @ (1 / torch.arange(1, matrix.shape[1] + 1, dtype=torch.float64))).tolist()


def layers(model):
    for name, module in model.named_modules():
        if hasattr(module, "lora_B") and len(module.lora_B):
            yield name.removeprefix("base_model.model."), module


def save(model, name, base, std=0.3):
    torch.manual_seed(len(name))
    for parameter_name, parameter in model.named_parameters():
        if "lora_B" in parameter_name or "lora_embedding_B" in parameter_name:
            torch.nn.init.normal_(parameter, std=std)
    model.peft_config["default"].base_model_name_or_path = base
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)


def bert():
    return BertModel.from_pretrained(HERE / "base", add_pooling_layer=False)


def unloaded(name):
    """The base with an adapter in it, and what that changed."""
    before = dict(bert().named_parameters())
    model = PeftModel.from_pretrained(bert(), HERE / name).merge_and_unload()
    model.save_pretrained(HERE / f"{name}-merged")
    return {path.removesuffix(".weight"): probed(weight - before[path])
            for path, weight in model.named_parameters() if "query.weight" in path}


def main():
    torch.manual_seed(5)
    found = {}
    gpt = GPT2Model(GPT2Config(vocab_size=20, n_embd=8, n_layer=1, n_head=2, n_positions=8))
    model = get_peft_model(gpt, LoraConfig(r=2, lora_alpha=3, target_modules=["c_attn", "mlp.c_fc"], fan_in_fan_out=True))
    save(model, "conv1d", "tiny-gpt2")
    found["conv1d"] = {path: probed(module.get_delta_weight("default").T) for path, module in layers(model)}

    classifier = BertForSequenceClassification.from_pretrained(HERE / "base", num_labels=3)
    model = get_peft_model(classifier, LoraConfig(task_type="SEQ_CLS", r=2, lora_alpha=4, target_modules=["query"]))
    save(model, "classifier", "base")
    found["classifier"] = {path: probed(module.get_delta_weight("default")) for path, module in layers(model)}

    save(get_peft_model(bert(), LoraConfig(r=2, target_modules=["query"], use_dora=True)), "dora", "base")
    found["dora"] = unloaded("dora")
    save(get_peft_model(bert(), LoraConfig(r=2, target_modules=["query"], bias="lora_only")), "biased", "base")
    save(get_peft_model(bert(), LoraConfig(r=2, target_modules=["position_embeddings"])), "embedding", "base")

    names = list(MERGE)
    model = PeftModel.from_pretrained(bert(), HERE / names[0], adapter_name=names[0])
    for name in names[1:]:
        model.load_adapter(HERE / name, adapter_name=name)
    for kind in ("cat", "svd"):
        model.add_weighted_adapter(names, list(MERGE.values()), kind, kind)
    merges = {
        kind: {path: probed(module.get_delta_weight(kind)) for path, module in layers(model)} for kind in ("cat", "svd")}
    result = {"adapters": found, "weights": MERGE, "merges": merges}
    (HERE / "oddities.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
