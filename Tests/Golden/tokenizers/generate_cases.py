"""Writes small/: small tokenizers and what the Hugging Face library makes of difficult texts with them.

Run by hand: python generate_cases.py
small/made.json and small/made_cased.json are not written here but by the tests of WordPieceVocabulary
(UPDATE_SNAPSHOTS=1): that the library loads them and agrees on the texts is what these cases hold.
"""

import json
import pathlib
import random

import tokenizers

SMALL = pathlib.Path(__file__).parent / "small"
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~’“”…—€£"


def added(id, content, **on):
    flags = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=False)
    return dict(id=id, content=content) | flags | on


def template(single, pair, vocabulary):
    def part(name, type_id):
        kind = "Sequence" if name in "AB" else "SpecialToken"
        return {kind: {"id": name, "type_id": type_id}}

    return {
        "type": "TemplateProcessing",
        "single": [part(*p) for p in single],
        "pair": [part(*p) for p in pair],
        "special_tokens": {
            name: {"id": name, "ids": [vocabulary[name]], "tokens": [name]} for name in ("[CLS]", "[SEP]")
        },
    }


def uncased():
    words = ["the", "profit", "rose", "un", "##aff", "##able", "straße", "strasse", "istanbul", "οδος",
             "οδοσ", "cafe", "中", "国", "ﬁ", "##ﬁ", "##ss", "ß", "σ", "##σ", "##ς", "fell", "##s", "##ing",
             "한", "ᄒ", "##ᅡ", "##ᆫ", "й", "и", "👍", "##🏽"]
    tokens = SPECIALS + list(LETTERS) + list(SIGNS) + ["##" + c for c in LETTERS] + words
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    return {
        "version": "1.0", "truncation": {"max_length": 7, "strategy": "LongestFirst", "stride": 0},
        "padding": None,
        "added_tokens": [added(vocabulary[name], name, special=True) for name in SPECIALS],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": template([("[CLS]", 0), ("A", 0), ("[SEP]", 0)],
                                   [("[CLS]", 0), ("A", 0), ("[SEP]", 0), ("B", 1), ("[SEP]", 1)], vocabulary),
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocabulary},
    }


def cased():
    """Every flag the other way: accents stay, BertProcessing, added tokens of all kinds."""
    words = ["The", "Profit", "\u00e9", "e\u0301", "__\u00e9", "__e\u0301", "__\u0301", "\u212b", "\u00c5",
             "\u0130", "__\u0130", "ß", "Σ", "__Σ", "\u200b", "\u0007", "中国"]
    letters = LETTERS + LETTERS[:26].upper()
    tokens = SPECIALS + list(letters) + list(SIGNS) + ["__" + c for c in letters] + words
    vocabulary = {token: i for i, token in enumerate(tokens)}
    base = len(vocabulary)
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [added(vocabulary[name], name, special=True) for name in SPECIALS[:4]] + [
            added(vocabulary["[MASK]"], "[MASK]", special=True, lstrip=True),
            added(base, "<left>", lstrip=True),
            added(base + 1, "<right>", rstrip=True),
            added(base + 2, "<both>", lstrip=True, rstrip=True),
            added(base + 3, "EBIT", single_word=True),
            added(base + 4, "EBITDA", single_word=True),
            added(base + 5, "Net Sales", normalized=True),
            added(base + 6, "Net", normalized=True, single_word=True),
            added(base + 7, "\u00fc ber", normalized=True, lstrip=True),
            added(base + 8, "ab"),
            added(base + 9, "abc"),
        ],
        "normalizer": {"type": "BertNormalizer", "clean_text": False, "handle_chinese_chars": False,
                       "strip_accents": False, "lowercase": False},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "decoder": {"type": "WordPiece", "prefix": "__", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "__",
                  "max_input_chars_per_word": 12, "vocab": vocabulary},
    }


def mixed():
    """Cased with accents stripped, a template of another order, normalised added tokens in lower case."""
    file = uncased()
    file["normalizer"] |= {"lowercase": True, "strip_accents": False}
    vocabulary = file["model"]["vocab"]
    file["post_processor"] = template([("[CLS]", 2), ("A", 1), ("[SEP]", 0)],
                                      [("B", 0), ("[SEP]", 1), ("[SEP]", 0), ("A", 1), ("[CLS]", 3)], vocabulary)
    base = len(vocabulary)
    file["added_tokens"] += [added(base, "Profit ROSE", normalized=True),
                             added(base + 1, "\u0130X", normalized=True, rstrip=True)]
    return file


