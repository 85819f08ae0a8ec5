public import Adapters
public import Basics
public import Checkpoints
internal import LinearAlgebra

/// Finds the adapter nearest to what a fine-tuning of all weights changed.
public enum AdapterExtractor {
  /// An adapter, and what it does not hold.
  public struct Extraction: Sendable {
    /// The factors, of scale 1.
    public let adapter: Adapter
    /// What the cut kept of every changed layer.
    public let sites: [MergedSite]
    /// Changed tensors that are no linear layers (embeddings, norms, biases, convolutions, experts in one tensor), or that
    /// the base lacks, with the norm of their change; nil for whole numbers.
    public let rest: [(name: String, norm: Double?)]
    /// All linear layers, changed or not.
    public let layers: [String]
  }

  private static let blockSize = 1 << 18

  /// Cuts W_tuned − W_base of every linear layer to its leading singular triples, √σ in both factors.
  ///
  /// The least k ≤ `rank` with Σ_{i≤k} σ_i² ≥ `energy`·Σσ². A linear layer is a matrix `<layer>.weight` that is no table of
  /// embeddings. Buffers count for nothing. Tensors that only the fine-tuned model has are heads that the training added,
  /// and part of `rest`; but in a stack of numbered layers that the base has too (`encoder.layer.6.…`) they are of another
  /// architecture, and refused. Cost: O(out·in·min(out, in)) a layer, one at a time.
  /// Source: Eckart and Young 1936; mergekit's `extract_lora`, which keeps embeddings and norms whole beside the factors.
  /// - Parameters:
  ///   - rank: The largest rank; 0: any.
  ///   - energy: Share of ‖ΔW‖² to keep, where the rank allows it.
  ///   - isFanInFanOut: Whether the checkpoints keep weights as (in, out).
  /// - Throws: a `Diagnostic` where the models are of two architectures, hold NaN or infinity, or no linear layer differs.
  public static func extract(
    base: Checkpoint, tuned: Checkpoint, rank: Int, energy: Double, isFanInFanOut: Bool = false
  ) throws(Diagnostic) -> Extraction {
    try checkNames(base, tuned)
    var sites: [(path: String, delta: AdapterSite)] = []
    var report: [MergedSite] = []
    var rest: [(name: String, norm: Double?)] = []
    var layers: [String] = []
    let cut = RankCut(rank: rank > 0 ? rank : nil, energy: energy)
    for name in try weights(of: tuned) {
      guard let path = try layer(name, base, tuned) else {
        if let other = try otherChange(name, base, tuned) { rest.append(other) }
        continue
      }
      layers.append(path)
      let change = try change(name, base, tuned)
      guard change.norm > 0 else { continue }
      let (matrix, kept) = try LowRank.nearest(to: isFanInFanOut ? change.transposed : change, cut: cut)
      sites.append((path, AdapterSite(a: matrix.a.matrix, b: matrix.b.matrix, alpha: Double(matrix.rank))))
      report.append(MergedSite(site: path, rank: matrix.rank, retainedEnergy: kept, norm: matrix.norm))
    }
    guard !sites.isEmpty else {
      throw Diagnostic(
        "no linear layer of the fine-tuned model differs from the base", at: Place(file: tuned.folder),
        hint: "are the two folders those of base and fine-tuned model?")
    }
    let targets = Set(sites.compactMap { $0.path.split(separator: ".").last.map(String.init) }).sorted()
    let adapter = Adapter(
      name: "extracted from \(tuned.folder)", sites: sites, targetModules: targets,
      isFanInFanOut: isFanInFanOut)
    return Extraction(adapter: adapter, sites: report, rest: rest, layers: layers)
  }

  // MARK: Names

  /// The names of a model's tensors without buffers, which today's programs no longer save.
  private static func weights(of model: Checkpoint) throws(Diagnostic) -> [String] {
    var names: [String] = []
    for name in model.names {
      let dimensions = try model.entry(name).shape.count
      if !TensorNames.isBuffer(name, dimensions: dimensions) { names.append(name) }
    }
    return names
  }

