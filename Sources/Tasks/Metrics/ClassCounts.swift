/// Counts of each class over all items.
struct ClassCounts {
  /// The classes that occur in targets or predictions, ascending.
  let classes: [Int]
  /// Items of a class that were predicted as it.
  private(set) var right: [Int]
  /// Items of a class.
  private(set) var wanted: [Int]
  /// Items predicted as a class.
  private(set) var predicted: [Int]

  init(predictions: [Int], targets: [Int]) {
    classes = Set(predictions + targets).sorted()
    let slots = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($0.element, $0.offset) })
    right = classes.map { _ in 0 }
    wanted = right
    predicted = right
    for (prediction, target) in zip(predictions, targets) {
      guard let p = slots[prediction], let t = slots[target] else { continue }
      predicted[p] += 1
      wanted[t] += 1
      if p == t { right[p] += 1 }
    }
  }

  /// F1 of each class, 2·right ÷ (wanted + predicted).
  var f1: [Double] {
    classes.indices.map { 2 * Double(right[$0]) / Double(wanted[$0] + predicted[$0]) }
  }
}
