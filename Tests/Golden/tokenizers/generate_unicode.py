"""Writes Sources/Tokenizers/Unicode/UnicodeRanges.swift: what the Hugging Face library does with every scalar.

Run by hand: python generate_unicode.py
The sets are read off the library's behaviour, so no Unicode version has to be guessed.
"""

import pathlib

import tokenizers
from tokenizers import normalizers, pre_tokenizers

PACKAGE = pathlib.Path(__file__).resolve().parents[3]


def bert(**on):
    flags = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**(flags | on)).normalize_str


def ranges(values, gap=1):
    found = []
    for value in sorted(values):
        if found and value - found[-1][1] <= gap:
            found[-1][1] = value
        else:
            found.append([value, value])
    return found


clean, ideograph = bert(clean_text=True), bert(handle_chinese_chars=True)
strip, lower, nfd = bert(strip_accents=True), bert(lowercase=True), normalizers.NFD().normalize_str
words = pre_tokenizers.BertPreTokenizer().pre_tokenize_str

sets = {name: set() for name in
        ("dropped", "spaces", "ideographs", "marks", "punctuation", "decomposable", "cased")}
for value in range(0x110000):
    if 0xD800 <= value < 0xE000:
        continue
    scalar = chr(value)
    text = f"a{scalar}b"
    if clean(text) == "ab":
        sets["dropped"].add(value)
    if ideograph(text) != text:
        sets["ideographs"].add(value)
    if strip(text) == "ab":
        sets["marks"].add(value)
    pieces = len(words(text))
    if pieces == 2:
        sets["spaces"].add(value)
    if pieces == 3:
        sets["punctuation"].add(value)
    # U+0345 has the highest combining class of all, U+0334 the lowest: a mark moves past one of them.
    above, below = f"a\u0345{scalar}", f"a{scalar}\u0334"
    if nfd(text) != text or nfd(above) != above or nfd(below) != below:
        sets["decomposable"].add(value)
    if lower(text) != text:
        sets["cased"].add(value)

about = {
    "dropped": "Removed by `clean_text`.",
    "spaces": "White space.",
    "ideographs": "Put between spaces by `handle_chinese_chars`.",
    "marks": "Removed by `strip_accents`.",
    "punctuation": "Words of their own.",
    "decomposable": "Decomposed by NFD, or moved by it as marks.",
    "cased": "Ranges that hold everything that lower-casing changes.",
}
lines = [
    f"// Written by Tests/Golden/tokenizers/generate_unicode.py from tokenizers {tokenizers.__version__}; do not edit.",
    "",
    "/// Sets of scalars as pairs of first and last value.",
    "enum UnicodeRanges {",
]
for name, values in sets.items():
    lines += [f"  /// {about[name]}", f"  static let {name}: [UInt32] = ["]
    row = ""
    for first, last in ranges(values, gap=32 if name == "cased" else 1):
        pair = f"0x{first:x}, 0x{last:x}, "
        if len(row) + len(pair) > 105:
            lines.append(f"    {row.rstrip()}")
            row = ""
        row += pair
    lines += [f"    {row.rstrip()}", "  ]", ""]
lines[-1] = "}"
(PACKAGE / "Sources/Tokenizers/Unicode/UnicodeRanges.swift").write_text("\n".join(lines) + "\n")
