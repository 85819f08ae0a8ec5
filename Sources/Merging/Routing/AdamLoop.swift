internal import Foundation

/// Adam on a vector of parameters, for small problems that are solved in closed loops over known numbers.
///
/// Source: Kingma and Ba 2014, arXiv:1412.6980, with β₁ = 0.9, β₂ = 0.999, ε = 1e-8 and no decay.
struct AdamLoop {
  private let rate: Double
  private var first: [Double]
  private var second: [Double]
  private var steps = 0

  init(count: Int, rate: Double) {
    self.rate = rate
    first = Array(repeating: 0, count: count)
    second = Array(repeating: 0, count: count)
  }

  mutating func step(_ parameters: inout [Double], _ gradient: [Double]) {
    precondition(
      parameters.count == first.count && gradient.count == first.count,
      "\(parameters.count) parameters, \(gradient.count) gradients, \(first.count) moments")
    steps += 1
    let corrected = rate / (1 - pow(0.9, Double(steps)))
    let root = (1 - pow(0.999, Double(steps))).squareRoot()
    for i in parameters.indices {
      first[i] = 0.9 * first[i] + 0.1 * gradient[i]
      second[i] = 0.999 * second[i] + 0.001 * gradient[i] * gradient[i]
      parameters[i] -= corrected * first[i] / (second[i].squareRoot() / root + 1e-8)
    }
  }
}
