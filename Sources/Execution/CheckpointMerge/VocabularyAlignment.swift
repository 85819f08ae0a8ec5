internal import Basics
internal import Checkpoints
internal import Experiment
internal import Merging

/// Which row of which model's embeddings each token of the result has.
///
/// A model that lacks a token has the row of the base, else of the only model that has the token, else the mean of all
/// that have it: mergekit's rule.
struct VocabularyAlignment: Sendable {
  /// Rows of the result.
  let count: Int
  /// The model whose tokenizer the result has.
  let source: Int
  /// Tokens that its tokenizer lacks, with their numbers.
  let added: [(token: String, id: Int)]
  private let vocabulary: TokenizerVocabulary
  /// Per model, where each row comes from.
  private let rows: [[[ModelTensor.Row]]]

  /// Nil where the recipe does not ask for one, or where all models have the same tokens.
  init?(_ recipe: CheckpointRecipe, _ models: [CheckpointModel], donor: Int) throws {
    guard let wanted = recipe.tokenizer else { return nil }
    let vocabularies = try models.map { try TokenizerVocabulary(folder: $0.folder) }
    let sizes = models.map { $0.configuration.integer("vocab_size") ?? 0 }
    let source = try Self.source(wanted, recipe, models, donor)
    let isPadded = recipe.padsVocabularyTo.map { sizes[source] % $0 != 0 } ?? false
    let isSame = zip(vocabularies, sizes).allSatisfy {
      $0.ids == vocabularies[source].ids && $1 == sizes[source]
    }
    if isSame, !isPadded { return nil }
    self.source = source
    let vocabulary = vocabularies[source]
    self.vocabulary = vocabulary
    var added: [(token: String, id: Int)] = []
    var next = max(sizes[source], (vocabulary.ids.values.max() ?? -1) + 1)
    if wanted == .union {
      var known = Set(vocabulary.ids.keys)
      for other in vocabularies {
        for (token, _) in other.ids.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) })
        where known.insert(token).inserted {
          added.append((token, next))
          next += 1
        }
      }
    }
    if let multiple = recipe.padsVocabularyTo { next = (next + multiple - 1) / multiple * multiple }
    self.added = added
    count = next
    var tokens = [String?](repeating: nil, count: next)
    for (token, id) in vocabulary.ids { tokens[id] = token }
    for (token, id) in added { tokens[id] = token }
    rows = Self.rows(tokens, vocabularies, sizes, source: source, hasBase: recipe.base != nil)
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
    _ tokens: [String?], _ vocabularies: [TokenizerVocabulary], _ sizes: [Int], source: Int, hasBase: Bool
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
    let tensors = try models.map { try $0.embeddings(name) }
    return ModelTensor(rows: rows[model], of: tensors)
  }

  /// The tokenizer of the result; nil where it is that of `source` as it is.
  func tokenizer() throws -> [UInt8]? { added.isEmpty ? nil : try vocabulary.tokenizer(adding: added) }
}
