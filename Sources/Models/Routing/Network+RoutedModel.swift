public import Adapters
internal import Checkpoints
public import LinearAlgebra
public import Outlines

extension Network {
  /// The same weights with what a model changes for a task: its part's own change, or the unified one, masked where the
  /// part says so; without a part for the task the unified one.
  ///
  /// - Parameter task: Nil: the unified change.
  /// - Throws: a `Diagnostic` for a model of another base.
  public func folding(_ model: RoutedModel, for task: String?) throws -> Self {
    let part = task.flatMap { model.part(for: $0) }
    if let change = part?.change { return try folding(change) }
    guard let part, !part.masks.isEmpty else {
      let folded = try model.unified.map { try folding($0) } ?? self
      return folded.adding(model.full)
    }
    let factors = model.unified?.sites ?? []
    var changes = model.full
    for (path, delta) in factors {
      let change = Matrix(rows: delta.b.rows, columns: delta.a.columns)
      gemm(delta.b, delta.a, into: change, alpha: Float(model.unified?.scale(of: delta) ?? 1))
      changes.append((path, change))
    }
    return adding(
      changes.map { path, change in
        (path, change.masked(by: part.masks.first { $0.path == path }?.mask, scale: Float(part.scale)))
      })
  }

  /// The same weights with full matrices added at some layers.
  private func adding(_ changes: [(path: String, change: Matrix)]) -> Self {
    let sites = outline.layers.filter { site in changes.contains { $0.path == site.path } }
    let result = owning(sites)
    for site in sites {
      let weight = result.weight(site)
      for (path, change) in changes where path == site.path {
        for row in 0..<weight.rows { add(change.rows(row..<row + 1), to: weight.rows(row..<row + 1)) }
      }
    }
    return result
  }
}

extension RoutedModel {
  /// The lowest block that any part, or what they share, changes.
  public func lowestLayer(_ outline: ModelOutline) -> Int {
    let adapters = parts.compactMap(\.change) + [unified].compactMap { $0 }
    let paths = Set(adapters.flatMap { $0.sites.map(\.path) } + full.map(\.path))
    return outline.layers.first { paths.contains($0.path) }?.block ?? 0
  }
}

extension RoutedModel.Correction {
  /// z ← z − ReLU(z·W_downᵀ)·W_upᵀ for every row.
  ///
  /// Source: Yang et al. 2024, arXiv:2402.02705, section 4. Shape: (n, C). Cost: 4·n·k·C FLOPs.
  public func apply(to pooled: Matrix, workspace: Workspace) {
    let mark = workspace.mark
    let inner = workspace.matrix(rows: pooled.rows, columns: down.rows)
    gemm(pooled, down, into: inner, transposeB: true)
    inner.withMutableSpan { span in for i in 0..<span.count { span[i] = max(0, span[i]) } }
    gemm(inner, up, into: pooled, transposeB: true, alpha: -1, beta: 1)
    workspace.release(to: mark)
  }
}

extension Matrix {
  /// A copy with zeros where a mask is not set, times a factor; without a mask zeros.
  fileprivate func masked(by mask: BitMask?, scale: Float) -> Matrix {
    var numbers = values
    for i in numbers.indices { numbers[i] = mask?[i] == true ? numbers[i] * scale : 0 }
    return Matrix(rows: rows, columns: columns, values: numbers)
  }
}
