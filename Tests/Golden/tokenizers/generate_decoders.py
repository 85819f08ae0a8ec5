"""Writes decoders/: small tokenizers of decoder kinds and what the Hugging Face library makes of difficult texts.

Run by hand: python generate_decoders.py (tokenizers 0.23.3). The texts that they are trained on are made here from a seed.
"""

import json
import pathlib
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

FOLDER = pathlib.Path(__file__).resolve().parent / "decoders"
FOLDER.mkdir(exist_ok=True)
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
CLIP = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def corpus():
    stream = random.Random(1)
    nouns = "profit loss market company bank share price café naïveté Umsatz größe résumé señor 市場 会社 利益 한국 시장 рынок прибыль".split()
    verbs = "rose fell grew beat missed reported said isn't we'll they've wächst 上昇 した".split()
    code = ["def f(x):\n    return x + 1\n", "if (a != b) { c[i] += 2; }\n", "for i in range(10):\n\tprint(i)\n"]
    signs = ["👍", "👩‍💻", "🇫🇷", "€", "—", "…"]
    for _ in range(3000):
        words = [stream.choice(nouns if i % 2 else verbs + nouns) for i in range(stream.randrange(2, 9))]
        if stream.random() < 0.4:
            words.append(f"{stream.randrange(10 ** stream.randrange(1, 7)):,}")
        if stream.random() < 0.2:
            words.append(stream.choice(signs))
        text = " ".join(words) + stream.choice([".", "!", "?", "\n", "  ", ", "])
        yield text.capitalize() if stream.random() < 0.5 else text
        if stream.random() < 0.1:
            yield stream.choice(code)


TEXTS = [
    "", " ", "  ", "   a", "a   b  ", "\n", "\n\n\n", "a\r\nb\r\n", " \n \t \n", "\t\tx", "Profit rose 1,234.5 % in 2024!",
    "the company's market isn't what WE'LL or They'Ve said'S it'ſ", "1234567 12 3", "12a34", "Ⅷ½²③ ١٢٣ １２３", "naïve café résumé",
    "cafe\u0301 e\u0323\u0302 a\u0345\u0334\u0301", "\u1100\u1161\u11a8각 한국어", "\u212b \u2126 ﬁ ℌ ﷺ", "市場は上昇した。かな カナ", "שלום עולם", "مرحبا بالعالم ٣",
    "हिन्दी ไทย", "👍👍🏽👩‍💻🇫🇷🇩🇪 🏳️‍🌈", "a\u200bb\u200dc\ufeffd\u00a0e\u2028f\u3000g", "\x00\x01\x1b[0m\x7f\x85", "def f(x):\n    return x + 1\n", "https:/" "/example.org/a_b-c?d=e&f=%20",
    "<s>", "</s>a<s> b</s>", "<|endoftext|>", "x<|endoftext|>y <|endoftext|>  z", "a <mask> b<mask>c", "  <mask>  ", "<|im_start|>user\nhi<|im_end|>\n", "<|begin|>", "<unk>",
    "<0x41><0x0A>", "▁a▁▁b", "Ġa ĊĉÂ", "<tool>call</tool>", "wordtool tool toolbox tool", "ABC<NORM>def <norm> <NORM> ",
    "ǅ ß ẞ İ ı ŉ", "\U0001d49c\U00010400 \U000e0001\U0010fffd", "....--==!!??", "a" * 70, "ab " * 30, "x\u0301" * 20, "é" * 40, "   " * 20 + "end", "don't—can't…", "\ufffd \ufffd",
]


def gpt2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder, tokenizer.post_processor = decoders.ByteLevel(), processors.ByteLevel(trim_offsets=True)
    return tokenizer, ["<|endoftext|>"], {}


def llama3():
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer, ["<|begin|>", "<|endoftext|>"], {"bos": "<|begin|>", "merges_dropped": 7}


def qwen2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(QWEN2), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    added = [AddedToken("<tool>", normalized=False), AddedToken("</tool>", normalized=False), AddedToken("café", normalized=True)]
    return tokenizer, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], {"added": added}


def smollm():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], {}


def roberta():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer, ["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True, special=True)], {"roberta": True}


def fallback(**settings):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, **settings))
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence(steps)
    return tokenizer, ["<unk>", "<s>", "</s>"], {"bytes": True, "bos": "<s>"}


def llama2():
    tokenizer, *rest = fallback(fuse_unk=True)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    return tokenizer, *rest


