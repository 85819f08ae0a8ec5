import Execution
import Foundation
import LinearAlgebra

/// Whether the workers' BLAS kernel leaves speed of the processor unused because the user chose it.
struct KernelAdvice {
  let kernel: String
  let better: String

  /// Nil where nothing better is known, or where the workers get it by themselves.
  static var present: KernelAdvice? {
    guard let chosen = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"], !chosen.isEmpty,
      let better = MachineFacts.widerKernel
    else { return nil }
    return KernelAdvice(kernel: BLASRuntime.kernel, better: better)
  }

  /// One line, with the command that mends it.
  var note: String {
    "note: OPENBLAS_CORETYPE=\(kernel) keeps BLAS below what this processor can do (\(better)): "
      + "`unset OPENBLAS_CORETYPE` makes it faster"
  }
}
