#!/usr/bin/env python3
"""Merging: Mixology beside PEFT and mergekit on the same random adapters and checkpoints, in turn.

Adapters: four of rank 16 on all linear layers of a Llama of 16 layers, 2048 wide. PEFT needs minutes for them, so it
merges those of one layer and its time counts sixteen times; Mixology merges all of them, reading and writing included.
Checkpoints: a base and four models of 135 million fp32 parameters, or of a billion in bf16, in the page cache; both
programs are timed as processes, from start to end, with the most memory they held. Run by `make bench-merge`.
"""

import argparse
import importlib.metadata
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--mixology", required=True, help="the binary")
parser.add_argument("--output", required=True, help="where the JSON lines go")
parser.add_argument("--only", default="", help="cases whose name holds this")
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument("--scratch", help="a folder for some 30 GB of checkpoints; a temporary one where nothing is said")
options = parser.parse_args()
cores = len(os.sched_getaffinity(0))
os.environ["OMP_NUM_THREADS"] = str(cores)
os.environ["HF_HUB_OFFLINE"] = "1"

import peft
import torch
import transformers
from safetensors.torch import save_file

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(cores)


def llama(layers, hidden=2048, intermediate=8192, heads=32, groups=8, vocabulary=64):
    return transformers.LlamaConfig(
        hidden_size=hidden, num_hidden_layers=layers, intermediate_size=intermediate, num_attention_heads=heads,
        num_key_value_heads=groups, vocab_size=vocabulary, tie_word_embeddings=True, max_position_embeddings=2048,
    )


