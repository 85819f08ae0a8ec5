#!/usr/bin/env python3
"""Merging: Mixology beside PEFT and mergekit on the same random adapters and checkpoints, in turn.

Adapters: four of rank 16 on all linear layers of a Llama of 16 layers, 2048 wide. PEFT needs minutes for them, so it
merges those of one layer and its time counts sixteen times; Mixology merges all of them, reading and writing included.
Checkpoints: a base and four models of 135 million fp32 parameters, or of a billion in bf16, in the page cache; both
programs are timed as processes, from start to end, with the most memory they held. A peer that takes too long is
stopped and written as "> seconds". Last, 200 merges of six small adapters, which have no peer. Run by
`make bench-merge`; PEERS_ARGS="--repeats 1 --only 135m-ties 1b-ties" runs two cases once.
"""

import argparse
import importlib.metadata
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

LAYERS, RANK, MODELS = 16, 16, 4


def llama(layers, hidden=2048, intermediate=8192, heads=32, groups=8, vocabulary=64):
    """The configuration of a Llama with tied embeddings, as transformers takes and writes it."""
    return dict(
        architectures=["LlamaForCausalLM"], model_type="llama", hidden_size=hidden, num_hidden_layers=layers,
        intermediate_size=intermediate, num_attention_heads=heads, num_key_value_heads=groups,
        head_dim=hidden // heads, vocab_size=vocabulary, tie_word_embeddings=True, max_position_embeddings=2048,
        hidden_act="silu", rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2,
    )


def linears(config):
    """Name and shape of every linear layer of such a Llama."""
    hidden, intermediate = config["hidden_size"], config["intermediate_size"]
    groups = hidden // config["num_attention_heads"] * config["num_key_value_heads"]
    attention, mlp = "self_attn", "mlp"
    layer = {
        f"{attention}.q_proj": (hidden, hidden), f"{attention}.k_proj": (groups, hidden),
        f"{attention}.v_proj": (groups, hidden), f"{attention}.o_proj": (hidden, hidden),
        f"{mlp}.gate_proj": (intermediate, hidden), f"{mlp}.up_proj": (intermediate, hidden),
        f"{mlp}.down_proj": (hidden, intermediate),
    }
    return {
        f"model.layers.{number}.{name}": shape
        for number in range(config["num_hidden_layers"]) for name, shape in layer.items()
    }


# Processes


class TooLong(Exception):
    """A process was stopped."""


def most_memory(process):
    """The most megabytes that a running process has held; 0 once it has ended.

    Looked up while it runs: what the system tells afterwards counts this program too, which it was started from.
    """
    try:
        with open(f"/proc/{process}/status", encoding="ascii") as status:
            return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def process(command, limit=math.inf):
    """Seconds, megabytes and output of a process; its output is shown where it fails.

    Raises TooLong once it has taken more seconds than the limit.
    """
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen([str(word) for word in command], stdout=output, stderr=output)
        memory = 0
        while child.poll() is None:
            memory = max(memory, most_memory(child.pid))
            if time.perf_counter() - start > limit:
                child.kill()
                child.wait()
                raise TooLong
            time.sleep(0.005)
        seconds = time.perf_counter() - start
        output.seek(0)
        text = output.read().decode()
        if child.returncode != 0:
            sys.exit(f"error: {' '.join(map(str, command))}\n{text[-2000:]}")
    return seconds, memory, text


def mixology(recipe, out):
    """Seconds and megabytes of Mixology on a recipe."""
    shutil.rmtree(out, ignore_errors=True)
    return process([options.mixology, "merge", recipe, out])[:2]


class Peer:
    """A peer, asked again and again until it once takes too long."""

    def __init__(self, ask):
        self.ask = ask
        self.is_stopped = False

    def measure(self):
        """Seconds and megabytes; of one that was stopped the limit and nothing."""
        if not self.is_stopped:
            try:
                return self.ask()
            except TooLong:
                self.is_stopped = True
        return options.timeout, None


def spoken(seconds, is_stopped):
    return f"> {seconds:.0f} s" if is_stopped else f"{seconds:.2f} s"


