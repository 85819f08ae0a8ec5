public import Basics
internal import LinearAlgebra

/// What is done to the merged change of every layer, whatever the method: scaled by its depth and cut.
public struct Finish: Sendable, Hashable {
  /// The rank to which a change is cut; 0 leaves it to the method.
  public var rank: Int
  /// The share of ‖ΔW‖² that a cut keeps at the least rank.
  public var energy: Double
  /// See `lines`.
  public var depthGain: Double

  /// Reads what `parameters` names.
  public init(_ given: Parameters) {
    rank = given.integer("rank")
    energy = given.number("energy")
    depthGain = given.number("depth_gain")
  }

  /// What all methods take that make one adapter.
  public static let parameters: [ParameterSpec] = [
    ParameterSpec(
      "rank", .integer(0...65_536), default: .number(0),
      "rank of the merged adapter; 0: all of a low-rank result, the sum of the inputs' ranks of a dense one, "
        + "the largest of the inputs' ranks for svd"),
    ParameterSpec(
      "energy", .number(0.0001...1), default: .number(1), isExtra: true,
      "share of the squared norm of each merged change that is kept at the least rank, at most 'rank' where "
        + "that is given; 1: the rank alone decides"),
    ParameterSpec(
      "depth_gain", .number(-100...100), default: .number(0), isExtra: true,
      "share by which the merged change of the last block is larger than that of the first, linear in between (LiNeS)"
    ),
  ]

  /// The names of what shapes a result beyond its rank.
  static let shaping = ["energy", "depth_gain"]

  /// How the change of a layer is cut that has a rank of its own where none is asked for.
  func cut(defaultRank: Int?) -> RankCut {
    let asked = rank > 0 ? rank : (energy < 1 ? nil : defaultRank)
    return RankCut(rank: asked.map { max(1, $0) }, energy: energy)
  }
}
