public import Basics

extension Checkpoint {
  /// (out, in) of every linear layer by its path: the matrices `<path>.weight` that are no tables of embeddings.
  ///
  /// - Parameter isFanInFanOut: Whether they are kept as (in, out), as GPT-2's are.
  /// - Throws: a `Diagnostic` where a file is broken.
  public func linearLayers(isFanInFanOut: Bool) throws(Diagnostic) -> [String: (out: Int, in: Int)] {
    var layers: [String: (out: Int, in: Int)] = [:]
    for name in names {
      guard let path = TensorNames.linearLayer(ofWeight: name) else { continue }
      let shape = try entry(name).shape
      guard shape.count == 2 else { continue }
      layers[path] = isFanInFanOut ? (shape[1], shape[0]) : (shape[0], shape[1])
    }
    return layers
  }
}
