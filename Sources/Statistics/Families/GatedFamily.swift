internal import Foundation

/// One question over several tasks: first their mean, then each of them, at one level for all.
///
/// A Bonferroni graph on each side (Bretz, Maurer, Brannath and Posch 2009, Statistics in Medicine 28): the mean starts with a
/// share of the side's level α/2, the tasks together with the rest; a rejected mean hands its level to the tasks, and when all
/// tasks are rejected they hand theirs to the mean. Inside the tasks Holm's procedure. The chance of any false finding, of the
/// mean, a task or a direction, is at most α, however the tests hang together. Intervals are those that go with it
/// (Strassburger and Bretz 2008; Guilbaud 2008): simultaneous, and clear of zero exactly where the hypothesis is rejected.
public struct GatedFamily: Sendable {
  /// A difference with its standard error.
  public struct Member: Sendable, Hashable {
    /// Positive is better.
    public var estimate: Double
    /// Its standard error; positive.
    public var error: Double
    /// Degrees of freedom of the error.
    public var degrees: Double

    /// A member.
    public init(estimate: Double, error: Double, degrees: Double) {
      precondition(
        error > 0 && degrees > 0, "a test with the standard error \(error) and \(degrees) degrees of freedom")
      self.estimate = estimate
      self.error = error
      self.degrees = degrees
    }

    /// P(T ≥ t) for the side where positive (or negative) is the claim.
    func tail(_ side: Double) -> Double {
      let t = side * estimate / error
      let outside = StudentT.twoSided(t, degrees: degrees) / 2
      return t > 0 ? outside : 1 - outside
    }
  }

  /// What the family says of a member.
  public struct Finding: Sendable, Hashable {
    /// Two-sided, of this test alone.
    public var p: Double
    /// The smallest level at which the family rejects it, in either direction.
    public var adjusted: Double
    /// 1 where it is shown to be positive, −1 where negative, else 0.
    public var direction: Int
    /// Simultaneous with all others of the family; 0 as an end is open and means "beyond zero".
    public var interval: ClosedRange<Double>
  }

  /// Nil without a mean.
  public let mean: Finding?
  /// In the order of the tasks.
  public let tasks: [Finding]

  /// Tests a family at level α; without a mean the tasks have all of α.
  /// - Parameter share: what the mean gets of α at first.
  public init(mean: Member?, tasks: [Member], alpha: Double = 0.05, share: Double = 0.8) {
    let share = mean == nil ? 0 : tasks.isEmpty ? 1 : share
    let members = (mean.map { [$0] } ?? []) + tasks
    let hasMean = mean != nil
    let sides = [1.0, -1.0].map { side in
      Side(members.map { $0.tail(side) }, hasMean: hasMean, share: share)
    }
    let findings = members.indices.map { index -> Finding in
      let member = members[index]
      let adjusted = min(1, 2 * min(sides[0].adjusted[index], sides[1].adjusted[index]))
      let isFound = adjusted <= alpha
      let direction = isFound ? (sides[0].adjusted[index] < sides[1].adjusted[index] ? 1 : -1) : 0
      let low = sides[0].bound(index, member, side: 1, level: alpha / 2)
      let high = -sides[1].bound(index, member, side: -1, level: alpha / 2)
      return Finding(
        p: StudentT.twoSided(member.estimate / member.error, degrees: member.degrees), adjusted: adjusted,
        direction: direction, interval: low...max(low, high))
    }
    self.mean = hasMean ? findings[0] : nil
    self.tasks = Array(findings.dropFirst(hasMean ? 1 : 0))
  }

  /// One direction of all tests.
  private struct Side {
    let hasMean: Bool
    let share: Double
    /// The smallest one-sided level that rejects each member, the mean first where there is one.
    let adjusted: [Double]

    init(_ p: [Double], hasMean: Bool, share: Double) {
      self.hasMean = hasMean
      self.share = share
      let holm = Holm.adjusted(hasMean ? Array(p.dropFirst()) : p).map { $0 ?? 1 }
      guard hasMean else {
        adjusted = holm
        return
      }
      if holm.isEmpty {
        adjusted = [p[0]]
        return
      }
      let all = (holm.max() ?? 1) / (1 - share)
      let mean = min(p[0] / share, max(all, p[0]))
      adjusted = [mean] + holm.map { min($0 / (1 - share), max(mean, $0)) }
    }

    /// The lower end of side·D that goes with the procedure at a one-sided level.
    func bound(_ index: Int, _ member: Member, side: Double, level: Double) -> Double {
      let isMean = hasMean && index == 0
      let rejected = adjusted.map { $0 <= level }
      let tasks = rejected.dropFirst(hasMean ? 1 : 0)
      let isMeanRejected = hasMean && rejected[0]
      let open = tasks.count { !$0 }
      let first = isMean ? share : (hasMean ? 1 - share : 1) / Double(max(1, tasks.count))
      if rejected[index] {
        if !rejected.allSatisfy({ $0 }) { return 0 }
        return max(0, below(member, side, level * first))
      }
      if isMean { return below(member, side, open == 0 && !tasks.isEmpty ? level : level * share) }
      let shared = !hasMean || isMeanRejected ? level : level * (1 - share)
      return below(member, side, shared / Double(open))
    }

    private func below(_ member: Member, _ side: Double, _ level: Double) -> Double {
      side * member.estimate - StudentT.quantile(1 - level, degrees: member.degrees) * member.error
    }
  }
}
