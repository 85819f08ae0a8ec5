import ArgumentParser
/// Says what a path is.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Says what a checkpoint, adapter, dataset or stored job is.")
  func run() throws {}
}
