import ArgumentParser
import Execution
import Experiment
import Terminal

/// Prints the manifest's JSON Schema.
struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the JSON Schema of the manifest, for editors.")

  func run() throws {
    Console.print(try ManifestSchema.jsonSchema(.joined))
  }
}
