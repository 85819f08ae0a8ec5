internal import Basics

/// Seeded choices of rows that keep the balance of the classes.
enum Sampling {
  /// Which of some examples are chosen, in file order.
  ///
  /// Each class gets its share of `count` by largest remainders, at least one where `count` and the
  /// class allow it, and keeps `left` of its examples unchosen. Numbers and tags are one class.
  static func choice(
    of examples: [Example], count: Int, leaving left: Int = 0, from stream: RandomStream
  ) -> [Bool] {
    var classes: [Int: [Int]] = [:]
    for (row, example) in examples.enumerated() {
      classes[example.target.balancedClass, default: []].append(row)
    }
    let labels = classes.keys.sorted()
    let groups = labels.map { classes[$0] ?? [] }
    let shares = shares(of: count, among: groups.map(\.count), leaving: left)
    var isChosen = [Bool](repeating: false, count: examples.count)
    for (number, group) in groups.enumerated() {
      var order = stream.stream("class \(labels[number])")
      for place in order.permutation(group.count).prefix(shares[number]) { isChosen[group[place]] = true }
    }
    return isChosen
  }

  /// Largest remainders: how many of `count` go to each group.
  static func shares(of count: Int, among sizes: [Int], leaving left: Int) -> [Int] {
    let total = sizes.reduce(0, +)
    guard total > 0 else { return sizes.map { _ in 0 } }
    let room = sizes.map { max(0, $0 - left) }
    let quota = sizes.map { Double(count) * Double($0) / Double(total) }
    let floor = count >= sizes.count ? 1 : 0
    var shares = zip(quota, room).map { min($1, max(Int($0), floor)) }
    while shares.reduce(0, +) < count {
      let open = shares.indices.filter { shares[$0] < room[$0] }
      guard let next = first(of: open, largest: { quota[$0] - Double(shares[$0]) }) else { break }
      shares[next] += 1
    }
    while shares.reduce(0, +) > count {
      let open = shares.indices.filter { shares[$0] > floor }
      guard let next = first(of: open, largest: { Double(shares[$0]) - quota[$0] }) else { break }
      shares[next] -= 1
    }
    return shares
  }

  /// The first of the indices whose value is the largest but for rounding, so that equal remainders are
  /// settled by their order on every machine.
  private static func first(of indices: [Int], largest value: (Int) -> Double) -> Int? {
    guard let most = indices.map(value).max() else { return nil }
    return indices.first { value($0) > most - 1e-9 }
  }
}
