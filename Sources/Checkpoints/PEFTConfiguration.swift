internal import Basics

/// `adapter_config.json` as PEFT writes it: the fields that decide what an adapter computes.
struct PEFTConfiguration: Encodable {
  var rank: Int
  var alpha: Double
  /// Rank of layers that differ, by a pattern that ends the path; the first that fits counts.
  var rankPattern: [(pattern: String, value: Double)] = []
  /// α of layers that differ, in the same way.
  var alphaPattern: [(pattern: String, value: Double)] = []
  var targetModules: [String] = []
  var dropout = 0.0
  var usesRSLoRA = false
  /// Whether the weights of the base lie as (in, out), as Conv1D has them; the factors are the same either way.
  var isFanInFanOut = false
  /// Whole layers that were trained and saved beside the factors.
  var savedModules: [String] = []
  var baseModel: String?
  var taskType: String?

  private enum CodingKeys: String, CodingKey {
    case type = "peft_type"
    case rank = "r"
    case alpha = "lora_alpha"
    case rankPattern = "rank_pattern"
    case alphaPattern = "alpha_pattern"
    case targetModules = "target_modules"
    case dropout = "lora_dropout"
    case usesRSLoRA = "use_rslora"
    case baseModel = "base_model_name_or_path"
    case taskType = "task_type"
    case usesDoRA = "use_dora"
    case bias
    case fanInFanOut = "fan_in_fan_out"
    case modulesToSave = "modules_to_save"
    case initialisation = "init_lora_weights"
    case inferenceMode = "inference_mode"
    case layersToTransform = "layers_to_transform"
    case layersPattern = "layers_pattern"
    case revision
  }

  init(rank: Int, alpha: Double) {
    self.rank = rank
    self.alpha = alpha
  }

  /// Reads a configuration and refuses what would change the result in a way that factors alone do not show.
  ///
  /// - Parameter leavingOut: Saved modules that the caller does without.
  init(path: String, leavingOut: [String] = []) throws(Diagnostic) {
    let file = try JSONFile(path: path)
    try Self.refuseOthers(file)
    savedModules = (file.tree[CodingKeys.modulesToSave.rawValue]?.list?.compactMap(\.text) ?? []).sorted()
    guard savedModules.allSatisfy(leavingOut.contains) else {
      throw Diagnostic(
        "modules_to_save is not supported: whole layers were trained beside the factors",
        at: Place(file: path),
        hint: "a merge that can do without them, as without heads, says leave_out: "
          + "[\(savedModules.joined(separator: ", "))]")
    }
    isFanInFanOut = try file.optional(CodingKeys.fanInFanOut.rawValue, "true or false") { $0.flag } ?? false
    // PEFT has defaults for what is missing, and none for null.
    for key in [CodingKeys.rank, .alpha] where file.tree[key.rawValue] == .null {
      throw Diagnostic(
        "'\(key.rawValue)' is null, and without it the size of the change is not known",
        at: Place(file: path),
        hint: "write the number that the adapter was trained with")
    }
    rank =
      try file.optional(CodingKeys.rank.rawValue, "a whole number from 1") {
        $0.integer.flatMap { $0 > 0 ? $0 : nil }
      } ?? 8
    alpha = try file.optional(CodingKeys.alpha.rawValue, "a number") { $0.number } ?? 8
    dropout = try file.optional(CodingKeys.dropout.rawValue, "a number") { $0.number } ?? 0
    usesRSLoRA = try file.optional(CodingKeys.usesRSLoRA.rawValue, "true or false") { $0.flag } ?? false
    baseModel = try file.optional(CodingKeys.baseModel.rawValue, "a string") { $0.text }
    taskType = try file.optional(CodingKeys.taskType.rawValue, "a string") { $0.text }
    rankPattern = try Self.pattern(file, .rankPattern)
    alphaPattern = try Self.pattern(file, .alphaPattern)
    let targets = file.tree[CodingKeys.targetModules.rawValue]
    targetModules = (targets?.list?.compactMap(\.text) ?? targets?.text.map { [$0] } ?? []).sorted()
  }

  /// The rank that the configuration gives a layer.
  func rank(of path: String) -> Int { Self.value(rankPattern, of: path).map { Int($0) } ?? rank }

  /// The α that the configuration gives a layer.
  func alpha(of path: String) -> Double { Self.value(alphaPattern, of: path) ?? alpha }

