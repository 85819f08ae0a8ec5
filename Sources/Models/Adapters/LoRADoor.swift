public import Basics
public import LinearAlgebra
public import Outlines

/// A door that accumulates the gradients of LoRA factors.
public protocol FactorDoor: LinearDoor {
  /// The tokens whose gradients go into each of the door's gradients; nil: all into the first.
  var ranges: [Range<Int>]? { get set }
  /// Names the dropout masks; another one for every forward pass.
  var step: Int { get set }
}

/// The gradients that a door accumulates, by layer: one for all tokens, or several for ranges of them.
private struct FactorGradients {
  let tables: [[LoRAFactors?]]
  var ranges: [Range<Int>]?

  init(_ outline: ModelOutline, _ gradients: [LoRAParameters]) {
    tables = gradients.map { LoRADoor.bySite(outline, $0.factors) }
  }

  /// Calls a body with the gradients of a layer and the tokens that go into them.
  func forEach(_ site: LinearLayer, tokens: Int, _ body: (LoRAFactors, Range<Int>) -> Void) {
    for (index, range) in (ranges ?? [0..<tokens]).enumerated() where !range.isEmpty {
      if let gradient = tables[index][site.index] { body(gradient, range) }
    }
  }
}

/// Gradients of LoRA factors that the network has in it: folded into its weights, or in bf16 beside them.
///
/// With W = W₀ + s·B·A, or with s·B·A beside W₀, already in the network's passes nothing is left to do forward, and dx is whole.
/// What remains is, with u = x·Aᵀ: dB += s·dyᵀ·u and dA += s·(dy·B)ᵀ·x. Where x and dy are rounded all four products are
/// in bf16, with sums that stay floats. Cost: 4·T·r·(in + out) FLOPs a layer.
public final class LoRADoor: FactorDoor {
  private let parameters: [LoRAFactors?]
  private var gradients: FactorGradients
  /// The lowest block with a factor.
  public let lowestLayer: Int

  /// Nothing is dropped.
  public var step = 0
  /// The tokens whose gradients go into each of the door's gradients; nil: all into the first.
  public var ranges: [Range<Int>]? {
    get { gradients.ranges }
    set { gradients.ranges = newValue }
  }

  /// Accumulates into `gradients`, each of the layout of `parameters`.
  public init(outline: ModelOutline, parameters: LoRAParameters, gradients: [LoRAParameters]) {
    self.parameters = LoRADoor.bySite(outline, parameters.factors)
    self.gradients = FactorGradients(outline, gradients)
    lowestLayer = parameters.lowestLayer
  }

  /// Where there is a factor.
  public func readsInput(of site: LinearLayer) -> Bool { parameters[site.index] != nil }

  /// The network did the work.
  public func forward(_ site: LinearLayer, x: Operand, y: Matrix, workspace: Workspace) {}

  /// Accumulates dA and dB.
  public func backward(_ site: LinearLayer, x: Operand, dy: Operand, dx: Matrix?, workspace: Workspace) {
    guard let factor = parameters[site.index] else { return }
    let mark = workspace.mark
    if case .rounded(let x) = x, case .rounded(let dy) = dy {
      accumulate(site, factor, x, dy, workspace)
    } else {
      accumulate(site, factor, x.floats(workspace), dy.floats(workspace), workspace)
    }
    workspace.release(to: mark)
  }

  private func accumulate(
    _ site: LinearLayer, _ factor: LoRAFactors, _ x: Matrix, _ dy: Matrix, _ workspace: Workspace
  ) {
    let u = workspace.matrix(rows: x.rows, columns: factor.a.rows)
    gemm(x, factor.a, into: u, transposeB: true)
    gradients.forEach(site, tokens: x.rows) { gradient, tokens in
      gemm(dy.rows(tokens), u.rows(tokens), into: gradient.b, transposeA: true, alpha: factor.scale, beta: 1)
    }
    gemm(dy, factor.b, into: u)
    gradients.forEach(site, tokens: x.rows) { gradient, tokens in
      gemm(u.rows(tokens), x.rows(tokens), into: gradient.a, transposeA: true, alpha: factor.scale, beta: 1)
    }
  }

  /// The same products in bf16: u and v are rounded as x and dy are, sums stay floats.
  private func accumulate(
    _ site: LinearLayer, _ factor: LoRAFactors, _ x: BFloatMatrix, _ dy: BFloatMatrix, _ workspace: Workspace
  ) {
    let products = workspace.products
    let u = workspace.bfloats(rows: x.rows, columns: factor.a.rows)
    u.round(factor.inner(x, workspace), times: factor.scale)
    gradients.forEach(site, tokens: x.rows) { gradient, tokens in
      products.gemm(dy.rows(tokens), u.rows(tokens), into: gradient.b, transposeA: true, adding: true)
    }
    u.round(factor.outer(dy, workspace), times: factor.scale)
    gradients.forEach(site, tokens: x.rows) { gradient, tokens in
      products.gemm(u.rows(tokens), x.rows(tokens), into: gradient.a, transposeA: true, adding: true)
    }
  }

