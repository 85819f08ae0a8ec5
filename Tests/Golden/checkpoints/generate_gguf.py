"""Writes blocks of every number format with their floats, and tiny decoders as GGUF files.

Run by hand: python generate_gguf.py OUTPUT_FOLDER          (gguf 0.19, transformers 5.24, torch 2.15)
Blocks are random bytes with scales of all kinds, dequantised by gguf.quants: `gguf/blocks.json`. Decoders have weights
from a formula of their Hugging Face names, so that a test makes the same ones without a file of them; `convert` puts them
into GGUF's names and order, and where transformers reads such a file itself its tensors are held against them.
"""

import json
import pathlib
import sys
import tempfile

import gguf
import numpy as np
import torch
import transformers
from gguf import GGMLQuantizationType as T
from transformers.convert_slow_tokenizer import bytes_to_unicode

out = pathlib.Path(sys.argv[1]) / "gguf"
out.mkdir(parents=True, exist_ok=True)

# ---- blocks -------------------------------------------------------------------------------------------------------

# Where the half-precision scales of a block stand.
SCALES = {
    T.F32: [], T.F16: [], T.BF16: [], T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0],
    T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
}
# The least subnormal, the largest one, the least normal one, zero of both signs, the largest, and some between.
HALVES = [0x0001, 0x03FF, 0x0400, 0x0000, 0x8000, 0x7BFF, 0xFBFF, 0x8001, 0x3C00, 0x2E66, 0xB1EB]
random = np.random.default_rng(17)
blocks = {}
for kind, places in SCALES.items():
    numbers, size = gguf.GGML_QUANT_SIZES[kind]
    count = 24 if numbers == 1 else 12 if numbers == 32 else 6
    data = random.integers(0, 256, (count, size), dtype=np.uint8)
    for block in range(count):
        for place, offset in enumerate(places):
            half = HALVES[(block + 3 * place) % len(HALVES)]
            data[block, offset : offset + 2] = [half & 255, half >> 8]
    if numbers == 1:
        # No exponent of ones, and at both ends subnormal numbers.
        data[:, -1] &= 0xBF
        data[:2, -1] = 0
        data[:2, -2] &= 3
    floats = gguf.quants.dequantize(data.reshape(1, -1), kind).reshape(-1)
    assert np.isfinite(floats).all()
    blocks[kind.name] = {"bytes": data.tobytes().hex(), "floats": floats.astype("<f4").tobytes().hex()}
(out / "blocks.json").write_text(json.dumps(blocks, indent=1))

# ---- decoders -----------------------------------------------------------------------------------------------------


def weight(name, shape):
    """Multiples of 1/256 in -1/2 ..< 1/2 from a hash of the name: exact in every format used here."""
    seed = 2166136261
    for byte in name.encode():
        seed = ((seed ^ byte) * 16777619) % 2**32
    index = np.arange(int(np.prod(shape)), dtype=np.uint64)
    mixed = (np.uint64(seed) + index * np.uint64(2654435761)) % np.uint64(2**32)
    return ((mixed >> np.uint64(24)).astype(np.float32) - 128).reshape(shape) / 256


def pieces():
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    learnt = ["▁a", "▁b", "ab", "▁ab", "▁", "a", "b", "c", "\u00e9", "e\u0301", "<|end|>", "<|endoftext|>"]
    scores = [0.0] * 259 + [-float(i) for i in range(len(learnt) - 2)] + [0.0, 0.0]
    kinds = [2, 3, 3] + [6] * 256 + [1] * (len(learnt) - 2) + [3, 3]
    return tokens + learnt, scores, kinds


def byte_level():
    letters = list(bytes_to_unicode().values())
    tokens = letters + ["Ġa", "ab", "Ġab", "<|endoftext|>", "<|im_end|>", "<think>"]
    return tokens, ["Ġ a", "a b", "Ġ ab"], [1] * (len(letters) + 3) + [3, 3, 4]


