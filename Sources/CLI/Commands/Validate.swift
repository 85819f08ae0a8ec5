import ArgumentParser
import Execution
import Experiment
import Terminal

/// Checks a manifest and what it names.
struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks a manifest: exit code 0, or 2 with file:line:column: error: …")

  @OptionGroup var arguments: ManifestArguments

  func run() throws {
    let loaded = try arguments.load()
    loaded.tellPlace()
    let plan = try loaded.planWithStandIns().plan
    try DataCheck().check(plan)
    Console.notes(of: plan)
    Console.print(
      "\(arguments.manifest): \(plan.modelWords), \(counted(plan.jobs.count, "job"))")
  }
}