def mistral():
    tokenizer, special, extra = fallback(fuse_unk=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", "first", split=False)
    extra["added"] = [AddedToken("tool", single_word=True, normalized=False), AddedToken("<NORM>", rstrip=True, normalized=True)]
    return tokenizer, special, extra


def gemma():
    tokenizer, special, extra = fallback(fuse_unk=True)
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer, special, extra


def folded():
    """What the others leave out: compatible forms, lower case, stripping, Metaspace as a decoder, an unknown token for each."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.Metaspace("▁", "always", split=True)])
    tokenizer.decoder = decoders.Metaspace("▁", "always", split=True)
    return tokenizer, ["<unk>"], {"added": [AddedToken("<NORM>", normalized=True)]}


def clip():
    tokenizer = Tokenizer(models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>", continuing_subword_prefix=""))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(CLIP), "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer, ["<|startoftext|>", "<|endoftext|>"], {}


def marked():
    """Pieces that continue a word are marked; decomposed, without accents of their own; no decoder."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, continuing_subword_prefix="##"))
    tokenizer.normalizer = normalizers.NFKD()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(" ", "removed"), pre_tokenizers.Split(Regex(r"\p{P}"), "merged_with_next"),
         pre_tokenizers.Split(Regex("[0-9]"), "contiguous", invert=True)])
    return tokenizer, ["<unk>", "</s>"], {"eos": "</s>"}


def finished(tokenizer, special, extra):
    size = 900
    if extra.get("bytes"):
        special = [*special, *(f"<0x{byte:02X}>" for byte in range(256))]
        size = 800
    settings = dict(vocab_size=size, special_tokens=special, show_progress=False)
    model = json.loads(tokenizer.to_str())["model"]
    if tokenizer.pre_tokenizer is not None and "ByteLevel" in str(tokenizer.pre_tokenizer):
        settings["initial_alphabet"] = pre_tokenizers.ByteLevel.alphabet()
    else:
        settings["limit_alphabet"] = 120
    for name in ("end_of_word_suffix", "continuing_subword_prefix"):
        if model[name]:
            settings[name] = model[name]
    tokenizer.train_from_iterator(list(corpus()), trainers.BpeTrainer(**settings))
    tokenizer.add_tokens(extra.get("added", []))
    ids = tokenizer.token_to_id
    if extra.get("roberta"):
        tokenizer.post_processor = processors.RobertaProcessing(("</s>", ids("</s>")), ("<s>", ids("<s>")))
    if bos := extra.get("bos"):
        template = processors.TemplateProcessing(f"{bos} $A", f"{bos} $A {bos} $B:1", [(bos, ids(bos))])
        trimming = processors.ByteLevel(trim_offsets=True)
        tokenizer.post_processor = processors.Sequence([trimming, template]) if "ByteLevel" in str(tokenizer.pre_tokenizer) else template
    if eos := extra.get("eos"):
        tokenizer.post_processor = processors.TemplateProcessing(f"$A {eos}", f"$A {eos} $B {eos}", [(eos, ids(eos))])
    data = json.loads(tokenizer.to_str())
    data["added_tokens"] = [token for token in data["added_tokens"] if not token["content"].startswith("<0x")]
    # Tokens that no merges lead to are found by ignore_merges alone.
    data["model"]["merges"] = data["model"]["merges"][:len(data["model"]["merges"]) - extra.get("merges_dropped", 0)]
    return data


def untrimmed(value):
    if isinstance(value, dict):
        return {name: False if name == "trim_offsets" else untrimmed(item) for name, item in value.items()}
    return [untrimmed(item) for item in value] if isinstance(value, list) else value


def case(tokenizer, text):
    """ids, flat byte ranges, text of all tokens and without special ones (null where it is the same as before)."""
    places = [0]
    for character in text:
        places.append(places[-1] + len(character.encode()))
    bare = tokenizer.encode(text, add_special_tokens=False)
    whole = tokenizer.encode(text).ids
    decoded = tokenizer.decode(whole, skip_special_tokens=False)
    plain = tokenizer.decode(whole, skip_special_tokens=True)
    words = tokenizer.encode(text, text[::-1]).ids
    return [bare.ids, [places[offset] for pair in bare.offsets for offset in pair], whole if whole != bare.ids else None,
            decoded if decoded != text else None, plain if plain != decoded else None, words if len(text) < 20 else None]


def main():
    makers = [gpt2, llama3, qwen2, smollm, roberta, llama2, mistral, gemma, folded, clip, marked]
    golden = {"texts": TEXTS, "reversed": [text[::-1] for text in TEXTS], "cases": {}}
    for maker in makers:
        data = finished(*maker())
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        if maker in (gpt2, gemma):  # older files write merges as texts
            data["model"]["merges"] = [" ".join(pair) for pair in data["model"]["merges"]]
            text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        (FOLDER / f"{maker.__name__}.json").write_text(text + "\n")
        tokenizer = Tokenizer.from_str(json.dumps(untrimmed(data)))
        golden["cases"][maker.__name__] = [case(tokenizer, text) for text in TEXTS]
    (FOLDER / "cases.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