def add_tokenizer(writer, pre):
    if pre is None:
        tokens, scores, kinds = pieces()
        writer.add_tokenizer_model("llama")
        writer.add_token_list(tokens)
        writer.add_token_scores(scores)
        writer.add_token_types(kinds)
        writer.add_bos_token_id(1)
        writer.add_eos_token_id(2)
        writer.add_unk_token_id(0)
    else:
        tokens, merges, kinds = byte_level()
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(pre)
        writer.add_token_list(tokens)
        writer.add_token_types(kinds)
        writer.add_token_merges(merges)
        writer.add_bos_token_id(259)
        writer.add_eos_token_id(260)
    writer.add_chat_template("{{ messages }}")
    return len(tokens)


def interleaved(rows, heads):
    """llama.cpp's order of the rows of queries and keys."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


LAYER = {
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "self_attn.qkv_proj": "attn_qkv",
    "mlp.gate_up_proj": "ffn_up", "ln_1": "attn_norm", "ln_2": "ffn_norm", "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
}
ENDS = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "transformer.wte": "token_embd", "transformer.wpe": "position_embd", "transformer.ln_f": "output_norm",
}


def convert(name, values, config):
    """GGUF's name and order of a Hugging Face tensor."""
    stem, suffix = name.rsplit(".", 1)
    if stem in ENDS:
        return f"{ENDS[stem]}.{suffix}", values
    _, _, block, rest = stem.split(".", 3)
    stored = LAYER[rest]
    if config.model_type in ("llama", "mistral") and stored in ("attn_q", "attn_k"):
        heads = config.num_attention_heads if stored == "attn_q" else config.num_key_value_heads
        values = interleaved(values, heads)
    if config.model_type == "gpt2" and values.ndim == 2:
        values = values.T
    return f"blk.{block}.{stored}.{suffix}", np.ascontiguousarray(values)


