public import Basics
public import Checkpoints
internal import LinearAlgebra
internal import Outlines

extension NetworkDescription {
  /// What keeps a checkpoint from being the weights of this network: a tensor that is missing or of another shape, layers that
  /// no pass would run, or numbers that are none.
  ///
  /// What many tensors share is told once. Reads every weight.
  public func problems(of checkpoint: Checkpoint) -> [Diagnostic] {
    // Before anything is made for each: a configuration may claim any number of layers.
    let numbers = Set(checkpoint.names.compactMap { LayerName($0)?.layer })
    let layers = numbers.isEmpty ? nil : numbers.count
    guard blocks <= layers ?? checkpoint.names.count else {
      return [
        Diagnostic(
          "the configuration has \(blocks) layers, and the checkpoint \(layers ?? 0)",
          at: Place(file: checkpoint.folder + "/config.json"),
          hint: "one of the two is of another model, or a part of the weights is missing")
      ]
    }
    var missing: [String] = []
    var found: [Diagnostic] = []
    for tensor in tensors {
      guard checkpoint.has(tensor.name) else {
        missing.append(tensor.name)
        continue
      }
      if let problem = problem(tensor, checkpoint) { found.append(problem) }
    }
    return absence(of: missing, in: checkpoint) + surplus(in: checkpoint)
      + found.grouped { $0 == 1 ? "one more tensor" : "\($0) more tensors" }
  }

  private func problem(_ tensor: TensorShape, _ checkpoint: Checkpoint) -> Diagnostic? {
    do {
      try checkpoint.check(tensor.name, shape: tensor.shape)
      guard try checkpoint.stored(tensor.name).specials > 0 else { return nil }
      return Diagnostic(
        "the tensor holds NaN or infinity", at: try checkpoint.location(of: tensor.name),
        hint:
          "no result could be trusted: fetch or make the model again, in float32 where float16 was too small")
    } catch {
      guard let key = tensor.rowsKey, let rows = (try? checkpoint.entry(tensor.name))?.shape.first,
        rows != tensor.shape[0]
      else { return error }
      var problem = error
      problem.hint =
        "config.json has '\(key)' \(tensor.shape[0]), and the table \(rows) rows: one of the two is of another model"
      return problem
    }
  }

  /// Layers above those that the configuration has: transformers leaves them out with a warning, here they are another model.
  private func surplus(in checkpoint: Checkpoint) -> [Diagnostic] {
    let stacks = Set(tensors.compactMap { LayerName($0.name)?.stack })
    let left = checkpoint.names.filter { name in
      LayerName(name).map { stacks.contains($0.stack) && $0.layer >= blocks } ?? false
    }
    guard let first = left.first, let last = left.compactMap({ LayerName($0)?.layer }).max() else {
      return []
    }
    let more = left.count > 1 ? " and \(left.count - 1) more" : ""
    return [
      Diagnostic(
        "the configuration has \(blocks) layers, and the checkpoint \(last + 1): nothing would read '\(first)'"
          + more,
        at: Place(file: checkpoint.folder + "/config.json"),
        hint:
          "one of the two is of another model; if the lower layers alone are meant, save them without the others"
      )
    ]
  }

  private func absence(of missing: [String], in checkpoint: Checkpoint) -> [Diagnostic] {
    guard let first = missing.first else { return [] }
    let more = missing.count > 1 ? " and \(missing.count - 1) more that the model needs" : ""
    let near = nearestName(to: first, among: checkpoint.names).map { "did you mean '\($0)'?" }
    let prefix = checkpoint.names.first { $0.hasSuffix("." + first) }?.dropLast(first.count)
    let hint = prefix.map {
      "its tensors begin with '\($0)': save the bare model, without what stands around it"
    }
    return [
      Diagnostic(
        "the checkpoint has no tensor '\(first)'\(more)",
        at: Place(file: checkpoint.files.first ?? checkpoint.folder), hint: hint ?? near)
    ]
  }
}
