internal import Basics
internal import Checkpoints
internal import Merging

/// Which row of which model's embeddings each token of the result has.
///
/// A model that lacks a token has the row of the base, else of the only model that has the token, else the mean of all
/// that have it; rows that pad the embeddings are the mean of all others: mergekit's rules. Rows of the tokenizer's
/// model that have no token stay, which mergekit cuts off.
struct VocabularyAlignment: Sendable {
  /// Rows of the result.
  let count: Int
  /// The model whose tokenizer the result has.
  let source: Int
  /// Tokens that its tokenizer lacks, with their numbers.
  let added: [TokenizerVocabulary.Added]
  private let vocabulary: TokenizerVocabulary
  /// Per model, where each row comes from, but for those that pad.
  private let rows: [[[ModelTensor.Row]]]

  /// Nil where the recipe does not ask for one, or where all models have the same tokens.
  init?(_ recipe: CheckpointRecipe, _ models: [CheckpointModel], donor: Int) throws {
    guard let wanted = recipe.tokenizer else { return nil }
    let vocabularies = try models.map { try TokenizerVocabulary(folder: $0.folder) }
    let sizes = try models.map(Self.size)
    let source = try Self.source(wanted, recipe, models, donor)
    let isPadded = recipe.padsVocabularyTo.map { sizes[source] % $0 != 0 } ?? false
    let isSame = zip(vocabularies, sizes).allSatisfy {
      $0.ids == vocabularies[source].ids && $1 == sizes[source]
    }
    if isSame, !isPadded, recipe.tokens.isEmpty { return nil }
    self.source = source
    let vocabulary = vocabularies[source]
    self.vocabulary = vocabulary
    let start = max(sizes[source], (vocabulary.tokens.keys.max() ?? -1) + 1)
    var known = Set(vocabulary.ids.keys)
    var added: [TokenizerVocabulary.Added] = []
    for other in wanted == .union ? vocabularies : [] {
      for (token, _) in other.ids.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) })
      where known.insert(token).inserted { added.append(other.added(token, as: start + added.count)) }
    }
    for rule in recipe.tokens where known.insert(rule.token).inserted {
      let other = vocabularies.first { $0.ids[rule.token] != nil } ?? vocabulary
      added.append(other.added(rule.token, as: start + added.count))
    }
    self.added = added
    let end = start + added.count
    count = recipe.padsVocabularyTo.map { (end + $0 - 1) / $0 * $0 } ?? end
    var tokens = [ExactText?](repeating: nil, count: end)
    for (id, token) in vocabulary.tokens { tokens[id] = token }
    for token in added { tokens[token.id] = ExactText(token.content) }
    var rows = Self.rows(tokens, vocabularies, sizes, source: source, hasBase: recipe.base != nil)
    let rules = Dictionary(recipe.tokens.map { ($0.token, $0) }) { first, _ in first }
    for (id, token) in tokens.enumerated() {
      guard let rule = token.flatMap({ rules[$0] }) else { continue }
      let isInAll = zip(vocabularies, sizes).allSatisfy { ($0.ids[rule.token] ?? $1) < $1 }
      if isInAll, !rule.isForced { continue }
      let own = try Self.row(rule, models, vocabularies, sizes)
      for model in rows.indices {
        let has = (vocabularies[model].ids[rule.token] ?? sizes[model]) < sizes[model]
        if !has || rule.isForced { rows[model][id] = own }
      }
    }
    self.rows = rows
  }

  /// Rows of a model's embeddings that its configuration counts: as many as there are, before there is a place for each.
  private static func size(_ model: CheckpointModel) throws(Diagnostic) -> Int {
    let size = model.configuration.integer("vocab_size") ?? 0
    for name in model.names where TensorNames.isOfVocabulary(name) {
      let rows = try model.entry(name).shape.first ?? 0
      guard size > rows else { continue }
      throw Diagnostic(
        "'vocab_size' is \(size), and '\(name)' has \(rows) rows", at: Place(file: model.configuration.path),
        hint: "one of the two is of another model: save the model again, or write \(rows)")
    }
    return max(0, size)
  }

  /// Where a recipe says that the embedding of a token comes from; nowhere is zeros.
  private static func row(
    _ rule: CheckpointRecipe.TokenRule, _ models: [CheckpointModel], _ vocabularies: [TokenizerVocabulary],
    _ sizes: [Int]
  ) throws(Diagnostic) -> [ModelTensor.Row] {
    func row(_ reference: CheckpointRecipe.Reference, _ find: (Int) -> Int?) throws(Diagnostic)
      -> [ModelTensor.Row]
    {
      guard let model = models.firstIndex(where: { $0.reference == reference }) else {
        throw Diagnostic(
          "the model '\(reference)' of the token '\(rule.token)' is not merged", at: rule.place,
          hint: "name one of the models, or the base")
      }
      guard let row = find(model), row < sizes[model] else {
        throw Diagnostic(
          "'\(reference)' has no such embedding for the token '\(rule.token)'", at: rule.place,
          hint: "its tokens are in \(vocabularies[model].path), its rows are \(sizes[model])")
      }
      return [.init(tensor: model, row: row)]
    }
    switch rule.source {
    case .zero: return []
    case .model(let model): return try row(model) { vocabularies[$0].ids[rule.token] }
    case .token(let model, let token): return try row(model) { vocabularies[$0].ids[token] }
    case .row(let model, let number): return try row(model) { _ in number }
    case nil:
      throw Diagnostic(
        "not every model has the token '\(rule.token)', and nothing says where its embedding comes from",
        at: rule.place, hint: "give it a source: a model, {kind: zero} or {kind: model_token, …}")
    }
  }

  private static func source(
    _ wanted: CheckpointRecipe.TokenizerSource, _ recipe: CheckpointRecipe, _ models: [CheckpointModel],
    _ donor: Int
  ) throws(Diagnostic) -> Int {
    guard case .model(let reference) = wanted else { return donor }
    if let index = models.firstIndex(where: { $0.reference == reference }) { return index }
    throw Diagnostic(
      "the tokenizer's model '\(reference)' is not merged", at: Place(file: recipe.methodPlace.file),
      hint: "name base, union or one of the models")
  }

  private static func rows(
    _ tokens: [ExactText?], _ vocabularies: [TokenizerVocabulary], _ sizes: [Int], source: Int, hasBase: Bool
  ) -> [[[ModelTensor.Row]]] {
    var rows = vocabularies.map { _ in [[ModelTensor.Row]]() }
    for model in rows.indices { rows[model].reserveCapacity(tokens.count) }
    for (id, token) in tokens.enumerated() {
      let own = vocabularies.indices.map { model -> ModelTensor.Row? in
        // A row without a token, which pads the embeddings, is one of the tokenizer's model.
        guard let token else {
          return model == source && id < sizes[source] ? .init(tensor: model, row: id) : nil
        }
        return vocabularies[model].ids[token].flatMap {
          $0 < sizes[model] ? .init(tensor: model, row: $0) : nil
        }
      }
      let present = own.compactMap(\.self)
      let others = hasBase ? own[0].map { [$0] } ?? present : present
      for model in rows.indices { rows[model].append(own[model].map { [$0] } ?? others) }
    }
    return rows
  }

  /// The embeddings of a model with the rows of the result.
  func tensor(_ name: String, of model: Int, _ models: [CheckpointModel]) throws -> ModelTensor {
    let aligned = ModelTensor(rows: rows[model], of: try models.map { try $0.embeddings(name) })
    guard count > aligned.rows else { return aligned }
    let all = (0..<aligned.rows).map { ModelTensor.Row(tensor: 0, row: $0) }
    let padding = Array(repeating: all, count: count - aligned.rows)
    return ModelTensor(rows: all.map { [$0] } + padding, of: [aligned])
  }

  /// The tokenizer of the result; nil where it is that of `source` as it is.
  func tokenizer() throws -> [UInt8]? { added.isEmpty ? nil : try vocabulary.tokenizer(adding: added) }
}
