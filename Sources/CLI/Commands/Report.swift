import ArgumentParser
import Basics
import Execution
import Experiment
import Foundation
import Reporting
import Results
import Terminal

/// Writes the tables again.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Writes all tables from what is in the store; trains nothing.")

  @OptionGroup var arguments: ManifestArguments

  @Flag(help: "Replaces tables that were made with other settings of the command line.")
  var force = false

  @Flag(help: "Prints the merge methods with what they took, in Markdown; writes nothing.")
  var methods = false

  func run() throws {
    // The tables name the kernel.
    try BestKernel.use(threads: nil)
    let loaded = try arguments.load(runsJobs: false)
    loaded.tellPlace()
    let plan = try loaded.plan()
    let damaged = loaded.store.damaged(in: plan)
    if !damaged.isEmpty {
      // Nothing is wrong with the manifest.
      Console.error("\(Diagnostics(damaged.map(\.damage)))")
      throw ExitCode(1)
    }
    let results = try Collector(store: loaded.store, keepsScores: true).collect(plan)
    guard results.finishedJobs > 0 else {
      throw Diagnostic(
        "nothing to report: none of \(counted(plan.jobs.count, "job")) has a result in \(loaded.store.root.relativePath)",
        at: Place(file: loaded.path), hint: "`mixology run` does them and writes the tables")
    }
    if methods { return Console.print(try MethodTimes.markdown(results)) }
    try loaded.checkTables(plan, force: force)
    let report = try Publisher.publish(results, loaded: loaded, plan: plan)
    Console.print(report.terminal(width: Console.width))
    Console.print(
      "Tables: \(UserPath.shown(loaded.folder.relativePath))/report.md, comparison.csv, runs.csv …")
  }
}
