import Statistics
import Testing

/// A mean and its tasks, against the sequentially rejective graph: Tests/Golden/statistics/generate_procedures.py.
@Suite struct FamilyTests {
  struct Golden: GoldenFile {
    struct Family: Decodable {
      var hasMean: Bool
      var members: [[Double]]
      var adjusted: [Double]
      var direction: [Int]
      var low: [Double]
      var high: [Double]
    }
    var families: [Family]
  }

  let golden: Golden

  init() throws { golden = try Golden.read("procedures") }

  private func findings(_ family: Golden.Family, alpha: Double = 0.05) -> [GatedFamily.Finding] {
    let members = family.members.map { GatedFamily.Member(estimate: $0[0], error: $0[1], degrees: $0[2]) }
    let ours = GatedFamily(
      mean: family.hasMean ? members[0] : nil, tasks: Array(members.dropFirst(family.hasMean ? 1 : 0)),
      alpha: alpha)
    return (ours.mean.map { [$0] } ?? []) + ours.tasks
  }

  @Test func `levels, directions and intervals equal the procedure run by steps`() {
    #expect(golden.families.count == 9)
    #expect(Set(golden.families.flatMap(\.direction)) == [-1, 0, 1])
    for family in golden.families {
      let ours = findings(family)
      #expect(distance(ours.map(\.adjusted), family.adjusted) < 1e-10)
      #expect(ours.map(\.direction) == family.direction)
      #expect(distance(ours.map(\.interval.lowerBound), family.low) < 1e-9)
      #expect(distance(ours.map(\.interval.upperBound), family.high) < 1e-9)
    }
  }

  @Test func `an interval is clear of zero exactly where the family says so`() {
    for family in golden.families {
      for alpha in [0.01, 0.04, 0.05, 0.3] {
        for finding in findings(family, alpha: alpha) {
          #expect((finding.interval.lowerBound >= 0) == (finding.direction == 1))
          #expect((finding.interval.upperBound <= 0) == (finding.direction == -1))
          #expect((finding.adjusted <= alpha) == (finding.direction != 0))
          #expect(finding.adjusted >= finding.p - 1e-15)
        }
      }
    }
  }

  @Test func `the other direction is the mirror`() {
    for family in golden.families {
      var mirrored = family
      for index in mirrored.members.indices { mirrored.members[index][0] *= -1 }
      for (one, other) in zip(findings(family), findings(mirrored)) {
        #expect(one.direction == -other.direction && abs(one.adjusted - other.adjusted) < 1e-15)
        #expect(abs(one.interval.lowerBound + other.interval.upperBound) < 1e-12)
      }
    }
  }
}
