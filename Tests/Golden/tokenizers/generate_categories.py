"""Writes Sources/Tokenizers/Unicode/UnicodeCategoryRanges.swift: the classes of Oniguruma and of Rust in the library.

Run by hand: python generate_categories.py
The sets are read off the library's behaviour, so no Unicode version has to be guessed.
"""

import pathlib

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

PACKAGE = pathlib.Path(__file__).resolve().parents[3]
# The order is that of UnicodeCategory; scalars of none of these (Cn) and surrogates have none.
NAMES = ("Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co").split()
SCALARS = [value for value in range(0x110000) if not 0xD800 <= value < 0xE000]


def matching(splitter):
    """The scalars that a splitter keeps."""
    found = set()
    for start in range(0, len(SCALARS), 4096):
        chunk = SCALARS[start:start + 4096]
        for _, (first, end) in splitter.pre_tokenize_str("".join(map(chr, chunk))):
            found.update(chunk[first:end])
    return found


def regex(pattern):
    return matching(pre_tokenizers.Split(Regex(pattern), "removed", invert=True))


def ranges(values):
    found = []
    for value in sorted(values):
        if found and value == found[-1][1] + 1:
            found[-1][1] = value
        else:
            found.append([value, value])
    return [number for pair in found for number in pair]


def numeric():
    digits = pre_tokenizers.Digits(individual_digits=True)
    return {value for value in SCALARS if len(digits.pre_tokenize_str(f"a{chr(value)}a")) == 3}


category = [0] * 0x110000
for index, name in enumerate(NAMES):
    for value in regex(rf"\p{{{name}}}"):
        assert category[value] == 0
        category[value] = index + 1
# What classes mean beyond categories is fixed in the Swift code; hold it here against the library.
of = lambda *names: {v for v in SCALARS if category[v] and NAMES[category[v] - 1][:2] in names}
letters, marks = of("Lu", "Ll", "Lt", "Lm", "Lo"), of("Mn", "Mc", "Me")
assert regex(r"\p{L}") == letters and regex(r"\p{M}") == marks
assert regex(r"\p{N}") == of("Nd", "Nl", "No") and regex(r"\d") == of("Nd")
assert regex(r"\s") == of("Zs", "Zl", "Zp") | {9, 10, 11, 12, 13, 0x85}
word = regex(r"\w")
assert word >= letters | marks | of("Nd", "Pc")

runs = []
for number in category:
    if runs and runs[-1] % 32 == number:
        runs[-1] += 32
    else:
        runs.append(32 + number)

nfd, nfkd, nfc = (form().normalize_str for form in (normalizers.NFD, normalizers.NFKD, normalizers.NFC))
compatible, composing = set(), set()
for value in SCALARS:
    scalar = chr(value)
    if nfkd(scalar) != nfd(scalar):
        compatible.add(value)
    above, below = f"a\u0345{scalar}", f"a{scalar}\u0334"
    if nfc(scalar) != scalar or nfd(above)[:2] != "a\u0345" or not nfd(below).endswith("\u0334"):
        composing.add(value)
    elif nfd(scalar) != scalar:
        composing.add(ord(nfd(scalar)[-1]))

tables = [
    ("runs", "Runs of one category from U+0000 on: their length times 32, plus the category's number.", runs),
    ("wordBeyond", "Taken by `\\w` besides letters, marks, decimal digits and connectors.",
     ranges(word - letters - marks - of("Nd", "Pc"))),
    ("han", "The script Han.", ranges(regex(r"\p{Han}"))),
    ("numeric", "Numeric to Rust, which the pre-tokenizer Digits asks.", ranges(numeric())),
    ("compatible", "Decomposed by NFKD otherwise than by NFD.", ranges(compatible)),
    ("composing", "What NFC may change, move or join to what stands before it.", ranges(composing)),
]
lines = [
    f"// Written by Tests/Golden/tokenizers/generate_categories.py from tokenizers {tokenizers.__version__}; do not edit.",
    "",
    "/// Categories of scalars, and sets as pairs of first and last value.",
    "enum UnicodeCategoryRanges {",
]
for name, about, values in tables:
    lines += [f"  /// {about}", f"  static let {name}: [UInt32] = ["]
    row = ""
    for number in values:
        piece = f"{number}, " if name == "runs" else f"0x{number:x}, "
        if len(row) + len(piece) > 106:
            lines.append(f"    {row.rstrip()}")
            row = ""
        row += piece
    lines += [f"    {row.rstrip()}", "  ]", ""]
lines[-1] = "}"
target = PACKAGE / "Sources/Tokenizers/Unicode/UnicodeCategoryRanges.swift"
target.parent.mkdir(exist_ok=True)
target.write_text("\n".join(lines) + "\n")
print(len(lines), "lines;", {name: len(values) for name, _, values in tables})
