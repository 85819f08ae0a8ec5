public import Adapters
internal import Checkpoints
internal import Foundation
public import LinearAlgebra
public import Outlines

/// The stacked factors of several experts at every layer: y = W₀x + Σ_t g_t·B_t(A_t·x) in two products.
public struct GatedFactors: Sendable {
  struct Site: Sendable {
    /// (R, in): A_1; …; A_T.
    var a: Matrix
    /// (out, R): s_1·B_1 … s_T·B_T.
    var b: Matrix
    /// Which experts have the layer, and which columns of x·Aᵀ are theirs.
    var experts: [(index: Int, columns: Range<Int>)]
    /// (experts·width, in), where tokens choose.
    var directions: Matrix?
  }

  let sites: [Site?]
  /// T.
  public let experts: Int
  /// The lowest block that an expert changes.
  public let lowestLayer: Int
  /// Floating-point operations that the factors and the choice cost a token, beside those of the base.
  public let flopsPerToken: Double

  /// Stacks the changes of a model's parts.
  public init(_ model: RoutedModel, outline: ModelOutline) throws {
    for part in model.parts { try part.change?.check(against: outline.layerShapes) }
    var directions: [String: Matrix] = [:]
    if case .token(let gate) = model.gate {
      for (path, rows) in gate.directions { directions[path] = rows }
    }
    let stacked = outline.layers.map { site in
      let own = model.parts.enumerated().compactMap { index, part in
        part.change.flatMap { change in
          change.site(site.path).map { (index, $0, Float(change.scale(of: $0))) }
        }
      }
      return GatedFactors.stacked(own, directions: directions[site.path])
    }
    sites = stacked
    experts = model.parts.count
    lowestLayer = outline.layers.first { stacked[$0.index] != nil }?.block ?? 0
    flopsPerToken = stacked.reduce(0) { sum, site in
      guard let site else { return sum }
      let gates = site.directions.map { 2 * Double($0.count) } ?? 0
      return sum + 2 * Double(site.a.count + site.b.count) + gates
    }
  }

  private static func stacked(_ own: [(Int, AdapterSite, Float)], directions: Matrix?) -> Site? {
    guard let first = own.first?.1 else { return nil }
    let rank = own.reduce(0) { $0 + $1.1.rank }
    let a = Matrix(rows: rank, columns: first.a.columns)
    let b = Matrix(rows: first.b.rows, columns: rank)
    var experts: [(index: Int, columns: Range<Int>)] = []
    var start = 0
    for (index, delta, factor) in own {
      let columns = start..<start + delta.rank
      a.rows(columns).copy(from: delta.a)
      b.columns(columns).copy(from: delta.b)
      for row in 0..<b.rows {
        b.columns(columns).withMutableRow(row) { span in for i in 0..<span.count { span[i] *= factor } }
      }
      experts.append((index, columns))
      start = columns.upperBound
    }
    return Site(a: a, b: b, experts: experts, directions: directions)
  }
}

/// Experts beside the weights, each with a gate between its A and its B: forward only.
public final class GatedDoor: LinearDoor {
  /// Where the gates come from.
  public enum Gates: Sendable {
    /// One row of gates (1, T) for each text of the batch.
    case texts(Matrix)
    /// The tokens choose.
    case tokens(TokenGate)
  }

  private let factors: GatedFactors
  private let gates: Gates
  private let batch: PackedBatch

  /// A door for one batch.
  public init(_ factors: GatedFactors, gates: Gates, batch: PackedBatch) {
    if case .texts(let gates) = gates {
      precondition(
        gates.rows == batch.rows && gates.columns == factors.experts,
        "gates (\(gates.rows), \(gates.columns)) for \(batch.rows) texts and \(factors.experts) experts")
    }
    self.factors = factors
    self.gates = gates
    self.batch = batch
  }

  /// The lowest block with an expert.
  public var lowestLayer: Int { factors.lowestLayer }

  /// Nothing is trained.
  public func readsInput(of site: LinearLayer) -> Bool { false }

  /// y += Σ_t g_t·x·A_tᵀ·B_tᵀ.
  public func forward(_ site: LinearLayer, x: Operand, y: Matrix, workspace: Workspace) {
    guard let experts = factors.sites[site.index] else { return }
    let mark = workspace.mark
    let x = x.floats(workspace)
    let u = workspace.matrix(rows: x.rows, columns: experts.a.rows)
    gemm(x, experts.a, into: u, transposeB: true)
    switch gates {
    case .texts(let gates):
      for row in 0..<batch.rows {
        for token in batch.range(row) {
          u.withMutableRow(token) { u in
            for (index, columns) in experts.experts {
              let gate = gates[row, index]
              for i in columns { u[i] *= gate }
            }
          }
        }
      }
    case .tokens(let gate): choose(gate, experts, x, u, workspace)
    }
    gemm(u, experts.b, into: y, transposeB: true, beta: 1)
    workspace.release(to: mark)
  }

  private func choose(
    _ gate: TokenGate, _ experts: GatedFactors.Site, _ x: Matrix, _ u: Matrix, _ workspace: Workspace
  ) {
    guard let directions = experts.directions else {
      preconditionFailure("tokens choose among \(experts.experts.count) experts without directions")
    }
    let products = workspace.matrix(rows: x.rows, columns: directions.rows)
    gemm(x, directions, into: products, transposeB: true)
    var logits = [Double](repeating: 0, count: experts.experts.count)
    for token in 0..<x.rows {
      products.withRow(token) { products in
        for expert in logits.indices {
          let own = expert * gate.width..<(expert + 1) * gate.width
          switch gate.measure {
          case .magnitude:
            var sum = 0.0
            for i in own { sum += Double(products[i]) * Double(products[i]) }
            logits[expert] = sum.squareRoot()
          case .cosine: logits[expert] = Double(products[own.lowerBound])
          }
        }
      }
      if gate.measure == .cosine {
        let norm = x.withRow(token) { x in
          var sum = 0.0
          for i in 0..<x.count { sum += Double(x[i]) * Double(x[i]) }
          return max(sum.squareRoot(), 1e-12)
        }
        for expert in logits.indices { logits[expert] /= norm }
      }
      let gates = TokenGate.gates(logits, temperature: gate.temperature, experts: gate.experts)
      u.withMutableRow(token) { u in
        for ((_, columns), gate) in zip(experts.experts, gates) {
          let gate = Float(gate)
          for i in columns { u[i] *= gate }
        }
      }
    }
  }

  /// Nothing is trained.
  public func backward(_ site: LinearLayer, x: Operand, dy: Operand, dx: Matrix?, workspace: Workspace) {
    preconditionFailure("a gated door is for evaluation")
  }
}

extension TokenGate {
  /// softmax(logits ÷ temperature) over the largest of them, 0 elsewhere; of equal ones the first count as larger.
  public static func gates(_ logits: [Double], temperature: Double, experts: Int) -> [Double] {
    guard let largest = logits.max() else { return [] }
    var kept = [Bool](repeating: true, count: logits.count)
    if experts < logits.count {
      kept = [Bool](repeating: false, count: logits.count)
      let order = logits.indices.sorted { (-logits[$0], $0) < (-logits[$1], $1) }
      for index in order.prefix(max(1, experts)) { kept[index] = true }
    }
    let powers = zip(logits, kept).map { $1 ? exp(($0 - largest) / temperature) : 0 }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