# Adapters


def write_adapters(folder):
    """Four random adapters of rank 16 over all linear layers, as PEFT writes them."""
    import numpy

    shapes = linears(llama(LAYERS))
    for task in range(MODELS):
        random = numpy.random.default_rng(task)
        tensors = {}
        for name, (rows, columns) in shapes.items():
            for factor, shape in [("A", (RANK, columns)), ("B", (rows, RANK))]:
                numbers = random.standard_normal(shape, dtype=numpy.float32) * numpy.float32(0.02)
                tensors[f"base_model.model.{name}.lora_{factor}.weight"] = numbers
        path = os.path.join(folder, f"task{task}")
        os.makedirs(path)
        write_safetensors(
            os.path.join(path, "adapter_model.safetensors"), "F32", 4,
            {name: numbers.shape for name, numbers in tensors.items()}, lambda name: [tensors[name]])
        with open(os.path.join(path, "adapter_config.json"), "w", encoding="utf-8") as out:
            json.dump(dict(
                peft_type="LORA", task_type="CAUSAL_LM", r=RANK, lora_alpha=2 * RANK, bias="none",
                target_modules=sorted({name.rsplit(".", 1)[1] for name in shapes})), out)


def merge_with_peft(combination):
    """Prints the seconds in which PEFT merges four adapters of one of these layers."""
    import peft
    import torch
    import transformers

    torch.set_num_threads(cores)
    settings = peft.LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM")
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**llama(1)))
    model = peft.get_peft_model(model, settings, adapter_name="task0")
    for task in range(1, MODELS):
        model.add_adapter(f"task{task}", settings)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    density = {"density": 0.5} if combination != "svd" else {}
    start = time.perf_counter()
    model.add_weighted_adapter(
        [f"task{task}" for task in range(MODELS)], [1.0] * MODELS, adapter_name="merged", combination_type=combination,
        svd_rank=RANK, **density,
    )
    print(json.dumps(time.perf_counter() - start))


def adapter_case(name, work, combination, recipe):
    folder = os.path.join(work, "adapters")
    if not os.path.exists(folder):
        write_adapters(folder)
    file = os.path.join(folder, f"{combination}.yaml")
    with open(file, "w", encoding="utf-8") as out:
        out.write(recipe + "models:\n" + "".join(f"  - {{model: task{task}}}\n" for task in range(MODELS)))

    def ask():
        command = [sys.executable, os.path.abspath(__file__), "--peft", combination]
        _, memory, text = process(command, options.timeout)
        return LAYERS * json.loads(text.splitlines()[-1]), memory

    peer = Peer(ask)
    found = []
    for _ in range(options.repeats):
        # What PEFT holds is one layer and the program itself: no measure of the whole.
        theirs, _ = peer.measure()
        seconds, memory = mixology(file, os.path.join(work, "merged"))
        found.append(dict(seconds=seconds, memory=memory, theirs=theirs))
        tell(name, found[-1], peer)
    return entry(name, found, peer, ["peft", "torch"])


# Checkpoints

SIZES = {
    "135m": (llama(30, 576, 1536, 9, 3, 49152), "float32", "F32", 4),
    "1b": (llama(16, 2048, 8192, 32, 8, 128256), "bfloat16", "BF16", 2),
}
METHODS = {
    "ties": "merge_method: ties\nparameters: {density: 0.5, weight: 0.5}\n",
    "dare": "merge_method: dare_ties\nparameters: {density: 0.5, weight: 0.5}\n",
}


def write_safetensors(path, kind, width, shapes, blocks):
    """Writes a safetensors file; `blocks` gives the numbers of a tensor piece by piece."""
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in shapes.items():
        start, end = end, end + width * math.prod(shape)
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb", buffering=0) as out:
        out.write(len(text).to_bytes(8, "little") + text)
        for name in shapes:
            for block in blocks(name):
                view = memoryview(block).cast("B")
                while view:
                    view = view[out.write(view):]


