#!/usr/bin/env python3
"""Golden numbers of answers: how likely a tiny decoder takes what may be said behind a text, and how it learns to say it.

Usage: generate_answers.py > answers.json      (run by hand, in its own folder)

Writes answers/NAME/ with a Llama of random weights over a tokenizer of ../tokenizers/decoders, and prints

- "likelihoods": for each text and each answer Σ log p of the answer's tokens, each text with its answer in a pass of its own. The
  answer begins with the first token that ends behind the text;
- "losses" and "norms" of ten steps of AdamW on LoRA factors (in lora.safetensors), with all texts and their right answers
  in each step: Σ −log p of the answers' tokens and end tokens ÷ the number of these.
"""
import json, os
import torch, transformers, peft
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file

torch.set_num_threads(1)
texts = [("Profit rose to EUR 13.1 mn", 1), ("Sales fell", 0), ("The board met in Espoo, as it does each year. It", 2), ("a", 1),
    ("Orders: 12, 7 and 3;", 0), ("ünïcode 漢字 text ", 2)]
answers = ["bad", "good news for all", "neither good nor bad"]
result = dict(torch=torch.__version__, transformers=transformers.__version__, peft=peft.__version__, texts=texts, answers=answers, models={})
for name, begins in [("smollm", False), ("llama3", True)]:
    folder = f"answers/{name}"
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=f"../tokenizers/decoders/{name}.json")
    torch.manual_seed(3)
    end = len(tokenizer) - 1
    config = transformers.LlamaConfig(vocab_size=len(tokenizer) + 3, hidden_size=16, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, intermediate_size=24, max_position_embeddings=128, tie_word_embeddings=not begins,
        bos_token_id=None, eos_token_id=None, pad_token_id=None)
    config._attn_implementation = "eager"
    model = transformers.LlamaForCausalLM(config).eval()
    for n, p in model.named_parameters():
        torch.nn.init.normal_(p, mean=1.0 if "norm" in n else 0.0, std=0.3)
    model.save_pretrained(folder)

    def encode(text, answer):
        joined = text + ("" if text[-1].isspace() else " ") + answer
        read = tokenizer(joined, return_offsets_mapping=True)
        own = [(i, o) for i, (a, o) in zip(read["input_ids"], read["offset_mapping"])]
        first = next(k for k, (i, o) in enumerate(own) if o > len(text))
        return read["input_ids"], max(1, first)

    def likelihood(m, ids, first):
        logs = m(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
        return sum(logs[k - 1, ids[k]] for k in range(first, len(ids)))

    likelihoods = [[float(likelihood(model, *encode(text, a)).detach()) for a in answers] for text, _ in texts]
    lora = get_peft_model(model, LoraConfig(r=2, lora_alpha=4, lora_dropout=0.0,
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"])).eval()
    factors = {n.replace("base_model.model.", "").replace(".default.weight", ""): p for n, p in lora.named_parameters() if "lora_" in n}
    for p in factors.values(): torch.nn.init.normal_(p, std=0.2)
    save_file({n: p.detach().clone().contiguous() for n, p in factors.items()}, folder + "/lora.safetensors")
    optimiser = torch.optim.AdamW(list(factors.values()), lr=0.02, weight_decay=0.0)
    losses, norms = [], []
    for step in range(10):
        optimiser.zero_grad()
        total, count = 0.0, 0
        for text, label in texts:
            ids, first = encode(text, answers[label])
            ids = ids + [end]
            total = total - likelihood(lora, ids, first)
            count += len(ids) - first
        loss = total / count
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(list(factors.values()), 1e9)))
        optimiser.step()
        losses.append(float(loss.detach()))
    result["models"][name] = dict(end=end, likelihoods=likelihoods, losses=losses, norms=norms)
    for extra in ("generation_config.json",):
        if os.path.exists(f"{folder}/{extra}"): os.remove(f"{folder}/{extra}")
print(json.dumps(result, indent=1, ensure_ascii=False))
