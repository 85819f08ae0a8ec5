internal import Foundation
public import LinearAlgebra

/// Losses that compare the predicted distribution with itself or with another one: no labels.
extension Loss {
  /// softmax(logits) of a row.
  public static func probabilities(_ logits: Matrix) -> [Double] { softmax(logits) }

  /// The entropy H = −Σ p·log p of p = softmax(logits).
  ///
  /// On return the row of logits holds weight · dH/dlogits = −weight · p_i·(log p_i + H).
  public static func entropy(_ logits: Matrix, weight: Float) -> Double {
    let (probabilities, logs) = distribution(logits)
    let entropy = -zip(probabilities, logs).reduce(0) { $0 + $1.0 * $1.1 }
    for i in 0..<logits.columns { logits[0, i] = -weight * Float(probabilities[i] * (logs[i] + entropy)) }
    return entropy
  }

  /// The Jensen-Shannon divergence ½·KL(p‖m) + ½·KL(q‖m), m = ½·(p + q), of q = softmax(logits) to p, in nats.
  ///
  /// On return the row of logits holds weight · dJS/dlogits: with h = ½·log(q ÷ m), weight · q_i·(h_i − Σ q·h).
  public static func jensenShannon(_ logits: Matrix, to p: [Double], weight: Float) -> Double {
    precondition(p.count == logits.columns, "\(p.count) probabilities for \(logits.columns) logits")
    let (q, logs) = distribution(logits)
    var divergence = 0.0
    var halves = q
    for i in q.indices {
      let mean = log(max(0.5 * (p[i] + q[i]), 1e-300))
      if p[i] > 0 { divergence += 0.5 * p[i] * (log(p[i]) - mean) }
      halves[i] = 0.5 * (logs[i] - mean)
      divergence += q[i] * halves[i]
    }
    let along = zip(q, halves).reduce(0) { $0 + $1.0 * $1.1 }
    for i in q.indices { logits[0, i] = weight * Float(q[i] * (halves[i] - along)) }
    return divergence
  }

  /// softmax(logits) and its logarithms, which stay finite where the probabilities do not.
  private static func distribution(_ logits: Matrix) -> (probabilities: [Double], logs: [Double]) {
    let values = (0..<logits.columns).map { Double(logits[0, $0]) }
    let largest = values.max() ?? 0
    let total = log(values.reduce(0) { $0 + exp($1 - largest) })
    let logs = values.map { $0 - largest - total }
    return (logs.map { exp($0) }, logs)
  }
}