  private static func checkNames(_ base: Checkpoint, _ tuned: Checkpoint) throws(Diagnostic) {
    func refuse(_ names: [String], _ verb: String, _ end: String) throws(Diagnostic) {
      guard let first = names.first else { return }
      let more = names.count - 1
      let others = more == 0 ? "" : " and \(more) more tensor\(more == 1 ? "" : "s")"
      throw Diagnostic(
        "the fine-tuned model \(verb) '\(first)'\(others) \(end)", at: Place(file: tuned.folder),
        hint: "both must be checkpoints of one architecture")
    }
    let known = try weights(of: base)
    try refuse(known.filter { !tuned.has($0) }, "lacks", "of the base")
    let stacks = Set(known.compactMap { LayerName($0)?.stack })
    let added = try weights(of: tuned).filter { name in
      !base.has(name) && LayerName(name).map { stacks.contains($0.stack) } == true
    }
    try refuse(added, "has", "in layers that the base lacks")
  }

  /// The linear layer of both models whose weight has this name.
  private static func layer(
    _ name: String, _ base: Checkpoint, _ tuned: Checkpoint
  ) throws(Diagnostic) -> String? {
    guard let path = TensorNames.linearLayer(ofWeight: name), base.has(name) else { return nil }
    let (before, after) = (try base.entry(name), try tuned.entry(name))
    guard before.shape.count == 2, before.type.format != nil, after.type.format != nil else { return nil }
    return path
  }

  // MARK: Changes

  /// tuned − base in doubles.
  private static func change(
    _ name: String, _ base: Checkpoint, _ tuned: Checkpoint
  ) throws(Diagnostic) -> DoubleMatrix {
    try checkShape(name, base, tuned)
    let shape = try base.entry(name).shape
    let after = DoubleMatrix(try tuned.matrix(name, shape: shape))
    let change = after - DoubleMatrix(try base.matrix(name, shape: shape))
    guard change.isFinite else { throw try notFinite(name, in: after.isFinite ? base : tuned) }
    return change
  }

  /// What changed in a tensor that is no linear layer, nil where nothing did.
  private static func otherChange(
    _ name: String, _ base: Checkpoint, _ tuned: Checkpoint
  ) throws(Diagnostic) -> (name: String, norm: Double?)? {
    let isNew = !base.has(name)
    var types = [try tuned.entry(name).type]
    if !isNew {
      try checkShape(name, base, tuned)
      types.append(try base.entry(name).type)
    }
    guard types.allSatisfy({ $0.format != nil }) else {
      let isSame = isNew ? false : try tuned.bytes(name) == base.bytes(name)
      return isSame ? nil : (name, nil)
    }
    let norm = try norm(name, isNew ? nil : base, tuned)
    return norm > 0 ? (name, norm) : nil
  }

  /// ‖tuned − base‖ of a tensor of any shape, in blocks, as a table of embeddings may be large; without a base ‖tuned‖.
  private static func norm(
    _ name: String, _ base: Checkpoint?, _ tuned: Checkpoint
  ) throws(Diagnostic) -> Double {
    let after = try tuned.stored(name)
    let before = try base?.stored(name)
    let size = max(1, min(after.count, blockSize))
    let (one, two) = (Matrix(rows: 1, columns: size), Matrix(rows: 1, columns: size))
    var sum = 0.0
    for start in stride(from: 0, to: after.count, by: size) {
      let range = 0..<min(size, after.count - start)
      let (new, old) = (one.columns(range), two.columns(range))
      after.read(from: start, into: new)
      before?.read(from: start, into: old)
      let square = new.withSpan { new in
        old.withSpan { old in
          var sum = 0.0
          for i in 0..<new.count {
            let difference = Double(new[i]) - Double(old[i])
            sum += difference * difference
          }
          return sum
        }
      }
      guard square.isFinite else {
        throw try notFinite(name, in: DoubleMatrix(new).isFinite ? base ?? tuned : tuned)
      }
      sum += square
    }
    return sum.squareRoot()
  }

  private static func checkShape(
    _ name: String, _ base: Checkpoint, _ tuned: Checkpoint
  ) throws(Diagnostic) {
    let (before, after) = (try base.entry(name).shape, try tuned.entry(name).shape)
    guard before != after else { return }
    throw Diagnostic(
      "the tensor has shape \(after), in the base \(before)",
      at: Place(file: try tuned.file(of: name), detail: "tensor '\(name)'"),
      hint: "both must be checkpoints of one architecture, with one vocabulary")
  }

  private static func notFinite(_ name: String, in model: Checkpoint) throws(Diagnostic) -> Diagnostic {
    Diagnostic(
      "the tensor holds NaN or infinity",
      at: Place(file: try model.file(of: name), detail: "tensor '\(name)'"),
      hint: "no adapter can hold what such numbers change: is it a broken copy, or a training that diverged?")
  }
}
