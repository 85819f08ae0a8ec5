import ArgumentParser
/// Says what the machine is.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Shows CPU, BLAS kernel, threads, memory and disk.")
  func run() throws {}
}
