/// How far a matrix is cut to its leading singular directions: to a rank, to a share of its energy, or to the fewer of both.
public struct RankCut: Sendable, Hashable {
  /// The most directions that stay; nil sets no limit.
  public var rank: Int?
  /// The share of Σσ² for which the fewest directions stay, 0…1; at 1 all of them do.
  public var energy: Double

  /// Makes a cut; without arguments it leaves all directions that are not zero.
  public init(rank: Int? = nil, energy: Double = 1) {
    self.rank = rank
    self.energy = energy
  }

  /// How many directions stay.
  ///
  /// - Parameters:
  ///   - squares: σ² of the directions that can stay, falling.
  ///   - total: Σσ² of all.
  func count(of squares: [Double], total: Double) -> Int {
    let most = min(rank ?? squares.count, squares.count)
    // All are asked for: a sum that rounds to the total before its end must not leave out the last ones.
    if energy >= 1 { return most }
    var (sum, count) = (0.0, 0)
    while count < most && sum < energy * total {
      sum += squares[count]
      count += 1
    }
    return count
  }
}
