import ArgumentParser
import Basics
import Bench
import Foundation
import LinearAlgebra
import Terminal

/// The command line: `mixology <command>`.
@main
struct Mixology: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mixology",
    abstract: "Compares single-task, cocktail and merged models, from one manifest to the tables.",
    version: Product.version,
    subcommands: [
      Validate.self, PlanCommand.self, Run.self, Status.self, ReportCommand.self, Merge.self, Extract.self,
      Import.self, Inspect.self,
      Bench.self, Doctor.self, Schema.self, Worker.self,
    ])

  static func main() async {
    // A file beyond the allowed size is an error with a message, not a signal that kills.
    signal(SIGXFSZ, SIG_IGN)
    OneDNN.look(in: ProcessInfo.processInfo.environment)
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let error as Diagnostic {
      Console.error("\(error)")
      exit(withCode: 2)
    } catch let error as Diagnostics {
      Console.error("\(error)")
      exit(withCode: 2)
    } catch let code as ExitCode {
      exit(withCode: code.rawValue)
    } catch let error where exitCode(for: error) == .validationFailure {
      // A wrong argument is a wrong argument whichever parser found it: exit code 2.
      Console.error(fullMessage(for: error))
      exit(withCode: 2)
    } catch  where exitCode(for: error) == .success {
      exit(withError: error)
    } catch {
      Console.error("error: \(error)")
      exit(withCode: 1)
    }
  }

  private static func exit(withCode code: Int32) -> Never {
    Foundation.exit(code)
  }
}