def write_checkpoints(folder, size):
    """A base and four models near it.

    Drawing billions of numbers takes minutes, so 2²³ are drawn, and each tensor starts somewhere else among them: no
    merge can tell.
    """
    import numpy

    config, word, kind, width = SIZES[size]
    count = 1 << 23
    hidden = config["hidden_size"]
    shapes = {"model.embed_tokens.weight": (config["vocab_size"], hidden)}
    shapes |= {name + ".weight": shape for name, shape in linears(config).items()}
    for number in range(config["num_hidden_layers"]):
        for norm in ("input_layernorm", "post_attention_layernorm"):
            shapes[f"model.layers.{number}.{norm}.weight"] = (hidden,)
    shapes["model.norm.weight"] = (hidden,)

    def stored(numbers):
        if width == 4:
            return numbers
        bits = numbers.view(numpy.uint32)
        # The upper half of a float, halves to even.
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(numpy.uint16)

    random = numpy.random.default_rng(0)
    base = random.standard_normal(count, dtype=numpy.float32) * numpy.float32(0.02)
    for task in [None, *range(MODELS)]:
        numbers = base
        if task is not None:
            numbers = base + random.standard_normal(count, dtype=numpy.float32) * numpy.float32(1e-3)
        block = stored(numbers)

        def blocks(name):
            left = math.prod(shapes[name])
            start = list(shapes).index(name) * 1_000_003 % count
            while left:
                piece = block[start:start + left]
                yield piece
                left -= len(piece)
                start = 0

        path = os.path.join(folder, "base" if task is None else f"task{task}")
        os.makedirs(path)
        write_safetensors(os.path.join(path, "model.safetensors"), kind, width, shapes, blocks)
        with open(os.path.join(path, "config.json"), "w", encoding="utf-8") as out:
            json.dump(config | {"torch_dtype": word}, out, indent=2)


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


def checkpoint_case(name, work, size, method):
    folder = os.path.join(work, size)
    if not os.path.exists(folder):
        start = time.perf_counter()
        write_checkpoints(folder, size)
        print(f"{size}: models written in {time.perf_counter() - start:.0f} s", file=sys.stderr)
    recipe = os.path.join(work, f"{size}-{method}.yaml")
    with open(recipe, "w", encoding="utf-8") as out:
        out.write(METHODS[method] + f"dtype: {SIZES[size][1]}\nbase_model: {folder}/base\nmodels:\n")
        out.write("".join(f"  - {{model: {folder}/task{task}}}\n" for task in range(MODELS)))
    mergekit = os.path.join(os.path.dirname(sys.executable), "mergekit-yaml")

    def ask():
        out = os.path.join(work, "theirs")
        try:
            return process([mergekit, recipe, out], options.timeout)[:2]
        finally:
            shutil.rmtree(out, ignore_errors=True)

    peer = Peer(ask)
    found = []
    for _ in range(options.repeats):
        # Each begins with nothing left to be written to the disk, and with the inputs in memory.
        os.sync()
        floor = read_and_write(folder, work)
        os.sync()
        seconds, memory = mixology(recipe, os.path.join(work, "ours"))
        shutil.rmtree(os.path.join(work, "ours"))
        os.sync()
        theirs, their_memory = peer.measure()
        found.append(dict(
            seconds=seconds, memory=memory, theirs=theirs, their_memory=their_memory, floor=floor))
        tell(name, found[-1], peer)
    return entry(name, found, peer, ["mergekit", "torch"])


# Many merges


def merges_case(name, work):
    found = []
    for _ in range(options.repeats):
        _, memory, text = process([options.mixology, "bench", "merges"])
        seconds = json.loads(text.splitlines()[-1])["seconds"]
        found.append(dict(seconds=seconds, memory=memory))
        tell(name, found[-1])
    return entry(name, found)


# Results


def tell(name, row, peer=None):
    parts = [f"{row['seconds']:.2f} s and {row['memory']:.0f} MB"]
    if peer:
        parts.append(f"peer {spoken(row['theirs'], peer.is_stopped)}")
    if row.get("their_memory"):
        parts[-1] += f" and {row['their_memory']:.0f} MB"
    if "floor" in row:
        parts.append(f"reading and writing alone {row['floor']:.2f} s")
    print(f"{name}: {', '.join(parts)}", file=sys.stderr)