  private static func refuseOthers(_ file: JSONFile) throws(Diagnostic) {
    let place = Place(file: file.path)
    let type = try file.required(CodingKeys.type.rawValue, "a string") { $0.text }
    guard type == "LORA" else {
      throw Diagnostic("peft_type '\(type)' is not supported", at: place, hint: "only LORA adapters are read")
    }
    let bias = try file.optional(CodingKeys.bias.rawValue, "a string") { $0.text } ?? "none"
    guard bias == "none" else {
      throw Diagnostic(
        "bias '\(bias)' is not supported: the adapter changes biases of the base", at: place,
        hint: "a merge of factors would lose them; train with bias: none")
    }
    let flags: [(String, String)] = [
      (
        CodingKeys.usesDoRA.rawValue,
        "DoRA rescales rows of the weight, so its change is not s·B·A"
      ),
      ("lora_bias", "the adapter adds a bias"), ("use_qalora", "its factors act on grouped inputs"),
    ]
    for (key, why) in flags where try file.optional(key, "true or false", { $0.flag }) == true {
      throw Diagnostic(
        "\(key) is not supported: \(why)", at: place,
        hint: key == CodingKeys.usesDoRA.rawValue
          ? "put it into the base with PEFT's merge_and_unload and take the change with `mixology extract`"
          : nil)
    }
    let lists: [(String, String)] = [
      ("layer_replication", "it changes the layers of the base"),
      ("trainable_token_indices", "it changes the embedding"),
      ("target_parameters", "it adapts bare parameters"),
      ("alora_invocation_tokens", "it acts on some tokens only"),
      ("arrow_config", "it routes between adapters"),
      ("kasa_config", "its change is not s·B·A"), ("monteclora_config", "its change is not s·B·A"),
      ("use_bdlora", "its factors are block-diagonal"),
    ]
    for (key, why) in lists {
      guard let value = file.tree[key], ![.null, .flag(false), .list([]), .object(.init())].contains(value)
      else { continue }
      throw Diagnostic("\(key) is not supported: \(why)", at: place)
    }
    try refuseChangedBase(file)
  }

  /// Refuses initialisations that took s·B·A, or what quantisation loses, off the weights of the base.
  ///
  /// Of the others that PEFT has, eva, gaussian, orthogonal and mica leave the base as it is.
  private static func refuseChangedBase(_ file: JSONFile) throws(Diagnostic) {
    guard let word = file.tree[CodingKeys.initialisation.rawValue]?.text?.lowercased() else { return }
    let isLoftQ = word.hasPrefix("loftq")
    guard isLoftQ || ["pissa", "olora", "corda", "lora_ga"].contains(where: word.hasPrefix) else { return }
    throw Diagnostic(
      "init_lora_weights '\(word)' is not supported: it also changed the weights of the base",
      at: Place(file: file.path),
      hint: isLoftQ
        ? "put it into its quantised base with PEFT's merge_and_unload and take the change with `mixology extract`"
        : "convert the adapter to plain LoRA with PEFT's save_pretrained(path_initial_model_for_weight_conversion=…)"
    )
  }

  private static func pattern(
    _ file: JSONFile, _ key: CodingKeys
  ) throws(Diagnostic) -> [(pattern: String, value: Double)] {
    var result: [(pattern: String, value: Double)] = []
    for member in try file.optional(key.rawValue, "an object", { $0.members }) ?? .init() {
      let isRank = key == .rankPattern
      guard let number = member.value.number, !isRank || member.value.integer.map({ $0 > 0 }) == true else {
        throw Diagnostic(
          "'\(member.name)' in \(key.rawValue) must be a \(isRank ? "whole number from 1" : "number")",
          at: Place(file: file.path))
      }
      guard (try? Regex(member.name)) != nil else {
        throw Diagnostic(
          "'\(member.name)' in \(key.rawValue) is no regular expression", at: Place(file: file.path))
      }
      result.append((member.name, number))
    }
    return result
  }

  /// PEFT's rule: the first pattern that, as a regular expression, ends the path after a dot or is all of it.
  private static func value(_ patterns: [(pattern: String, value: Double)], of path: String) -> Double? {
    patterns.first { item in
      guard let expression = try? Regex("(.*\\.)?(\(item.pattern))") else { return false }
      return path.wholeMatch(of: expression) != nil
    }?.value
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode("LORA", forKey: .type)
    try fields.encode(rank, forKey: .rank)
    try fields.encode(alpha, forKey: .alpha)
    let ranks = rankPattern.map { ($0.pattern, Int($0.value)) }
    try fields.encode(Dictionary(ranks) { first, _ in first }, forKey: .rankPattern)
    let alphas = alphaPattern.map { ($0.pattern, $0.value) }
    try fields.encode(Dictionary(alphas) { first, _ in first }, forKey: .alphaPattern)
    try fields.encode(targetModules.sorted(), forKey: .targetModules)
    try fields.encode(dropout, forKey: .dropout)
    try fields.encode(usesRSLoRA, forKey: .usesRSLoRA)
    try fields.encode(baseModel, forKey: .baseModel)
    try fields.encode(taskType, forKey: .taskType)
    try fields.encode(false, forKey: .usesDoRA)
    try fields.encode("none", forKey: .bias)
    try fields.encode(isFanInFanOut, forKey: .fanInFanOut)
    try fields.encode(true, forKey: .initialisation)
    try fields.encode(true, forKey: .inferenceMode)
    for key: CodingKeys in [.modulesToSave, .layersToTransform, .layersPattern, .revision] {
      try fields.encodeNil(forKey: key)
    }
  }
}
