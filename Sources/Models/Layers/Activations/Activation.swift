package import Basics
package import LinearAlgebra

/// What is computed between two feed-forward layers.
package struct Activation: CatalogEntry {
  /// The word of a config.json, as transformers has it.
  package let name: String
  package let summary: String
  /// y ← f(x), both (T, F).
  package let forward: @Sendable (_ x: Matrix, _ y: Matrix) -> Void
  /// dy ← dy · f′(x), both (T, F).
  package let backward: @Sendable (_ dy: Matrix, _ x: Matrix) -> Void
}

/// The activations that can be trained through.
package enum Activations {
  /// All rows.
  package static let all = Catalog("activation", [Activation.gelu, .relu, .silu])
}
