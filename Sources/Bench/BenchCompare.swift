internal import ArgumentParser
internal import Basics
internal import Foundation
internal import Terminal

/// `mixology bench compare`.
struct BenchCompare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "What changed between two files of measurements: ratios, never seconds."
  )

  @Argument(help: "The baseline, JSON lines.")
  var baseline: String

  @Argument(help: "New measurements, JSON lines.")
  var latest: String

  func run() throws {
    let old = try BenchLine.read(
      baseline, hint: "`make bench-baseline` makes one of the last `make bench`")
    let new = try BenchLine.read(latest)
    Console.print(BenchComparison(baseline: old, latest: new).text)
  }
}

/// `mixology bench baseline`.
struct BenchBaseline: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "baseline", abstract: "What of a file of measurements a baseline keeps: its ratios.")

  @Argument(help: "Measurements, JSON lines.")
  var latest: String

  func run() throws {
    for line in try BenchLine.read(latest) where !line.ratios.isEmpty { try line.forBaseline.print() }
  }
}
