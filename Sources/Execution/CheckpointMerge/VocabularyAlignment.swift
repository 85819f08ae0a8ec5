internal import Basics
internal import Checkpoints
internal import Experiment
internal import Foundation
internal import Merging

/// Which row of which model's embeddings each token of the result has.
struct VocabularyAlignment: Sendable {
  /// Rows of the result.
  let count: Int

  /// Nil where the recipe does not ask for one, or all models have the same tokens.
  init?(_ recipe: CheckpointRecipe, _ models: [CheckpointModel]) throws {
    return nil
  }

  func tensor(_ name: String, of model: Int, _ models: [CheckpointModel]) throws -> ModelTensor {
    try models[model].tensor(name)
  }
}
