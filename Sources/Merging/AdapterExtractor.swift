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
    /// Changed tensors that are no linear layers (embeddings, norms, biases), or that the base lacks, with the norm of
    /// their change.
    public let rest: [(name: String, norm: Double)]
    /// All linear layers, changed or not.
    public let layers: [String]
  }

  /// Cuts W_tuned − W_base of every linear layer to its leading singular triples, √σ in both factors.
  ///
  /// The least k ≤ `rank` with Σ_{i≤k} σ_i² ≥ `energy`·Σσ². A linear layer is a matrix `<layer>.weight` that is no table of
  /// embeddings. Cost: O(out·in·min(out, in)) a layer, one at a time.
  /// Source: Eckart and Young 1936; mergekit's `extract_lora`, which keeps embeddings and norms whole beside the factors.
  /// - Parameters:
  ///   - rank: The largest rank; 0: any.
  ///   - energy: Share of ‖ΔW‖² to keep, where the rank allows it.
  ///   - isFanInFanOut: Whether the checkpoints keep weights as (in, out).
  public static func extract(
    base: Checkpoint, tuned: Checkpoint, rank: Int, energy: Double, isFanInFanOut: Bool = false
  ) throws(Diagnostic) -> Extraction {
    let missing = Set(base.names).subtracting(tuned.names).sorted()
    if let name = missing.first {
      throw Diagnostic(
        "the fine-tuned model lacks '\(name)' and \(missing.count - 1) more tensors of the base",
        at: Place(file: tuned.folder), hint: "both must be checkpoints of one architecture")
    }
    var sites: [(path: String, delta: AdapterSite)] = []
    var report: [MergedSite] = []
    var rest: [(name: String, norm: Double)] = []
    var layers: [String] = []
    let cut = RankCut(rank: rank > 0 ? rank : nil, energy: energy)
    for name in tuned.names {
      let path = try layer(name, base)
      if let path { layers.append(path) }
      guard let change = try change(name, base, tuned), change.norm > 0 else { continue }
      guard let path else {
        rest.append((name, change.norm))
        continue
      }
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

  /// The linear layer of the base whose weight has this name.
  private static func layer(_ name: String, _ base: Checkpoint) throws(Diagnostic) -> String? {
    let parts = name.split(separator: ".")
    let isTable = name.contains("embed") || parts.contains("wte") || parts.contains("wpe")
    guard name.hasSuffix(".weight"), !isTable, base.has(name) else { return nil }
    return try base.entry(name).shape.count == 2 ? String(name.dropLast(".weight".count)) : nil
  }

  /// tuned − base in doubles; of a tensor that the base lacks all of it.
  private static func change(
    _ name: String, _ base: Checkpoint, _ tuned: Checkpoint
  ) throws(Diagnostic) -> DoubleMatrix? {
    let entry = try tuned.entry(name)
    let shape = entry.shape
    guard entry.type.isFloat, shape.count == 1 || shape.count == 2 else { return nil }
    let after = DoubleMatrix(try tuned.matrix(name, shape: shape))
    guard base.has(name) else { return after }
    return after - DoubleMatrix(try base.matrix(name, shape: shape))
  }
}

extension Checkpoint {
  fileprivate func has(_ name: String) -> Bool {
    // The names are sorted.
    var range = names.startIndex..<names.endIndex
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      if names[middle] == name { return true }
      range = names[middle] < name ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return false
  }
}

extension TensorType {
  fileprivate var isFloat: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16: true
    case .int64, .int32, .int16, .int8, .uint8, .flag: false
    }
  }
}
