#!/usr/bin/env python3
"""Answers of a real decoder, trained and asked by the program, against transformers and PEFT over the adapters that it wrote.

Usage: check_answers.py PROGRAM MODEL_DIR DATA_DIR [--precision bfloat16] [--steps N]

Trains two singles and their cocktail for some steps on fpb and fomc of DATA_DIR, merges the singles, and asks every model; then PEFT opens
each adapter of the store, and the likelihood of every label's words is computed one text and answer at a time. Prints how far the
probabilities are apart, and how many answers differ.
"""
import argparse, csv, glob, json, os, subprocess, sys, tempfile
import torch, transformers
from peft import PeftModel
p = argparse.ArgumentParser()
p.add_argument("program"); p.add_argument("model"); p.add_argument("data"); p.add_argument("--precision", default="float32"); p.add_argument("--steps", type=int, default=6)
a = p.parse_args()
torch.set_num_threads(os.cpu_count())
work = tempfile.mkdtemp()
prompts = dict(fpb=("{text}\nSentiment:", ["negative", "neutral", "positive"]), fomc=("{text}\nStance:", ["dovish", "neutral", "hawkish"]))
tasks = "".join(f"""
  {name}:
    data: {name}
    kind: classification
    text: {json.dumps(text)}
    labels: {json.dumps(labels)}""" for name, (text, labels) in prompts.items())
open(work + "/m.yaml", "w").write(f"""
name: answers
data_root: {os.path.abspath(a.data)}
seeds: [0]
base: {os.path.abspath(a.model)}
task_defaults: {{head: answers, limits: {{train: 100, validation: 12, test: 12}}}}
tasks:{tasks}
cocktails: [singles, all]
budget: {{steps: {a.steps}}}
adapter: {{rank: 8, alpha: 16, targets: [q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj]}}
training: {{batch_rows: 8, max_tokens: 256, learning_rate: 1e-3, precision: {a.precision}}}
evaluate: {{floors: false, precision: {a.precision}}}
merges: [{{method: linear, of: singles}}]
""")
subprocess.run([a.program, "run", work + "/m.yaml", "--results", work + "/R", "--quiet"], check=True)
jobs = {}
for row in csv.DictReader(open(work + "/R/answers/runs.csv")):
    if row["split"] == "test" and row["metric"] == "accuracy": jobs[row["model"], row["task"]] = row
tokenizer = transformers.AutoTokenizer.from_pretrained(a.model)
base = transformers.AutoModelForCausalLM.from_pretrained(a.model, dtype=torch.float32).eval()

@torch.no_grad()
def likelihood(model, text, answer):
    read = tokenizer(text + " " + answer, return_offsets_mapping=True)
    first = next(k for k, (_, end) in enumerate(read["offset_mapping"]) if end > len(text))
    logs = model(input_ids=torch.tensor([read["input_ids"]])).logits[0].log_softmax(-1)
    return float(sum(logs[k - 1, read["input_ids"][k]] for k in range(first, len(read["input_ids"]))))

worst, rows, other = 0.0, 0, 0
for path in sorted(glob.glob(work + "/R/answers/predictions/*.jsonl")):
    stem = os.path.basename(path)[: -len(".jsonl")].split(".seed")[0]
    model, job = next((m, r["model_job"]) for (m, _), r in jobs.items() if m.replace(":", "_") == stem)
    ours = base if not job else PeftModel.from_pretrained(
        transformers.AutoModelForCausalLM.from_pretrained(a.model, dtype=torch.float32), f"{work}/R/.store/{job}/adapter").eval()
    for record in map(json.loads, open(path)):
        if record["split"] != "test": continue
        text, labels = prompts[record["task"]]
        row = [json.loads(line) for line in open(f"{a.data}/{record['task']}/test.jsonl")][record["row"] - 1]
        theirs = torch.tensor([likelihood(ours, text.format(**row), label) for label in labels]).softmax(0).tolist()
        worst = max(worst, max(abs(record["probabilities"][label] - share) for label, share in zip(labels, theirs)))
        rows += 1
        other += labels[max(range(len(labels)), key=theirs.__getitem__)] != record["prediction"]
    print(f"{model}: {'base' if not job else 'adapter ' + job[:8]}", flush=True)
print(f"{a.precision}: {rows} texts, probabilities at most {worst:.1e} apart (files have four digits), {other} other answers")
