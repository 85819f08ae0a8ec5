"""Writes small/: small tokenizers and what the Hugging Face library makes of difficult texts with them.

Run by hand: python generate_cases.py
small/made.json and small/made_cased.json are not written here but by the tests of WordPieceVocabulary
(UPDATE_SNAPSHOTS=1): that the library loads them and agrees on the texts is what these cases hold.
"""

import json
import pathlib
import random

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

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


def mpnet():
    """MPNet's kind, as transformers builds it: <s> and </s> around texts, two </s> between them, all types 0.

    Its vocabulary is BERT's after four tokens of its own: [PAD], [CLS], [SEP] and [MASK] are there, but mean nothing.
    """
    words = ["the", "profit", "rose", "un", "##aff", "##able", "##s", "cafe", "a", "b", "c", "d", "e", "f", "g", "h", "x",
             "##x", "##b", "mask", "sep", "[", "]", "<", ">", "/", ".", "'", "-", "中", "国", "##é", "é", "net", "sales",
             "ß", "👍", "σ"]
    tokens = ["<s>", "<pad>", "</s>", "<unk>", "[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, "<mask>"]
    vocabulary = {token: i for i, token in enumerate(tokens)}
    tokenizer = tokenizers.Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", vocabulary["</s>"]), ("<s>", vocabulary["<s>"]), trim_offsets=True, add_prefix_space=False)
    for token in ["<s>", "<pad>", "</s>", "<unk>", "[UNK]", "<mask>"]:
        tokenizer.add_special_tokens(
            [tokenizers.AddedToken(token, lstrip=token == "<mask>", normalized=token == "<unk>", special=True)])
    return json.loads(tokenizer.to_str())


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


NAMES = {"[CLS]": "<s>", "[SEP]": "</s>", "[MASK]": "<mask>", "[PAD]": "<pad>"}
MPNET_TEXTS = ["<s> a </s>", "<S> a </S>", "a <unk> b", "a<UNK>b", "A <Unk>", "\u00c9<unk>e\u0301", "a <mask> b", "a\u3000\t<mask>  b", "<mask><mask>",
               "a<mask>b", "<Mask> <MASK>", "<pad>a<pad>", "[UNK][unk] [PAD] [CLS]", "</s></s>", "< s > <s", "<unk ><un\u0007k>", "a <mask>\n"]


def encodings(tokenizer, name, texts, short, pairs, words, lengths):
    """What a tokenizer makes of texts, whole and (those of `short`) cut, of pairs and of rows of words.

    A case without types has all of them 0.
    """
    tokenizer.no_padding()
    cases = []

    def add(most, text=None, pair=None, words=None):
        tokenizer.no_truncation()
        if most is not None:
            tokenizer.enable_truncation(most, strategy="longest_first")
        if words is not None:
            encoding = tokenizer.encode(words, is_pretokenized=True)
        else:
            encoding = tokenizer.encode(text, pair)
        case = {
            "tokenizer": name, "text": text, "pair": pair, "words": words, "most": most, "ids": encoding.ids,
            "types": encoding.type_ids if any(encoding.type_ids) else None,
            "wordIndices": [-1 if w is None else w for w in encoding.word_ids],
        }
        cases.append({key: value for key, value in case.items() if value is not None})

    for text in texts:
        add(None, text)
    for text in short:
        add(5, text)
    for pair in pairs:
        for most in lengths:
            add(most, *pair)
    for row in words:
        for most in [None, 2, 3, 6]:
            add(most, words=row)
    return cases


def mpnet_form(text):
    """A text with MPNet's special tokens in the place of BERT's."""
    for bert, mpnet in NAMES.items():
        text = text.replace(bert, mpnet)
    return text


def mpnet_encodings(tokenizer, name, texts):
    """What a tokenizer of MPNet's kind makes of texts, with its own special tokens and with BERT's."""
    own = [form for form in map(mpnet_form, texts) if form not in texts]
    pairs = [(mpnet_form(a), mpnet_form(b)) for a, b in PAIRS]
    words = [[mpnet_form(word) for word in row] for row in WORDS]
    return encodings(tokenizer, name, MPNET_TEXTS + texts + own, MPNET_TEXTS + texts[:30], pairs, words, [None, *range(4, 13)])


def noisy(count):
    noise = random.Random(7)
    return ["".join(noise.choices(ALPHABET, k=noise.randint(1, 14))) for _ in range(count)]


def main():
    SMALL.mkdir(exist_ok=True)
    files = {"uncased": uncased(), "cased": cased(), "mixed": mixed(), "mpnet": mpnet()}
    texts = TEXTS + noisy(250)
    cases = []
    for name in ["uncased", "cased", "mixed", "made", "made_cased", "mpnet"]:
        path = SMALL / f"{name}.json"
        if name in files:
            path.write_text(json.dumps(files[name], ensure_ascii=True, indent=1) + "\n")
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
        if name == "mpnet":
            cases += mpnet_encodings(tokenizer, name, texts)
        else:
            lengths = [None, *range(4 if name == "mixed" else 3, 13)]
            cases += encodings(tokenizer, name, texts, texts[:30], PAIRS, WORDS, lengths)
    golden = {"tokenizers": tokenizers.__version__, "cases": cases}
    (SMALL / "cases.json").write_text(json.dumps(golden, separators=(",", ":")).replace("},{", "},\n{") + "\n")


if __name__ == "__main__":
    main()
