"""PEFT's own Arrow over the tiny BERT of Tests/Golden/models/bert. Run by hand:

    python generate_arrow.py

Three random adapters, each with one input direction far above the others, because PEFT finds it by 15 steps of a power
iteration; the pass itself is in doubles. `arrow/<number>` are the adapters as PEFT saves them; `arrow.safetensors` has the last hidden states of the
rows of cases.json end to end, one tensor for each setting. Needs torch, transformers, peft and safetensors.
"""

import json
import pathlib
import shutil

import torch
from peft import ArrowConfig, LoraConfig, create_arrow_model, get_peft_model
from safetensors.torch import save_file
from transformers import BertModel

HERE = pathlib.Path(__file__).parent
BERT = HERE.parent / "models" / "bert"
SETTINGS = {"all": (3, 1.0), "two": (2, 0.5), "one": (1, 1.0)}


def base():
    # Without the pooler, whose layer PEFT would route by its short name and find no adapter for.
    return BertModel.from_pretrained(BERT / "model", attn_implementation="eager", add_pooling_layer=False).eval()


def adapters():
    paths = []
    for number in range(3):
        torch.manual_seed(70 + number)
        model = get_peft_model(base(), LoraConfig(r=2, lora_alpha=2 + number, target_modules=["query", "value", "dense"]))
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.data = torch.randn(parameter.shape) * 0.3
                if "lora_B" in name:
                    parameter.data[:, 0] *= 5
        folder = HERE / "arrow" / str(number)
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)
        config = json.loads((folder / "adapter_config.json").read_text())
        config["base_model_name_or_path"] = None
        (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")
        paths.append(str(folder))
    return paths


def main():
    rows = json.loads((BERT / "cases.json").read_text())["rows"]
    paths = adapters()
    states = {}
    for name, (top_k, temperature) in SETTINGS.items():
        model = create_arrow_model(base(), paths, ArrowConfig(top_k=top_k, router_temperature=temperature, rng_seed=1)).eval().double()
        with torch.no_grad():
            states[name] = torch.cat([
                model(input_ids=torch.tensor([r["ids"]]), token_type_ids=torch.tensor([r["types"]])).last_hidden_state[0]
                for r in rows]).float().contiguous()
    save_file(states, HERE / "arrow.safetensors")


main()
