import ArgumentParser
/// One merge.
struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Merges adapters by a recipe.")
  func run() throws {}
}
