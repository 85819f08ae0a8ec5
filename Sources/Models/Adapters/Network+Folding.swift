public import Adapters
internal import Basics
internal import Checkpoints
internal import LinearAlgebra
public import Outlines

extension LoRAParameters {
  /// The factors as PEFT stores them; copies.
  ///
  /// - Parameters:
  ///   - alpha: α of every layer.
  ///   - targets: The names by which the layers were chosen.
  ///   - isCausal: Whether it changes a model that predicts tokens, which is another class to PEFT.
  ///   - part: The rows of A and columns of B that are taken; nil takes all.
  public func adapter(
    name: String, alpha: Double, dropout: Double, rslora: Bool, targets: [String], isCausal: Bool = false,
    part: Range<Int>? = nil
  ) -> Adapter {
    let sites = factors.map { factor in
      let part = part ?? 0..<factor.a.rows
      let (a, b) = (factor.a.rows(part).copied(), factor.b.columns(part).copied())
      return (path: factor.site.path, delta: AdapterSite(a: a, b: b, alpha: alpha))
    }
    return Adapter(
      name: name, sites: sites, usesRSLoRA: rslora, dropout: dropout, targetModules: targets,
      taskType: isCausal ? "CAUSAL_LM" : "FEATURE_EXTRACTION")
  }
}

extension ModelOutline {
  /// Rows and columns of every linear layer by its path, to hold an adapter against.
  public var layerShapes: [String: (out: Int, in: Int)] {
    Dictionary(uniqueKeysWithValues: layers.map { ($0.path, (out: $0.out, in: $0.in)) })
  }
}

extension Network {
  /// The same weights with an adapter in them: W + s·B·A.
  ///
  /// Folded where products read floats; layers without factors stay shared. In bf16 the factors run beside the weights, but
  /// for those so wide that the product in floats costs no more.
  ///
  /// - Throws: a `Diagnostic` for an adapter of another base.
  public func folding(_ adapter: Adapter) throws -> Self {
    try adapter.check(against: outline.layerShapes)
    var factors: [LoRAFactors] = []
    for site in outline.layers {
      guard let delta = adapter.site(site.path), delta.rank > 0 else { continue }
      factors.append(LoRAFactors(site: site, a: delta.a, b: delta.b, scale: Float(adapter.scale(of: delta))))
    }
    let folding = precision == .float32 ? factors : factors.filter { $0.site.isWide(rank: $0.a.rows) }
    let folded = owning(folding.map(\.site))
    fold(folding, of: self, into: folded)
    guard precision == .bfloat16 else { return folded }
    return folded.placing(factors.filter { !$0.site.isWide(rank: $0.a.rows) })
  }
}
