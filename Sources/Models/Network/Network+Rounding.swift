public import Basics
public import Checkpoints
internal import LinearAlgebra

extension Network {
  /// The same network with products in bf16, of weights that are rounded here: this process's own.
  ///
  /// - Parameter seen: Gets every weight before it is rounded.
  /// - Throws: a `Diagnostic` where products in bf16 cannot be had here.
  public func rounding(_ seen: (NamedTensor) -> Void = { _ in }) throws(Diagnostic) -> Self {
    _ = try OneDNN.shared.get()
    return try rounded { (weight) throws(Diagnostic) in
      seen(weight)
      return BFloatMatrix(rounding: weight.values)
    }
  }
}