TEXTS = [
    "", " ", "\n\t ", "The profit rose.", "UNAFFABLE", "unaffables unaffablex", "Café CAFÉ cafe\u0301",
    "Stra\u00dfe STRASSE STRA\u1e9eE", "\u0130stanbul istanbul I\u0307stanbul \u0131", "ΟΔΟΣ οδος ΟΔΟΣ.",
    "中国 profit中rose国", "中国中国 かな カナ", "\u4e00\u3400\u9fff\uf900\U0002a6df\U0002f800", "한국어 \u1112\u1161\u11ab",
    "👍 👍🏽 👨\u200d👩\u200d👧 🇩🇪 ❤\ufe0f", "zero\u200bwidth\u200cjoin\u200der \ufeffbom", "soft\u00adhyphen",
    "a\u0000b\u0007c\u001fd\u007fe\u0085f\ufffdg", "a\u00a0b\u2003c\u3000d\u2028e\u202ff\u1680g",
    "a\u0301\u0323b\u0315\u0300", "\u0301abc \u0301", "q\u0327\u0307x \u1e69 \u0344 \u037e", "\u212b \u212a \u2126 ﬁ ﬃ ½ ²",
    "й и\u0306 ё Ж", "x" * 100, "x" * 101, "é" * 100 + " " + "é" * 101, "👍" * 13, "[SEP]", "a [SEP] b", "a[SEP]b[MASK]",
    "[CLS][CLS] [sep] [ SEP ] [SE P]", "[[SEP]] [UNK] [PAD]x", "a  [MASK]  b", "x <left> y <right> z <both> w",
    " <both> <both>  <left>", "EBIT EBITDA EBITX xEBIT _EBIT EBIT_ éEBIT EBIT\u0301 (EBIT) EBIT.EBITDA",
    "Net Sales net sales Net Salesx NetSales Net,", "x \u00fc ber u\u0308 ber", "abcab ababc abcabc",
    "Profit ROSE profit rose PROFIT  ROSE", "\u0130X i\u0307x \u0130x  end", "don't stop-loss $1,826.30 (2%) #gold @user",
    "\u2018\u2019\u201c\u201d\u2026\u2014\u20ac\u00a3\u00a7\u00b6\u00bf", "\u0378\u0e01\u0e33 \u0915\u094d\u0937\u093f", "𝔘𝔫𝔦 𝐀 \U0001e900\U0001e943",
    "\ue000\uf8ff\U000f0000\U0010fffd \U000e0001", "\U00011938\U00011935\U00011930", "tab\tnew\r\nline\x0bvt\x0cff",
    "\u1734a\u0d3bb \u302e\u1bf2 \U0001d165\U0001d16d", "\u166d \u2e43 \u061d",
    "EBIT\U00011db7 EBIT\U000105c0", "a\u302e\u0000\u1bf2 a\u302e\u0f73\u1bf2",
]
PAIRS = [("the profit rose", "the profit fell"), ("a", "b c d e f g h"), ("a b c d e f g h", "b"), ("", "a"), ("a", ""),
         ("", ""), ("a b c d", "e f g h"), ("a b c d e", "f g h i"), ("a [SEP] b", "[MASK] c"), ("unaffable", "unaffables")]
WORDS = [["The", "profit", "rose", "."], [], [""], ["unaffables", "", " ", "Net Sales", "[SEP]"], ["don't", "$1.5", "中国", "\u200b"],
         ["a b", "[MASK] x", "EBIT", "xEBIT", "x" * 101, "é"]]
ALPHABET = (list("aAbeEiI xX.,[]#@_-") + [" ", "\t", "\n", "é", "\u0301", "\u0323", "\u0130", "ß", "Σ", "ς", "中", "国",
            "\u200b", "\u00ad", "\u3000", "’", "👍", "🏽", "\u0915", "\u094d", "한", "[SEP]", "[MASK]", "EBIT", "Net Sales",
            "<both>", "<left>", "abc", "\u302e", "\u1bf2", "\u08e1", "\u07fd", "\ud7a3", "\u0300"])


def main():
    SMALL.mkdir(exist_ok=True)
    files = {"uncased": uncased(), "cased": cased(), "mixed": mixed()}
    noise = random.Random(7)
    texts = TEXTS + ["".join(noise.choices(ALPHABET, k=noise.randint(1, 14))) for _ in range(250)]
    cases = []
    for name in [*files, "made", "made_cased"]:
        path = SMALL / f"{name}.json"
        if name in files:
            path.write_text(json.dumps(files[name], ensure_ascii=True, indent=1) + "\n")
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
        tokenizer.no_padding()

        def add(most, text=None, pair=None, words=None):
            tokenizer.no_truncation()
            if most is not None:
                tokenizer.enable_truncation(most, strategy="longest_first")
            if words is not None:
                encoding = tokenizer.encode(words, is_pretokenized=True)
            else:
                encoding = tokenizer.encode(text, pair)
            cases.append({
                "tokenizer": name, "text": text, "pair": pair, "words": words, "most": most, "ids": encoding.ids,
                "types": encoding.type_ids, "wordIndices": [-1 if w is None else w for w in encoding.word_ids],
            })

        for text in texts:
            add(None, text)
        for text in texts[:30]:
            add(5, text)
        for pair in PAIRS:
            for most in [None, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]:
                if name != "mixed" or most is None or most >= 4:
                    add(most, *pair)
        for words in WORDS:
            for most in [None, 2, 3, 6]:
                add(most, words=words)
    golden = {"tokenizers": tokenizers.__version__, "cases": cases}
    (SMALL / "cases.json").write_text(json.dumps(golden, separators=(",", ":")).replace("},{", "},\n{") + "\n")


main()