def entry(name, found, peer=None, packages=()):
    """The line of a case; a peer that was stopped took more seconds, and the ratio is larger, than it says."""
    def middle(value):
        return statistics.median(map(value, found))

    line = {
        "bench": "merge_peers", "settings": {"case": name}, "seconds": middle(lambda row: row["seconds"]),
        "peak_rss_mb": middle(lambda row: row["memory"]), "repeats": options.repeats, "cores": cores,
    }
    if peer:
        line |= {
            "peer": " ".join(f"{name} {importlib.metadata.version(name)}" for name in packages),
            "peer_seconds": middle(lambda row: row["theirs"]),
            "peer_ratio": middle(lambda row: row["theirs"] / row["seconds"]), "peer_was_stopped": peer.is_stopped,
        }
        if all(row.get("their_memory") for row in found):
            line["peer_peak_rss_mb"] = middle(lambda row: row["their_memory"])
    if "floor" in found[0]:
        line["read_and_write_ratio"] = middle(lambda row: row["seconds"] / row["floor"])
    return line


def show(lines):
    print("| | Mixology s | MB | peer | peer s | MB | ratio | of reading and writing |")
    print("|---|---|---|---|---|---|---|---|")
    for line in lines:
        def cell(key, digits):
            return f"{line[key]:.{digits}f}" if key in line else ""

        above = "> " if line.get("peer_was_stopped") else ""
        print(
            f"| {line['settings']['case']} | {cell('seconds', 2)} | {cell('peak_rss_mb', 0)} | {line.get('peer', '')} "
            f"| {above}{cell('peer_seconds', 1)} | {cell('peer_peak_rss_mb', 0)} | {above}{cell('peer_ratio', 0)} "
            f"| {cell('read_and_write_ratio', 2)} |"
        )


def cases():
    """Name to type, title and function."""
    found = {
        "adapters-svd": (
            "adapters, svd to rank 16", adapter_case, ("svd", "merge_method: svd\nparameters: {rank: 16}\n")),
        "adapters-ties": (
            "adapters, ties to rank 16", adapter_case,
            ("ties_svd", "merge_method: ties\nparameters: {density: 0.5, rank: 16}\n")),
    }
    for size in SIZES:
        word = {"float32": "fp32", "bfloat16": "bf16"}[SIZES[size][1]]
        for method in METHODS:
            found[f"{size}-{method}"] = (
                f"checkpoints of {size} {word}, {method}", checkpoint_case, (size, method))
    found["200-merges"] = ("200 merges of six MiniLM adapters", merges_case, ())
    return found


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mixology", help="the binary")
    parser.add_argument("--output", help="where the JSON lines go")
    parser.add_argument("--only", choices=list(cases()), nargs="+", help="some cases")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=250, help="seconds after which a peer is stopped")
    parser.add_argument("--scratch", help="a folder for some 20 GB of checkpoints; a temporary one where nothing is said")
    parser.add_argument("--peft", help=argparse.SUPPRESS)
    found = parser.parse_args()
    if not found.peft and not (found.mixology and found.output):
        parser.error("--mixology and --output are needed")
    return found


def main():
    if options.peft:
        return merge_with_peft(options.peft)
    lines = []
    with tempfile.TemporaryDirectory(dir=options.scratch) as work:
        for key, (title, measure, settings) in cases().items():
            if key in (options.only or cases()):
                lines.append(measure(title, work, *settings))
                with open(options.output, "w", encoding="utf-8") as out:
                    out.writelines(json.dumps(line, sort_keys=True) + "\n" for line in lines)
    show(lines)


if __name__ == "__main__":
    options = arguments()
    cores = len(os.sched_getaffinity(0))
    os.environ["OMP_NUM_THREADS"] = str(cores)
    os.environ["HF_HUB_OFFLINE"] = "1"
    main()
