internal import Basics

/// How a byte-level tokenizer cuts texts into words before it merges.
///
/// Source: `tokenizer.json` of the models that the names are of, and llama.cpp's rules under the same names; where the two
/// differ the model's own counts, as it was trained on it (Decisions.md).
struct PreTokenizer: CatalogEntry {
  /// One step of the cutting.
  enum Step: Sendable {
    /// Every digit is a word.
    case digits
    /// GPT-2's rule.
    case gpt2
    /// A regular expression: what it finds and what lies between are words.
    case pattern(String)
  }

  /// The word of `tokenizer.ggml.pre`.
  let name: String
  let summary: String
  /// Other words for the same.
  var others: [String] = []
  /// `normalizer` of the file.
  var normalizer = JSON.null
  let steps: [Step]
  /// Whether a word that is a token is that token, whatever the merges make of it.
  var ignoresMerges = false
  /// Whether texts begin with a token of their own where the file says nothing.
  var addsBeginning = false

  /// `pre_tokenizer` of the file.
  var json: JSON {
    var parts: [JSON] = []
    var hasBytes = false
    for step in steps {
      switch step {
      case .digits: parts.append(.members(["type": .text("Digits"), "individual_digits": .flag(true)]))
      case .gpt2:
        parts.append(Self.byteLevel(usesRegex: true))
        hasBytes = true
      case .pattern(let pattern):
        parts.append(
          .members([
            "type": .text("Split"), "pattern": .members(["Regex": .text(pattern)]),
            "behavior": .text("Isolated"), "invert": .flag(false),
          ]))
      }
    }
    if !hasBytes { parts.append(Self.byteLevel(usesRegex: false)) }
    return parts.count == 1
      ? parts[0] : .members(["type": .text("Sequence"), "pretokenizers": .list(parts)])
  }

  static func byteLevel(usesRegex: Bool) -> JSON {
    .members([
      "type": .text("ByteLevel"), "add_prefix_space": .flag(false), "trim_offsets": .flag(true),
      "use_regex": .flag(usesRegex),
    ])
  }
}

/// The rules that are read.
enum PreTokenizers {
  static let all = Catalog(
    "pre-tokenizer", [smolLM, gpt2, standard, llama3, qwen2, qwenWithoutForms, tekken])

  /// The rule of a word.
  ///
  /// - Throws: a `Diagnostic` with the nearest word.
  static func row(_ word: String, at place: Place) throws(Diagnostic) -> PreTokenizer {
    if let row = all.entries.first(where: { $0.name == word || $0.others.contains(word) }) { return row }
    throw Diagnostic(
      "words cut as '\(word)' are not read", at: place,
      hint: suggestion(for: word, among: all.entries.flatMap { [$0.name] + $0.others }))
  }

  private static let smolLM = PreTokenizer(
    name: "smollm", summary: "each digit, then GPT-2's rule", others: ["starcoder", "refact"],
    steps: [.digits, .gpt2])

  private static let gpt2 = PreTokenizer(
    name: "gpt-2", summary: "GPT-2's rule", others: ["phi-2"], steps: [.gpt2])

  /// No model's own: what llama.cpp does where a file does not say.
  private static let standard = PreTokenizer(
    name: "default", summary: "llama.cpp's where a file names none",
    steps: [
      .pattern(#"[\p{P}\$\+<=>\^~\|]+"#),
      .pattern(#"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"#),
      .pattern(#"\p{N}+"#), .pattern("[0-9][0-9][0-9]"),
    ])

  /// cl100k's rule: contractions in any case, letters with one sign before them, up to so many digits.
  private static func cl100k(digits: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  private static let llama3 = PreTokenizer(
    name: "llama-bpe", summary: "Llama 3's rule, up to three digits",
    others: ["llama3", "llama-v3", "falcon3"],
    steps: [.pattern(cl100k(digits: #"\p{N}{1,3}"#))], ignoresMerges: true, addsBeginning: true)

  private static let qwen2 = PreTokenizer(
    name: "qwen2", summary: "Qwen2's rule, single digits, texts composed (NFC)",
    normalizer: .members(["type": .text("NFC")]), steps: [.pattern(cl100k(digits: #"\p{N}"#))])

  private static let qwenWithoutForms = PreTokenizer(
    name: "deepseek-r1-qwen", summary: "Qwen2's rule, texts as they are",
    steps: [.pattern(cl100k(digits: #"\p{N}"#))])

  private static let tekken = PreTokenizer(
    name: "tekken", summary: "Mistral Nemo's rule, words by case, single digits",
    steps: [
      .pattern(
        #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|"#
          + #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|"#
          + #"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#)
    ], ignoresMerges: true, addsBeginning: true)
}
