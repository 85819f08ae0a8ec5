/// A class of tokenizers of decoders that transformers (5.24) builds anew: it takes vocabulary, merges, post-processor and added tokens from
/// tokenizer.json, and what is written here for the rest.
struct RebuiltClass: Sendable {
  /// What tokenizer_config.json says and a class looks at.
  struct Settings: Sendable {
    var addsPrefixSpace: Bool?
    var isLegacy: Bool
    var unknown: String?
  }

  /// The name, without the `Fast` of older files.
  let name: String
  /// The values of `model_type` whose tokenizer it is.
  let modelTypes: [String]
  /// The special tokens where tokenizer_config.json names none.
  let tokens: [String: String]
  /// The normalizer.
  let normalizer: (any Normalizer)?
  /// The pre-tokenizer.
  let preTokenizer: @Sendable (Settings) -> any PreTokenizer
  /// The settings of the model.
  let model: @Sendable (Settings) -> BytePairModel.Settings

  /// The table of these classes.
  static let all = [gpt2, roberta, gptNeoX, qwen2, llama, gemma]

  /// Models whose tokenizer.json is taken whole, whatever class is named.
  static let wholeTypes: Set<String> = [
    "arctic", "ernie4_5", "ernie4_5_moe", "flex_olmo", "glm", "glm4", "glm4_moe", "gpt_bigcode", "granite",
    "granitemoe",
    "granitemoehybrid", "granitemoeshared", "hyperclovax", "internlm2", "internlm3", "jamba", "kimi_linear",
    "minicpm3",
    "minimax_m2", "ministral", "ministral3", "mistral", "mistral3", "mixtral", "modernbert",
    "modernbert-decoder", "molmo",
    "nemotron", "olmo2", "olmo3", "persimmon", "phi3", "phimoe", "stablelm",
  ]

  /// Models for which the class of the model counts where the file names another one.
  static let overruling: Set<String> = ["qwen2"]

  private static let endOfText = "<|endoftext|>"
  private static let bytes: @Sendable (Settings) -> BytePairModel.Settings = { _ in .init(isByteLevel: true) }
  private static let fallback = BytePairModel.Settings(fusesUnknown: true, fallsBackToBytes: true)

  private static let gpt2 = RebuiltClass(
    name: "GPT2Tokenizer",
    modelTypes: ["codegen", "dbrx", "gpt2", "gpt_neo", "gptj", "jais2", "opt", "phi", "starcoder2"],
    tokens: ["bos_token": endOfText, "eos_token": endOfText, "unk_token": endOfText], normalizer: nil,
    preTokenizer: { ByteLevel(addsPrefixSpace: $0.addsPrefixSpace ?? false, splits: true) }, model: bytes)

  private static let roberta = RebuiltClass(
    name: "RobertaTokenizer", modelTypes: ["bart", "longformer", "roberta", "roberta-prelayernorm"],
    tokens: [
      "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>",
      "pad_token": "<pad>", "mask_token": "<mask>",
    ], normalizer: nil,
    preTokenizer: { ByteLevel(addsPrefixSpace: $0.addsPrefixSpace ?? false, splits: true) }, model: bytes)

  private static let gptNeoX = RebuiltClass(
    name: "GPTNeoXTokenizer",
    modelTypes: ["falcon_mamba", "gpt_neox", "mamba", "mamba2", "mpt", "olmo", "olmoe", "rwkv", "xlstm"],
    tokens: [
      "bos_token": endOfText, "eos_token": endOfText, "unk_token": endOfText, "pad_token": "<|padding|>",
    ],
    normalizer: UnicodeForm(isCompatible: false, composes: true),
    preTokenizer: { ByteLevel(addsPrefixSpace: $0.addsPrefixSpace ?? false, splits: true) }, model: bytes)

  private static let qwen2 = RebuiltClass(
    name: "Qwen2Tokenizer",
    modelTypes: [
      "qwen2", "qwen2_5_vl", "qwen2_moe", "qwen2_vl", "qwen3", "qwen3_moe", "qwen3_next", "qwen3_vl",
    ],
    tokens: ["eos_token": endOfText, "unk_token": endOfText, "pad_token": endOfText],
    normalizer: UnicodeForm(isCompatible: false, composes: true),
    preTokenizer: { settings in
      PreTokenizerSequence(parts: [
        PatternSplit(
          pattern: .known(
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
          ),
          behavior: .isolated, isInverted: false),
        ByteLevel(addsPrefixSpace: settings.addsPrefixSpace ?? false, splits: false),
      ])
    }, model: bytes)

  private static let llama = RebuiltClass(
    name: "LlamaTokenizer", modelTypes: ["idefics", "idefics2"],
    tokens: ["bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"], normalizer: nil,
    preTokenizer: {
      Metaspace(
        replacement: Array("\u{2581}".utf8),
        prefix: !($0.addsPrefixSpace ?? true) ? .never : $0.isLegacy ? .always : .first,
        splits: false)
    }, model: { _ in fallback })

  private static let gemma = RebuiltClass(
    name: "GemmaTokenizer",
    modelTypes: [
      "gemma", "gemma2", "gemma3", "gemma3_text", "gemma3n", "gemma3n_text", "recurrent_gemma", "t5gemma",
    ],
    tokens: [
      "bos_token": "<bos>", "eos_token": "<eos>", "unk_token": "<unk>", "pad_token": "<pad>",
      "mask_token": "<mask>",
    ], normalizer: Replace(pattern: .known(" "), content: Array("\u{2581}".utf8)),
    preTokenizer: { _ in PatternSplit(pattern: .known(" "), behavior: .mergedWithPrevious, isInverted: false)
    },
    model: { settings in
      var model = fallback
      model.unknown = settings.unknown ?? "<unk>"
      return model
    })

  /// The class that transformers builds anew; nil where it takes tokenizer.json whole, or where the class is not known here.
  ///
  /// - Parameters:
  ///   - declared: `tokenizer_class` of tokenizer_config.json.
  ///   - modelType: `model_type` of config.json.
  ///   - isByteLevel: Whether tokenizer.json is of bytes, which Llama's class could not express.
  static func chosen(declared: String?, modelType: String?, isByteLevel: Bool) -> RebuiltClass? {
    let registered = all.first { row in modelType.map(row.modelTypes.contains) ?? false }
    guard let declared = declared.map({ $0.hasSuffix("Fast") ? String($0.dropLast(4)) : $0 }) else {
      return registered
    }
    let overrules = modelType.map(overruling.contains) ?? false
    if declared == "LlamaTokenizer", isByteLevel, !overrules { return nil }
    if let modelType, wholeTypes.contains(modelType) { return nil }
    let name = overrules ? registered?.name ?? declared : declared
    return all.first { $0.name == name }
  }
}
