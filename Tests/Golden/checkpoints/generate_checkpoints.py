"""Merges tiny random checkpoints with mergekit and writes recipes, inputs and results.

Run by hand: python generate_checkpoints.py OUTPUT_FOLDER
Inputs are whole numbers over powers of two from a generator written out below, so that a test makes the same ones
without a file of them. Only the merged numbers are stored.
"""

import json
import pathlib
import shutil
import sys
import tempfile

import importlib.util

import torch
import transformers
import yaml


def mended_planner():
    """mergekit 0.1.5 adds a list to a tuple where an optional weight has aliases: read its planner with that mended."""
    spec = importlib.util.find_spec("mergekit.plan")
    source = pathlib.Path(spec.origin).read_text().replace("+ (w_in.aliases or [])", "+ list(w_in.aliases or [])")
    module = importlib.util.module_from_spec(spec)
    sys.modules["mergekit.plan"] = module
    exec(compile(source, spec.origin, "exec"), module.__dict__)


mended_planner()
from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions
from safetensors.torch import load_file, save_file

LLAMA = dict(
    architectures=["LlamaForCausalLM"], model_type="llama", hidden_size=8, num_hidden_layers=3,
    intermediate_size=12, vocab_size=10, num_attention_heads=2, num_key_value_heads=1, head_dim=4,
    tie_word_embeddings=False, torch_dtype="float32", rms_norm_eps=1e-5, max_position_embeddings=32,
    hidden_act="silu", rope_theta=10000.0, bos_token_id=1, eos_token_id=2, attention_bias=False, mlp_bias=False)
BERT = dict(
    architectures=["BertModel"], model_type="bert", hidden_size=8, num_hidden_layers=2, intermediate_size=12,
    vocab_size=10, num_attention_heads=2, max_position_embeddings=6, type_vocab_size=2, torch_dtype="float32",
    layer_norm_eps=1e-12, hidden_act="gelu", pad_token_id=0)


def llama_shapes():
    shapes = {"model.embed_tokens.weight": [10, 8], "model.norm.weight": [8], "lm_head.weight": [10, 8]}
    for i in range(3):
        p = f"model.layers.{i}."
        shapes |= {p + "self_attn.q_proj.weight": [8, 8], p + "self_attn.k_proj.weight": [4, 8],
                   p + "self_attn.v_proj.weight": [4, 8], p + "self_attn.o_proj.weight": [8, 8],
                   p + "mlp.gate_proj.weight": [12, 8], p + "mlp.up_proj.weight": [12, 8],
                   p + "mlp.down_proj.weight": [8, 12], p + "input_layernorm.weight": [8],
                   p + "post_attention_layernorm.weight": [8]}
    return shapes


def bert_shapes():
    shapes = {"embeddings.word_embeddings.weight": [10, 8], "embeddings.position_embeddings.weight": [6, 8],
              "embeddings.token_type_embeddings.weight": [2, 8], "embeddings.LayerNorm.weight": [8],
              "embeddings.LayerNorm.bias": [8], "pooler.dense.weight": [8, 8], "pooler.dense.bias": [8]}
    for i in range(2):
        p = f"encoder.layer.{i}."
        for name, shape in [("attention.self.query", [8, 8]), ("attention.self.key", [8, 8]),
                            ("attention.self.value", [8, 8]), ("attention.output.dense", [8, 8]),
                            ("intermediate.dense", [12, 8]), ("output.dense", [8, 12])]:
            shapes |= {p + name + ".weight": shape, p + name + ".bias": [shape[0]]}
        for name in ["attention.output.LayerNorm", "output.LayerNorm"]:
            shapes |= {p + name + ".weight": [8], p + name + ".bias": [8]}
    return shapes


