import Basics
import Foundation
import Statistics

/// Right answers of simulated models: logit P = μ + bᵢ + cᵢ(recipe) + u(seed), bᵢ and cᵢ normal with 90 and 10 % of τ².
struct AnswerLaw {
  var mu: Double
  var tau: Double
  /// The deviation of u that gives the wanted deviation of accuracy.
  var seedScale: Double

  /// The law with an accuracy, a share of items on which two seeds of equal u disagree, and a seed deviation of accuracy.
  init(accuracy: Double, disagreement: Double, seedDeviation: Double) {
    func mean(_ mu: Double, _ tau: Double, _ u: Double) -> Double {
      Quadrature.integral(from: -8, to: 8, panels: 40) { x in
        Normal.density(x) / (1 + exp(-(mu + tau * x + u)))
      }
    }
    func center(_ tau: Double) -> Double { Root.between(-150, 150) { mean($0, tau, 0) - accuracy } }
    let tau = Root.between(0.3, 90) { tau in
      let mu = center(tau)
      let same = Quadrature.integral(from: -8, to: 8, panels: 40) { x in
        let p = 1 / (1 + exp(-(mu + tau * x)))
        return Normal.density(x) * p * (1 - p)
      }
      return same - disagreement / 2
    }
    let mu = center(tau)
    self.tau = tau
    self.mu = mu
    seedScale = Root.between(1e-4, 60) { scale in
      let first = Quadrature.integral(from: -6, to: 6) { Normal.density($0) * mean(mu, tau, scale * $0) }
      let second = Quadrature.integral(from: -6, to: 6) { x in
        let value = mean(mu, tau, scale * x)
        return Normal.density(x) * value * value
      }
      return max(0, second - first * first).squareRoot() - seedDeviation
    }
  }

  /// E of accuracy for a seed effect.
  func accuracy(_ u: Double) -> Double {
    Quadrature.integral(from: -8, to: 8, panels: 40) { x in Normal.density(x) / (1 + exp(-(mu + tau * x + u)))
    }
  }
}

/// Normal numbers two at a time, for simulations that draw many.
struct Normals {
  var stream: RandomStream
  private var spare: Double?

  init(_ stream: RandomStream) { self.stream = stream }

  mutating func next() -> Double {
    if let spare {
      self.spare = nil
      return spare
    }
    let radius = (-2 * log(1 - stream.uniform())).squareRoot()
    let angle = 2 * Double.pi * stream.uniform()
    spare = radius * sin(angle)
    return radius * cos(angle)
  }

  /// χ² of ν degrees, ν whole.
  mutating func chiSquared(_ degrees: Int) -> Double {
    (0..<degrees).reduce(0) { sum, _ in
      let x = next()
      return sum + x * x
    }
  }
}