def most_memory(process):
    """The most megabytes that a running process has held; 0 once it has ended.

    Looked up while it runs: what the system tells afterwards counts this program too, which it was started from.
    """
    try:
        with open(f"/proc/{process}/status", encoding="ascii") as status:
            return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def process(command):
    """Seconds and megabytes of a process; its output is shown where it fails."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen([str(word) for word in command], stdout=output, stderr=output)
        memory = 0
        while child.poll() is None:
            memory = max(memory, most_memory(child.pid))
            time.sleep(0.005)
        seconds = time.perf_counter() - start
        if child.returncode != 0:
            output.seek(0)
            sys.exit(f"error: {' '.join(map(str, command))}\n{output.read().decode()[-2000:]}")
    return seconds, memory


def merge(recipe, out):
    """Mixology on a recipe."""
    shutil.rmtree(out, ignore_errors=True)
    return process([options.mixology, "merge", recipe, out])


# Adapters


def write_adapters(folder):
    """Four random adapters of rank 16 over all linear layers, as PEFT writes them."""
    with torch.device("meta"):
        shapes = {
            name: module.weight.shape
            for name, module in transformers.LlamaForCausalLM(llama(16)).named_modules()
            if isinstance(module, torch.nn.Linear) and name != "lm_head"
        }
    for task in range(4):
        generator = torch.Generator().manual_seed(task)
        tensors = {}
        for name, (rows, columns) in shapes.items():
            tensors[f"base_model.model.{name}.lora_A.weight"] = torch.randn(16, columns, generator=generator) * 0.02
            tensors[f"base_model.model.{name}.lora_B.weight"] = torch.randn(rows, 16, generator=generator) * 0.02
        path = os.path.join(folder, f"task{task}")
        os.makedirs(path)
        save_file(tensors, os.path.join(path, "adapter_model.safetensors"), metadata={"format": "pt"})
        targets = sorted({name.rsplit(".", 1)[1] for name in shapes})
        peft.LoraConfig(r=16, lora_alpha=32, target_modules=targets, task_type="CAUSAL_LM").save_pretrained(path)


def one_layer():
    """A model of one of these layers with four random adapters."""
    settings = peft.LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    model = peft.get_peft_model(transformers.LlamaForCausalLM(llama(1)), settings, adapter_name="task0")
    for task in range(1, 4):
        model.add_adapter(f"task{task}", settings)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    return model


def adapter_case(name, combination, recipe, work):
    model = one_layer()
    file = os.path.join(work, "adapters.yaml")
    with open(file, "w", encoding="utf-8") as out:
        out.write(recipe + "models:\n" + "".join(f"  - {{model: task{task}}}\n" for task in range(4)))
    found = []
    for repeat in range(options.repeats):
        start = time.perf_counter()
        density = {"density": 0.5} if combination != "svd" else {}
        model.add_weighted_adapter(
            [f"task{task}" for task in range(4)], [1.0] * 4, adapter_name="merged", combination_type=combination,
            svd_rank=16, **density,
        )
        theirs = 16 * (time.perf_counter() - start)
        model.delete_adapter("merged")
        seconds, memory = merge(file, os.path.join(work, "merged"))
        found.append((seconds, theirs, memory, None))
        print(f"{name}: {seconds:.2f} s, PEFT 16 × {theirs / 16:.2f} s", file=sys.stderr)
    return found


# Checkpoints

SIZES = {
    "135m fp32": (llama(30, 576, 1536, 9, 3, 49152), torch.float32),
    "1b bf16": (llama(16, 2048, 8192, 32, 8, 128256), torch.bfloat16),
}
METHODS = {
    "ties": "merge_method: ties\nparameters: {density: 0.5, weight: 0.5}\n",
    "dare_ties": "merge_method: dare_ties\nparameters: {density: 0.5, weight: 0.5}\n",
}


def write_checkpoints(folder, size):
    config, kind = SIZES[size]
    torch.manual_seed(0)
    model = transformers.LlamaForCausalLM(config).to(kind)
    model.save_pretrained(os.path.join(folder, "base"))
    for task in range(4):
        generator = torch.Generator().manual_seed(task)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_((torch.randn(parameter.shape, generator=generator) * 1e-3).to(kind))
        model.save_pretrained(os.path.join(folder, f"task{task}"))


def files(folder):
    return [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]


def read_and_write(folder, work):
    """Seconds to read all inputs once and write one output, by blocks, as any merge must."""
    start = time.perf_counter()
    for file in files(folder):
        with open(file, "rb", buffering=0) as stream:
            while stream.read(1 << 22):
                pass
    target = os.path.join(work, "copied")
    for file in files(os.path.join(folder, "base")):
        shutil.copyfile(file, target)
    seconds = time.perf_counter() - start
    os.remove(target)
    return seconds


def checkpoint_case(name, size, method, work):
    folder = os.path.join(work, size.replace(" ", "-"))
    if not os.path.exists(folder):
        write_checkpoints(folder, size)
    recipe = os.path.join(folder, f"{method}.yaml")
    kind = str(SIZES[size][1]).removeprefix("torch.")
    with open(recipe, "w", encoding="utf-8") as out:
        out.write(METHODS[method] + f"dtype: {kind}\nbase_model: {folder}/base\nmodels:\n")
        out.write("".join(f"  - {{model: {folder}/task{task}}}\n" for task in range(4)))
    mergekit = os.path.join(os.path.dirname(sys.executable), "mergekit-yaml")
    found = []
    for repeat in range(options.repeats):
        floor = read_and_write(folder, work)
        out = os.path.join(work, "theirs")
        shutil.rmtree(out, ignore_errors=True)
        theirs, their_memory = process([mergekit, recipe, out])
        shutil.rmtree(out, ignore_errors=True)
        seconds, memory = merge(recipe, os.path.join(work, "ours"))
        found.append((seconds, theirs, memory, their_memory))
        print(
            f"{name}: {seconds:.2f} s and {memory:.0f} MB, mergekit {theirs:.2f} s and {their_memory:.0f} MB; "
            f"reading and writing alone {floor:.2f} s", file=sys.stderr,
        )
        found[-1] += (floor,)
    return found


CASES = [
    ("adapters, svd to rank 16", lambda name, work: adapter_case(name, "svd", "merge_method: svd\nparameters: {rank: 16}\n", work)),
    ("adapters, ties to rank 16", lambda name, work: adapter_case(name, "ties_svd", "merge_method: ties\nparameters: {density: 0.5, rank: 16}\n", work)),
] + [
    (f"checkpoints of {size}, {method}", lambda name, work, size=size, method=method: checkpoint_case(name, size, method, work))
    for size in SIZES for method in METHODS
]


def line(name, found):
    middle = lambda place: statistics.median(row[place] for row in found)
    checkpoint = found[0][3] is not None
    return {
        "bench": "merge_peers", "settings": {"case": name}, "seconds": middle(0), "peer_seconds": middle(1),
        "peer_ratio": statistics.median(row[1] / row[0] for row in found), "peak_rss_mb": middle(2),
        **({"peer_peak_rss_mb": middle(3), "read_and_write_ratio": statistics.median(row[0] / row[4] for row in found)} if checkpoint else {}),
        "repeats": options.repeats, "cores": cores,
        "peer": " ".join(f"{name} {importlib.metadata.version(name)}" for name in (["mergekit"] if checkpoint else ["peft", "torch"])),
    }


def main():
    lines = []
    with tempfile.TemporaryDirectory(dir=options.scratch) as work:
        write_adapters(work)
        for name, measure in CASES:
            if options.only in name:
                lines.append(line(name, measure(name, work)))
                with open(options.output, "w", encoding="utf-8") as out:
                    out.writelines(json.dumps(entry, sort_keys=True) + "\n" for entry in lines)
    print("| | Mixology s | MB | peer | peer s | MB | ratio | of reading and writing |")
    print("|---|---|---|---|---|---|---|---|")
    for entry in lines:
        memory = f"{entry['peer_peak_rss_mb']:.0f}" if "peer_peak_rss_mb" in entry else ""
        floor = f"{entry['read_and_write_ratio']:.2f}" if "read_and_write_ratio" in entry else ""
        print(
            f"| {entry['settings']['case']} | {entry['seconds']:.2f} | {entry['peak_rss_mb']:.0f} | {entry['peer']} "
            f"| {entry['peer_seconds']:.1f} | {memory} | {entry['peer_ratio']:.0f} | {floor} |"
        )


if __name__ == "__main__":
    main()
