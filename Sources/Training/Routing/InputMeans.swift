public import LinearAlgebra
public import Models
internal import Outlines
internal import Specs

/// The mean input of every linear layer over the tokens of some texts.
public enum InputMeans {
  /// By the path of the layer, (1, in).
  ///
  /// Batches one after the other, sums in doubles: no thread and no packing matters beyond the last bits.
  public static func of(
    _ examples: [TokenizedExample], through network: any Network, workspace: Workspace
  ) -> [String: Matrix] {
    let door = InputMeanDoor(sites: network.outline.layers.count)
    for range in batches(examples, tokens: WorkLimits.evaluationTokens) {
      workspace.reset()
      _ = network.hidden(PackedBatch(examples[range]), workspace: workspace, door: door)
    }
    let tokens = max(1, examples.reduce(0) { $0 + $1.ids.count })
    return Dictionary(
      uniqueKeysWithValues: network.outline.layers.map { site in
        let sum = door.sums[site.index]
        return (
          site.path, Matrix(rows: 1, columns: sum.count, values: sum.map { Float($0 / Double(tokens)) })
        )
      })
  }
}

/// Adds up what enters every layer.
private final class InputMeanDoor: LinearDoor {
  /// By the number of the layer.
  private(set) var sums: [[Double]]
  let lowestLayer = 0

  init(sites: Int) {
    sums = Array(repeating: [], count: sites)
  }

  func readsInput(of site: LinearLayer) -> Bool { true }

  func forward(_ site: LinearLayer, x: Operand, y: Matrix, workspace: Workspace) {
    if sums[site.index].isEmpty { sums[site.index] = Array(repeating: 0, count: x.columns) }
    let mark = workspace.mark
    let x = x.floats(workspace)
    defer { workspace.release(to: mark) }
    for row in 0..<x.rows {
      x.withRow(row) { x in for i in 0..<x.count { sums[site.index][i] += Double(x[i]) } }
    }
  }

  func backward(_ site: LinearLayer, x: Operand, dy: Operand, dx: Matrix?, workspace: Workspace) {
    preconditionFailure("means are of forward passes")
  }
}
