internal import Basics
internal import Checkpoints
internal import Foundation

/// What rows of embeddings mean where a recipe has no `tokenizer_source`: they are merged number by number.
extension CheckpointPlanning {
  /// Refuses rows that are different tokens in the models that are merged there, and says which tokens get lost.
  mutating func checkTokens(_ tensors: [CheckpointPlan.Tensor]) throws(Diagnostic) {
    guard recipe.tokenizer == nil else { return }
    let merged = tensors.filter { TensorNames.isOfVocabulary($0.name) }.flatMap {
      $0.inputs + [$0.base].compactMap(\.self)
    }
    let others = Set(merged.map(\.model)).subtracting([donor]).sorted()
    let folder = models[donor].folder
    // A model without a tokenizer, or with one of another kind, has nothing that could be compared.
    let differing = others.filter { !Self.haveSameFile(models[$0].folder, folder) }
    guard !differing.isEmpty, let own = try? TokenizerVocabulary(folder: folder) else { return }
    for index in differing {
      guard let other = try? TokenizerVocabulary(folder: models[index].folder) else { continue }
      try compare(other, of: index, with: own)
    }
  }

  private mutating func compare(
    _ other: TokenizerVocabulary, of index: Int, with own: TokenizerVocabulary
  ) throws(Diagnostic) {
    var moved: [Int] = []
    var lost: [ExactText] = []
    for (id, token) in other.tokens.sorted(by: { $0.key < $1.key }) {
      if own.tokens[id] == token { continue }
      if own.tokens[id] != nil || own.ids[token] != nil { moved.append(id) } else { lost.append(token) }
    }
    if let id = moved.first, let token = other.tokens[id] {
      let there = own.tokens[id].map { "'\($0)'" } ?? "no token"
      let rest = moved.count - 1
      let more = rest == 0 ? "" : ", and \(rest) more row\(rest == 1 ? " differs" : "s differ")"
      throw Diagnostic(
        "row \(id) of the embeddings is the token '\(token)' here and \(there) in \(own.path)\(more)",
        at: Place(file: other.path),
        hint: "add tokenizer_source: base or union, which brings equal tokens together")
    }
    if !lost.isEmpty {
      let more = lost.count > 3 ? " and \(lost.count - 3) more" : ""
      note(
        "the tokenizer of the result is that of \(models[donor].reference), which lacks "
          + lost.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
          + "\(more) of \(models[index].reference): tokenizer_source: union keeps such tokens")
    }
  }

  /// Whether two models have the very same `tokenizer.json`, as most have: then nothing needs to be read.
  private static func haveSameFile(_ first: String, _ second: String) -> Bool {
    FileManager.default.contentsEqual(atPath: first + "/tokenizer.json", andPath: second + "/tokenizer.json")
  }
}
