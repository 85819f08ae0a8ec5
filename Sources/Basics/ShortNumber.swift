/// A number of a few digits behind the point; whole ones without a point.
public func shortNumber(_ number: Double, digits: Int = 3) -> String {
  let unit = (0..<digits).reduce(1.0) { size, _ in 10 * size }
  let rounded = (number * unit).rounded() / unit
  return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
}