class Numbers:
    """SplitMix64; a test repeats it."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) % 2**64
        z = self.state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        return z ^ (z >> 31)

    def tensor(self, shape, scale):
        count = 1
        for n in shape:
            count *= n
        # A whole number of 20 bits with its sign, over 2^20.
        values = [((self.next() >> 43) - 2**20) / 2**20 * scale for _ in range(count)]
        return torch.tensor(values, dtype=torch.float32).reshape(shape)


def checkpoint(folder, config, shapes, model):
    folder.mkdir(parents=True)
    base, change = Numbers(1), Numbers(100 + model)
    tensors = {}
    for name in sorted(shapes):
        tensors[name] = base.tensor(shapes[name], 1.0)
        if model > 0:
            tensors[name] = tensors[name] + change.tensor(shapes[name], 0.25)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config, indent=2))


def recipes():
    def models(weights, **more):
        return [{"model": f"m{i + 1}", "parameters": {"weight": w} | {k: v[i] for k, v in more.items()}}
                for i, w in enumerate(weights)]

    w3 = [1.0, 0.5, 0.75]
    plain = [{"model": f"m{i}"} for i in (1, 2, 3)]
    gradient = [{"filter": "self_attn", "value": [0, 0.5, 1]}, {"filter": "mlp", "value": [1, 0.25]}, {"value": 0.5}]
    return {
        "linear": dict(merge_method="linear", models=models(w3)),
        "linear_sum": dict(merge_method="linear", models=models(w3), parameters={"normalize": False}),
        "task_arithmetic": dict(merge_method="task_arithmetic", base_model="base", models=models([1, -0.5, 0.75]),
                                parameters={"lambda": 0.7}),
        "task_arithmetic_mean": dict(merge_method="task_arithmetic", base_model="base", models=models(w3),
                                     parameters={"normalize": True}),
        "ties": dict(merge_method="ties", base_model="base", models=models(w3, density=[0.5, 0.3, 0.7])),
        "ties_sum": dict(merge_method="ties", base_model="base", models=models(w3),
                         parameters={"density": 0.4, "normalize": False, "lambda": 1.5, "rescale": True}),
        "breadcrumbs": dict(merge_method="breadcrumbs", base_model="base", models=models(w3),
                            parameters={"density": 0.5, "gamma": 0.1}),
        "breadcrumbs_ties": dict(merge_method="breadcrumbs_ties", base_model="base",
                                 models=models(w3, gamma=[0.1, 0.2, 0.3]), parameters={"density": 0.6}),
        "dare_full": dict(merge_method="dare_ties", base_model="base", models=models(w3)),
        "della_full": dict(merge_method="della_linear", base_model="base", models=models(w3)),
        "slerp": dict(merge_method="slerp", base_model="base", models=[{"model": "base"}, {"model": "m1"}],
                      parameters={"t": gradient}),
        "nuslerp": dict(merge_method="nuslerp", models=models([1, 0.5])),
        "nuslerp_base": dict(merge_method="nuslerp", base_model="base", models=models([1, 0.5])),
        "nuslerp_rows": dict(merge_method="nuslerp", base_model="base", models=models([1, 0.5]),
                             parameters={"nuslerp_flatten": False}),
        "nuslerp_columns": dict(merge_method="nuslerp", models=models([1, 0.5]),
                                parameters={"nuslerp_flatten": False, "nuslerp_row_wise": True}),
        "multislerp": dict(merge_method="multislerp", models=models(w3)),
        "multislerp_base": dict(merge_method="multislerp", base_model="base", models=models(w3)),
        "karcher": dict(merge_method="karcher", models=plain, parameters={"max_iter": 100, "tol": 1e-7}),
        "model_stock": dict(merge_method="model_stock", base_model="base", models=plain),
        "model_stock_filters": dict(merge_method="model_stock", base_model="base", models=plain,
                                    parameters={"filter_wise": True}),
        "sce": dict(merge_method="sce", base_model="base", models=plain),
        "sce_topk": dict(merge_method="sce", base_model="base", models=plain, parameters={"select_topk": 0.3}),
        "nearswap": dict(merge_method="nearswap", base_model="base", models=[{"model": "m1"}],
                         parameters={"t": 0.05}),
        "ram": dict(merge_method="ram", base_model="base", models=plain, parameters={"epsilon": 0.1}),
        "ramplus_tl": dict(merge_method="ramplus_tl", base_model="base", models=plain,
                           parameters={"epsilon": 0.15, "r": 0.5, "alpha": 3.0}),
        "arcee_fusion": dict(merge_method="arcee_fusion", base_model="base", models=[{"model": "m1"}]),
        "gradients": dict(merge_method="task_arithmetic", base_model="base", models=[
            {"model": "m1", "parameters": {"weight": gradient}},
            {"model": "m2", "parameters": {"weight": [{"filter": "mlp.up", "value": 0.3}, {"value": [1, 0]}]}}]),
        "two_levels": dict(merge_method="ties", base_model="base", parameters={"weight": 0.5, "density": [0.2, 1]},
                           models=[{"model": "m1", "parameters": {"weight": 1}}, {"model": "m2"}]),
    }


def llama_recipes():
    return {
        "slices": dict(merge_method="linear", slices=[
            {"sources": [{"model": "m1", "layer_range": [0, 2], "parameters": {"weight": 1}},
                         {"model": "m2", "layer_range": [0, 2], "parameters": {"weight": [0, 1]}}]},
            {"sources": [{"model": "m3", "layer_range": [2, 3], "parameters": {"weight": 1}},
                         {"model": "m1", "layer_range": [1, 2], "parameters": {"weight": 0.5}}]}]),
        "frankenmerge": dict(merge_method="passthrough", slices=[
            {"sources": [{"model": "m1", "layer_range": [0, 2]}]},
            {"sources": [{"model": "m2", "layer_range": [1, 3],
                          "parameters": {"scale": [{"filter": "o_proj", "value": 0.0}, {"value": 1.0}]}}]}]),
        "slices_ties": dict(merge_method="ties", base_model="base", parameters={"density": 0.5}, slices=[
            {"sources": [{"model": "base", "layer_range": [0, 2]},
                         {"model": "m1", "layer_range": [1, 3], "parameters": {"weight": 1}},
                         {"model": "m2", "layer_range": [0, 2], "parameters": {"weight": 0.5}}]}]),
    }


# Each model has some of the tokens, in another order: rows of the embeddings as in the file.
TOKENS = {
    "base": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"],
    "m1": ["b", "a", "c", "x", "e", "f", "g", "h", "i", "j"],
    "m2": ["a", "b", "y", "x", "c", "d", "z", "h", "i", "j"],
    "m3": ["j", "i", "h", "g", "f", "e", "d", "c", "b", "a"],
}


def vocabulary_recipes():
    ties = dict(merge_method="ties", base_model="base", models=[
        {"model": "m1", "parameters": {"weight": 1.0}}, {"model": "m2", "parameters": {"weight": 0.5}}])
    linear = dict(merge_method="linear", models=[
        {"model": f"m{i}", "parameters": {"weight": w}} for i, w in ((1, 1.0), (2, 0.5), (3, 0.75))])
    return {
        "base": ties | dict(tokenizer_source="base"),
        "union": ties | dict(tokenizer_source="union"),
        "mean": linear | dict(tokenizer_source="m2"),
        "padded": linear | dict(tokenizer={"source": "m2", "pad_to_multiple_of": 8}),
        # mergekit fails where tokens are added to the base's tokenizer itself.
        "tokens": ties | dict(tokenizer={"source": "union", "tokens": {
            "x": {"source": "m2"},
            "d": {"source": {"kind": "model_token", "model": "m2", "token": "z"}, "force": True},
            "e": {"source": {"kind": "model_token", "model": "m1", "token_id": 3}},
            "new": {"source": {"kind": "zero"}}}}),
    }


def tokenizer(folder, tokens):
    """A tokenizer of whole words, as transformers loads it."""
    model = {"type": "WordLevel", "vocab": {t: i for i, t in enumerate(tokens)}, "unk_token": tokens[0]}
    whole = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
             "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None, "model": model}
    (folder / "tokenizer.json").write_text(json.dumps(whole))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))


def vocabularies(folder):
    """Merges of models with other tokens; of the results the rows of the tokens, by token, and those that pad."""
    for name, tokens in TOKENS.items():
        tokenizer(folder / name, tokens)

    def is_model(key, value):
        return isinstance(value, str) and value in TOKENS and (
            key in ("model", "base_model") or key in ("source", "tokenizer_source") and value != "base")

    cases = []
    for name, recipe in vocabulary_recipes().items():
        def local(value):
            if isinstance(value, dict):
                return {k: str(folder / v) if is_model(k, v) else local(v) for k, v in value.items()}
            return [local(v) for v in value] if isinstance(value, list) else value

        out = folder / "out"
        run_merge(MergeConfiguration.model_validate(local(recipe) | {"dtype": "float32"}), str(out),
                  options=MergeOptions(quiet=True))
        ids = transformers.AutoTokenizer.from_pretrained(out).get_vocab()
        merged = load_file(out / "model.safetensors")
        shutil.rmtree(out)
        tables = {}
        for tensor in ("model.embed_tokens.weight", "lm_head.weight"):
            rows = [[float(f"{x:.7g}") for x in row] for row in merged[tensor].tolist()]
            tables[tensor] = {"tokens": {t: rows[i] for t, i in sorted(ids.items())}, "padding": rows[len(ids):]}
        cases.append(dict(name=name, recipe=yaml.safe_dump(recipe, sort_keys=False), tensors=tables))
    return {"tokens": TOKENS, "cases": cases}


def main(output):
    for family, config, shapes in [("llama", LLAMA, llama_shapes()), ("bert", BERT, bert_shapes())]:
        golden = {"mergekit": "0.1.5", "torch": torch.__version__.split("+")[0], "cases": []}
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for model in range(4):
                checkpoint(folder / (f"m{model}" if model else "base"), config, shapes, model)
            cases = recipes() | (llama_recipes() if family == "llama" else {})
            for name, recipe in cases.items():
                if family == "bert":
                    text = json.dumps(recipe).replace("self_attn", "attention").replace("mlp.up", "intermediate")
                    recipe = json.loads(text.replace("mlp", "intermediate"))
                local = json.loads(json.dumps(recipe), object_hook=lambda o: o | {
                    k: str(folder / o[k]) for k in ("model", "base_model") if isinstance(o.get(k), str)})
                out = folder / "out"
                run_merge(MergeConfiguration.model_validate(local | {"dtype": "float32"}), str(out),
                          options=MergeOptions(copy_tokenizer=False, quiet=True, random_seed=0))
                merged = {}
                for file in sorted(out.glob("*.safetensors")):
                    merged |= load_file(file)
                layers = json.loads((out / "config.json").read_text())["num_hidden_layers"]
                shutil.rmtree(out)
                # Of the BERT-like model the first layer and what lies outside layers is enough.
                kept = {n: t for n, t in merged.items() if family == "llama" or ".layer.1." not in n}
                if name not in ("gradients", "slices", "frankenmerge", "slices_ties", "slerp"):
                    kept = {n: t for n, t in kept.items() if ".layers.1." not in n and ".layers.2." not in n}
                golden["cases"].append(dict(
                    family=family, name=name, recipe=yaml.safe_dump(recipe, sort_keys=False), layers=layers,
                    count=len(merged),
                    tensors={n: [float(f"{x:.7g}") for x in t.flatten().tolist()] for n, t in sorted(kept.items())}))
        path = pathlib.Path(output) / f"{family}.json"
        path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
        print(path, path.stat().st_size)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for model in range(4):
            checkpoint(folder / (f"m{model}" if model else "base"), LLAMA, llama_shapes(), model)
        vocabulary = vocabularies(folder)
    path = pathlib.Path(output) / "vocabularies.json"
    path.write_text(json.dumps(vocabulary, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size)


main(sys.argv[1])
