public import Basics
public import LinearAlgebra
internal import Outlines

/// LoRA factors at one linear layer: ΔW = s·B·A.
public struct AdapterSite: Sendable {
  /// (r, in).
  public var a: Matrix
  /// (out, r).
  public var b: Matrix
  /// α of the scale s = α ÷ r, or α ÷ √r where the adapter uses rsLoRA.
  public var alpha: Double

  /// Joins two factors.
  public init(a: Matrix, b: Matrix, alpha: Double) {
    precondition(b.columns == a.rows, "B (\(b.rows), \(b.columns)) · A (\(a.rows), \(a.columns))")
    self.a = a
    self.b = b
    self.alpha = alpha
  }

  /// The rank r.
  public var rank: Int { a.rows }
}

/// A LoRA adapter in memory.
public struct Adapter: Sendable {
  /// What messages call it: its folder, where it has one.
  public var name: String
  /// The adapted linear layers, sorted by path (`encoder.layer.0.attention.self.query`), each with its factors.
  public var sites: [(path: String, delta: AdapterSite)]
  /// Whether scales are α ÷ √r (rsLoRA, arXiv:2312.03732) instead of α ÷ r.
  public var usesRSLoRA: Bool
  /// Dropout before A while it was trained.
  public var dropout: Double
  /// The short names by which its layers were chosen (`query`), as far as known.
  public var targetModules: [String]
  /// The base it belongs to, as far as known.
  public var baseModel: String?
  /// PEFT's word for the task (`FEATURE_EXTRACTION`), as far as known.
  public var taskType: String?
  /// Whether its base keeps weights as (in, out), as Conv1D does; A stays (r, in) and B (out, r).
  public var isFanInFanOut: Bool
  /// Modules saved whole beside the factors that were left out when it was read.
  public var leftOut: [String]

  /// Collects sites; they get sorted.
  public init(
    name: String, sites: [(path: String, delta: AdapterSite)], usesRSLoRA: Bool = false, dropout: Double = 0,
    targetModules: [String] = [], baseModel: String? = nil, taskType: String? = nil,
    isFanInFanOut: Bool = false, leftOut: [String] = []
  ) {
    self.name = name
    self.sites = sites.sorted { $0.path < $1.path }
    self.usesRSLoRA = usesRSLoRA
    self.dropout = dropout
    self.targetModules = targetModules
    self.baseModel = baseModel
    self.taskType = taskType
    self.isFanInFanOut = isFanInFanOut
    self.leftOut = leftOut
  }

  /// The factor s of a site: α ÷ r, or α ÷ √r.
  public func scale(of delta: AdapterSite) -> Double {
    LoRAScale.of(alpha: delta.alpha, rank: delta.rank, isRankStabilised: usesRSLoRA)
  }

  /// The site of that path.
  public func site(_ path: String) -> AdapterSite? { sites.first { $0.path == path }?.delta }

  /// ΔW of one of its sites, in doubles.
  public func lowRank(_ delta: AdapterSite) -> LowRank {
    LowRank(b: DoubleMatrix(delta.b), a: DoubleMatrix(delta.a), scale: scale(of: delta))
  }

  /// Checks that the adapter was made for a base with these linear layers.
  ///
  /// - Parameter layers: (out, in) of every linear layer of the base, by path.
  /// - Throws: a `Diagnostic` with the first mismatches.
  public func check(against layers: [String: (out: Int, in: Int)]) throws(Diagnostic) {
    var problems: [String] = []
    // Under a head the model has a name of its own, which the adapter's paths or the base's may begin with.
    func inner(_ path: String) -> String {
      path.firstIndex(of: ".").map { String(path[path.index(after: $0)...]) } ?? path
    }
    let bare = Dictionary(layers.map { (inner($0), $1) }) { first, _ in first }
    for (path, delta) in sites {
      guard let layer = layers[path] ?? layers[inner(path)] ?? bare[path] else {
        problems.append("the base has no linear layer '\(path)'")
        continue
      }
      if delta.b.rows != layer.out || delta.a.columns != layer.in {
        problems.append(
          "'\(path)' is (\(layer.out), \(layer.in)) in the base, (\(delta.b.rows), \(delta.a.columns)) in the adapter"
        )
      }
    }
    guard !problems.isEmpty else { return }
    let more = problems.count > 3 ? "; and \(problems.count - 3) more" : ""
    throw Diagnostic(
      "the adapter was made for another base", at: Place(file: name),
      hint: problems.prefix(3).joined(separator: "; ") + more)
  }
}
