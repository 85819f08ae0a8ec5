internal import Foundation

/// A stream of random numbers named by a path, the same on every machine and for every order of work.
///
/// A stream is a pure function of its seed, its path and how many numbers were drawn, so that two
/// pieces of work never share one and adding a piece changes no other. The generator is SplitMix64
/// (Steele, Lea and Flood 2014) started at the SHA-256 of `seed/path`.
///
/// ```swift
/// var order = RandomStream(seed: 0, "train", "fpb", "epoch 2")
/// rows.shuffle(using: &order)
/// ```
public struct RandomStream: RandomNumberGenerator, Sendable {
  private let path: String
  @usableFromInline var state: UInt64

  /// The stream of that name.
  public init(seed: Int, _ names: String...) {
    self.init(path: ([String(seed)] + names).joined(separator: "/"))
  }

  private init(path: String) {
    self.path = path
    state = StableHash.word(path)
  }

  /// How far the stream has come; one of the same name goes on from there.
  public var place: UInt64 {
    get { state }
    set { state = newValue }
  }

  /// An independent stream below this one; how much was drawn from this one makes no difference.
  public func stream(_ names: String...) -> RandomStream {
    RandomStream(path: ([path] + names).joined(separator: "/"))
  }

  /// 64 random bits.
  @inlinable public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A number in 0 ..< 1 with 53 random bits.
  @inlinable public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A whole number in 0 ..< bound, without bias (Lemire 2019).
  public mutating func index(below bound: Int) -> Int {
    precondition(bound > 0, "no index below \(bound)")
    let bound = UInt64(bound)
    while true {
      let product = next().multipliedFullWidth(by: bound)
      if product.low >= (0 &- bound) % bound { return Int(product.high) }
    }
  }

  /// A standard normal number (Box and Muller 1958; one of the pair is thrown away).
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// The numbers 0 ..< count in random order (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(i, index(below: i + 1))
    }
    return order
  }
}
