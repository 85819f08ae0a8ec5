"""Writes patterns.json: what Oniguruma, in the Hugging Face library, finds with regular expressions, and the hashes of the
normalization forms of every scalar.

Run by hand: python generate_patterns.py (tokenizers 0.23.3)
"""

import hashlib
import json
import pathlib
import random

from generate_decoders import CLIP, LLAMA3, QWEN2, TEXTS
from tokenizers import Regex, normalizers, pre_tokenizers

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
GPT4O = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CL100K = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
DEEPSEEK = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
            r"|\s*[\r\n]+|\s+(?!\S)|\s+")
KNOWN = [GPT2, LLAMA3, QWEN2, GPT4O, CL100K, DEEPSEEK, CLIP, r"[一-龥぀-ゟ゠-ヿ]+", r"[0-9][0-9][0-9]", r"\p{N}{1,3}(?=(?:\p{N}{3})*(?:\P{N}|$))"]
SMALL = [
    "a", "ab|a|b", "a|ab", "(a|ab)(c|bcd)?", "a*", "a*?", "a+?b", "a??b", "(ab)*c", "(?:a|b)+?c", "a{2}", "a{2,}", "a{,2}", "a{1,2}?", "a{1,3}b",
    "(?:ab){2,3}", "a{x}", "{", "}", "]", "a]b", "x{1", "^a", "a$", "^", "$", r"\Aa", r"a\z", r"a\Z", r"\ba", r"a\b", r"\Ba", ".", "(?m:.)+", ".+",
    "(?i)AB", "a(?i)b|c", "(?i:a)b", "(?i:é)", "(?i:k)", "(?i:[a-c])", "(?-i:a)", "(?i:a(?-i:b))", "[^a]", "[a-c]", "[-a]", "[a-]", "[]a]", "[^]a]",
    "[a-c&&[^b]]", "[[ab]c]", r"[\w&&[^\d]]", r"[\s\d]+", r"\D+", r"\W+", r"\S+", r"\h+", r"\H+", r"\p{Lu}", r"\P{Lu}+", r"\p{^L}+", r"\p{letter}", r"\p{Han}+",
    r"[^\p{L}\p{N}]+", r"\x41", r"\x{e9}", r"\u00e9", r"\t|\n|\r", r"\.", r"\/", r"\-", r"[\]\\]", r"[\-\.]", "a(?=b)", "a(?!b)", "(?=a)[ab]+", "(?!a)[ab]+", "(?>a+)b",
    "(?>a|ab)c", "a++b", "a*+a", "a?+a", "(?:a|ab)++c", "(?#note)a", "(?<name>a)b", "(a)(b)", "", "a||b", "()", "(?:)", "a{0}", "[ab]{0,2}c", r"(?:a{1,2}){2}b",
    r"\s+(?!\S)", r"\s*\n", r"(?=.*b)a", "a.{2}b", "(?:a?b){2}", "(a+|b+)c",
]
STRINGS = ["", "a", "b", "ab", "abc", "aab", "abab", "ababc", "aaa", "aaab", "abcd", "Abc aBC", "cab cba", "a\nb\na", "a]b}{x{1", "a-b.c/d\\e", "AÉé Kk ſs", "été 12 漢字",
           "a{x}a{0}", "  \n a \t\n", "aXb acb", "abbc aabbc", "]\\-", "A1b2_c3", "note a b"]


def matches(pattern, text):
    """The matches, in UTF-8 bytes; empty ones cannot be seen."""
    splitter = pre_tokenizers.Split(Regex(pattern), "removed", invert=True)
    places = [0]
    for character in text:
        places.append(places[-1] + len(character.encode()))
    return [places[offset] for _, pair in splitter.pre_tokenize_str(text) for offset in pair]


def random_text(stream, length):
    pool = " \n\r\t'sStTlLaé1２。,/-_"
    def scalar():
        while True:
            value = stream.randrange(stream.choice([0x80, 0x250, 0x3000, 0x10000, 0x20000, 0x110000]))
            if not 0xD800 <= value < 0xE000:
                return chr(value)
    return "".join(stream.choice(pool) if stream.random() < 0.5 else scalar() for _ in range(length))


stream = random.Random(7)
texts = TEXTS + [random_text(stream, 60) for _ in range(12)]
known = [[pattern, [hashlib.sha256(json.dumps(matches(pattern, text), separators=(",", ":")).encode()).hexdigest()[:12] for text in texts]]
         for pattern in KNOWN]
small = [[pattern, [matches(pattern, text) for text in STRINGS]] for pattern in SMALL]

forms = []
for block in [*range(0x34), 0xE0, 0xF0, 0x100]:
    scalars = [chr(value) for value in range(block * 4096, block * 4096 + 4096) if not 0xD800 <= value < 0xE000]
    text = "".join(f"a{c}ba\u302e{c}\u0334\u1bf2b" for c in scalars)
    forms.append([block, {name: hashlib.sha256(getattr(normalizers, name)().normalize_str(text).encode()).hexdigest()[:12]
                          for name in ("NFC", "NFD", "NFKC", "NFKD")}])
golden = {"texts": texts, "known": known, "strings": STRINGS, "small": small, "forms": forms}
path = pathlib.Path(__file__).resolve().parent / "patterns.json"
path.write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")