  static func bySite(_ outline: ModelOutline, _ factors: [LoRAFactors]) -> [LoRAFactors?] {
    var table = [LoRAFactors?](repeating: nil, count: outline.layers.count)
    for factor in factors { table[factor.site.index] = factor }
    return table
  }
}

/// LoRA beside frozen weights, with dropout on the adapter's input.
///
/// Source: Hu et al. 2021, arXiv:2106.09685. y += s·drop(x)·Aᵀ·Bᵀ; the mask is a function of the stream, the step and the layer, so it is drawn again in the
/// backward pass instead of being stored.
public final class DropoutLoRADoor: FactorDoor {
  private let parameters: [LoRAFactors?]
  private var gradients: FactorGradients
  private let rate: Double
  private let stream: RandomStream
  /// Names the masks; another one for every forward pass.
  public var step = 0
  /// The tokens whose gradients go into each of the door's gradients; nil: all into the first.
  public var ranges: [Range<Int>]? {
    get { gradients.ranges }
    set { gradients.ranges = newValue }
  }
  /// The lowest block with a factor.
  public let lowestLayer: Int

  /// Drops a share `rate` of the inputs.
  public init(
    outline: ModelOutline, parameters: LoRAParameters, gradients: [LoRAParameters], rate: Double,
    stream: RandomStream
  ) {
    self.parameters = LoRADoor.bySite(outline, parameters.factors)
    self.gradients = FactorGradients(outline, gradients)
    self.rate = rate
    self.stream = stream
    lowestLayer = parameters.lowestLayer
  }

  /// Where there is a factor.
  public func readsInput(of site: LinearLayer) -> Bool { parameters[site.index] != nil }

  /// y += s·drop(x)·Aᵀ·Bᵀ.
  public func forward(_ site: LinearLayer, x: Operand, y: Matrix, workspace: Workspace) {
    guard let factor = parameters[site.index] else { return }
    let mark = workspace.mark
    let dropped = drop(x, site, workspace)
    let u = workspace.matrix(rows: x.rows, columns: factor.a.rows)
    gemm(dropped, factor.a, into: u, transposeB: true)
    gemm(u, factor.b, into: y, transposeB: true, alpha: factor.scale, beta: 1)
    workspace.release(to: mark)
  }

  /// Accumulates dA and dB, and adds the adapter's part to dx.
  public func backward(_ site: LinearLayer, x: Operand, dy: Operand, dx: Matrix?, workspace: Workspace) {
    guard let factor = parameters[site.index] else { return }
    let mark = workspace.mark
    let dy = dy.floats(workspace)
    let dropped = drop(x, site, workspace)
    let u = workspace.matrix(rows: x.rows, columns: factor.a.rows)
    gemm(dropped, factor.a, into: u, transposeB: true)
    gradients.forEach(site, tokens: x.rows) { gradient, tokens in
      gemm(dy.rows(tokens), u.rows(tokens), into: gradient.b, transposeA: true, alpha: factor.scale, beta: 1)
    }
    gemm(dy, factor.b, into: u, alpha: factor.scale)
    gradients.forEach(site, tokens: x.rows) { gradient, tokens in
      gemm(u.rows(tokens), dropped.rows(tokens), into: gradient.a, transposeA: true, beta: 1)
    }
    if let dx {
      // in the forward pass this was: u = drop(x)·Aᵀ
      let part = workspace.matrix(rows: x.rows, columns: x.columns)
      gemm(u, factor.a, into: part)
      mask(part, site)
      add(part, to: dx)
    }
    workspace.release(to: mark)
  }

  private func drop(_ x: Operand, _ site: LinearLayer, _ workspace: Workspace) -> Matrix {
    let copy = workspace.matrix(rows: x.rows, columns: x.columns)
    switch x {
    case .floats(let x): copy.copy(from: x)
    case .rounded(let x): x.widen(into: copy)
    }
    mask(copy, site)
    return copy
  }

  private func mask(_ x: Matrix, _ site: LinearLayer) {
    // Layers that read the same input (query, key, value) drop different parts of it, as in PEFT.
    var stream = stream.stream(site.path, "\(step)")
    let kept = Float(1 / (1 - rate))
    x.withMutableSpan { span in
      for i in 0..<span.count { span[i] = stream.uniform() < rate ? 0 : span[i] * kept }
    }
  }
}
