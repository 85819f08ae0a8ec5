import ArgumentParser
import Basics
import Execution
import Experiment
import Foundation
import LinearAlgebra
import Machine
import Recipes
import Terminal

/// `mixology merge` on a recipe of full checkpoints.
struct CheckpointMerge {
  let threads: Int?
  /// The most bytes of tensors in a file.
  let largestShard: Int

  /// Reads the recipe, merges and says what came out.
  ///
  /// - Parameter check: Looks at the output folder before any work.
  func run(_ text: String, _ file: String, into output: String, check: () throws -> Void) throws {
    let recipe = try CheckpointRecipeReader.read(text, path: file) { try CheckpointMerger.method($0, at: $1) }
    try check()
    // Tensors are what runs side by side.
    BLASRuntime.threads = 1
    let watch = ByteWatch("merged")
    let outcome = try CheckpointMerger.merge(
      recipe, into: output,
      options: .init(
        largestShard: largestShard, threads: threads ?? MachineFacts.cores,
        environment: ProcessInfo.processInfo.environment, version: Product.version,
        progress: { watch.tell($0, of: $1) }))
    Console.status(nil)
    for note in outcome.notes { Console.note("note: \(note)") }
    Console.print(
      """
      \(recipe.method) of \(outcome.models) checkpoints: \(grouped(outcome.tensors)) tensors, \
      \(grouped(outcome.parameters)) parameters, \(spoken(bytes: outcome.bytes)) in \(spoken(seconds: watch.seconds))
      written: \(output)/\(outcome.files.joined(separator: ", "))
      """)
  }
}
