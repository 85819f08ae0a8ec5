internal import ArgumentParser
internal import Basics
internal import Foundation
internal import LinearAlgebra
internal import Machine

/// Makes this process compute as workers do.
package enum BestKernel {
  /// One BLAS thread; and where OpenBLAS chose a lesser kernel than the processor has, this program starts again with the
  /// better one.
  ///
  /// To be called before anything is read: what came before it is done twice.
  /// - Parameter threads: Those that will compute at once in this process; nil where none will.
  /// - Throws: exit code 1 where they would not get their room.
  package static func use(threads: Int? = 1) throws {
    if let threads {
      do throws(Diagnostic) { try MachineFacts.checkRoom(threads: threads) } catch {
        Console.error("\(error)")
        throw ExitCode(1)
      }
    }
    BLASRuntime.threads = 1
    guard let kernel = MachineFacts.betterKernel(environment: ProcessInfo.processInfo.environment) else {
      return
    }
    BLASRuntime.restart(settingKernel: kernel, arguments: CommandLine.arguments)
  }
}

/// Whether the workers' BLAS kernel leaves speed of the processor unused because the user chose it.
package struct KernelAdvice {
  package let kernel: String
  package let better: String

  /// Nil where nothing better is known, or where the workers get it by themselves.
  package static var present: KernelAdvice? {
    guard let chosen = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"], !chosen.isEmpty,
      let better = MachineFacts.widerKernel
    else { return nil }
    return KernelAdvice(kernel: BLASRuntime.kernel, better: better)
  }

  /// One line, with the command that mends it.
  package var note: String {
    "note: OPENBLAS_CORETYPE=\(kernel) keeps BLAS below what this processor can do (\(better)): "
      + "`unset OPENBLAS_CORETYPE` makes it faster"
  }
}
