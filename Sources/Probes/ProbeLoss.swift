internal import Foundation
internal import LinearAlgebra

/// The mean loss of outputs, and its gradient by them.
enum ProbeLoss {
  /// The mean over vectors of a proper score: cross-entropy in nats, summed over the labels of a set; half the squared error.
  ///
  /// - Parameters:
  ///   - outputs: (n, outputs); becomes the gradient by itself.
  static func mean(_ outputs: inout DoubleMatrix, _ targets: ProbeTargets) -> Double {
    let (rows, width) = (outputs.rows, outputs.columns)
    if rows == 0 { return 0 }
    let share = 1 / Double(rows)
    var sum = 0.0
    var numbers = outputs.values.mutableSpan
    switch targets {
    case .classes(let classes, _):
      for row in 0..<rows {
        let start = row * width
        var largest = -Double.infinity
        for i in start..<start + width { largest = max(largest, numbers[i]) }
        let own = numbers[start + classes[row]]
        var total = 0.0
        for i in start..<start + width {
          numbers[i] = exp(numbers[i] - largest)
          total += numbers[i]
        }
        sum += log(total) + largest - own
        for i in start..<start + width { numbers[i] *= share / total }
        numbers[start + classes[row]] -= share
      }
    case .sets(let sets, _):
      for i in 0..<rows * width {
        let z = numbers[i]
        // log(1 + e^z) − z·y, without overflow.
        sum += max(z, 0) + log1p(exp(-abs(z))) - (sets[i] ? z : 0)
        numbers[i] = share * (1 / (1 + exp(-z)) - (sets[i] ? 1 : 0))
      }
    case .numbers(let wanted):
      for row in 0..<rows {
        let error = numbers[row] - wanted[row]
        sum += error * error / 2
        numbers[row] = share * error
      }
    }
    return sum * share
  }
}
