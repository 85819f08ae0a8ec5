internal import Basics
internal import Checkpoints
internal import LinearAlgebra
internal import Merging

/// A checkpoint merge, checked and planned to the last byte before the first number is read.
struct CheckpointPlan: Sendable {
  /// A tensor of one model.
  struct Input: Sendable, Hashable {
    var model: Int
    var name: String
  }

  /// A tensor of the result.
  struct Tensor: Sendable {
    var name: String
    var dimensions: Int
    var base: Input?
    var inputs: [Input]
    var shared: Parameters
    var own: [Parameters]
  }

  let method: CheckpointMethod
  let models: [CheckpointModel]
  /// Beside the layout's tensors, in their order; one of whole numbers is copied.
  let tensors: [Tensor]
  let layout: CheckpointLayout
  let configuration: CheckpointConfiguration
  /// The model from which the configuration comes, and the tokenizer where no other one is asked for.
  let donor: Int
  /// The model from which the tokenizer comes.
  let tokenizer: Int
  /// Other rows of embeddings, where vocabularies differ.
  let vocabulary: VocabularyAlignment?
  /// The chat template that the recipe asks for.
  let chatTemplate: String?
  /// What a user should know.
  let notes: [String]
  let seed: Int
  /// The recipe.
  let file: String
}

extension CheckpointPlan {
  /// Opens the models of a recipe, checks that they fit and plans every tensor.
  ///
  /// - Throws: a `Diagnostic` or `Diagnostics` with what is wrong; no weight has been read then.
  init(
    _ recipe: CheckpointRecipe, method: CheckpointMethod, largestShard: Int, environment: [String: String]
  ) throws {
    var planning = try CheckpointPlanning(recipe, method: method, environment: environment)
    try planning.check()
    let tensors = try planning.tensors()
    self.method = method
    self.tensors = tensors.map(\.merge)
    models = planning.models
    donor = planning.donor
    tokenizer = planning.tokenizer
    vocabulary = planning.vocabulary
    layout = try CheckpointLayout(tensors.map(\.planned), largestShard: largestShard)
    configuration = try planning.configuration()
    chatTemplate = try recipe.chatTemplate.map {
      try ChatTemplate.text($0.text, at: $0.place, planning.models)
    }
    notes = planning.notes
    seed = recipe.seed
    file = recipe.methodPlace.file
  }

  /// The tensors of all models at one place, to be merged.
  func group(_ index: Int) throws -> TensorGroup {
    let tensor = tensors[index]
    return TensorGroup(
      name: tensor.name, dimensions: tensor.dimensions, base: try tensor.base.map { try self.tensor($0) },
      models: try tensor.inputs.map { try self.tensor($0) }, shared: tensor.shared, own: tensor.own,
      random: RandomStream(seed: seed, "merge", method.name).stream(tensor.name))
  }

  private func tensor(_ input: Input) throws -> ModelTensor {
    guard let vocabulary, TensorNames.isOfVocabulary(input.name) else {
      return try models[input.model].tensor(input.name)
    }
    return try vocabulary.tensor(input.name, of: input.model, models)
  }
}
