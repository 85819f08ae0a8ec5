/// ‖actual − expected‖ ÷ ‖expected‖ in Double; the absolute norm where expected is zero.
public func relativeError(_ actual: [Float], _ expected: [Float]) -> Double {
  precondition(actual.count == expected.count, "\(actual.count) values against \(expected.count)")
  var difference = 0.0
  var norm = 0.0
  for (a, e) in zip(actual, expected) {
    difference += (Double(a) - Double(e)) * (Double(a) - Double(e))
    norm += Double(e) * Double(e)
  }
  return norm > 0 ? (difference / norm).squareRoot() : difference.squareRoot()
}