def store(writer, name, values, kind):
    if values.ndim < 2 or kind == T.F32:
        writer.add_tensor(name, values.astype(np.float32))
    elif kind == T.F16:
        writer.add_tensor(name, values.astype(np.float16))
    elif kind == T.BF16:
        bits = (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
        writer.add_tensor(name, bits.view(np.uint8).reshape(values.shape[0], -1), raw_dtype=T.BF16)
    elif kind == T.Q8_0:
        # A scale of 1/256 keeps the formula's numbers as they are.
        rows = (values * 256).astype(np.int8).reshape(-1, 32)
        scale = np.full((len(rows), 1), 1 / 256, np.float16).view(np.uint8)
        blocks = np.concatenate([scale, rows.view(np.uint8)], axis=1)
        writer.add_tensor(name, blocks.reshape(values.shape[0], -1), raw_dtype=T.Q8_0)


def write(file, architecture, config, pre, kinds=(T.F32,), keys=lambda writer: None, tensors=(), peer=True):
    writer = gguf.GGUFWriter(str(out / file), architecture)
    writer.add_quantization_version(2)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_head_count(config.num_attention_heads)
    if architecture == "gpt2":
        writer.add_feed_forward_length(config.n_inner)
        writer.add_layer_norm_eps(config.layer_norm_epsilon)
    else:
        writer.add_feed_forward_length(config.intermediate_size)
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
        writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    keys(writer)
    config.vocab_size = add_tokenizer(writer, pre)
    model = transformers.AutoModelForCausalLM.from_config(config)
    expected = {}
    skipped = {"lm_head.weight"} if config.tie_word_embeddings else set()
    for place, (name, tensor) in enumerate(model.state_dict().items()):
        if name in skipped:
            continue
        expected[name] = weight(name, tuple(tensor.shape))
        stored, values = convert(name, expected[name], config)
        store(writer, stored, values, kinds[place % len(kinds)])
    for name, values in tensors:
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    # transformers 5.24 takes other sizes for its own in some architectures, and has no word for a sliding window.
    if peer:
        other = transformers.AutoModelForCausalLM.from_pretrained(out, gguf_file=file, dtype=torch.float32).state_dict()
        for name, values in expected.items():
            assert np.array_equal(other[name].numpy(), values), (file, name)
    print(file, (out / file).stat().st_size, "bytes,", len(expected), "tensors", "as transformers reads it" if peer else "")


small = dict(hidden_size=8, intermediate_size=12, num_hidden_layers=2, max_position_embeddings=64, rms_norm_eps=1e-5)
rope = lambda theta: {"rope_type": "default", "rope_theta": theta}

write(
    "llama.gguf", "llama",
    transformers.LlamaConfig(
        **small, num_attention_heads=4, num_key_value_heads=2, head_dim=4, tie_word_embeddings=False,
        rope_parameters=rope(10000.0)),
    None, keys=lambda w: (w.add_key_length(4), w.add_value_length(4), w.add_rope_dimension_count(4)))
write(
    "mistral.gguf", "llama",
    transformers.MistralConfig(
        **small, num_attention_heads=2, num_key_value_heads=1, head_dim=4, sliding_window=16, tie_word_embeddings=True,
        rope_parameters=rope(1000000.0)),
    None, kinds=(T.F16,), keys=lambda w: (w.add_sliding_window(16), w.add_rope_dimension_count(4)), peer=False)


def llama3_factors(size, base):
    """As llama.cpp's converter computes them from factor 8, low 1, high 4 and 8192 tokens."""
    factors = []
    for frequency in 1.0 / (base ** (torch.arange(0, size, 2, dtype=torch.float32) / size)):
        length = 2 * np.pi / frequency
        if length < 8192 / 4:
            factors.append(1)
        elif length > 8192 / 1:
            factors.append(8.0)
        else:
            smooth = (8192 / length - 1) / (4 - 1)
            factors.append(1 / ((1 - smooth) / 8.0 + smooth))
    return np.array(factors, np.float32)


write(
    "llama3.gguf", "llama",
    transformers.LlamaConfig(
        **small | dict(hidden_size=16, max_position_embeddings=131072), num_attention_heads=1, num_key_value_heads=1, head_dim=16, attention_bias=True,
        mlp_bias=True, tie_word_embeddings=True, rope_parameters=rope(500000.0)),
    "llama-bpe", kinds=(T.BF16,), tensors=[("rope_freqs.weight", llama3_factors(16, 500000.0))], peer=False)
write(
    "qwen2.gguf", "qwen2",
    transformers.Qwen2Config(
        **small | dict(hidden_size=32, intermediate_size=64), num_attention_heads=4, num_key_value_heads=2,
        tie_word_embeddings=False, rope_parameters=rope(1000000.0)),
    "qwen2", kinds=(T.Q8_0, T.F16, T.F32, T.BF16))
write(
    "qwen3.gguf", "qwen3",
    transformers.Qwen3Config(
        **small, num_attention_heads=2, num_key_value_heads=1, head_dim=8, tie_word_embeddings=True,
        rope_parameters=rope(1000000.0)),
    "qwen2", keys=lambda w: (w.add_key_length(8), w.add_value_length(8)), peer=False)
write(
    "phi3.gguf", "phi3",
    transformers.Phi3Config(
        **small, num_attention_heads=2, num_key_value_heads=2, tie_word_embeddings=False, sliding_window=32,
        pad_token_id=0, rope_parameters=rope(10000.0)),
    None, keys=lambda w: (w.add_sliding_window(32), w.add_rope_dimension_count(4), w.add_pad_token_id(0), w.add_name("Phi-3 tiny")))
write(
    "gpt2.gguf", "gpt2",
    transformers.GPT2Config(n_embd=8, n_inner=32, n_layer=2, n_head=2, n_positions=16, tie_word_embeddings=True),
    "gpt-2", peer=False)
