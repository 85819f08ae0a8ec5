#!/usr/bin/env python3
"""Golden frequencies of rotary positions from transformers, for each scaling.

Usage: generate_rotary.py > rotary.json      (run by hand)
"""
import json, torch, transformers
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

cases = []
for theta, channels, scaling in [
    (10000.0, 64, dict(rope_type="default")), (500000.0, 64, dict(rope_type="default")), (10000.0, 6, dict(rope_type="default")),
    (10000.0, 64, dict(rope_type="linear", factor=4.0)), (10000.0, 64, dict(rope_type="dynamic", factor=2.0)),
    (500000.0, 128, dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8192)),
    (500000.0, 64, dict(rope_type="llama3", factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8192))]:
    config = transformers.LlamaConfig(hidden_size=4 * channels, num_attention_heads=4, max_position_embeddings=8192,
        rope_parameters=dict(scaling, rope_theta=theta))
    if scaling["rope_type"] == "default":
        frequencies = transformers.models.llama.modeling_llama.LlamaRotaryEmbedding.compute_default_rope_parameters(config)[0]
    else:
        frequencies = ROPE_INIT_FUNCTIONS[scaling["rope_type"]](config, torch.device("cpu"))[0]
    cases.append(dict(theta=theta, channels=channels, config=dict(scaling, rope_theta=theta), frequencies=frequencies.tolist()))
print(json.dumps(dict(transformers=transformers.__version__, cases=cases)))
